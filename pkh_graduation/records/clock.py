"""The two clocks: when a thing happened and when it became known; which row of a business key is the last known, and until when."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from pkh_graduation.programme.calendar import NEVER
from pkh_graduation.records.schemas import TableSchema

BIRTH_LAG, DEATH_LAG = 60, 120
"""Days by which births and deaths reach the office later than what else is written of a member (assumed)."""

QUARTER_LAG = 20
"""Verification is known this many days after the end of the quarter of its month (assumed)."""


def event_days(schema: TableSchema, frame: pd.DataFrame) -> pd.Series:
    """Event day of each row; Int32, missing where the row has none.

    A session that was not held happened when it was scheduled; attendance has got its date from its session by now.
    """
    days = frame[schema.event].astype("Int32")
    if schema.name == "p2k2_sesi":
        return days.fillna(frame["tanggal_terjadwal"])
    if schema.name == "verifikasi_komitmen":
        return days.fillna(_month_end(frame["tahun"], frame["bulan"]))
    return days


def _month_end(years: pd.Series, months: pd.Series) -> pd.Series:
    missing = (years.isna() | months.isna()).to_numpy()
    count = (years.fillna(1970) - 1970).to_numpy(dtype=np.int64) * 12 + months.fillna(1).to_numpy(dtype=np.int64)
    days = count.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64) - 1
    return pd.Series(pd.arrays.IntegerArray(days.astype(np.int32), missing), index=years.index)


def lagged_days(schema: TableSchema, frame: pd.DataFrame, day: pd.Series) -> pd.Series:
    """When a row would have become known, judging by its event day and the table's lag; Int32."""
    if schema.name == "verifikasi_komitmen":
        month = day.fillna(0).to_numpy(dtype=np.int64).astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
        quarter = ((month // 3 + 1) * 3).astype("datetime64[M]").astype("datetime64[D]").astype(np.int64) - 1
        late = pd.arrays.IntegerArray((quarter + QUARTER_LAG).astype(np.int32), day.isna().to_numpy())
        return pd.Series(late, index=day.index)
    late = day + schema.lag
    if schema.name == "anggota":
        late = late.mask((frame["tanggal_lahir"] == day).fillna(False), day + BIRTH_LAG)
        late = late.mask((frame["alasan_keluar"] == "meninggal").to_numpy(dtype=bool), day + DEATH_LAG)
    return late.astype("Int32")


def end_known(schema: TableSchema, frame: pd.DataFrame, known: pd.Series) -> pd.Series:
    """When the end of each row became known (ruling 3); Int32, missing where there is no end.

    Where the source does not say: the row's known day if the end is not later, else the end and the table's lag.
    """
    end = frame[schema.end]
    guess = known.astype("Int32").mask((end > known).fillna(False), end + schema.lag)
    return frame["tanggal_diketahui_selesai"].fillna(guess).mask(end.isna()).astype("Int32")


def row_order(versions: pd.Series, files: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Record ids of all rows as read, accepted or not: by version, file, row; int64, from 0."""
    order = np.lexsort((rows, files, versions.fillna(0).to_numpy(dtype=np.int64)))
    ids = np.empty(len(order), dtype=np.int64)
    ids[order] = np.arange(len(order), dtype=np.int64)
    return ids


def row_keys(columns: Mapping[str, pd.Series | np.ndarray]) -> np.ndarray:
    """One integer per business key, equal where all its columns are equal; int64, shape (n,).

    >>> row_keys({"kpm": np.array([7, 7, 8]), "day": np.array([1, 1, 1])}).tolist()
    [0, 0, 1]
    """
    keys: np.ndarray | None = None
    for values in columns.values():
        codes, uniques = pd.factorize(values, use_na_sentinel=False)
        keys = codes if keys is None else pd.factorize(keys * np.int64(len(uniques)) + codes)[0]
    if keys is None:
        raise ValueError("a business key needs at least one column.")
    return keys.astype(np.int64)


def superseded_days(row_key: np.ndarray, known: np.ndarray, record_id: np.ndarray) -> np.ndarray:
    """Known day of the next row of the same business key, in order of (known day, record id); `NEVER` for the last; int32.

    >>> superseded_days(np.array([0, 0, 1]), np.array([5, 9, 3], dtype=np.int32), np.array([0, 1, 2])).tolist()
    [9, 2147483647, 2147483647]
    """
    order = np.lexsort((record_id, known, row_key))
    following = np.full(len(order), NEVER, dtype=np.int32)
    same = row_key[order][1:] == row_key[order][:-1]
    following[:-1][same] = known[order][1:][same]
    result = np.empty(len(order), dtype=np.int32)
    result[order] = following
    return result
