"""Reader of XLSX workbooks: the sheet named like the table, else the first; every cell becomes text."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pkh_graduation.records.archive import require_harmless
from pkh_graduation.records.errors import RecordsError
from pkh_graduation.records.grid import Grid, grid_of_columns
from pkh_graduation.records.layout import lay_out
from pkh_graduation.records.raw import RawPart

if TYPE_CHECKING:
    from python_calamine import CalamineWorkbook

_EXACT = 1e15
_ROWS = 1024
_TEXT = pa.large_string()


def read_workbook(path: Path, name: str, expected: Collection[str], sheet: str = "") -> RawPart:
    """Read one sheet as text. A NIK that was typed as a number shows as ``...0.0``: its last digits are not to be trusted.

    Raises:
        RecordsError: the file is no workbook, unpacks to too much, or has no header that is known.
    """
    return lay_out(name, sheet_grid(open_book(path, name), name, sheet), expected)


def open_book(path: Path, name: str) -> CalamineWorkbook:
    """Open a workbook, once it is known to be harmless.

    Raises:
        RecordsError: the file is no workbook, or unpacks to too much.
    """
    from python_calamine import CalamineError, CalamineWorkbook

    require_harmless(path, name)
    try:
        return CalamineWorkbook.from_path(str(path))
    except (CalamineError, OSError) as error:
        raise RecordsError(f"{name} cannot be opened as a workbook. Save it again as .xlsx or as CSV.") from error


def sheet_name(book: CalamineWorkbook, sheet: str) -> str:
    """Name of the sheet that is meant: the one so called, case and outer spaces aside, else the first; "" if there is none."""
    names = list(book.sheet_names)
    return next((title for title in names if title.strip().casefold() == sheet.casefold()), names[0] if names else "")


def sheet_grid(book: CalamineWorkbook, name: str, sheet: str) -> Grid:
    """Cells of one sheet (`sheet_name`) as columns of text.

    Raises:
        RecordsError: it cannot be read.
    """
    from python_calamine import CalamineError

    read = sheet_name(book, sheet)
    try:
        cells = book.get_sheet_by_name(read)
        left = cells.start[1] if cells.start else 0
        columns = _columns(cells.iter_rows(), left)
    except (CalamineError, IndexError, OSError, ValueError) as error:
        raise RecordsError(f"{name} cannot be opened as a workbook. Save it again as .xlsx or as CSV.") from error
    count = len(book.sheet_names)
    notice = (f"{name}: hanya lembar {read!r} yang dibaca, dari {count} lembar.",) if count > 1 else ()
    return grid_of_columns(_without_end(columns), notice)


def _columns(rows: Iterable[Sequence[Any]], left: int) -> list[pa.ChunkedArray]:
    """Rows, which start ``left`` columns in, as columns of text; a few rows at a time, so that no second copy of all stands."""
    stream = iter(rows)
    chunks: list[list[pa.Array]] = []
    while some := list(islice(stream, _ROWS)):
        chunks.append([*([_same("", len(some))] * left), *map(_column, zip(*some, strict=True))])
    return [pa.chunked_array(parts, type=_TEXT) for parts in zip(*chunks, strict=True)]


def _without_end(columns: list[pa.ChunkedArray]) -> list[pa.ChunkedArray]:
    """The columns without the rows at the end in which no column has anything."""
    last = 0
    for column in columns:
        filled = np.flatnonzero(pc.not_equal(column, "").to_numpy(zero_copy_only=False))
        last = max(last, int(filled[-1]) + 1 if len(filled) else 0)
    return [column.slice(0, last) for column in columns]


def _column(cells: Sequence[Any]) -> pa.Array:
    kinds = set(map(type, cells))
    if kinds == {str}:
        return pa.array(cells, type=_TEXT)
    if kinds == {float}:
        numbers = np.array(cells)
        if (np.abs(numbers) < _EXACT).all() and (numbers == np.floor(numbers)).all():
            return pc.cast(pa.array(numbers.astype(np.int64)), _TEXT)
    return pa.array([cell if type(cell) is str else _text(cell) for cell in cells], type=_TEXT)


def _same(text: str, length: int) -> pa.Array:
    return pa.repeat(pa.scalar(text, type=_TEXT), length)


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
