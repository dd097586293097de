"""Discovery: how high a chance must be for a family to be *siap dibahas*, so that few of those so called will not be.

Conformal selection (Jin and Candes 2023). Families whose twelve months are over calibrate: the p-value of a family is about
the share of them that scored at least as high and still did not leave by mandiri; Benjamini and Hochberg's rule picks
the longest list whose expected share of false discoveries stays at the target. It holds for any model, as long as yesterday's
families and today's are exchangeable. A year with another quota is not exchangeable with the one before: watch drift, and
expect an honest band to be small, or empty, where few families leave.

Everything depends on counts alone, so a nation is tallied part by part and the parts add up exactly. The model of a past date
is not today's model, so across dates it is places within the own cohort that are compared (`PastYear.by_place`), not chances.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

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

    @classmethod
    def by_place(cls, scores: np.ndarray, labels: np.ndarray) -> PastYear:
        """The same from places within the cohort (n,): rank over number, 1 for the highest chance.

        Among equal chances those who did not leave stand higher, so that no luck of the order helps.

        Raises:
            ValueError: as `of`.
        """
        checked = cls.of(scores, labels)
        left = np.asarray(labels, dtype=float) != 0
        order = np.lexsort((~left, np.asarray(scores, dtype=float)))
        rank = np.empty(checked.families, dtype=np.int64)
        rank[order] = np.arange(1, checked.families + 1)
        return cls.from_plain({"families": checked.families, "left": sorted(rank[left].tolist())})

    @classmethod
    def from_plain(cls, told: Mapping[str, Any]) -> PastYear:
        """Inverse of `plain`.

        Raises:
            ValueError: the ranks are not different whole numbers from 1 to the number of families.
        """
        families, left = int(told["families"]), np.asarray(told["left"], dtype=np.int64)
        if families < 1 or len(np.unique(left)) != len(left) or not ((left >= 1) & (left <= families)).all():
            raise ValueError(
                "a past year holds different ranks from 1 to its number of families: backtest and train again."
            )
        stayed = np.setdiff1d(np.arange(1, families + 1), left, assume_unique=True)
        return cls(stayed[::-1] / families, families)

    def plain(self) -> dict[str, Any]:
        """Year of places as plain numbers: how many families, and the ranks of those who left by mandiri (1 the lowest)."""
        stayed = np.rint(self.false_scores * self.families).astype(np.int64)
        left = np.setdiff1d(np.arange(1, self.families + 1), stayed)
        return {"families": self.families, "left": left.tolist()}

    def discover_by_place(self, chances: np.ndarray, target: float) -> Discovery:
        """Discovery among today's families (n,) that could be listed, by their places; the threshold is a chance again.

        A place is the share of families below: equal chances share it, and among few families nobody stands high. The order
        of the families changes nothing.

        Raises:
            ValueError: as `discover`, or a chance is missing.
        """
        chances = np.asarray(chances, dtype=float)
        if np.isnan(chances).any():
            raise ValueError("families without a chance could not be listed: leave them out.")
        place = np.searchsorted(np.sort(chances), chances, side="left") / max(len(chances), 1)
        found = self.discover(self.tally(place), target)
        ready = chances[place >= found.threshold]
        return replace(found, threshold=float(ready.min()) if len(ready) else float("inf"))

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
