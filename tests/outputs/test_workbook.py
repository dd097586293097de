import dataclasses
import io
import re
import textwrap
import zipfile
from xml.etree import ElementTree

import pytest
from handmade_lists import AS_OF, NASTY, views
from hypothesis import given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from pkh_graduation.outputs import words
from pkh_graduation.outputs.blank_book import SHEETS
from pkh_graduation.outputs.books import add_sheet, open_book
from pkh_graduation.outputs.cells import LINE_POINTS
from pkh_graduation.outputs.columns import ALL_COLUMNS, ANSWERS, LIST_COLUMNS, PLAN_COLUMNS, PLAN_FILLED
from pkh_graduation.outputs.outcomes import HASIL, KEPUTUSAN_DAFTAR, KEPUTUSAN_KELUARGA
from pkh_graduation.outputs.views import About
from pkh_graduation.outputs.workbook import make_workbook
from pkh_graduation.programme.returns import LAYOUT, list_id, row_id, seal

NS = {"m": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}
HEAD = 6


@pytest.fixture
def caseload(lists, vault):
    return views(lists, vault)["d000000000000001"]


@pytest.fixture
def parts(caseload) -> dict[str, bytes]:
    with zipfile.ZipFile(
        io.BytesIO(make_workbook(caseload, About(AS_OF, "f" * 64, "m-1", "DATA BUATAN (sintetis)")))
    ) as book:
        return {name: book.read(name) for name in book.namelist()}


@pytest.fixture
def sheets(caseload):
    book = CalamineWorkbook.from_filelike(io.BytesIO(make_workbook(caseload, About(AS_OF, "f" * 64, "m-1", ""))))
    return {name: book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in book.sheet_names}


def cells(parts: dict[str, bytes], number: int) -> list[ElementTree.Element]:
    return ElementTree.fromstring(parts[f"xl/worksheets/sheet{number}.xml"]).findall(".//m:c", NS)


def test_every_text_is_a_string_cell_and_nothing_is_a_formula_or_link(parts):
    sheets = [name for name in parts if name.startswith("xl/worksheets/sheet")]
    assert len(sheets) == 5
    for number in range(1, 6):
        sheet = ElementTree.fromstring(parts[f"xl/worksheets/sheet{number}.xml"])
        assert not sheet.findall(".//m:f", NS)
        assert not sheet.findall(".//m:hyperlink", NS)
        assert {cell.get("t") for cell in cells(parts, number)} <= {"inlineStr", None}
        numbers = [cell.get("r") for cell in cells(parts, number) if cell.find("m:v", NS) is not None]
        column = "ABCDEFGHIJKLMNOP"[[c.name for c in LIST_COLUMNS].index("Peluang 12 bln")]
        assert all(place.startswith(column) for place in numbers)
        assert bool(numbers) is (number == 1)
    texts = [text.text for text in ElementTree.fromstring(parts["xl/worksheets/sheet1.xml"]).iter(f"{{{NS['m']}}}t")]
    assert set(NASTY) <= set(texts)


def test_list_rows_in_order_with_reasons_dates_and_numbers(sheets, caseload):
    rows = sheets["Daftar"]
    assert rows[HEAD] == [*(c.name for c in LIST_COLUMNS), *(a.name for a in ANSWERS), LAYOUT.row_column]
    body = rows[HEAD + 1 : HEAD + 1 + len(caseload.daftar)]
    assert [row[0] for row in body] == [str(number) for number in range(1, 13)]
    first = dict(zip(rows[HEAD], body[0], strict=True))
    assert first["Nama pengurus"] == NASTY[0]
    assert first["Kesiapan"] == "siap dibahas"
    assert first["Peluang 12 bln"] == pytest.approx(caseload.daftar[0].p, abs=1e-6)
    assert re.findall(r"^\d\.", first[words.SUPPORTING], re.M) == ["1.", "2.", "3."]
    assert re.findall(r"^\d\.", first[words.HOLDING], re.M) == ["1.", "2."]
    assert all("(data " in line for line in (first[words.SUPPORTING] + "\n" + first[words.HOLDING]).split("\n"))
    assert "Rp 450.000 per bulan" in first[words.HOLDING]
    assert first["Terakhir dikunjungi"] == "31 Agustus 2025"
    assert first["Rencana"] == "bulan ke-1,\nke-1" and first[words.DOING] == words.NOTHING_PROVEN
    assert all(value == "" for value in body[0][len(LIST_COLUMNS) : -1])
    assert body[11][4] == "siap dibahas (undian)"


