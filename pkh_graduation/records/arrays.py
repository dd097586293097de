"""Columns from programs that hand over values instead of text (surveys, databases), as arrow arrays that lose no digit silently."""

from __future__ import annotations

import datetime as dt
import decimal
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

_EXACT = 1e15
"""From here on a floating point number need not hold every digit of a NIK."""
_INT64 = 2**63


def numbers_array(values: np.ndarray, missing: np.ndarray) -> pa.Array:
    """Floating point numbers as integers when all are whole; when one is too long for its digits, as text that shows it.

    ``values``: (n,) float64; ``missing``: (n,) bool. The text of a number that is too long ends in ``.0``, by which a reader of
    NIK knows that it went through floating point.

    >>> numbers_array(np.array([1.0, 3301010101010001.0]), np.array([False, False])).to_pylist()
    ['1', '3301010101010001.0']
    """
    filled = np.where(missing | ~np.isfinite(values), 0.0, values)
    gone = missing | ~np.isfinite(values)
    if (np.abs(filled) >= _EXACT).any():
        texts = [None if hole else _shown(value) for value, hole in zip(filled.tolist(), gone, strict=True)]
        return pa.array(texts, type=pa.large_string())
    whole = bool((filled == np.round(filled)).all())
    return pa.array(filled.astype(np.int64) if whole else filled, mask=gone)


def _shown(value: float) -> str:
    if not value.is_integer():
        return repr(value)
    return str(int(value)) if abs(value) < _EXACT else f"{value:.1f}"


def values_array(values: Sequence[Any]) -> pa.Array:
    """Python values of one column as int64, float64, bool, date32 or text, whichever holds them all; lists as sets (``a|b``).

    >>> values_array([decimal.Decimal("2"), None, 3]).to_pylist(), values_array([dt.datetime(2024, 1, 2, 3), "x"]).to_pylist()
    ([2, None, 3], ['2024-01-02', 'x'])
    """
    kinds = {type(value) for value in values} - {type(None)}
    if not kinds:
        return pa.nulls(len(values))
    if kinds == {bool}:
        return pa.array(values, type=pa.bool_())
    if kinds == {int} or (kinds <= {int, decimal.Decimal} and all(_is_whole(value) for value in values)):
        whole = [None if value is None else int(value) for value in values]
        if all(value is None or abs(value) < _INT64 for value in whole):
            return pa.array(whole, type=pa.int64())
    elif kinds <= {int, float, decimal.Decimal}:
        missing = np.array([value is None for value in values])
        return numbers_array(np.array([0.0 if value is None else float(value) for value in values]), missing)
    if all(issubclass(kind, dt.date) for kind in kinds):
        return pa.array([_day(value) for value in values], type=pa.date32())
    return pa.array([None if value is None else _text(value) for value in values], type=pa.large_string())


def _is_whole(value: int | decimal.Decimal | None) -> bool:
    return value is None or isinstance(value, int) or (value.is_finite() and value == value.to_integral_value())


def _day(value: dt.date | None) -> dt.date | None:
    return value.date() if isinstance(value, dt.datetime) else value


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dt.date):
        return str(_day(value))
    if isinstance(value, bytes | memoryview):
        return bytes(value).decode("utf-8", "replace")
    if isinstance(value, list | tuple | set):
        return "|".join(sorted(map(str, value)))
    return _shown(value) if isinstance(value, float) else str(value)


def joined(parts: Sequence[pa.Array]) -> pa.ChunkedArray:
    """Arrays of one column, one after the other: of one type, else of numbers, else of text."""
    kinds = {part.type for part in parts} - {pa.null()}
    if not kinds:
        return pa.chunked_array([*parts], type=pa.null())
    one = (
        next(iter(kinds))
        if len(kinds) == 1
        else pa.float64()
        if kinds <= {pa.int64(), pa.float64()}
        else pa.large_string()
    )
    return pa.chunked_array([pc.cast(part, one) for part in parts], type=one)
