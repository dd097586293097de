"""Targeting curves: what is gained by serving first those whom a score ranks first (Yadlowsky et al. 2021, RATE).

On doubly robust pseudo-outcomes, so that logs need not be random. AUTOC weighs every share served alike and finds small groups
with large effects; Qini weighs by the share served.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Curve:
    """One score against the effect: AUTOC and Qini with their 95 % bootstrap intervals, in probability.

    ``served`` and ``gain`` (101,): the share served, and the mean effect among them above the average one.
    """

    served: np.ndarray
    gain: np.ndarray
    autoc: float
    autoc_interval: tuple[float, float]
    qini: float
    qini_interval: tuple[float, float]


def targeting_curve(
    score: np.ndarray,
    pseudo: np.ndarray,
    *,
    groups: np.ndarray | None = None,
    draws: int = 200,
    random_state: int = 0,
) -> Curve:
    """Curve, AUTOC and Qini of a score; intervals by resampling groups (each row its own where none are given).

    Ties are served together: their pseudo-outcomes count as their mean, so a constant score gains exactly nothing.
    """
    order = np.argsort(-score, kind="stable")
    block = np.unique(-score[order], return_inverse=True)[1]
    values = pseudo[order]
    code = order if groups is None else np.unique(groups, return_inverse=True)[1][order]
    ones = np.ones(len(values))
    toc, weight = _toc(values, block, ones)
    rng = np.random.default_rng(random_state)
    clusters = int(code.max()) + 1
    sampled = []
    for _ in range(draws):
        times = np.bincount(rng.integers(0, clusters, clusters), minlength=clusters)[code].astype(float)
        sampled.append(_areas(*_toc(values, block, times)))
    low, high = np.quantile(np.array(sampled), [0.025, 0.975], axis=0)
    autoc, qini = _areas(toc, weight)
    share = np.cumsum(weight) / weight.sum()
    grid = np.linspace(0, 1, 101)
    return Curve(
        grid, np.interp(grid, share, toc), autoc, (float(low[0]), float(high[0])), qini, (float(low[1]), float(high[1]))
    )


def _toc(values: np.ndarray, block: np.ndarray, times: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean effect among those served up to each row, above the average; and each row's weight."""
    total = np.bincount(block, weights=times)
    mean = np.bincount(block, weights=times * values) / np.where(total > 0, total, 1.0)
    served = np.cumsum(times)
    gain = np.cumsum(times * mean[block]) / np.where(served > 0, served, 1.0)
    return np.where(served > 0, gain - gain[-1], 0.0), times


def _areas(toc: np.ndarray, weight: np.ndarray) -> tuple[float, float]:
    share = np.cumsum(weight) / weight.sum()
    return float(np.average(toc, weights=weight)), float(np.average(toc * share, weights=weight))
