import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pkh_graduation.evaluation import list_life
from pkh_graduation.evaluation.capacity import at_capacity, listing_chance
from pkh_graduation.evaluation.listed import listed_outcomes, listed_profile
from pkh_graduation.programme.vocabulary import STATES

rows_of = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 1), st.integers(-1, 2)), min_size=1, max_size=40)


@given(rows_of, st.sampled_from([0.1, 0.34, 0.5, 1.0]))
def test_chances_add_up_to_places_and_give_the_expected_hits(rows, share):
    score, positive, group = (np.array(column) for column in zip(*rows, strict=True))
    chance = listing_chance(score.astype(float), group, share)
    figures = at_capacity(score.astype(float), positive, group, share)
    assert chance.sum() == pytest.approx(figures["places"])
    assert (chance * positive).sum() == pytest.approx(figures["hits"])
    assert ((chance >= 0) & (chance <= 1)).all() and (chance[group == -1] == 0).all()


@given(rows_of)
def test_a_higher_score_in_the_same_caseload_never_has_less_chance(rows):
    score, _, group = (np.array(column) for column in zip(*rows, strict=True))
    chance = listing_chance(score.astype(float), group, 0.34)
    for one in range(len(rows)):
        for other in range(len(rows)):
            if group[one] == group[other] and score[one] >= score[other]:
                assert chance[one] >= chance[other] - 1e-12
                assert score[one] > score[other] or chance[one] == chance[other]


def test_the_crosstab_holds_everybody_once(report):
    table = listed_outcomes(report.predictions[report.predictions["origin"] == report.test_origin], report.capacity)
    lists = report.at_capacity(report.capacity).set_index(["contender", "origin"])
    for name, part in table.groupby("contender"):
        whole = part[list(STATES)].sum()
        own = report.predictions.query("contender == @name and origin == @report.test_origin")
        assert whole.to_dict() == pytest.approx(
            own["way_out"].value_counts().reindex(list(STATES), fill_value=0).to_dict()
        )
        listed = part[part["listed"]].iloc[0]
        assert listed["families"] == pytest.approx(lists.loc[(name, report.test_origin), "places"])
        assert listed["mandiri"] == pytest.approx(lists.loc[(name, report.test_origin), "hits"])
    assert (table[list(STATES)].sum(axis=1) - table["families"]).abs().max() < 1e-9


def test_the_profile_names_what_the_list_was_made_of(report, panel):
    last = report.predictions[report.predictions["origin"] == report.test_origin]
    table = listed_profile(panel.X, last, "model", report.capacity)
    assert table["feature"].iloc[0] == "trait" and table["difference"].iloc[0] > 1
    assert set(table["feature"]) == set(panel.X.columns)
    everybody = listed_profile(panel.X, last, "model", 1.0).set_index("feature")
    rows = panel.X.loc[pd.MultiIndex.from_frame(last.loc[last["contender"] == "model", ["kpm_id", "as_of"]])]
    assert everybody["mean_listed"].to_dict() == pytest.approx(rows.mean().to_dict())
    assert everybody["mean_other"].isna().all()


def test_missing_values_are_counted_and_left_out_of_means(report, panel):
    last = report.predictions[report.predictions["origin"] == report.test_origin]
    X = panel.X.assign(kosong=np.nan, separuh=panel.X["noise"].mask(panel.X["trait"] > 0))
    table = listed_profile(X, last, "model", report.capacity).set_index("feature")
    assert table.loc["kosong", ["missing_listed", "missing_other"]].tolist() == [1, 1]
    assert np.isnan(table.loc["kosong", "mean_listed"])
    assert table.loc["separuh", "missing_listed"] > table.loc["separuh", "missing_other"] > 0
    assert table.loc["noise", ["missing_listed", "missing_other"]].abs().max() < 1e-12


def test_infinite_values_are_left_out_of_means(report, panel):
    last = report.predictions[report.predictions["origin"] == report.test_origin]
    X = panel.X.assign(noise=panel.X["noise"].where(panel.X["trait"] < 1, np.inf))
    table = listed_profile(X, last, "model", report.capacity).set_index("feature")
    assert table.loc["noise", "missing_listed"] > table.loc["noise", "missing_other"] > 0
    assert np.isfinite(table.loc["noise", "mean_other"])


def test_a_row_that_is_lacking_is_counted_and_nobody_is_named(report, panel):
    with pytest.raises(ValueError, match=r"X lacks 3 of the \d+ rows") as told:
        list_life(report, panel.X.iloc[:-9], model="model")
    assert told.value.__context__ is None and "k0000" not in str(told.value)


def test_a_contender_that_did_not_compete_is_said(report, panel):
    with pytest.raises(ValueError, match="'lain' did not compete"):
        list_life(report, panel.X, model="lain")
    with pytest.raises(ValueError, match="no predictions"):
        listed_profile(panel.X, report.predictions, "lain", report.capacity)
