import numpy as np
import pandas as pd
from handmade_lists import make_lists
from hypothesis import given, settings
from hypothesis import strategies as st

from pkh_graduation.outputs.summary import BANDS, COUNTS, exclusions, per_kecamatan, per_pendamping, suppress


def test_counts_add_up_to_the_caseload():
    lists = make_lists()
    for table in (per_pendamping(lists), per_kecamatan(lists)):
        assert (table[BANDS].sum(axis=1) == table["dampingan"]).all()
        assert table["dampingan"].sum() == 60
        assert table["terdaftar"].sum() == 14
        assert table["diproses"].sum() == 2
        assert table["dikecualikan"].sum() == 2
    assert per_pendamping(lists).loc["d000000000000001", ["kecamatan", "kuota", "sebab"]].tolist() == [
        "3302010",
        12,
        "",
    ]


def test_a_family_with_two_reasons_counts_under_both():
    assert exclusions(make_lists()).to_dict() == {
        "keluarga keberatan atas pemrofilan otomatis": 1, "lansia tinggal sendiri": 1, "ada ibu hamil": 1,
    }  # fmt: skip


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(*[st.integers(0, 30)] * 3, st.integers(0, 9)), min_size=1, max_size=6), st.integers(1, 3))
def test_no_small_count_can_be_read_or_worked_out(rows, groups):
    table = pd.DataFrame([[sum(row[:3]), row[3], *row[:3], row[3], row[3]] for row in rows], columns=COUNTS)
    where = pd.Series(np.arange(len(table)) % groups)
    text, values = suppress(table, where).to_numpy(dtype=object), table[COUNTS].to_numpy()
    hidden = np.isin(text, ["<5", "–"])
    assert (text[~hidden] == values[~hidden].astype(str)).all()
    assert ((values[~hidden] == 0) | (values[~hidden] >= 5)).all()
    # A lone hidden band, or a lone hidden count under a shown total, could be worked out, unless all the others are zero.
    bands = [COUNTS.index(band) for band in BANDS]
    lines = [(hidden[row, bands], values[row, bands]) for row in range(len(values))]
    lines += [(hidden[where == g, c], values[where == g, c]) for g in where.unique() for c in range(len(COUNTS))]
    assert all(line.sum() != 1 or (count[~line] == 0).all() for line, count in lines)
