"""A fingerprint of all accepted content: SHA-256 over the columns' own bytes, the same on every machine and at every ingest."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import numpy as np
import pandas as pd
import pyarrow as pa


def digest(tables: Mapping[str, pd.DataFrame]) -> str:
    """SHA-256 (hex) over names, dtypes and values of all tables, in the order of table names.

    Identifier texts are left out where their integer stands beside them, since it says the same.
    """
    total = hashlib.sha256()
    for name in sorted(tables):
        table = tables[name]
        total.update(f"{name}:{len(table)};".encode())
        for column in table.columns:
            if not _said_by_number(column, table):
                total.update(f"{column}:{table[column].dtype};".encode())
                _feed(total, table[column])
    return total.hexdigest()


def _said_by_number(column: str, table: pd.DataFrame) -> bool:
    short = column.removesuffix("_id")
    return short != column and bool({short, f"{short}_key"} & set(table.columns) - {column}) and column != "program_id"


def _feed(total: hashlib._Hash, values: pd.Series) -> None:
    if isinstance(values.dtype, pd.StringDtype):
        words = pa.array(values, type=pa.large_string(), from_pandas=True)
        lengths = np.diff(
            np.frombuffer(words.buffers()[1], dtype=np.int64)[words.offset : words.offset + len(words) + 1]
        )
        start = words.offset
        bounds = np.frombuffer(words.buffers()[1], dtype=np.int64)[[start, start + len(words)]]
        total.update(lengths.tobytes())
        total.update(np.asarray(words.is_null()).tobytes())
        if words.buffers()[2] is not None:
            total.update(memoryview(words.buffers()[2])[bounds[0] : bounds[1]])
        return
    missing = values.isna().to_numpy()
    plain = (
        values.to_numpy(dtype=_plain(values), na_value=0) if missing.any() else values.to_numpy(dtype=_plain(values))
    )
    total.update(missing.tobytes())
    total.update(np.ascontiguousarray(plain).tobytes())


def _plain(values: pd.Series) -> type:
    if values.dtype in ("boolean", "bool"):
        return np.bool_
    return np.float64 if values.dtype == "Float64" else np.int64
