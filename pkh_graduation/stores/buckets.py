"""Buckets: which families lie together on disk. A bucket is a small office of its own: whole kabupaten, all their records.

A family's bucket follows the kabupaten of the first of its `keluarga` rows to become known, so that later news moves nobody.
Families that share something (ids that are ever said to be one family, a member who moved, an enterprise that was handed
over) lie together, with the one of the smallest number. Kabupaten are taken in the order of their codes until a bucket is
full. What belongs to no family (places, pendamping, targets) is shared by all buckets.

Inside a bucket the rows that most queries ask for come first, in files of small row groups, so that an engine leaves most of
a file unread: the last row of each entity as far as is known, and the events of the last years. Order means nothing to any
result.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from pkh_graduation.contracts import Records
from pkh_graduation.programme.calendar import NEVER

PER_BUCKET = 200_000
"""Families (past and present) after which a bucket is full: enough to spread the fixed cost of a query, few enough for 2 GB."""

TIES = (
    ("anggota", "anggota"), ("usaha", "usaha"), ("program_komplementer", "program_key"), ("masalah", "masalah"),
    ("penyaluran", "penyaluran_id"),
)  # fmt: skip
"""Table and entity: the last row of an entity counts, so all its rows must be seen together."""

STATES = {
    "anggota": "anggota", "keluarga": "kpm", "masalah": "masalah", "peringkat": "kpm", "program_komplementer": "program_key",
    "usaha": "usaha",
}  # fmt: skip
"""Tables of which the last row of each entity is asked for most, and that entity."""

ROWS_PER_GROUP = 122_880
"""Rows of a row group: what can be left unread at once."""

NUMBERED = ("record_id", "row_key")
"""Columns in which nearly every row has a number of its own."""

RECENT = 3 * 366
"""Days of events that lie apart from the older ones: the longest window, and a year of as-of dates."""

_CODE = 4


@dataclass(frozen=True)
class Buckets:
    """Who lies where: ``kpm`` (sorted, int64) with ``number`` (bucket of each), and the kabupaten codes of each bucket."""

    kpm: np.ndarray
    number: np.ndarray
    kabupaten: tuple[tuple[str, ...], ...]

    @property
    def names(self) -> list[str]:
        """Names of the buckets, of equal width, in order."""
        width = max(2, len(str(len(self.kabupaten) - 1)))
        return [f"{number:0{width}d}" for number in range(len(self.kabupaten))]

    def of(self, kpm: np.ndarray) -> np.ndarray:
        """Bucket number of each family."""
        return self.number[np.searchsorted(self.kpm, kpm)]


def assign(records: Records, per_bucket: int = PER_BUCKET) -> Buckets:
    """Put every family that any table names into a bucket.

    Raises:
        ValueError: ``per_bucket`` is not positive.
    """
    if per_bucket < 1:
        raise ValueError(f"a bucket must hold at least one family, not {per_bucket!r}.")
    kpm = _families(records)
    home = _first_kabupaten(records).reindex(kpm)
    home = _together(home, kpm, _ties(records))
    codes, place = np.unique(home.fillna("").to_numpy(dtype=str), return_inverse=True)
    group = _fill(np.bincount(place, minlength=len(codes)), per_bucket)
    kept = tuple(tuple(codes[group == number].tolist()) for number in range(int(group.max(initial=0)) + 1))
    return Buckets(kpm, group[place] if len(kpm) else np.zeros(0, dtype="int64"), kept)


def split(name: str, table: pd.DataFrame, buckets: Buckets, groups: pd.DataFrame) -> dict[int, pd.DataFrame] | None:
    """Rows of the table ``name`` per bucket number, those asked for most first, or None where it belongs to no family.

    Rows about a family go to its bucket. Rows about a kelompok (``groups``: ``kelompok, number``) go to every bucket in
    which the kelompok has ever had a family, and to the first if it never had one: a row may lie in two buckets.
    """
    if "kpm" in table.columns:
        number = buckets.of(table["kpm"].to_numpy(dtype="int64"))
        order = np.lexsort((table["record_id"].to_numpy(), table["kpm"].to_numpy(), _depth(name, table), number))
        ends = np.searchsorted(number[order], np.arange(len(buckets.kabupaten) + 1))
        return {n: table.iloc[order[ends[n] : ends[n + 1]]] for n in range(len(buckets.kabupaten))}
    if "kelompok" not in table.columns:
        return None
    order = np.argsort(_depth(name, table), kind="stable")
    wide = pd.DataFrame({"kelompok": table["kelompok"].astype("Int64").array[order], "place": np.arange(len(table))})
    where = wide.merge(groups, on="kelompok", how="left")
    where["number"] = where["number"].fillna(0).astype("int64")
    return {
        n: table.iloc[order[np.sort(where["place"].to_numpy()[where["number"].to_numpy() == n])]]
        for n in range(len(buckets.kabupaten))
    }


def _depth(name: str, table: pd.DataFrame) -> np.ndarray:
    """How far down in its file each row belongs: 0 for what is asked for most."""
    entity = STATES.get(name)
    day = table["day"].fillna(NEVER).to_numpy(dtype="int64")
    if entity is None or entity not in table.columns:
        return (day <= day[day < NEVER].max(initial=0) - RECENT).astype("int64")
    standing = (table["superseded_day"].to_numpy() == NEVER) & ~table["batal"].to_numpy(dtype=bool) & (day < NEVER)
    rows = np.flatnonzero(standing & table[entity].notna().to_numpy())
    code = pd.factorize(table[entity].array[rows])[0]
    order = np.lexsort((table["record_id"].to_numpy()[rows], table["known_day"].to_numpy()[rows], day[rows], code))
    last = np.append(np.diff(code[order]) != 0, True)[: len(order)]
    depth = np.ones(len(table), dtype="int64")
    depth[rows[order[last]]] = 0
    return depth


def groups_of(records: Records, buckets: Buckets) -> pd.DataFrame:
    """Every kelompok and bucket number that met: some family of the bucket was once of the kelompok."""
    homes = records.tables.get("keluarga")
    if homes is None or "kelompok" not in homes.columns:
        return pd.DataFrame({"kelompok": pd.array([], dtype="Int64"), "number": np.zeros(0, dtype="int64")})
    pairs = pd.DataFrame(
        {
            "kelompok": homes["kelompok"].astype("Int64").array,
            "number": buckets.of(homes["kpm"].to_numpy(dtype="int64")),
        }
    )
    return pairs.dropna().drop_duplicates()


def _families(records: Records) -> np.ndarray:
    named = [table["kpm"].to_numpy(dtype="int64") for table in records.tables.values() if "kpm" in table.columns]
    return np.unique(np.concatenate(named)) if named else np.zeros(0, dtype="int64")


def _first_kabupaten(records: Records) -> pd.Series:
    homes = records.tables.get("keluarga")
    if homes is None or "kode_wilayah" not in homes.columns:
        return pd.Series(dtype="str")
    there = homes[homes["kode_wilayah"].str.len() >= _CODE]
    first = there.sort_values(["known_day", "record_id"], kind="stable").drop_duplicates("kpm")
    return pd.Series(first["kode_wilayah"].str[:_CODE].array, index=first["kpm"].to_numpy(dtype="int64"))


def _ties(records: Records) -> np.ndarray:
    """Pairs of families that must lie together, shape (m, 2)."""
    pairs = [np.empty((0, 2), dtype="int64")]
    links = records.tables.get("tautan_kpm")
    if links is not None and len(links):
        pairs.append(np.column_stack([_numbers(links["kpm_baru"]), _numbers(links["kpm_lama"])]).astype("int64"))
    for name, entity in TIES:
        table = records.tables.get(name)
        if table is None or entity not in table.columns:
            continue
        owners = table[[entity, "kpm"]].drop_duplicates()
        shared = owners[owners.duplicated(entity, keep=False) & owners[entity].notna()]
        first = shared.groupby(entity)["kpm"].transform("first")
        pairs.append(np.column_stack([shared["kpm"].to_numpy("int64"), first.to_numpy("int64")]))
    return np.concatenate(pairs)


def _together(home: pd.Series, kpm: np.ndarray, ties: np.ndarray) -> pd.Series:
    """Families that are tied, directly or through others, take the home of the smallest of them that has one."""
    if not len(ties):
        return home
    left, right = np.searchsorted(kpm, ties[:, 0]), np.searchsorted(kpm, ties[:, 1])
    there = (left < len(kpm)) & (right < len(kpm))
    there[there] &= (kpm[left[there]] == ties[there, 0]) & (kpm[right[there]] == ties[there, 1])
    graph = coo_array((np.ones(there.sum()), (left[there], right[there])), shape=(len(kpm), len(kpm)))
    cluster = connected_components(graph, directed=False)[1]
    return home.groupby(cluster).transform("first")


def _numbers(ids: pd.Series) -> list[int]:
    return [int(text[1:], 16) for text in ids]


def _fill(sizes: np.ndarray, per_bucket: int) -> np.ndarray:
    """Bucket number of each kabupaten, in order: the next is begun when the current one would overflow."""
    group, held, number = [], 0, 0
    for size in sizes.tolist():
        if held and held + size > per_bucket:
            number, held = number + 1, 0
        group.append(number)
        held += size
    return np.array(group, dtype="int64")


def joined(parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """One table of its buckets' rows again, each row once, in the order of record ids."""
    whole = pd.concat(parts, ignore_index=True) if len(parts) > 1 else parts[0]
    whole = whole.sort_values("record_id", kind="stable")
    return whole.drop_duplicates("record_id").reset_index(drop=True)
