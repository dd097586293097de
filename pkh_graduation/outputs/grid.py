"""Grid: a worksheet whose rows are handed over whole (`cells`); XlsxWriter makes everything of a workbook but the cells."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from xlsxwriter.worksheet import Worksheet

from pkh_graduation.outputs.cells import Cell, row_of


class Grid(Worksheet):
    """A worksheet of ready rows; page set-up, rules and protection are XlsxWriter's own."""

    def __init__(self) -> None:
        super().__init__()
        self._ready: list[str] = []

    def add_row(self, row: int, cells: Sequence[Cell], styles: Sequence[int], height: float | None = None) -> None:
        """Write one row (from 0, ascending): a text, a number or None per column from the first, each with its style.

        ``styles``: see `style_of`. ``height`` in points.
        """
        self._ready.append(row_of(row, cells, styles, height))
        self._reach(row, len(cells) - 1)

    def stand_in(self, mark: str, last: int, width: int) -> None:
        """Put a mark where all rows will stand: up to row ``last`` (from 0), ``width`` columns wide."""
        self._ready = [mark]
        self._reach(0, 0)
        self._reach(last, width - 1)

    def _reach(self, row: int, column: int) -> None:
        if self._check_dimensions(row, column):
            raise ValueError(f"a worksheet has no row {row + 1} of {column + 1} cells.")
        self.dim_colmin = 0

    def _write_rows(self) -> None:
        self.fh.write("".join(self._ready))


def style_of(style: Any) -> int:
    """Number of one of the workbook's formats, for `Grid.add_row`."""
    number: int = style._get_xf_index()
    return number
