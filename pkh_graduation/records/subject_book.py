"""All that is held about one family, in words a person can read: as JSON, and as a workbook with one sheet per table."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import pandas as pd
import xlsxwriter

from pkh_graduation.programme.calendar import date_of
from pkh_graduation.records.paper import HEAD, TEXT, height_of, lay_out
from pkh_graduation.records.schemas import TABLES, Column

_NO_CLOCK = dt.datetime.fromisoformat("2000-01-01")
_DAYS = ("day", "tanggal_diketahui", "nilai_tanggal")
_NEVER = 2**31 - 1
_WIDTH, _WIDE, _ACROSS = 20.0, 40.0, 8
"""Widths of a column and of one of labels; columns that a page holds."""
_TITLE = 90
"""Signs of a title beyond which it is a text, and wrapped in its cell."""
_LABELS = {
    "day": "Tanggal kejadian",
    "known_day": "Tanggal diketahui",
    "superseded_day": "Berlaku sampai diketahui baru",
}

Section = Mapping[str, Any]
"""``judul``, ``baris``: a list of objects, label -> value."""


def section(
    title: str, frame: pd.DataFrame, table: str = "", words: Mapping[str, str] = MappingProxyType({})
) -> dict[str, Any]:
    """Rows as a section: columns by their label, days as ISO dates, codes with their meaning, missing values left out.

    ``table``: name of the canonical table, when the rows are of one; its integer keys, which say what texts beside them say,
    are left out. ``words``: what other columns mean.
    """
    schema = TABLES.get(table)
    known = {column.name: column for column in schema.columns} if schema else {}
    hidden = {"kpm", "row_key"} | {name for name in frame.columns if name.endswith(("_key", "_ymd"))}
    hidden |= {schema.surrogate(name) for name in known} if schema else set()
    rows = []
    for line in frame.to_dict("records"):
        told = {}
        for name, value in line.items():
            if name in hidden or value is None or value is pd.NA or (isinstance(value, float) and value != value):
                continue
            column = known.get(str(name))
            label = column.label_id if column else _LABELS.get(str(name), words.get(str(name), str(name)))
            told[label if label not in told else f"{label} ({name})"] = _told(str(name), value, column)
        rows.append(told)
    return {"judul": title, "baris": rows}


def _told(name: str, value: Any, column: Column | None) -> Any:
    if isinstance(value, pd.Timestamp):
        return value.date().isoformat()
    is_day = name in _DAYS or name.endswith("_day") or (column is not None and column.kind == "date")
    if is_day and isinstance(value, int):
        return date_of(value).isoformat() if value < _NEVER else "masih berlaku"
    if isinstance(value, bool):
        return "ya" if value else "tidak"
    plain = value.item() if hasattr(value, "item") else value
    if column is not None and column.kind == "code":
        return f"{plain} ({column.code_labels.get(int(plain), 'kode tak dikenal')})"
    return plain


def make_subject_book(sections: Mapping[str, Section]) -> bytes:
    """A workbook with one sheet per section, all cells as text; equal sections give equal bytes."""
    memory = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(memory, options) as book:
        book.set_properties({"created": _NO_CLOCK, "title": "Data yang disimpan"})
        for number, (name, content) in enumerate(sections.items(), start=1):
            sheet = book.add_worksheet(f"{number} {name}".translate(str.maketrans("[]:*?/\\", "       "))[:31])
            _write(sheet, content, book.add_format({"bold": True}), book.add_format(HEAD), book.add_format(TEXT))
    return memory.getvalue()


def _write(sheet: Any, content: Section, title: Any, head: Any, said: Any) -> None:
    """One section: labels stand across, each row below; or, where a page does not hold them, down, each row beside the last."""
    rows = content["baris"]
    labels = list(dict.fromkeys(label for row in rows for label in row))
    texts = [[str(row.get(label, ""))[:32_000] for label in labels] for row in rows]
    down = len(labels) > max(_ACROSS, len(rows))
    if down:
        names = [f"{number}" for number in range(1, len(rows) + 1)]
        grid = [["", *names], *([label, *cells] for label, *cells in zip(labels, *texts, strict=True))]
        widths = [_WIDE, *[_WIDTH] * len(rows)]
    else:
        grid, widths = [labels or [""], *texts], [_WIDTH] * max(1, len(labels))
    lay_out(sheet, 1, str(content["judul"])[:_TITLE], wide=max(1, -(-len(widths) // _ACROSS)))
    told = str(content["judul"])[:32_000]
    if len(told) > _TITLE:
        widths[0] = max(widths[0], _TITLE)
        sheet.set_row(0, height_of([told], [widths[0]]))
    sheet.write_string(0, 0, told, title if len(told) <= _TITLE else said)
    for column, width in enumerate(widths):
        sheet.set_column(column, column, width)
    for place, cells in enumerate(grid, start=1):
        sheet.set_row(place, height_of(cells, widths))
        for column, text in enumerate(cells):
            heads = place == 1 or (down and column == 0)
            if text:
                sheet.write_string(place, column, text, head if heads else said)
