"""Reader of CSV files as people make them: ``;`` or ``,``, ``sep=`` line, byte order mark, any line end, stray quotes."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Iterator
from pathlib import Path

from pkh_graduation.records.layout import Line, lay_out
from pkh_graduation.records.raw import RawPart

_MARKS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16", b"\xef\xbb\xbf": "utf-8-sig"}
_DELIMITERS = (";", ",", "\t", "|")


def read_delimited(path: Path, name: str, expected: Collection[str]) -> RawPart:
    """Read a CSV file as text; no line is lost: what is no data row is in ``broken``.

    Raises:
        RecordsError: the file has no header that is known, or a header occurs twice.
    """
    text, encoding = decode(path.read_bytes())
    text, announced = _announced(text)
    delimiter = announced or find_delimiter(text)
    part = lay_out(name, _lines(text, delimiter, first=2 if announced else 1), expected)
    if encoding == "cp1252":
        notice = f"{name}: bukan UTF-8; dibaca sebagai Windows-1252."
        return RawPart(part.name, part.table, part.rows, part.broken, (*part.notices, notice))
    return part


def text_lines(path: Path) -> Iterator[Line]:
    """Cells of a CSV file line by line, for a layout that is no plain table."""
    text, announced = _announced(decode(path.read_bytes())[0])
    return _lines(text, announced or find_delimiter(text), first=2 if announced else 1)


def decode(data: bytes) -> tuple[str, str]:
    """Text of a file and the encoding it was in: the byte order mark decides, then UTF-8, then Windows-1252."""
    encoding = next((name for mark, name in _MARKS.items() if data.startswith(mark)), "utf-8")
    try:
        return data.decode(encoding), encoding
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace"), "cp1252"


def _announced(text: str) -> tuple[str, str]:
    """The text without its ``sep=`` line, and the delimiter that line announces."""
    if text[:4].casefold() == "sep=" and len(text) > 4:
        _, _, rest = text.partition("\n")
        return rest, text[4]
    return text, ""


def find_delimiter(text: str) -> str:
    """The delimiter that splits the first lines most, counted outside quotes.

    >>> find_delimiter('nama;alamat\\n"a, b, c";"d, e, f"')
    ';'
    """
    start = "".join(text.splitlines(keepends=True)[:10]).split('"')
    outside = "".join(start[::2])
    counts = {delimiter: outside.count(delimiter) for delimiter in _DELIMITERS}
    best = max(counts, key=lambda delimiter: counts[delimiter])
    return best if counts[best] else ","


def _lines(text: str, delimiter: str, first: int) -> Iterator[Line]:
    """Cells line by line. What follows an error of the reader is one broken line that stands for all the rest."""
    total = text.count("\n") + (not text.endswith("\n"))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    number, seen = first - 1, 0
    while True:
        try:
            cells = next(reader, None)
        except csv.Error:
            yield number + 1, (), max(total - seen, 2)
            return
        if cells is None:
            return
        number += 1
        physical, seen = reader.line_num - seen, reader.line_num
        if cells:
            yield number, cells, physical
