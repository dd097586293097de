"""Floors: places kept for groups that a ranking tends to pass over, among ready families alone.

Precedence: hard guardrails, stop rule and quota stand above every floor; random slots come after. A floor that cannot be
met is said, never forced. Which groups and how high are choices of the ministry's; the defaults are assumptions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

FEMALE, REMOTE = "kepala_perempuan", "wilayah_sulit"
READ = (FEMALE, REMOTE)
"""Facts that the floors read; where one is lacking, its floor is said to be unknown."""

DESA = "desa"
NAMES = {DESA: "setiap desa", FEMALE: "kepala keluarga perempuan", REMOTE: "wilayah sulit"}
NOT_READY, NO_ROOM, UNKNOWN = "keluarga siap dibahas kurang", "tempat habis", "datanya tidak ada"


@dataclass(frozen=True)
class Floors:
    """Least places on each list: ``desa`` for every desa of the caseload; for families headed by a woman and for remote ones a
    share (0 to 1) of what they would have if places followed the caseload. Counted are families that every guard clears.
    """

    desa: int = 1
    perempuan: float = 0.5
    sulit: float = 0.5

    def __post_init__(self) -> None:
        if self.desa < 0 or not (0 <= self.perempuan <= 1 and 0 <= self.sulit <= 1):
            raise ValueError(f"floors are places per desa from 0 and shares from 0 to 1, not {self}.")


@dataclass(frozen=True)
class Groups:
    """The floors of some caseloads: one row per floor, one column of membership.

    ``of`` (n_families, 3) names for each family the row of its desa, of its female head and of its remoteness (-1: none).
    ``wanted`` (n_floors,) places, ``kind`` (n_floors,) position in `NAMES`, ``owner`` (n_floors,) the caseload.
    """

    of: np.ndarray
    wanted: np.ndarray
    kind: np.ndarray
    owner: np.ndarray
    lacking: tuple[str, ...]

    def count(self, among: np.ndarray) -> np.ndarray:
        """Families among the given ones under each floor, shape (n_floors,)."""
        rows = self.of[among].ravel()
        return np.bincount(rows[rows >= 0], minlength=len(self.wanted))


def groups(
    floors: Floors, group: np.ndarray, desa: pd.Series, values: pd.DataFrame, cleared: np.ndarray, places: np.ndarray
) -> Groups:
    """The floors of all caseloads. ``group`` (n,) is each family's caseload, ``places`` (n,) its places, ``cleared`` (n,) who
    could be listed at all.
    """
    n_groups = int(group.max()) + 1 if len(group) else 0
    room = np.zeros(n_groups)
    room[group] = places
    total = np.bincount(group[cleared], minlength=n_groups)
    of, wanted, kind, owner, lacking = [], [], [], [], []
    code = pd.factorize(desa)[0]
    width = int(code.max(initial=-1)) + 2
    pairs, row = np.unique(group.astype(np.int64) * width + code + 1, return_inverse=True)
    someone = (np.bincount(row[cleared], minlength=len(pairs)) > 0) & (pairs % width > 0)
    of.append(np.where(code >= 0, row, -1))
    wanted.append(np.where(someone, floors.desa, 0))
    kind.append(np.zeros(len(pairs), dtype=int))
    owner.append(pairs // width)
    for position, (name, share) in enumerate(((FEMALE, floors.perempuan), (REMOTE, floors.sulit)), 1):
        if name not in values.columns:
            lacking += [name] if share else []
            of.append(np.full(len(group), -1))
            continue
        member = values[name].to_numpy(dtype="float64", na_value=0.0) > 0
        mine = np.bincount(group[member & cleared], minlength=n_groups)
        due = np.divide(share * room * mine, total, out=np.zeros(n_groups), where=total > 0)
        of.append(np.where(member, sum(map(len, wanted)) + group, -1))
        # Rounded first, as the quota is: nobody loses a place to the last digit of a float.
        wanted.append(np.floor(np.round(due, 9)))
        kind.append(np.full(n_groups, position))
        owner.append(np.arange(n_groups))
    rows = [np.concatenate(part).astype(int) for part in (wanted, kind, owner)]
    return Groups(np.column_stack(of), rows[0], rows[1], rows[2], tuple(lacking))


def keep_floors(
    chosen: np.ndarray, rank: np.ndarray, group: np.ndarray, floors: Groups, ready: np.ndarray, worth: np.ndarray
) -> np.ndarray:
    """The same number of families of each caseload, changed so that floors are met as far as ready families allow.

    ``chosen`` (n,) booleans, the best by ``rank`` (n,) of the ready ones. Whoever comes in is the best of her group, or the
    best of those who serve most floors at once, whichever way keeps more of the list's ``worth``; whoever makes room is the
    last in rank whom no floor needs. Not always the very best choice: see ``benchmarks/guardrails.py``.
    """
    target = np.minimum(floors.wanted, floors.count(ready))
    lacks = target > floors.count(chosen)
    if not lacks.any():
        return chosen
    out = chosen.copy()
    order = np.flatnonzero(ready)
    order = order[np.lexsort((rank[order], group[order]))]
    starts = np.searchsorted(group[order], np.unique(floors.owner[lacks]))
    for who, start in zip(np.unique(floors.owner[lacks]).tolist(), starts.tolist(), strict=True):
        rows = order[start : start + int(np.searchsorted(group[order[start:]], who, side="right"))]
        ways = [_repair(out[rows], floors.of[rows], floors, target, together) for together in (False, True)]
        out[rows] = max(ways, key=lambda way: (_met(way, rows, floors, target), worth[rows][way].sum()))
    return out


def _met(chosen: np.ndarray, rows: np.ndarray, floors: Groups, target: np.ndarray) -> int:
    """How many floors a choice of one caseload meets."""
    found = floors.of[rows[chosen]].ravel()
    return int((np.bincount(found[found >= 0], minlength=len(target)) >= target).sum())


def _repair(chosen: np.ndarray, of: np.ndarray, floors: Groups, target: np.ndarray, together: bool) -> np.ndarray:
    """One caseload's ready families in the order of rank; ``together``: prefer who serves most unmet floors at once."""
    names = np.unique(of[of >= 0])
    names = names[target[names] > 0]
    member = np.array([(of == name).any(axis=1) for name in names]).reshape(len(names), len(of))
    need, inside = target[names], chosen.copy()
    have = (member & inside).sum(axis=1)
    for position in np.lexsort((names, floors.kind[names])).tolist():
        while have[position] < need[position]:
            outside = np.flatnonzero(member[position] & ~inside)
            serves = member[have < need][:, outside].sum(axis=0)
            coming = outside[serves.argmax() if together else 0]
            after = have + member[:, coming]
            # A floor that is not met yet may not lose anybody either.
            tight = after <= need
            free = np.flatnonzero(inside & ~member[tight].any(axis=0))
            if not len(free):
                break
            going = free[-1]
            inside[coming], inside[going] = True, False
            have = after - member[:, going]
    return _improve(inside, member.astype(int), need)


