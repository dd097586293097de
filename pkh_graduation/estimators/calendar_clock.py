"""The component calendar: graduasi alamiah by date, not by prediction.

A family whose last component ends on a known day can leave by `alamiah` only once that day has passed, and then leaves
when the office clears it. Two columns of X tell the clock: ``komp_habis_hari`` (days from the date to the end of the last
component; zero or less if it has ended, missing if some component never ends) and ``komp_abadi`` (1 if so).
Learned are four rates per quarter: clearing after the end; a small leak while components are still to run, and one for
families whose components never end (records err, members die or move); and one for families without a clock. All are shrunk:
the rate of the most recent mature year towards that of all years, that towards a documented prior.
"""

from __future__ import annotations

from typing import Self

import numpy as np
import pandas as pd
from scipy.optimize import brentq
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from pkh_graduation.contracts import Outcomes
from pkh_graduation.estimators.person_period import FollowUp, follow_up, periods_at_risk, recent_window
from pkh_graduation.programme.vocabulary import ALAMIAH

QUARTER_DAYS = 365.25 / 4
CLOCK_COLUMNS = ("komp_habis_hari", "komp_abadi")
_BERAKHIR, _BERJALAN, _ABADI, _TANPA_JAM = "berakhir", "berjalan", "abadi", "tanpa_jam"
_LEAK_PER_YEAR = 0.004
_STRENGTH = {_BERAKHIR: 20.0, _BERJALAN: 100.0, _ABADI: 100.0, _TANPA_JAM: 20.0}
"""How many family-quarters a prior is worth."""


class ComponentCalendar(BaseEstimator):
    """P(alamiah) in each quarter ahead, given no administrative exit in that quarter.

    Args:
        clearing_per_year: prior probability that a family without components is cleared within a year (.6, the rate assumed
            for the years after 2020; .9 in 2019-20, .35 before).

    Attributes:
        rates_: continuous rate per quarter of each group: ``berakhir`` (components ended), ``berjalan`` (still to run),
            ``abadi`` (never end), ``tanpa_jam`` (no clock in X).
        notes_: what the data did not allow, one sentence each.
    """

    def __init__(self, clearing_per_year: float = 0.6) -> None:
        self.clearing_per_year = clearing_per_year

    def fit(self, X: pd.DataFrame, y: Outcomes | FollowUp, sample_weight: np.ndarray | None = None) -> Self:
        """Learn the rates. ``sample_weight`` (n,) follows the rows of X; ``y`` may be given already reduced.

        Raises:
            ValueError: ``clearing_per_year`` is not inside (0, 1), or X has rows without an outcome.
        """
        if not 0.0 < self.clearing_per_year < 1.0:
            raise ValueError(f"clearing_per_year must lie inside (0, 1), not {self.clearing_per_year!r}.")
        follow = y if isinstance(y, FollowUp) else follow_up(X.index, y)
        absent = [name for name in CLOCK_COLUMNS if name not in X.columns]
        self.has_clock_ = not absent
        self.notes_ = [f"alamiah: X lacks {absent}, so one constant hazard replaces the calendar"] if absent else []
        place, ahead, event = periods_at_risk(follow, ALAMIAH)
        rows = follow.row[place]
        ended, group = self._exposure(X, rows, ahead)
        recent = recent_window(follow.start[place] + ahead, event)
        weight = np.ones(len(rows)) if sample_weight is None else np.asarray(sample_weight, dtype=float)[rows]
        self.rates_ = {}
        for name, prior in self._priors().items():
            mine = group == name
            exposure = np.where(name == _BERAKHIR, ended, 1.0)
            long_run = _rate(exposure, event, weight, mine, prior, _STRENGTH[name])
            self.rates_[name] = _rate(exposure, event, weight, mine & recent, long_run, 2.0 * _STRENGTH[name])
        return self

    def predict_hazard(self, X: pd.DataFrame, horizon: int) -> np.ndarray:
        """Hazard of alamiah in quarters 1..horizon, shape (n, horizon); by the clock if it was learned by the clock.

        Raises:
            ValueError: the calendar was learned by the clock, and X lacks it.
        """
        check_is_fitted(self, "rates_")
        absent = [name for name in CLOCK_COLUMNS if name not in X.columns]
        if self.has_clock_ and absent:
            raise ValueError(
                f"X lacks {absent}, by which the calendar of graduasi alamiah was learned: build these features."
            )
        hazard = np.empty((len(X), horizon))
        rows = np.arange(len(X))
        for ahead in range(1, horizon + 1):
            ended, group = self._exposure(X, rows, np.full(len(X), ahead))
            other = np.select([group == name for name in self.rates_], list(self.rates_.values()))
            running = np.where(group == _BERAKHIR, self.rates_[_BERJALAN], other)
            hazard[:, ahead - 1] = -np.expm1(-(self.rates_[_BERAKHIR] * ended + running * (1.0 - ended)))
        return hazard

    def _priors(self) -> dict[str, float]:
        clearing, leak = -np.log1p(-self.clearing_per_year) / 4.0, _LEAK_PER_YEAR / 4.0
        return {_BERAKHIR: clearing, _BERJALAN: leak, _ABADI: leak, _TANPA_JAM: 0.015}

    def _exposure(self, X: pd.DataFrame, rows: np.ndarray, ahead: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Share of each quarter that lies after the last component's end, and the group; both (m,)."""
        if not self.has_clock_:
            return np.zeros(len(rows)), np.full(len(rows), _TANPA_JAM, dtype=object)
        ends = X["komp_habis_hari"].to_numpy(dtype=float)[rows]
        never = X["komp_abadi"].to_numpy(dtype=float)[rows] == 1.0
        ended = np.clip(ahead - np.where(never | np.isnan(ends), np.inf, ends) / QUARTER_DAYS, 0.0, 1.0)
        group = np.select([never, np.isnan(ends), ended > 0], [_ABADI, _TANPA_JAM, _BERAKHIR], _BERJALAN)
        return ended, group.astype(object)


def _rate(
    exposure: np.ndarray, event: np.ndarray, weight: np.ndarray, mine: np.ndarray, prior: float, strength: float
) -> float:
    """Posterior mode of a rate whose event probability is ``1 - exp(-rate * exposure)``, under a gamma prior.

    The prior is worth ``strength`` quarters and at least half an event, so that what was never seen is rare, not impossible.
    """
    imagined = max(strength * prior, 0.5)
    left = exposure[mine & event]
    left_weight = weight[mine & event]
    stayed = float((weight * exposure)[mine & ~event].sum())

    def slope(log_rate: float) -> float:
        rate = np.exp(log_rate)
        gained = float((left_weight * left / np.expm1(np.clip(rate * left, 1e-300, 500.0))).sum())
        return gained - stayed - strength + imagined / rate

    return float(np.exp(brentq(slope, np.log(1e-15), np.log(1e6))))
