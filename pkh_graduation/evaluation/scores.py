"""Scores of probabilities: discrimination, proper scores, calibration; each under any weighting of the rows.

Discrimination: AUC (Mann-Whitney, ties count half) and average precision (one step per distinct score). Proper: log-loss
and Brier. Calibration: predicted over observed; logistic recalibration, ``logit P(y) = a + b logit p`` (Cox 1958), where
a = 0 and b = 1 is perfect; reliability over bins of equal mass and the expected calibration error (ECE) over them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from pkh_graduation.evaluation.ranking import Ranking, count, rank, ratio

LOG_LOSS_FLOOR = 1e-15
"""Probabilities are kept this far from 0 and 1 in the log-loss, so that one sure error does not cost infinity."""

LOGIT_FLOOR = 1e-6
"""The same for recalibration, where a far point has leverage."""

BINS = 10


def discrimination(ranking: Ranking, weights: np.ndarray) -> dict[str, np.ndarray]:
    """AUC and average precision of an ungrouped ranking under ``weights`` (resamples, n); each (resamples,)."""
    counts = count(ranking, weights)
    positive = counts.positive
    caught = np.cumsum(positive, axis=1)
    total, hits = counts.totals.sum(axis=1), positive.sum(axis=1)
    through = counts.before + counts.inside
    negative_here = counts.inside - positive
    negative_after = (total - hits)[:, None] - (through - caught)
    concordant = (positive * (negative_after + negative_here / 2)).sum(axis=1)
    return {
        "auc": ratio(concordant, hits * (total - hits)),
        "average_precision": ratio((positive * caught / np.maximum(through, 1e-300)).sum(axis=1), hits),
    }


@dataclass(frozen=True)
class Probabilities:
    """Probabilities and labels of the same rows, prepared once for many weightings.

    ``terms`` (4, n): log-loss, squared error, probability, label of each row. ``fit`` is the recalibration ``(a, b)`` of
    the unweighted rows, missing where it does not exist; ``newton`` (5, n) the rows' parts of its gradient and Hessian.
    """

    ranking: Ranking
    terms: np.ndarray
    fit: np.ndarray
    newton: np.ndarray


def prepare(p: np.ndarray, label: np.ndarray) -> Probabilities:
    """Prepare probabilities ``p`` (n,) of the event ``label`` (n,) of 0 and 1."""
    y = np.asarray(label, dtype=float)
    safe = np.clip(p, LOG_LOSS_FLOOR, 1 - LOG_LOSS_FLOOR)
    loss = -(y * np.log(safe) + (1 - y) * np.log1p(-safe))
    x = _logit(p)
    fit = recalibrate(x, y)
    return Probabilities(
        rank(p, y > 0), np.stack([loss, (p - y) ** 2, p, y]), fit, _newton_terms(x, y, fit)
    )  # fmt: skip


def probability_scores(prepared: Probabilities, weights: np.ndarray) -> dict[str, np.ndarray]:
    """All scores under ``weights`` (resamples, n); each of shape (resamples,), missing where undefined.

    Recalibration under weights is one Newton step from the unweighted fit, exact for equal weights and otherwise wrong
    only to second order; a full refit for each resample would cost more than everything else together.
    """
    total = weights.sum(axis=1)
    loss, squared, predicted, observed = _sums(weights, prepared.terms)
    intercept, slope = _one_step(prepared, weights)
    return discrimination(prepared.ranking, weights) | {
        "log_loss": ratio(loss, total),
        "brier": ratio(squared, total),
        "predicted_observed": ratio(predicted, observed),
        "calibration_intercept": intercept,
        "calibration_slope": slope,
    }


def recalibrate(x: np.ndarray, y: np.ndarray, *, steps: int = 50) -> np.ndarray:
    """Maximum-likelihood ``(a, b)`` of ``logit P(y) = a + b x``; missing if x is constant or separates the labels."""
    missing = np.full(2, np.nan)
    if not len(y) or y.min() == y.max() or np.ptp(x) == 0:
        return missing
    fit = np.array([np.log(y.mean() / (1 - y.mean())), 0.0])
    for _ in range(steps):
        with np.errstate(over="ignore", invalid="ignore"):
            change = _solve(_newton_terms(x, y, fit).sum(axis=1)[:, None])[0]
        fit = fit + change
        if not np.isfinite(fit).all() or np.abs(fit).max() > 1e4:
            return missing
        if np.abs(change).max() < 1e-10:
            return fit
    return missing


def reliability(p: np.ndarray, label: np.ndarray, *, bins: int = BINS) -> pd.DataFrame:
    """Predicted against observed over bins of equal mass; equal probabilities stay in one bin.

    Columns ``n, n_positive, predicted, observed, low, high``: the last two are the 95 % Wilson interval of the observed
    rate, as if families were independent.
    """
    codes = _bin_codes(p, bins)
    y = np.asarray(label, dtype=float)
    n = np.bincount(codes)
    predicted, observed = np.bincount(codes, weights=p) / n, np.bincount(codes, weights=y) / n
    low, high = wilson(observed, n)
    return pd.DataFrame(
        {"n": n, "n_positive": np.bincount(codes, weights=y).astype(int), "predicted": predicted,
         "observed": observed, "low": low, "high": high}
    )  # fmt: skip


def expected_calibration_error(p: np.ndarray, label: np.ndarray, *, bins: int = BINS) -> float:
    """Mean distance of predicted from observed over bins of equal mass, weighted by their size."""
    return float(_ece(_bin_codes(p, bins), p, np.asarray(label, dtype=float)[None, :])[0])


def calibration_error_limit(p: np.ndarray, rng: np.random.Generator, *, draws: int = 200, bins: int = BINS) -> float:
    """What the ECE stays under 95 times in 100 if the probabilities are true: labels are drawn from them.

    An ECE is never zero, even for perfect probabilities; this is the size that chance alone explains.
    """
    codes = _bin_codes(p, bins)
    simulated = np.concatenate([_ece(codes, p, rng.random((1, len(p))) < p) for _ in range(draws)])
    return float(np.quantile(simulated, 0.95))


def wilson(rate: np.ndarray, n: np.ndarray, *, z: float = 1.959963984540054) -> tuple[np.ndarray, np.ndarray]:
    """Wilson score interval of a rate seen in ``n`` trials."""
    centre = (rate + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * np.sqrt(rate * (1 - rate) / n + z**2 / (4 * n**2))
    return np.clip(centre - half, 0, 1), np.clip(centre + half, 0, 1)


def _logit(p: np.ndarray) -> np.ndarray:
    inside = np.clip(p, LOGIT_FLOOR, 1 - LOGIT_FLOOR)
    return np.log(inside) - np.log1p(-inside)


def _newton_terms(x: np.ndarray, y: np.ndarray, fit: np.ndarray) -> np.ndarray:
    """(5, n), per row: gradient (2) and Hessian (3: aa, ab, bb) of the log-likelihood at ``fit``."""
    expected = 1 / (1 + np.exp(-np.clip(fit[0] + fit[1] * x, -700, 700)))
    rest, spread = y - expected, expected * (1 - expected)
    return np.stack([rest, rest * x, spread, spread * x, spread * x * x])


def _solve(terms: np.ndarray) -> np.ndarray:
    """Newton's change (resamples, 2) from summed gradient and Hessian (5, resamples); missing where the Hessian is flat."""
    ga, gb, aa, ab, bb = terms
    size = aa * bb - ab**2
    return np.column_stack([ratio(bb * ga - ab * gb, size), ratio(aa * gb - ab * ga, size)])


def _one_step(prepared: Probabilities, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    if not np.isfinite(prepared.fit).all():
        missing = np.full(len(weights), np.nan)
        return missing, missing
    fits = prepared.fit + _solve(_sums(weights, prepared.newton))
    return fits[:, 0], fits[:, 1]


def _sums(weights: np.ndarray, terms: np.ndarray) -> np.ndarray:
    """Weighted sums, shape (terms, resamples); not by BLAS, whose rounding depends on its number of threads."""
    return np.einsum("rn,kn->kr", weights, terms)


def _bin_codes(p: np.ndarray, bins: int) -> np.ndarray:
    edges = np.unique(np.quantile(p, np.arange(1, bins) / bins))
    codes = np.searchsorted(edges, p, side="left")
    return np.unique(codes, return_inverse=True)[1]


def _ece(codes: np.ndarray, p: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """ECE of each row of ``labels`` (draws, n)."""
    gaps = [np.abs(np.bincount(codes, weights=p - label)).sum() for label in labels]
    return np.array(gaps) / len(p)
