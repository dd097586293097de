"""Books: what every workbook of ours has, whatever it holds: its date, styles, footer and page set-up."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Sequence
from typing import Any

from pkh_graduation.outputs import words
from pkh_graduation.outputs.columns import Answer, Column
from pkh_graduation.outputs.views import About

_COLOURS = {"text": "#22302C", "line": "#D9D4C7", "head": "#DDEBE6", "ask": "#FBEFD5", "fill": "#FFFBF0"}


def open_book(title: str, as_of: dt.date) -> tuple[Any, io.BytesIO]:
    """An empty workbook in memory, dated by the list, that takes no text for anything else."""
    import xlsxwriter

    buffer = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(buffer, options)
    book.set_properties({"title": title, "created": dt.datetime.combine(as_of, dt.time())})
    return book, buffer


def add_sheet(book: Any, name: str) -> Any:
    """A sheet of ready rows."""
    from pkh_graduation.outputs.grid import Grid

    return book.add_worksheet(name, worksheet_class=Grid)


def footer_of(about: About) -> str:
    """What stands under every printed page."""
    left, middle = (text.replace("&", "&&") for text in (about.tag or "PKH", words.TOOL))
    return f"&L&8{left}&C&8{middle}&R&8&P/&N · {about.run_id[:12]}"


def make_styles(book: Any) -> dict[str, int]:
    """The styles of all sheets by name, as numbers."""
    from pkh_graduation.outputs.grid import style_of

    text = {"text_wrap": True, "valign": "top", "font_size": 10, "border": 1, "border_color": _COLOURS["line"]}
    made = {
        "title": {"bold": True, "font_size": 15, "font_color": "#1F4E46"},
        "note": {"font_size": 10, "font_color": "#4A4A44"},
        "tool": {"font_size": 11, "bold": True, "font_color": "#7A4A12"},
        "head": {**text, "bold": True, "bg_color": _COLOURS["head"], "valign": "vcenter"},
        "ask": {**text, "bold": True, "bg_color": _COLOURS["ask"], "valign": "vcenter"},
        "cell": text,
        "name": {**text, "bold": True},
        "number": {**text, "align": "right"},
        "total": {**text, "align": "right", "bold": True, "top": 2},
        "chance": {**text, "num_format": "0.0%", "align": "left"},
        "fill": {**text, "locked": False, "bg_color": _COLOURS["fill"]},
        "fill_date": {**text, "locked": False, "bg_color": _COLOURS["fill"], "num_format": "dd/mm/yyyy"},
    }
    return {name: style_of(book.add_format(look)) for name, look in made.items()}


def lines_above(sheet: Any, styles: dict[str, int], lines: Sequence[tuple[str, str]]) -> None:
    """Lines of text from the first row, each in its style."""
    for row, (line, style) in enumerate(lines):
        sheet.add_row(row, [line], [styles[style]])


def page(
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
