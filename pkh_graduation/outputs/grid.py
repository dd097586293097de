"""Grid: a worksheet whose rows are handed over whole, because a nation's lists are hundreds of millions of cells.

XlsxWriter makes everything of a workbook but the cells, which its own way of writing costs most of the time. Every text is an
inline string cell; nothing that starts like a formula, a link or a number is ever one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from xlsxwriter.worksheet import Worksheet

Cell = str | float | None

_LETTERS = [chr(ord("A") + place) for place in range(26)]
_COLUMNS = [*_LETTERS, *(f"A{letter}" for letter in _LETTERS)]
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_ESCAPED = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")


class Grid(Worksheet):
    """A worksheet of ready rows; page set-up, rules and protection are XlsxWriter's own."""

    def __init__(self) -> None:
        super().__init__()
        self._ready: list[str] = []

    def add_row(self, row: int, cells: Sequence[Cell], styles: Sequence[int], height: float | None = None) -> None:
        """Write one row (from 0, ascending): a text, a number or None per column from the first, each with its style.

        ``styles``: see `style_of`. ``height`` in points.
        """
        number = row + 1
        tall = f' ht="{height:g}" customHeight="1"' if height else ""
        inner = "".join(
            [
                f'<c r="{column}{number}" {_text(style, cell) if isinstance(cell, str) else _other(style, cell)}'
                for column, style, cell in zip(_COLUMNS, styles, cells, strict=False)
            ]
        )
        self._ready.append(f'<row r="{number}"{tall}>{inner}</row>')
        if self._check_dimensions(row, len(cells) - 1):
            raise ValueError(f"a worksheet has no row {number} of {len(cells)} cells.")
        self.dim_colmin = 0

    def _write_rows(self) -> None:
        self.fh.write("".join(self._ready))


def style_of(style: Any) -> int:
    """Number of one of the workbook's formats, for `Grid.add_row`."""
    number: int = style._get_xf_index()
    return number


@lru_cache(maxsize=16_384)
def _text(style: int, text: str) -> str:
    """What follows the place of a text; kept, because most texts (desa, dates, bands) stand in a book hundreds of times."""
    return f's="{style}" t="inlineStr"><is><t>{_escape(text)}</t></is></c>' if text else f's="{style}"/>'


def _other(style: int, cell: Cell) -> str:
    """What follows the place of a number, or of nothing."""
    return f's="{style}"/>' if cell is None else f's="{style}"><v>{cell!r}</v></c>'


def _escape(text: str) -> str:
    """Text of XML: markup as text, signs that XML has no word for as U+FFFD."""
    if "&" in text or "<" in text or ">" in text:
        text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    if "_x" in text:
        text = _ESCAPED.sub("_x005F_", text)
    return _CONTROL.sub("\ufffd", text) if _CONTROL.search(text) else text
