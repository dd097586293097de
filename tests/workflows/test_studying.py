"""Lots in the records become evidence in the bundle: graded, kept as numbers, and silent where nothing is shown."""

import datetime as dt
import json
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from pkh_graduation.contracts import Outcomes, Snapshots
from pkh_graduation.workflows import studying
from pkh_graduation.workflows.places import Places

N = 1500
DAY = pd.Timestamp("2023-12-31")
DRAWN = 19_723 + 20


def office(effects: dict[str, float], seed: int = 0) -> tuple[pd.DataFrame, pd.DataFrame, Outcomes, Snapshots]:
    """Families of one date, each in one lot of one programme, and who left within the year."""
    rng = np.random.default_rng(seed)
    n = N * len(effects)
    index = pd.MultiIndex.from_product([[f"k{k:05d}" for k in range(n)], [DAY]], names=["kpm_id", "as_of"])
    X = pd.DataFrame({"w": rng.normal(size=n), "usaha": (rng.random(n) < 0.4).astype(float)}, index=index)
    programme = np.array(list(effects))[np.arange(n) % len(effects)]
    won = rng.random(n) < 0.5
    effect = np.array([effects[name] for name in programme]) * won
    left = rng.random(n) < 1 / (1 + np.exp(-(-1.4 + 0.8 * X["w"].to_numpy() + effect)))
    table = pd.DataFrame(
        {
            "kpm_id": index.get_level_values("kpm_id"), "program_key": np.arange(n), "program": programme, "propensi": 0.5,
            "status": np.where(won, "diterima", "ditolak"), "day": DRAWN, "known_day": DRAWN, "superseded_day": 2**31 - 1,
            "batal": False,
        }
    )  # fmt: skip
    frame = pd.DataFrame(
        {"way_out": np.where(left, "mandiri", "masih_peserta"), "quarter": np.where(left, 2, 4), "observed": 4},
        index=index,
    )
    y = Outcomes(frame, pd.DataFrame(), dt.date(2025, 12, 31), 100, 4)
    places = pd.DataFrame(dict.fromkeys(Snapshots.COLUMNS), index=index)
    places["pendamping_id"] = [f"d{k % 40}" for k in range(n)]
    return table, X, y, Snapshots(places)


def studied(monkeypatch, tmp_path, effects, **change):
    table, X, y, history = office(effects, seed=2)
    tables = {studying.TABLE: table.assign(**change)}
    monkeypatch.setattr(studying.stores, "read_store", lambda *words: SimpleNamespace(tables=tables))
    return studying.study(Places(tmp_path), X, y, history), X


def test_what_helps_is_shown_what_does_nothing_is_not(monkeypatch, tmp_path):
    effects, X = studied(monkeypatch, tmp_path, {"kur": 1.2, "koperasi": 0.0})
    told = {one["lever"]: one for one in json.loads(effects.text())}
    assert told["kur"]["grade"] == "E3"
    assert 0 < told["kur"]["low"] < told["kur"]["effect"] < told["kur"]["high"]
    assert told["kur"]["together"] == 2
    assert told["koperasi"]["grade"] == "E0"
    assert told["koperasi"]["why"] == studying.NOTHING_SHOWN
    assert "answer" not in told["koperasi"]
    # levers nobody drew lots for are named too
    assert told["nib"]["why"] == studying.NO_TABLE
    assert effects.figures()["kur"] == "E3"
    files = {studying.FILE: effects.text().encode()}
    monkeypatch.setattr(studying.stores, "read_sealed", lambda folder: SimpleNamespace(files=files))
    kept = studying.kept_in(tmp_path)
    (evidence,) = studying.evidence_for(kept, X.iloc[:50])
    assert (evidence.lever, evidence.grade) == ("kur", "E3")
    assert (evidence.families["low"] > 0).mean() > 0.5
    assert studying.evidence_for(kept, X.iloc[:0]) == []
    (table,) = studying.card_table(effects)
    assert list(table.frame["lever"]) == ["kur", "koperasi"]


def test_what_harms_is_kept_so_that_nobody_is_talked_into_it(monkeypatch, tmp_path):
    effects, X = studied(monkeypatch, tmp_path, {"kur": -1.5})
    told = {one["lever"]: one for one in effects.studies}["kur"]
    assert told["grade"] == "E3"
    assert told["high"] < 0
    kept = studying.KeptEffect("kur", "E3", "x", told["answer"])
    assert (kept.evidence(X.iloc[:200]).families["low"] <= 0).all()


@pytest.mark.parametrize("change", [{"propensi": np.nan}, {"known_day": 30_000}, {"status": "ditolak"}])
def test_without_lots_nothing_is_studied(monkeypatch, tmp_path, change):
    effects, _ = studied(monkeypatch, tmp_path, {"kur": 1.2}, **change)
    assert {one["grade"] for one in effects.studies} == {"E0"}
    assert all(one["why"] for one in effects.studies)
    (table,) = studying.card_table(effects)
    assert "E0" in table.note["en"]
