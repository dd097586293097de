"""Rows that come back mended: what a person wrote in the quarantine's workbook, laid over the export when it is read again.

The export itself is never changed. A correction names a cell by table, file, row and column, and what stood there; where
something else stands now, the file was changed since, and the correction is left aside and reported. A mended cell passes the
same rules as any other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from pkh_graduation.records.raw import RawPart

CORRECTION_COLUMNS = ("tabel", "berkas", "baris", "kolom", "nilai_lama", "nilai_baru", "kpm")
"""A correction: the cell, what stood there (missing: nothing), what shall stand there, and the family (Int64) where known."""


@dataclass(frozen=True)
class Corrections:
    """All corrections of an office; ``frame`` has `CORRECTION_COLUMNS`, one line per cell."""

    frame: pd.DataFrame

    def lay_over(self, table: str, part: RawPart) -> RawPart:
        """The part with its corrected cells, and a notice of how many were laid over and how many no longer fit."""
        mine = self.frame[(self.frame["tabel"] == table) & (self.frame["berkas"] == part.name)]
        if mine.empty:
            return part
        order = np.argsort(part.rows, kind="stable")
        content, done = part.table, 0
        for column, lines in mine.groupby("kolom", sort=True):
            if column not in content.column_names:
                continue
            place = np.minimum(np.searchsorted(part.rows[order], lines["baris"]), len(order) - 1) if len(order) else []
            there = [
                i for i, (at, row) in enumerate(zip(place, lines["baris"], strict=False)) if part.rows[order[at]] == row
            ]
            positions = np.array([order[place[i]] for i in there], dtype=np.int64)
            old, new = lines["nilai_lama"].iloc[there], lines["nilai_baru"].iloc[there]
            content, laid = _laid(content, str(column), positions, _texts(old), _texts(new))
            done += laid
        left = len(mine) - done
        said = f"{part.name}: {done} sel dibaca menurut lembar perbaikan karantina."
        if left:
            said += (
                f" {left} perbaikan tidak dipakai: isi berkas sudah lain, atau nilainya tidak sesuai jenis kolomnya."
            )
        return replace(part, table=content, notices=(*part.notices, said))


NO_CORRECTIONS = Corrections(
    pd.DataFrame(
        {
            name: pd.Series(dtype={"baris": "int64", "kpm": "Int64"}.get(name, "str"))
            for name in CORRECTION_COLUMNS
        }
    )
)  # fmt: skip


def merged(old: Corrections, new: Corrections) -> Corrections:
    """Old and new corrections; of two of the same cell the new one counts, and what stood there first is kept."""
    frame = pd.concat([old.frame, new.frame], ignore_index=True)
    cell = ["tabel", "berkas", "baris", "kolom"]
    return Corrections(frame.drop_duplicates(cell, keep="last").sort_values(cell, kind="stable", ignore_index=True))


def _texts(values: pd.Series) -> list[str | None]:
    return [None if missing else str(value) for value, missing in zip(values, values.isna(), strict=True)]


def _laid(
    table: pa.Table, column: str, positions: np.ndarray, old: Sequence[str | None], new: Sequence[str | None]
) -> tuple[pa.Table, int]:
    """The table with new values in the cells of a column that still hold the old ones, and how many these are."""
    values = table.column(column)
    if pa.types.is_dictionary(values.type):
        values = pc.cast(values, values.type.value_type)
    now = ["" if value is None else str(value) for value in values.take(pa.array(positions)).to_pylist()]
    fitting = {
        int(position): text
        for position, stands, stood, text in zip(positions, now, old, new, strict=True)
        if stands == (stood or "") and _fits(text, values.type)
    }
    if not fitting:
        return table, 0
    places = np.array(sorted(fitting), dtype=np.int64)
    mask = np.zeros(len(values), dtype=bool)
    mask[places] = True
    fresh = pc.cast(pa.array([fitting[place] for place in places.tolist()], type=pa.string()), values.type)
    laid = pc.replace_with_mask(values.combine_chunks(), pa.array(mask), fresh)
    return table.set_column(table.column_names.index(column), column, laid), len(fitting)


def _fits(text: str | None, kind: pa.DataType) -> bool:
    try:
        pc.cast(pa.array([text], type=pa.string()), kind)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return False
    return True
