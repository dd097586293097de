"""Shapes: sheets that are no plain table, each turned into rows under our own column names.

A shape takes the lines of one file and what its layout was filled with. Line numbers stay those of the file, so that whoever
mends a row finds it; a line that holds several records (three months of a pupil) is counted once for each.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np
import pyarrow as pa

from pkh_graduation.records.dates import MONTHS, readings
from pkh_graduation.records.errors import RecordsError
from pkh_graduation.records.layout import Line, header_name
from pkh_graduation.records.raw import RawPart, Structural

Shape = Callable[[str, Iterable[Line], Mapping[str, str]], RawPart]

_VERKOM_WIDTH, _FIRST_MONTH, _PER_MONTH = 25, 8, 5
_VERKOM = (
    "nik_pengurus", "nik", "tahun", "bulan", "jenis", "alpa", "izin", "sakit", "jml_tidak_hadir", "persen_hadir", "npsn", "ket",
    "tanggal_periode",
)  # fmt: skip
_NPSN = re.compile(r"\b(\d{8})\b")
_MODULE = re.compile(r"modul\s*(\d)\D+?sesi\s*(\d+)", re.IGNORECASE)
_GROUP = re.compile(r"desa\W*(?P<desa>[^-–]+)[-–]\s*(?:kelompok\W*)?(?P<kelompok>.+)", re.IGNORECASE)
_STATUS = "status_kehadiran"


def verkom(name: str, lines: Iterable[Line], fill: Mapping[str, str]) -> RawPart:
    """School attendance of a quarter (25 columns by position): one row per pupil and month.

    The month names stand in the line with "NIK PENGURUS", the school's NPSN above it; the year is ``fill["tahun"]``.

    Raises:
        RecordsError: no such header line, or it does not name three months.
    """
    rows = list(lines)
    head = next((i for i, (_, cells, _) in enumerate(rows) if "nik_pengurus" in map(header_name, cells)), None)
    if head is None:
        raise RecordsError(
            f"{name}: no line with the header NIK PENGURUS. Export the VERKOM table whole, with its headings."
        )
    months = _months(name, [header_name(cell) for cell in rows[head][1]])
    npsn = next((found[1] for _, cells, _ in rows[:head] if (found := _NPSN.search(" ".join(cells)))), "")
    made: list[tuple[str, ...]] = []
    numbers: list[int] = []
    broken: list[Structural] = []
    for number, cells, physical in rows[head + 1 :]:
        problem = _not_a_pupil(number, cells, physical)
        if problem is None:
            records = _pupil_months(cells, months, fill["tahun"], npsn)
            made += records
            numbers += [number] * len(records)
            problem = None if records else Structural(number, "kehadiran_kosong")
        if problem is not None and problem.rule:
            broken.append(problem)
    skipped = (f"{name}: {head + 1} baris judul di atas tabel dilewati.",)
    return _part(name, _VERKOM, made, numbers, broken, skipped)


def _months(name: str, header: Sequence[str]) -> list[int]:
    found = [MONTHS[cell] for cell in header if cell in MONTHS]
    if len(found) != 3 or found != [found[0], found[0] + 1, found[0] + 2]:
        raise RecordsError(
            f"{name}: the line with NIK PENGURUS must name three months in a row; it names {len(found)}. Write them there."
        )
    return found


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


def _is_subheading(cells: Sequence[str]) -> bool:
    words = {header_name(cell) for cell in cells} - {""}
    return bool(words) and words <= {
        "alpa",
        "izin",
        "sakit",
        "jml",
        "jumlah",
        "%",
        "persen",
        "ket",
        *map(str, range(1, 26)),
    }


def _pupil_months(cells: Sequence[str], months: Sequence[int], year: str, npsn: str) -> list[tuple[str, ...]]:
    """One row for every month in which something is written."""
    _, manager, _, pupil, *_ = (cell.strip() for cell in cells)
    made = []
    for place, month in enumerate(months):
        first = _FIRST_MONTH + place * _PER_MONTH
        own = [cell.strip() for cell in cells[first : first + _PER_MONTH]]
        if any(own):
            share = own[4].rstrip("% ")
            made.append(
                (
                    manager,
                    pupil,
                    year,
                    str(month),
                    "pendidikan",
                    *own[:4],
                    share,
                    npsn,
                    cells[23].strip(),
                    _end(year, month),
                )
            )
    return made


def _end(year: str, month: int) -> str:
    return f"{year}-{month:02d}-{calendar.monthrange(int(year), month)[1]}" if year.isdigit() else ""


def attendance(name: str, lines: Iterable[Line], fill: Mapping[str, str]) -> RawPart:
    """A group's attendance sheet: one row per family of the table, under the session that the heading names.

    Raises:
        RecordsError: the sheet has no table, or its heading lacks the date, the module and session, or the group.
    """
    rows = list(lines)
    head, columns = _table_head(name, rows)
    session = _session(name, rows[:head], fill)
    made: list[tuple[str, ...]] = []
    numbers: list[int] = []
    broken: list[Structural] = []
    last = max(
        (i for i in range(head + 1, len(rows)) if rows[i][1] and rows[i][1][0].strip().rstrip(".").isdigit()),
        default=head,
    )
    for number, cells, physical in rows[head + 1 : last + 1]:
        problem = _not_a_family(number, cells, physical, len(columns))
        if problem is not None:
            broken += [problem] if problem.rule else []
            continue
        cell = dict(zip(columns, (text.strip() for text in cells), strict=False))
        made.append((session["sesi_id"], cell.get("no_kk", ""), cell.get(_STATUS, "") or "tidak_tercatat"))
        numbers.append(number)
    below = len(rows) - 1 - last
    notices = (f"{name}: {head + 1} baris judul dan {below} baris di bawah tabel dilewati.",)
    return _part(name, ("sesi_id", "no_kk", "hadir"), made, numbers, broken, notices)


def session(name: str, lines: Iterable[Line], fill: Mapping[str, str]) -> RawPart:
    """The session that an attendance sheet's heading names: one row.

    Raises:
        RecordsError: see `attendance`.
    """
    rows = list(lines)
    head, _ = _table_head(name, rows)
    found = _session(name, rows[:head], fill)
    return _part(name, tuple(found), [tuple(found.values())], [rows[0][0]], [], ())


def _table_head(name: str, rows: Sequence[Line]) -> tuple[int, list[str]]:
    for i, (_, cells, _) in enumerate(rows):
        columns = [header_name(cell) for cell in cells]
        if _STATUS in columns and "no_kk" in columns:
            return i, columns
    raise RecordsError(
        f"{name}: no line with the headers No KK and Status Kehadiran. Export the attendance sheet whole."
    )


def _session(name: str, heading: Sequence[Line], fill: Mapping[str, str]) -> dict[str, str]:
    texts = [cell.strip() for _, cells, _ in heading for cell in cells if cell.strip()]
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


def _part(
    name: str,
    columns: Sequence[str],
    rows: Sequence[tuple[str, ...]],
    numbers: Sequence[int],
    broken: Sequence[Structural],
    notices: tuple[str, ...],
) -> RawPart:
    by_column = zip(*rows, strict=True) if rows else ([] for _ in columns)
    arrays = [pa.chunked_array([pa.array(column, type=pa.large_string())]) for column in by_column]
    table = pa.table(arrays, names=list(columns))
    return RawPart(name, table, np.array(numbers, dtype=np.int64), tuple(broken), notices)


SHAPES: Mapping[str, Shape] = {"verkom": verkom, "daftar_hadir": attendance, "daftar_hadir_sesi": session}
"""Word of a mapping -> shape."""
