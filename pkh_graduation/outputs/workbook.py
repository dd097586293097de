"""Workbook: one caseload as XLSX, to be filled in with a thumb, printed on A4 and handed back.

All text is written as text: nothing that starts like a formula, a link or a number is ever one. Locked cells guide, they
hide nothing. The file's date is the list's as-of date, so that equal lists are equal bytes. Where answers and marks stand is
`programme.returns.LAYOUT`, by which the importer reads.
"""

from __future__ import annotations

import datetime as dt
import itertools
import math
from collections.abc import Sequence
from typing import Any

from pkh_graduation.outputs import words
from pkh_graduation.outputs.books import add_sheet, footer_of, lines_above, make_styles, open_book, page
from pkh_graduation.outputs.columns import (
    ALL_COLUMNS,
    ANSWERS,
    BESIDE_COLUMNS,
    CHANCE,
    LIST_COLUMNS,
    PLAN_COLUMNS,
    PLAN_FILLED,
    Answer,
    Column,
)
from pkh_graduation.outputs.views import About, Caseload
from pkh_graduation.programme.returns import LAYOUT, seal

LIST_SHEET, PLAN_SHEET, BESIDE_SHEET, ALL_SHEET = LAYOUT.sheet, "Rencana", "Lain", "Dampingan"
NATURAL = words.BESIDE[1][0]
_HEAD = 6
"""Row (from 0) of the list's column names; above it stand title, notes and the tool's limits."""
_LINE_POINTS = 12.5
_SIGNS = 1.2
"""Signs of running text that fit into one unit of a column's width."""
_ALLOWED = {"format_columns": True, "format_rows": True, "sort": True, "autofilter": True}


def make_workbook(caseload: Caseload, about: About) -> bytes:
    """Write one caseload as a workbook.

    ``Daftar``: the list with columns to fill in; ``Rencana``: the visits month by month; ``Lain``: the lists apart, if anybody
    is on them; ``Dampingan``: everyone. Ids of list and rows, by which the importer matches answers (never by row number), and
    seals of the locked cells stand on a sheet that no menu shows.
    """
    book, buffer = open_book("Daftar prioritas", about.as_of)
    styles = make_styles(book)
    tag = f" · {about.tag}" if about.tag else ""
    title = f"Daftar prioritas pendamping {caseload.pendamping}, per {words.date(about.as_of)}{tag}"
    footer = footer_of(about)
    marks = _list_sheet(add_sheet(book, LIST_SHEET), caseload, styles, title, footer, about)
    if caseload.rencana:
        _plan_sheet(add_sheet(book, PLAN_SHEET), caseload, styles, title, footer, about.as_of)
    if any(family.lain for family in caseload.semua):
        _beside_sheet(add_sheet(book, BESIDE_SHEET), caseload, styles, title, footer)
    _all_sheet(add_sheet(book, ALL_SHEET), caseload, styles, title, footer)
    _marks_sheet(add_sheet(book, LAYOUT.marks), caseload, about, marks)
    book.close()
    return buffer.getvalue()


def _list_sheet(
    sheet: Any, caseload: Caseload, styles: dict[str, int], title: str, footer: str, about: About
) -> list[tuple[str, str]]:
    """The list; returns id and seal of each of its rows."""
    # On one sheet of paper twenty columns would be too small to read: who and why, then what to check and what came of it.
    columns: list[Column | Answer] = [*LIST_COLUMNS, *ANSWERS, Column(LAYOUT.row_column, 12, lambda f: f.baris)]
    page(sheet, columns, footer, repeat=_HEAD, freeze=(_HEAD + 1, 2), wide=2)
    filled = f"Kuota setahun: {caseload.kuota} keluarga. Terisi: {len(caseload.daftar)}." + (
        f" Sebab: {caseload.sebab}." if caseload.sebab else ""
    )
    filled = f"{about.ranking} {filled}"
    floors = f"Lantai yang tidak terpenuhi: {caseload.lantai}." if caseload.lantai else ""
    above = ((title, "title"), (words.TOOL, "tool"), (filled, "note"), (words.SIMILAR, "note"), (words.APPEAL, "note"))
    lines_above(sheet, styles, [*above, (floors, "note")])
    looks = [styles["head"]] * len(LIST_COLUMNS) + [styles["ask"]] * len(ANSWERS) + [styles["head"]]
    sheet.add_row(_HEAD, [column.name for column in columns], looks, 2 * _LINE_POINTS + 6)
    body = [styles["cell"]] * len(LIST_COLUMNS)
    body[1], body[_CHANCE] = styles["name"], styles["chance"]
    body += [styles["fill_date" if answer.is_date else "fill"] for answer in ANSWERS] + [styles["cell"]]
    marks = []
    for row, family in enumerate(caseload.daftar, _HEAD + 1):
        texts = [column.text(family) for column in LIST_COLUMNS]
        cells: list[Any] = list(texts)
        if family.p is not None:
            cells[_CHANCE] = round(family.p, 6)
        sheet.add_row(row, [*cells, *[None] * len(ANSWERS), family.baris], body, _height(texts, _LIST_ROOMS))
        marks.append((family.baris, seal(cells)))
    last = _HEAD + len(caseload.daftar)
    if caseload.daftar:
        _guide(sheet, last, about.as_of, max(family.p or 0.0 for family in caseload.daftar))
    sheet.set_column(len(columns) - 1, len(columns) - 1, 12, None, {"hidden": True})
    _also_in_process(sheet, last + 2, caseload, styles)
    sheet.protect("", _ALLOWED)
    return marks


