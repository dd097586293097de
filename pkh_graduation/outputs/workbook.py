"""Workbook: one caseload as XLSX, to be filled in with a thumb, printed on A4 and handed back.

All text is written as text: nothing that starts like a formula, a link or a number is ever one. Locked cells guide, they
hide nothing. The file's date is the list's as-of date, so that equal lists are equal bytes.
"""

from __future__ import annotations

import datetime as dt
import io
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from pkh_graduation.outputs import words
from pkh_graduation.outputs.outcomes import HASIL, KEPUTUSAN_DAFTAR, KEPUTUSAN_KELUARGA
from pkh_graduation.outputs.views import About, Caseload, Family

LIST_SHEET, ALL_SHEET, ID_SHEET = "Daftar", "Dampingan", "_id"
_HEAD = 5
"""Row (from 0) of the list's column names; above it stand title, notes and the tool's limits."""
_LINE_POINTS = 12.5


@dataclass(frozen=True)
class Column:
    """One column of a sheet: its name, width in characters, and what it says of a family."""

    name: str
    width: float
    text: Callable[[Family], str]


@dataclass(frozen=True)
class Answer:
    """One column that a pendamping fills in: from a list of labels, or a date, or freely."""

    name: str
    width: float
    labels: tuple[str, ...] = ()
    is_date: bool = False


def _numbered(items: Sequence[str]) -> str:
    return "\n".join(f"{number}. {item}" for number, item in enumerate(items, 1))


def _bulleted(items: Sequence[str]) -> str:
    return "\n".join(f"• {item}" for item in items)


CHANCE = "Peluang 12 bln"

LIST_COLUMNS = (
    Column("No", 4, lambda f: str(f.urutan or "")),
    Column("Nama pengurus", 18, lambda f: f.nama),
    Column("Desa, RT/RW", 17, lambda f: "\n".join(text for text in (f.desa, f.rt_rw, f.tempat) if text)),
    Column("Kelompok", 12, lambda f: f.kelompok),
    Column("Kesiapan", 11, lambda f: f.kesiapan + (" (undian)" if f.undian else "")),
    Column(CHANCE, 9, lambda f: f.persen),
    Column("Rentang", 9, lambda f: f.rentang),
    Column(words.SUPPORTING, 42, lambda f: _numbered([reason.text for reason in f.alasan])),
    Column(words.HOLDING, 32, lambda f: _numbered([reason.text for reason in f.penahan])),
    Column("Peringatan", 20, lambda f: _bulleted(f.peringatan)),
    Column("Cek saat kunjungan", 22, lambda f: _bulleted(f.cek)),
    Column("Rujukan (verifikasi ke Dinsos)", 20, lambda f: _bulleted(f.rujukan)),
    Column("Komponen", 14, lambda f: f.komponen),
    Column("Terakhir dikunjungi", 12, lambda f: f.kunjungan),
)
ANSWERS = (
    Answer("Tanggal kunjungan", 12, is_date=True),
    Answer("Hasil kunjungan", 14, labels=tuple(HASIL.values())),
    Answer("Keputusan keluarga", 15, labels=tuple(KEPUTUSAN_KELUARGA.values())),
    Answer("Keputusan daftar", 15, labels=tuple(KEPUTUSAN_DAFTAR.values())),
    Answer("Catatan", 20),
)
ALL_COLUMNS = (
    Column("Nama pengurus", 24, lambda f: f.nama),
    Column("Desa, RT/RW", 26, lambda f: f.letak),
    Column("Kelompok", 12, lambda f: f.kelompok),
    Column("No di daftar", 8, lambda f: str(f.urutan or "")),
    Column("Kesiapan", 18, lambda f: "" if f.dikecualikan else f.kesiapan),
    Column("Tidak diusulkan karena", 44, lambda f: "; ".join(f.dikecualikan)),
    Column("Sedang diproses", 18, lambda f: f.proses),
    Column("Komponen", 30, lambda f: f.komponen),
)


