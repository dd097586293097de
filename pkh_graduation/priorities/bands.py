"""Bands of readiness, and the stop rule: a list is never filled up from families that are not ready.

Readiness is P(mandiri within 12 months) relative to the cohort's own mean, because the policy of the year moves the level
of every probability more than families do; a fixed threshold would mean something else each year. That decides who may have
a place. Where outcomes of a past year are at hand, *siap dibahas* says more: `discovery` finds, anew for every list, the chance
above which at most a chosen share is expected not to leave by mandiri.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pkh_graduation.programme.vocabulary import BELUM, PERLU_PENDAMPINGAN, SIAP_DIBAHAS

_SLACK = 1e-12


@dataclass(frozen=True)
class Bands:
    """Where the bands begin, as multiples of the cohort's mean probability.

    ``ready`` = 1: at least as likely as the average family. ``mentoring`` = 0.5: at least half as likely; below that
    (or with poor data) the answer is "not yet". Both are choices, to be set by the ministry.

    ``least``: chance below which nobody is called *siap dibahas*, as found by `discovery` (infinite: nobody is); ``ready``
    holds beside it. It moves no place: a family that may be listed and stands below it is listed as needing mentoring. None,
    where no past outcome calibrates it: then ``ready`` alone makes the band.
    """

    ready: float = 1.0
    mentoring: float = 0.5
    least: float | None = None

    def __post_init__(self) -> None:
        if self.least is not None and not self.least >= 0:
            raise ValueError(f"least is a chance from 0, or infinite, not {self.least!r}.")
        if not 0 <= self.mentoring <= self.ready:
            raise ValueError(f"bands need 0 <= mentoring <= ready, not {self.mentoring!r} and {self.ready!r}.")

    def of(self, p: np.ndarray, base: float, *, hard: np.ndarray, judged: np.ndarray) -> np.ndarray:
        """Band of each family, shape (n,): ``hard`` ones are never ready, those not ``judged`` are always "not yet".

        >>> flags = np.array([False, True]), np.array([True, True])
        >>> list(Bands().of(np.array([0.1, 0.1]), 0.05, hard=flags[0], judged=flags[1]))
        ['siap_dibahas', 'perlu_pendampingan_usaha']
        """
        band = np.full(len(p), BELUM, dtype=object)
        band[judged & _reaches(p, self.mentoring * base)] = PERLU_PENDAMPINGAN
        certain = True if self.least is None else np.nan_to_num(p, nan=-1.0) >= self.least
        band[self.may_be_listed(p, base, hard=hard, judged=judged) & certain] = SIAP_DIBAHAS
        return band

    def may_be_listed(self, p: np.ndarray, base: float, *, hard: np.ndarray, judged: np.ndarray) -> np.ndarray:
        """The stop rule, boolean (n,): who is likely enough to have a place, whatever ``least`` says."""
        return np.asarray(judged & ~hard & _reaches(p, self.ready * base))


def _reaches(p: np.ndarray, bound: float) -> np.ndarray:
    """Chances at or above the bound; an average family is, whatever the mean's last digit: among equals no rounding decides."""
    return np.asarray(np.nan_to_num(p, nan=-1.0) >= bound * (1 - _SLACK))
