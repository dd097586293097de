"""How much of a label is the pendamping: her share of the variance in the outcomes that a family's own chance leaves open.

Model: ``logit P(y = 1) = logit p + level + u``, u normal with standard deviation ``spread`` over pendamping, p the family's own
chance. Level and spread by maximum likelihood (u is summed out on a grid), the interval by profile likelihood. The *share* is
``spread^2 / (spread^2 + pi^2 / 3)``, the part of the latent variance that is hers (Snijders and Bosker 2012, ch. 17).

**Scoring.** `GraduationModel` has no pendamping among its inputs: what it predicts is already the mean over the pendamping it was
fitted on, so nothing has to be integrated out of it, and a family's score does not change when her pendamping does. A model that
is fitted *with* an effect per pendamping (to keep her leniency out of the families' coefficients) must be scored with
`integrate_out`, which averages the chance over all pendamping: neither the chance under her own, nor the one under u = 0, which
is that of the median pendamping and too low for rare events.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.optimize import brentq, minimize
from scipy.special import expit, logit, logsumexp
from scipy.stats import chi2

_LATENT = np.pi**2 / 3
_REACH, _STEP = 7.0, 0.1
_GRID = np.arange(-_REACH, _REACH + _STEP / 2, _STEP)
_LEAST, _MOST = 1e-3, 3.0
_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(31)
_EDGE = 1e-9


@dataclass(frozen=True)
class PendampingEffect:
    """``spread``: standard deviation of u in log-odds; ``share``: of the latent variance, with its 95 % interval.

    ``level``: what the chances miss on average, in log-odds. ``p_value``: of the test that there is no effect at all.
    ``effects``: each pendamping's expected u given her outcomes, shrunk; for the spread, never to rank persons.
    """

    pendamping: int
    rows: int
    spread: float
    share: float
    low: float
    high: float
    level: float
    p_value: float
    effects: pd.Series


def pendamping_effect(chance: np.ndarray, label: np.ndarray, pendamping: pd.Series) -> PendampingEffect:
    """Measure how much pendamping differ beyond their families.

    Args:
        chance: each family's own chance, from a model that does not know the pendamping and did not see the label; (n,).
        label: what came, 0 or 1; (n,).
        pendamping: whose family; families without one are left out.

    Raises:
        ValueError: fewer than two pendamping, a label that is the same for everyone, or a chance or label is missing.
    """
    who, names = pd.factorize(pendamping, sort=True)
    use = who >= 0
    chance, label = np.asarray(chance, dtype=float), np.asarray(label, dtype=float)
    lost = int((np.isnan(chance) | np.isnan(label))[use].sum())
    if lost:
        raise ValueError(f"{lost} of {int(use.sum())} families lack a chance or a label: leave them out of all three.")
    if len(names) < 2 or len(np.unique(label[use])) < 2:
        raise ValueError("a pendamping's share needs at least two pendamping, and both outcomes.")
    likelihood = _grid_likelihood(logit(np.clip(chance[use], _EDGE, 1 - _EDGE)), label[use], who[use], len(names))
    level, spread, best = _maximum(likelihood)
    nothing = _profile(likelihood, _LEAST)
    # The null lies on the edge of the range: half of the time no effect fits best (Self and Liang 1987).
    p_value = 0.5 * float(chi2.sf(max(0.0, 2 * (best - nothing)), 1)) if spread > _LEAST else 1.0
    low, high = _interval(likelihood, spread, best)
    posterior = likelihood + _log_normal(level, spread)
    posterior = np.exp(posterior - logsumexp(posterior, axis=1, keepdims=True))
    effects = pd.Series(posterior @ _GRID - level, index=pd.Index(names, name="pendamping_id"), name="u")
    return PendampingEffect(
        len(names), int(use.sum()), spread, share_of(spread), share_of(low), share_of(high), level, p_value, effects
    )


def share_of(spread: float) -> float:
    """Share of the latent variance that a spread of log-odds is.

    >>> round(share_of(0.8), 3)
    0.163
    """
    return float(spread**2 / (spread**2 + _LATENT))


def integrate_out(margin: np.ndarray, spread: float) -> np.ndarray:
    """Chance of a family whoever her pendamping is: the mean of ``expit(margin + u)`` over u, shape of ``margin``.

    ``margin`` is the log-odds at u = 0. It lies nearer to one half than ``expit(margin)``, and orders families as before.
    """
    if spread < 0:
        raise ValueError(f"a spread is 0 or more, not {spread!r}.")
    margin = np.asarray(margin, dtype=float)
    return np.asarray((expit(margin[..., None] + spread * _NODES) * (_WEIGHTS / _WEIGHTS.sum())).sum(axis=-1))


def margin_given(chance: np.ndarray, spread: float) -> np.ndarray:
    """The log-odds at u = 0 whose chance, with the effect integrated out, is ``chance``: inverse of `integrate_out`."""
    chance = np.clip(np.asarray(chance, dtype=float), _EDGE, 1 - _EDGE)
    margin = logit(chance)
    for _ in range(100):
        now = integrate_out(margin, spread)
        change = logit(chance) - logit(np.clip(now, _EDGE, 1 - _EDGE))
        margin = margin + change
        if np.abs(change).max(initial=0.0) < 1e-12:
            break
    return margin


def _grid_likelihood(margin: np.ndarray, label: np.ndarray, who: np.ndarray, groups: int) -> np.ndarray:
    """Log-likelihood of each pendamping's outcomes at every shift of the grid, shape (groups, grid)."""
    total = np.empty((groups, len(_GRID)))
    for place, shift in enumerate(_GRID):
        moved = margin + shift
        total[:, place] = np.bincount(who, weights=label * moved - np.logaddexp(0.0, moved), minlength=groups)
    return total


