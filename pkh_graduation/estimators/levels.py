"""The level of a hazard over time: what the calendar adds to what the family's features say.

The features give a signal f that ranks families within one calendar quarter. Here it becomes a log-odds:

``margin(j, q) = intercept + season[q] + drift * (j - 1) / 4 + (slope + fade * (j - 1) / 4) * (f - centre)``

for quarter ahead j in calendar quarter-of-year q. All of it is learned from *out-of-bag* signals, so the slope also undoes
over-fitting (Platt 1999), and ``fade`` lets a signal lose force with distance. Years enter only as nuisance terms while
fitting; the intercept is then moved so that the mean predicted hazard of the most recent mature year equals the observed
one: recentring in the large. Ranks do not depend on it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq
from scipy.special import expit, logit

from pkh_graduation.estimators.person_period import recent_window
from pkh_graduation.estimators.ridge import ridge_logistic

_SLOPE_SD, _FADE_SD, _SEASON_SD, _DRIFT_SD, _YEAR_SD = 0.3, 0.3, 0.5, 0.2, 10.0
_SLOPE_RANGE = (0.25, 1.75)


@dataclass(frozen=True)
class Level:
    """The fitted level; see the module for the formula. ``season`` has shape (4,), zeros where it could not be learned."""

    intercept: float
    season: np.ndarray
    drift: float
    slope: float
    fade: float
    centre: float

    def gain(self, ahead: np.ndarray) -> np.ndarray:
        """Force of the signal at each quarter ahead, always positive."""
        return np.clip(self.slope + self.fade * (ahead - 1) / 4.0, *_SLOPE_RANGE)

    def base(self, start: np.ndarray, ahead: np.ndarray) -> np.ndarray:
        """Log-odds at the central signal; ``start`` and ``ahead`` broadcast (absolute quarter of the date, quarters ahead)."""
        return self.intercept + self.season[(start + ahead) % 4] + self.drift * (ahead - 1) / 4.0

    def margin(self, signal: np.ndarray, start: np.ndarray, ahead: np.ndarray) -> np.ndarray:
        """Log-odds of the hazard."""
        return self.base(start, ahead) + self.gain(ahead) * (signal - self.centre)


def flat_level(rate: float) -> Level:
    """A level without any signal: the log-odds of one rate."""
    return Level(float(logit(np.clip(rate, 1e-9, 1 - 1e-9))), np.zeros(4), 0.0, 1.0, 0.0, 0.0)


def fit_level(
    signal: np.ndarray, target: np.ndarray, ahead: np.ndarray, event: np.ndarray, weight: np.ndarray
) -> Level:
    """Learn slope, fade, drift and season from lines (m,) with their restoring weights, then recentre."""
    centre = float(np.average(signal, weights=weight))
    late = (ahead - 1) / 4.0
    deviation = signal - centre
    years = np.unique(target // 4, return_inverse=True)[1]
    seasonal = _knows_seasons(target, event)
    columns = [deviation, deviation * late, late]
    spread = [_SLOPE_SD, _FADE_SD, _DRIFT_SD]
    if seasonal:
        columns += [(target % 4 == quarter).astype(float) for quarter in range(4)]
        spread += [_SEASON_SD] * 4
    columns += [(years == year).astype(float) for year in range(int(years.max()) + 1)]
    spread += [_YEAR_SD] * (int(years.max()) + 1)
    prior = np.zeros(len(columns))
    prior[0] = 1.0
    beta = ridge_logistic(
        np.column_stack(columns),
        event.astype(float),
        weight,
        ridge=1.0 / np.square(spread),
        prior=prior,
        lower=np.array([_SLOPE_RANGE[0]] + [-np.inf] * (len(columns) - 1)),
        upper=np.array([_SLOPE_RANGE[1]] + [np.inf] * (len(columns) - 1)),
    )
    season = beta[3:7] - beta[3:7].mean() if seasonal else np.zeros(4)
    shape = Level(0.0, season, float(beta[2]), float(beta[0]), float(beta[1]), centre)
    intercept = recent_shift(shape.margin(signal, target - ahead, ahead), target, event, weight)
    return Level(intercept, season, shape.drift, shape.slope, shape.fade, centre)


def _knows_seasons(target: np.ndarray, event: np.ndarray) -> bool:
    """Each quarter of the year was seen, with exits, in at least two years; else season and year are one."""
    seen = np.unique(target[event])
    return bool((np.bincount(seen % 4, minlength=4) >= 2).all()) if len(seen) else False


def recent_shift(margin: np.ndarray, target: np.ndarray, event: np.ndarray, weight: np.ndarray) -> float:
    """Recalibration in the large: the shift of log-odds under which the most recent mature year has as many exits as seen.

    Lines (m,) with the calendar quarter looked at and their restoring weights. The one place where a level is set: after
    the shape of the level, and again after the shape of a calibration, never both upon each other.
    """
    recent = recent_window(target, event)
    return recentre(margin[recent], event[recent], weight[recent])


def recentre(margin: np.ndarray, event: np.ndarray, weight: np.ndarray) -> float:
    """The shift under which predicted exits equal observed ones (half an exit added, so that none is not never)."""
    total = float(weight.sum())
    observed = (float(weight @ event) + 0.5) / (total + 1.0) * total

    def excess(shift: float) -> float:
        return float(weight @ expit(margin + shift)) - observed

    reach = 40.0 + float(np.abs(margin).max())
    return float(brentq(excess, -reach, reach))
