"""Files made to do harm: each becomes a row set aside under a rule, or a refusal that says why; nothing is swallowed or shown."""

from __future__ import annotations

import gzip
import io
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from pkh_graduation.records import RecordsError
from pkh_graduation.records.archive import require_harmless
from pkh_graduation.records.checks import check
from pkh_graduation.records.delimited import read_delimited
from pkh_graduation.records.headers import shown_headers
from pkh_graduation.records.importers import import_file
from pkh_graduation.records.limits import MAX_CELL, MAX_COLUMNS, MAX_LINE, MAX_SHEET
from pkh_graduation.records.mapping import read_mapping
from pkh_graduation.records.quarantine_book import lines_to_mend, make_book
from pkh_graduation.records.raw import RawPart
from pkh_graduation.records.schemas import TABLES
from pkh_graduation.records.sheet_bounds import Rectangle
from pkh_graduation.records.typed import Typed, type_table
from pkh_graduation.records.workbook import read_workbook

NAMES = set(TABLES["identitas"].names)
HEADER = "kpm_id,nama_pengurus,no_kk,tanggal_pemutakhiran"
LINE = "F{n},Ibu Contoh,990101010101{n:04d},2024-01-15"


def read(tmp_path: Path, text: str | bytes) -> RawPart:
    path = tmp_path / "identitas.csv"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return read_delimited(path, path.name, NAMES)


def judged(part: RawPart) -> Typed:
    return check(type_table(TABLES["identitas"], [part]))


def rules(typed: Typed) -> set[tuple[str, str]]:
    return {(hit.rule, hit.column) for hit in typed.findings.hits}


def test_a_line_too_long_to_be_one_is_set_aside_and_those_around_it_are_kept(tmp_path: Path) -> None:
    lines = [LINE.format(n=n) for n in range(1, 301)]
    lines[150] = "F999," + "x" * 3 * MAX_LINE + ",1,2024-01-15"
    part = read(tmp_path, "\n".join([HEADER, *lines]))
    assert [(bad.row, bad.rule) for bad in part.broken] == [(152, "baris_terlalu_panjang")]
    assert part.rows_in == 300 and part.rows.tolist() == [n for n in range(2, 302) if n != 152]


def test_a_cell_longer_than_any_is_refused_with_its_row() -> None:
    table = pa.table(
        {"kpm_id": ["F1", "F2"], "nama_pengurus": ["x" * (MAX_CELL + 1), "Ibu"], "no_kk": ["9" * 5000, "1"]}
    )
    typed = judged(RawPart("a.csv", table, np.array([2, 3])))
    assert {("isian_terlalu_panjang", "nama_pengurus"), ("isian_terlalu_panjang", "no_kk")} <= rules(typed)
    assert not typed.accepted[0]


def test_unseen_characters_are_taken_out_and_reported() -> None:
    table = pa.table({"kpm_id": ["F1\u200b", "F2", "F\x003"], "nama_pengurus": ["\u202eIbu", "Ibu\u2066", "Ibu"]})
    typed = judged(RawPart("a.csv", table, np.array([2, 3, 4])))
    assert typed.frame["kpm_id"].tolist() == ["F1", "F2", "F3"] and set(typed.frame["nama_pengurus"]) == {"Ibu"}
    hits = {(h.column, p) for h in typed.findings.hits if h.rule == "karakter_tak_tampak" for p in h.positions.tolist()}
    assert hits == {("kpm_id", 0), ("kpm_id", 2), ("nama_pengurus", 0), ("nama_pengurus", 1)}
    shown = typed.findings.lines(["a.csv"]).findings
    assert all(text.isprintable() for text in shown["nilai_asli"])


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(max_size=12), min_size=1, max_size=6))
def test_a_text_of_signs_that_are_seen_stays_as_it_is(texts: list[str]) -> None:
    seen = [text.strip() for text in texts if text.isprintable() and text.strip()]
    part = RawPart("a.csv", pa.table({"dusun": pa.array(seen, type=pa.large_string())}), np.arange(len(seen)))
    kept = type_table(TABLES["identitas"], [part]).frame["dusun"]
    assert all(word == text for word, text in zip(kept, seen, strict=True) if isinstance(word, str))


def test_too_many_columns_are_refused(tmp_path: Path) -> None:
    wide = ",".join(f"k{i}" for i in range(MAX_COLUMNS + 1))
    with pytest.raises(RecordsError, match="at most 2000 are read"):
        read(tmp_path, f"{HEADER},{wide}\n{LINE.format(n=1)}\n")