def test_title_limits_quota_and_open_cases_are_told(sheets, caseload):
    text = "\n".join(str(cell) for row in sheets["Daftar"] for cell in row)
    assert "per 30 September 2025" in text
    assert words.TOOL in text and words.APPEAL in text
    assert "Kuota setahun: 12 keluarga. Terisi: 12." in text
    assert "surat pernyataan ditandatangani" in text
    assert len(caseload.diproses) == 2


def test_appendix_holds_the_whole_caseload_without_chances(sheets, caseload):
    rows = sheets["Dampingan"]
    assert rows[2] == [c.name for c in ALL_COLUMNS]
    assert len(rows) == 3 + len(caseload.semua) == 33
    assert "%" not in str(rows)


def test_hidden_marks_name_list_and_rows_as_the_reader_expects(sheets, parts, caseload):
    marks, rows = sheets[LAYOUT.marks], sheets[LAYOUT.sheet]
    assert [LAYOUT.list_key, list_id("f" * 64, "d000000000000001")] in marks
    below = marks[marks.index([LAYOUT.row_column, LAYOUT.seal_column]) + 1 :]
    body = rows[HEAD + 1 : HEAD + 1 + len(caseload.daftar)]
    column = rows[HEAD].index(LAYOUT.row_column)
    assert [row[0] for row in below] == [row[column] for row in body]
    assert [row[0] for row in below] == [row_id(caseload.list_id, family.kpm_id) for family in caseload.daftar]
    # The seal is of what a reader finds in the cells; an edited cell breaks it.
    assert [row[1] for row in below] == [seal(row[: len(LIST_COLUMNS)]) for row in body]
    assert seal(["2", *body[0][1 : len(LIST_COLUMNS)]]) != below[0][1]
    book = parts["xl/workbook.xml"].decode()
    assert re.search(rf'name="{LAYOUT.marks}"[^>]* state="veryHidden"', book)
    sheet = parts["xl/worksheets/sheet1.xml"].decode()
    assert re.search(rf'<col min="{column + 1}" max="{column + 1}"[^>]* hidden="1"', sheet)


def test_plan_holds_every_listed_family_with_its_work_result(sheets, caseload):
    rows = sheets["Rencana"]
    assert rows[2] == [*(c.name for c in PLAN_COLUMNS), *(a.name for a in PLAN_FILLED)]
    body = rows[3 : 3 + len(caseload.daftar)]
    assert [(row[0], row[1]) for row in body] == sorted((row[0], row[1]) for row in body)
    assert sorted(row[5] for row in body) == sorted(str(number) for number in range(1, 13))
    assert all(row[6].startswith("RHK 4") for row in body)
    assert ["Bulan ke-2", "7 kunjungan"] in [row[:2] for row in rows]


def test_lists_apart_have_a_sheet_only_where_somebody_is_on_them(sheets, lists, vault):
    text = str(sheets["Lain"])
    assert f"{words.NATURAL}: 1 keluarga" in text and f"{words.PROTECTED}: 0 keluarga" in text
    assert "• PBI-JKN (desil 1 sampai 4)" in text
    nobody = dataclasses.replace(lists, frame=lists.frame.assign(daftar_lain=""))
    made = make_workbook(views(nobody, vault)["d000000000000001"], About(AS_OF, "f" * 64, "m-1", ""))
    assert CalamineWorkbook.from_filelike(io.BytesIO(made)).sheet_names == ["Daftar", "Rencana", "Dampingan", "_daftar"]


@given(st.text(max_size=60), st.floats(allow_nan=False, allow_infinity=False))
@settings(max_examples=30, deadline=None)
def test_a_cell_reads_as_it_was_written(text, number):
    """XML has no word for some signs: they come back as U+FFFD; \r is a line break."""
    book, buffer = open_book("x", AS_OF)
    add_sheet(book, "x").add_row(0, [text, number, "akhir"], [0, 0, 0])
    book.close()
    buffer.seek(0)
    row = CalamineWorkbook.from_filelike(buffer).get_sheet_by_name("x").to_python(skip_empty_area=False)[0]
    kept = re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]", "\ufffd", text)
    assert re.sub(r"\s+", " ", row[0]).strip() == re.sub(r"\s+", " ", kept).strip()
    assert row[1:] == [number, "akhir"]


def test_a_row_beyond_the_sheet_is_refused():
    book, _ = open_book("x", AS_OF)
    with pytest.raises(ValueError, match="no row 1048577"):
        add_sheet(book, "x").add_row(1_048_576, ["a"], [0])


