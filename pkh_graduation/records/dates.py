"""Dates written by people, read as epoch days: ISO, day/month/year, Indonesian month names, Excel serial numbers.

Whether ``05/06/1990`` is June or May is decided once per column, from the texts that allow one reading only.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence

from pkh_graduation.programme.calendar import day_of

FIRST_DAY = day_of(dt.date(1900, 1, 1))
LAST_DAY = day_of(dt.date(2100, 12, 31))
"""Days outside this span are not dates of this programme."""

_EXCEL_ZERO = day_of(dt.date(1899, 12, 30))
_EXCEL = range(10_000, 73_051)
_ISO = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T ]\d{1,2}:\d{2}.*)?")
_COMPACT = re.compile(r"(19\d{2}|20\d{2})(\d{2})(\d{2})")
_NUMERIC = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})(?:[T ]\d{1,2}:\d{2}.*)?")
_NAMED = re.compile(r"(?:[a-z']+,?\s+)?(\d{1,2})[\s\-/.]*([a-z]+)\.?[\s\-/,.]*(\d{4})")
_SERIAL = re.compile(r"(\d{5})(?:[.,]\d+)?")

_NAMES = (
    "januari january jan", "februari pebruari february feb peb", "maret march mar mrt", "april apr",
    "mei may", "juni june jun", "juli july jul", "agustus august agu ags agt aug",
    "september sep sept", "oktober october okt oct", "november nopember nov nop", "desember december des dec",
)  # fmt: skip
MONTHS = {name: number for number, names in enumerate(_NAMES, start=1) for name in names.split()}
"""Month names and their usual spellings -> number."""

FORMATS = ("dmy", "mdy", "ymd")

Reading = tuple[int | None, int | None]


def _day(year: str | int, month: str | int, day: str | int) -> int | None:
    try:
        return day_of(dt.date(int(year), int(month), int(day)))
    except ValueError:
        return None


def readings(text: str) -> Reading:
    """Epoch day of a text with the day first and with the month first; equal when its order is plain, None if no date.

    >>> readings("17 PEBRUARI 2024") == readings("2024-02-17") == (19770, 19770)
    True
    >>> readings("31/12/2024"), readings("05/06/1990")
    ((20088, None), (7460, 7430))
    """
    bare = text.strip().casefold()
    if match := _NUMERIC.fullmatch(bare):
        first, second, year = match.groups()
        return _day(year, second, first), _day(year, first, second)
    plain = _plain(bare)
    return plain, plain


def _plain(bare: str) -> int | None:
    if match := _ISO.fullmatch(bare) or _COMPACT.fullmatch(bare):
        return _day(*match.groups()[:3])
    if (match := _NAMED.fullmatch(bare)) and match[2] in MONTHS:
        return _day(match[3], MONTHS[match[2]], match[1])
    if (match := _SERIAL.fullmatch(bare)) and int(match[1]) in _EXCEL:
        return _EXCEL_ZERO + int(match[1])
    return None


def day_order(pairs: Sequence[Reading]) -> str:
    """``dmy`` or ``mdy`` as the column's evidence says; empty when it contradicts itself; ``dmy`` without evidence.

    >>> day_order([readings("12/31/2024")]), day_order([readings("12/31/2024"), readings("31/12/2024")])
    ('mdy', '')
    """
    day_first = any(a is not None and b is None for a, b in pairs)
    month_first = any(a is None and b is not None for a, b in pairs)
    if day_first and month_first:
        return ""
    return "mdy" if month_first else "dmy"


def read_dates(texts: Sequence[str], *, order: str = "") -> tuple[list[int | None], list[str]]:
    """Epoch days of distinct texts of one column, and for each the rule it breaks (empty when it breaks none).

    ``order``: `FORMATS`, when the caller knows it.

    >>> read_dates(["1 Agustus 1985", "kemarin"])
    ([5691, None], ['', 'tanggal_tak_terbaca'])
    """
    pairs = [readings(text) for text in texts]
    chosen = order or day_order(pairs)
    days: list[int | None] = []
    rules: list[str] = []
    for pair in pairs:
        day, rule = _choose(pair, chosen, forced=bool(order))
        if day is not None and not FIRST_DAY <= day <= LAST_DAY:
            day, rule = None, "tanggal_di_luar_batas"
        days.append(day)
        rules.append(rule)
    return days, rules


def _choose(pair: Reading, order: str, *, forced: bool) -> tuple[int | None, str]:
    day_first, month_first = pair
    if day_first is None and month_first is None:
        return None, "tanggal_tak_terbaca"
    if day_first == month_first:
        return day_first, ""
    wanted = {"dmy": day_first, "mdy": month_first}.get(order)
    if wanted is not None:
        return wanted, ""
    if forced or order:
        sole = day_first if month_first is None else month_first
        return (None, "tanggal_tak_terbaca") if forced or None not in pair else (sole, "")
    if None in pair:
        return (day_first if month_first is None else month_first), ""
    return None, "tanggal_rancu"
