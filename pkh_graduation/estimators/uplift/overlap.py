"""Overlap: families of whom some were treated and some were not, and whether weighting makes the two arms alike.

Arms that were drawn by lot differ by chance, and the more so the smaller the lot: there the distance is tested, not only
measured. Arms that came about as it happened have no such excuse: a difference that is not shown is not yet absent.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import norm

EDGE = 0.05
"""Propensities outside [EDGE, 1 - EDGE] are trimmed (after Crump, Hotz, Imbens, Mitnik 2009)."""

ALIKE = 0.1
"""Largest standardised difference of a feature's mean between the weighted arms that still counts as alike."""

ENOUGH = 0.5
"""Smallest share of families that must remain."""

BY_CHANCE = 0.01
"""Chance, over all features together (Bonferroni), that a lot drawn as logged is called unlike."""


@dataclass(frozen=True)
class Overlap:
    """``kept`` (n,): families inside. ``difference``: largest standardised difference after weighting, and before.

    ``unexplained``: the same over the features in which a lot of this size does not differ so much by chance; over all
    features where no lot was drawn. ``treated, untreated``: effective sample sizes of the arms among the kept.
    """

    kept: np.ndarray
    difference: float
    difference_before: float
    unexplained: float
    treated: float
    untreated: float

    @property
    def share(self) -> float:
        """Share of families that remain."""
        return float(self.kept.mean())

    @property
    def holds(self) -> bool:
        """Whether enough families remain and the arms are alike."""
        return self.share >= ENOUGH and self.unexplained <= ALIKE


def check_overlap(
    X: pd.DataFrame, treated: np.ndarray, propensity: np.ndarray, *, by_lot: bool, edge: float = EDGE
) -> Overlap:
    """Trim families with hardly any counterpart, and compare the arms under inverse propensity weights.

    ``by_lot``: the arms were drawn by lot with these chances.
    """
    a = np.asarray(treated, dtype=float)
    kept = (propensity >= edge) & (propensity <= 1 - edge)
    if not (a[kept].any() and (1 - a[kept]).any()):
        return Overlap(kept, np.inf, np.inf, np.inf, 0.0, 0.0)
    weight = np.where(a == 1, 1 / propensity, 1 / (1 - propensity))
    values = X.to_numpy(dtype=float)[kept]
    arm, own = a[kept], weight[kept]
    gap, se = _gaps(values, arm, own)
    explained = by_lot & (gap <= norm.isf(BY_CHANCE / 2 / max(len(gap), 1)) * se)
    return Overlap(
        kept,
        float(gap.max(initial=0.0)),
        float(_gaps(values, arm, np.ones(len(own)))[0].max(initial=0.0)),
        float(gap[~explained].max(initial=0.0)),
        _effective(own[arm == 1]),
        _effective(own[arm == 0]),
    )


def _gaps(values: np.ndarray, arm: np.ndarray, weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Absolute standardised difference of each feature that varies, and its standard error if chance alone made the arms.

    A missing value takes no part in its feature.
    """
    found = []
    for column in values.T:
        seen = np.isfinite(column)
        ones, zeros = seen & (arm == 1), seen & (arm == 0)
        spread = float(np.std(column[seen])) if seen.any() else 0.0
        if spread <= 0 or not (ones.any() and zeros.any()):
            continue
        gap = np.average(column[ones], weights=weight[ones]) - np.average(column[zeros], weights=weight[zeros])
        se = np.sqrt(1 / _effective(weight[ones]) + 1 / _effective(weight[zeros]))
        found.append((abs(float(gap)) / spread, se))
    gap_se = np.array(found).reshape(-1, 2)
    return gap_se[:, 0], gap_se[:, 1]


def _effective(weight: np.ndarray) -> float:
    return float(weight.sum() ** 2 / (weight**2).sum()) if len(weight) else 0.0
