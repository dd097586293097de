"""Real households beyond ranking: relapse, hold-outs and the households that no label had been computed of.

Needs the folder of the EPH extract, as `test_eph` does.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from eph_study import DATA, NEEDS_DATA, script

from pkh_graduation.contracts import Scores
from pkh_graduation.programme.vocabulary import STATES

pytestmark = NEEDS_DATA


@pytest.fixture(scope="module")
def survey():
    return script("panel").read_survey(DATA)


@pytest.fixture(scope="module")
def pairs(survey):
    return script("panel").pair_up(survey)


@pytest.fixture(scope="module")
def few(survey):
    """One household in forty, with all its interviews, read by the ordinary reader."""
    panel = script("panel")
    some = panel.Survey(*(getattr(survey, name)[lambda frame: frame["hh_id"] % 40 == 0] for name in panel.FILES))
    return script("material").read_panel(some)


@pytest.fixture(scope="module")
def quarter_ahead(few):
    panel, material = script("panel"), script("material")
    pairs = panel.pair_up(few.survey, 1)
    return pairs, material.make_material(few, pairs, 1)


def test_families_that_left_are_counted_once_and_never_before_they_left(survey, pairs):
    panel, afterwards = script("panel"), script("afterwards")
    after = panel.after_exit(survey, pairs)
    assert not after.duplicated(["hh_id", "t"]).any()
    assert set(after["way_out"]) == {"mandiri", "alamiah", "administratif"}
    table = afterwards.returns(survey, pairs)
    assert table["seen"].sum() == after["back"].notna().sum()
    assert (table["low"] < table["share"]).all()
    assert (table["share"] < table["high"]).all()
    last = survey.households["t"].max()
    assert (after["t"] + panel.YEAR + 1 <= last).all()


def test_falling_back_is_unknown_only_where_nothing_speaks_for_it():
    after = pd.DataFrame(
        {
            "back": pd.array([True, False, False, None, None, True], "boolean"),
            "below": pd.array([None, True, False, None, False, True], "boolean"),
        }
    )
    fell = script("panel").fell_back(after)
    assert fell.isna().tolist() == [False, False, False, True, False, False]
    assert fell.dropna().tolist() == [True, True, False, False, True]


def test_no_year_ahead_label_exists_of_the_households_of_2023(survey, pairs):
    panel, extended = script("panel"), script("extended")
    fresh = panel.new_households(survey, extended.FRESH_SINCE)
    assert not pairs["hh_id"].isin(fresh).any()
    assert panel.pair_up(survey, 1)["hh_id"].isin(fresh).sum() > 1000


def test_untouched_households_are_judged_and_never_learned_from(few, quarter_ahead):
    panel, study, extended, material = (script(name) for name in ("panel", "study", "extended", "material"))
    _, built = quarter_ahead
    new = few.family[few.family["hh_id"].isin(panel.new_households(few.survey, extended.FRESH_SINCE))]
    folds = material.OnlyFamilies(study.origins_of(extended.FRESH_ORIGINS, 1), frozenset(new["kpm_id"]))
    learnt = set(few.family.loc[few.family["day"] < 19358, "kpm_id"])  # interviewed before 2023
    for fold in folds.split(built.X, built.y, built.history):
        judged = set(fold.test.get_level_values("kpm_id"))
        assert judged
        assert not judged & learnt
        assert not judged & set(fold.train.get_level_values("kpm_id"))
        assert fold.y_train.known_by == fold.origin
        assert (fold.train.get_level_values("as_of") < pd.Timestamp(fold.origin)).all()
        assert fold.y_test.frame.index.equals(fold.test)


class Remembers:
    """A contender whose probability of staying is the number of rows it learned from, and which keeps where they lay."""

    def __init__(self, region):
        self.region = region

    def get_params(self, deep=True):
        return {"region": self.region}

    def fit(self, X, y, *, groups=None):
        assert X.index.equals(y.frame.index)
        self.learnt = set(self.region.loc[X.index])
        return self

    def predict_incidence(self, X, horizon, *, groups=None):
        assert not self.learnt & set(self.region.loc[X.index])
        path = np.zeros((len(X), horizon + 1, len(STATES)))
        path[:, :, 0] = 1.0
        value = X["eph_region_1"].to_numpy()
        return Scores(X.index, path, value, value, value)


def test_a_region_is_judged_by_a_model_that_has_not_seen_it(few, quarter_ahead):
    regions, extended = script("regions"), script("extended")
    _, built = quarter_ahead
    region = extended.region_of(built, few)
    assert ((region == 1).to_numpy() == (built.X["eph_region_1"] == 1).to_numpy()).all()
    fitted = regions.NewRegions(Remembers(region), region).fit(built.X, built.y)
    shuffled = built.X.sample(frac=0.5, random_state=0)
    scores = fitted.predict_incidence(shuffled, 1)
    assert scores.index.equals(shuffled.index)
    np.testing.assert_array_equal(scores.margin, shuffled["eph_region_1"].to_numpy())


def test_shares_told_to_everybody_have_no_skill_and_their_calibration_is_their_ratio(quarter_ahead):
    panel, study, probabilities = script("panel"), script("study"), script("probabilities")
    pairs, built = quarter_ahead
    origins = (2022 * 4 + 1, 2022 * 4 + 2)
    shares = probabilities.learnt_shares(pairs, origins, 1)
    assert list(shares.index) == [panel.quarter_end(t).isoformat() for t in origins]
    assert (shares.sum(axis=1) <= 1 + 1e-12).all()
    report = study.judge(built, {"desil": study.todays_practice()["desil"]}, study.origins_of(origins, 1))
    rows = report.predictions
    for way in shares:
        rows[f"p_{way}"] = rows["origin"].astype(str).map(shares[way])
    table = probabilities.ways_out(report, "desil", shares, n_boot=20)
    np.testing.assert_allclose(table["skill"], 0.0, atol=1e-12)
    assert (table["auc_low"] <= table["auc"]).all()
    told = probabilities.calibration(report, "desil", "mandiri")
    assert told.loc["pooled", "ratio"] == pytest.approx(table.loc["mandiri", "ratio"])
    assert told.loc["pooled", "n"] == told.drop(index="pooled")["n"].sum()
