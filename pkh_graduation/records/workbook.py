"""Reader of XLSX workbooks: the sheet named like the table, else the first; every cell becomes text."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from pkh_graduation.records.errors import RecordsError
from pkh_graduation.records.layout import Line, lay_out
from pkh_graduation.records.raw import RawPart

_EXACT = 1e15


def read_workbook(path: Path, name: str, expected: Collection[str], sheet: str = "") -> RawPart:
    """Read one sheet as text. A NIK that was typed as a number shows as ``...0.0``: its last digits are not to be trusted.

    Raises:
        RecordsError: the file is no workbook, or has no header that is known.
    """
    cells, read, names = _sheet(path, name, sheet)
    part = lay_out(name, _lines(cells), expected)
    if len(names) > 1:
        notice = f"{name}: hanya lembar {read!r} yang dibaca, dari {len(names)} lembar."
        return RawPart(part.name, part.table, part.rows, part.broken, (*part.notices, notice))
    return part


def book_lines(path: Path, name: str, sheet: str = "") -> Iterator[Line]:
    """Cells of one sheet line by line, for a layout that is no plain table.

    Raises:
        RecordsError: the file is no workbook.
    """
    return _lines(_sheet(path, name, sheet)[0])


def _sheet(path: Path, name: str, sheet: str) -> tuple[list[list[Any]], str, list[str]]:
    """Cells of the named sheet, else the first; its name, and those of all."""
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        book = CalamineWorkbook.from_path(str(path))
        names = list(book.sheet_names)
        wanted = next((title for title in names if title.strip().casefold() == sheet.casefold()), names[0])
        return book.get_sheet_by_name(wanted).to_python(skip_empty_area=False), wanted, names
    except (CalamineError, IndexError, OSError) as error:
        raise RecordsError(f"{name} cannot be opened as a workbook. Save it again as .xlsx or as CSV.") from error


def _lines(cells: list[list[Any]]) -> Iterator[Line]:
    texts = [[_text(cell) for cell in row] for row in cells]
    while texts and not any(texts[-1]):
        texts.pop()
    yield from ((number, row, 1) for number, row in enumerate(texts, start=1))


def _text(cell: Any) -> str:
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < _EXACT else repr(cell)
    if isinstance(cell, dt.datetime):
        return cell.date().isoformat()
    return str(cell)
