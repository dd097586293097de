"""Returned files are read as they stand, whatever a person or a program did to them."""

import csv
import datetime as dt
import io

import pandas as pd
import pytest
from made_returns import FAMILIES, LISTS, book_file, odk_file, row, text_file
from xlsxwriter import Workbook

from pkh_graduation.monitoring import read_delivery
from pkh_graduation.programme.returns import LAYOUT, Answer

K = FAMILIES["d1"]
VISIT = {"hasil": "Ditemui", "tanggal_kunjungan": dt.date(2026, 10, 5), "catatan": "warung ramai"}


def test_all_formats_say_the_same(tmp_path):
    text = text_file(tmp_path, "a.txt", "d1", [Answer(row(K[0]), "ditemui", "", "", "2026-10-05", "warung ramai")])
    book = book_file(tmp_path, "a.xlsx", "d1", {K[0]: VISIT})
    said = {"hasil": "ditemui", "tanggal_kunjungan": "2026-10-05", "catatan": "warung ramai"}
    odk = odk_file(tmp_path, "a.csv", [{"list_id": LISTS["d1"], "row_id": row(K[0]), **said}])
    found = []
    for path in (text, book, odk):
        (answered,) = [line for line in read_delivery(path).rows if not line.blank]
        assert not answered.rule
        found.append(
            (answered.list_id, answered.row_id, answered.hasil.casefold(), answered.tanggal_kunjungan, answered.catatan)
        )
    assert len(set(found)) == 1


def test_every_row_of_a_workbook_counts_answered_or_not(tmp_path):
    rows = read_delivery(book_file(tmp_path, "a.xlsx", "d1", {K[2]: VISIT})).rows
    assert [line.row_id for line in rows] == [row(kpm) for kpm in K]
    assert [line.blank for line in rows] == [True, True, False, True]
    assert [line.row for line in rows] == [4, 5, 6, 7]


def test_sorted_rows_keep_their_families(tmp_path):
    rows = read_delivery(book_file(tmp_path, "a.xlsx", "d1", {K[0]: VISIT}, rows=K[::-1])).rows
    assert next(line.row_id for line in rows if not line.blank) == row(K[0])
    assert not any(line.rule for line in rows)


def test_an_edited_locked_cell_is_felt_where_something_was_answered(tmp_path):
    book = book_file(tmp_path, "a.xlsx", "d1", {K[0]: VISIT, K[1]: VISIT}, edited={K[0]: "Ibu lain", K[3]: "Ibu lain"})
    assert [line.rule for line in read_delivery(book).rows] == ["sel_terkunci_diubah", "", "", ""]


def test_a_workbook_without_its_marks_is_not_trusted(tmp_path):
    rows = read_delivery(book_file(tmp_path, "a.xlsx", "d1", {K[0]: VISIT}, marks=False)).rows
    assert [line.rule for line in rows] == ["segel_hilang", "", "", ""]


@pytest.mark.parametrize(
    ("name", "content", "rule"),
    [
        ("a.xlsx", b"no workbook", "berkas_tak_terbaca"),
        ("a.pdf", b"%PDF", "jenis_berkas"),
        ("a.txt", b"selamat pagi", "teks_kosong"),
        ("a.csv", b"nama;alamat\nA;B\n", "bukan_daftar"),
        ("a.csv", b"", "bukan_daftar"),
        ("a.csv", b'list_id,row_id,hasil\n"' + b"x" * 200_000, "berkas_tak_terbaca"),
    ],
)
def test_what_cannot_be_read_is_one_row_with_its_rule(tmp_path, name, content, rule):
    path = tmp_path / name
    path.write_bytes(content)
    (line,) = read_delivery(path).rows
    assert line.rule == rule
    assert not line.blank


def test_a_sheet_without_its_columns_is_no_list(tmp_path):
    path = book_file(tmp_path, "a.xlsx", "d1", {})
    changed = type(LAYOUT)(answers={**LAYOUT.answers, "Kolom lain": "catatan"})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pkh_graduation.monitoring.deliveries.LAYOUT", changed)
        (line,) = read_delivery(path).rows
    assert line.rule == "bukan_daftar"


def test_an_export_of_a_chat_in_another_encoding(tmp_path):
    path = text_file(tmp_path, "a.txt", "d1", [Answer(row(K[0]), "belum")], before="\u200e[3/10] Ibu “Ani”: ")
    path.write_bytes(path.read_text(encoding="utf-8").encode("utf-16"))
    (line,) = read_delivery(path).rows
    assert (line.row_id, line.hasil) == (row(K[0]), "belum")


def test_a_damaged_text_is_counted_row_by_row(tmp_path):
    path = text_file(tmp_path, "a.txt", "d1", [Answer(row(kpm), "belum") for kpm in K[:3]])
    path.write_text(path.read_text().replace("/B--/", "/D--/", 1))
    assert [line.rule for line in read_delivery(path).rows] == ["teks_rusak"] * 3


def test_submissions_are_read_in_their_order(tmp_path):
    same = {"list_id": LISTS["d1"], "row_id": row(K[0])}
    later = {**same, "hasil": "ditemui", "SubmissionDate": "2026-10-09T01:00:00Z"}
    path = odk_file(tmp_path, "a.csv", [later, {**same, "hasil": "belum", "SubmissionDate": "2026-10-02T01:00:00Z"}])
    for empty in ("", "\n\n", ",,,\n"):
        path.write_text(path.read_text() + empty)
        assert [(line.hasil, line.turn) for line in read_delivery(path).rows] == [("ditemui", 1), ("belum", 0)]


