"""Binning: a value becomes the number of the model's own thresholds below it, one byte where that suffices.

``value <= threshold[k]`` is then ``bin <= k``. Missing is the top code, which goes right; a split that sends missing left
reads a second row of bins, raised by one so that the top code wraps to 0. A categorical question is a row of 0 and 1.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .checks import UnsupportedModelError
from .ensemble import LEAF, Coding, Ensemble, Question

MOST_THRESHOLDS = np.iinfo(np.uint16).max - 1
"""Finite thresholds that one column may have."""

Count = Callable[..., None]
"""``count(columns, first, last, cuts, offset, wrapped, bins)``: fill the rows of bins that thresholds decide."""


@dataclass(frozen=True)
class Binning:
    """Rows of bins: the n features, the same raised by one, then the questions.

    ``cuts[offset[c]:offset[c + 1]]`` are the thresholds of feature c, ascending, as float64 and, rounded down, as float32:
    against a float32 value the rounded threshold gives the same answer. ``wrapped``: features whose raised row is used.
    """

    cuts: np.ndarray
    cuts32: np.ndarray
    offset: np.ndarray
    wrapped: np.ndarray
    dtype: np.dtype
    codings: tuple[Coding, ...]
    questions: tuple[Question, ...]

    @property
    def n_features(self) -> int:
        """Features of the model."""
        return len(self.wrapped)

    @property
    def n_rows(self) -> int:
        """Rows of a matrix of bins."""
        return 2 * self.n_features + len(self.questions)

    def test(self, column: int, threshold: float, missing_left: bool) -> tuple[int, int]:
        """A split as an integer test (row, limit): it goes left where ``bins[row] <= limit``."""
        n = self.n_features
        if column >= n:
            return n + column, 0
        k = int(np.searchsorted(self.cuts[self.offset[column] : self.offset[column + 1]], threshold))
        return (n + column, k + 1) if missing_left else (column, k)

    def fill(self, columns: np.ndarray, first: int, last: int, bins: np.ndarray, count: Count) -> None:
        """Bin ``columns[:, first:last]`` into ``bins[:, : last - first]``."""
        cuts = self.cuts32 if columns.dtype == np.float32 else self.cuts
        count(columns, first, last, cuts, self.offset, self.wrapped, bins)
        codes = [coding.code(columns[coding.feature, first:last]) for coding in self.codings]
        for row, question in enumerate(self.questions, start=2 * self.n_features):
            bins[row, : last - first] = question.right[codes[question.coding]]


def make_binning(ensemble: Ensemble, *, two_bytes: bool = False) -> Binning:
    """Collect the thresholds that the trees use; ``two_bytes`` asks for wide bins where narrow ones would do.

    Raises:
        UnsupportedModelError: a column has more thresholds than two bytes can count.
    """
    n = ensemble.n_features
    columns, thresholds, wraps = _splits(ensemble)
    used = [np.unique(thresholds[columns == column]) for column in range(n)]
    most = max((int(np.isfinite(own).sum()) for own in used), default=0)
    if most > MOST_THRESHOLDS:
        raise UnsupportedModelError(
            f"one column has {most} thresholds; at most {MOST_THRESHOLDS} can be told apart. Fit fewer or shallower trees."
        )
    cuts = np.concatenate([np.zeros(0), *used])
    return Binning(
        cuts=cuts,
        cuts32=_floor32(cuts),
        offset=np.cumsum([0, *map(len, used)]),
        wrapped=np.isin(np.arange(n), columns[wraps]),
        dtype=np.dtype(np.uint16 if two_bytes or most > np.iinfo(np.uint8).max - 1 else np.uint8),
        codings=ensemble.codings,
        questions=ensemble.questions,
    )


def _splits(ensemble: Ensemble) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Column, threshold and missing direction of every split on a feature's values."""
    parts: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = [(np.zeros(0, int), np.zeros(0), np.zeros(0, bool))]
    for tree in ensemble.trees:
        own = (tree.left != LEAF) & (tree.column < ensemble.n_features)
        parts.append((tree.column[own], tree.threshold[own], tree.missing_left[own].astype(bool)))
    columns, thresholds, wraps = (np.concatenate(piece) for piece in zip(*parts, strict=True))
    return columns, thresholds, wraps


def _floor32(thresholds: np.ndarray) -> np.ndarray:
    """The largest float32 not above each threshold."""
    with np.errstate(over="ignore"):
        low = thresholds.astype(np.float32)
        below = np.nextafter(low, np.float32(-np.inf))
    return np.where(low > thresholds, below, low)
