"""The spine: as-of dates and the lower bounds of their windows, as integers, computed once for every engine."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

import pandas as pd

from pkh_graduation.programme.calendar import add_months, day_of, parse_as_of

WINDOWS = (3, 6, 12, 24)
"""Window lengths in calendar months; ``lo3`` is the last day outside the three-month window."""


def spine(dates: Iterable[dt.date | str]) -> pd.DataFrame:
    """One row per as-of date, in order: ``as_of, as_of_ymd, lo3, lo6, lo12, lo24``, all int32.

    ``as_of`` and the bounds are epoch days, ``as_of_ymd`` is the date written as a number (20250930), from which an age in
    completed years follows exactly. An event lies in a window of k months when ``lo_k < day <= as_of``. Months are counted
    from the as-of date itself and clamped to the month's end.

    >>> spine(["2024-08-31"]).loc[0].to_list() == [
    ...     day_of(dt.date(2024, 8, 31)), 20240831, day_of(dt.date(2024, 5, 31)), day_of(dt.date(2024, 2, 29)),
    ...     day_of(dt.date(2023, 8, 31)), day_of(dt.date(2022, 8, 31))]
    True
    """
    rows = [
        [day_of(date), date.year * 10_000 + date.month * 100 + date.day]
        + [day_of(add_months(date, -months)) for months in WINDOWS]
        for date in sorted({parse_as_of(date) for date in dates})
    ]
    columns = ["as_of", "as_of_ymd", *(f"lo{months}" for months in WINDOWS)]
    return pd.DataFrame(rows, columns=columns, dtype="int32")
