"""How much an ODS sheet makes its reader hold: cells and rows say how often they are repeated, so one line may ask for billions.

Spreadsheets fill the rest of a sheet with one repeated empty cell, which nobody holds; only what says something counts.
"""

from __future__ import annotations

import re

from pkh_graduation.records.odd_sheets import Tags

_CELLS = ("table-cell", "covered-table-cell")
_COUNT = re.compile(r"[0-9]{1,9}")


class Repetitions(Tags):
    """The sheets of an ODS workbook; the rectangle is that of the largest."""

    def __init__(self) -> None:
        super().__init__()
        self._row = self._column = self._width = 0
        self._height = self._widest = 0
        self._times = 1
        self._repeated = 1
        self._says = self._within = False

    def _open(self, tag: str, attributes: dict[str, str]) -> None:
        own = {name.rpartition(":")[2]: value for name, value in attributes.items()}
        name = tag.rpartition(":")[2]
        if name == "table":
            self._row = self._height = self._widest = 0
        elif name == "table-row":
            self._times, self._column, self._width = _count(own.get("number-rows-repeated")), 0, 0
        elif name in _CELLS:
            self._repeated, self._within = _count(own.get("number-columns-repeated")), True
            self._says = "value-type" in own or "formula" in own
        elif self._within:
            self._says = True

    def _close(self, tag: str) -> None:
        name = tag.rpartition(":")[2]
        if name in _CELLS:
            self._column += self._repeated
            self._width = self._column if self._says else self._width
            self._within = self._says = False
        elif name == "table-row":
            self._row += self._times
            self._height = self._row if self._width else self._height
            self._widest = max(self._widest, self._width)
            self._keep()

    def _keep(self) -> None:
        if self._height * self._widest > self.cells:
            self.rows, self.columns = self._height, self._widest


def _count(said: str | None) -> int:
    """How often; at least once, and often enough to be refused where no number is said."""
    if said is None:
        return 1
    return max(int(said), 1) if _COUNT.fullmatch(said) else 10**9
