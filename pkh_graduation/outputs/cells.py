"""Cells: rows of a sheet as XML, because a nation's lists are hundreds of millions of cells.

XlsxWriter's own way of writing a cell costs most of a book's time. Every text is an inline string cell; nothing that starts like
a formula, a link or a number is ever one.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from types import MappingProxyType

Cell = str | float | None

LINE_POINTS = 12.5
_LETTERS = [chr(ord("A") + place) for place in range(26)]
_COLUMNS = [*_LETTERS, *(f"A{letter}" for letter in _LETTERS)]
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_ESCAPED = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
_KEPT = 8192
_NARROW = 20
"""Signs on a line below which whole words, not signs, tell how many lines a text takes."""


def row_of(row: int, cells: Sequence[Cell], styles: Sequence[int], height: float | None = None) -> str:
    """One row (from 0): a text, a number or None per column from the first, each with its style. ``height`` in points."""
    number = row + 1
    inner = "".join(
        [
            f'<c r="{column}{number}" {_text(style, cell) if isinstance(cell, str) else figure(style, cell)}'
            for column, style, cell in zip(_COLUMNS, styles, cells, strict=False)
        ]
    )
    return f'<row r="{number}"{_tall(height) if height else ""}>{inner}</row>'


def figure(style: int, cell: float | None) -> str:
    """What follows the place of a number, or of nothing."""
    return f's="{style}"/>' if cell is None else f's="{style}"><v>{cell!r}</v></c>'


class Pen(dict[str, tuple[str, int]]):
    """Writes the texts of one column: text -> what follows the place of its cell, and how many lines it takes there.

    ``room``: signs on a line. Kept, because most texts (desa, dates, bands) stand in a book hundreds of times.
    """

    def __init__(self, style: int, room: float = math.inf) -> None:
        super().__init__()
        self._style, self._room = style, room

    def __missing__(self, text: str) -> tuple[str, int]:
        if len(self) >= _KEPT:
            self.clear()
        made = self[text] = (_inline(self._style, text), _lines(text, self._room))
        return made


class Look:
    """Rows that look alike: per column a pen, or the style of cells that stay empty; at least ``least`` lines high."""

    def __init__(self, columns: Sequence[Pen | int], least: int = 1) -> None:
        self._pens = [column for column in columns if isinstance(column, Pen)]
        self._least = least
        cells = ["%s" if isinstance(column, Pen) else figure(column, None) for column in columns]
        inner = "".join(f'<c r="{place}%s" {cell}' for place, cell in zip(_COLUMNS, cells, strict=False))
        self._form = f'<row r="%s"%s>{inner}</row>'
        self._open = [isinstance(column, Pen) for column in columns]

    def rows(
        self,
        first: int,
        columns: Sequence[Sequence[str]],
        figures: Mapping[int, Sequence[str | None]] = MappingProxyType({}),
    ) -> list[str]:
        """Rows from ``first`` (from 0) on: a column of texts per pen, as many as there are rows.

        ``figures``: place of a pen -> per row the `figure` that its cell shows in the text's stead, or None.
        """
        size = len(columns[0])
        numbers = [str(number) for number in range(first + 1, first + 1 + size)]
        cells, lines = [], [[self._least] * size]
        for place, (pen, texts) in enumerate(zip(self._pens, columns, strict=True)):
            made = [pen[text] for text in texts]
            lines.append([line for _, line in made])
            shown = [cell for cell, _ in made]
            if place in figures:
                shown = [cell if told is None else told for cell, told in zip(shown, figures[place], strict=True)]
            cells.append(shown)
        left = iter(cells)
        places = [column for is_open in self._open for column in ((numbers, next(left)) if is_open else (numbers,))]
        talls = map(_tall_of, map(max, *lines))
        return [self._form % row for row in zip(numbers, talls, *places, strict=True)]


def _lines(text: str, room: float) -> int:
    if len(text) <= room and "\n" not in text:
        return 1
    if room < _NARROW:
        return sum([_wrapped(line, room) for line in text.split("\n")])
    return sum([max(1, math.ceil(len(line) / room)) for line in text.split("\n")])


def _wrapped(line: str, room: float) -> int:
    """Lines that the words of a line take; a word that fits on none is broken."""
    lines, used = 1, 0
    for word in map(len, line.split(" ")):
        if used and used + 1 + word > room:
            lines, used = lines + 1, 0
        over = max(0, math.ceil(word / room) - 1)
        lines, used = lines + over, used + bool(used) + word - int(over * room)
    return lines


@cache
def _tall_of(lines: int) -> str:
    """Spreadsheet programs on phones do not fit rows to wrapped text by themselves."""
    return _tall(min(400.0, (6 if lines > 1 else 3) + LINE_POINTS * lines))


def _tall(height: float) -> str:
    return f' ht="{height:g}" customHeight="1"'


@lru_cache(maxsize=_KEPT)
def _text(style: int, text: str) -> str:
    return _inline(style, text)


def _inline(style: int, text: str) -> str:
    """What follows the place of a text."""
    return f's="{style}" t="inlineStr"><is><t>{_escape(text)}</t></is></c>' if text else f's="{style}"/>'


def _escape(text: str) -> str:
    """Text of XML: markup as text, signs that XML has no word for as U+FFFD."""
    if "&" in text or "<" in text or ">" in text:
        text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    if "_x" in text:
        text = _ESCAPED.sub("_x005F_", text)
    # What can be printed is no control sign: most texts, told at once.
    return text if text.isprintable() else _CONTROL.sub("\ufffd", text)
