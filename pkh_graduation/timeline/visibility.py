"""What the office knew on a day: visible rows, the last of them per entity, and records cut at that day.

The rule (domain, conventions): of the rows of one business key known by t the last known one counts; it is visible if it is
no void and its event day is not after t. ``superseded_day`` holds, for each row, the day from which a later row of the same
key takes over, so the rule needs no window function.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Sequence

import numpy as np
import pandas as pd

from pkh_graduation.contracts import Records
from pkh_graduation.programme.calendar import NEVER

TOTAL_ORDER = ("day", "known_day", "record_id")
"""Which of two visible rows is later: a total order, so that "last" never depends on an engine."""

_END_KNOWN = "tanggal_diketahui_selesai"
ENDS = ("berlaku_sampai", "tanggal_keluar", "tanggal_tutup")
"""End dates that are news of their own: they count only from ``tanggal_diketahui_selesai`` on."""


def visible(table: pd.DataFrame, day: int) -> pd.DataFrame:
    """Rows of a canonical table that were visible on an epoch day, in their old order.

    A row whose event day is missing is never visible.
    """
    return table.loc[_visible_mask(table, day)]


def valid(table: pd.DataFrame, day: int) -> pd.DataFrame:
    """Rows of a reference table that were visible and in force on a day: begun, and not known to have ended before it."""
    return table.loc[_visible_mask(table, day) & (until_day(table) > day)]


def last_per(table: pd.DataFrame, entity: str | Sequence[str]) -> pd.DataFrame:
    """The last row of each entity in the order (day, known_day, record_id); rows without the entity are left out.

    >>> rows = pd.DataFrame({"kpm": [7, 7], "day": [2, 1], "known_day": [2, 9], "record_id": [1, 2], "nilai": ["baru", "lama"]})
    >>> last_per(rows, "kpm")["nilai"].to_list()
    ['baru']
    """
    columns = [entity] if isinstance(entity, str) else list(entity)
    ordered = table.dropna(subset=columns).sort_values(list(TOTAL_ORDER), kind="stable")
    return ordered.drop_duplicates(columns, keep="last")


def until_day(table: pd.DataFrame) -> np.ndarray:
    """First epoch day on which each row no longer holds, int64; `NEVER` if that is not known.

    A row stops holding when a later row of its key is known, or when its end is both known and past, whichever comes first.
    """
    until = day_array(table["superseded_day"])
    if "berlaku_sampai" not in table:
        return until
    end = day_array(table["berlaku_sampai"])
    known = day_array(table[_END_KNOWN]) if _END_KNOWN in table else day_array(table["known_day"])
    over = np.where((end == NEVER) | (known == NEVER), NEVER, np.maximum(end + 1, known))
    return np.minimum(until, over)


def day_array(column: pd.Series) -> np.ndarray:
    """A column of days as int64, with `NEVER` where it is missing."""
    return column.fillna(NEVER).to_numpy(dtype="int64")


def cut(records: Records, day: int) -> Records:
    """The records as the office had them on an epoch day: what became known later is gone.

    Rows known after the day are deleted, the rows they had replaced count again, and an end that was news after the day is
    erased. Cutting twice is cutting once at the earlier day. ``digest`` is a SHA-256 over what is left.
    """
    tables = {name: _cut_table(table, day) for name, table in records.tables.items()}
    return dataclasses.replace(records, tables=tables, digest=_digest(tables))


def _visible_mask(table: pd.DataFrame, day: int) -> np.ndarray:
    known = table["known_day"].to_numpy(dtype="int64")
    superseded = day_array(table["superseded_day"])
    void = table["batal"].to_numpy(dtype=bool)
    return (known <= day) & (day < superseded) & ~void & (day_array(table["day"]) <= day)


def _cut_table(table: pd.DataFrame, day: int) -> pd.DataFrame:
    kept = table.loc[table["known_day"].to_numpy(dtype="int64") <= day].reset_index(drop=True)
    kept["superseded_day"] = kept["superseded_day"].mask(kept["superseded_day"] > day, NEVER)
    if _END_KNOWN in kept:
        late = day_array(kept[_END_KNOWN]) > day
        for column in (*(end for end in ENDS if end in kept), _END_KNOWN):
            kept[column] = kept[column].mask(late)
    return kept


def _digest(tables: dict[str, pd.DataFrame]) -> str:
    content = hashlib.sha256()
    for name in sorted(tables):
        table = tables[name]
        content.update("\x1f".join([name, *map(str, table.columns)]).encode())
        content.update(pd.util.hash_pandas_object(table, index=False).to_numpy().tobytes())
    return content.hexdigest()
