"""Reader of Parquet: columns keep their types, which spares the parsing of millions of texts."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from pkh_graduation.records.errors import RecordsError
from pkh_graduation.records.layout import header_name
from pkh_graduation.records.raw import RawPart


def read_columnar(path: Path, name: str) -> RawPart:
    """Read one Parquet file; row numbers count from 1, as there is no header line.

    Raises:
        RecordsError: the file is no Parquet, or two headers are one when case and spaces are left aside.
    """
    try:
        table = pq.ParquetFile(path).read()
    except (pa.ArrowException, OSError) as error:
        raise RecordsError(
            f"{name} cannot be read as Parquet: it is damaged or incomplete. Export it again."
        ) from error
    table = table.select([column for column in table.column_names if not column.startswith("__index_level_")])
    nested = [field.name for field in table.schema if pa.types.is_nested(field.type)]
    if nested:
        raise RecordsError(f"{name}: columns {nested} hold lists or records. Export one plain value per cell.")
    header = [header_name(column) for column in table.column_names]
    twice = sorted({column for column in header if header.count(column) > 1})
    if twice:
        raise RecordsError(f"{name}: columns {twice} occur twice. Rename or remove one of each.")
    return RawPart(name, table.rename_columns(header), np.arange(1, table.num_rows + 1, dtype=np.int64))