@pytest.mark.parametrize(
    "data", [gzip.compress(HEADER.encode(), mtime=0), b"PK\x03\x04 and so on", b"%PDF-1.7", b"\xd0\xcf\x11\xe0x"]
)
def test_another_kind_of_file_under_the_name_of_a_csv_is_called_by_its_kind(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(RecordsError, match=r"is a file of kind"):
        read(tmp_path, data)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-8-sig", "cp1252"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_encodings_and_line_ends_say_the_same(tmp_path: Path, encoding: str, end: str) -> None:
    lines = [HEADER, *(LINE.format(n=n).replace("Ibu", "Ib\u00fa") for n in range(1, 151))]
    part = read(tmp_path, end.join(lines).encode(encoding))
    assert part.rows.tolist() == list(range(2, 152)) and not part.broken
    assert set(part.table["nama_pengurus"].to_pylist()) == {"Ib\u00fa Contoh"}


def test_a_folder_an_empty_file_and_a_lost_link_are_refused(tmp_path: Path) -> None:
    (tmp_path / "folder.csv").mkdir()
    (tmp_path / "empty.csv").write_bytes(b"")
    (tmp_path / "link.csv").symlink_to(tmp_path / "nowhere.csv")
    for name, said in (("folder", "cannot be read"), ("empty", "is empty"), ("link", "cannot be read")):
        with pytest.raises(RecordsError, match=said):
            read_delimited(tmp_path / f"{name}.csv", f"{name}.csv", NAMES)


def test_the_first_person_of_a_file_without_header_is_not_shown(tmp_path: Path) -> None:
    part = read(tmp_path, "9901010101010001,Ibu Contoh,081234567890,dusun\n" + "9901010101010002,Ibu Lain,0812,x\n" * 3)
    said = " ".join(judged(part).notices)
    assert "kolom ke-1, kolom ke-2" in said and "990101" not in said and "contoh" not in said and "0812" not in said
    with pytest.raises(RecordsError) as caught:
        read(tmp_path, "dusun,081234567890,081234567890\nx,1,2\n")
    assert "0812" not in str(caught.value) and "kolom ke-2" in str(caught.value)


def test_columns_of_a_plain_header_are_named() -> None:
    header = ["kpm_id", "no_kk", "warna", "x" * 90, "a\u202eb"]
    assert shown_headers(header[2:], header, NAMES) == "warna, kolom ke-4, kolom ke-5"
    assert shown_headers([f"k{i}" for i in range(30)], [*header, *(f"k{i}" for i in range(30))], NAMES).endswith(
        "10 lagi"
    )


_SHEET = (
    '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{}</sheetData></worksheet>'
)


def sheet_of(tmp_path: Path, cells: str, **members: str) -> Path:
    """A workbook whose one sheet holds the given XML."""
    pd.DataFrame({"a": [1]}).to_excel(tmp_path / "plain.xlsx", index=False, engine="xlsxwriter")
    path = tmp_path / "b.xlsx"
    with zipfile.ZipFile(tmp_path / "plain.xlsx") as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            other = members.get(name.rsplit("/", 1)[-1].removesuffix(".xml"))
            content = _SHEET.format(cells).encode() if name.endswith("sheet1.xml") else old.read(name)
            new.writestr(name, other.encode() if other is not None else content)
    return path


@pytest.mark.parametrize(
    "cells",
    [
        '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>',
        "<row r='1'><c r='A1'><v>1</v></c></row><row r='1048576'><c\nr = 'XFD1048576'><v>1</v></c></row>",
        '<row r="1"><c r="XFD1"><v>1</v></c></row><row r="999999"><c r="A999999"><v>1</v></c></row>',
        '<row r="1"><c s="1" r="XFD1"><v>1</v></c></row><row r="999999"><c r="A999999"><v>1</v></c></row>',
        '<row r="1"><c x=">" r="XFD1"><v>1</v></c></row><row r="999999"><c r="A999999"><v>1</v></c></row>',
        "<row>" + "<c><v>1</v></c>" * 16_000 + "</row>" + "<row/>" * 100_000 + "<row><c><v>1</v></c></row>",
        '<row r="1"><c r="XFD1"><v>1</v></c></row>' + "<row/>" * 999_000 + "<row><c/></row>",
    ],
)
def test_a_cell_in_the_far_corner_is_refused_before_the_sheet_is_held(tmp_path: Path, cells: str) -> None:
    with pytest.raises(RecordsError, match="Delete what stands far"):
        read_workbook(sheet_of(tmp_path, cells), "b.xlsx", NAMES)


@pytest.mark.parametrize("place", ["B", "D19999999999", "9A", "A1\u00a0", ""])
def test_a_cell_whose_place_is_none_is_refused(tmp_path: Path, place: str) -> None:
    with pytest.raises(RecordsError, match="cannot be opened as a workbook"):
        read_workbook(sheet_of(tmp_path, f'<row r="1"><c r="{place}"><v>1</v></c></row>'), "b.xlsx", NAMES)


@pytest.mark.parametrize(
    "cell", ['<c r="I1" r=\'ZZZ9999999\'t="s">', '<c s="1"r="ZZZ9999999">', '<c r="A1" r="ZZZ9999999">']
)
def test_a_place_said_twice_or_run_together_is_refused(tmp_path: Path, cell: str) -> None:
    with pytest.raises(RecordsError, match="cannot be opened as a workbook"):
        read_workbook(sheet_of(tmp_path, f'<row r="1">{cell}<v>1</v></c></row>'), "b.xlsx", NAMES)


@pytest.mark.parametrize("encoding", ["trueUTF-8", "cp932"])
def test_a_sheet_in_an_encoding_that_is_none_is_refused(tmp_path: Path, encoding: str) -> None:
    cells = f'<?xml version="1.0" encoding="{encoding}"?><worksheet><sheetData><row><c><v>1</v></c></row></sheetData></worksheet>'
    path = sheet_of(tmp_path, "", sheet1=cells)
    with pytest.raises(RecordsError, match="cannot be opened as a workbook"):
        read_workbook(path, "b.xlsx", NAMES)


def test_a_sheet_written_in_an_unusual_way_is_read_all_the_same(tmp_path: Path) -> None:
    head, line = (
        "".join(
            f"<c t='inlineStr' r='{letter}{row}'><is><t>{text}</t></is></c>"
            for letter, text in zip("AB", texts, strict=True)
        )
        for row, texts in ((1, ("kpm_id", "nama_pengurus")), (2, ("F1", 'Ibu r="C9"')))
    )
    part = read_workbook(sheet_of(tmp_path, f"<row r='1'>{head}</row><row>{line}</row>"), "b.xlsx", NAMES)
    assert part.table.column("nama_pengurus").to_pylist() == ['Ibu r="C9"']


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 800), st.integers(1, 20_000)), min_size=1, max_size=12), st.integers(1, 40))
def test_the_rectangle_holds_every_cell_however_the_text_is_cut(places: list[tuple[int, int]], size: int) -> None:
    def letters(column: int) -> str:
        return (letters(column // 26 - 1) if column >= 26 else "") + chr(65 + column % 26)

    text = "".join(f'<c r="{letters(column)}{row}"><v>1</v></c>' for column, row in places).encode()
    bounds = Rectangle()
    for start in range(0, len(text), size):
        bounds.see(text[start : start + size])
    assert bounds.rows >= max(row for _, row in places) and bounds.columns > max(column for column, _ in places)
    assert not bounds.odd


def test_a_shared_text_copied_too_often_is_refused(tmp_path: Path) -> None:
    texts = '<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>{}</t></si></sst>'
    cells = "".join(f'<row r="{n}"><c r="A{n}" t="s"><v>0</v></c></row>' for n in range(1, 3_001))
    path = sheet_of(tmp_path, cells, sharedStrings=texts.format("x" * 1_000_000))
    with pytest.raises(RecordsError, match="unpacks to more than 2 GB"):
        read_workbook(path, "b.xlsx", NAMES)
    fine = sheet_of(tmp_path, cells, sharedStrings=texts.format("no_kk"))
    assert read_workbook(fine, "b.xlsx", NAMES).rows_in == 2_999


def test_a_bomb_is_refused_by_what_it_declares_and_by_what_it_holds(tmp_path: Path) -> None:
    path = tmp_path / "b.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as new, new.open("xl/x.xml", "w") as member:
        for _ in range(96):
            member.write(bytes(1 << 20))
    with pytest.raises(RecordsError, match="times its size"):
        require_harmless(path, "b.xlsx")
    honest = path.read_bytes()
    size = (96 << 20).to_bytes(4, "little")
    assert honest.count(size) == 2
    path.write_bytes(honest.replace(size, (1000).to_bytes(4, "little")))
    with pytest.raises(RecordsError, match="more than it declares"):
        require_harmless(path, "b.xlsx")


@pytest.mark.parametrize("cut", [10, 200, 2_000])
def test_half_a_workbook_is_refused(tmp_path: Path, cut: int) -> None:
    pd.DataFrame({"kpm_id": ["F1"]}).to_excel(tmp_path / "b.xlsx", index=False, engine="xlsxwriter")
    path = tmp_path / "b.xlsx"
    path.write_bytes(path.read_bytes()[:-cut])
    with pytest.raises(RecordsError, match="cannot be opened as a workbook"):
        read_workbook(path, path.name, NAMES)


def test_an_honest_workbook_passes(tmp_path: Path) -> None:
    frame = pd.DataFrame({f"kolom {i}": range(40) for i in range(60)}).assign(kpm_id="F1")
    frame.to_excel(tmp_path / "b.xlsx", index=False, engine="xlsxwriter")
    part = read_workbook(tmp_path / "b.xlsx", "b.xlsx", NAMES)
    assert part.rows_in == 40 and MAX_SHEET > 1_048_576 * 40


@pytest.mark.parametrize(
    "text",
    [
        "x = " + "[" * 5_000, "x = " + "{a=" * 5_000, "x = " + "9" * 5_000, 'tabel = 1', "tabel = [1]", "[[tabel]]\nnama = []",
        '[[tabel]]\nnama = "keluarga"\nberkas = "*"\nkolom = 1', '[[tabel]]\nnama = "keluarga"\nberkas = "*"\nwajib = "a"',
        '[[tabel]]\nnama = "keluarga"\nberkas = "*"\n[tabel.gabung]\nkpm_id = "x"',
        '[[tabel]]\nnama = "keluarga"\nberkas = "*"\n[tabel.tetap]\nkpm_id = [1]',
        '[[tabel]]\nnama = "keluarga"\nberkas = "*"\n[tabel.nilai]\nkpm_id = 1', "perlu = 1\n[[tabel]]\n",
        "[perlu]\na = 1\n[[tabel]]",
        '[[tabel]]\nnama = "keluarga; DROP TABLE keluarga"\nberkas = "*"', '[[tabel]]\nnama = "../keluarga"\nberkas = "*"',
        '[[tabel]]\nnama = "keluarga"\nberkas = "*"\n[tabel.kolom]\na = "kpm_id\\" OR 1=1 --"', "a" * ((1 << 20) + 1),
    ],
)  # fmt: skip
def test_a_mapping_that_is_none_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "peta.toml"
    path.write_text(text)
    with pytest.raises(RecordsError, match="apping"):
        read_mapping(path)
    path.write_bytes(text.encode("utf-16"))
    with pytest.raises(RecordsError, match="apping"):
        read_mapping(path)


def test_a_mapping_reaches_no_file_outside_the_folder(tmp_path: Path) -> None:
    from pkh_graduation.records import ingest

    (tmp_path / "rahasia.csv").write_text("kpm_id\nF1\n")
    (tmp_path / "ekspor").mkdir()
    path = tmp_path / "peta.toml"
    path.write_text('[[tabel]]\nnama = "keluarga"\nberkas = "../rahasia.csv"\n')
    with pytest.raises(RecordsError, match="matches"):
        ingest(tmp_path / "ekspor", key=b"x" * 16, mapping=path)


def test_nothing_in_the_quarantines_workbook_is_a_formula_or_hidden(tmp_path: Path) -> None:
    hostile = ["=HYPERLINK(0)", "@SUM(1)", "+1+1", "<script>", "\u202eabc", "a\x00b", "\ufffe", "='x'!A1"]
    path = tmp_path / "penyaluran.csv"
    lines = [f'9901010101010001,1,"{text}",PKH,BRI' for text in hostile]
    path.write_text("\n".join(["nokk,tahap,nominal,bansos,bank", *lines]), encoding="utf-8")
    fill = {"tahun": "2025", "tanggal": "2025-09-20", "diketahui": "2025-10-01", "status": "cair"}
    done = import_file(path, "penyaluran", fill=fill)
    aside = done.quarantine.frame
    assert len(aside) >= len(hostile)
    sealed = pd.DataFrame({name: pd.Series(dtype="str") for name in ("tabel", "berkas", "kolom", "aturan", "nilai")})
    sealed = sealed.assign(baris=pd.Series(dtype="int64"), kpm=pd.Series(dtype="Int64"))
    findings = done.findings.rename(columns={"file": "berkas", "pesan_id": "pesan"})
    lines_ = lines_to_mend(aside, findings, sealed).assign(
        asli=(hostile * 9)[: len(lines_to_mend(aside, findings, sealed))]
    )
    for unmasked in (False, True):
        content = make_book(lines_, [], unmasked=unmasked)
        with zipfile.ZipFile(io.BytesIO(content)) as book:
            sheets = [book.read(name).decode() for name in book.namelist() if "worksheets/" in name]
        assert not any("<f>" in sheet or "<hyperlink" in sheet for sheet in sheets)
        cells = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_name("Karantina").to_python()
        assert all(str(cell).isprintable() for row in cells for cell in row)