def _log_normal(level: float, spread: float) -> np.ndarray:
    """Log-weights of the grid under a normal of that mean and spread; they sum to one, so a narrow one loses nothing."""
    density = -0.5 * ((_GRID - level) / max(spread, _STEP)) ** 2
    return np.asarray(density - logsumexp(density))


def _likelihood(likelihood: np.ndarray, level: float, spread: float) -> float:
    if spread < _STEP:
        # Narrower than the grid: the likelihood is read between its points, and widened by its curvature.
        moved = [_shifted(likelihood, level + spread * node) for node in (-1.0, 1.0)]
        return float(np.logaddexp(*moved).sum() - len(likelihood) * np.log(2))
    return float(logsumexp(likelihood + _log_normal(level, spread), axis=1).sum())


def _shifted(likelihood: np.ndarray, shift: float) -> np.ndarray:
    """Log-likelihood at one shift, by a parabola through the three nearest points of the grid."""
    place = int(np.clip(round((shift + _REACH) / _STEP), 1, len(_GRID) - 2))
    rest = (shift - _GRID[place]) / _STEP
    left, middle, right = (likelihood[:, place + step] for step in (-1, 0, 1))
    return np.asarray(middle + rest * (right - left) / 2 + rest**2 * (left - 2 * middle + right) / 2)


def _profile(likelihood: np.ndarray, spread: float) -> float:
    """The likelihood at a spread, at the level that suits it best."""
    found = minimize(
        lambda level: -_likelihood(likelihood, float(level[0]), spread), x0=np.zeros(1), method="Nelder-Mead",
        options={"xatol": 1e-4, "fatol": 1e-6},
    )  # fmt: skip
    return float(-found.fun)


def _maximum(likelihood: np.ndarray) -> tuple[float, float, float]:
    found = minimize(
        lambda point: -_likelihood(likelihood, float(point[0]), float(np.clip(point[1], _LEAST, _MOST))),
        x0=np.array([0.0, 0.4]), method="Nelder-Mead", options={"xatol": 1e-4, "fatol": 1e-6},
    )  # fmt: skip
    return float(found.x[0]), float(np.clip(found.x[1], _LEAST, _MOST)), float(-found.fun)


def _interval(likelihood: np.ndarray, spread: float, best: float) -> tuple[float, float]:
    """Spreads whose profile likelihood lies within half the 95 % quantile of chi-squared of the best."""
    drop = float(chi2.ppf(0.95, 1)) / 2

    def short(value: float) -> float:
        return _profile(likelihood, value) - best + drop

    low = 0.0 if short(_LEAST) > 0 else brentq(short, _LEAST, spread, xtol=1e-3)
    high = _MOST if short(_MOST) > 0 else brentq(short, spread, _MOST, xtol=1e-3)
    return float(low), float(high)