_CHANCE = [column.name for column in LIST_COLUMNS].index(CHANCE)


def _rooms(columns: Sequence[Column]) -> tuple[float, ...]:
    """How many signs fit on a line of each column."""
    return tuple(column.width * _SIGNS for column in columns)


_LIST_ROOMS, _PLAN_ROOMS, _BESIDE_ROOMS, _ALL_ROOMS = map(
    _rooms, (LIST_COLUMNS, PLAN_COLUMNS, BESIDE_COLUMNS, ALL_COLUMNS)
)


def _height(texts: Sequence[str], rooms: Sequence[float], least: int = 2) -> float:
    """Row height in points: spreadsheet programs on phones do not fit rows to wrapped text by themselves."""
    lines = least
    for text, room in zip(texts, rooms, strict=True):
        if len(text) > room or "\n" in text:
            lines = max(lines, sum([max(1, math.ceil(len(line) / room)) for line in text.split("\n")]))
    return min(400.0, (6 if lines > 1 else 3) + _LINE_POINTS * lines)


def _guide(sheet: Any, last: int, as_of: dt.date, highest: float) -> None:
    """Bars for chances, dropdowns and a date rule for answers."""
    first = _HEAD + 1
    bar = {"type": "data_bar", "bar_color": "#9CC7B8", "bar_solid": True, "min_type": "num", "min_value": 0}
    sheet.conditional_format(first, _CHANCE, last, _CHANCE, {**bar, "max_type": "num", "max_value": max(highest, 0.01)})
    for position, answer in enumerate(ANSWERS, len(LIST_COLUMNS)):
        if answer.labels:
            rule: dict[str, Any] = {
                "validate": "list",
                "source": list(answer.labels),
                "error_title": "Pilih dari daftar",
            }
        elif answer.is_date:
            rule = _date_rule(as_of)
        else:
            continue
        sheet.data_validation(first, position, last, position, rule)


def _date_rule(as_of: dt.date) -> dict[str, Any]:
    return {
        "validate": "date",
        "criteria": "between",
        "minimum": as_of,
        "maximum": as_of.replace(year=as_of.year + 2, day=min(as_of.day, 28)),
        "error_title": "Tanggal kunjungan",
        "error_message": f"Isi tanggal sesudah {words.date(as_of)}, misalnya 12/5/2026.",
    }


def _also_in_process(sheet: Any, row: int, caseload: Caseload, styles: dict[str, int]) -> None:
    if not caseload.diproses:
        return
    line = "Sedang diproses (bukan usulan baru, tidak dihitung dalam kuota)"
    sheet.add_row(row, [line], [styles["tool"]])
    for offset, family in enumerate(caseload.diproses, 1):
        cells = ["", family.nama, family.desa, family.kelompok, family.proses]
        sheet.add_row(row + offset, cells, [0, *[styles["cell"]] * 4])


