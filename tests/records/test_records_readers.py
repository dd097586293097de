"""Files as people make them, and the promise that no row is lost."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pkh_graduation.records import RecordsError
from pkh_graduation.records.checks import check
from pkh_graduation.records.columnar import read_columnar
from pkh_graduation.records.delimited import decode, find_delimiter, read_delimited
from pkh_graduation.records.raw import RawPart
from pkh_graduation.records.schemas import TABLES
from pkh_graduation.records.typed import type_table
from pkh_graduation.records.workbook import read_workbook

NAMES = set(TABLES["penyaluran"].names)
HEADER = "penyaluran_id,kpm_id,nominal,status,tanggal_penyaluran"
LINES = [f"B{i},F{i % 3},{i * 1000},cair,2024-03-{i + 1:02d}" for i in range(1, 13)]


def read_text(tmp_path: Path, text: str, encoding: str = "utf-8") -> RawPart:
    path = tmp_path / "penyaluran.csv"
    path.write_bytes(text.encode(encoding))
    return read_delimited(path, path.name, NAMES)


def column(part: RawPart, name: str) -> list[str]:
    return part.table.column(name).to_pylist()


def test_semicolon_sep_line_mark_and_crlf(tmp_path: Path) -> None:
    text = "sep=;\r\n" + "\r\n".join([HEADER, LINES[0], LINES[1]]).replace(",", ";") + "\r\n"
    part = read_text(tmp_path, text, "utf-8-sig")
    assert column(part, "penyaluran_id") == ["B1", "B2"]
    assert part.rows.tolist() == [3, 4], "rows are numbered as a spreadsheet shows them"
    assert part.rows_in == 2 and not part.broken


def test_a_delimiter_inside_quotes_is_none(tmp_path: Path) -> None:
    text = "penyaluran_id,gelombang\n" + 'B1,"satu; dua; tiga; empat"\nB2,"lima\nenam"\n'
    part = read_text(tmp_path, text)
    assert find_delimiter(text) == ","
    assert column(part, "gelombang") == ["satu; dua; tiga; empat", "lima\nenam"] and part.rows_in == 2


def test_encodings() -> None:
    assert decode("kaf\u00e9".encode("utf-16"))[0] == "kaf\u00e9"
    assert decode("kaf\u00e9".encode("cp1252")) == ("kaf\u00e9", "cp1252")


def test_windows_text_is_reported(tmp_path: Path) -> None:
    part = read_text(tmp_path, "penyaluran_id,gelombang\nB1,kaf\u00e9\n", "cp1252")
    assert "Windows-1252" in part.notices[0]


def test_lines_above_the_header_are_passed_over_and_reported(tmp_path: Path) -> None:
    part = read_text(tmp_path, "DAFTAR PENYALURAN\nTahap 1\n" + HEADER + "\n" + LINES[0] + "\n")
    assert part.rows.tolist() == [4] and "2 baris di atas kepala" in part.notices[0]


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        (HEADER, "kepala_terulang"), ("Total,,12000,,", "baris_jumlah"), ("B9,F1", "baris_pendek"), (",,,,", "baris_kosong"),
        (LINES[3] + ",lebih", "baris_panjang"),
    ],
)  # fmt: skip
def test_what_is_no_data_row_is_set_aside(tmp_path: Path, line: str, rule: str) -> None:
    part = read_text(tmp_path, "\n".join([HEADER, LINES[0], line, LINES[1]]))
    assert [(bad.row, bad.rule) for bad in part.broken] == [(3, rule)]
    assert part.rows.tolist() == [2, 4]


def test_empty_cells_beyond_the_header_do_not_matter(tmp_path: Path) -> None:
    part = read_text(tmp_path, "\n".join([HEADER + ",,", LINES[0] + ",,", LINES[1] + ",, ,"]))
    assert part.rows_in == 2 and not part.broken


def test_an_open_quote_swallows_no_row_unseen(tmp_path: Path) -> None:
    lines = [HEADER, LINES[0], 'B2,"F2,2000,cair,2024-03-02', *LINES[2:8]]
    part = read_text(tmp_path, "\n".join(lines))
    assert part.rows_in == len(lines) - 1
    assert {bad.rule for bad in part.broken} == {"kutip_rusak"}


def test_an_open_quote_before_a_long_rest(tmp_path: Path) -> None:
    lines = [HEADER, 'B1,"F2,2000,cair,2024-03-02', *LINES * 400]
    assert read_text(tmp_path, "\n".join(lines)).rows_in == len(lines) - 1


def test_two_stray_quotes_in_one_column_hide_no_line(tmp_path: Path) -> None:
    part = read_text(
        tmp_path, "\n".join([HEADER, 'B1,F1,"1000,cair,2024-03-01', 'B2,F2,2000",cair,2024-03-02', LINES[4]])
    )
    assert part.rows_in == 3 and [bad.rows for bad in part.broken] == [2]


@pytest.mark.parametrize("text", ["", "a,b\n1,2\n", "kpm_id,kpm_id\n1,2\n"])
def test_a_file_without_a_usable_header_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(RecordsError, match="penyaluran"):
        read_text(tmp_path, text)


damage = st.lists(
    st.tuples(
        st.integers(0, len(LINES) - 1),
        st.integers(0, 45),
        st.sampled_from(['"', ",", ";", "x", "-", " ", "Total", "'"]),
    ),
    max_size=8,
)


@settings(max_examples=40, deadline=None)
@given(damage)
@example([(0, 0, '"'), (0, 0, '"'), (0, 0, '"'), (1, 0, '"'), (2, 0, '"')])
def test_rows_are_conserved_under_any_damage(tmp_path_factory: pytest.TempPathFactory, hits: list) -> None:
    lines = list(LINES)
    for number, place, text in hits:
        lines[number] = lines[number][:place] + text + lines[number][place:]
    part = read_text(tmp_path_factory.getbasetemp(), "\n".join([HEADER, *lines]))
    typed = check(type_table(TABLES["penyaluran"], [part]))
    rejected = typed.findings.rejected()
    assert part.rows_in == len(LINES) == len(rejected)
    quarantine, _ = typed.findings.frames(["penyaluran.csv"])
    assert quarantine["baris"].nunique() == rejected.sum(), "each rejected row has a reason, and none is named twice"
    assert typed.accepted.sum() + rejected.sum() == len(LINES)


def write_book(path: Path, rows: list[list], sheets: tuple[str, ...] = ("Data",)) -> None:
    with xlsxwriter.Workbook(path) as book:
        dates = book.add_format({"num_format": "yyyy-mm-dd"})
        for name in sheets:
            sheet = book.add_worksheet(name)
            for i, row in enumerate(rows):
                for j, cell in enumerate(row):
                    if isinstance(cell, dt.date):
                        sheet.write_datetime(i, j, dt.datetime(cell.year, cell.month, cell.day), dates)  # noqa: DTZ001 workbooks know no time zone
                    else:
                        sheet.write(i, j, cell)


def test_cells_of_a_workbook_become_text(tmp_path: Path) -> None:
    path = tmp_path / "penyaluran.xlsx"
    rows = [["Penyaluran ID", "No KK", "nominal", "batal", "tanggal_penyaluran"],
            ["B1", "0901010101010001", 750000, True, dt.date(2024, 3, 1)],
            ["B2", 9901010101010001, 1.5, False, dt.date(2024, 3, 2)], ["", "", "", "", ""]]  # fmt: skip
    write_book(path, rows)
    part = read_workbook(path, path.name, NAMES)
    assert column(part, "no_kk") == ["0901010101010001", "9901010101010000.0"], (
        "text keeps its zero, a number is marked"
    )
    assert column(part, "nominal") == ["750000", "1.5"] and column(part, "batal") == ["true", "false"]
    assert column(part, "tanggal_penyaluran") == ["2024-03-01", "2024-03-02"]
    assert part.rows.tolist() == [2, 3]


def test_the_sheet_named_like_the_table_is_read(tmp_path: Path) -> None:
    path = tmp_path / "b.xlsx"
    write_book(path, [["penyaluran_id"], ["B1"]], ("Catatan", "Penyaluran"))
    assert "'Penyaluran'" in read_workbook(path, path.name, NAMES, "penyaluran").notices[0]
    assert "'Catatan'" in read_workbook(path, path.name, NAMES).notices[0]


def test_what_is_no_workbook_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "b.xlsx"
    path.write_text("no workbook")
    with pytest.raises(RecordsError, match="cannot be opened as a workbook"):
        read_workbook(path, path.name, NAMES)


def test_what_is_no_parquet_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "b.parquet"
    path.write_text("no parquet")
    with pytest.raises(RecordsError, match="damaged or incomplete"):
        read_columnar(path, path.name)


FORMS = {
    "int64": lambda frame: frame,
    "float64": lambda frame: frame.assign(nominal=frame["nominal"].astype(float)),
    "text": lambda frame: frame.astype(str),
    "category": lambda frame: frame.astype(str).astype("category"),
    "int32 days": lambda frame: frame.assign(
        tanggal_penyaluran=frame["tanggal_penyaluran"].values.astype("datetime64[D]").astype("int32")
    ),
    "date32": lambda frame: frame.assign(tanggal_penyaluran=frame["tanggal_penyaluran"].dt.date),
}


@pytest.mark.parametrize("form", FORMS)
def test_typed_parquet_says_the_same_as_text(tmp_path: Path, form: str) -> None:
    frame = pd.DataFrame({"penyaluran_id": ["B1", "B2"], "kpm_id": ["1", "2"], "nominal": [750000, 0], "status": "retur",
                          "tanggal_penyaluran": pd.to_datetime(["2024-03-01", "2024-12-31"])})  # fmt: skip
    path = tmp_path / "penyaluran.parquet"
    FORMS[form](frame).to_parquet(path)
    typed = check(type_table(TABLES["penyaluran"], [read_columnar(path, path.name)]))
    assert typed.accepted.all()
    assert typed.frame["nominal"].tolist() == [750000, 0]
    assert typed.frame["tanggal_penyaluran"].tolist() == [19783, 20088]
    assert typed.frame["kpm_id"].astype("str").tolist() == ["1", "2"]


def test_typed_parquet_is_judged_like_text(tmp_path: Path) -> None:
    table = pa.table(
        {
            "penyaluran_id": ["B1", "B2", "B3", "B4"],
            "kpm_id": pa.array([1, 2, 3, None], pa.int64()),
            "nominal": pa.array([1.5, np.nan, -5.0, 7e8], pa.float64()),
            "tahap": pa.array([1, -1, 5, 2], pa.int8()),
            "status": pa.array(["cair", "cair", "cair", "hilang"]).dictionary_encode(),
            "batal": pa.array([True, False, None, None]),
            "tanggal_penyaluran": pa.array([19783, 19783, 900_000, None], pa.int64()),
        }
    )
    pq.write_table(table, tmp_path / "p.parquet")
    typed = check(type_table(TABLES["penyaluran"], [read_columnar(tmp_path / "p.parquet", "p.parquet")]))
    quarantine, findings = typed.findings.frames(["p.parquet"])
    assert set(zip(quarantine["baris"], quarantine["aturan"], strict=True)) == {
        (3, "nominal_negatif"), (3, "di_luar_rentang"), (3, "tanggal_di_luar_batas"), (4, "nominal_terlalu_besar"),
        (4, "kata_tak_dikenal"), (4, "wajib_kosong"),
    }  # fmt: skip
    assert set(zip(findings["baris"], findings["aturan"], strict=True)) == {(1, "sen_dibulatkan"), (2, "sentinel")}


def test_parts_with_different_columns_are_one_table() -> None:
    parts = [
        RawPart("a", pa.table({"penyaluran_id": ["B1"], "status": ["cair"]}), np.array([2])),
        RawPart(
            "b",
            pa.table({"penyaluran_id": ["B2"], "nominal": ["5"], "warna": ["x"], "komponen_aktif": ["x"]}),
            np.array([2]),
        ),
    ]
    typed = type_table(TABLES["penyaluran"], parts)
    assert typed.frame["status"].astype("str").tolist()[0] == "cair" and typed.frame["nominal"].tolist()[1] == 5
    assert typed.originals("nominal", np.array([0, 1])) == [None, "5"]
    assert [notice for notice in typed.notices if "warna" in notice] and "komponen_aktif" in typed.notices[-1]


def test_what_allows_two_readings_is_reported() -> None:
    text = {
        "penyaluran_id": ["B1", "B2"],
        "nominal": ["750.000", "900.000"],
        "tanggal_penyaluran": ["05/06/2024", "04/04/2024"],
    }
    typed = type_table(TABLES["penyaluran"], [RawPart("a.csv", pa.table(text), np.array([2, 3]))])
    assert typed.frame["nominal"].tolist() == [750_000, 900_000]
    assert any("kolom nominal" in notice for notice in typed.notices) and any(
        "hari sebelum bulan" in n for n in typed.notices
    )
    text |= {"nominal": ["1.750.000", "900.000"], "tanggal_penyaluran": ["05/06/2024", "14/04/2024"]}
    assert not type_table(TABLES["penyaluran"], [RawPart("a.csv", pa.table(text), np.array([2, 3]))]).notices


def test_numbers_of_people_in_typed_columns_keep_their_digits(tmp_path: Path) -> None:
    digits = 9_901_010_101_010_001
    exact = pa.array([Decimal(digits)], pa.decimal128(16, 0))
    for values, whole in ((pa.array([digits]), True), (exact, True), (pa.array([float(digits)]), False)):
        typed = type_table(TABLES["penyaluran"], [RawPart("a", pa.table({"no_kk": values}), np.array([1]))])
        assert typed.frame["no_kk"].notna().tolist() == [whole]
        assert [hit.rule for hit in typed.findings.hits] == ([] if whole else ["nomor_notasi_ilmiah"])


def test_categories_of_numbers_are_numbers() -> None:
    table = pa.table({"tahap": pa.array([1, 2, 1]).dictionary_encode()})
    assert type_table(TABLES["penyaluran"], [RawPart("a", table, np.arange(3))]).frame["tahap"].tolist() == [1, 2, 1]


def test_nested_columns_are_refused(tmp_path: Path) -> None:
    pq.write_table(pa.table({"nominal": [[1, 2]]}), tmp_path / "p.parquet")
    with pytest.raises(RecordsError, match=r"\['nominal'\] hold lists"):
        read_columnar(tmp_path / "p.parquet", "p.parquet")
