"""Bounds of a family's effect: what the learner ranks, calibrated against pseudo-outcomes it has not seen.

The line ``pseudo ~ a + b * effect`` (best linear predictor, Chernozhukov, Demirer, Duflo, Fernandez-Val 2018) says how much
of the ranking is real; what remains per tenth of the ranking is shrunk by how much the tenths truly differ (DerSimonian and
Laird 1986). Where the ranking holds nothing, every family's effect is the average one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

TENTHS = 10
Z = 1.96
"""Two-sided 95 % interval."""

_RANKS = 1.28
"""The ranking counts if its slope is above 0 with this many standard errors (one-sided 90 %)."""


@dataclass(frozen=True)
class EffectBounds:
    """Effect and 95 % interval as functions of the learner's effect.

    ``average, average_se``: the average effect. ``coef`` (2,) and ``cov`` (2, 2) of the line around ``centre``. ``edges``
    (k - 1,), ``shift`` (k,) and ``spread`` (k,): the tenths of the ranking, and what each adds with its standard error.
    """

    average: float
    average_se: float
    centre: float
    coef: np.ndarray
    cov: np.ndarray
    edges: np.ndarray
    shift: np.ndarray
    spread: np.ndarray

    @property
    def ranks(self) -> bool:
        """Whether families are told apart at all."""
        return bool(self.coef[1] != 0.0)

    def of(self, effect: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Calibrated effect, lower and upper bound (n,), in probability, of the learner's effects (n,)."""
        design = np.column_stack([np.ones(len(effect)), np.asarray(effect) - self.centre])
        tenth = np.searchsorted(self.edges, effect, side="right")
        value = design @ self.coef + self.shift[tenth]
        se = np.sqrt(np.einsum("ij,jk,ik->i", design, self.cov, design) + self.spread[tenth] ** 2)
        return value, value - Z * se, value + Z * se


def calibrate_bounds(pseudo: np.ndarray, effect: np.ndarray, groups: np.ndarray | None = None) -> EffectBounds:
    """Calibrate out-of-fold effects against pseudo-outcomes (n,); standard errors are robust, by ``groups`` where given.

    Raises:
        ValueError: fewer than 100 rows.
    """
    n = len(pseudo)
    if n < 100:
        raise ValueError(f"{n} families are too few to bound an effect; at least 100 are needed.")
    centre = float(effect.mean())
    design = np.column_stack([np.ones(n), effect - centre])
    coef, cov = _least_squares(design, pseudo, groups)
    average, average_var = _least_squares(design[:, :1], pseudo, groups)
    if coef[1] <= _RANKS * np.sqrt(cov[1, 1]):
        coef = np.array([average[0], 0.0])
        cov = np.array([[average_var[0, 0], 0.0], [0.0, 0.0]])
    edges = np.unique(np.quantile(effect, np.linspace(0, 1, TENTHS + 1)[1:-1]))
    shift, spread = _tenths(pseudo - design @ coef, np.searchsorted(edges, effect, side="right"), len(edges) + 1)
    return EffectBounds(float(average[0]), float(np.sqrt(average_var[0, 0])), centre, coef, cov, edges, shift, spread)


def _least_squares(design: np.ndarray, y: np.ndarray, groups: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
    """Coefficients and their robust covariance, clustered by group."""
    bread = np.linalg.pinv(design.T @ design)
    coef = bread @ design.T @ y
    score = design * (y - design @ coef)[:, None]
    if groups is not None:
        _, code = np.unique(groups, return_inverse=True)
        score = np.stack([np.bincount(code, weights=column) for column in score.T], axis=1)
    return coef, bread @ (score.T @ score) @ bread


def _tenths(rest: np.ndarray, tenth: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Shrunk mean of what the line leaves per tenth, and its standard error."""
    count = np.maximum(np.bincount(tenth, minlength=k), 1)
    mean = np.bincount(tenth, weights=rest, minlength=k) / count
    square = np.bincount(tenth, weights=rest**2, minlength=k) / count - mean**2
    var = np.maximum(square, 1e-12) / count
    weight = 1.0 / var
    excess = float((weight * mean**2).sum()) - (k - 2)
    between = max(0.0, excess / (weight.sum() - (weight**2).sum() / weight.sum())) if k > 2 else 0.0
    kept = between / (between + var)
    return kept * mean, np.sqrt(kept * var)
