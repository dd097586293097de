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


def test_nothing_small_hides_nothing():
    values = np.array([40, 20, 20, 0])
    assert not hide(values, values < 0, [np.arange(4)]).any()


def test_what_is_hidden_for_one_line_is_made_good_in_the_next():
    values = np.array([3, 9, 8, 20, 7])
    hidden = hide(values, values < SMALL, [np.array([0, 2, 3]), np.array([2, 4, 1])])
    assert hidden.tolist() == [True, False, True, False, True]
