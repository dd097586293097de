"""Checks of calibration: in the large, in slope, over groups, each with what chance alone explains.

All take lines (m,): a probability p and whether the event came. Lines of one cluster (a household) may depend on each other;
where an event is judged once for each line at risk, quarter by quarter, errors of different lines do not.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.optimize import minimize_scalar
from scipy.special import expit, gammaln, logit
from scipy.stats import gamma

from pkh_graduation.estimators.ridge import ridge_logistic

_Z95 = 1.959963984540054
_FLOOR = 1e-9
_STRENGTHS = (0.0, 12.0)
"""Natural logs of the weakest and the strongest shrinkage, in imagined events."""


@dataclass(frozen=True)
class CalibrationMeasures:
    """How probabilities compare with what came; 95 % intervals allow for clusters.

    ``ratio``: predicted over observed events. ``slope``: of log-odds in a logistic recalibration, 1 if right. ``ece``: mean
    distance of predicted from observed over groups, weighted by size; ``ece_limit``: the 95 % quantile of the same if labels
    were drawn from the probabilities themselves, so that a true model stays below it 95 times in 100.
    """

    n: int
    events: int
    ratio: float
    ratio_low: float
    ratio_high: float
    slope: float
    slope_low: float
    slope_high: float
    ece: float
    ece_limit: float


def calibration_measures(
    p: np.ndarray,
    event: np.ndarray,
    *,
    group: np.ndarray | None = None,
    cluster: np.ndarray | None = None,
    outcome: np.ndarray | None = None,
    random_state: int = 0,
    draws: int = 400,
) -> CalibrationMeasures:
    """Measure probabilities ``p`` (m,) of ``event`` (m,).

    ``group`` (m,) gives the groups of the ECE, else ten of equal size by p; ``cluster`` (m,) what is independent, else lines;
    ``outcome`` (m,) which lines speak of one and the same event (a quarter foretold from several dates), else none do.

    Raises:
        ValueError: no event, nothing but events, or probabilities outside [0, 1].
    """
    p, y = np.asarray(p, dtype=float), np.asarray(event, dtype=float)
    if not ((p >= 0) & (p <= 1)).all():
        raise ValueError("probabilities must lie in [0, 1].")
    if y.min(initial=1.0) == y.max(initial=0.0) or not len(y):
        raise ValueError("calibration needs lines with the event and lines without it.")
    units = np.arange(len(y)) if cluster is None else np.unique(cluster, return_inverse=True)[1]
    ratio = p.sum() / y.sum()
    ratio_error = _clustered(p / p.sum() - y / y.sum(), units)
    slope, slope_error = _slope(p, y, units)
    codes = _ten(p) if group is None else np.unique(group, return_inverse=True)[1]
    by_chance = [_distance(p, came, codes) for came in _as_promised(p, outcome, random_state, draws)]
    return CalibrationMeasures(
        n=len(y),
        events=int(y.sum()),
        ratio=float(ratio),
        ratio_low=float(ratio * np.exp(-_Z95 * ratio_error)),
        ratio_high=float(ratio * np.exp(_Z95 * ratio_error)),
        slope=slope,
        slope_low=slope - _Z95 * slope_error,
        slope_high=slope + _Z95 * slope_error,
        ece=_distance(p, y, codes),
        ece_limit=float(np.quantile(by_chance, 0.95)),
    )


def group_calibration(p: np.ndarray, event: np.ndarray, group: np.ndarray) -> pd.DataFrame:
    """Observed against predicted events per group (index), small groups shrunken towards all; one row per group.

    Columns: ``n``, ``observed`` and ``predicted`` events, ``ratio`` (observed over predicted, shrunken) with its 95 %
    interval ``low``, ``high``. The ratio of a group is taken as gamma distributed around that of all lines, events as
    Poisson given it; how strongly groups are held together is learned from all of them, and what is not known of that is in
    the interval: a group with a handful of events says little and many alike say much. A year or a quota regime may be a group.

    Raises:
        ValueError: nothing was predicted in some group.
    """
    names, code = np.unique(np.asarray(group), return_inverse=True)
    n = np.bincount(code)
    observed = np.bincount(code, weights=np.asarray(event, dtype=float))
    predicted = _predicted(np.asarray(p, dtype=float), code)
    ratio, low, high = _ratios(observed, predicted)
    return pd.DataFrame(
        {"n": n, "observed": observed, "predicted": predicted, "ratio": ratio, "low": low, "high": high},
        index=pd.Index(names, name="group"),
    )


def shrunken_error(
    p: np.ndarray,
    event: np.ndarray,
    group: np.ndarray,
    *,
    outcome: np.ndarray | None = None,
    random_state: int = 0,
    draws: int = 400,
) -> tuple[float, float]:
    """Mean distance of predicted from shrunken observed over groups (`group_calibration`), weighted by size, and its limit.

    The limit is the 95 % quantile of the same, shrunken anew each time, where labels are drawn from the probabilities
    themselves (``outcome`` as in `calibration_measures`). What is left above it is what groups really differ by, not what a
    handful of events happens to be.

    Raises:
        ValueError: nothing was predicted in some group.
    """
    p = np.asarray(p, dtype=float)
    code = np.unique(np.asarray(group), return_inverse=True)[1]
    predicted = _predicted(p, code)

    def distance(y: np.ndarray) -> float:
        shape, rate = _posterior(np.bincount(code, weights=y), predicted)
        return float(np.abs(predicted * (shape / rate - 1.0)).sum() / len(p))

    by_chance = [distance(came) for came in _as_promised(p, outcome, random_state, draws)]
    return distance(np.asarray(event, dtype=float)), float(np.quantile(by_chance, 0.95))


def _as_promised(p: np.ndarray, outcome: np.ndarray | None, random_state: int, draws: int) -> Iterator[np.ndarray]:
    """Labels (m,) drawn from the probabilities themselves, again and again; one draw for all lines of one outcome."""
    random = np.random.default_rng(random_state)
    code = np.arange(len(p)) if outcome is None else np.unique(outcome, return_inverse=True)[1]
    for _ in range(draws):
        yield random.random(int(code.max(initial=-1)) + 1)[code] < p


def _predicted(p: np.ndarray, code: np.ndarray) -> np.ndarray:
    predicted = np.bincount(code, weights=p)
    if (predicted <= 0).any():
        raise ValueError("every group needs a probability above zero: otherwise no ratio exists.")
    return predicted


def _posterior(observed: np.ndarray, predicted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Shape and rate of the gamma distribution of each group's ratio."""
    overall = (observed.sum() + 0.5) / (predicted.sum() + 0.5)
    strength = _strength(observed, predicted * overall)
    return strength + observed, strength / overall + predicted