def _plan_sheet(
    sheet: Any, caseload: Caseload, styles: dict[str, int], title: str, footer: str, as_of: dt.date
) -> None:
    """Visits month by month, desa by desa, with the work result under which each is reported."""
    columns: list[Column | Answer] = [*PLAN_COLUMNS, *PLAN_FILLED]
    page(sheet, columns, footer, repeat=2, freeze=(3, 3))
    note = (
        f"Rencana kerja kunjungan: {len(caseload.daftar)} keluarga, paling banyak {max(map(len, caseload.rencana))} sebulan, "
        "berurut per desa. Kegiatan menurut RHK; laporkan yang sudah terlaksana."
    )
    lines_above(sheet, styles, [(title, "title"), (note, "note")])
    looks = [styles["head"]] * len(PLAN_COLUMNS) + [styles["ask"]] * len(PLAN_FILLED)
    sheet.add_row(2, [column.name for column in columns], looks, 2 * _LINE_POINTS + 6)
    body = [styles["cell"]] * len(PLAN_COLUMNS) + [
        styles["fill_date" if answer.is_date else "fill"] for answer in PLAN_FILLED
    ]
    families = [family for month in caseload.rencana for family in month]
    for row, family in enumerate(families, 3):
        texts = [column.text(family) for column in PLAN_COLUMNS]
        sheet.add_row(row, [*texts, *[None] * len(PLAN_FILLED)], body, _height(texts, _PLAN_ROOMS))
    for position, answer in enumerate(PLAN_FILLED, len(PLAN_COLUMNS)):
        if answer.is_date:
            sheet.data_validation(3, position, 2 + len(families), position, _date_rule(as_of))
    row = 4 + len(families)
    sheet.add_row(row, ["Jumlah kunjungan yang direncanakan"], [styles["tool"]])
    months = [(number, len(month)) for number, month in enumerate(caseload.rencana, 1)]
    for offset, (number, visits) in enumerate(months, 1):
        sheet.add_row(row + offset, [f"Bulan ke-{number}", f"{visits} kunjungan"], [styles["cell"]] * 2)
    sheet.protect("", _ALLOWED)


def _beside_sheet(sheet: Any, caseload: Caseload, styles: dict[str, int], title: str, footer: str) -> None:
    """The lists apart: protection that goes on, and natural exits to prepare for."""
    page(sheet, BESIDE_COLUMNS, footer, repeat=1, freeze=(2, 2))
    lines_above(sheet, styles, [(title, "title")])
    sheet.add_row(1, [column.name for column in BESIDE_COLUMNS], [styles["head"]] * len(BESIDE_COLUMNS))
    rows = itertools.count(2)
    for name, head, note in words.BESIDE:
        families = caseload.beside(name)
        sheet.add_row(next(rows), [f"{head}: {len(families)} keluarga. {note}"], [styles["tool"]])
        for family in families:
            texts = [column.text(family) for column in BESIDE_COLUMNS]
            texts[-1] = texts[-1] if name == NATURAL else ""
            sheet.add_row(next(rows), texts, [styles["cell"]] * len(texts), _height(texts, _BESIDE_ROOMS))
        next(rows)
    sheet.protect("", _ALLOWED)


def _all_sheet(sheet: Any, caseload: Caseload, styles: dict[str, int], title: str, footer: str) -> None:
    page(sheet, ALL_COLUMNS, footer, repeat=2, freeze=(3, 1))
    everyone = f"Seluruh keluarga dampingan: {words.number(len(caseload.semua))}. {words.TOOL}"
    lines_above(sheet, styles, [(title, "title"), (everyone, "note")])
    sheet.add_row(2, [column.name for column in ALL_COLUMNS], [styles["head"]] * len(ALL_COLUMNS), 2 * _LINE_POINTS + 6)
    texts, looks = [column.text for column in ALL_COLUMNS], [styles["cell"]] * len(ALL_COLUMNS)
    for row, family in enumerate(caseload.semua, 3):
        told = [text(family) for text in texts]
        sheet.add_row(row, told, looks, _height(told, _ALL_ROOMS, least=1))
    sheet.protect("", _ALLOWED)


def _marks_sheet(sheet: Any, caseload: Caseload, about: About, marks: Sequence[tuple[str, str]]) -> None:
    head = [
        (LAYOUT.list_key, caseload.list_id),
        ("run_id", about.run_id),
        ("tanggal_acuan", about.as_of.isoformat()),
        ("model_versi", about.model),
        (LAYOUT.row_column, LAYOUT.seal_column),
    ]
    for row, cells in enumerate([*head, *marks]):
        sheet.add_row(row, cells, [0, 0])
    sheet.very_hidden()
    sheet.protect()
