"""Blank book: the workbook of a caseload before anybody is written in it: sheets, print set-up, rules, protection, and looks.

Made once for all books of a run that have the same sheets; `workbook` writes the families.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from pkh_graduation.outputs import words
from pkh_graduation.outputs.books import footer_of, make_styles, open_book, page
from pkh_graduation.outputs.cells import Look, Pen
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
from pkh_graduation.outputs.moulds import HIGHEST, LAST_RULED, Mould, Sheet, make_mould
from pkh_graduation.outputs.views import About
from pkh_graduation.programme.returns import LAYOUT

LIST, PLAN, BESIDE, ALL, MARKS = LAYOUT.sheet, "Rencana", "Lain", "Dampingan", LAYOUT.marks
TOP: Mapping[str, int] = {LIST: 6, PLAN: 2, BESIDE: 1, ALL: 2}
"""Row (from 0) of each sheet's column names; above it stand title, notes and, on the list, the tool's limits."""
SHEETS: Mapping[str, Sequence[Column | Answer]] = {
    LIST: (*LIST_COLUMNS, *ANSWERS, Column(LAYOUT.row_column, 12, lambda family: family.baris)),
    PLAN: (*PLAN_COLUMNS, *PLAN_FILLED),
    BESIDE: BESIDE_COLUMNS,
    ALL: ALL_COLUMNS,
}
CHANCE_PLACE = [column.name for column in LIST_COLUMNS].index(CHANCE)
IN_PROCESS = ("nama", "desa", "kelompok", "proses")
"""What the list tells of families whose exit is under way, from its second column on."""
_SIGNS = 1.2
"""Signs of running text that fit into one unit of a column's width."""
_ALLOWED = {"format_columns": True, "format_rows": True, "sort": True, "autofilter": True}


@dataclass(frozen=True)
class Blank:
    """The mould, the numbers of the styles, and how the families of each sheet look, and those in process below the list."""

    mould: Mould
    styles: Mapping[str, int]
    looks: Mapping[str, Look]
    in_process: Look


@lru_cache(maxsize=16)
def blank_book(about: About, listed: int, planned: int, beside: bool) -> Blank:
    """A book for ``listed`` and ``planned`` families on these sheets (2: two or more), and with or without lists apart."""
    book, buffer = open_book("Daftar prioritas", about.as_of)
    styles, footer = make_styles(book), footer_of(about)

    def list_sheet(sheet: Any) -> None:
        # On one sheet of paper twenty columns would be too small to read: who and why, then what to check and what came of it.
        page(sheet, SHEETS[LIST], footer, repeat=TOP[LIST], freeze=(TOP[LIST] + 1, 2), wide=2)
        if listed:
            _guide(sheet, TOP[LIST] + 1, listed, about.as_of)
        sheet.set_column(len(SHEETS[LIST]) - 1, len(SHEETS[LIST]) - 1, 12, None, {"hidden": True})

    def plan_sheet(sheet: Any) -> None:
        page(sheet, SHEETS[PLAN], footer, repeat=TOP[PLAN], freeze=(TOP[PLAN] + 1, 3))
        _date_rules(sheet, SHEETS[PLAN], TOP[PLAN] + 1, planned, about.as_of)

    def beside_sheet(sheet: Any) -> None:
        page(sheet, SHEETS[BESIDE], footer, repeat=TOP[BESIDE], freeze=(TOP[BESIDE] + 1, 2))

    def all_sheet(sheet: Any) -> None:
        page(sheet, SHEETS[ALL], footer, repeat=TOP[ALL], freeze=(TOP[ALL] + 1, 1))

    wanted: dict[str, Callable[[Any], None]] = {LIST: list_sheet}
    wanted |= {PLAN: plan_sheet} if planned else {}
    wanted |= {BESIDE: beside_sheet} if beside else {}
    wanted |= {ALL: all_sheet}
    sheets = [Sheet(name, len(SHEETS[name]), _locked(set_up)) for name, set_up in wanted.items()]
    sheets.append(Sheet(MARKS, 2, _unseen))
    beneath = [Pen(styles["cell"], column.width * _SIGNS) for column in LIST_COLUMNS[1 : 1 + len(IN_PROCESS)]]
    return Blank(make_mould(book, buffer, sheets), styles, _looks(styles), Look([0, *beneath]))


def _locked(set_up: Callable[[Any], None]) -> Callable[[Any], None]:
    def and_lock(sheet: Any) -> None:
        set_up(sheet)
        sheet.protect("", _ALLOWED)

    return and_lock


def _unseen(sheet: Any) -> None:
    sheet.very_hidden()
    sheet.protect()


def _guide(sheet: Any, first: int, listed: int, as_of: dt.date) -> None:
    """Bars for chances, dropdowns and a date rule for answers."""
    last = _last_ruled(first, listed)
    bar = {"type": "data_bar", "bar_color": "#9CC7B8", "bar_solid": True, "min_type": "num", "min_value": 0}
    sheet.conditional_format(first, CHANCE_PLACE, last, CHANCE_PLACE, {**bar, "max_type": "num", "max_value": HIGHEST})
    for position, answer in enumerate(ANSWERS, len(LIST_COLUMNS)):
        if answer.labels:
            rule = {"validate": "list", "source": list(answer.labels), "error_title": "Pilih dari daftar"}
            sheet.data_validation(first, position, last, position, rule)
        elif answer.is_date:
            sheet.data_validation(first, position, last, position, _date_rule(as_of))


def _date_rules(sheet: Any, columns: Sequence[Column | Answer], first: int, families: int, as_of: dt.date) -> None:
    last = _last_ruled(first, families)
    for position, column in enumerate(columns):
        if isinstance(column, Answer) and column.is_date:
            sheet.data_validation(first, position, last, position, _date_rule(as_of))


def _last_ruled(first: int, families: int) -> int:
    """A rule for one cell is worded otherwise than one for many, however many."""
    return LAST_RULED - 1 if families > 1 else first


def _date_rule(as_of: dt.date) -> dict[str, Any]:
    return {
        "validate": "date",
        "criteria": "between",
        "minimum": as_of,
        "maximum": as_of.replace(year=as_of.year + 2, day=min(as_of.day, 28)),
        "error_title": "Tanggal kunjungan",
        "error_message": f"Isi tanggal sesudah {words.date(as_of)}, misalnya 12/5/2026.",
    }


def _looks(styles: Mapping[str, int]) -> dict[str, Look]:
    """How the families of each sheet look; names are bold on the list, and answers wait for a hand."""

    def column(place: int, sheet: str, one: Column | Answer) -> Pen | int:
        if isinstance(one, Answer):
            return styles["fill_date" if one.is_date else "fill"]
        named = {1: "name", CHANCE_PLACE: "chance"}.get(place, "cell") if sheet == LIST else "cell"
        return Pen(styles[named], one.width * _SIGNS)

    least = {ALL: 1}
    return {
        sheet: Look([column(place, sheet, one) for place, one in enumerate(columns)], least.get(sheet, 2))
        for sheet, columns in SHEETS.items()
    }