def make_workbook(caseload: Caseload, about: About) -> bytes:
    """Write one caseload as a workbook.

    ``Daftar``: the list with columns to fill in; ``Dampingan``: everyone; ``_id``: run and row ids, hidden, by which the
    importer matches answers (never by row number).
    """
    import xlsxwriter

    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(
        buffer,
        {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False},
    )
    created = dt.datetime.combine(about.as_of, dt.time())
    book.set_properties({"title": "Daftar prioritas", "created": created})
    formats = _formats(book)
    tag = f" · {about.tag}" if about.tag else ""
    title = f"Daftar prioritas pendamping {caseload.pendamping}, per {words.date(about.as_of)}{tag}"
    footer = f"&L{_footer(about.tag or 'PKH')}&C{_footer(words.TOOL)}&R&P/&N · {about.run_id[:12]}"
    _list_sheet(book.add_worksheet(LIST_SHEET), caseload, formats, title, footer, about.as_of)
    _all_sheet(book.add_worksheet(ALL_SHEET), caseload, formats, title, footer)
    _id_sheet(book.add_worksheet(ID_SHEET), caseload, about)
    book.close()
    return buffer.getvalue()


def _footer(text: str) -> str:
    return text.replace("&", "&&")


def _formats(book: Any) -> dict[str, Any]:
    text = {"text_wrap": True, "valign": "top", "font_size": 10, "border": 1, "border_color": "#D9D4C7"}
    return {
        "title": book.add_format({"bold": True, "font_size": 15, "font_color": "#1F4E46"}),
        "note": book.add_format({"font_size": 10, "font_color": "#4A4A44"}),
        "tool": book.add_format({"font_size": 11, "bold": True, "font_color": "#7A4A12"}),
        "head": book.add_format({**text, "bold": True, "bg_color": "#DDEBE6", "valign": "vcenter"}),
        "ask": book.add_format({**text, "bold": True, "bg_color": "#FBEFD5", "valign": "vcenter"}),
        "cell": book.add_format(text),
        "chance": book.add_format({**text, "num_format": "0.0%", "align": "left"}),
        "fill": book.add_format({**text, "locked": False, "bg_color": "#FFFBF0"}),
        "fill_date": book.add_format({**text, "locked": False, "bg_color": "#FFFBF0", "num_format": "dd/mm/yyyy"}),
    }


def _list_sheet(
    sheet: Any, caseload: Caseload, formats: dict[str, Any], title: str, footer: str, as_of: dt.date
) -> None:
    # On one sheet of paper twenty columns would be too small to read: who and why, then what to check and what came of it.
    _page(sheet, [*LIST_COLUMNS, *ANSWERS], footer, repeat=_HEAD, freeze=(_HEAD + 1, 2), wide=2)
    filled = f"Kuota setahun: {caseload.kuota} keluarga. Terisi: {len(caseload.daftar)}." + (
        f" Sebab: {caseload.sebab}." if caseload.sebab else ""
    )
    for row, (line, style) in enumerate(
        ((title, "title"), (words.TOOL, "tool"), (filled, "note"), (words.SIMILAR, "note"))
    ):
        sheet.write_string(row, 0, line, formats[style])
    names = [*(column.name for column in LIST_COLUMNS), *(answer.name for answer in ANSWERS)]
    sheet.set_row(_HEAD, 2 * _LINE_POINTS + 6)
    for position, name in enumerate(names):
        sheet.write_string(_HEAD, position, name, formats["head" if position < len(LIST_COLUMNS) else "ask"])
    for row, family in enumerate(caseload.daftar, _HEAD + 1):
        _write_family(sheet, row, family, formats)
    last = _HEAD + len(caseload.daftar)
    if caseload.daftar:
        _guide(sheet, last, as_of, max(family.p or 0.0 for family in caseload.daftar))
    _also_in_process(sheet, last + 2, caseload, formats)
    sheet.protect("", {"format_columns": True, "format_rows": True, "sort": True, "autofilter": True})


def _write_family(sheet: Any, row: int, family: Family, formats: dict[str, Any]) -> None:
    texts = [column.text(family) for column in LIST_COLUMNS]
    sheet.set_row(row, _height(texts, LIST_COLUMNS))
    for position, (column, text) in enumerate(zip(LIST_COLUMNS, texts, strict=True)):
        if column.name == CHANCE and family.p is not None:
            sheet.write_number(row, position, round(family.p, 6), formats["chance"])
        else:
            sheet.write_string(row, position, text, formats["cell"])
    for position, answer in enumerate(ANSWERS, len(LIST_COLUMNS)):
        sheet.write_blank(row, position, None, formats["fill_date" if answer.is_date else "fill"])


