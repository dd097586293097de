"""Raw columns for export: labels, ISO dates, words of code lists, whole numbers with gaps. All by table look-up, none by row."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import pandas as pd

from .regions import OPEN

_FIRST_DAY, _LAST_DAY = -26_000, 26_000


def numbered(prefix: str, numbers: np.ndarray, width: int = 7) -> pd.Series:
    """Labels such as ``B00012`` from whole numbers.

    >>> numbered("B", np.array([3]), 4).tolist()
    ['B0003']
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    digits = pc.utf8_lpad(pa.array(numbers.astype(np.int64)).cast(pa.string()), width, "0")
    return pd.Series(pc.binary_join_element_wise(prefix, digits, ""), dtype="str")


def pick(labels: Sequence[str] | pd.Series, index: np.ndarray) -> pd.Series:
    """Labels by position; a negative position is missing.

    >>> pick(["a", "b"], np.array([1, -1])).tolist()
    ['b', nan]
    """
    values = labels.array if isinstance(labels, pd.Series) else pd.array(list(labels), dtype="str")
    return pd.Series(values.take(np.asarray(index, dtype=np.int64), allow_fill=True))


@lru_cache(maxsize=1)
def _calendar() -> pd.Series:
    days = np.arange(_FIRST_DAY, _LAST_DAY + 1).astype("datetime64[D]")
    return pd.Series(np.datetime_as_string(days).astype(object), dtype="str")


def iso(days: np.ndarray, known: np.ndarray | None = None) -> pd.Series:
    """ISO dates of epoch days; missing where ``known`` is false or the day is out of the calendar.

    >>> iso(np.array([0, 2**31 - 1])).tolist()
    ['1970-01-01', nan]
    """
    days = np.asarray(days, dtype=np.int64)
    inside = (days >= _FIRST_DAY) & (days <= _LAST_DAY) & (days != int(OPEN))
    if known is not None:
        inside &= known
    return pick(_calendar(), np.where(inside, days - _FIRST_DAY, -1))


def whole(values: np.ndarray, known: np.ndarray | None = None) -> pd.Series:
    """Whole numbers, missing where ``known`` is false."""
    mask = np.zeros(len(values), dtype=bool) if known is None else ~known
    return pd.Series(pd.arrays.IntegerArray(np.where(mask, 0, np.nan_to_num(values)).astype(np.int64), mask))


def decimal(values: np.ndarray, digits: int, known: np.ndarray | None = None) -> pd.Series:
    """Decimal numbers rounded to ``digits``, missing where ``known`` is false."""
    mask = np.zeros(len(values), dtype=bool) if known is None else ~known
    return pd.Series(pd.arrays.FloatingArray(np.round(np.where(mask, 0.0, values), digits).astype(np.float64), mask))


def yes(values: np.ndarray, known: np.ndarray | None = None) -> pd.Series:
    """True or false, missing where ``known`` is false."""
    mask = np.zeros(len(values), dtype=bool) if known is None else ~known
    return pd.Series(pd.arrays.BooleanArray(np.asarray(values, dtype=bool), mask))


def ya_tidak(values: np.ndarray, known: np.ndarray | None = None) -> pd.Series:
    """The registers' own answer: 1 = Ya, 2 = Tidak."""
    return whole(np.where(values, 1, 2), known)


@lru_cache(maxsize=16)
def _subsets(words: tuple[str, ...]) -> tuple[str, ...]:
    return tuple("|".join(w for b, w in enumerate(words) if bits >> b & 1) for bits in range(1 << len(words)))


def word_set(bits: np.ndarray, words: tuple[str, ...]) -> pd.Series:
    """Sets as words joined by ``|``; the empty set is missing.

    >>> word_set(np.array([3, 0]), ("sakit", "phk")).tolist()
    ['sakit|phk', nan]
    """
    return pick(_subsets(words), np.where(bits == 0, -1, bits))
