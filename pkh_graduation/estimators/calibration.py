"""Calibration of a hazard: none, Platt's or the beta map, chosen on a later time by log-loss, the simplest unless clearly worse.

All three are one strictly increasing map of the log-odds m, with p = 1 / (1 + exp(-m)):

``margin' = shift + low * ln p - high * ln(1 - p)``

``low = high = 1`` changes nothing but the level, ``low = high`` is Platt scaling of log-odds (Platt 1999), free weights are
beta calibration (Kull, Silva Filho and Flach 2017). Isotonic regression is left out on purpose: with few exits it is worse
than no calibration.

Only the *shape* is learned here. Quota regimes move the base rate tenfold, so each calendar year has a level of its own
while a shape is fitted and judged, and the final level is set once, last, by `levels.recent_shift`.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pkh_graduation.estimators.ridge import ridge_logistic

NONE, PLATT, BETA, AUTO = "none", "platt", "beta", "auto"
KINDS = (NONE, PLATT, BETA)
"""From the simplest to the richest; `AUTO` chooses among them."""

_PRIOR_SD, _YEAR_SD = 1.0, 10.0
_LEAST = 0.05
"""The weight of ln p never falls below this, so that the map keeps the order of families strictly."""
_FOLDS = 5


@dataclass(frozen=True)
class Calibrator:
    """One fitted map of log-odds; see the module for the formula."""

    kind: str = NONE
    low: float = 1.0
    high: float = 1.0
    shift: float = 0.0

    def margin(self, margin: np.ndarray) -> np.ndarray:
        """Calibrated log-odds, of any shape; strictly increasing.

        >>> Calibrator(PLATT, 0.5, 0.5, 1.0).margin(np.array([-2.0, 0.0, 2.0])).round(9).tolist()
        [0.0, 1.0, 2.0]
        """
        if self.low == self.high:
            return margin if self.low == 1.0 and self.shift == 0.0 else self.low * margin + self.shift
        return self.shift - self.low * np.logaddexp(0.0, -margin) + self.high * np.logaddexp(0.0, margin)

    def shifted(self, shift: float) -> Calibrator:
        """The same shape, ``shift`` log-odds higher."""
        return dataclasses.replace(self, shift=self.shift + shift)


def fit_calibrator(
    kind: str, margin: np.ndarray, event: np.ndarray, weight: np.ndarray, year: np.ndarray
) -> Calibrator:
    """Fit the shape of one kind to lines (m,): log-odds, whether the event came, weight, calendar year (whole number).

    Every year has its own level, which is not kept: ``shift`` is zero. A weak normal prior (one log-odds per log-odds) around
    "none" keeps few events from drawing a wild curve.

    Raises:
        ValueError: ``kind`` is unknown.
    """
    return dataclasses.replace(_fit(kind, margin, event, weight, year)[0], shift=0.0)


def choose_calibrator(
    margin: np.ndarray, event: np.ndarray, weight: np.ndarray, year: np.ndarray, cluster: np.ndarray
) -> tuple[Calibrator, pd.DataFrame]:
    """The simplest kind whose log-loss is within one standard error of the best, and the table behind the choice.

    Lines (m,) as in `fit_calibrator`, from a time after everything the margins were learned from. ``cluster`` (m,) numbers
    the household of each line: folds and standard errors go by it, since one exit is seen from several dates. Losses are
    cross-fitted over five folds of households, every kind with a level per year, so that a change of quota favours none.

    The table has one row per kind: ``log_loss`` (mean), ``worse`` (mean difference to the best), ``se`` (of that paired
    difference; zero for the best itself), ``chosen``.
    """
    losses = np.array([_cross_fitted_losses(kind, margin, event, weight, year, cluster) for kind in KINDS])
    total = float(weight.sum())
    mean = losses.sum(axis=1) / total
    best = int(mean.argmin())
    worse = (losses - losses[best]) / total
    error = np.array([_clustered_error(row, cluster) for row in worse])
    gap = worse.sum(axis=1)
    chosen = int(np.flatnonzero(gap <= error + 1e-15)[0])
    table = pd.DataFrame(
        {"log_loss": mean, "worse": gap, "se": error, "chosen": np.arange(len(KINDS)) == chosen},
        index=pd.Index(KINDS, name="kind"),
    )
    return fit_calibrator(KINDS[chosen], margin, event, weight, year), table


def _design(kind: str, margin: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Columns of the shape, and the bounds of their weights."""
    free = np.array([_LEAST]), np.array([np.inf])
    if kind == NONE:
        return margin[:, None], np.ones(1), np.ones(1)
    if kind == PLATT:
        return margin[:, None], *free
    if kind == BETA:
        columns = np.column_stack([-np.logaddexp(0.0, -margin), np.logaddexp(0.0, margin)])
        return columns, np.array([_LEAST, 0.0]), np.full(2, np.inf)
    raise ValueError(f"a calibration is one of {', '.join(KINDS)}, not {kind!r}.")


def _fit(
    kind: str, margin: np.ndarray, event: np.ndarray, weight: np.ndarray, year: np.ndarray
) -> tuple[Calibrator, dict[int, float]]:
    """The map and the level of each year."""
    columns, lower, upper = _design(kind, margin)
    years, code = np.unique(year, return_inverse=True)
    levels = (code[:, None] == np.arange(len(years))).astype(float)
    shapes = columns.shape[1]
    free = np.full(len(years), np.inf)
    beta = ridge_logistic(
        np.column_stack([columns, levels]),
        event.astype(float),
        weight,
        ridge=np.array([_PRIOR_SD**-2] * shapes + [_YEAR_SD**-2] * len(years)),
        prior=np.array([1.0] * shapes + [0.0] * len(years)),
        lower=np.append(lower, -free),
        upper=np.append(upper, free),
    )
    weights = beta[:shapes]
    return Calibrator(kind, float(weights[0]), float(weights[-1])), dict(
        zip(years.tolist(), beta[shapes:].tolist(), strict=True)
    )


def _cross_fitted_losses(
    kind: str, margin: np.ndarray, event: np.ndarray, weight: np.ndarray, year: np.ndarray, cluster: np.ndarray
) -> np.ndarray:
    """Weighted log-loss of each line under the map of the other folds."""
    fold = np.unique(cluster, return_inverse=True)[1] % _FOLDS
    loss = np.zeros(len(margin))
    for held in np.unique(fold):
        train, test = fold != held, fold == held
        fitted, level = _fit(kind, margin[train], event[train], weight[train], year[train])
        usual = float(np.mean(list(level.values())))
        calibrated = fitted.margin(margin[test]) + np.array([level.get(one, usual) for one in year[test].tolist()])
        loss[test] = weight[test] * (np.logaddexp(0.0, calibrated) - event[test] * calibrated)
    return loss


def _clustered_error(difference: np.ndarray, cluster: np.ndarray) -> float:
    """Standard error of the sum of ``difference``, clusters independent."""
    code = np.unique(cluster, return_inverse=True)[1]
    sums = np.bincount(code, weights=difference)
    return float(np.sqrt(len(sums)) * sums.std(ddof=1)) if len(sums) > 1 else 0.0
