"""Real households: the reading of the EPH panel, its labels, and the study that runs on them.

Needs the folder of the EPH extract: variable PKH_EPH_DATA, or ``../shared/data/eph`` beside the repository.
"""

from __future__ import annotations

import pandas as pd
import pytest
from eph_study import DATA, NEEDS_DATA, script

pytestmark = NEEDS_DATA


@pytest.fixture(scope="module")
def survey():
    return script("panel").read_survey(DATA)


@pytest.fixture(scope="module")
def pairs(survey):
    return script("panel").pair_up(survey)


def test_reading_reproduces_the_published_check_figures(pairs):
    assert script("panel").check_figures(pairs) == {
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
    seen, fallen = script("panel").relapse(survey, pairs)
    assert (seen, fallen) == (221, 82)


def test_without_the_same_head_rule_one_pair_in_eleven_is_another_family(survey, pairs):
    panel = script("panel")
    seen = panel.interviews(survey)
    base = seen[seen["cash_assistance"].fillna(False) & seen["income_decile"].notna()]
    met_again = base.merge(seen.assign(t=seen["t"] - 4)[["hh_id", "t"]])
    assert 0.08 < 1 - len(pairs) / len(met_again) < 0.095


def test_plain_columns_of_a_quarter_do_not_change_when_later_quarters_are_cut_off(survey):
    panel, reference = script("panel"), script("reference")
    t = 2022 * 4 + 1
    cut = panel.Survey(*(getattr(survey, name)[lambda frame: frame["t"] <= t] for name in panel.FILES))
    whole = reference.plain_columns(survey).xs(t, level="t")
    alone = reference.plain_columns(cut).xs(t, level="t")
    assert 120 < len(whole.columns) < 170
    pd.testing.assert_frame_equal(whole, alone)


@pytest.fixture(scope="module")
def some(survey):
    """One household in twelve, with all its interviews."""
    panel = script("panel")
    return panel.Survey(*(getattr(survey, name)[lambda frame: frame["hh_id"] % 12 == 0] for name in panel.FILES))


@pytest.fixture(scope="module")
def read(some):
    return script("material").read_panel(some)


@pytest.fixture(scope="module")
def some_pairs(some):
    return script("panel").pair_up(some)


@pytest.fixture(scope="module")
def built(read, some_pairs):
    return script("material").make_material(read, some_pairs)


def test_mapping_and_adapter_read_every_row_into_our_tables(some, read):
    tables = read.records.tables
    assert len(tables["keluarga"]) == len(some.households)
    assert len(tables["peringkat"]) == some.households["income_decile"].notna().sum()
    assert len(tables["penyaluran"]) == (some.payments["amount"] > 0).sum()
    met = tables["anggota"]["tanggal_keluar"].isna().sum()
    assert met == len(some.members)
    assert {"usaha", "peristiwa_status", "program_komplementer"} <= set(tables)
    assert not read.records.sintetis


def test_features_of_the_engine_agree_with_columns_computed_by_hand(read, some_pairs, built):
    X = built.X
    by_hand = read.columns.loc[pd.MultiIndex.from_frame(some_pairs[["hh_id", "t"]])]
    mine = X[[f"eph_{name}" for name in by_hand]]
    pd.testing.assert_frame_equal(
        mine.set_axis(by_hand.columns, axis=1).reset_index(drop=True), by_hand.reset_index(drop=True), rtol=1e-6
    )
    assert (X["desil"].to_numpy() == by_hand["income_decile"].clip(lower=1).to_numpy()).all()
    assert (X["usaha_aktif_n"].to_numpy() == by_hand["ent_n"].to_numpy()).all()
    assert (X["kepala_perempuan"].to_numpy() == by_hand["head_woman"].to_numpy()).all()


def test_interviews_after_the_base_quarter_change_no_feature(some, some_pairs, built):
    panel, material = script("panel"), script("material")
    t = 2022 * 4 + 1
    past = panel.Survey(*(getattr(some, name)[lambda frame: frame["t"] <= t] for name in panel.FILES))
    then = some_pairs[some_pairs["t"] == t].reset_index(drop=True)
    alone = material.make_material(material.read_panel(past), then).X
    pd.testing.assert_frame_equal(built.X.loc[alone.index], alone, check_exact=True)


def test_folds_learn_only_from_outcomes_held_by_the_origin(some_pairs, built):
    panel, material, settings = script("panel"), script("material"), script("settings")
    pairs = some_pairs
    folds = material.YearAhead(tuple(panel.quarter_end(t) for t in settings.ORIGINS))
    for t, fold in zip(settings.ORIGINS, folds.split(built.X, built.y, built.history), strict=True):
        assert len(fold.train) == (pairs["t"] + 4 <= t).sum() > 0
        assert len(fold.test) == (pairs["t"] == t).sum() > 0
        assert fold.y_train.known_by == fold.origin == panel.quarter_end(t)
        later = fold.y_train.exits["known_day"].reindex(fold.train).dropna()
        assert (pd.to_datetime(later, unit="D") <= pd.Timestamp(fold.origin)).all()


def test_model_ranks_above_the_decile_and_not_below_plain_boosting(survey):
    study, settings = script("study"), script("settings")
    rivals = [study.DECILE, study.PLAIN]
    _, report = study.run(survey, settings.read_config(), only=[study.MODEL, *rivals])
    gaps = study.differences(report, rivals, n_boot=500)
    assert study.targets(gaps) == {
        "lower bound to today's decile > 0": True,
        "lower bound to plain boosting > -0.01": True,
    }
    judged = report.predictions[report.predictions["contender"] == study.MODEL].groupby("origin")["label"]
    assert judged.agg(["size", "sum"]).to_numpy().tolist() == [[893, 156], [883, 143], [725, 85]]
