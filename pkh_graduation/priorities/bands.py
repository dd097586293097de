"""Bands of readiness, and the stop rule: a list is never filled up from families that are not ready.

Readiness is P(mandiri within 12 months) relative to the cohort's own mean, because the policy of the year moves the level
of every probability more than families do; a fixed threshold would mean something else each year. Where outcomes of a past
year are at hand, `discovery` finds the threshold above which at most a chosen share will not leave by mandiri; it is found
anew for every list.
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

    ``least``: chance below which nobody is ready, as found by `discovery.PastYear.discover` (infinite: nobody is); it takes
    the place of ``ready``. None, where no past outcome calibrates it.
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
        likely = np.nan_to_num(p, nan=-1.0)
        # An average family is ready whatever the mean's last digit: among equals no rounding decides.
        base *= 1 - _SLACK
        band[judged & (likely >= self.mentoring * base)] = PERLU_PENDAMPINGAN
        ready = likely >= self.ready * base if self.least is None else likely >= max(self.least, self.mentoring * base)
        band[judged & ~hard & ready] = SIAP_DIBAHAS
        return band
