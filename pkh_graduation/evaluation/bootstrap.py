"""The household bootstrap: how much a figure would move had other families been in the programme.

Families are drawn with replacement, each with all its rows of all origins, so that what repeats within a family is not
taken for evidence. A resample is a row of weights (how often each family was drawn; they sum to the number of families)
and every contender is counted under the same weights, which makes differences between contenders paired. The same code
draws whole pendamping instead of families when their lists, not their families, are what might have been others.
Intervals are percentile intervals (Efron & Tibshirani 1993, ch. 13).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

Figures = Callable[[np.ndarray], Mapping[str, np.ndarray]]
"""Weights (resamples, n) to named figures, each (resamples,)."""

LEVEL = 0.95
_CELLS = 2_000_000
"""Weights held at once: small enough to stay near the processor, large enough to keep numpy busy."""


def draw_weights(n_units: int, n_boot: int, rng: np.random.Generator) -> np.ndarray:
    """How often each unit is drawn in each resample: (n_boot, n_units) int32, rows sum to ``n_units``."""
    weights = np.empty((n_boot, n_units), dtype=np.int32)
    for number in range(n_boot):
        weights[number] = np.bincount(rng.integers(0, n_units, n_units), minlength=n_units)
    return weights


def resample(
    figures: Mapping[str, Figures], units: np.ndarray, weights: np.ndarray
) -> dict[str, dict[str, np.ndarray]]:
    """Every contender's figures in every resample: contender -> figure -> (n_boot,).

    ``units`` (n,) says which unit (column of ``weights``) each row belongs to.
    """
    step = max(1, _CELLS // max(1, len(units)))
    parts: dict[str, list[Mapping[str, np.ndarray]]] = {name: [] for name in figures}
    for start in range(0, len(weights), step):
        rows = np.take(weights[start : start + step], units, axis=1).astype(float)
        for name, figure in figures.items():
            parts[name].append(figure(rows))
    return {
        name: {key: np.concatenate([part[key] for part in found]) for key in found[0]} if found else {}
        for name, found in parts.items()
    }


def interval(replicates: np.ndarray, *, level: float = LEVEL) -> tuple[float, float]:
    """Percentile interval of the replicates that are defined; missing if none is."""
    defined = replicates[np.isfinite(replicates)]
    if not len(defined):
        return float("nan"), float("nan")
    low, high = np.quantile(defined, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def varied_interval(replicates: np.ndarray, *, level: float = LEVEL) -> tuple[float, float]:
    """`interval` of one list's figure; missing where all replicates are alike.

    A list that found nobody finds nobody in every resample: that is no certainty. (A contender minus itself is.)

    >>> varied_interval(np.zeros(40))
    (nan, nan)
    """
    low, high = interval(replicates, level=level)
    return (float("nan"), float("nan")) if np.isclose(low, high, rtol=1e-9, atol=0.0) else (low, high)
