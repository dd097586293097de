"""The programme's calendar: days as epoch integers, and tahap, the four payment stages of a year.

A day is an ``int``: days since 1970-01-01, the form in which every table of the store keeps its dates. A tahap is written
``2025-T3`` and, as a date, means its last day (`domain ruling 13`). Nothing here knows what day it is today.
"""

from __future__ import annotations

import calendar
import datetime as dt
import re

EPOCH = dt.date(1970, 1, 1)
NEVER = 2**31 - 1
"""The day that never comes: the end of what is still open, as int32."""

_TAHAP = re.compile(r"(\d{4})-T([1-4])")


def day_of(date: dt.date) -> int:
    """Epoch day of a calendar date.

    >>> day_of(dt.date(1970, 1, 2))
    1
    """
    return (date - EPOCH).days


def date_of(day: int) -> dt.date:
    """Calendar date of an epoch day.

    >>> date_of(20361).isoformat()
    '2025-09-30'
    """
    return EPOCH + dt.timedelta(days=int(day))


def parse_as_of(text: str | dt.date) -> dt.date:
    """Read an as-of date: an ISO date, or a tahap (``2025-T3``), which means its last day.

    >>> parse_as_of("2025-T3").isoformat()
    '2025-09-30'

    Raises:
        ValueError: the text is neither; the message shows both forms.
    """
    if isinstance(text, dt.datetime):
        return text.date()
    if isinstance(text, dt.date):
        return text
    if not isinstance(text, str):
        raise ValueError(f"as-of date {text!r} is neither a date nor a text such as 2025-09-30 or 2025-T3.")
    match = _TAHAP.fullmatch(text.strip())
    if match:
        return tahap_end(int(match[1]), int(match[2]))
    try:
        return dt.date.fromisoformat(text.strip())
    except ValueError as error:
        raise ValueError(
            f"as-of date {text!r} cannot be read: write an ISO date such as 2025-09-30, or a tahap such as 2025-T3."
        ) from error


def tahap_end(year: int, tahap: int) -> dt.date:
    """Last day of a tahap (1 = January-March ... 4 = October-December).

    >>> tahap_end(2024, 1).isoformat()
    '2024-03-31'
    """
    if tahap not in (1, 2, 3, 4):
        raise ValueError(f"tahap must be 1, 2, 3 or 4, not {tahap!r}.")
    month = 3 * tahap
    return dt.date(year, month, calendar.monthrange(year, month)[1])


def tahap_of(date: dt.date) -> tuple[int, int]:
    """Year and tahap that a date lies in.

    >>> tahap_of(dt.date(2025, 7, 1))
    (2025, 3)
    """
    return date.year, (date.month + 2) // 3


def add_months(date: dt.date, months: int) -> dt.date:
    """Move a date by calendar months; the day is clamped to the month's end, and a month's end stays one.

    Clamping alone would make 30 June + 3 months the 30th of September (right) but 31 March - 1 month + 1 month the 28th;
    windows are therefore always computed from the as-of date itself, never from another bound.

    >>> add_months(dt.date(2024, 8, 31), -6).isoformat()
    '2024-02-29'
    """
    year, month = divmod(date.year * 12 + date.month - 1 + months, 12)
    return dt.date(year, month + 1, min(date.day, calendar.monthrange(year, month + 1)[1]))


def add_tahap(date: dt.date, quarters: int) -> dt.date:
    """Move a date by quarters; the last day of a tahap moves to the last day of a tahap.

    >>> add_tahap(dt.date(2025, 6, 30), 1).isoformat(), add_tahap(dt.date(2025, 9, 30), -2).isoformat()
    ('2025-09-30', '2025-03-31')
    """
    moved = add_months(date, 3 * quarters)
    if date == tahap_end(*tahap_of(date)):
        return tahap_end(*tahap_of(moved))
    return moved


def tahap_ends(first: dt.date, last: dt.date) -> list[dt.date]:
    """Last days of all tahap within ``first..last``, both included.

    >>> [day.isoformat() for day in tahap_ends(dt.date(2024, 12, 31), dt.date(2025, 4, 1))]
    ['2024-12-31', '2025-03-31']
    """
    year, tahap = tahap_of(first)
    ends = [tahap_end(year, tahap)]
    while (following := add_tahap(ends[-1], 1)) <= last:
        ends.append(following)
    return [day for day in ends if first <= day <= last]
