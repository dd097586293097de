"""Sensitivity: how strong a hidden difference between the arms would have to be to explain an effect away."""

from __future__ import annotations

import math

import numpy as np
from scipy.stats import norm


def e_value(risk_ratio: float) -> float:
    """E-value of a risk ratio (VanderWeele and Ding 2017): the smallest risk ratio that a hidden trait must have, both with
    the treatment and with the outcome, to explain it all. 1 means: nothing is needed.

    >>> round(e_value(2.0), 3), e_value(1.0), round(e_value(0.5), 3)
    (3.414, 1.0, 3.414)

    Raises:
        ValueError: a ratio that is not positive.
    """
    if not risk_ratio > 0:
        raise ValueError(f"a risk ratio is positive, not {risk_ratio!r}.")
    ratio = max(risk_ratio, 1 / risk_ratio)
    return ratio + math.sqrt(ratio * (ratio - 1))


def tipping_odds(
    treated: np.ndarray, outcome: np.ndarray, strata: np.ndarray, *, level: float = 0.05, most: float = 10.0
) -> float:
    """Rosenbaum's bound on stratified families: the hidden odds of treatment at which a gain is no longer significant.

    Mantel-Haenszel test whose null lets two families of one stratum differ in their odds of treatment by up to gamma
    (Aakvik 2001; large-sample moments of the extended hypergeometric). Returns the largest gamma at which the one-sided test
    at ``level`` still rejects, at most ``most``; 1 if there is nothing to reject.
    """
    tables = _tables(treated, outcome, strata)
    critical = float(norm.ppf(1 - level))
    if _score(tables, 1.0) <= critical:
        return 1.0
    if _score(tables, most) > critical:
        return most
    low, high = 1.0, most
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (middle, high) if _score(tables, middle) > critical else (low, middle)
    return low


def _tables(treated: np.ndarray, outcome: np.ndarray, strata: np.ndarray) -> np.ndarray:
    """Per stratum: families, treated, events, events among the treated; strata without a choice are left out."""
    _, code = np.unique(strata, return_inverse=True)
    a, y = np.asarray(treated, dtype=float), np.asarray(outcome, dtype=float)
    rows = np.stack(
        [np.bincount(code), np.bincount(code, a), np.bincount(code, y), np.bincount(code, a * y)], axis=1
    )  # fmt: skip
    n, m, e = rows[:, 0], rows[:, 1], rows[:, 2]
    return np.asarray(rows[(m > 0) & (m < n) & (e > 0) & (e < n)], dtype=float)


def _score(tables: np.ndarray, gamma: float) -> float:
    n, m, e, seen = tables.T
    mean = _mean(n, m, e, gamma)
    var = 1.0 / (1 / mean + 1 / (m - mean) + 1 / (e - mean) + 1 / (n - m - e + mean))
    return float((seen - mean).sum() / math.sqrt(var.sum())) if len(tables) else 0.0


def _mean(n: np.ndarray, m: np.ndarray, e: np.ndarray, gamma: float) -> np.ndarray:
    """Large-sample mean of the events among the treated under odds ratio gamma: the root inside the table."""
    if gamma == 1.0:
        return m * e / n
    a, b, c = gamma - 1, -((gamma - 1) * (m + e) + n), gamma * m * e
    return np.asarray((-b - np.sqrt(b**2 - 4 * a * c)) / (2 * a))
