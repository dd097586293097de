"""Real households: the reading of the EPH panel, its labels, and the study that runs on them.

Needs the folder of the EPH extract: variable PKH_EPH_DATA, or ``../shared/data/eph`` beside the repository.
"""

from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path
from types import ModuleType

import pandas as pd
import pytest

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("PKH_EPH_DATA", ROOT.parent / "shared" / "data" / "eph"))

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(not (DATA / "households.parquet").is_file(), reason=f"no EPH data in {DATA} (PKH_EPH_DATA)"),
]


def _study(name: str) -> ModuleType:
    """A module of ``benchmarks/eph``, which is a folder of scripts and no package."""
    folder = str(ROOT / "benchmarks" / "eph")
    if folder not in sys.path:
        sys.path.append(folder)
    return importlib.import_module(name)


@pytest.fixture(scope="module")
def survey():
    return _study("panel").read_survey(DATA)


@pytest.fixture(scope="module")
def pairs(survey):
    return _study("panel").pair_up(survey)


def test_reading_reproduces_the_published_check_figures(pairs):
    assert _study("panel").check_figures(pairs) == {
        "pairs": 6141,
        "unknown": 736,
        "known": 5405,
        "mandiri": 695,
        "alamiah": 81,
        "administratif": 792,
    }


def test_pairs_per_origin_and_their_graduates(pairs):
    known = pairs[pairs["way_out"].notna()]
    table = known.assign(out=known["way_out"] == "mandiri").groupby("quarter")["out"].agg(["size", "sum"])
    assert table.loc[["2022Q2", "2022Q3", "2022Q4"]].to_numpy().tolist() == [[893, 156], [883, 143], [725, 85]]
    assert table.loc["2021Q2"].tolist() == [708, 81]


def test_about_one_graduate_in_three_falls_back_within_a_quarter(survey, pairs):
    seen, fallen = _study("panel").relapse(survey, pairs)
    assert (seen, fallen) == (221, 82)


def test_without_the_same_head_rule_one_pair_in_eleven_is_another_family(survey, pairs):
    panel = _study("panel")
    seen = panel.interviews(survey)
    base = seen[seen["cash_assistance"].fillna(False) & seen["income_decile"].notna()]
    met_again = base.merge(seen.assign(t=seen["t"] - 4)[["hh_id", "t"]])
    assert 0.08 < 1 - len(pairs) / len(met_again) < 0.095


def test_plain_columns_of_a_quarter_do_not_change_when_later_quarters_are_cut_off(survey):
    panel, reference = _study("panel"), _study("reference")
    t = 2022 * 4 + 1
    cut = panel.Survey(*(getattr(survey, name)[lambda frame: frame["t"] <= t] for name in panel.FILES))
    whole = reference.plain_columns(survey).xs(t, level="t")
    alone = reference.plain_columns(cut).xs(t, level="t")
    assert 120 < len(whole.columns) < 170
    pd.testing.assert_frame_equal(whole, alone)