@pytest.mark.parametrize(
    "sent",
    [
        ("20/10/2026 8:05", "9/11/2026 8:05"),
        ("2026-10-20T08:05:00Z", "9/11/2026 8:05"),
        ("2026-10-20T08:05:00Z", ""),
        ("2026-10-20T08:05:00Z", "2026-10-20T08:06:00"),
    ],
)
def test_moments_that_a_spreadsheet_rewrote_give_no_order(tmp_path, sent):
    same = {"list_id": LISTS["d1"], "row_id": row(K[0])}
    path = odk_file(tmp_path, "a.csv", [{**same, "hasil": "belum", "SubmissionDate": moment} for moment in sent])
    assert [line.turn for line in read_delivery(path).rows] == [0, 0]


def test_moments_of_other_hours_are_compared_as_moments(tmp_path):
    same = {"list_id": LISTS["d1"], "row_id": row(K[0])}
    sent = ("2026-10-20T08:05:00+07:00", "2026-10-20T02:05:00Z")
    path = odk_file(tmp_path, "a.csv", [{**same, "hasil": "belum", "SubmissionDate": moment} for moment in sent])
    assert [line.turn for line in read_delivery(path).rows] == [0, 1]


@pytest.mark.parametrize(
    ("column", "word", "refused"),
    [
        ("ReviewState", "rejected", True),
        ("_validation_status", "Not Approved", True),
        ("ReviewState", "approved", False),
    ],
)
def test_what_the_office_rejected_on_its_server_is_set_aside(tmp_path, column, word, refused):
    path = odk_file(tmp_path, "a.csv", [{"list_id": LISTS["d1"], "row_id": row(K[0]), "hasil": "belum"}])
    pd.read_csv(path, dtype=str).assign(**{column: word}).to_csv(path, index=False)
    assert [line.rule for line in read_delivery(path).rows] == ["kiriman_ditolak" if refused else ""]


def test_a_table_of_kobo_is_read_too(tmp_path):
    """Semicolons, its own name for the moment of sending, and questions by their wording."""
    path = tmp_path / "kobo.csv"
    head = (
        "list_id;row_id;Hasil kunjungan;Tanggal kunjungan;Keputusan keluarga;Keputusan daftar;Catatan;_submission_time"
    )
    said = f"{LISTS['d1']};{row(K[0])};{{}};2026-10-05;Setuju dibahas;Diusulkan;warung ramai;{{}}"
    lines = [said.format("Ditemui", "2026-10-06T03:00:00"), said.format("Pindah", "2026-10-05T03:00:00")]
    path.write_text("\n".join([head, *lines]), encoding="utf-8-sig")
    rows = read_delivery(path).rows
    assert [(line.hasil, line.turn) for line in rows] == [("Ditemui", 1), ("Pindah", 0)]
    assert {(line.tanggal_kunjungan, line.keputusan_keluarga, line.keputusan, line.catatan) for line in rows} == {
        ("2026-10-05", "Setuju dibahas", "Diusulkan", "warung ramai")
    }


def _as_sheet(path, lines):
    book = Workbook(path)
    sheet = book.add_worksheet("PKH 2026")
    for place, line in enumerate(lines):
        for column, cell in enumerate(line):
            sheet.write(place, column, cell)
    book.close()


@pytest.mark.parametrize("saved", ["utf-8", "utf-16", "cp1252", "sep=", "tsv", "xlsx", "xlsx, real dates"])
def test_submissions_are_read_however_they_were_saved(tmp_path, saved):
    head = ["list_id", "kunjungan/row_id", "kunjungan/hasil", "tanggal_kunjungan", "catatan", "_submission_time"]
    said = [[LISTS["d1"], row(kpm), hasil, "2026-10-05", "café ramai; sepi", moment] for kpm, hasil, moment in (
        (K[0], "ditemui", "2026-10-06T03:00:00"), (K[1], "belum", "2026-10-06T02:00:00"))]  # fmt: skip
    path = tmp_path / f"kiriman.{saved[:4] if saved[:4] == 'xlsx' else 'tsv' if saved == 'tsv' else 'csv'}"
    if saved[:4] == "xlsx":
        if "dates" in saved:
            for line in said:
                line[3], line[5] = 46_300, 46_301.125 if line[2] == "ditemui" else 46_301.0833
        _as_sheet(path, [head, *said])
    else:
        mark = "\t" if saved in ("utf-16", "tsv") else ";" if saved == "sep=" else ","
        text = io.StringIO(newline="")
        csv.writer(text, delimiter=mark).writerows([head, *said])
        before = f"sep={mark}\r\n" if saved == "sep=" else ""
        path.write_bytes((before + text.getvalue()).encode(saved if saved in ("utf-16", "cp1252") else "utf-8"))
    rows = read_delivery(path).rows
    assert [(line.hasil, line.row_id, line.rule) for line in rows] == [
        ("ditemui", row(K[0]), ""),
        ("belum", row(K[1]), ""),
    ]
    assert {(line.list_id, line.tanggal_kunjungan, line.catatan) for line in rows} == {
        (LISTS["d1"], "2026-10-05", "café ramai; sepi")
    }
    assert [line.turn for line in rows] == ([0, 0] if "dates" in saved else [1, 0])


def test_a_number_is_a_day_where_a_day_is_asked_for_and_nowhere_else(tmp_path):
    said = {"hasil": "Ditemui", "tanggal_kunjungan": 46_300, "catatan": 50_000}
    (line, *_) = read_delivery(book_file(tmp_path, "a.xlsx", "d1", {K[0]: said})).rows
    assert (line.tanggal_kunjungan, line.catatan) == ("2026-10-05", "50000")


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"tidak_ada\.xlsx"):
        read_delivery(tmp_path / "tidak_ada.xlsx")
