"""Coordinator's workbook: the tables of a summary, a sheet each, ready to print on A4."""

from __future__ import annotations

from typing import Any

from pkh_graduation.outputs import words
from pkh_graduation.outputs.books import add_sheet, footer_of, lines_above, make_styles, open_book
from pkh_graduation.outputs.coordinator import SUPPRESSED, Summary, Table
from pkh_graduation.outputs.files import INDEX_TITLE
from pkh_graduation.outputs.views import About

_FIRST_WIDTH, _WIDTH, _WIDE = 34.0, 13.0, 44.0
_TEXT_FROM = 24
"""Signs from which a column of text is set wide."""


def make_summary_book(summary: Summary, about: About) -> bytes:
    """Write a summary as a workbook; the texts are those of the page, hidden counts included."""
    book, buffer = open_book(INDEX_TITLE, about.as_of)
    styles, footer = make_styles(book), footer_of(about)
    place = f" {summary.place}" if summary.place else ""
    tag = f" · {about.tag}" if about.tag else ""
    title = f"{INDEX_TITLE}{place}, per {words.date(about.as_of)}{tag}"
    for table in summary.tables:
        if table.rows:
            _sheet(add_sheet(book, table.name), table, styles, (title, summary.sentence), footer)
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
    lines_above(sheet, styles, [*above, (SUPPRESSED, "note")])
    head = len(above) + 1
    sheet.repeat_rows(head)
    sheet.freeze_panes(head + 1, 1)
    sheet.add_row(head, table.columns, [styles["head"]] * len(table.columns), 34)
    looks = [styles["number" if place in table.numbers else "cell"] for place in range(len(table.columns))]
    bold = [styles["total" if place in table.numbers else "name"] for place in range(len(table.columns))]
    for row, texts in enumerate(table.rows, head + 1):
        last = table.total and row == head + len(table.rows)
        sheet.add_row(row, list(texts), bold if last else looks)
    for place in range(len(table.columns)):
        longest = max(len(row[place]) for row in table.rows)
        sheet.set_column(place, place, _FIRST_WIDTH if not place else _WIDE if longest > _TEXT_FROM else _WIDTH)
