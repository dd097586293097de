import io
import re
import zipfile
from xml.etree import ElementTree

import pytest
from handmade_lists import AS_OF, NASTY, views
from python_calamine import CalamineWorkbook

from pkh_graduation.outputs import words
from pkh_graduation.outputs.outcomes import HASIL, KEPUTUSAN_DAFTAR, KEPUTUSAN_KELUARGA
from pkh_graduation.outputs.views import About
from pkh_graduation.outputs.workbook import ALL_COLUMNS, ANSWERS, LIST_COLUMNS, make_workbook

NS = {"m": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}
HEAD = 5


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


def test_every_text_is_a_string_cell_and_nothing_is_a_formula_or_link(parts):
    shared = parts["xl/sharedStrings.xml"].decode()
    for name in NASTY[1:5]:
        assert f">{name}<" in shared.replace("&quot;", '"')
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in shared
    for number in (1, 2, 3):
        sheet = ElementTree.fromstring(parts[f"xl/worksheets/sheet{number}.xml"])
        assert not sheet.findall(".//m:f", NS)
        assert not sheet.findall(".//m:hyperlink", NS)
        filled = [cell for cell in sheet.findall(".//m:c", NS) if cell.find("m:v", NS) is not None]
        numbers = [cell.get("r") for cell in filled if cell.get("t") != "s"]
        column = "ABCDEFGHIJKLMNOP"[[c.name for c in LIST_COLUMNS].index("Peluang 12 bln")]
        assert all(place.startswith(column) for place in numbers)
        assert bool(numbers) is (number == 1)


def test_list_rows_in_order_with_reasons_dates_and_numbers(sheets, caseload):
    rows = sheets["Daftar"]
    assert rows[HEAD] == [*(c.name for c in LIST_COLUMNS), *(a.name for a in ANSWERS)]
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
    assert all(value == "" for value in body[0][len(LIST_COLUMNS) :])
    assert body[11][4] == "siap dibahas (undian)"


def test_title_limits_quota_and_open_cases_are_told(sheets, caseload):
    text = "\n".join(str(cell) for row in sheets["Daftar"] for cell in row)
    assert "per 30 September 2025" in text
    assert words.TOOL in text
    assert "Kuota setahun: 12 keluarga. Terisi: 12." in text
    assert "surat pernyataan ditandatangani" in text
    assert len(caseload.diproses) == 2


def test_appendix_holds_the_whole_caseload_without_chances(sheets, caseload):
    rows = sheets["Dampingan"]
    assert rows[2] == [c.name for c in ALL_COLUMNS]
    assert len(rows) == 3 + len(caseload.semua) == 33
    assert "%" not in str(rows)


def test_hidden_sheet_names_run_and_family_of_each_row(sheets, parts, caseload):
    rows = sheets["_id"]
    assert rows[:3] == [["run_id", "f" * 64], ["tanggal_acuan", "2025-09-30"], ["model_versi", "m-1"]]
    assert [row[1] for row in rows[4:]] == [family.kpm_id for family in caseload.daftar]
    line = int(rows[4][0]) - 1
    assert sheets["Daftar"][line][0] == "1"
    assert b'name="_id" sheetId="3" state="hidden"' in parts["xl/workbook.xml"]


def test_sheet_is_ready_to_fill_in_and_to_print(parts):
    xml = parts["xl/worksheets/sheet1.xml"].decode()
    for mark in (
        "<sheetProtection", 'orientation="landscape"', 'paperSize="9"', 'fitToHeight="0"', "<dataBar", 'state="frozen"',
        'ySplit="6"',
    ):  # fmt: skip
        assert mark in xml, mark
    rules = re.findall(r'<dataValidation type="(\w+)".*?<formula1>(.*?)</formula1>', xml)
    lists = [",".join(labels.values()) for labels in (HASIL, KEPUTUSAN_KELUARGA, KEPUTUSAN_DAFTAR)]
    assert [kind for kind, _ in rules] == ["date", "list", "list", "list"]
    assert [source.replace("&quot;", "").strip('"') for kind, source in rules if kind == "list"] == lists
    assert "Daftar!$6:$6" in parts["xl/workbook.xml"].decode()
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
