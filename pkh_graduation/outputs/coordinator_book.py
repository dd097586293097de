"""Coordinator's workbook: the tables of a summary, a sheet each, ready to print on A4."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Any

from pkh_graduation.outputs import words
from pkh_graduation.outputs.books import add_sheet, footer_of, lines_above, make_styles, open_book
from pkh_graduation.outputs.coordinator import SUPPRESSED, Summary, Table
from pkh_graduation.outputs.files import INDEX_TITLE
from pkh_graduation.outputs.views import About

_NARROW, _WIDE = 12.0, 54.0
"""Least and greatest width of a column."""
_LINE_POINTS = 13.0


def make_summary_book(summary: Summary, about: About) -> bytes:
    """Write a summary as a workbook; the texts are those of the page, hidden counts included."""
    book, buffer = open_book(INDEX_TITLE, about.as_of)
    styles, footer = make_styles(book), footer_of(about)
    place = f" {summary.place}" if summary.place else ""
    tag = f" · {about.tag}" if about.tag else ""
    title = f"{INDEX_TITLE}{place}, per {words.date(about.as_of)}{tag}"
    for table in summary.tables:
        if table.rows:
            told = (title, f"{summary.sentence} {about.ranking}")
            _sheet(add_sheet(book, table.name), table, styles, told, footer)
    book.close()
    return buffer.getvalue()


def _sheet(sheet: Any, table: Table, styles: dict[str, int], about: tuple[str, str], footer: str) -> None:
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    sheet.set_footer(footer)
    sheet.hide_gridlines(2)
    title, sentence = about
    above = [(title, "title"), (sentence, "note"), (words.TOOL, "tool"), (table.title, "tool"), (table.note, "note")]
    lines = [*above, (SUPPRESSED, "note"), (words.APPEAL, "note")]
    lines_above(sheet, styles, lines)
    head = len(lines)
    sheet.repeat_rows(head)
    sheet.freeze_panes(head + 1, 1)
    widths = [_width(table, place) for place in range(len(table.columns))]
    sheet.add_row(head, table.columns, [styles["head"]] * len(table.columns), _height(table.columns, widths))
    looks = [styles["number" if place in table.numbers else "cell"] for place in range(len(table.columns))]
    bold = [styles["total" if place in table.numbers else "name"] for place in range(len(table.columns))]
    for row, texts in enumerate(table.rows, head + 1):
        last = table.total and row == head + len(table.rows)
        sheet.add_row(row, list(texts), bold if last else looks, _height(texts, widths))
    for place, width in enumerate(widths):
        sheet.set_column(place, place, width)


def _width(table: Table, place: int) -> float:
    """Width in characters that holds a column's longest text or word of its head, within bounds."""
    longest = max(len(row[place]) for row in table.rows)
    word = max(len(word) for word in table.columns[place].split())
    return min(_WIDE, max(_NARROW, 1.1 * longest + 1, 1.15 * word + 1))


def _height(texts: Sequence[str], widths: Sequence[float]) -> float:
    """Height in points that shows every line of a row."""
    lines = max(_lines(text, int(width / 1.15)) for text, width in zip(texts, widths, strict=True))
    return 4 + _LINE_POINTS * lines


def _lines(text: str, room: int) -> int:
    """Lines that a text takes; most take one, and wrapping is slow."""
    return 1 if len(text) <= room else len(textwrap.wrap(text, room))
