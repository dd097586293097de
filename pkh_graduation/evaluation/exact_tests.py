"""Exact tests and intervals for small counts, with mid-p values: half of the observed outcome's chance counts against it.

Plain exact tests are too slow to speak at the counts of a pendamping's list; mid-p keeps its level on average (Lancaster 1961).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import stats
from scipy.special import gammaln

_EQUAL = 1 + 1e-9
"""Chances this close are the same chance, computed in another order."""


def fisher_mid_p(hits: int, n: int, other_hits: int, other_n: int) -> float:
    """Two-sided mid-p of Fisher's test that two shares, ``hits / n`` and ``other_hits / other_n``, are one.

    1 where one of the sides is empty: nothing speaks against equality.

    >>> round(fisher_mid_p(8, 10, 1, 10), 4)
    0.0028
    """
    if not n or not other_n:
        return 1.0
    total = hits + other_hits
    support = np.arange(max(0, total - other_n), min(n, total) + 1)
    ways = -(gammaln(support + 1) + gammaln(n - support + 1))
    ways -= gammaln(total - support + 1) + gammaln(other_n - total + support + 1)
    chance = np.exp(ways - ways.max())
    return _mid_p(chance / chance.sum(), hits - int(support[0]))


def binomial_mid_p(hits: int, n: int, share: float) -> float:
    """Two-sided mid-p of ``hits`` of ``n`` when each is one with chance ``share``; 1 where there is nothing to test.

    >>> round(binomial_mid_p(9, 10, 0.5), 4)
    0.0117
    """
    if not n or not 0 < share < 1:
        return 1.0
    return _mid_p(stats.binom.pmf(np.arange(n + 1), n, share), hits)


def share_interval(hits: np.ndarray, n: np.ndarray, *, level: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
    """Jeffreys interval of a share: the Bayesian twin of the mid-p interval (Brown, Cai and DasGupta 2001).

    Shapes (m,); missing where nothing was tried; the bound beyond 0 hits or all hits is 0 or 1.
    """
    hits, n = np.asarray(hits, dtype=float), np.asarray(n, dtype=float)
    tail = (1 - level) / 2
    low = np.where(hits > 0, stats.beta.ppf(tail, hits + 0.5, n - hits + 0.5), 0.0)
    high = np.where(hits < n, stats.beta.ppf(1 - tail, hits + 0.5, n - hits + 0.5), 1.0)
    return np.where(n > 0, low, np.nan), np.where(n > 0, high, np.nan)


def count_interval(count: np.ndarray, *, level: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
    """Jeffreys interval of the mean of a Poisson ``count``, shapes (m,)."""
    count = np.asarray(count, dtype=float)
    tail = (1 - level) / 2
    low = np.where(count > 0, stats.gamma.ppf(tail, count + 0.5), 0.0)
    return low, np.asarray(stats.gamma.ppf(1 - tail, count + 0.5))


def holm(p: Sequence[float] | np.ndarray) -> np.ndarray:
    """Holm's adjusted p-values: below 0.05 for any true null at most 5 times in 100, whatever the dependence.

    >>> holm([0.01, 0.04, 0.03]).round(2).tolist()
    [0.03, 0.06, 0.06]
    """
    p = np.asarray(p, dtype=float)
    order = np.argsort(p, kind="stable")
    adjusted = np.empty(len(p))
    steps = p[order] * np.arange(len(p), 0, -1)
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return adjusted


def _mid_p(chance: np.ndarray, at: int) -> float:
    """Chance of outcomes less likely than the one at ``at``, and half of those as likely."""
    own = chance[at]
    rarer = chance < own / _EQUAL
    alike = ~rarer & (chance <= own * _EQUAL)
    return float(min(1.0, chance[rarer].sum() + chance[alike].sum() / 2))
