"""Bounds of a family's effect: what the families ranked alike have shown, on pseudo-outcomes that the ranking has not seen.

The ranking is cut into groups, and every group answers for itself (sorted group effects: Chernozhukov, Demirer, Duflo,
Fernandez-Val 2018): no line carries what the highest gain down to those in the middle, who may lose. One thing is lent: if the
order is right, a group gains at least what it and the groups just below gain together, so its lower bound is the best over
such windows, corrected for having looked at all of them (bands under a known order: Dümbgen 2003). From the highest group
down, a group's bound counts only as far as those above allow: a fixed sequence of tests, which needs no further correction
and stops where the least alike of those advised are no longer shown to gain (Maurer, Hothorn, Lehmacher 1995).

Few clusters say less than many: errors have the factor G/(G - 1) and are read by Student's t with G - 1 degrees of freedom
(Cameron and Miller 2015, "A practitioner's guide to cluster-robust inference"), where G counts the clusters of the families
that a bound rests on. What rests on a single cluster is not bounded at all: an effect lies in [-1, 1].
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.stats import norm
from scipy.stats import t as student
from sklearn.isotonic import isotonic_regression

FEWEST_ROWS = 100
"""Families that a bound needs: the smallest group."""

TAIL = 0.025
"""Chance that a bound errs, on either side: intervals are two-sided 95 %."""

REACH = 1.959963984540054
"""Standard errors of a two-sided 95 % interval where clusters are many."""

_MOST_GROUPS = 20
_DRAWS = 2000
_LEAST = -1.0
"""The lowest effect there can be, in probability."""


@dataclass(frozen=True)
class EffectBounds:
    """Effect and 95 % interval as steps along the learner's effect.

    ``average, average_se``: the average effect, whose interval takes ``reach`` standard errors. ``edges`` (k - 1,): the
    learner's effects at which the next group begins.
    ``value, low, high`` (k,): effect and bounds of each group; none of them falls from one group to the next.
    """

    average: float
    average_se: float
    edges: np.ndarray
    value: np.ndarray
    low: np.ndarray
    high: np.ndarray
    reach: float = REACH

    @property
    def interval(self) -> tuple[float, float]:
        """95 % interval of the average effect."""
        return self.average - self.reach * self.average_se, self.average + self.reach * self.average_se

    def of(self, effect: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Calibrated effect, lower and upper bound (n,), in probability, of the learner's effects (n,)."""
        group = np.searchsorted(self.edges, effect, side="right")
        return self.value[group], self.low[group], self.high[group]


def calibrate_bounds(pseudo: np.ndarray, effect: np.ndarray, groups: np.ndarray | None = None) -> EffectBounds:
    """Calibrate out-of-fold effects against pseudo-outcomes (n,); standard errors are robust, by ``groups`` where given.

    Raises:
        ValueError: fewer than 100 rows, or all of one cluster.
    """
    n = len(pseudo)
    if n < FEWEST_ROWS:
        raise ValueError(f"{n} families are too few to bound an effect; at least {FEWEST_ROWS} are needed.")
    cluster = np.arange(n) if groups is None else np.unique(groups, return_inverse=True)[1]
    many = int(cluster.max()) + 1
    if many < 2:
        raise ValueError(
            f"all {n} families are of one group, so nothing tells how sure an effect is: take lots of two groups or more."
        )
    edges = _edges(effect, min(n // FEWEST_ROWS, _MOST_GROUPS))
    rank = np.searchsorted(edges, effect, side="right")
    count = np.bincount(rank)
    total = np.bincount(rank, weights=pseudo)
    rest = _sums(pseudo - (total / count)[rank], rank, cluster)
    there = _sums(np.ones(n), rank, cluster) > 0
    low = _lower(total, count, rest, there)
    high = -_lower(-total[::-1], count[::-1], rest[:, ::-1], there[:, ::-1])[::-1]
    # Where they cross, the order itself is refuted, and the interval holds both. Then, from the top down and the bottom up.
    low, high = np.minimum(low, high), np.maximum(low, high)
    low, high = np.minimum.accumulate(low[::-1])[::-1], np.maximum.accumulate(high)
    value = np.clip(isotonic_regression(total / count, sample_weight=count), low, high)
    average = float(pseudo.mean())
    average_se = standard_error(np.bincount(cluster, weights=pseudo - average), n)
    return EffectBounds(average, average_se, edges, value, low, high, float(student.isf(TAIL, many - 1)))


def standard_error(rest: np.ndarray, n: int) -> float:
    """Of a mean over ``n`` families, from the residuals' sums per cluster (clusters,); endless for a single cluster."""
    return math.sqrt(float((rest**2).sum()) * len(rest) / (len(rest) - 1)) / n if len(rest) > 1 else math.inf


def _edges(effect: np.ndarray, k: int) -> np.ndarray:
    """Where the next of at most k groups of about the same size begins; equal effects stay together, no group is empty."""
    edges = np.unique(np.quantile(effect, np.linspace(0, 1, k + 1)[1:-1], method="higher"))
    return edges[edges > effect.min()]


def _sums(rest: np.ndarray, rank: np.ndarray, cluster: np.ndarray) -> np.ndarray:
    """Numbers ``rest`` (n,) summed per cluster and group, shape (clusters, k)."""
    k = int(rank.max()) + 1
    flat = np.bincount(cluster * k + rank, weights=rest, minlength=(int(cluster.max()) + 1) * k)
    return flat.reshape(-1, k)


def _lower(total: np.ndarray, count: np.ndarray, rest: np.ndarray, there: np.ndarray) -> np.ndarray:
    """Lower bound per group (k,): the best window of it and those just below.

    The largest of the windows' errors is drawn from the normal law with the groups' own covariance, and its tail is read by
    Student's t with the clusters that are ``there`` (clusters, k) in the window; one with a group of one cluster bounds nothing.
    """
    cov = rest.T @ rest
    cov += (1e-9 * np.trace(cov) + 1e-12) * np.eye(len(cov))  # fewer clusters than groups have no root of their own
    noise = np.random.default_rng(0).normal(size=(_DRAWS, len(cov))) @ np.linalg.cholesky(cov).T
    low = np.empty(len(cov))
    for group in range(len(cov)):
        down = slice(group, None, -1)
        se = np.sqrt(np.diag(cov[down, down].cumsum(axis=0).cumsum(axis=1)))
        least = np.quantile((noise[:, down].cumsum(axis=1) / se).max(axis=1), 1 - TAIL)
        widen, known = _widening(there[:, down], float(norm.sf(least)))
        low[group] = np.where(known, (total[down].cumsum() - widen * se) / count[down].cumsum(), _LEAST).max()
    return low


def _widening(there: np.ndarray, tail: float) -> tuple[np.ndarray, np.ndarray]:
    """Standard errors of a tail for the windows that grow along ``there`` (clusters, windows), and whether they have any.

    Residuals lie around their own group's mean, so each group of a window takes a degree of freedom from its own clusters.
    """
    clusters = np.logical_or.accumulate(there, axis=1).sum(axis=0)
    sums = there.sum(axis=0).cumsum()
    free = np.maximum(sums - np.arange(1, len(sums) + 1), 1)
    known = np.logical_and.accumulate(there.sum(axis=0) > 1)
    degrees = np.maximum(np.minimum(clusters - 1, free), 1)
    return student.isf(tail, degrees) * np.sqrt(sums / free), known
