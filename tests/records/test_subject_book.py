"""The file that a family is given: everything of its sections, laid out for people and for A4."""

import io
import re
import zipfile

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from pkh_graduation.records.paper import LINE_POINTS, MOST_POINTS, height_of
from pkh_graduation.records.subject_book import make_subject_book, section


def sheets(sections):
    book = CalamineWorkbook.from_filelike(io.BytesIO(make_subject_book(sections)))
    return {name: book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in book.sheet_names}


def content(n_labels, n_rows):
    rows = [{f"label {label}": f"{label}/{row}" for label in range(n_labels)} for row in range(n_rows)]
    return {"uji": {"judul": "Uji", "baris": rows}}


@pytest.mark.parametrize(("n_labels", "n_rows"), [(3, 2), (8, 2), (9, 2), (40, 3), (12, 30), (2, 0)])
def test_every_value_stands_where_its_label_and_its_row_meet(n_labels, n_rows):
    ((name, table),) = sheets(content(n_labels, n_rows)).items()
    assert name == "1 uji" and table[0][0] == "Uji"
    body = table[1:]
    if n_labels > max(8, n_rows):
        assert body[0] == ["", *(str(number) for number in range(1, n_rows + 1))]
        body = [list(column) for column in zip(*body, strict=True)]
        body = [row[1:] for row in body]
    if n_rows:
        assert body[0] == [f"label {label}" for label in range(n_labels)]
    for row, cells in enumerate(body[1:]):
        assert cells == [f"{label}/{row}" for label in range(n_labels)]


def test_a_sheet_prints_as_wide_as_it_can_be_read():
    for (n_labels, n_rows), pages in {(8, 2): 1, (40, 3): 1, (40, 19): 3, (12, 30): 2}.items():
        with zipfile.ZipFile(io.BytesIO(make_subject_book(content(n_labels, n_rows)))) as book:
            xml = book.read("xl/worksheets/sheet1.xml").decode()
            names = book.read("xl/workbook.xml").decode()
        assert 'orientation="landscape"' in xml and 'paperSize="9"' in xml
        assert (f'fitToWidth="{pages}"' in xml) is (pages > 1)
        assert ("$A:$A" in names) is (pages > 1) and "$2:$2" in names


@pytest.mark.parametrize("rows", [[{"a": 1}], []])
def test_a_long_title_is_wrapped_in_its_cell(rows):
    with zipfile.ZipFile(io.BytesIO(make_subject_book({"awal": {"judul": "kata " * 60, "baris": rows}}))) as book:
        xml = book.read("xl/worksheets/sheet1.xml").decode()
    assert float(re.search(r'<col min="1" max="1" width="([\d.]+)"', xml)[1]) >= 90
    assert float(re.search(r'<row r="1"[^>]* ht="([\d.]+)"', xml)[1]) >= 3 * LINE_POINTS


def test_columns_that_are_no_records_are_told_in_words():
    frame = pd.DataFrame({"desil": [3], "lain": [1.5], "fakta.habis_day": [20_000]})
    told = section("Hasil olahan", frame, words={"desil": "desil kesejahteraan (desil)"})
    assert told["baris"] == [{"desil kesejahteraan (desil)": 3, "lain": 1.5, "fakta.habis_day": "2024-10-04"}]


@given(st.lists(st.tuples(st.text("ab \n", max_size=300), st.integers(5, 60)), max_size=6))
@settings(max_examples=60, deadline=None)
def test_a_row_is_high_enough_for_each_of_its_cells(cells):
    texts, widths = [text for text, _ in cells], [width for _, width in cells]
    height = height_of(texts, widths)
    assert LINE_POINTS <= height <= MOST_POINTS
    for text, width in cells:
        assert height >= min(MOST_POINTS, height_of([text], [width]))
        assert height_of([text], [width]) >= min(MOST_POINTS, LINE_POINTS * (1 + text.count("\n")))
