"""Traces of a target in the records: counts that stop exactly at it, and exits that crowd before its deadline.

The label is a decision under a quota. A pendamping who stops at her target leaves ready families behind, and those look like
families that were not ready. Both tests are for the office and the modeller, never for a verdict on a person: they speak of all
pendamping together.

*Bunching.* If every count is a sum of independent decisions (Poisson or binomial, any mean for any pendamping, mixed in any way),
then among the counts within one of a target T, the share exactly at T is at most ``1 / (1 + 2 / sqrt(r))``, where r is the bound
on p(T)^2 / (p(T-1) p(T+1)): (T + 1) / T for a Poisson, (T + 1) (n - T + 1) / (T (n - T)) for a binomial of n families. The test
counts how many are exactly at the target against that bound, so no shape of the distribution has to be estimated, and its error
rate is at most the level.

*Deadline.* Exits of the last period before the deadline against the period after it, pendamping by pendamping: without a deadline
each difference is as likely negative as positive, so signs are flipped at random (an exact randomisation test).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from pkh_graduation.evaluation.exact_tests import share_interval

LEVEL = 0.05
_NEAR = 1
_FLIPS = 1999


@dataclass(frozen=True)
class Bunching:
    """``at``: counts exactly at their target, of ``near`` counts within one of it; ``expected``: how many at most by chance.

    ``excess``: share of *all* counts that stop at the target beyond chance, with its 95 % interval; somewhat too large, since
    stopping empties the count just above as well. ``p_value`` is one-sided.
    """

    counts: int
    near: int
    at: int
    expected: float
    excess: float
    low: float
    high: float
    p_value: float

    @property
    def flagged(self) -> bool:
        """Whether chance is no good explanation (5 %)."""
        return self.p_value < LEVEL


@dataclass(frozen=True)
class DeadlineJump:
    """``before`` and ``after``: exits in the period that ends with the deadline and in the one that follows it.

    ``ratio``: before over after, missing if there is none after. ``p_value`` is one-sided.
    """

    units: int
    before: int
    after: int
    ratio: float
    p_value: float

    @property
    def flagged(self) -> bool:
        """Whether chance is no good explanation (5 %)."""
        return self.p_value < LEVEL


def most_at_target(target: np.ndarray, families: np.ndarray | None = None) -> np.ndarray:
    """The largest share of counts within one of ``target`` that can be exactly at it without anybody stopping; (m,).

    >>> most_at_target(np.array([10])).round(3).tolist()
    [0.344]
    """
    t = np.asarray(target, dtype=float)
    steep = (t + 1) / t
    if families is not None:
        n = np.maximum(np.asarray(families, dtype=float), t + 1)
        steep = steep * (n - t + 1) / (n - t)
    return np.asarray(1 / (1 + 2 / np.sqrt(steep)))


def bunching(counts: np.ndarray, target: np.ndarray, families: np.ndarray | None = None) -> Bunching:
    """Test whether pendamping stop exactly at their target.

    Args:
        counts: exits (or proposals) of each pendamping in a target year, shape (m,).
        target: her target of that year, shape (m,) or one number for all; those below 1 are left out.
        families: size of her caseload, shape (m,); without it counts are taken as Poisson.

    Raises:
        ValueError: shapes that do not fit, no target of at least 1, or a number is missing.
    """
    counts = _whole(counts, "counts")
    target = np.broadcast_to(_whole(target, "target"), counts.shape)
    size = None if families is None else np.broadcast_to(_whole(families, "families"), counts.shape)
    use = target >= 1
    if not use.any():
        raise ValueError("bunching needs pendamping with a target of at least 1: give each one's target of the year.")
    distance = counts - target
    near = use & (np.abs(distance) <= _NEAR)
    chance = most_at_target(target[near], None if size is None else size[near])
    at, n = int((distance[near] == 0).sum()), int(near.sum())
    expected = float(chance.sum())
    p_value = float(stats.poisson_binom.sf(at - 1, chance)) if n else 1.0
    low, high = share_interval(np.array([at]), np.array([max(n, 1)]))
    rate = expected / n if n else 0.0
    whole = int(use.sum())
    # A stopper near the target was moved there: s stoppers among n near ones give at = s + (n - s) * rate.
    excess, least, most = (
        max(0.0, (share - rate) / (1 - rate)) * n / whole for share in (at / max(n, 1), low[0], high[0])
    )
    return Bunching(whole, n, at, expected, excess, least, most, p_value)


def _whole(numbers: np.ndarray, name: str) -> np.ndarray:
    """Counts as integers; a missing one would become a huge number without a word."""
    given = np.asarray(numbers, dtype=float)
    lost = int((~np.isfinite(given)).sum())
    if lost:
        raise ValueError(
            f"{name} is missing in {lost} of {given.size} places: leave those pendamping out everywhere, or write 0 for none."
        )
    return given.astype(np.int64)


def deadline_jump(before: np.ndarray, after: np.ndarray, *, flips: int = _FLIPS, random_state: int = 0) -> DeadlineJump:
    """Test whether exits crowd before a deadline: per pendamping (and year) counts of the last period and of the next, (m,).

    Periods must be of equal length. Pendamping with none in both say nothing.

    Raises:
        ValueError: shapes that differ, or a count is missing.
    """
    before, after = _whole(before, "before"), _whole(after, "after")
    if before.shape != after.shape:
        raise ValueError(
            f"before and after count the same pendamping; their shapes are {before.shape} and {after.shape}."
        )
    difference = (before - after)[(before + after) > 0]
    random = np.random.default_rng(random_state)
    signs = 2 * random.integers(0, 2, (flips, len(difference))) - 1
    drawn = (signs * difference).sum(axis=1)
    p_value = float((1 + (drawn >= difference.sum()).sum()) / (1 + flips))
    total = int(after.sum())
    return DeadlineJump(
        len(difference), int(before.sum()), total, float(before.sum() / total) if total else float("nan"), p_value
    )
