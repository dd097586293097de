"""What a file holds before anything is understood: columns of text (or typed Parquet columns) with the row each came from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa


@dataclass(frozen=True)
class Structural:
    """A row that is no data row of its table: its number, how many rows it stands for from there on, rule and detail."""

    row: int
    rule: str
    detail: str = ""
    rows: int = 1


@dataclass(frozen=True)
class RawPart:
    """One file of one table.

    ``table``: columns by header, all text, or typed when the file is Parquet; ``rows``: (n,) row numbers as a spreadsheet shows
    them (first line = 1); ``broken``: rows set aside while reading. Rows in the file = n + sum of ``broken``.
    """

    name: str
    table: pa.Table
    rows: np.ndarray
    broken: tuple[Structural, ...] = ()
    notices: tuple[str, ...] = ()
    settings: dict[str, Any] = field(default_factory=dict)

    @property
    def rows_in(self) -> int:
        """Rows that the file holds."""
        return len(self.rows) + sum(bad.rows for bad in self.broken)
