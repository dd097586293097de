"""The quarantine as a workbook in Bahasa Indonesia: what was set aside, why, how to mend it, and a column to write the right value.

Whoever fills the last column gives the workbook back (`returned_rows`). All other cells are locked, and what was changed in them
is noticed by the mark of each line. Cells are written as text: nothing in an export becomes a formula or a link.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import xlsxwriter
from python_calamine import CalamineError, CalamineWorkbook

from pkh_graduation.records.archive import require_harmless
from pkh_graduation.records.errors import RecordsError
from pkh_graduation.records.paper import HEAD, TEXT, height_of, lay_out
from pkh_graduation.records.rules import KOSONGKAN, RULES, TOLAK
from pkh_graduation.records.schemas import TABLES

ROWS, CELLS, GUIDE, PAST = "Karantina", "Dikosongkan", "Petunjuk", "Riwayat"
HEADER = (
    "Tabel",
    "Berkas",
    "Baris",
    "Kolom",
    "Nilai asli",
    "Aturan",
    "Penjelasan",
    "Cara memperbaiki",
    "Nilai yang benar",
    "Tanda",
)
_WIDTHS = (14, 26, 8, 20, 24, 20, 44, 44, 24, 2)
MOST = 200_000
"""Lines of a sheet; what does not fit is said on the sheet, and comes when these are mended."""
_NO_CLOCK = dt.datetime.fromisoformat("2000-01-01")
"""Written where a workbook asks when it was made."""
EMPTY = "KOSONG"
"""What a person writes to say that the cell has no value."""
LINE_COLUMNS = ("tabel", "berkas", "baris", "kolom", "nilai_asli", "aturan", "pesan", "tindakan", "asli", "kpm")

_AT_SOURCE = "Perbaiki di berkas asal, lalu baca ulang seluruh berkas (perintah ingest)."
_NOTHING = "Tidak perlu diperbaiki."
_FILL = "Tulis nilai yang benar di kolom Nilai yang benar."
_TWO = "Tulis nilai yang benar bila sel ini yang salah. Bila sel lain di baris itu yang salah, perbaiki di berkas asal."
_HOW: Mapping[str, str] = {
    **dict.fromkeys(("baris_pendek", "baris_panjang", "baris_terlalu_panjang", "kutip_rusak", "tautan_diri_sendiri"), _AT_SOURCE),
    **dict.fromkeys(("baris_kosong", "kepala_terulang", "baris_jumlah", "ganda_identik"), _NOTHING),
    **dict.fromkeys(("nominal_nol_cair", "penghasilan_ganda", "tutup_sebelum_mulai", "keluar_sebelum_lahir",
                     "lahir_setelah_catatan", "berlaku_terbalik", "sesi_tak_ada"), _TWO),
    **dict.fromkeys(("kpm_kosong", "kpm_rusak"), "Tulis ID KPM yang benar (atau nomor KK 16 angka, bila kolomnya no_kk)."),
    **dict.fromkeys(("nomor_notasi_ilmiah", "nomor_panjang_salah"),
                    "Tulis nomor 16 angka sebagai teks. Bila banyak, ekspor ulang dengan kolom nomor berformat teks."),
    "sentinel": "Bila nilainya diketahui, tulis di kolom Nilai yang benar. Bila tidak, biarkan.",
}  # fmt: skip
_STRUCTURAL = {rule for rule, how in _HOW.items() if how in (_AT_SOURCE, _NOTHING)}

_GUIDE = (
    "Lembar ini berisi baris yang belum dapat dipakai, dan sel yang dikosongkan, beserta sebabnya.",
    "1. Baca kolom Penjelasan dan Cara memperbaiki.",
    "2. Cari baris itu di berkas asal (kolom Berkas dan Baris), lalu pastikan nilai yang benar.",
    "3. Tulis nilai yang benar di kolom Nilai yang benar. Kolom lain terkunci dan tidak perlu diubah.",
    f"4. Bila sel itu memang tidak ada isinya, tulis {EMPTY}. Bila belum tahu, biarkan kosong: barisnya tetap di karantina.",
    "5. Tulis tanggal sebagai 2024-12-31 dan angka tanpa titik ribuan.",
    "6. Simpan, lalu kembalikan berkas ini: pkh-graduation quarantine --return BERKAS --raw FOLDER_EKSPOR.",
    "Nilai yang diperbaiki diperiksa lagi dengan aturan yang sama. Berkas asal tidak diubah.",
)


@dataclass(frozen=True)
class Returned:
    """A workbook that came back. ``frame``: ``tabel, berkas, baris, kolom, nilai_baru, lembar, baris_lembar``; ``filled``: lines
    with a value; ``problems``: a sentence for each line that cannot be taken."""

    frame: pd.DataFrame
    filled: int
    problems: tuple[str, ...]


def how_to_mend(rule: str) -> str:
    """What a person can do about a rule.

    >>> how_to_mend("ganda_identik"), how_to_mend("angka_tak_terbaca")
    ('Tidak perlu diperbaiki.', 'Tulis nilai yang benar di kolom Nilai yang benar.')
    """
    return _HOW.get(rule, _FILL)


def lines_to_mend(quarantine: pd.DataFrame, findings: pd.DataFrame, sealed: pd.DataFrame) -> pd.DataFrame:
    """Rejected rows and emptied cells with what stood there (`LINE_COLUMNS`).

    ``asli``: the original, from ``sealed`` where the shown value is masked; ``kpm``: the family, missing where unknown.
    """
    emptied = findings[findings["tindakan"] == KOSONGKAN]
    lines = pd.concat(
        [quarantine.assign(tindakan=TOLAK), emptied[[*quarantine.columns, "tindakan"]]], ignore_index=True
    )
    cell = ["tabel", "berkas", "baris", "kolom", "aturan"]
    known = sealed.drop_duplicates(cell)[[*cell, "nilai", "kpm"]]
    joined = lines.merge(known, on=cell, how="left")
    joined["asli"] = joined["nilai"].where(joined["nilai"].notna(), joined["nilai_asli"])
    return joined[list(LINE_COLUMNS)]


def mark_of(line: Mapping[str, Any]) -> str:
    """The mark of a line: it changes when a locked cell does."""
    said = "\x1f".join(str(line[name]) for name in ("tabel", "berkas", "baris", "kolom", "aturan"))
    return hashlib.sha256(said.encode()).hexdigest()[:12]


def make_book(lines: pd.DataFrame, history: Sequence[Mapping[str, Any]], *, unmasked: bool) -> bytes:
    """The workbook of some lines (`lines_to_mend`) and of the counts per rule over time. Equal input gives equal bytes.

    ``unmasked``: show the originals as they were; otherwise identifiers only by their shape.
    """
    memory = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(memory, options) as book:
        book.set_properties({"created": _NO_CLOCK, "title": "Karantina"})
        _guide(book, unmasked=unmasked)
        for sheet, action in ((ROWS, TOLAK), (CELLS, KOSONGKAN)):
            _sheet(book, sheet, lines[lines["tindakan"] == action], unmasked=unmasked)
        _past(book, history)
    return memory.getvalue()


def _guide(book: Any, *, unmasked: bool) -> None:
    sheet = book.add_worksheet(GUIDE)
    lay_out(sheet, 0, GUIDE)
    sheet.set_column(0, 0, 110, book.add_format(TEXT))
    said = (
        "PERHATIAN: nomor dan nama tampil utuh. Jangan kirim berkas ini lewat aplikasi pesan; hapus setelah selesai."
        if unmasked
        else "Nomor dan nama disamarkan. Dengan --key-file, nilai asli tampil."
    )
    for row, text in enumerate((*_GUIDE, said)):
        sheet.write_string(row, 0, text)
        sheet.set_row(row, height_of([text], [110]))


def _sheet(book: Any, name: str, lines: pd.DataFrame, *, unmasked: bool) -> None:
    sheet = book.add_worksheet(name)
    head, said = book.add_format(HEAD), book.add_format(TEXT)
    free = book.add_format({**TEXT, "locked": False, "num_format": "@", "bg_color": "#FFF8DC", "border": 1})
    sheet.protect("", {"autofilter": True, "sort": True, "format_columns": True, "select_locked_cells": True})
    for column, (title, width) in enumerate(zip(HEADER, _WIDTHS, strict=True)):
        sheet.write_string(0, column, title, head)
        sheet.set_column(column, column, width, None, {"hidden": title == "Tanda"})
    lay_out(sheet, 0, f"{name}: {len(lines)} baris")
    for row, line in enumerate(lines.head(MOST).to_dict("records"), start=1):
        shown = line["asli"] if unmasked else line["nilai_asli"]
        told = (line["tabel"], line["berkas"], line["baris"], line["kolom"], shown, line["aturan"], line["pesan"],
                how_to_mend(line["aturan"]))  # fmt: skip
        cells = [_printable(str(text)[:32_000]) for text in told]
        sheet.set_row(row, height_of(cells, _WIDTHS[: len(cells)]))
        for column, text in enumerate(cells):
            sheet.write_string(row, column, text, said)
        if line["aturan"] not in _STRUCTURAL and line["kolom"]:
            sheet.write_blank(row, len(cells), None, free)
        sheet.write_string(row, len(cells) + 1, mark_of(line))
    if len(lines) > MOST:
        sheet.write_string(MOST + 1, 0, f"Masih ada {len(lines) - MOST} baris lagi. Perbaiki dulu yang di atas.")
    sheet.autofilter(0, 0, max(1, min(len(lines), MOST)), len(HEADER) - 1)


def _printable(text: str) -> str:
    """A text without what is not seen: it may neither hide part of a cell nor turn it around."""
    return "".join(char if char.isprintable() or char in "\n\t" else "?" for char in text)


def _past(book: Any, history: Sequence[Mapping[str, Any]]) -> None:
    """One column per ingest, in their order, one line per rule."""
    sheet = book.add_worksheet(PAST)
    lay_out(sheet, 0, PAST)
    head = book.add_format(HEAD)
    sheet.set_row(0, height_of(["Pembacaan 1 (000000)"], [14]))
    sheet.write_string(0, 0, "Aturan", head)
    rules = sorted({rule for line in history for rule in line["aturan"]})
    for column, line in enumerate(history, start=1):
        sheet.write_string(0, column, f"Pembacaan {column} ({line['sidik'][:6]})", head)
        for row, rule in enumerate(rules, start=1):
            sheet.write_number(row, column, line["aturan"].get(rule, 0))
        sheet.write_number(len(rules) + 1, column, line["baris_karantina"])
        sheet.write_number(len(rules) + 2, column, line["baris_masuk"])
    for row, text in enumerate((*rules, "Semua baris di karantina", "Semua baris yang dibaca"), start=1):
        sheet.write_string(row, 0, text)
    sheet.set_column(0, 0, 30)
    sheet.set_column(1, max(1, len(history)), 14)


def read_book(path: Path) -> Returned:
    """Read a workbook that came back: the lines in which somebody wrote a value.

    Raises:
        RecordsError: it is no workbook, or not the quarantine's.
    """
    try:
        require_harmless(path, path.name)
        book = CalamineWorkbook.from_path(path)
        sheets = {name: book.get_sheet_by_name(name).to_python() for name in (ROWS, CELLS) if name in book.sheet_names}
    except RecordsError:
        raise
    except (CalamineError, OSError, ValueError) as error:
        raise RecordsError(
            f"{path.name} cannot be read as a workbook: save it as .xlsx and give it back again."
        ) from error
    if not sheets or any(tuple(rows[0]) != HEADER for rows in sheets.values() if rows):
        raise RecordsError(f"{path.name} is not the quarantine's workbook: its sheets or its header were changed.")
    taken: list[dict[str, Any]] = []
    problems: list[str] = []
    filled = 0
    for sheet, rows in sheets.items():
        for number, cells in enumerate(rows[1:], start=2):
            said = _text(cells[HEADER.index("Nilai yang benar")])
            if said == "":
                continue
            filled += 1
            problem, line = _line(sheet, number, cells, said)
            problems += [problem] if problem else []
            taken += [] if problem else [line]
    names = ("tabel", "berkas", "baris", "kolom", "nilai_baru", "lembar", "baris_lembar")
    kinds = {"baris": "int64", "baris_lembar": "int64"}
    frame = pd.DataFrame(
        {name: pd.Series([line[name] for line in taken], dtype=kinds.get(name, "str")) for name in names}
    )
    return Returned(frame, filled, tuple(problems))


def _line(sheet: str, number: int, cells: Sequence[Any], said: str) -> tuple[str, dict[str, Any]]:
    """A sentence about what is wrong with a line (empty when nothing is), and the line."""
    words = {title: _text(cell) for title, cell in zip(HEADER, cells, strict=False)}
    line: dict[str, Any] = {name: words[title] for name, title in (("tabel", "Tabel"), ("berkas", "Berkas"),
            ("baris", "Baris"), ("kolom", "Kolom"), ("aturan", "Aturan"))}  # fmt: skip
    where = f"Lembar {sheet}, baris {number}"
    if mark_of(line) != words.get("Tanda") or not line["baris"].isdigit() or line["aturan"] not in RULES:
        return f"{where}: kolom yang terkunci berubah. Buat lembar baru, lalu isi di sana.", {}
    if line["aturan"] in _STRUCTURAL or line["kolom"] not in TABLES[line["tabel"]].names:
        return f"{where}: baris ini tidak dapat diperbaiki di lembar ini. {how_to_mend(line['aturan'])}", {}
    if isinstance(cells[HEADER.index("Nilai yang benar")], float) and abs(float(said)) >= 1e15:
        return f"{where}: nomor panjang tertulis sebagai angka, digitnya hilang. Tulis sebagai teks.", {}
    value = "" if said.casefold() == EMPTY.casefold() else said
    return "", {**line, "baris": int(line["baris"]), "nilai_baru": value, "lembar": sheet, "baris_lembar": number}


def _text(cell: Any) -> str:
    """A cell as a person would read it: whole numbers without a point, dates as ISO."""
    if isinstance(cell, bool):
        return "Ya" if cell else "Tidak"
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, dt.datetime):
        return cell.date().isoformat()
    return str(cell).strip() if cell is not None else ""
