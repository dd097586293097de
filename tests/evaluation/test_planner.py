import numpy as np
import pytest

from pkh_graduation.evaluation.planner import COLUMNS, SHARES, capacity_plan


@pytest.fixture
def last(report):
    return report.predictions[report.predictions["origin"] == report.test_origin]


def test_the_plan_agrees_with_the_lists(report, last):
    table = capacity_plan(last, cost_ratio=5.0, visits_per_family=2.0)
    assert list(table.columns) == list(COLUMNS) and table["share"].tolist() == list(SHARES) * 3
    for row in table.to_dict("records"):
        lists = (
            report.at_capacity(row["share"])
            .set_index(["contender", "origin"])
            .loc[(row["contender"], report.test_origin)]
        )
        assert row["places"] == lists["places"] and row["found"] == pytest.approx(lists["hits"])
        assert row["precision"] == pytest.approx(lists["precision"]) and row["recall"] == pytest.approx(lists["recall"])
        graduates = lists["n_positive"]
        assert row["harm"] == pytest.approx(5 * (row["places"] - row["found"]) + graduates - row["found"])
        assert row["visits"] == 2 * row["places"] == row["visits_per_pendamping"] * row["pendamping"]
    assert (table["pendamping"] == 6).all()


def test_shuffled_predictions_give_the_same_plan_and_other_rows_are_refused(last):
    shuffled = last.sample(frac=1, random_state=3)
    whole, again = (
        capacity_plan(rows, cost_ratio=5.0).set_index(["contender", "share"]).sort_index() for rows in (last, shuffled)
    )
    np.testing.assert_allclose(whole["found"], again["found"])
    with pytest.raises(ValueError, match="not judged on the same rows"):
        capacity_plan(last.drop(last.index[-1]), cost_ratio=5.0)


def test_longer_lists_find_more_and_cost_more_visits(last):
    table = capacity_plan(last, cost_ratio=5.0, shares=(0.05, 0.1, 0.5, 1.0), contenders=["model"])
    for column in ("places", "found", "found_predicted", "recall", "visits"):
        assert (np.diff(table[column]) >= 0).all()
    assert table["recall"].iloc[-1] == 1


def test_prediction_and_truth_are_told_by_one_measure(last):
    """Where probabilities are the labels themselves, what is predicted is what is seen."""
    sure = last.assign(p_mandiri=last["label"].astype(float))
    table = capacity_plan(sure, cost_ratio=3.0)
    assert table["found"].tolist() == pytest.approx(table["found_predicted"].tolist())
    assert table["harm"].tolist() == pytest.approx(table["harm_predicted"].tolist())


def test_a_heavier_ratio_never_makes_a_list_look_better(last):
    light, heavy = (capacity_plan(last, cost_ratio=ratio)["harm"] for ratio in (1.0, 5.0))
    assert (heavy >= light).all() and (heavy > light).any()


@pytest.mark.parametrize(
    "wrong", [{"cost_ratio": -1.0}, {"cost_ratio": float("nan")}, {"cost_ratio": 1.0, "visits_per_family": -1}]
)
def test_impossible_weights_are_refused(last, wrong):
    with pytest.raises(ValueError, match="must be 0 or more"):
        capacity_plan(last, **wrong)
    with pytest.raises(ValueError, match="share must lie"):
        capacity_plan(last, cost_ratio=1.0, shares=(1.5,))
    with pytest.raises(ValueError, match=r"\['nobody'\] did not compete; contenders are \['model'"):
        capacity_plan(last, cost_ratio=1.0, contenders=["model", "nobody"])
