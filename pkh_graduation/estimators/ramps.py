"""Ramps: a monotone, piecewise linear basis for the linear half of a hazard.

Each feature becomes ramps between its quantiles, ``clip((x - a) / (b - a), 0, 1)``: splines of degree one (the degree-one
I-splines of Ramsay 1988). Beyond the outer knots a ramp is flat, which clips outliers; the sum is monotone whenever the
coefficients share a sign, which is how a policy sign is kept exactly. A missing value takes the median's place, and an
indicator tells so where some training values were missing.
"""

from __future__ import annotations

from itertools import groupby, pairwise

import numpy as np

_LEVELS = {1: (0.03, 0.97), 3: (0.02, 0.35, 0.65, 0.98)}
_RARE = 0.002


class RampBasis:
    """Ramps and missing indicators for p features; ``owner`` (position of the feature) and ``sign`` per basis column."""

    def __init__(self, *, n_ramps: int = 3) -> None:
        self.n_ramps = n_ramps

    def fit(self, values: np.ndarray, signs: np.ndarray) -> RampBasis:
        """Learn knots and medians from ``values`` (n, p), NaN where missing; ``signs`` (p,) holds -1, 0 or +1.

        Features without two different values get no ramp.
        """
        column, low, high, sign, indicator = [], [], [], [], []
        self.median_ = np.zeros(values.shape[1])
        for feature in range(values.shape[1]):
            known = values[:, feature][np.isfinite(values[:, feature])]
            knots = self._knots(known)
            for a, b in pairwise(knots):
                column.append(feature)
                low.append(a)
                high.append(b)
                sign.append(int(signs[feature]))
            if len(known):
                self.median_[feature] = np.median(known)
            missing = float(np.isnan(values[:, feature]).mean())
            if _RARE < missing < 1.0 - _RARE:
                indicator.append(feature)
        self.column_ = np.array(column, dtype=np.int64)
        self.low_, self.high_ = np.array(low, dtype=float), np.array(high, dtype=float)
        self.indicator_ = np.array(indicator, dtype=np.int64)
        self.owner_ = np.array([*column, *indicator], dtype=np.int64)
        self.sign_ = np.array([*sign, *[0] * len(indicator)], dtype=np.int64)
        return self

    def _knots(self, known: np.ndarray) -> np.ndarray:
        if not len(known) or known.min() == known.max():
            return np.zeros(0)
        knots = np.unique(np.quantile(known, _LEVELS[self.n_ramps]))
        return knots if len(knots) > 1 else np.array([known.min(), known.max()])

    def transform(self, values: np.ndarray) -> np.ndarray:
        """Basis of ``values`` (n, p): shape (n, number of ramps and indicators), no missing."""
        n, ramps = len(values), len(self.column_)
        basis = np.empty((n, ramps + len(self.indicator_)), order="F")
        for feature, places in groupby(range(ramps), key=self.column_.__getitem__):
            raw = values[:, feature]
            filled = np.where(np.isnan(raw), self.median_[feature], raw)
            for place in places:
                ramp = np.subtract(filled, self.low_[place], out=basis[:, place])
                ramp /= self.high_[place] - self.low_[place]
                np.clip(ramp, 0.0, 1.0, out=ramp)
        basis[:, ramps:] = np.isnan(values[:, self.indicator_])
        return basis

    def bounds(self) -> tuple[np.ndarray, np.ndarray]:
        """Lower and upper bounds of the coefficients that keep every sign, each (columns,)."""
        return np.where(self.sign_ > 0, 0.0, -np.inf), np.where(self.sign_ < 0, 0.0, np.inf)
