import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pkh_graduation.evaluation.capacity import at_capacity, draw_lists, list_figures, places_of

rows_of = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 1), st.integers(0, 2)), min_size=1, max_size=40)


def columns(rows):
    score, positive, group = (np.array(column) for column in zip(*rows, strict=True))
    return score.astype(float), positive, group


def by_trial(score, positive, share):
    """Mean, best and worst hits of one group over every order of its rows that respects the score."""
    k = int(places_of(len(score), share))
    hits = []
    for order in itertools.permutations(range(len(score))):
        if all(score[a] >= score[b] for a, b in itertools.pairwise(order)):
            hits.append(positive[list(order[:k])].sum())
    return np.mean(hits), max(hits), min(hits)


@given(
    st.lists(st.tuples(st.integers(0, 2), st.integers(0, 1)), min_size=2, max_size=7), st.sampled_from([0.3, 0.5, 1])
)
def test_expected_hits_equal_the_average_over_all_orders(rows, share):
    score, positive = (np.array(column) for column in zip(*rows, strict=True))
    mean, best, worst = by_trial(score, positive, share)
    figures = at_capacity(score.astype(float), positive, np.zeros(len(rows), dtype=int), share)
    assert figures["hits"] == pytest.approx(mean, abs=1e-12)
    if figures["places"]:
        assert figures["precision"] == pytest.approx(mean / figures["places"])
        assert figures["precision_best"] == pytest.approx(best / figures["places"])
        assert figures["precision_worst"] == pytest.approx(worst / figures["places"])


@given(rows_of, st.floats(0.01, 1.0))
def test_lists_never_exceed_their_places(rows, share):
    score, positive, group = columns(rows)
    figures = at_capacity(score, positive, group, share)
    caseload = np.bincount(group)
    assert figures["places"] == places_of(caseload[caseload > 0], share).sum() <= share * len(rows) + 1e-6
    assert figures["hits"] <= min(figures["places"], positive.sum()) + 1e-12


@given(rows_of, st.randoms(use_true_random=False))
def test_order_of_rows_changes_nothing(rows, random):
    score, positive, group = columns(rows)
    order = list(range(len(rows)))
    random.shuffle(order)
    one = at_capacity(score, positive, group, 0.34)
    other = at_capacity(score[order], positive[order], group[order], 0.34)
    np.testing.assert_equal(one, other)


@given(rows_of, st.integers(2, 5))
def test_everyone_drawn_twice_changes_nothing(rows, times):
    score, positive, group = columns(rows)
    lists = draw_lists(score, positive, group, 0.34)
    one = list_figures(lists, np.ones((1, len(rows))))
    many = list_figures(lists, np.full((1, len(rows)), float(times)))
    for name in one:
        np.testing.assert_allclose(one[name], many[name])


def test_lists_are_drawn_within_each_caseload():
    """The highest scores all lie in one caseload; its list stays as short as the others."""
    score = np.concatenate([np.arange(10) + 100, np.arange(10)]).astype(float)
    positive = np.zeros(20, dtype=int)
    positive[[8, 9, 19]] = 1
    figures = at_capacity(score, positive, np.repeat([0, 1], 10), 0.1)
    assert (figures["places"], figures["hits"], figures["precision"], figures["recall"]) == (2, 2, 1, 2 / 3)
    assert figures["lift"] == pytest.approx(2 / 0.3)


def test_small_caseloads_and_nameless_families_are_counted():
    group = np.array([0] * 10 + [1] * 4 + [-1] * 3)
    positive = np.zeros(17, dtype=int)
    positive[[0, 10, 16]] = 1
    figures = at_capacity(-np.arange(17.0), positive, group, 0.1)
    assert (figures["groups"], figures["groups_too_small"], figures["without_group"]) == (2, 1, 3)
    assert figures["recall"] == 0.5  # of two positives with a pendamping, one had a list to be on


def test_chance_has_a_lift_of_one():
    positive = np.tile([1, 0, 0, 0, 0, 0, 0, 0, 0, 0], 3)
    assert at_capacity(np.zeros(30), positive, np.repeat([0, 1, 2], 10), 0.1)["lift"] == pytest.approx(1)


def test_nothing_to_find_and_no_list_are_missing_figures():
    nothing = at_capacity(np.arange(10.0), np.zeros(10), np.zeros(10, dtype=int), 0.1)
    assert nothing["precision"] == 0
    assert np.isnan([nothing["recall"], nothing["lift"]]).all()
    assert np.isnan(at_capacity(np.arange(5.0), np.ones(5), np.zeros(5, dtype=int), 0.1)["precision"])


@pytest.mark.parametrize("share", [0, -0.1, 1.5])
def test_share_must_be_a_share(share):
    with pytest.raises(ValueError, match="share must lie in"):
        places_of(np.array([10]), share)


def test_floating_point_never_costs_a_place():
    assert places_of(np.array([100]), 0.29) == 29
