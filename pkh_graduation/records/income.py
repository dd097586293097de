"""Income comes as rupiah or as a class, in one column of the source; here it is two columns, one of which a file fills."""

from __future__ import annotations

from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc

from pkh_graduation.records.answers import key_of, vocabulary
from pkh_graduation.records.raw import RawPart
from pkh_graduation.records.schemas import TABLES

SOURCE = "penghasilan_bulan"
"""The column that may hold either."""


def one_income(part: RawPart) -> RawPart:
    """The file with ``penghasilan_bulan`` named for what it holds: ``penghasilan_kelas`` if any cell is a class, else rupiah."""
    names = part.table.column_names
    if SOURCE not in names or {"penghasilan_rp", "penghasilan_kelas"} & set(names):
        return part
    target = "penghasilan_kelas" if _holds_classes(part.table.column(SOURCE)) else "penghasilan_rp"
    return replace(part, table=part.table.rename_columns([target if name == SOURCE else name for name in names]))


def _holds_classes(values: pa.ChunkedArray) -> bool:
    classes = vocabulary(TABLES["keluarga"]["penghasilan_kelas"]).keys() - {"0"}
    distinct = pc.unique(values).to_pylist()
    return any(isinstance(value, str) and key_of(value) in classes for value in distinct)
