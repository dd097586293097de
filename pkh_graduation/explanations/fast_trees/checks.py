"""Checks: values that do not add up to the model's margin are never shown."""

from __future__ import annotations

import numpy as np

TOLERANCE = 1e-9
"""Largest difference between base plus SHAP values and the model's margin, in units of the margin."""


class AdditivityError(ArithmeticError):
    """The attributions do not add up to the model's margin: what would be shown is not what the model says."""


class UnsupportedModelError(ValueError):
    """A model cannot be read, or cannot be tabulated; the message says why and what to do."""


class SlowExplanationWarning(UserWarning):
    """A model is explained exactly, but by the slow general way; the message says why."""


def check_margin(margin: np.ndarray, expected: np.ndarray, tolerance: float = TOLERANCE, *, what: str = "rows") -> None:
    """Refuse sums of attributions ``margin`` (n,) that differ from the model's own ``expected`` (n,); NaN differs.

    Raises:
        AdditivityError: says how many of the ``what`` differ and by how much; shows no row.

    >>> check_margin(np.array([0.5, 1.0]), np.array([0.5, 1.0 + 1e-12]))
    """
    error = np.abs(np.asarray(margin, dtype=float) - np.asarray(expected, dtype=float))
    wrong = ~(error <= tolerance)
    if wrong.any():
        known = error[np.isfinite(error)]
        raise AdditivityError(
            f"attributions miss the model's margin in {int(wrong.sum())} of {len(error)} {what}, by up to "
            f"{float(known.max()) if len(known) else float('nan'):.3g} (allowed {tolerance:g}): "
            "nothing is shown. What was explained is not what the model computes: explain the very model that scores, "
            "with the same columns in the same order."
        )
