"""Reader of CSV files as people make them: ``;`` or ``,``, ``sep=`` line, byte order mark, any line end, stray quotes.

Lines that are alike and sound are split all at once by pyarrow; what is left (another number of cells, quotes that do not fit)
is read line by line with the rules of the module `csv`, so that a stray quote costs the lines it swallows and no more.
"""

from __future__ import annotations

import codecs
import csv
import re
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv

from pkh_graduation.records.errors import RecordsError
from pkh_graduation.records.grid import START, Grid, Line
from pkh_graduation.records.layout import lay_out
from pkh_graduation.records.limits import MAX_LINE
from pkh_graduation.records.raw import RawPart, Structural

_MARKS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16", b"\xef\xbb\xbf": "utf-8-sig"}
_DELIMITERS = (";", ",", "\t", "|")
_ANNOUNCED = re.compile(r"sep=([;,\t|:^~])[^\r\n]{0,8}(?:\r\n|\r|\n)", re.IGNORECASE)
_PACKED = {b"PK\x03\x04": "ZIP", b"\x1f\x8b": "GZIP", b"\xd0\xcf\x11\xe0": "Excel 97", b"%PDF": "PDF"}
_PROBE = 65_536
_BLOCK = 8 << 20
_QUOTE, _FEED, _RETURN = ord('"'), ord("\n"), ord("\r")


def read_delimited(path: Path, name: str, expected: Collection[str]) -> RawPart:
    """Read a CSV file as text; no line is lost: what is no data row is in ``broken``.

    Raises:
        RecordsError: the file cannot be read or is no text, has no header that is known, or a header occurs twice.
    """
    return lay_out(name, text_grid(path, name), expected)


