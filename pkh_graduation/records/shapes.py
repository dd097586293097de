"""Shapes: sheets that are no plain table, each turned into rows under our own column names.

A shape takes the cells of one file and what its layout was filled with. Line numbers stay those of the file, so that whoever
mends a row finds it; a line that holds several records (three months of a pupil) is counted once for each. Lines that are
plainly what they should be are turned all at once, the others one by one.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pkh_graduation.records.dates import MONTHS, readings
from pkh_graduation.records.errors import RecordsError
from pkh_graduation.records.grid import START, Grid, Line, cells_of
from pkh_graduation.records.headers import header_name
from pkh_graduation.records.layout import in_order
from pkh_graduation.records.raw import RawPart, Structural

Shape = Callable[[str, Grid, Mapping[str, str]], RawPart]
Piece = tuple[np.ndarray, list[pa.ChunkedArray]]
"""Row numbers and columns of some rows of the table that a shape makes."""

_VERKOM_WIDTH, _FIRST_MONTH, _PER_MONTH, _KET = 25, 8, 5, 23
_VERKOM = (
    "nik_pengurus", "nik", "tahun", "bulan", "jenis", "alpa", "izin", "sakit", "jml_tidak_hadir", "persen_hadir", "npsn", "ket",
    "tanggal_periode",
)  # fmt: skip
_NPSN = re.compile(r"\b(\d{8})\b")
_MODULE = re.compile(r"modul\s*(\d)\D+?sesi\s*(\d+)", re.IGNORECASE)
_GROUP = re.compile(r"desa\W*(?P<desa>[^-–]+)[-–]\s*(?:kelompok\W*)?(?P<kelompok>.+)", re.IGNORECASE)
_STATUS = "status_kehadiran"
_LONGEST = 500
"""Characters of a cell of a heading that are looked at."""
_NUMBERED = r"^\s*[0-9]+\.*\s*$"
_TEXT = pa.large_string()


def verkom(name: str, grid: Grid, fill: Mapping[str, str]) -> RawPart:
    """School attendance of a quarter (25 columns by position): one row per pupil and month.

    The month names stand in the line with "NIK PENGURUS", the school's NPSN above it; the year is ``fill["tahun"]``.

    Raises:
        RecordsError: no such header line among the first 100, or it does not name three months.
    """
    head = next((i for i, line in enumerate(grid.start) if "nik_pengurus" in map(header_name, cells_of(line))), None)
    if head is None:
        raise RecordsError(
            f"{name}: no line with the header NIK PENGURUS. Export the VERKOM table whole, with its headings."
        )
    months = _months(name, [header_name(cell) for cell in cells_of(grid.start[head])])
    npsn = next((found[1] for line in grid.start[:head] if (found := _NPSN.search(_joined(cells_of(line))))), "")
    sheet = _Pupils(months, fill["tahun"], npsn)
    plain = _plain_pupils(grid.columns)
    pieces = [sheet.of_columns(grid, plain)]
    made: list[tuple[str, ...]] = []
    numbers: list[int] = []
    broken = [line for line in grid.below(head) if isinstance(line, Structural)]
    for number, cells, physical in (*_single(grid.below(head)), *grid.cells(np.flatnonzero(~plain))):
        problem = _not_a_pupil(number, cells, physical)
        if problem is None:
            records = sheet.of_line(cells)
            made += records
            numbers += [number] * len(records)
            problem = None if records else Structural(number, "kehadiran_kosong")
        if problem is not None and problem.rule:
            broken.append(problem)
    skipped = (f"{name}: {head + 1} baris judul di atas tabel dilewati.",)
    return _part(name, _VERKOM, [_piece(_VERKOM, made, numbers), *pieces], broken, (*grid.notices, *skipped))


def _single(lines: Iterable[Line | Structural]) -> list[Line]:
    return [line for line in lines if not isinstance(line, Structural)]


def _joined(cells: Sequence[str]) -> str:
    return " ".join(cell[:_LONGEST] for cell in cells)


def _months(name: str, header: Sequence[str]) -> list[int]:
    found = [MONTHS[cell] for cell in header if cell in MONTHS]
    if len(found) != 3 or found != [found[0], found[0] + 1, found[0] + 2]:
        raise RecordsError(
            f"{name}: the line with NIK PENGURUS must name three months in a row; it names {len(found)}. Write them there."
        )
    return found


def _plain_pupils(columns: Sequence[pa.ChunkedArray]) -> np.ndarray:
    """Mask of the lines that are a pupil's beyond doubt: numbered, with a NIK, something in a month, nothing beyond; shape (n,)."""
    length = len(columns[0]) if columns else 0
    if len(columns) < _VERKOM_WIDTH:
        return np.zeros(length, dtype=bool)
    plain = pc.and_(
        pc.match_substring_regex(columns[0], _NUMBERED), pc.greater(pc.utf8_length(_trimmed(columns[1])), 7)
    )
    written = [pc.not_equal(_trimmed(column), "") for column in columns[_FIRST_MONTH:_KET]]
    some = written[0]
    for more in written[1:]:
        some = pc.or_(some, more)
    plain = pc.and_(plain, some)
    for column in columns[_VERKOM_WIDTH:]:
        plain = pc.and_(plain, pc.equal(_trimmed(column), ""))
    return np.asarray(plain.to_numpy(zero_copy_only=False), dtype=bool)