def test_sheet_is_ready_to_fill_in_and_to_print(parts):
    xml = parts["xl/worksheets/sheet1.xml"].decode()
    for mark in (
        "<sheetProtection", 'orientation="landscape"', 'paperSize="9"', 'fitToHeight="0"', "<dataBar", 'state="frozen"',
        'ySplit="7"',
    ):  # fmt: skip
        assert mark in xml, mark
    rules = re.findall(r'<dataValidation type="(\w+)".*?<formula1>(.*?)</formula1>', xml)
    lists = [",".join(labels.values()) for labels in (HASIL, KEPUTUSAN_KELUARGA, KEPUTUSAN_DAFTAR)]
    assert [kind for kind, _ in rules] == ["date", "list", "list", "list"]
    assert [source.replace("&quot;", "").strip('"') for kind, source in rules if kind == "list"] == lists
    assert "Daftar!$7:$7" in parts["xl/workbook.xml"].decode()
    assert "DATA BUATAN" in xml[xml.index("<oddFooter>") :]


def test_only_answers_are_unlocked(parts):
    styles = ElementTree.fromstring(parts["xl/styles.xml"])
    formats = styles.find("m:cellXfs", NS)
    unlocked = {
        n for n, xf in enumerate(formats) if (p := xf.find("m:protection", NS)) is not None and p.get("locked") == "0"
    }
    sheet = ElementTree.fromstring(parts["xl/worksheets/sheet1.xml"])
    free = {re.sub(r"\d", "", c.get("r")) for c in sheet.findall(".//m:c", NS) if int(c.get("s", 0)) in unlocked}
    answers = {chr(ord("A") + position) for position in range(len(LIST_COLUMNS), len(LIST_COLUMNS) + len(ANSWERS))}
    assert free == answers


def test_the_only_date_in_the_file_is_the_lists(parts):
    core = parts["docProps/core.xml"].decode()
    assert set(re.findall(r"\d{4}-\d\d-\d\dT", core)) == {"2025-09-30T"}


@pytest.mark.parametrize("listed", [0, 1, 2, 5])
def test_rules_and_bars_end_with_the_list_and_every_sheet_with_its_last_row(caseload, listed):
    """What is made once for all books must not keep another book's rows."""
    fewer = dataclasses.replace(caseload, daftar=caseload.daftar[:listed])
    with zipfile.ZipFile(io.BytesIO(make_workbook(fewer, About(AS_OF, "999983", "m-1", "")))) as book:
        names = sorted(name for name in book.namelist() if name.startswith("xl/worksheets/"))
        roots = [ElementTree.fromstring(book.read(name)) for name in names]
    for root in roots:
        last = root.findall(".//m:row", NS)[-1].get("r")
        assert root.find("m:dimension", NS).get("ref").endswith(last)
    span = {0: set(), 1: {"8"}}.get(listed, {"8", str(HEAD + 1 + listed)})
    ruled = [rule.get("sqref") for rule in roots[0].iter() if rule.get("sqref") and "validation" in rule.tag.lower()]
    ruled += [rule.get("sqref") for rule in roots[0].findall("m:conditionalFormatting", NS)]
    assert {row for place in ruled for row in re.findall(r"\d+", place)} == span and bool(ruled) is bool(listed)
    shown = [text for text in roots[0].itertext() if re.fullmatch(r"0\.\d{4,}", text)]
    assert len({float(text) for text in shown} - {round(family.p, 6) for family in fewer.daftar}) <= 1
    assert roots[0].find("m:headerFooter/m:oddFooter", NS).text.endswith("999983")


@pytest.mark.parametrize("sheet", SHEETS)
def test_no_word_of_the_programme_is_broken_in_its_column(sheet):
    """Wider letters than ours stand in for a font that a phone lacks: one sign per unit of width."""
    told = {"Kesiapan": [*words.BAND.values(), *words.STAGE.values(), "(undian)"], "Rencana": ["bulan ke-12,"]}
    for column in SHEETS[sheet]:
        for text in [column.name, *told.get(column.name, [])]:
            assert max(map(len, text.split())) <= column.width, (column.name, text)


def test_families_in_process_stand_below_the_list_in_rows_high_enough(parts, caseload):
    rows = ElementTree.fromstring(parts["xl/worksheets/sheet1.xml"]).findall(".//m:row", NS)[-len(caseload.diproses) :]
    for row, family in zip(rows, caseload.diproses, strict=True):
        assert ["".join(cell.itertext()) for cell in row] == [
            "",
            family.nama,
            family.desa,
            family.kelompok,
            family.proses,
        ]
        lines = textwrap.wrap(family.proses, 16)
        assert float(row.get("ht")) >= LINE_POINTS * len(lines)
    assert max(len(textwrap.wrap(family.proses, 16)) for family in caseload.diproses) > 1
