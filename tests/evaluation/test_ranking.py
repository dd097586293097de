import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pkh_graduation.evaluation.ranking import count, rank, ratio


def test_only_blocks_with_positives_are_kept():
    score, positive = np.array([3.0, 2, 2, 1]), np.array([0, 1, 0, 0], dtype=bool)
    counts = count(rank(score, positive), np.ones((1, 4)))
    assert counts.before.tolist() == [[1]]
    assert counts.inside.tolist() == [[2]]
    assert counts.positive.tolist() == [[1]]


def test_rows_of_no_group_take_no_part():
    ranking = rank(np.array([1.0, 2, 3]), np.array([1, 1, 1], dtype=bool), np.array([0, -1, 0]))
    assert sorted(ranking.order.tolist()) == [0, 2]


def test_no_positives_and_no_rows():
    ones = np.ones((2, 3))
    assert count(rank(np.zeros(3), np.zeros(3, dtype=bool)), ones).positive.shape == (2, 0)
    empty = count(rank(np.zeros(3), np.ones(3, dtype=bool), np.full(3, -1)), ones)
    assert empty.totals.shape == (2, 0)


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 1), st.integers(0, 2), st.integers(0, 3)), min_size=1))
def test_weights_are_copies(rows):
    """Counting under whole weights is counting rows written down that often."""
    score, positive, group, weight = (np.array(column) for column in zip(*rows, strict=True))
    weighted = count(rank(score, positive, group), weight[None, :].astype(float))
    written = np.repeat(np.arange(len(rows)), weight)
    again = count(rank(score[written], positive[written], group[written]), np.ones((1, len(written))))
    present = weighted.positive[0] > 0
    np.testing.assert_array_equal(weighted.before[0][present], again.before[0])
    np.testing.assert_array_equal(weighted.inside[0][present], again.inside[0])
    np.testing.assert_array_equal(weighted.positive[0][present], again.positive[0])


def test_ratio_is_missing_where_nothing_divides():
    np.testing.assert_array_equal(ratio(np.array([1.0, 1.0]), np.array([2.0, 0.0])), [0.5, np.nan])
