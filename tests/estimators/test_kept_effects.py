"""A study written as plain numbers says of new families exactly what the study says."""

import dataclasses
import json

import numpy as np
import pandas as pd
import pytest
from threadpoolctl import threadpool_limits

from pkh_graduation.estimators.kept_effects import KeptEffect, plain_effect
from pkh_graduation.estimators.uplift import UNDIAN, study_lever


def families(seed: int, n: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    X = pd.DataFrame({"w": rng.normal(size=n), "usaha": (rng.random(n) < 0.4).astype(float), "kosong": np.nan})
    X.loc[rng.random(n) < 0.2, "w"] = np.nan
    X.index = pd.MultiIndex.from_product(
        [[f"k{k}" for k in range(n)], [pd.Timestamp("2024-12-31")]], names=["kpm_id", "as_of"]
    )
    return X


@pytest.fixture(scope="module")
def study():
    X, rng = families(1, 2500), np.random.default_rng(2)
    treated = rng.random(len(X)) < 0.5
    risk = -1.2 + 0.8 * X["w"].fillna(0) + treated * np.where(X["usaha"] == 1, 1.5, -1.0)
    with threadpool_limits(1):
        return study_lever(
            "kur", X, treated, rng.random(len(X)) < 1 / (1 + np.exp(-risk)), design=UNDIAN, together=1, n_folds=2,
            propensity=np.full(len(X), 0.5),
        )  # fmt: skip


def kept(study) -> KeptEffect:
    return KeptEffect(
        "kur", study.grade, "keluarga buatan", json.loads(json.dumps(plain_effect(study), allow_nan=False))
    )


def test_the_file_says_what_the_study_says(study):
    fresh = families(3, 400)
    for found, expected in zip(kept(study).bounds_of(fresh.assign(lain=1.0)), study.bounds_of(fresh), strict=True):
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)
    one, other = kept(study).evidence(fresh), study.evidence(fresh, "keluarga buatan")
    assert (one.lever, one.grade, one.population) == (other.lever, other.grade, other.population)
    assert (one.effect, one.low, one.high) == pytest.approx((other.effect, other.low, other.high), abs=1e-12)
    pd.testing.assert_frame_equal(one.families, other.families, atol=1e-12)
    helped = one.families["low"] > 0
    assert helped[fresh["usaha"] == 1].mean() > 0.5
    assert helped[fresh["usaha"] == 0].mean() < 0.05


def test_a_closed_gate_stays_closed(study):
    closed = dataclasses.replace(study, gate=dataclasses.replace(study.gate, gain_se=study.gate.gain))
    fresh = families(3, 100)
    assert (kept(study).evidence(fresh).families["low"] > 0).any()
    assert (kept(closed).evidence(fresh).families["low"] <= 0).all()
