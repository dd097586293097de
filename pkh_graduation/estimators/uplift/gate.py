"""Whether a lever helps anybody: one question per lever, answered before any family's own bound is read.

The bounds of a lever that does nothing err for one lever in forty, whole groups of families at once (`bounds`); with several
levers studied together some lever errs more often than that. So the lever is tested first, on one number: what would have
been gained by giving it to exactly the families whose effect, learned without their fold, is above 0 (a lever that helps some
and harms others may gain where its average is 0). One-sided, and corrected for the number of levers studied together
(Bonferroni; gatekeeping: Dmitrienko and Tamhane 2007).

Few clusters say less than many: the error has the factor G/(G - 1) and is read by Student's t with G - 1 degrees of freedom
(Cameron and Miller 2015, "A practitioner's guide to cluster-robust inference"). One cluster passes nothing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.stats import t as student

from pkh_graduation.estimators.uplift.bounds import standard_error

LEVEL = 0.05
"""Chance, over all levers studied together, that any which helps nobody passes."""


@dataclass(frozen=True)
class Gate:
    """``gain, gain_se``: mean gain per family of giving the lever where it seems to help, in probability.

    ``together``: levers studied. ``clusters``: groups of families, each family its own where none were given.
    """

    gain: float
    gain_se: float
    together: int
    clusters: int

    @property
    def low(self) -> float:
        """One-sided lower bound of the gain, corrected for the number of levers; one cluster has none."""
        if self.clusters < 2:
            return -math.inf
        return self.gain - float(student.isf(LEVEL / self.together, self.clusters - 1)) * self.gain_se

    @property
    def passed(self) -> bool:
        """The lever helps somebody."""
        return self.low > 0.0


def ask_gate(pseudo: np.ndarray, effect: np.ndarray, groups: np.ndarray | None = None, *, together: int) -> Gate:
    """Ask it of pseudo-outcomes and out-of-fold effects (n,); errors are clustered by ``groups`` where given.

    Raises:
        ValueError: ``together`` is below 1.
    """
    if together < 1:
        raise ValueError(f"together counts the levers studied at the same time and is at least 1, not {together!r}.")
    gained = np.where(effect > 0, pseudo, 0.0)
    rest = gained - gained.mean()
    if groups is not None:
        rest = np.bincount(np.unique(groups, return_inverse=True)[1], weights=rest)
    return Gate(float(gained.mean()), standard_error(rest, len(gained)), together, len(rest))
