"""A small made-up panel, contenders and folds, built by hand: nothing of another room is needed."""

import dataclasses
import datetime as dt

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator

from pkh_graduation.contracts import Fold, Outcomes, Scores, Snapshots
from pkh_graduation.programme.calendar import tahap_ends

KNOWN_BY = dt.date(2024, 12, 31)


def panel_index(n_families, dates):
    ids = [f"k{number:015x}" for number in range(n_families)]
    stamps = pd.DatetimeIndex(pd.to_datetime(dates)).as_unit("s")
    return pd.MultiIndex.from_product([ids, stamps], names=["kpm_id", "as_of"])


def outcomes(index, way_out, quarter, observed, *, known_by=KNOWN_BY, lag_days=30, max_horizon=4):
    frame = pd.DataFrame(
        {
            "way_out": pd.array(list(way_out), dtype="str"),
            "quarter": np.asarray(quarter, dtype="int16"),
            "observed": np.asarray(observed, dtype="int16"),
        },
        index=index,
    )
    return Outcomes(frame, pd.DataFrame(), known_by, lag_days, max_horizon)


def snapshots(index, pendamping):
    columns = dict.fromkeys(Snapshots.COLUMNS)
    frame = pd.DataFrame(columns, index=index)
    frame["kpm"] = np.arange(len(index), dtype="int64")
    frame["pendamping_id"] = pd.array(list(pendamping), dtype="str")
    return Snapshots(frame)


class ByColumn(BaseEstimator):
    """Ranks by one column; P(mandiri) is a logistic function of it. Remembers nothing but that it was fitted."""

    def __init__(self, column="trait", strength=1.0, is_practice=False):
        self.column = column
        self.strength = strength
        self.is_practice = is_practice

    def fit(self, X, y, *, groups=None):
        self.base_ = float(np.clip((y.frame["way_out"] == "mandiri").mean(), 0.01, 0.5))
        return self

    def predict_incidence(self, X, horizon, *, groups=None):
        margin = np.log(self.base_ / (1 - self.base_)) + self.strength * X[self.column].to_numpy()
        mandiri = 0.7 / (1 + np.exp(-margin))
        path = np.zeros((len(X), horizon + 1, 4))
        path[:, :, 0] = 1.0
        share = np.arange(horizon + 1) / horizon
        path[:, :, 1] = mandiri[:, None] * share
        path[:, :, 2:] = 0.1 * share[None, :, None]
        path[:, :, 0] = 1 - path[:, :, 1:].sum(axis=2)
        return Scores(X.index, path, margin, mandiri, mandiri)


class RollingFolds:
    """The last ``n_origins`` of the dates are origins; training is every earlier date, told at the origin."""

    def __init__(self, n_origins, horizon):
        self.n_origins = n_origins
        self.horizon = horizon

    def split(self, X, y, history):
        stamps = y.frame.index.get_level_values("as_of")
        for stamp in sorted(stamps.unique())[-self.n_origins :]:
            train, test = y.frame.index[stamps < stamp], y.frame.index[stamps == stamp]
            told = dataclasses.replace(y, frame=y.frame.loc[train], known_by=stamp.date())
            judged = dataclasses.replace(y, frame=y.frame.loc[test])
            yield Fold(stamp.date(), train, test, told, judged)


class Panel:
    """X, y, history of a panel whose mandiri exits depend on ``trait``."""

    def __init__(self, n_families=240, n_dates=4, seed=0, rate=-2.5, n_pendamping=6):
        rng = np.random.default_rng(seed)
        dates = tahap_ends(dt.date(2022, 1, 1), dt.date(2023, 9, 30))[:n_dates]
        index = panel_index(n_families, dates)
        trait = rng.normal(size=len(index))
        self.X = pd.DataFrame(
            {"trait": trait, "noise": rng.normal(size=len(index)), "coarse": np.round(trait)}, index=index
        )
        mandiri = rng.random(len(index)) < 1 / (1 + np.exp(-(rate + 1.2 * trait)))
        other = rng.choice(["alamiah", "administratif", "masih_peserta"], size=len(index), p=[0.1, 0.05, 0.85])
        way = np.where(mandiri, "mandiri", other)
        quarter = np.where(way == "masih_peserta", 4, rng.integers(1, 5, len(index)))
        self.y = outcomes(index, way, quarter, np.full(len(index), 4))
        owner = np.repeat(np.arange(n_families) % n_pendamping, n_dates)
        self.history = snapshots(index, [f"d{number:015x}" for number in owner])
