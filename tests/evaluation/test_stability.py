import numpy as np
import pandas as pd
import pytest
from evaluation_panel import ByColumn, Panel, RollingFolds
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pkh_graduation.evaluation.stability import between_tahap, household_bootstraps, jaccard, overlap

chances = arrays(float, 8, elements=st.floats(0, 1))


class Learner(ByColumn):
    """Ranks by whichever of two columns fits the (weighted) labels better, so that resampling can matter."""

    def fit(self, X, y, *, groups=None, sample_weight=None):
        weight = np.ones(len(X)) if sample_weight is None else sample_weight
        target = (y.frame["way_out"] == "mandiri").to_numpy() - 0.1
        self.mix_ = np.array([(weight * target * X[name].to_numpy()).sum() for name in ("trait", "noise")])
        return super().fit(X, y)

    def predict_incidence(self, X, horizon, *, groups=None):
        mixed = X[["trait", "noise"]].to_numpy() @ self.mix_ / np.abs(self.mix_).sum()
        return super().predict_incidence(X.assign(trait=mixed), horizon)


@given(chances, chances)
def test_overlap_is_symmetric_within_bounds_and_whole_with_itself(one, other):
    assert np.isnan(jaccard(one, other)) or 0 <= jaccard(one, other) <= 1
    assert jaccard(one, other) == jaccard(other, one) or np.isnan(jaccard(one, other))
    assert jaccard(one, one) == 1 or one.sum() == 0


@given(st.sets(st.integers(0, 9)), st.sets(st.integers(0, 9)))
def test_without_ties_it_is_the_plain_jaccard(one, other):
    as_chance = [np.isin(np.arange(10), list(part)).astype(float) for part in (one, other)]
    if one | other:
        assert jaccard(*as_chance) == len(one & other) / len(one | other)


def test_contenders_overlap(report):
    table = overlap(report.predictions[report.predictions["origin"] == report.test_origin], report.capacity)
    found = {(row["contender"], row["other"]): row["jaccard"] for row in table.to_dict("records")}
    assert set(found) == {("model", "kasar"), ("model", "acak"), ("kasar", "acak")}
    assert found[("model", "kasar")] > 0.4 > found[("model", "acak")]


def test_from_tahap_to_tahap_a_fixed_rule_stays(panel):
    from pkh_graduation.evaluation import run_backtest

    lasting = panel.X.assign(trait=panel.X.groupby(level="kpm_id")["trait"].transform("first"))
    named = {"model": ByColumn("trait"), "acak": ByColumn("noise")}
    report = run_backtest(named, lasting, panel.y, panel.history, RollingFolds(3, 4), n_boot=0)
    table = between_tahap(report.predictions, 0.1).set_index("contender")
    assert len(table) == 2 * 2
    assert (table.loc["model", "jaccard"] == 1).all() and (table.loc["acak", "jaccard"] < 0.5).all()
    assert (table["families"] == 240).all()


def test_a_family_that_changed_hands_is_not_compared(report):
    frame = report.predictions.copy()
    last = frame["origin"] == report.test_origin
    who = frame.loc[last, "kpm_id"].unique()[:50]
    frame.loc[last & frame["kpm_id"].isin(who), "pendamping_id"] = "d_lain"
    assert (between_tahap(frame, 0.1)["families"] == 190).all()


def test_household_bootstraps_are_weights_on_families():
    panel = Panel(n_families=200)
    (fold,) = RollingFolds(1, 4).split(panel.X, panel.y, panel.history)
    given = (fold, panel.X, panel.history)
    table = household_bootstraps(Learner(), *given, share=0.1, horizon=4, n_boot=4)
    assert len(table) == 4
    assert table[["jaccard_full", "jaccard_others", "precision"]].apply(lambda c: c.between(0, 1)).all(axis=None)
    assert table["precision_full"].nunique() == 1
    pd.testing.assert_frame_equal(table, household_bootstraps(Learner(), *given, share=0.1, horizon=4, n_boot=4))
    other = household_bootstraps(Learner(), *given, share=0.1, horizon=4, n_boot=4, random_state=1)
    assert not other["jaccard_full"].equals(table["jaccard_full"])
    with pytest.raises(ValueError, match="takes no sample_weight"):
        household_bootstraps(ByColumn(), *given, share=0.1, horizon=4)
    with pytest.raises(ValueError, match="at least two"):
        household_bootstraps(Learner(), *given, share=0.1, horizon=4, n_boot=1)
