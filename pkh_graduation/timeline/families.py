"""Families as dense numbers, and which of them are one family under another No KK.

A new No KK is not a new family: `tautan_kpm` says that ``kpm_baru`` continues ``kpm_lama``. From the day the link is known,
history and labels follow the earliest id, the *root*; before that day the two are two.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from pkh_graduation.contracts import Records
from pkh_graduation.timeline.visibility import day_array, until_day

_LINK_COLUMNS = ("kpm", "kpm_lama", "record_id", "row_key", "day", "known_day", "superseded_day", "batal")


def kpm_of(kpm_id: pd.Series | pd.Index) -> np.ndarray:
    """Surrogates (int64) of family ids: the number behind the letter, read as hexadecimal.

    >>> kpm_of(pd.Series(["k00000000000000a"])).tolist()
    [10]
    """
    codes, names = pd.factorize(kpm_id)
    return np.array([int(text[1:], 16) for text in names], dtype="int64")[codes]


def id_of(kpm: np.ndarray) -> np.ndarray:
    """Family ids of surrogates; the inverse of `kpm_of`.

    >>> id_of(np.array([10])).tolist()
    ['k00000000000000a']
    """
    return np.array([f"k{number:015x}" for number in kpm.tolist()], dtype=object)


def links(records: Records) -> pd.DataFrame:
    """Every version of every link between ids: ``kpm`` (the newer), ``kpm_lama``, the clock; no rows if none are kept.

    ``superseded_day`` already accounts for an end of validity.
    """
    table = records.tables.get("tautan_kpm")
    if table is None or table.empty:
        return pd.DataFrame({column: pd.Series(dtype="int64") for column in _LINK_COLUMNS}).astype({"batal": bool})
    return pd.DataFrame(
        {
            "kpm": kpm_of(table["kpm_baru"]),
            "kpm_lama": kpm_of(table["kpm_lama"]),
            "record_id": table["record_id"].to_numpy(dtype="int64"),
            "row_key": table["row_key"].to_numpy(dtype="int64"),
            "day": day_array(table["day"]),
            "known_day": day_array(table["known_day"]),
            "superseded_day": until_day(table),
            "batal": table["batal"].to_numpy(dtype=bool),
        }
    )


@dataclass(frozen=True)
class Families:
    """All ids of some tables, numbered 0..n-1 in the order of their surrogates, with the links between them."""

    kpm: np.ndarray
    linked: pd.DataFrame

    @classmethod
    def among(cls, linked: pd.DataFrame, *surrogates: np.ndarray) -> Families:
        """Number every id that occurs in the links or in the arrays."""
        everyone = [linked["kpm"].to_numpy(), linked["kpm_lama"].to_numpy(), *surrogates]
        return cls(np.sort(pd.unique(np.concatenate(everyone).astype("int64"))), linked)

    def code(self, kpm: np.ndarray) -> np.ndarray:
        """Numbers of surrogates, all of which must be among the families."""
        return self._index.get_indexer(kpm)

    @cached_property
    def _index(self) -> pd.Index:
        return pd.Index(self.kpm)

    def roots(self, day: int) -> np.ndarray:
        """For each family its number under the earliest id, by the links visible on an epoch day.

        Of several links to one newer id the first in the total order counts. Links that form a ring prove nothing and are
        ignored.
        """
        parent = np.arange(len(self.kpm))
        link = self.linked
        if link.empty:
            return parent
        seen = link[(link["known_day"] <= day) & (day < link["superseded_day"]) & ~link["batal"] & (link["day"] <= day)]
        first = seen.sort_values(["day", "known_day", "record_id"]).drop_duplicates("kpm")
        parent[self.code(first["kpm"].to_numpy())] = self.code(first["kpm_lama"].to_numpy())
        return _settle(parent)


def _settle(parent: np.ndarray) -> np.ndarray:
    """Follow parents to the end by pointer doubling; members of a ring, and what hangs on one, stay themselves."""
    root = parent
    for _ in range(len(parent).bit_length() + 1):
        root = root[root]
    own = np.arange(len(parent))
    return np.where(parent[root] == root, root, own)
