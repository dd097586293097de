"""Mitigation: floors for groups that a list leaves behind, kept by offsets on the chance inside each pendamping's caseload.

Every pendamping's list keeps exactly its places: an offset only changes the order in which eligible families take them. The
offsets are the prices of the likeliest list that keeps all floors together, so that no more precision is paid than they cost
(Lagrange multipliers of the allocation). Floors are policy and come from people; nothing here decides which group deserves one.
Nobody who is not eligible is ever moved up.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

_FINE, _EXACT = 1e-9, 1e-12
"""By how much who is moved up comes before who gives way, and what is rounding of sums of chances."""


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

    def tally(self, offsets: np.ndarray) -> np.ndarray:
        """Listed families per group under offsets; both (groups,)."""
        return np.bincount(self.group[self.listed(offsets)], minlength=len(self.names))

    def taken(self, offsets: np.ndarray) -> np.ndarray:
        """Listed families per caseload and group under offsets."""
        listed = self.listed(offsets)
        found = np.zeros((int(self.owner.max(initial=-1)) + 1, len(self.names)), dtype=np.int64)
        np.add.at(found, (self.owner[listed], self.group[listed]), 1)
        return found

    def counts(self, listed: np.ndarray) -> dict[str, int]:
        """Listed families per group, by name."""
        found = np.bincount(self.group[listed], minlength=len(self.names))
        return dict(zip(self.names, found.tolist(), strict=True))

    def precision(self, listed: np.ndarray) -> float:
        """Mean chance of the listed."""
        return float(self.chance[listed].mean()) if listed.any() else 0.0


@dataclass(frozen=True)
class _Piles:
    """Eligible families of each caseload and group, the likeliest first: ``first, size`` (caseloads, groups) into ``chance``."""

    chance: np.ndarray
    first: np.ndarray
    size: np.ndarray

    @classmethod
    def of(cls, problem: _Problem) -> _Piles:
        own = np.flatnonzero(problem.owner >= 0)
        shape = (int(problem.owner.max(initial=-1)) + 1, len(problem.names))
        pile = problem.owner[own] * shape[1] + problem.group[own]
        order = np.lexsort((own, -problem.chance[own], pile))
        size = np.bincount(pile, minlength=shape[0] * shape[1])
        # one more value, so that the place after the last pile can be asked for
        chance = np.append(problem.chance[own][order], np.nan)
        return cls(chance, (size.cumsum() - size).reshape(shape), size.reshape(shape))

    def swaps(self, taken: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The least chance lost by giving a place of one group to another (groups, groups), and in which caseload.

        ``taken`` (caseloads, groups): how many of each pile are listed, the likeliest of it.
        """
        last = np.where(taken > 0, self.chance[np.maximum(self.first + taken - 1, 0)], np.inf)
        following = np.where(taken < self.size, self.chance[self.first + np.minimum(taken, self.size)], -np.inf)
        lost = [last - following[:, [group]] for group in range(taken.shape[1])]
        return np.stack([one.min(axis=0) for one in lost], axis=1), np.stack(
            [one.argmin(axis=0) for one in lost], axis=1
        )


def _solve(problem: _Problem, floors: Mapping[str, int]) -> tuple[np.ndarray, tuple[str, ...]]:
    """The offsets (groups,) of the best list that keeps the floors, and the groups whose floor cannot be kept.

    Places move one by one from groups that can spare one to groups that lack one, each time along the cheapest chain of swaps
    inside caseloads (successive shortest paths; Ahuja, Magnanti, Orlin 1993, 9.7): after each, no list of the same numbers is
    likelier. Offsets are the prices at which every caseload's own order gives that list.
    """
    names = problem.names
    wanted = np.array([floors.get(name, 0) for name in names], dtype=np.int64)
    offsets = np.zeros(len(names))
    have = problem.tally(offsets)
    if (have < wanted).any():
        piles, taken = _Piles.of(problem), problem.taken(offsets)
        asked = wanted
        for _ in range(3 * len(names)):
            while chain := _cheapest(piles.swaps(taken), taken.sum(axis=0) - asked):
                for caseload, giver, taker in chain:
                    taken[caseload, giver] -= 1
                    taken[caseload, taker] += 1
            offsets = _offsets(problem, piles.swaps(taken)[0], np.minimum(wanted, taken.sum(axis=0)))
            have = problem.tally(offsets)
            # Swaps that lose exactly as much in two caseloads have one price: then a place more is asked for.
            tied = (have < wanted) & (taken.sum(axis=0) >= asked)
            if not tied.any():
                break
            asked = asked + tied
    return offsets, tuple(name for name, few in zip(names, have < wanted, strict=True) if few)


def _offsets(problem: _Problem, lost: np.ndarray, enough: np.ndarray) -> np.ndarray:
    """Prices at which every group has ``enough`` (groups,), if there are any."""
    offsets = _prices(lost, everywhere=False)
    return offsets if (problem.tally(offsets) >= enough).all() else _prices(lost, everywhere=True)


def _cheapest(swaps: tuple[np.ndarray, np.ndarray], spare: np.ndarray) -> list[tuple[int, int, int]]:
    """The cheapest chain of swaps (caseload, giver, taker) from a group with places to spare to one that lacks some.

    ``spare`` (groups,): listed families beyond the floor, negative where they lack. Empty if nothing lacks or no chain ends there.
    """
    lost, where = swaps
    cost, before = np.where(spare > 0, 0.0, np.inf), np.full(len(spare), -1)
    for _ in range(len(spare)):
        ways = cost[:, None] + lost
        giver, best = ways.argmin(axis=0), ways.min(axis=0)
        better = best < cost - _EXACT
        if not better.any():
            break
        cost, before = np.where(better, best, cost), np.where(better, giver, before)
    lacking = np.flatnonzero((spare < 0) & np.isfinite(cost))
    if not len(lacking):
        return []
    chain: list[tuple[int, int, int]] = []
    taker = int(lacking[np.argmin(cost[lacking])])
    while before[taker] >= 0 and len(chain) < len(spare):
        giver = int(before[taker])
        chain.append((int(where[giver, taker]), giver, taker))
        taker = giver
    return chain


def _prices(lost: np.ndarray, *, everywhere: bool) -> np.ndarray:
    """The least offsets (groups,) at which no swap gains: a group's is at least another's less what the swap between them loses.

    Where they are equal the listed come first, by `_FINE`; between groups without an offset the index decides, as in a list
    without floors, unless it takes from a floor (``everywhere``).
    """
    exact = _raised(np.zeros(len(lost)), lost)
    moved = everywhere | (exact > 0)[:, None] | (exact > 0)
    return _raised(exact, lost - np.where(moved, _FINE, 0.0))


def _raised(offsets: np.ndarray, lost: np.ndarray) -> np.ndarray:
    for _ in range(len(lost)):
        offsets = np.maximum(offsets, (offsets - lost).max(axis=1, initial=0.0))
    return np.asarray(np.where(offsets > _EXACT, offsets, 0.0))
