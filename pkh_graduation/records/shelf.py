"""A shelf for files that several tables are made from: each is read once, and leaves the shelf when its last table is made."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pkh_graduation.records.delimited import text_grid
from pkh_graduation.records.grid import Grid
from pkh_graduation.records.workbook import open_book, sheet_grid, sheet_name

if TYPE_CHECKING:
    from python_calamine import CalamineWorkbook

BOOKS = (".xlsx", ".xlsm", ".xls", ".ods")
"""Ends of the names of workbooks."""


@dataclass
class Shelf:
    """What has been read and is still wanted. ``wanted``: file -> how many tables have not been made from it yet."""

    wanted: Counter[Path]
    _books: dict[Path, CalamineWorkbook] = field(default_factory=dict)
    _grids: dict[tuple[Path, str], Grid] = field(default_factory=dict)

    @classmethod
    def of(cls, files: Mapping[str, Iterable[tuple[Any, Any]]]) -> Shelf:
        """A shelf for the files of each table; what is no file (a table of a database) does not lie on it."""
        return cls(Counter(path for entries in files.values() for path, _ in entries if isinstance(path, Path)))

    def take(self, path: Path, name: str, sheet: str) -> Grid:
        """Cells of a CSV file, or of one sheet of a workbook, for the next of its tables.

        Raises:
            RecordsError: it cannot be read.
        """
        self.wanted[path] -= 1
        book = self._book(path, name)
        key = (path, sheet_name(book, sheet) if book else "")
        grid = self._grids.get(key)
        if grid is None:
            grid = sheet_grid(book, name, sheet) if book else text_grid(path, name)
        self._grids[key] = grid
        if self.wanted[path] <= 0:
            self._books.pop(path, None)
            self._grids = {key: kept for key, kept in self._grids.items() if key[0] != path}
        return grid

    def _book(self, path: Path, name: str) -> CalamineWorkbook | None:
        if path.suffix.casefold() not in BOOKS:
            return None
        if path not in self._books:
            self._books[path] = open_book(path, name)
        return self._books[path]
