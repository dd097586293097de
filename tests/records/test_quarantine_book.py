"""What was set aside can be mended by people, comes back through the same rules, and nothing else changes."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import xlsxwriter
from conftest import KEY, small_export, write_export
from python_calamine import CalamineWorkbook
from typer.testing import CliRunner

from pkh_graduation import stores
from pkh_graduation.cli.app import app
from pkh_graduation.records import RecordsError
from pkh_graduation.records.quarantine_book import CELLS, HEADER, PAST, ROWS, how_to_mend, make_book, read_book
from pkh_graduation.records.returned_rows import CORRECTION_COLUMNS, Corrections, merged
from pkh_graduation.records.rules import CATAT, RULES
from pkh_graduation.workflows import ingesting, quarantining
from pkh_graduation.workflows.places import Places

runner = CliRunner()
ANSWER = HEADER.index("Nilai yang benar")


def broken_export() -> dict[str, list[dict[str, Any]]]:
    """The small export with six things wrong: an unknown code, a number in words, a damaged card, a sentinel, a twin, a date."""
    tables = small_export()
    tables["keluarga"][0]["jenis_lantai"] = 77
    tables["penyaluran"][1]["nominal"] = "tujuh ratus"
    tables["identitas"][2]["nik_pengurus"] = "9,90101E+15"
    tables["keluarga"][1]["luas_lantai"] = -1
    tables["penyaluran"].append(dict(tables["penyaluran"][2]))
    tables["anggota"][2]["tanggal_lahir"] = "kemarin"
    return tables


@pytest.fixture
def desk(tmp_path) -> tuple[Places, Path, Path]:
    """An ingested office, its exports and its key file."""
    places, raw, key = Places(tmp_path / "o"), write_export(tmp_path / "ekspor", broken_export()), tmp_path / "kunci"
    key.write_bytes(KEY)
    ingesting.ingest(raw, places, key=KEY)
    return places, raw, key


def sheets_of(path: Path) -> dict[str, list[list[Any]]]:
    book = CalamineWorkbook.from_path(path)
    return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}


def filled(path: Path, answers: Mapping[tuple[str, str], Any], change: Mapping[str, str] | None = None) -> Path:
    """The workbook as a person gives it back: (sheet, column of the table) -> value; ``change``: words changed in locked cells."""
    back = path.with_name(f"kembali-{path.name}")
    with xlsxwriter.Workbook(back) as book:
        for name, rows in sheets_of(path).items():
            sheet = book.add_worksheet(name)
            for row, cells in enumerate(rows):
                for column, cell in enumerate(cells):
                    value = (change or {}).get(cell, cell) if isinstance(cell, str) else cell
                    sheet.write(row, column, value)
                if name in (ROWS, CELLS) and row and (name, cells[3]) in answers:
                    sheet.write(row, ANSWER, answers[name, cells[3]])
    return back


def call(*words: Any) -> tuple[int, dict[str, Any], str]:
    done = runner.invoke(app, [str(word) for word in (*words, "--json")])
    return done.exit_code, json.loads(done.stdout.splitlines()[-1]) if done.exit_code in (0, 3) else {}, done.stderr


def test_every_rule_says_what_to_do():
    for name, rule in RULES.items():
        assert how_to_mend(name).endswith("."), name
        if rule.action != CATAT:
            assert rule.message.strip(), name
    assert how_to_mend("baris_pendek") != how_to_mend("ganda_identik") != how_to_mend("angka_tak_terbaca")


def test_the_workbook_shows_numbers_to_the_holder_of_the_key_only(desk, tmp_path):
    places, _, key = desk
    code, figures, _ = call("quarantine", "--out", places.out, "--xlsx", tmp_path / "a.xlsx")
    assert (code, figures["unmasked"]) == (0, False)
    masked = sheets_of(tmp_path / "a.xlsx")
    code, figures, _ = call("quarantine", "--out", places.out, "--xlsx", tmp_path / "b.xlsx", "--key-file", key)
    assert (code, figures["unmasked"], figures["lines"]) == (0, True, 6)
    whole = sheets_of(tmp_path / "b.xlsx")
    shown = {row[3]: row[4] for name in (ROWS, CELLS) for row in whole[name][1:]}
    assert shown["nik_pengurus"] == "9,90101E+15"
    assert shown["nominal"] == "tujuh ratus"
    assert {row[3]: row[4] for row in masked[CELLS][1:]}["nik_pengurus"] == "#,#####x+##"
    assert [tuple(row[:4]) + tuple(row[5:]) for row in whole[ROWS]] == [
        tuple(row[:4]) + tuple(row[5:]) for row in masked[ROWS]
    ]
    assert (tmp_path / "b.xlsx").stat().st_mode & 0o777 == 0o600
    assert b"9,90101E" not in (places.store / "karantina" / "asli.tersegel").read_bytes()


def test_equal_quarantines_are_equal_bytes_and_no_cell_is_a_formula(desk, tmp_path):
    places, _, key = desk
    for name in ("a.xlsx", "b.xlsx"):
        call("quarantine", "--out", places.out, "--xlsx", tmp_path / name, "--key-file", key)
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()
    line = dict.fromkeys(("tabel", "berkas", "kolom", "nilai_asli", "pesan", "asli"), "=1+1") | {
        "baris": 2, "aturan": "angka_tak_terbaca", "tindakan": "tolak", "kpm": None}  # fmt: skip
    (tmp_path / "c.xlsx").write_bytes(make_book(pd.DataFrame([line]), [], unmasked=True))
    assert sheets_of(tmp_path / "c.xlsx")[ROWS][1][4] == "=1+1"


def test_mended_rows_enter_and_the_rest_stays(desk, tmp_path):
    places, raw, key = desk
    before = {path: path.read_bytes() for path in raw.iterdir()}
    call("quarantine", "--out", places.out, "--xlsx", tmp_path / "a.xlsx", "--key-file", key)
    answers = {(ROWS, "jenis_lantai"): "3", (ROWS, "nominal"): 750_000.0, (CELLS, "nik_pengurus"): "9901014101900003",
               (CELLS, "luas_lantai"): "masih salah"}  # fmt: skip
    back = filled(tmp_path / "a.xlsx", answers)
    words = ("quarantine", "--out", places.out, "--return", back, "--raw", raw, "--key-file", key)
    code, figures, said = call(*words)
    assert (code, figures["above_limit"]) == (3, ["anggota", "keluarga", "penyaluran"]), said
    assert {name: figures[name] for name in ("returned", "recorded", "refused")} == {
        "returned": 4,
        "recorded": 4,
        "refused": 0,
    }
    assert (figures["mended"], figures["waiting"]) == (3, 1), "words where a number belongs are set aside again"
    tables = stores.read_store(places.store).tables
    homes = tables["keluarga"].sort_values("record_id")["jenis_lantai"].tolist()
    assert homes == [3, 4], "mended; the family whose answer was no number waits"
    assert sorted(tables["penyaluran"]["nominal"]) == [750_000, 750_000, 750_000]
    assert "9901014101900003" in set(stores.read_vault(places.vault, key=KEY)["nik_pengurus"])
    rules = quarantining.counts(places)["rules"]
    assert rules == {"ganda_identik": 1, "tanggal_tak_terbaca": 1, "angka_tak_terbaca": 1}
    assert {path: path.read_bytes() for path in raw.iterdir()} == before, "the export was changed"
    assert b"9901014101900003" not in (places.store / "karantina" / "perbaikan.tersegel").read_bytes()

    again = ingesting.ingest(raw, places, key=KEY)
    assert again["rules"] == rules, "mended once, mended at every ingest"
    assert any("3 sel" in notice or "1 sel" in notice for notice in again["notices"])


def test_a_correction_of_a_file_that_changed_since_is_left_aside(desk, tmp_path):
    places, raw, key = desk
    call("quarantine", "--out", places.out, "--xlsx", tmp_path / "a.xlsx", "--key-file", key)
    call("quarantine", "--out", places.out, "--return", filled(tmp_path / "a.xlsx", {(ROWS, "jenis_lantai"): "3"}),
         "--key-file", key)  # fmt: skip
    (raw / "keluarga.csv").write_text((raw / "keluarga.csv").read_text().replace(",77,", ",78,"))
    read = ingesting.ingest(raw, places, key=KEY)
    assert read["rules"]["kode_tak_dikenal"] == 1
    assert any("1 perbaikan tidak dipakai" in notice for notice in read["notices"])


def test_what_cannot_be_taken_is_told_line_by_line(desk, tmp_path):
    places, _, key = desk
    call("quarantine", "--out", places.out, "--xlsx", tmp_path / "a.xlsx", "--key-file", key)
    answers = {(ROWS, "jenis_lantai"): "3", (ROWS, ""): "x", (CELLS, "nik_pengurus"): 9.901014101900003e15}
    back = filled(tmp_path / "a.xlsx", answers, change={"kode_tak_dikenal": "sentinel"})
    _, figures, _ = call("quarantine", "--out", places.out, "--return", back, "--key-file", key)
    assert (figures["returned"], figures["recorded"], figures["refused"]) == (3, 0, 3)
    told = " ".join(figures["problems"])
    assert "terkunci" in told and "Tidak perlu diperbaiki" in told and "sebagai teks" in told
    assert "990101410190000" not in told


def test_a_cell_can_be_said_to_be_empty(desk, tmp_path):
    places, raw, key = desk
    call("quarantine", "--out", places.out, "--xlsx", tmp_path / "a.xlsx", "--key-file", key)
    back = filled(tmp_path / "a.xlsx", {(ROWS, "jenis_lantai"): "kosong"})
    _, figures, _ = call("quarantine", "--out", places.out, "--return", back, "--raw", raw, "--key-file", key)
    assert (figures["mended"], figures["waiting"]) == (1, 0)
    assert stores.read_store(places.store).tables["keluarga"]["jenis_lantai"].isna().sum() == 1


def test_what_was_mended_needs_the_key_and_the_right_file(desk, tmp_path):
    places, raw, key = desk
    call("quarantine", "--out", places.out, "--xlsx", tmp_path / "a.xlsx")
    code, _, said = call("quarantine", "--out", places.out, "--return", tmp_path / "a.xlsx")
    assert code == 1
    assert "--key-file" in said
    code, _, said = call("quarantine", "--out", places.out, "--return", raw / "keluarga.csv", "--key-file", key)
    assert code == 1
    assert "cannot be read as a workbook" in said
    with xlsxwriter.Workbook(tmp_path / "lain.xlsx") as book:
        book.add_worksheet(ROWS).write(0, 0, "Nama")
    with pytest.raises(RecordsError, match="not the quarantine's workbook"):
        read_book(tmp_path / "lain.xlsx")


def test_counts_per_rule_are_kept_over_time_and_the_same_exports_count_once(desk, tmp_path):
    places, raw, key = desk
    ingesting.ingest(raw, places, key=KEY)
    assert len(quarantining.read_history(places)) == 1
    (raw / "keluarga.csv").write_text((raw / "keluarga.csv").read_text().replace(",77,", ",3,"))
    ingesting.ingest(raw, places, key=KEY)
    history = quarantining.read_history(places)
    assert [line["aturan"].get("kode_tak_dikenal", 0) for line in history] == [1, 0]
    assert history[0]["baris_karantina"] == history[1]["baris_karantina"] + 1
    call("quarantine", "--out", places.out, "--xlsx", tmp_path / "a.xlsx", "--key-file", key)
    past = {row[0]: row[1:] for row in sheets_of(tmp_path / "a.xlsx")[PAST]}
    assert past["kode_tak_dikenal"] == [1, 0]


def test_the_later_of_two_corrections_counts():
    def one(value: str) -> Corrections:
        return Corrections(
            pd.DataFrame([("keluarga", "a.csv", 2, "jenis_lantai", "77", value, 1)], columns=CORRECTION_COLUMNS)
        )

    both = merged(one("3"), one("4")).frame
    assert both["nilai_baru"].tolist() == ["4"]
    assert both["nilai_lama"].tolist() == ["77"]
