"""Mitigation: floors for groups that a list leaves behind, kept by offsets on the chance inside each pendamping's caseload.

Every pendamping's list keeps exactly its places: an offset only changes the order in which eligible families take them. The
offset of a group is the least at which the group reaches its floor, so that no more precision is paid than the floor costs; for
one group this is the best list that there is at the number reached (a Lagrange multiplier of the allocation). Floors are policy
and come from people; nothing here decides which group deserves one. Nobody who is not eligible is ever moved up.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

_MOST = 1.0
"""No offset needs to exceed the range of a chance."""
_FINE = 1e-9


@dataclass(frozen=True)
class Mitigation:
    """What floors would change.

    ``offsets``: group -> what is added to its families' chance. ``bonus``: the same per family, indexed as the input.
    ``before`` and ``after``: listed families per group; ``floors``: what was asked. ``precision_before`` and
    ``precision_after``: mean chance of the listed, the expected precision. ``unmet``: groups whose floor cannot be reached
    with the families that are eligible.
    """

    offsets: Mapping[str, float]
    bonus: pd.Series
    listed: pd.Series
    floors: Mapping[str, int]
    before: Mapping[str, int]
    after: Mapping[str, int]
    precision_before: float
    precision_after: float
    unmet: tuple[str, ...]

    @property
    def cost(self) -> float:
        """Share of the expected precision that the floors cost, 0 to 1; 0 for an empty list."""
        return 1 - self.precision_after / self.precision_before if self.precision_before > 0 else 0.0


def floors_of(groups: pd.Series, eligible: pd.Series, places: int, *, ratio: float = 0.8) -> dict[str, int]:
    """Floors under which no group is listed at less than ``ratio`` of the common rate: ``ratio * places / eligible`` of its own.

    The common rate counts eligible families only: a guardrail is a protection, not a disadvantage to be made up for.

    >>> words = pd.Series(["a"] * 6 + ["b"] * 4)
    >>> floors_of(words, pd.Series([True] * 10), 5, ratio=1.0)
    {'a': 3, 'b': 2}
    """
    if not 0 <= ratio <= 1:
        raise ValueError(f"ratio is a share of the common rate, from 0 to 1, not {ratio!r}.")
    sizes = groups[eligible.to_numpy(dtype=bool)].value_counts().sort_index()
    rate = min(1.0, places / max(1, int(sizes.sum())))
    return {str(name): int(np.ceil(ratio * rate * size - _FINE)) for name, size in sizes.items()}


def mitigate(
    chance: pd.Series,
    pendamping: pd.Series,
    places: Mapping[str, int],
    groups: pd.Series,
    floors: Mapping[str, int],
    *,
    eligible: pd.Series | None = None,
) -> Mitigation:
    """Find the offsets under which every group has its floor of listed families, each list keeping its places.

    Args:
        chance: P(mandiri) of every family; the index is that of all series.
        pendamping: whose caseload; a family without one is on no list.
        places: pendamping -> places on the list (without those drawn by lot).
        groups: one group per family, of one axis (groups must not overlap).
        floors: group -> listed families at least; groups not named have none.
        eligible: who may be listed; by default every family with a chance.

    Ties go to the smaller index label, so the order of rows changes nothing. Where a floor cannot be reached, the group gets
    all it can and is named in ``unmet``.

    Raises:
        ValueError: a floor for a group that does not occur, or that is negative.
    """
    strange = sorted(set(floors) - set(groups.astype(str)))
    if strange or any(floor < 0 for floor in floors.values()):
        raise ValueError(f"floors must be 0 or more and name groups that occur; unknown are {strange}.")
    allowed = chance.notna() if eligible is None else eligible & chance.notna()
    problem = _Problem.of(chance[allowed], pendamping[allowed], places, groups[allowed].astype(str))
    plain = problem.listed(np.zeros(len(problem.names)))
    offsets, unmet = _solve(problem, floors)
    chosen = problem.listed(offsets)
    by_group = dict(zip(problem.names, offsets.tolist(), strict=True))
    return Mitigation(
        offsets={name: value for name, value in by_group.items() if value > 0},
        bonus=groups.astype(str).map(by_group).fillna(0.0).astype(float).where(allowed, 0.0).rename("bonus"),
        listed=pd.Series(chosen, index=problem.index).reindex(chance.index, fill_value=False).rename("listed"),
        floors=dict(floors),
        before=problem.counts(plain),
        after=problem.counts(chosen),
        precision_before=problem.precision(plain),
        precision_after=problem.precision(chosen),
        unmet=unmet,
    )


@dataclass(frozen=True)
class _Problem:
    """Eligible families in the order of their index: chance, place of each caseload's list, group codes."""

    index: pd.Index
    chance: np.ndarray
    owner: np.ndarray
    places: np.ndarray
    group: np.ndarray
    names: tuple[str, ...]

    @classmethod
    def of(cls, chance: pd.Series, pendamping: pd.Series, places: Mapping[str, int], groups: pd.Series) -> _Problem:
        order = chance.index.argsort()
        owner, who = pd.factorize(pendamping.iloc[order], sort=True)
        group, names = pd.factorize(groups.iloc[order], sort=True)
        room = np.array([places.get(name, 0) for name in who] + [0], dtype=np.int64)
        return cls(
            chance.index[order], chance.to_numpy(dtype=float)[order], owner, room[owner], group, tuple(map(str, names))
        )

    def listed(self, offsets: np.ndarray) -> np.ndarray:
        """Who is listed under offsets (groups,): the highest of each caseload, exactly as many as it has places."""
        if not len(self.chance):
            return np.zeros(0, dtype=bool)
        lifted = self.chance + offsets[self.group]
        order = np.lexsort((np.arange(len(lifted)), -lifted, self.owner))
        own = self.owner[order]
        rank = np.empty(len(own), dtype=np.int64)
        rank[order] = np.arange(len(own)) - np.searchsorted(own, own) + 1
        return np.asarray((rank <= self.places) & (self.owner >= 0))

    def counts(self, listed: np.ndarray) -> dict[str, int]:
        """Listed families per group."""
        found = np.bincount(self.group[listed], minlength=len(self.names))
        return dict(zip(self.names, found.tolist(), strict=True))

    def precision(self, listed: np.ndarray) -> float:
        """Mean chance of the listed."""
        return float(self.chance[listed].mean()) if listed.any() else 0.0


