"""Sheets whose cells say their places in no usual way, or not at all: read as XML, tag by tag, which is slow but misses nothing."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from xml.parsers import expat

_PLACE = re.compile(r"([A-Za-z]{0,3})([0-9]{1,7})")


class Tags(ABC):
    """A sheet's text read tag by tag, piece by piece, and the rectangle of its cells (``rows`` times ``columns``).

    ``damaged``: the text is no XML (a place said twice is none), or declares names of its own.
    """

    def __init__(self) -> None:
        self.rows = self.columns = 0
        self.damaged = False
        self._parser = expat.ParserCreate()
        self._parser.StartElementHandler = self._open
        self._parser.EndElementHandler = self._close
        self._parser.StartDoctypeDeclHandler = self._declare

    @property
    def cells(self) -> int:
        """Cells of the rectangle."""
        return self.rows * self.columns

    def see(self, piece: bytes) -> None:
        """Look at the next piece of the sheet's text."""
        if not self.damaged:
            try:
                self._parser.Parse(piece, False)
            except (expat.ExpatError, LookupError, ValueError):  # the last two: an encoding that is none
                self.damaged = True

    def _declare(self, *_: object) -> None:
        self.damaged = True

    @abstractmethod
    def _open(self, tag: str, attributes: dict[str, str]) -> None:
        """Each kind of sheet has tags of its own."""

    def _close(self, tag: str) -> None:
        """A sheet of XLSX says all when its tags open."""
        return


class Places(Tags):
    """A sheet of XLSX. A cell or row that says no place stands after the one before it; a place that is none is damage."""

    def __init__(self) -> None:
        super().__init__()
        self._row = self._column = 0

    def _open(self, tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition(":")[2]
        if name not in ("c", "row"):
            return
        said = attributes.get("r")
        found = _PLACE.fullmatch(said) if said is not None else None
        self.damaged = self.damaged or (said is not None and found is None)
        if name == "row":
            self._row = int(found[2]) if found else self._row + 1
            self._column = 0
            return
        self._column = column_number(found[1]) if found else self._column + 1
        self.rows = max(self.rows, int(found[2]) if found else self._row)
        self.columns = max(self.columns, self._column)


def column_number(letters: str) -> int:
    """Number of a column from 1; 0 without letters.

    >>> column_number("A"), column_number("AB"), column_number("")
    (1, 28, 0)
    """
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - 64
    return number
