import math
import textwrap
import xml.etree.ElementTree as ET

from hypothesis import given, settings
from hypothesis import strategies as st

from pkh_graduation.outputs.cells import Look, Pen, figure

TEXTS = st.text("aB1 &<>\"'_x{}%\n", max_size=30)
ROWS = st.lists(st.tuples(TEXTS, TEXTS, st.none() | st.integers(0, 99)), max_size=8)
NAME, FREE, NOTE, BAR = 3, 4, 5, 6


def look():
    return Look([Pen(NAME, 10.0), FREE, Pen(NOTE, 10.0)], least=2)


def written(first, rows):
    bars = [None if number is None else figure(BAR, number) for *_, number in rows]
    return look().rows(first, [[name for name, *_ in rows], [note for _, note, _ in rows]], {1: bars})


@given(st.integers(0, 999), ROWS)
@settings(max_examples=60, deadline=None)
def test_rows_hold_what_was_written_where_it_was_written(first, rows):
    for number, (xml, (name, note, told)) in enumerate(zip(written(first, rows), rows, strict=True), first + 1):
        row = ET.fromstring(xml)
        cells = list(row)
        assert row.get("r") == str(number)
        assert [cell.get("r") for cell in cells] == [f"A{number}", f"B{number}", f"C{number}"]
        assert [cell.get("s") for cell in cells] == [str(NAME), str(FREE), str(NOTE if told is None else BAR)]
        assert "".join(cells[0].itertext()) == name
        assert "".join(cells[2].itertext()) == (note if told is None else str(told))
        assert "".join(cells[1].itertext()) == ""


@given(ROWS, st.integers(0, 8))
@settings(max_examples=40, deadline=None)
def test_a_row_does_not_depend_on_its_neighbours(rows, cut):
    assert written(0, rows) == written(0, rows[:cut]) + written(len(rows[:cut]), rows[cut:])


def test_a_row_is_as_high_as_its_longest_cell_and_never_lower_than_its_least():
    heights = [
        float(ET.fromstring(xml).get("ht"))
        for xml in written(0, [("a", "b", None), ("a" * 31, "b", None), ("a", "b\nc\nd", None)])
    ]
    assert heights == [6 + 2 * 12.5, 6 + 4 * 12.5, 6 + 3 * 12.5]


@given(st.lists(st.text("abc", min_size=1, max_size=16), min_size=1, max_size=9), st.integers(8, 19))
def test_a_narrow_cell_is_as_high_as_its_words_need(words, room):
    text = " ".join(words)
    lines = Pen(NAME, float(room))[text][1]
    assert lines >= math.ceil(sum(map(len, words)) / room)
    if max(map(len, words)) <= room:
        assert lines == len(textwrap.wrap(text, room))
