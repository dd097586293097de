"""Bounds of a family's effect: what the families ranked alike have shown, on pseudo-outcomes that the ranking has not seen.

The ranking is cut into groups, and every group answers for itself (sorted group effects: Chernozhukov, Demirer, Duflo,
Fernandez-Val 2018): no line carries what the highest gain down to those in the middle, who may lose. One thing is lent: if the
order is right, a group gains at least what it and the groups just below gain together, so its lower bound is the best over
such windows, corrected for having looked at all of them (bands under a known order: Dümbgen 2003). From the highest group
down, a group's bound counts only as far as those above allow: a fixed sequence of tests, which needs no further correction
and stops where the least alike of those advised are no longer shown to gain (Maurer, Hothorn, Lehmacher 1995).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sklearn.isotonic import isotonic_regression

FEWEST_ROWS = 100
"""Families that a bound needs: the smallest group."""

TAIL = 0.025
"""Chance that a bound errs, on either side: intervals are two-sided 95 %."""

_MOST_GROUPS = 20
_DRAWS = 2000


@dataclass(frozen=True)
class EffectBounds:
    """Effect and 95 % interval as steps along the learner's effect.

    ``average, average_se``: the average effect. ``edges`` (k - 1,): the learner's effects at which the next group begins.
    ``value, low, high`` (k,): effect and bounds of each group; none of them falls from one group to the next.
    """

    average: float
    average_se: float
    edges: np.ndarray
    value: np.ndarray
    low: np.ndarray
    high: np.ndarray

    def of(self, effect: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Calibrated effect, lower and upper bound (n,), in probability, of the learner's effects (n,)."""
        group = np.searchsorted(self.edges, effect, side="right")
        return self.value[group], self.low[group], self.high[group]


def calibrate_bounds(pseudo: np.ndarray, effect: np.ndarray, groups: np.ndarray | None = None) -> EffectBounds:
    """Calibrate out-of-fold effects against pseudo-outcomes (n,); standard errors are robust, by ``groups`` where given.

    Raises:
        ValueError: fewer than 100 rows.
    """
    n = len(pseudo)
    if n < FEWEST_ROWS:
        raise ValueError(f"{n} families are too few to bound an effect; at least {FEWEST_ROWS} are needed.")
    cluster = np.arange(n) if groups is None else np.unique(groups, return_inverse=True)[1]
    edges = _edges(effect, min(n // FEWEST_ROWS, _MOST_GROUPS))
    rank = np.searchsorted(edges, effect, side="right")
    count = np.bincount(rank)
    total = np.bincount(rank, weights=pseudo)
    rest = _sums(pseudo - (total / count)[rank], rank, cluster)
    low, high = _lower(total, count, rest), -_lower(-total[::-1], count[::-1], rest[:, ::-1])[::-1]
    # Where they cross, the order itself is refuted, and the interval holds both. Then, from the top down and the bottom up.
    low, high = np.minimum(low, high), np.maximum(low, high)
    low, high = np.minimum.accumulate(low[::-1])[::-1], np.maximum.accumulate(high)
    value = np.clip(isotonic_regression(total / count, sample_weight=count), low, high)
    average = float(pseudo.mean())
    average_se = float(np.sqrt((np.bincount(cluster, weights=pseudo - average) ** 2).sum()) / n)
    return EffectBounds(average, average_se, edges, value, low, high)


def _edges(effect: np.ndarray, k: int) -> np.ndarray:
    """Where the next of at most k groups of about the same size begins; equal effects stay together, no group is empty."""
    edges = np.unique(np.quantile(effect, np.linspace(0, 1, k + 1)[1:-1], method="higher"))
    return edges[edges > effect.min()]


def _sums(rest: np.ndarray, rank: np.ndarray, cluster: np.ndarray) -> np.ndarray:
    """Residuals summed per cluster and group, shape (clusters, k)."""
    k = int(rank.max()) + 1
    flat = np.bincount(cluster * k + rank, weights=rest, minlength=(int(cluster.max()) + 1) * k)
    return flat.reshape(-1, k)


def _lower(total: np.ndarray, count: np.ndarray, rest: np.ndarray) -> np.ndarray:
    """Lower bound per group (k,): the best window of it and those just below.

    The largest of the windows' errors is drawn from the normal law with the groups' own covariance.
    """
    cov = rest.T @ rest
    cov += (1e-9 * np.trace(cov) + 1e-12) * np.eye(len(cov))  # fewer clusters than groups have no root of their own
    noise = np.random.default_rng(0).normal(size=(_DRAWS, len(cov))) @ np.linalg.cholesky(cov).T
    low = np.empty(len(cov))
    for group in range(len(cov)):
        down = slice(group, None, -1)
        se = np.sqrt(np.diag(cov[down, down].cumsum(axis=0).cumsum(axis=1)))
        least = np.quantile((noise[:, down].cumsum(axis=1) / se).max(axis=1), 1 - TAIL)
        low[group] = ((total[down].cumsum() - least * se) / count[down].cumsum()).max()
    return low