def text_grid(path: Path, name: str) -> Grid:
    """Cells of a CSV file.

    Raises:
        RecordsError: the file cannot be read, or is no text.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise RecordsError(
            f"{name} cannot be read ({type(error).__name__}). Check its permissions and the disk."
        ) from error
    kind = next((kind for mark, kind in _PACKED.items() if data.startswith(mark)), "")
    if kind:
        raise RecordsError(
            f"{name} is a file of kind {kind} under the name of a CSV. Unpack it, or save it again as CSV."
        )
    text, encoding = decode(data)
    announced = _ANNOUNCED.match(text)
    if announced:
        text = text[announced.end() :]
    delimiter = announced[1] if announced else find_delimiter(text)
    notices = (f"{name}: bukan UTF-8; dibaca sebagai Windows-1252.",) if encoding == "cp1252" else ()
    return _grid(_Lines.of(text), delimiter, 2 if announced else 1, notices)


def decode(data: bytes) -> tuple[str, str]:
    """Text of a file and the encoding it was in: the byte order mark decides, then UTF-8, then Windows-1252.

    Text of two bytes a character without a mark is known by its zero bytes.
    """
    encoding = next((name for mark, name in _MARKS.items() if data.startswith(mark)), "")
    if not encoding:
        probe = np.frombuffer(data[: _PROBE & ~1], dtype=np.uint8)
        zero = [int(np.count_nonzero(probe[place::2] == 0)) for place in (0, 1)]
        wide = max(zero) * 5 > len(probe) and min(zero) * 20 < max(zero)
        encoding = ("utf-16-be" if zero[0] > zero[1] else "utf-16-le") if wide else "utf-8"
    if encoding.startswith("utf-16"):
        return data.decode(encoding, errors="replace"), encoding
    try:
        return data.decode(encoding), encoding
    except UnicodeDecodeError:
        data = data.removeprefix(codecs.BOM_UTF8)
        return data.decode("cp1252", errors="replace"), "cp1252"


def find_delimiter(text: str) -> str:
    """The delimiter that splits the first lines most, counted outside quotes.

    >>> find_delimiter('nama;alamat\\n"a, b, c";"d, e, f"')
    ';'
    """
    start = "".join(text[:_PROBE].splitlines(keepends=True)[:10]).split('"')
    outside = "".join(start[::2])
    counts = {delimiter: outside.count(delimiter) for delimiter in _DELIMITERS}
    best = max(counts, key=lambda delimiter: counts[delimiter])
    return best if counts[best] else ","


@dataclass(frozen=True)
class _Lines:
    """A text as bytes and where its physical lines start and end; line i is ``data[starts[i]:ends[i]]`` without its line end."""

    data: bytes
    starts: np.ndarray
    ends: np.ndarray

    @classmethod
    def of(cls, text: str) -> _Lines:
        data = text.encode("utf-8", errors="replace")
        array = np.frombuffer(data, dtype=np.uint8)
        feeds = np.flatnonzero(array == _FEED)
        returns = np.flatnonzero(array == _RETURN) if b"\r" in data else feeds[:0]
        paired = returns[np.isin(returns + 1, feeds, assume_unique=True)]
        lone = np.setdiff1d(returns, paired, assume_unique=True)
        after = np.sort(np.concatenate([feeds, lone])) + 1
        starts = np.concatenate([[0], after])
        starts = starts[starts < len(data)].astype(np.int64)
        ends = np.concatenate([after[: len(starts)] - 1, [len(data)]])[: len(starts)].astype(np.int64)
        ends = ends - np.isin(ends - 1, paired, assume_unique=True)
        return cls(data, starts, ends)

    def __len__(self) -> int:
        return len(self.starts)

    def text(self, first: int) -> Iterator[str]:
        """Lines from one on, with their line ends."""
        for i in range(first, len(self.starts)):
            end = self.starts[i + 1] if i + 1 < len(self.starts) else len(self.data)
            yield self.data[self.starts[i] : end].decode("utf-8")


def _grid(lines: _Lines, delimiter: str, first: int, notices: tuple[str, ...]) -> Grid:
    too_long = lines.ends - lines.starts > MAX_LINE
    whole = np.ones(len(lines), dtype=bool)
    start, reached = _one_by_one(lines, delimiter, 0, len(lines), START, whole, too_long)
    widths = Counter(len(line[1]) for _, line in start if not isinstance(line, Structural))
    width = widths.most_common(1)[0][0] if widths else 0
    alike = _alike(lines, delimiter, width) & ~too_long
    alike[:reached] = False
    odd = []
    place = reached
    blank = lines.ends == lines.starts
    asked = np.flatnonzero(~alike & ~blank)
    while (at := np.searchsorted(asked, place)) < len(asked):
        begin = int(asked[at])
        found, place = _one_by_one(lines, delimiter, begin, begin + 1, len(lines), whole, too_long)
        alike[begin:place] = False
        odd += found
    # A line that an open quote swallowed is no row of its own; every other physical line, also an empty one, has a number.
    numbers = np.cumsum(whole) + (first - 1)
    columns = _split(lines, np.flatnonzero(alike), delimiter, width)
    return Grid(
        [_numbered(line, numbers[i]) for i, line in start],
        columns,
        numbers[alike].astype(np.int64),
        [_numbered(line, numbers[i]) for i, line in odd],
        notices,
    )


Found = tuple[int, Line | Structural]


def _numbered(line: Line | Structural, number: int) -> Line | Structural:
    if isinstance(line, Structural):
        return Structural(int(number), line.rule, line.detail, line.rows)
    return int(number), line[1], line[2]


def _one_by_one(
    lines: _Lines, delimiter: str, begin: int, end: int, most: int, whole: np.ndarray, too_long: np.ndarray
) -> tuple[list[Found], int]:
    """Records that start on the physical lines from ``begin`` up to ``end``, at most ``most``, each with the line it starts on;
    and the first line that was not read. Lines that belong to an earlier record are struck out of ``whole``."""
    found: list[Found] = []
    place = begin
    reader = csv.reader(lines.text(begin), delimiter=delimiter)
    before = 0
    while place < end and len(found) < most:
        if too_long[place]:
            found.append((place, Structural(0, "baris_terlalu_panjang", f"lebih dari {MAX_LINE // 1000} KB")))
            place += 1
            reader, before = csv.reader(lines.text(place), delimiter=delimiter), 0
            continue
        try:
            cells = next(reader, None)
        except csv.Error:
            # What follows an error of the reader is one broken line that stands for all the rest.
            rest = len(lines) - place
            whole[place + 1 :] = False
            found.append((place, Structural(0, "kutip_rusak", f"{rest} baris berkas", rest)))
            return found, len(lines)
        if cells is None:
            break
        took, before = reader.line_num - before, reader.line_num
        if cells:
            found.append((place, (0, cells, took)))
        whole[place + 1 : place + took] = False
        place += took
    return found, place


def _alike(lines: _Lines, delimiter: str, width: int) -> np.ndarray:
    """Mask of the lines with ``width`` cells whose quotes open and close where they should; shape (lines,)."""
    array = np.frombuffer(lines.data, dtype=np.uint8)
    marks = np.flatnonzero(array == ord(delimiter))
    sound = lines.ends > lines.starts
    counts = _inside(marks, lines)
    if b'"' in lines.data:
        quotes = np.flatnonzero(array == _QUOTE)
        sound &= _sound_quotes(lines, array, quotes, delimiter)
        # A delimiter between an odd and an even quote of its line is text; in lines with unsound quotes it does not matter.
        before = np.searchsorted(quotes, marks) - np.repeat(np.searchsorted(quotes, lines.starts), counts)
        counts = _inside(marks[before % 2 == 0], lines)
    return np.asarray(sound & (counts == width - 1))


def _inside(places: np.ndarray, lines: _Lines) -> np.ndarray:
    """How many of some places lie in each line; shape (lines,)."""
    return np.asarray(np.searchsorted(places, lines.ends) - np.searchsorted(places, lines.starts))


def _sound_quotes(lines: _Lines, array: np.ndarray, quotes: np.ndarray, delimiter: str) -> np.ndarray:
    """Mask of the lines in which every odd quote opens a cell (or follows the one it doubles) and every even one closes it."""
    counts = _inside(quotes, lines)
    owner = np.repeat(np.arange(len(lines)), counts)
    order = np.arange(len(quotes)) - np.repeat(np.searchsorted(quotes, lines.starts), counts)
    before = np.where(quotes > lines.starts[owner], array[quotes - 1], _FEED)
    after = np.where(quotes + 1 < lines.ends[owner], array[np.minimum(quotes + 1, len(array) - 1)], _FEED)
    beside = np.where(order % 2 == 0, before, after)
    good = (beside == ord(delimiter)) | (beside == _FEED) | (beside == _QUOTE)
    sound = np.ones(len(lines), dtype=bool)
    sound[owner[~good]] = False
    sound[counts % 2 == 1] = False
    return sound


def _split(lines: _Lines, chosen: np.ndarray, delimiter: str, width: int) -> list[pa.ChunkedArray]:
    if not len(chosen):
        return [pa.chunked_array([], type=pa.large_string())] * width
    names = [str(i) for i in range(width)]
    table = pa_csv.read_csv(
        pa.BufferReader(_gathered(lines, chosen)),
        read_options=pa_csv.ReadOptions(use_threads=False, block_size=_BLOCK, column_names=names),
        parse_options=pa_csv.ParseOptions(delimiter=delimiter, newlines_in_values=False, ignore_empty_lines=False),
        convert_options=pa_csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.large_string()),
            null_values=[], strings_can_be_null=False, quoted_strings_can_be_null=False, check_utf8=False,
        ),
    )  # fmt: skip
    return [table.column(name) for name in names]


def _gathered(lines: _Lines, chosen: np.ndarray) -> pa.Buffer:
    """Bytes of some lines, with their line ends."""
    breaks = np.flatnonzero(np.diff(chosen) != 1)
    firsts = chosen[np.concatenate([[0], breaks + 1])]
    lasts = chosen[np.concatenate([breaks, [len(chosen) - 1]])]
    view = memoryview(lines.data)
    if len(firsts) == 1:
        return pa.py_buffer(view[lines.starts[firsts[0]] : lines.ends[lasts[0]]])
    return pa.py_buffer(b"\n".join(view[a:b] for a, b in zip(lines.starts[firsts], lines.ends[lasts], strict=True)))
