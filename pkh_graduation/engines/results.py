"""What every engine gives back: a frame whose integers are exact, or an error that tells of the text and never of a row."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pyarrow as pa

_NULLABLE: dict[pa.DataType, Any] = {
    pa.int8(): pd.Int8Dtype(),
    pa.int16(): pd.Int16Dtype(),
    pa.int32(): pd.Int32Dtype(),
    pa.int64(): pd.Int64Dtype(),
    pa.bool_(): pd.BooleanDtype(),
}
"""Integers and booleans come back nullable: a missing count must stay missing, and exact."""


class EngineError(RuntimeError):
    """The engine could not run a text: our mistake. Names tables, never shows a row."""


def to_frame(table: pa.Table) -> pd.DataFrame:
    """An Arrow table as a pandas frame, integers and booleans nullable, each column by itself in memory.

    >>> to_frame(pa.table({"n": [1, None]}))["n"].dtype
    Int64Dtype()
    """
    return table.to_pandas(types_mapper=_NULLABLE.get, split_blocks=True)
