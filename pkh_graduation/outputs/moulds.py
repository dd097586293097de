"""Moulds: a workbook without its rows, made by XlsxWriter once for all the books that differ in their rows alone.

What depends on the rows is a stand-in: one mark where they will stand, and a number that nothing else in the book has for each
number that follows from them.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, NamedTuple

from pkh_graduation.outputs.packing import Packed, archive, packed

LAST, LAST_RULED = 999_983, 999_979
"""Stand-ins: the last row (from 1) of a sheet, and the last one that its rules are for."""
HIGHEST = 0.987654321123
"""Stand-in for the longest bar."""
_MARK = "<row/>"
_STAND_IN = re.compile(rf'(?<=[A-Z])(?:{LAST}|{LAST_RULED})(?=["<])|{re.escape(str(HIGHEST))}')


class Sheet(NamedTuple):
    """A sheet to be: its name, its columns, and what sets everything up but its rows."""

    name: str
    width: int
    set_up: Callable[[Any], None]


class Filling(NamedTuple):
    """Rows of one sheet, the number of the last one (from 1), and what stands in the place of the other stand-ins, if any."""

    rows: Sequence[str]
    last: int
    told: Mapping[float, float] = MappingProxyType({})


@dataclass(frozen=True)
class Mould:
    """Members of the book in their order; of a sheet, what stands above and below its rows."""

    members: tuple[Packed | tuple[str, str, str], ...]

    def pour(self, fillings: Sequence[Filling]) -> bytes:
        """The book with these rows, a filling per sheet in their order."""
        left = iter(fillings)
        return archive(
            member if isinstance(member, Packed) else _filled(*member, next(left)) for member in self.members
        )


def make_mould(book: Any, buffer: io.BytesIO, sheets: Sequence[Sheet]) -> Mould:
    """Close an open book (`books.open_book`) with these sheets and keep what is the same whatever their rows."""
    from pkh_graduation.outputs.books import add_sheet

    for name, width, set_up in sheets:
        sheet = add_sheet(book, name)
        set_up(sheet)
        sheet.stand_in(_MARK, LAST - 1, width)
    book.close()
    with zipfile.ZipFile(buffer) as made:
        return Mould(tuple(_member(name, made.read(name)) for name in made.namelist()))


def _member(name: str, content: bytes) -> Packed | tuple[str, str, str]:
    above, mark, below = content.decode().partition(_MARK)
    return (name, above, below) if mark else packed(name, content)


def _filled(name: str, above: str, below: str, filling: Filling) -> Packed:
    told = {str(stand_in): str(value) for stand_in, value in {LAST: filling.last, **filling.told}.items()}
    above, below = (_STAND_IN.sub(lambda found: told[found[0]], text) for text in (above, below))
    return packed(name, "".join([above, *filling.rows, below]).encode())