def _height(texts: Sequence[str], columns: Sequence[Column]) -> float:
    """Row height in points: spreadsheet programs on phones do not fit rows to wrapped text by themselves."""
    lines = max(
        sum(max(1, math.ceil(len(line) / (column.width * 1.05))) for line in text.split("\n"))
        for text, column in zip(texts, columns, strict=True)
    )
    return min(400.0, 6 + _LINE_POINTS * max(2, lines))


def _guide(sheet: Any, last: int, as_of: dt.date, highest: float) -> None:
    """Bars for chances, dropdowns and a date rule for answers."""
    first, chance = _HEAD + 1, [column.name for column in LIST_COLUMNS].index(CHANCE)
    bar = {"type": "data_bar", "bar_color": "#9CC7B8", "bar_solid": True, "min_type": "num", "min_value": 0}
    sheet.conditional_format(first, chance, last, chance, {**bar, "max_type": "num", "max_value": max(highest, 0.01)})
    for position, answer in enumerate(ANSWERS, len(LIST_COLUMNS)):
        if answer.labels:
            rule: dict[str, Any] = {
                "validate": "list",
                "source": list(answer.labels),
                "error_title": "Pilih dari daftar",
            }
        elif answer.is_date:
            rule = {
                "validate": "date",
                "criteria": "between",
                "minimum": as_of,
                "maximum": as_of.replace(year=as_of.year + 2, day=min(as_of.day, 28)),
                "error_title": "Tanggal kunjungan",
                "error_message": f"Isi tanggal sesudah {words.date(as_of)}, misalnya 12/5/2026.",
            }
        else:
            continue
        sheet.data_validation(first, position, last, position, rule)


def _also_in_process(sheet: Any, row: int, caseload: Caseload, formats: dict[str, Any]) -> None:
    if not caseload.diproses:
        return
    sheet.write_string(row, 0, "Sedang diproses (bukan usulan baru, tidak dihitung dalam kuota)", formats["tool"])
    for offset, family in enumerate(caseload.diproses, 1):
        for position, text in ((1, family.nama), (2, family.desa), (4, family.proses)):
            sheet.write_string(row + offset, position, text, formats["cell"])


def _all_sheet(sheet: Any, caseload: Caseload, formats: dict[str, Any], title: str, footer: str) -> None:
    _page(sheet, ALL_COLUMNS, footer, repeat=2, freeze=(3, 1))
    sheet.write_string(0, 0, title, formats["title"])
    sheet.write_string(
        1, 0, f"Seluruh keluarga dampingan: {words.number(len(caseload.semua))}. {words.TOOL}", formats["note"]
    )
    for position, column in enumerate(ALL_COLUMNS):
        sheet.write_string(2, position, column.name, formats["head"])
    for row, family in enumerate(caseload.semua, 3):
        for position, column in enumerate(ALL_COLUMNS):
            sheet.write_string(row, position, column.text(family), formats["cell"])
    sheet.protect("", {"format_columns": True, "format_rows": True, "sort": True, "autofilter": True})


def _id_sheet(sheet: Any, caseload: Caseload, about: About) -> None:
    head = {
        "run_id": about.run_id,
        "tanggal_acuan": about.as_of.isoformat(),
        "model_versi": about.model,
        "baris": "kpm_id",
    }
    for row, (key, value) in enumerate(head.items()):
        sheet.write_string(row, 0, key)
        sheet.write_string(row, 1, value)
    for row, family in enumerate(caseload.daftar):
        sheet.write_string(4 + row, 0, str(_HEAD + 2 + row))
        sheet.write_string(4 + row, 1, family.kpm_id)
    sheet.hide()
    sheet.protect()


def _page(
    sheet: Any,
    columns: Sequence[Column | Answer],
    footer: str,
    *,
    repeat: int,
    freeze: tuple[int, int],
    wide: int = 1,
) -> None:
    """A4 landscape, ``wide`` pages wide, the header row repeated and frozen; beyond one page so is who the line is about."""
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(wide, 0)
    if wide > 1:
        sheet.repeat_columns(0, freeze[1] - 1)
    sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    sheet.repeat_rows(repeat)
    sheet.freeze_panes(*freeze)
    sheet.set_footer(footer)
    sheet.hide_gridlines(2)
    for position, column in enumerate(columns):
        sheet.set_column(position, position, column.width)