def _ratios(observed: np.ndarray, predicted: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mean and 95 % interval of each group's ratio, over all strengths and overall ratios that the counts allow; (groups,) each.

    The most likely strength alone would leave equal groups without any width: what is not known of it, and of the ratio of
    all, is integrated out on a grid. Priors are flat in the standard deviation of the groups' ratios (Gelman 2006) and in the
    logarithm of the ratio of all.
    """
    total = observed.sum() + 0.5
    reach = 4.0 * np.sqrt(1.0 / total + 1.0 / len(observed))
    everyone = total / (predicted.sum() + 0.5) * np.exp(reach * np.linspace(-1.0, 1.0, 25))
    logs = np.linspace(*_STRENGTHS, 33)
    strength, overall = np.exp(np.repeat(logs, len(everyone))), np.tile(everyone, len(logs))
    k, expected = strength[:, None], predicted * overall[:, None]
    told = gammaln(k + observed) - gammaln(k) + k * np.log(k) - (k + observed) * np.log(k + expected)
    told += observed * np.log(overall)[:, None]
    weight = told.sum(axis=1) - np.log(strength) / 2.0
    weight = np.exp(weight - weight.max())
    steps = (np.arange(40) + 0.5) / 40
    kept = weight > 1e-4 * weight.max()
    posterior = gamma((k + observed)[kept], scale=1.0 / (k / overall[:, None] + predicted)[kept])
    draws = np.moveaxis(np.stack([posterior.ppf(step) for step in steps]), 2, 0).reshape(len(observed), -1)
    share = np.tile(weight[kept] / weight[kept].sum() / len(steps), len(steps))
    order = np.argsort(draws, axis=1)
    sums = np.cumsum(share[order], axis=1)
    ordered = np.take_along_axis(draws, order, axis=1)
    low, high = (
        ordered[np.arange(len(draws)), (sums < level).sum(axis=1).clip(max=draws.shape[1] - 1)]
        for level in (0.025, 0.975)
    )
    return draws @ share, low, high


def _strength(observed: np.ndarray, expected: np.ndarray) -> float:
    """Imagined events that hold a group's ratio to one: the most likely of the negative binomial."""

    def loss(log_strength: float) -> float:
        k = np.exp(log_strength)
        terms = gammaln(k + observed) - gammaln(k) + k * log_strength - (k + observed) * np.log(k + expected)
        return -float(terms.sum())

    return float(np.exp(minimize_scalar(loss, bounds=_STRENGTHS, method="bounded").x))


def _slope(p: np.ndarray, y: np.ndarray, units: np.ndarray) -> tuple[float, float]:
    """Slope of a logistic recalibration and its standard error; missing where all probabilities are equal."""
    x = logit(np.clip(p, _FLOOR, 1.0 - _FLOOR))
    if np.ptp(x) == 0:
        return float("nan"), float("nan")
    matrix = np.column_stack([x, np.ones(len(x))])
    beta = ridge_logistic(matrix, y, np.ones(len(y)), ridge=np.zeros(2), start=np.array([1.0, 0.0]))
    chance = expit(matrix @ beta)
    bread = np.linalg.inv((matrix * (chance * (1.0 - chance))[:, None]).T @ matrix)
    influence = (matrix * (y - chance)[:, None]) @ bread
    return float(beta[0]), _clustered(influence[:, 0], units)


def _clustered(influence: np.ndarray, units: np.ndarray) -> float:
    return float(np.sqrt((np.bincount(units, weights=influence) ** 2).sum()))


def _ten(p: np.ndarray) -> np.ndarray:
    """Ten groups of about equal size; equal probabilities stay together."""
    return np.searchsorted(np.unique(np.quantile(p, np.arange(1, 10) / 10)), p, side="left")


def _distance(p: np.ndarray, y: np.ndarray, codes: np.ndarray) -> float:
    return float(np.abs(np.bincount(codes, weights=p - y)).sum() / len(p))
