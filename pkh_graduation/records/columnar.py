"""Reader of Parquet: columns keep their types, which spares the parsing of millions of texts."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from pkh_graduation.records.errors import RecordsError
from pkh_graduation.records.headers import header_name, shown_headers
from pkh_graduation.records.layout import require_distinct
from pkh_graduation.records.limits import MAX_COLUMNS
from pkh_graduation.records.raw import RawPart
from pkh_graduation.records.schemas import TABLES

KNOWN = frozenset(name for schema in TABLES.values() for name in schema.names)
"""Columns of any of our tables."""


def read_columnar(path: Path, name: str) -> RawPart:
    """Read one Parquet file; row numbers count from 1, as there is no header line.

    Raises:
        RecordsError: the file is no Parquet, or two headers are one when case and spaces are left aside.
    """
    try:
        table = pq.ParquetFile(path).read()
        table.validate(full=True)  # text that is no UTF-8 is found here
    except (pa.ArrowException, OSError, ValueError, MemoryError) as error:
        raise RecordsError(
            f"{name} cannot be read as Parquet: it is damaged or incomplete. Export it again."
        ) from error
    table = table.select([column for column in table.column_names if not column.startswith("__index_level_")])
    if table.num_columns > MAX_COLUMNS:
        raise RecordsError(
            f"{name} has {table.num_columns} columns; at most {MAX_COLUMNS} are read. Export only the columns that are needed."
        )
    nested = [field.name for field in table.schema if pa.types.is_nested(field.type)]
    if nested:
        shown = [shown_headers([one], table.column_names, KNOWN) for one in nested[:20]]
        raise RecordsError(f"{name}: columns {shown} hold lists or records. Export one plain value per cell.")
    header = [header_name(column) for column in table.column_names]
    require_distinct(name, header, KNOWN)
    return RawPart(name, table.rename_columns(header), np.arange(1, table.num_rows + 1, dtype=np.int64))