def _trimmed(values: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.utf8_trim_whitespace(values)


def _not_a_pupil(number: int, cells: Sequence[str], physical: int) -> Structural | None:
    """What makes a line no pupil's; a structural without a rule is a heading that says nothing."""
    if physical > 1:
        return Structural(number, "kutip_rusak", f"{physical} baris berkas", physical)
    first = next((cell.strip() for cell in cells if cell.strip()), "")
    if not first or _is_subheading(cells):
        return Structural(number, "")
    if not cells[0].strip().rstrip(".").isdigit():
        return Structural(
            number, "kepala_terulang" if "nik_pengurus" in map(header_name, cells) else "bukan_baris_data"
        )
    if len(cells) < _VERKOM_WIDTH:
        return Structural(number, "baris_pendek", f"{len(cells)} kolom, seharusnya {_VERKOM_WIDTH}")
    if any(cell.strip() for cell in cells[_VERKOM_WIDTH:]):
        return Structural(number, "baris_panjang", f"{len(cells)} kolom, seharusnya {_VERKOM_WIDTH}")
    return None


_SUBHEADINGS = {"alpa", "izin", "sakit", "jml", "jumlah", "%", "persen", "ket", *map(str, range(1, 26))}


def _is_subheading(cells: Sequence[str]) -> bool:
    words = {header_name(cell) for cell in cells} - {""}
    return bool(words) and words <= _SUBHEADINGS


class _Pupils:
    """What a line of a pupil becomes: one row for every month in which something is written."""

    def __init__(self, months: Sequence[int], year: str, npsn: str) -> None:
        self.months, self.year, self.npsn = months, year, npsn

    def of_line(self, cells: Sequence[str]) -> list[tuple[str, ...]]:
        manager, pupil = cells[1].strip(), cells[3].strip()
        made = []
        for place, month in enumerate(self.months):
            first = _FIRST_MONTH + place * _PER_MONTH
            own = [cell.strip() for cell in cells[first : first + _PER_MONTH]]
            if any(own):
                said = (*own[:4], own[4].rstrip("% "), self.npsn, cells[_KET].strip(), _end(self.year, month))
                made.append((manager, pupil, self.year, str(month), "pendidikan", *said))
        return made

    def of_columns(self, grid: Grid, plain: np.ndarray) -> Piece:
        """The rows of many lines, those of one line side by side."""
        numbers = grid.numbers[plain]
        if not len(numbers):
            return numbers, [pa.chunked_array([], type=_TEXT)] * len(_VERKOM)
        columns = [_whole(column, plain) for column in grid.columns[:_VERKOM_WIDTH]]
        manager, pupil, note = columns[1], columns[3], columns[_KET]
        by_month = []
        written = []
        for place, month in enumerate(self.months):
            first = _FIRST_MONTH + place * _PER_MONTH
            own = columns[first : first + _PER_MONTH]
            written.append(_any_filled(own))
            same = [_same(word, len(numbers)) for word in (self.year, str(month), "pendidikan", self.npsn)]
            share = pc.utf8_rtrim(own[4], characters="% ")
            end = _same(_end(self.year, month), len(numbers))
            by_month.append([manager, pupil, *same[:3], *own[:4], share, same[3], note, end])
        order = np.arange(3 * len(numbers)).reshape(3, -1).T.ravel()
        kept = pa.array(order[np.stack(written).T.ravel()])
        merged = [pa.chunked_array([pa.concat_arrays(parts).take(kept)]) for parts in zip(*by_month, strict=True)]
        return numbers[np.asarray(kept) % len(numbers)], merged


def _whole(column: pa.ChunkedArray, rows: np.ndarray) -> pa.Array:
    """Trimmed cells of some rows, in one piece."""
    chosen = column if rows.all() else column.filter(pa.array(rows))
    return _trimmed(chosen.combine_chunks())


def _any_filled(columns: Sequence[pa.Array]) -> np.ndarray:
    filled = [np.asarray(pc.not_equal(column, "").to_numpy(zero_copy_only=False), dtype=bool) for column in columns]
    return np.logical_or.reduce(filled)


def _same(word: str, length: int) -> pa.Array:
    return pa.repeat(pa.scalar(word, type=_TEXT), length)


def _end(year: str, month: int) -> str:
    plain = year.isascii() and year.isdigit() and len(year) == 4 and year > "0000"
    return f"{year}-{month:02d}-{calendar.monthrange(int(year), month)[1]}" if plain else ""


_ATTENDANCE = ("sesi_id", "no_kk", "hadir")


def attendance(name: str, grid: Grid, fill: Mapping[str, str]) -> RawPart:
    """A group's attendance sheet: one row per family of the table, under the session that the heading names.

    Raises:
        RecordsError: the sheet has no table, or its heading lacks the date, the module and session, or the group.
    """
    head, columns = _table_head(name, grid.start)
    known = _session(name, grid.start[:head], fill)["sesi_id"]
    singles = _single(grid.below(head))
    numbered = _numbered(grid.columns)
    ends = [number for number, cells, _ in singles if cells and cells[0].strip().rstrip(".").isdigit()]
    last = max([*ends, *grid.numbers[numbered][-1:].tolist()], default=0)
    plain = numbered & (len(grid.columns) >= len(columns))
    doubtful = np.flatnonzero(~plain & (grid.numbers <= last))
    made: list[tuple[str, ...]] = []
    numbers: list[int] = []
    broken = [line for line in grid.below(head) if isinstance(line, Structural)]
    for number, cells, physical in (*(line for line in singles if line[0] <= last), *grid.cells(doubtful)):
        problem = _not_a_family(number, cells, physical, len(columns))
        if problem is not None:
            broken += [problem] if problem.rule else []
            continue
        cell = dict(zip(columns, (text.strip() for text in cells), strict=False))
        made.append((known, cell.get("no_kk", ""), cell.get(_STATUS, "") or "tidak_tercatat"))
        numbers.append(number)
    below = sum(line[0] > last for line in singles) + int((grid.numbers > last).sum())
    notices = (*grid.notices, f"{name}: {head + 1} baris judul dan {below} baris di bawah tabel dilewati.")
    pieces = [_piece(_ATTENDANCE, made, numbers), _present(grid, columns, plain, known)]
    return _part(name, _ATTENDANCE, pieces, broken, notices)


def _numbered(columns: Sequence[pa.ChunkedArray]) -> np.ndarray:
    if not columns:
        return np.zeros(0, dtype=bool)
    return np.asarray(pc.match_substring_regex(columns[0], _NUMBERED).to_numpy(zero_copy_only=False), dtype=bool)


def _present(grid: Grid, columns: Sequence[str], plain: np.ndarray, known: str) -> Piece:
    numbers = grid.numbers[plain]
    if not len(numbers):
        return numbers, [pa.chunked_array([], type=_TEXT)] * len(_ATTENDANCE)
    place = {column: i for i, column in enumerate(columns)}
    card, status = (_whole(grid.columns[place[column]], plain) for column in ("no_kk", _STATUS))
    status = pc.if_else(pc.equal(status, ""), pa.scalar("tidak_tercatat", type=_TEXT), status)
    return numbers, [pa.chunked_array([column]) for column in (_same(known, len(numbers)), card, status)]


def session(name: str, grid: Grid, fill: Mapping[str, str]) -> RawPart:
    """The session that an attendance sheet's heading names: one row.

    Raises:
        RecordsError: see `attendance`.
    """
    head, _ = _table_head(name, grid.start)
    found = _session(name, grid.start[:head], fill)
    return _part(name, tuple(found), [_piece(tuple(found), [tuple(found.values())], [1])], [], ())


def _table_head(name: str, lines: Sequence[Line | Structural]) -> tuple[int, list[str]]:
    for i, line in enumerate(lines):
        columns = [header_name(cell) for cell in cells_of(line)]
        if _STATUS in columns and "no_kk" in columns:
            return i, columns
    raise RecordsError(
        f"{name}: no line with the headers No KK and Status Kehadiran among the first {START}. "
        "Export the attendance sheet whole."
    )


def _session(name: str, heading: Sequence[Line | Structural], fill: Mapping[str, str]) -> dict[str, str]:
    texts = [cell.strip()[:_LONGEST] for line in heading for cell in cells_of(line) if cell.strip()]
    module = next((found for text in texts if (found := _MODULE.search(text))), None)
    group = next((found for text in texts if (found := _GROUP.search(text))), None)
    date = next((text for text in reversed(texts) if readings(text)[0] is not None), None)
    lacking = [
        word
        for word, found in (("modul dan sesi", module), ("desa dan kelompok", group), ("tanggal", date))
        if not found
    ]
    if module is None or group is None or date is None:
        raise RecordsError(
            f"{name}: the heading of the attendance sheet does not say {', '.join(lacking)}. Complete it."
        )
    known = fill.get("kelompok_id") or "|".join(group[part].strip().casefold() for part in ("desa", "kelompok"))
    number = {"kelompok_id": known, "modul": module[1], "sesi": module[2], "tanggal_sesi": date}
    return {"sesi_id": "|".join(number.values()), **number, "tanggal_terjadwal": date, "terlaksana": "true"}


def _not_a_family(number: int, cells: Sequence[str], physical: int, width: int) -> Structural | None:
    if physical > 1:
        return Structural(number, "kutip_rusak", f"{physical} baris berkas", physical)
    if not any(cell.strip() for cell in cells):
        return Structural(number, "")
    if not cells[0].strip().rstrip(".").isdigit():
        return Structural(number, "kepala_terulang" if _STATUS in map(header_name, cells) else "bukan_baris_data")
    if len(cells) < width:
        return Structural(number, "baris_pendek", f"{len(cells)} kolom, seharusnya {width}")
    return None


def _piece(columns: Sequence[str], rows: Sequence[tuple[str, ...]], numbers: Sequence[int]) -> Piece:
    by_column = zip(*rows, strict=True) if rows else ([] for _ in columns)
    arrays = [pa.chunked_array([pa.array(column, type=_TEXT)]) for column in by_column]
    return np.array(numbers, dtype=np.int64), arrays


def _part(
    name: str, columns: Sequence[str], pieces: Sequence[Piece], broken: Sequence[Structural], notices: tuple[str, ...]
) -> RawPart:
    numbers, arrays = in_order(pieces)
    ordered = tuple(sorted(broken, key=lambda bad: bad.row))
    return RawPart(name, pa.table(arrays, names=list(columns)), numbers, ordered, notices)


SHAPES: Mapping[str, Shape] = {"verkom": verkom, "daftar_hadir": attendance, "daftar_hadir_sesi": session}
"""Word of a mapping -> shape."""
