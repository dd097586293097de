"""Cells of one sheet or CSV file, before anything is known of a header: whole columns where lines agree, single lines where not.

Most lines of a file are alike, and are kept as columns that are looked at all at once. The first lines, and those that
differ from the rest (fewer cells, broken quotes), are kept one by one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice

import numpy as np
import pyarrow as pa

from pkh_graduation.records.raw import Structural

Line = tuple[int, Sequence[str], int]
"""Row number, cells, and how many physical lines it took (more than the cells explain = a broken quote)."""


def cells_of(line: Line | Structural) -> Sequence[str]:
    """Cells of a single line; none where it could not be read."""
    return () if isinstance(line, Structural) else line[1]


START = 100
"""Lines that are kept one by one at the start, where titles and headers stand."""


@dataclass(frozen=True)
class Grid:
    """A sheet. ``start``: its first lines; ``columns``: text columns of the lines that are alike, shape (n,) each, with
    their row ``numbers`` (n,); ``odd``: the lines after the start that are not alike, in the order of their numbers.

    ``notices``: what was noted while reading.
    """

    start: Sequence[Line | Structural]
    columns: Sequence[pa.ChunkedArray] = ()
    numbers: np.ndarray = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    odd: Sequence[Line | Structural] = ()
    notices: tuple[str, ...] = ()

    def cells(self, positions: np.ndarray) -> list[Line]:
        """Some of the lines that are alike, as single lines."""
        if not len(positions):
            return []
        taken = [column.take(pa.array(positions)).to_pylist() for column in self.columns]
        return [(int(n), cells, 1) for n, *cells in zip(self.numbers[positions], *taken, strict=True)]

    def below(self, position: int) -> Iterable[Line | Structural]:
        """Single lines below one of the first, in their order; those that are alike are not among them."""
        return (*self.start[position + 1 :], *self.odd)


def grid_of_columns(columns: Sequence[pa.ChunkedArray], notices: tuple[str, ...] = ()) -> Grid:
    """A sheet whose lines all have the same number of cells; rows are numbered from 1."""
    length = len(columns[0]) if columns else 0
    head = zip(*(column.slice(0, START).to_pylist() for column in columns), strict=True)
    start: list[Line | Structural] = [
        (number, list(cells), 1) for number, cells in enumerate(islice(head, START), start=1)
    ]
    rest = [column.slice(START) for column in columns]
    return Grid(start, rest, np.arange(START + 1, length + 1, dtype=np.int64), (), notices)
