"""Overlap: families of whom some were treated and some were not, and whether weighting makes the two arms alike."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

EDGE = 0.05
"""Propensities outside [EDGE, 1 - EDGE] are trimmed (after Crump, Hotz, Imbens, Mitnik 2009)."""

ALIKE = 0.1
"""Largest standardised difference of a feature's mean between the weighted arms that still counts as alike."""

ENOUGH = 0.5
"""Smallest share of families that must remain."""


@dataclass(frozen=True)
class Overlap:
    """``kept`` (n,): families inside. ``difference``: largest standardised difference after weighting, and before.

    ``treated, untreated``: effective sample sizes of the arms among the kept.
    """

    kept: np.ndarray
    difference: float
    difference_before: float
    treated: float
    untreated: float

    @property
    def share(self) -> float:
        """Share of families that remain."""
        return float(self.kept.mean())

    @property
    def holds(self) -> bool:
        """Whether enough families remain and the arms are alike."""
        return self.share >= ENOUGH and self.difference <= ALIKE


def check_overlap(X: pd.DataFrame, treated: np.ndarray, propensity: np.ndarray, *, edge: float = EDGE) -> Overlap:
    """Trim families with hardly any counterpart, and compare the arms under inverse propensity weights."""
    a = np.asarray(treated, dtype=float)
    kept = (propensity >= edge) & (propensity <= 1 - edge)
    if not (a[kept].any() and (1 - a[kept]).any()):
        return Overlap(kept, np.inf, np.inf, 0.0, 0.0)
    weight = np.where(a == 1, 1 / propensity, 1 / (1 - propensity))
    values = X.to_numpy(dtype=float)[kept]
    arm, own = a[kept], weight[kept]
    return Overlap(
        kept,
        _largest(values, arm, own),
        _largest(values, arm, np.ones(len(own))),
        _effective(own[arm == 1]),
        _effective(own[arm == 0]),
    )


def _largest(values: np.ndarray, arm: np.ndarray, weight: np.ndarray) -> float:
    """Largest absolute standardised difference over features; a missing value takes no part in its feature."""
    worst = 0.0
    for column in values.T:
        seen = np.isfinite(column)
        ones, zeros = seen & (arm == 1), seen & (arm == 0)
        spread = float(np.std(column[seen])) if seen.any() else 0.0
        if spread <= 0 or not (ones.any() and zeros.any()):
            continue
        gap = np.average(column[ones], weights=weight[ones]) - np.average(column[zeros], weights=weight[zeros])
        worst = max(worst, abs(float(gap)) / spread)
    return worst


def _effective(weight: np.ndarray) -> float:
    return float(weight.sum() ** 2 / (weight**2).sum()) if len(weight) else 0.0