def _solve(problem: _Problem, floors: Mapping[str, int]) -> tuple[np.ndarray, tuple[str, ...]]:
    """Raise the offset of each group below its floor, in turn, until nobody is below or no offset can help.

    Offsets only rise, and each rise is the least that reaches the floor at the others' offsets, so the turns end.
    """
    names = problem.names
    wanted = np.array([floors.get(name, 0) for name in names])
    offsets, stuck = np.zeros(len(names)), np.zeros(len(names), dtype=bool)
    for _ in range(50 * max(1, len(names))):
        have = np.bincount(problem.group[problem.listed(offsets)], minlength=len(names))
        behind = np.flatnonzero((have < wanted) & ~stuck)
        if not len(behind):
            break
        group = int(behind[np.argmax((wanted - have)[behind])])
        offsets[group], reached = _least(problem, offsets, group, int(wanted[group]))
        stuck[group] = not reached
    have = np.bincount(problem.group[problem.listed(offsets)], minlength=len(names))
    return offsets, tuple(name for name, few in zip(names, have < wanted, strict=True) if few)


def _least(problem: _Problem, offsets: np.ndarray, group: int, floor: int) -> tuple[float, bool]:
    """The least offset of a group that lists ``floor`` of it, and whether it can be reached at all."""

    def have(value: float) -> int:
        tried = offsets.copy()
        tried[group] = value
        return int((problem.group[problem.listed(tried)] == group).sum())

    # An offset beyond everybody else's chance and offset puts the group first in every caseload.
    low, high = float(offsets[group]), float(offsets.max()) + _MOST + _FINE
    if have(high) < floor:
        return high, False
    while high - low > _FINE:
        middle = (low + high) / 2
        low, high = (low, middle) if have(middle) >= floor else (middle, high)
    return high, True
