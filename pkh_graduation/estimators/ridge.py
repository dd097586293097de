"""Ridge logistic regression with bounds: the one solver behind every linear part of this room.

scikit-learn's logistic regression has no bounds on coefficients, which monotone signs need, no prior mean and no penalty
per column. Projected Newton (Bertsekas 1982) on the penalised likelihood: few passes over the data, exact in the bounds.
"""

from __future__ import annotations

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from scipy.special import expit

_CHUNK = 16_384


def ridge_logistic(
    matrix: np.ndarray,
    event: np.ndarray,
    weight: np.ndarray,
    *,
    ridge: np.ndarray,
    prior: np.ndarray | None = None,
    lower: np.ndarray | None = None,
    upper: np.ndarray | None = None,
    start: np.ndarray | None = None,
    max_iter: int = 40,
) -> np.ndarray:
    """Minimise ``sum w * logloss + sum ridge * (beta - prior)**2 / 2`` within ``lower <= beta <= upper``.

    ``matrix`` (n, p) holds its own column of ones if an intercept is wanted; ``event`` and ``weight`` have shape (n,), the
    others (p,). Returns beta (p,).

    >>> one = np.ones((4, 1))
    >>> beta = ridge_logistic(one, np.array([1.0, 0, 0, 0]), np.ones(4), ridge=np.zeros(1))
    >>> round(float(np.exp(beta[0])), 6)
    0.333333
    """
    p = matrix.shape[1]
    centre = np.zeros(p) if prior is None else prior
    low = np.full(p, -np.inf) if lower is None else lower
    high = np.full(p, np.inf) if upper is None else upper
    beta = np.clip(centre if start is None else start, low, high)
    value, margin = _objective(matrix, event, weight, ridge, centre, beta)
    for _ in range(max_iter):
        gradient, hessian = _derivatives(matrix, event, weight, ridge, centre, beta, margin)
        pinned = ((beta <= low) & (gradient > 0)) | ((beta >= high) & (gradient < 0))
        step = _newton_step(gradient, hessian, ~pinned)
        moved = _line_search(matrix, event, weight, ridge, centre, beta, value, gradient, step, low, high)
        if moved is None:
            break
        gain = value - moved[1]
        beta, value, margin = moved
        if gain <= 1e-8 * abs(value):
            break
    return beta


def _objective(
    matrix: np.ndarray, event: np.ndarray, weight: np.ndarray, ridge: np.ndarray, centre: np.ndarray, beta: np.ndarray
) -> tuple[float, np.ndarray]:
    margin = matrix @ beta
    loss = weight @ (np.logaddexp(0.0, margin) - event * margin)
    return float(loss + 0.5 * (ridge @ (beta - centre) ** 2)), margin


def _derivatives(
    matrix: np.ndarray,
    event: np.ndarray,
    weight: np.ndarray,
    ridge: np.ndarray,
    centre: np.ndarray,
    beta: np.ndarray,
    margin: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    chance = expit(margin)
    gradient = matrix.T @ (weight * (chance - event)) + ridge * (beta - centre)
    root = np.sqrt(weight * chance * (1.0 - chance))
    hessian = np.diag(ridge + 1e-6 * weight.sum())
    for first in range(
        0, len(matrix), _CHUNK
    ):  # single precision steers the step; the gradient above decides where it ends
        block = np.multiply(matrix[first : first + _CHUNK], root[first : first + _CHUNK, None], dtype=np.float32)
        hessian += block.T @ block
    return gradient, hessian


def _newton_step(gradient: np.ndarray, hessian: np.ndarray, free: np.ndarray) -> np.ndarray:
    step = np.zeros_like(gradient)
    if free.any():
        step[free] = cho_solve(cho_factor(hessian[np.ix_(free, free)]), gradient[free])
    return step


def _line_search(
    matrix: np.ndarray,
    event: np.ndarray,
    weight: np.ndarray,
    ridge: np.ndarray,
    centre: np.ndarray,
    beta: np.ndarray,
    value: float,
    gradient: np.ndarray,
    step: np.ndarray,
    low: np.ndarray,
    high: np.ndarray,
) -> tuple[np.ndarray, float, np.ndarray] | None:
    length = 1.0
    while length > 1e-6:
        trial = np.clip(beta - length * step, low, high)
        trial_value, margin = _objective(matrix, event, weight, ridge, centre, trial)
        if trial_value < value - 1e-4 * float(gradient @ (beta - trial)):
            return trial, trial_value, margin
        length /= 2.0
    return None