def _improve(inside: np.ndarray, member: np.ndarray, need: np.ndarray) -> np.ndarray:
    """Swap in whoever ranks better wherever no floor suffers, until nobody is left to swap; families stand in rank order."""
    have, moved = (member * inside).sum(axis=1), True
    while moved:
        moved = False
        # Whoever stands behind all who are inside can replace nobody.
        for coming in np.flatnonzero(~inside[: _behind(inside)]).tolist():
            worse = np.flatnonzero(inside[coming:])[::-1] + coming
            after = have[:, None] + member[:, [coming]] - member[:, worse]
            free = np.flatnonzero((after >= np.minimum(need, have)[:, None]).all(axis=0))
            if len(free):
                going = worse[free[0]]
                inside[coming], inside[going], have, moved = True, False, after[:, free[0]], True
    return inside


def _behind(inside: np.ndarray) -> int:
    """The first position behind all who are inside."""
    return int(np.flatnonzero(inside)[-1]) + 1 if inside.any() else 0


def unmet(floors: Groups, listed: np.ndarray, ready: np.ndarray, n_groups: int) -> list[str]:
    """What each caseload's list says of floors that it does not meet, and why; no counts."""
    have, there = floors.count(listed), floors.count(ready)
    said: list[list[str]] = [[] for _ in range(n_groups)]
    short = np.flatnonzero(have < floors.wanted)
    kinds = list(NAMES)
    for row in short[np.lexsort((short, floors.kind[short]))].tolist():
        cause = NOT_READY if there[row] < floors.wanted[row] else NO_ROOM
        words = f"{NAMES[kinds[floors.kind[row]]]}: {cause}"
        if words not in said[floors.owner[row]]:
            said[floors.owner[row]].append(words)
    lost = [f"{NAMES[name]}: {UNKNOWN}" for name in floors.lacking]
    return ["; ".join([*words, *lost]) for words in said]


def gap(chosen: np.ndarray, best: float, value: Sequence[float]) -> float:
    """Share of the best possible value that a choice misses; for benchmarks and tests.

    >>> gap(np.array([True, False]), 2.0, [1.5, 0.5])
    0.25
    """
    return 1.0 - float(np.asarray(value)[chosen].sum()) / best if best else 0.0
