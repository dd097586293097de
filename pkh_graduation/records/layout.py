"""From the cells of a sheet to a table: where the header is, which lines are no data, columns of text.

Lines that are alike are looked at all at once: a coarse question finds the few that may be no data row, and only those
are judged one by one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pkh_graduation.records.errors import RecordsError
from pkh_graduation.records.grid import Grid, cells_of
from pkh_graduation.records.headers import header_name, shown_headers
from pkh_graduation.records.limits import MAX_COLUMNS
from pkh_graduation.records.raw import RawPart, Structural

_LOOKAHEAD = 25
_TOTALS = ("total", "jumlah", "grand total", "sub total", "subtotal")


def lay_out(name: str, grid: Grid, expected: Collection[str]) -> RawPart:
    """Find the header among the first lines, set aside what is no data row, and keep the rest as columns of text.

    ``expected``: headers that a header line may hold; the first line with most of them is the header.

    Raises:
        RecordsError: no line looks like a header, a header occurs twice, or there are too many columns.
    """
    position = _find_header(name, grid, expected)
    header = _clean_header(name, cells_of(grid.start[position]), expected)
    notices = (f"{name}: {position} baris di atas kepala tabel dilewati.",) if position else ()
    singles, broken, shifts = _judge_singles(grid, position, header)
    numbers, columns, more = _judge_columns(grid, header, shifts)
    pieces = [
        (np.array([n for n, _ in singles], dtype=np.int64), _columns_of(singles, len(header))),
        (numbers, columns),
    ]
    rows, merged = in_order(pieces)
    ordered = sorted([*broken, *more], key=lambda bad: bad.row)
    return RawPart(name, pa.table(merged, names=header), rows, tuple(ordered), (*grid.notices, *notices))


def _find_header(name: str, grid: Grid, expected: Collection[str]) -> int:
    lines = [cells_of(line) for line in grid.start[:_LOOKAHEAD]]
    wanted = set(expected)
    hits = [len({header_name(cell) for cell in cells[:MAX_COLUMNS]} & wanted) for cells in lines]
    if not hits:
        raise RecordsError(f"{name} is empty. Export it again with its header line, or take it out of the folder.")
    best = max(hits)
    if best == 0:
        raise RecordsError(
            f"{name}: none of the first {len(lines)} lines holds a known column name. Check the delimiter and the header, "
            "or name the columns in a mapping (--mapping)."
        )
    return hits.index(best)


def _clean_header(name: str, cells: Sequence[str], expected: Collection[str]) -> list[str]:
    header = [header_name(cell) or f"kolom_{i}" for i, cell in enumerate(cells, start=1)]
    while header and header[-1] == f"kolom_{len(header)}":
        header.pop()
    if len(header) > MAX_COLUMNS:
        raise RecordsError(
            f"{name} has {len(header)} columns; at most {MAX_COLUMNS} are read. Export only the columns that are needed."
        )
    require_distinct(name, header, expected)
    return header


def require_distinct(name: str, header: Sequence[str], expected: Collection[str]) -> None:
    """Refuse a header in which a column occurs twice.

    Raises:
        RecordsError: one does; named as far as it may be shown.
    """
    counts = Counter(header)
    twice = sorted(column for column in counts if counts[column] > 1)
    if twice:
        shown = shown_headers(twice, header, expected)
        raise RecordsError(f"{name}: columns [{shown}] occur twice in the header. Rename or remove one of each.")


Row = tuple[int, Sequence[str]]


def _judge_singles(
    grid: Grid, position: int, header: Sequence[str]
) -> tuple[list[Row], list[Structural], tuple[np.ndarray, np.ndarray]]:
    """Data rows and broken ones among the single lines, and by how much the rows below each broken one are counted on."""
    width = len(header)
    kept: list[Row] = []
    broken: list[Structural] = []
    hidden = 0
    places: list[int] = []
    amounts: list[int] = []
    for line in grid.below(position):
        # A line that swallowed others stands for them: the next one is counted after all of them.
        if isinstance(line, Structural):
            problem: Structural | None = Structural(line.row + hidden, line.rule, line.detail, line.rows)
        else:
            number, cells, physical = line
            problem = _problem(number + hidden, cells, physical, header)
        if problem is None:
            kept.append((number + hidden, cells[:width]))
            continue
        broken.append(problem)
        if problem.rows > 1:
            hidden += problem.rows - 1
            places.append(problem.row - hidden + problem.rows - 1)
            amounts.append(hidden)
    return kept, broken, (np.array(places, dtype=np.int64), np.array([0, *amounts], dtype=np.int64))


def _judge_columns(
    grid: Grid, header: Sequence[str], shifts: tuple[np.ndarray, np.ndarray]
) -> tuple[np.ndarray, list[pa.ChunkedArray], list[Structural]]:
    places, amounts = shifts
    numbers = grid.numbers + amounts[np.searchsorted(places, grid.numbers)]
    asked = _suspects(grid.columns, header)
    broken, bad = [], []
    for position, (_, cells, physical) in zip(asked, grid.cells(asked), strict=True):
        problem = _problem(int(numbers[position]), cells, physical, header)
        if problem is not None:
            broken.append(problem)
            bad.append(position)
    if not len(numbers) or len(grid.columns) < len(header):
        return numbers[:0], [pa.chunked_array([], type=pa.large_string())] * len(header), broken
    columns = list(grid.columns[: len(header)])
    if bad:
        kept = np.ones(len(numbers), dtype=bool)
        kept[bad] = False
        columns = [column.filter(pa.array(kept)) for column in columns]
        numbers = numbers[kept]
    return numbers, columns, broken


def _columns_of(rows: Sequence[Row], width: int) -> list[pa.ChunkedArray]:
    by_column = zip(*(cells for _, cells in rows), strict=True) if rows else ([] for _ in range(width))
    return [pa.chunked_array([pa.array(column, type=pa.large_string())]) for column in by_column]


def in_order(
    pieces: Sequence[tuple[np.ndarray, Sequence[pa.ChunkedArray]]],
) -> tuple[np.ndarray, list[pa.ChunkedArray]]:
    """Pieces of one table (row numbers, columns) put together in the order of their rows; rows of one number stay as they come."""
    numbers = np.concatenate([rows for rows, _ in pieces])
    joined = [
        pa.chunked_array([chunk for _, columns in pieces for chunk in columns[i].chunks], type=pa.large_string())
        for i in range(len(pieces[0][1]))
    ]
    if (np.diff(numbers) >= 0).all():
        return numbers, joined
    order = np.argsort(numbers, kind="stable")
    return numbers[order], [column.take(pa.array(order)) for column in joined]


def _suspects(columns: Sequence[pa.ChunkedArray], header: Sequence[str]) -> np.ndarray:
    """Positions that may be no data rows: more cells than the header, too few of them filled, or the header again."""
    length = len(columns[0]) if columns else 0
    width = len(header)
    if len(columns) < width or not length:
        return np.arange(length)
    suspect = np.zeros(length, dtype=bool)
    for column in columns[width:]:
        suspect |= ~_blank(column)
    empty = [_blank(column) for column in columns]
    sparse = np.flatnonzero(2 * np.sum(empty, axis=0) >= len(columns))
    if len(sparse):
        suspect[sparse[_says_total(columns, empty, sparse)]] = True
    repeated = np.flatnonzero(_starts(columns[0], header[0][:3]))
    if len(repeated):
        rows = pa.array(repeated)
        same = sum(_starts(column.take(rows), name[:1]) for column, name in zip(columns, header, strict=False))
        suspect[repeated[2 * same > width]] = True
    return np.flatnonzero(suspect)


def _says_total(columns: Sequence[pa.ChunkedArray], empty: Sequence[np.ndarray], rows: np.ndarray) -> np.ndarray:
    """Mask of the rows whose first filled cell speaks of a total, or that have none."""
    found = np.zeros(len(rows), dtype=bool)
    left = np.arange(len(rows))
    for column, blank in zip(columns, empty, strict=True):
        filled = left[~blank[rows[left]]]
        if len(filled):
            words = column.take(pa.array(rows[filled]))
            found[filled] = _mask(pc.match_substring_regex(words, r"(?i)^\s*(?:total|jumlah|grand total|sub ?total)"))
        left = left[blank[rows[left]]]
        if not len(left):
            return found
    found[left] = True
    return found


def _blank(column: pa.ChunkedArray) -> np.ndarray:
    """Mask of the cells that hold nothing but spaces."""
    return _mask(pc.equal(pc.binary_length(pc.utf8_trim_whitespace(column)), 0))


def _starts(column: pa.ChunkedArray, start: str) -> np.ndarray:
    return _mask(pc.starts_with(pc.utf8_lower(pc.utf8_trim_whitespace(column)), start))


def _mask(values: pa.ChunkedArray) -> np.ndarray:
    return np.asarray(values.to_numpy(zero_copy_only=False), dtype=bool)


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
    broken = (cell for cell in cells if "\n" in cell or "\r" in cell)
    return any(max(cell.count(mark) for mark in ",;\t|") >= max(width - 1, 2) for cell in broken)
