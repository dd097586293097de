"""How much a sheet makes its reader hold, told from its packed text: the rectangle its cells span, and its shared texts.

A reader of workbooks holds every cell of the rectangle between the first and the last one, and a copy of a shared text for
each cell that names it, so a few kilobytes may ask for terabytes.
"""

from __future__ import annotations

import re

import numpy as np

from pkh_graduation.records.odd_sheets import column_number

_TAG = re.compile(rb"<(?:[^\s<>\"'/:]+:)?(?:c|row)[\s/>]")
_PLACE = re.compile(rb"[^\w:.\-]r\s*=")
_FIRST = re.compile(rb'<(?:[^\s<>"\'/:]+:)?(?:c|row) r="')
"""A cell or row; anything that could be its place; a cell or row that begins with its place."""
_FAR = re.compile(rb' r="(?![A-Za-z]?[0-9]{1,6}")')
_USUAL = re.compile(rb' r="([A-Za-z]{0,3})([0-9]{1,7})"')
"""Places of more than one letter and six digits; all places that a sheet can have."""
_PREFIXED = re.compile(rb":(?:c|row)[\s/>]")
_SPACES = (b"\t", b"\n", b"\r", b"r =")
_NAMES_SHARED = re.compile(rb"""\bt\s*=\s*["']s["'][^>]*>\s*<(?:\w+:)?v[^>]*>\s*(\d{1,9})""")
_SHARED = re.compile(rb"<(?:\w+:)?si\b")
_LONGEST_TAG = 1 << 26
_PLAIN_ROWS, _PLAIN_COLUMNS = 999_999, 26


class Rectangle:
    """The rectangle of a sheet's cells, seen piece by piece (``rows`` times ``columns``).

    Pieces that name only columns of one letter and rows of at most six digits need no closer look. ``odd``: some cell, row or
    place is not written as all usual writers do, so that only a reader of XML can be sure (`odd_sheets`).
    """

    def __init__(self) -> None:
        self.rows = self.columns = 0
        self.odd = False
        self._tail = b""

    @property
    def cells(self) -> int:
        """Cells of the rectangle; an upper bound where no closer look was needed."""
        return self.rows * self.columns

    def see(self, piece: bytes) -> None:
        """Look at the next piece of the sheet's text."""
        text = self._tail + piece
        end = text.rfind(b">") + 1
        text, self._tail = text[:end], text[end:]
        self.odd = self.odd or len(self._tail) > _LONGEST_TAG
        places = None if self.odd else _places(text)
        if places is None:
            self.odd = True
        elif places and not _FAR.search(text):
            self._reach(_PLAIN_ROWS, _PLAIN_COLUMNS)
        elif places:
            usual = _USUAL.findall(text)
            self.odd = len(usual) != places
            for letters, digits in set(usual):
                self._reach(int(digits), column_number(letters.decode()))

    def _reach(self, row: int, column: int) -> None:
        self.rows, self.columns = max(self.rows, row), max(self.columns, column)


def _places(text: bytes) -> int | None:
    """How many cells and rows there are, if each begins with its place and nothing else could be a place; else None.

    Counting short words is ten times as fast as taking places out; where it cannot tell, places are taken out.
    """
    cells, rows = text.count(b'<c r="'), text.count(b'<row r="')
    if (
        text.count(b"<c") == cells
        and text.count(b"<row") == rows
        and text.count(b"r=") == cells + rows
        and not any(space in text for space in _SPACES)
        and not _PREFIXED.search(text)
    ):
        return cells + rows
    places = len(_PLACE.findall(text))
    return places if places == len(_TAG.findall(text)) == len(_FIRST.findall(text)) else None


class SharedTexts:
    """Sizes of the shared texts of a workbook, and how often sheets name each, seen piece by piece."""

    def __init__(self) -> None:
        self._size = 0
        self._starts: list[int] = []
        self._named = np.zeros(0, dtype=np.int64)
        self._tail = b""

    def see_texts(self, piece: bytes) -> None:
        """Look at the next piece of the table of shared texts."""
        text = self._tail + piece
        offset = self._size - len(self._tail)
        self._starts += [offset + found.start() for found in _SHARED.finditer(text) if found.end() > len(self._tail)]
        self._size += len(piece)
        self._tail = text[-8:]

    def see_sheet(self, text: bytes) -> None:
        """Look at the next piece of a sheet, with what must overlap."""
        places = np.array(_NAMES_SHARED.findall(text), dtype=np.int64)
        places = places[places < len(self._starts)]
        counted = np.bincount(places, minlength=len(self._starts))
        self._named = counted if not len(self._named) else self._named + counted

    @property
    def longest(self) -> int:
        """Bytes of the longest shared text."""
        return int(self._lengths().max(initial=0))

    @property
    def copied(self) -> int:
        """Bytes of all copies of shared texts that the sheets ask for."""
        return int((self._lengths() * self._named).sum()) if len(self._named) else 0

    def _lengths(self) -> np.ndarray:
        return np.diff(np.array([*self._starts, self._size], dtype=np.int64)) if self._starts else np.zeros(0, np.int64)
