import itertools

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from pkh_graduation.outputs.suppression import SMALL, hide


@settings(max_examples=200)
@given(st.lists(st.integers(0, 30), min_size=2, max_size=24), st.data())
def test_no_line_betrays_its_only_hidden_cell(counts, data):
    values = np.array(counts)
    places = st.lists(st.integers(0, len(values) - 1), min_size=1, max_size=8, unique=True)
    lines = [np.array(line) for line in data.draw(st.lists(places, max_size=12))]
    small = (values > 0) & (values < SMALL)
    hidden = hide(values, small, lines)
    assert hidden[small].all()
    assert not hidden[values == 0].any()
    # A lone hidden cell remains only where nothing else of the line could be hidden: all the others are zero.
    assert all(hidden[line].sum() != 1 or values[line][~hidden[line]].sum() == 0 for line in lines)


def ways(line: list[int], hidden: list[bool]) -> list[set[int]]:
    """What each part of a line may be for somebody who sees the rest and knows how cells are hidden: all solutions tried."""
    total, parts = line[0], line[1:]
    masked = [cell for cell, mark in enumerate(hidden[1:]) if mark]
    left = total - sum(value for value, mark in zip(parts, hidden[1:], strict=True) if not mark)
    found: list[set[int]] = [set() for _ in masked]
    for guess in itertools.product(range(1, left + 1), repeat=len(masked)):
        if sum(guess) == left:
            for seen, value in zip(found, guess, strict=True):
                seen.add(value)
    return found


@settings(max_examples=150)
@given(st.lists(st.integers(0, 9), min_size=1, max_size=4), st.booleans())
def test_a_told_total_leaves_every_hidden_part_open_from_one_to_five(parts, public):
    """Everything is tried: what each hidden part can be, given the total. Only a line with nothing more to hide says more."""
    values = np.array([sum(parts), *parts])
    small = (values > 0) & (values < SMALL)
    known = np.arange(len(values)) < public
    hidden = hide(values, small, [np.arange(len(values))], known)
    if (hidden & ~known)[0]:
        return
    exhausted = public and hidden[1:][values[1:] > 0].all()
    for seen in ways(values.tolist(), (hidden & ~known).tolist()):
        assert set(range(1, SMALL + 1)) <= seen or exhausted


def test_two_of_one_each_are_not_given_away_by_their_sum():
    for counts, hides in (([26, 1, 20, 5], [1, 3]), ([22, 1, 20, 1], [1, 2, 3]), ([2, 1, 1, 0], [0, 1, 2])):
        values = np.array(counts)
        assert np.flatnonzero(hide(values, (values > 0) & (values < SMALL), [np.arange(4)])).tolist() == hides


def test_nothing_small_hides_nothing():
    values = np.array([40, 20, 20, 0])
    assert not hide(values, values < 0, [np.arange(4)]).any()


def test_what_is_hidden_for_one_line_is_made_good_in_the_next():
    values = np.array([3, 9, 8, 20, 7])
    hidden = hide(values, values < SMALL, [np.array([0, 2, 3]), np.array([2, 4, 1])])
    assert hidden.tolist() == [True, False, True, False, True]
