"""Places: who stands on each list, in which order, and with which chance: stop rule, quota, floors, random slots."""

from __future__ import annotations

import numpy as np
import pandas as pd

from pkh_graduation.priorities.draws import inclusion, uniform
from pkh_graduation.priorities.floors import Floors, groups, keep_floors, unmet
from pkh_graduation.priorities.quota import Quota
from pkh_graduation.programme.vocabulary import BELUM

MODEL, LOT, HELD = "model", "acak", "disisihkan"
"""How a family came to its place: by its order, by lot, or held out of all lists so that they can be judged."""


def fill(
    families: pd.DataFrame,
    values: pd.DataFrame,
    worth: np.ndarray,
    quota: Quota,
    floors: Floors,
    seed: int,
    exploration: float,
    date: str,
) -> tuple[pd.DataFrame, list[str]]:
    """Add urutan, slot, propensi, and ``tertib``: the order by worth, ties by hash. Also what each list says of its floors.

    ``families`` tells of each ``pendamping_id, desa, boleh, kategori, berpeluang, carry_over, holdout``; the words about floors
    are by pendamping in sorted order.
    """
    ids = families.index.get_level_values("kpm_id").tolist()
    allowed, band = families["boleh"].to_numpy(), families["kategori"].to_numpy()
    drawable, ready = allowed & (band != BELUM), allowed & families["berpeluang"].to_numpy(dtype=bool)
    first = families["carry_over"].to_numpy(dtype=bool) & ready
    tertib = np.empty(len(families), dtype=np.int64)
    key = np.where(np.isnan(worth), np.inf, -worth)
    tertib[np.lexsort((uniform(seed, "urut", ids, date), key, ~first))] = np.arange(len(families))
    # Those without a pendamping are the last group, so that the others are numbered as they are sorted.
    group, names = pd.factorize(families["pendamping_id"], sort=True)
    group = np.where(group < 0, len(names), group)
    sizes = np.bincount(group, minlength=len(names) + 1)
    places = np.array([quota.of(int(size)) for size in sizes], dtype=float)[group]
    expected = exploration * places
    fewer = np.floor(expected)
    draw = np.append(uniform(seed, "bulat", names.tolist(), date), 1.0)
    one_more = draw[group] < expected - fewer
    rank = _rank(tertib, group, ready)
    kept = groups(floors, group, families["desa"], values, allowed, places)
    certain = [keep_floors(rank <= places - slots, rank, group, kept, ready, worth) for slots in (fewer, fewer + 1)]
    by_model = np.where(one_more, certain[1], certain[0])
    by_lot = drawable & ~by_model
    by_lot &= _rank(_lots(ids, by_lot, seed, date), group, by_lot) <= fewer + one_more
    listed = by_model | by_lot
    place = pd.array(np.where(listed, _rank(tertib, group, listed), 0), dtype="Int32")
    place[~listed] = pd.NA
    left = [np.bincount(group[drawable & ~sure], minlength=len(sizes))[group] for sure in certain]
    chance = inclusion(certain, left, expected)
    held = families["holdout"].to_numpy(dtype=bool)
    slot = np.select([by_model, by_lot, held], [MODEL, LOT, HELD], "")
    out = families.assign(
        tertib=tertib,
        urutan=place,
        slot=pd.Series(slot, index=families.index, dtype="str").where(slot != ""),
        propensi=np.where(drawable & (chance > 0), chance, np.nan),
    )
    return out, unmet(kept, listed, ready, len(sizes))[: len(names)]


def _lots(ids: list[str], where: np.ndarray, seed: int, date: str) -> np.ndarray:
    """One seeded number for each family in the draw."""
    lots = np.full(len(ids), np.inf)
    drawn = np.flatnonzero(where)
    lots[drawn] = uniform(seed, "acak", [ids[position] for position in drawn], date)
    return lots


def _rank(key: np.ndarray, group: np.ndarray, among: np.ndarray) -> np.ndarray:
    """Place by ascending ``key`` within its group, from 1; infinite outside ``among``. Ties fall by position."""
    rank = np.full(len(key), np.inf)
    rows = np.flatnonzero(among)
    rows = rows[np.lexsort((key[rows], group[rows]))]
    owner = group[rows]
    first = np.searchsorted(owner, owner)
    rank[rows] = np.arange(len(rows)) - first + 1
    return rank
