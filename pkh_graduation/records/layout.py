"""From lines of cells to a table: where the header is, which lines are no data, columns of text."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import chain, islice

import numpy as np
import pyarrow as pa

from pkh_graduation.records.errors import RecordsError
from pkh_graduation.records.raw import RawPart, Structural

Line = tuple[int, Sequence[str], int]
"""Row number, cells, and how many physical lines it took (more than the cells explain = a broken quote)."""

_LOOKAHEAD = 25
_CHUNK = 50_000
_TOTALS = ("total", "jumlah", "grand total", "sub total", "subtotal")


def header_name(text: str) -> str:
    """A header in the form in which headers are compared.

    >>> header_name(" Nama Pengurus ")
    'nama_pengurus'
    """
    return "_".join(text.strip().casefold().split())


def lay_out(name: str, lines: Iterable[Line], expected: Collection[str]) -> RawPart:
    """Find the header among the first lines, set aside what is no data row, and keep the rest as columns of text.

    ``expected``: headers that a header line may hold; the first line with most of them is the header.

    Raises:
        RecordsError: no line looks like a header, or a header occurs twice.
    """
    stream = iter(lines)
    start = list(islice(stream, _LOOKAHEAD))
    position = _find_header(name, [cells for _, cells, _ in start], expected)
    header = _clean_header(name, start[position][1])
    notices = (f"{name}: {position} baris di atas kepala tabel dilewati.",) if position else ()
    rows, columns, broken = _collect(chain(start[position + 1 :], stream), header)
    return RawPart(name, pa.table(columns, names=header), rows, tuple(broken), notices)


def _find_header(name: str, lines: Sequence[Sequence[str]], expected: Collection[str]) -> int:
    hits = [len({header_name(cell) for cell in cells} & set(expected)) for cells in lines]
    if not hits:
        raise RecordsError(f"{name} is empty. Export it again with its header line, or take it out of the folder.")
    best = max(hits)
    if best == 0:
        raise RecordsError(
            f"{name}: none of the first {len(lines)} lines holds a known column name. Check the delimiter and the header, "
            "or name the columns in a mapping (--mapping)."
        )
    return hits.index(best)


def _clean_header(name: str, cells: Sequence[str]) -> list[str]:
    header = [header_name(cell) or f"kolom_{i}" for i, cell in enumerate(cells, start=1)]
    while header and header[-1] == f"kolom_{len(header)}":
        header.pop()
    twice = sorted({column for column in header if header.count(column) > 1})
    if twice:
        raise RecordsError(f"{name}: columns {twice} occur twice in the header. Rename or remove one of each.")
    return header


def _collect(
    lines: Iterator[Line], header: Sequence[str]
) -> tuple[np.ndarray, list[pa.ChunkedArray], list[Structural]]:
    numbers: list[int] = []
    broken: list[Structural] = []
    chunks: list[list[pa.Array]] = [[] for _ in header]
    block: list[Sequence[str]] = []
    hidden = 0
    for count, cells, physical in lines:
        # A line that swallowed others stands for them: the next one is counted after all of them.
        number = count + hidden
        problem = _problem(number, cells, physical, header)
        if problem:
            broken.append(problem)
            hidden += problem.rows - 1
            continue
        numbers.append(number)
        block.append(cells if len(cells) == len(header) else cells[: len(header)])
        if len(block) == _CHUNK:
            _flush(block, chunks)
    _flush(block, chunks)
    columns = [pa.chunked_array(parts, type=pa.large_string()) for parts in chunks]
    return np.array(numbers, dtype=np.int64), columns, broken


def _flush(block: list[Sequence[str]], chunks: list[list[pa.Array]]) -> None:
    if block:
        for parts, column in zip(chunks, zip(*block, strict=True), strict=True):
            parts.append(pa.array(column, type=pa.large_string()))
    block.clear()


def _problem(number: int, cells: Sequence[str], physical: int, header: Sequence[str]) -> Structural | None:
    """What makes a line no data row, or None."""
    width = len(header)
    if physical > 1 and (len(cells) != width or _swallowed(cells, width)):
        return Structural(number, "kutip_rusak", f"{physical} baris berkas", physical)
    first = next((cell for cell in cells if cell and not cell.isspace()), "")
    if not first:
        return Structural(number, "baris_kosong")
    if len(cells) < width:
        return Structural(number, "baris_pendek", f"{len(cells)} kolom, seharusnya {width}")
    if len(cells) > width and any(cell.strip() for cell in cells[width:]):
        return Structural(number, "baris_panjang", f"{len(cells)} kolom, seharusnya {width}")
    word = first[:16].strip().casefold()
    if word.startswith(_TOTALS) and 2 * sum(not cell.strip() for cell in cells) >= len(cells):
        return Structural(number, "baris_jumlah")
    if cells[0].strip().casefold()[:3] == header[0][:3] and 2 * sum(map(_same, cells, header)) > width:
        return Structural(number, "kepala_terulang")
    return None


def _same(cell: str, column: str) -> bool:
    return header_name(cell) == column


def _swallowed(cells: Sequence[str], width: int) -> bool:
    """Whether a cell with a line break holds as many delimiters as a line: two stray quotes in one column hide lines so."""
    broken = (cell for cell in cells if "\n" in cell)
    return any(max(cell.count(mark) for mark in ",;\t|") >= max(width - 1, 2) for cell in broken)
