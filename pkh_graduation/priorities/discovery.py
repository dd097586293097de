"""Discovery: how high a chance must be for a family to be *siap dibahas*, so that few of those so called will not be.

Conformal selection (Jin and Candes 2023). Families whose twelve months are over calibrate: the p-value of a family is about
the share of them that scored at least as high and still did not leave by mandiri; Benjamini and Hochberg's rule picks
the longest list whose expected share of false discoveries stays at the target. It holds for any model, as long as yesterday's
families and today's are exchangeable. A year with another quota is not exchangeable with the one before: watch drift, and
expect an honest band to be small, or empty, where few families leave.

Everything depends on counts alone, so a nation is tallied part by part and the parts add up exactly.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Discovery:
    """The threshold of *siap dibahas* and what it promises.

    ``threshold``: least chance of a ready family, infinite where the band is empty. ``size`` families of ``judged`` reach it,
    of which at most the share ``target`` is expected not to leave by mandiri; ``calibrated_on`` families of the past year.
    """

    threshold: float
    size: int
    judged: int
    target: float
    calibrated_on: int


@dataclass(frozen=True)
class PastYear:
    """Families of a past date whose outcome is known: the highest-first chances of those who did *not* leave by mandiri.

    ``false_scores`` (descending) are their chances as predicted on that date; ``families`` counts all, leavers included.
    """

    false_scores: np.ndarray
    families: int

    @classmethod
    def of(cls, scores: np.ndarray, labels: np.ndarray) -> PastYear:
        """From chances predicted on a past date (n,) and whether the family left by mandiri within the horizon (n,).

        Hand in families that could have been listed then, as today's are: same guards, same way of learning, from nothing of
        these labels. Where the model of then is not today's, its chances are not comparable: hand in places instead, the share of
        the own cohort at or below each family, both times. (Chances relative to the mean of their cohort serve only while
        their spread stays the same: a steeper model lists more at the same multiple, and the promise is broken.)

        Raises:
            ValueError: shapes differ, negative or infinite chances, labels other than 0 and 1, or no family.
        """
        chance, left = np.asarray(scores, dtype=float), np.asarray(labels, dtype=float)
        if chance.shape != left.shape or chance.ndim != 1 or not len(chance):
            raise ValueError(f"scores {chance.shape} and labels {left.shape} must be two lists of the same families.")
        if not (np.isfinite(chance) & (chance >= 0)).all():
            raise ValueError("scores are chances, or multiples of the mean, from 0; leave out families without one.")
        if not np.isin(left, (0.0, 1.0)).all():
            raise ValueError("labels are 1 (left by mandiri) or 0; leave out families whose outcome is not known.")
        return cls(-np.sort(-chance[left == 0]), len(chance))

    def p_values(self, scores: np.ndarray) -> np.ndarray:
        """Conformal p-value of each chance (n,): (1 + false ones at least as high) / (1 + all)."""
        return (1 + self._above(scores)) / (1 + self.families)

    def tally(self, scores: np.ndarray) -> np.ndarray:
        """How many of today's chances have 0, 1, 2, ... false ones at least as high; tallies of parts add up.

        Families without a chance (NaN) are not counted. Shape (number of false ones + 1,).
        """
        known = np.asarray(scores, dtype=float)
        return np.bincount(self._above(known[~np.isnan(known)]), minlength=len(self.false_scores) + 1)

    def discover(self, tally: np.ndarray, target: float) -> Discovery:
        """The threshold at which Benjamini and Hochberg's rule stops for a tally of today's families.

        Raises:
            ValueError: the target is not a share between 0 and 1, or the tally was made with another past year.
        """
        if not 0 < target < 1:
            raise ValueError(f"target is a share of false discoveries between 0 and 1, not {target!r}.")
        if tally.shape != (len(self.false_scores) + 1,):
            raise ValueError("the tally was made with another past year: tally today's families with this one.")
        listed = np.cumsum(tally)
        judged = int(listed[-1])
        p_value = (1.0 + np.arange(len(tally))) / (1.0 + self.families)
        passes = np.flatnonzero((p_value * judged <= target * listed) & (listed > 0))
        if not len(passes):
            return Discovery(float("inf"), 0, judged, target, self.families)
        last = int(passes[-1])
        # at most `last` false ones are as high: strictly above the one that follows them
        below = float(self.false_scores[last]) if last < len(self.false_scores) else -1.0
        threshold = max(0.0, float(np.nextafter(below, np.inf)))
        return Discovery(threshold, int(listed[last]), judged, target, self.families)

    def _above(self, scores: np.ndarray) -> np.ndarray:
        """False ones at least as high as each chance."""
        return np.searchsorted(-self.false_scores, -np.asarray(scores, dtype=float), side="right")


def select(p_values: np.ndarray, target: float) -> np.ndarray:
    """Benjamini and Hochberg's rule on p-values (n,): which are discoveries, boolean (n,).

    >>> select(np.array([0.01, 0.5, 0.03]), 0.1).tolist()
    [True, False, True]
    """
    order = np.sort(p_values)
    passes = np.flatnonzero(order * len(order) <= target * np.arange(1, len(order) + 1))
    if not len(passes):
        return np.zeros(len(p_values), dtype=bool)
    return p_values <= order[passes[-1]]
