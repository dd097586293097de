"""How far the judged rows are from those learnt from: one classifier for all features, one index for each.

*Shift AUC*: how well a forest tells rows of the test from rows of the training (Lopez-Paz and Oquab 2017, classifier
two-sample test). 0.5: they cannot be told apart; 1: a model would be judged where it has never been. The forest is fitted on
one half of the families and judged on the other, so that a family met twice is not mistaken for drift.
*PSI*, the population stability index of a feature: ``sum (q - p) log(q / p)`` over ten bins of equal mass in training and one
bin for missing. By custom below 0.1 is calm and above 0.25 is a shift; the custom has no theory behind it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from pkh_graduation.evaluation.ranking import finite, rank
from pkh_graduation.evaluation.scores import discrimination

BINS = 10
SHIFTED = 0.25
"""A PSI above this is called a shift."""
MOST_ROWS, FOREST_ROWS = 20_000, 3_000
"""Rows of either side that are looked at, and of them those that the forest sees: drawn by a hash of family and date."""


@dataclass(frozen=True)
class Shift:
    """Shift AUC (missing without rows on both sides), and the PSI of every feature, largest first."""

    auc: float
    psi: pd.Series

    @property
    def shifted(self) -> int:
        """Features whose PSI is above `SHIFTED`."""
        return int((self.psi > SHIFTED).sum())


def covariate_shift(train: pd.DataFrame, test: pd.DataFrame, *, random_state: int = 0) -> Shift:
    """Compare features of training and test rows; both indexed by ``(kpm_id, as_of)``, the same columns.

    At most `MOST_ROWS` rows of either side are looked at (`draw_rows`). Infinite values count as the largest there are, as
    models take them.

    Raises:
        ValueError: the columns differ, or a side is empty.
    """
    if list(train.columns) != list(test.columns):
        raise ValueError("training and test rows have different columns: build both from one catalogue.")
    if train.empty or test.empty:
        raise ValueError(f"{len(train)} training and {len(test)} test rows: a shift needs both.")
    train, test = (side.loc[draw_rows(side.index, random_state=random_state)] for side in (train, test))
    psi = pd.Series({str(name): stability_index(train[name], test[name]) for name in train.columns}, dtype=float)
    psi = psi.sort_values(ascending=False, kind="stable")
    return Shift(_two_sample_auc(train.iloc[:FOREST_ROWS], test.iloc[:FOREST_ROWS], random_state), psi)


def stability_index(before: pd.Series, after: pd.Series, *, bins: int = BINS) -> float:
    """PSI of one feature; each share is kept from zero by half a row.

    >>> stability_index(pd.Series([1.0, 2.0]), pd.Series([1.0, 2.0]))
    0.0
    """
    old, new = (finite(side.to_numpy(dtype=float)) for side in (before, after))
    seen = old[~np.isnan(old)]
    # The largest value is no edge: a bin above it would hold nobody by construction.
    edges = np.unique(np.quantile(seen, np.arange(1, bins) / bins, method="lower")) if len(seen) else np.zeros(0)
    p, q = _shares(old, edges), _shares(new, edges)
    return float(((q - p) * np.log(q / p)).sum())


def _shares(values: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Share in each bin, the missing last."""
    code = np.where(np.isnan(values), len(edges) + 1, np.searchsorted(edges, values, side="left"))
    counts = np.bincount(code, minlength=len(edges) + 2) + 0.5
    return counts / counts.sum()


def draw_rows(index: pd.MultiIndex, *, most: int = MOST_ROWS, random_state: int = 0) -> pd.MultiIndex:
    """At most so many of the rows, drawn and ordered by a keyed hash: whatever order they lie in, the same ones."""
    keys = pd.util.hash_pandas_object(index, index=False, hash_key=f"{random_state:016d}"[-16:]).to_numpy()
    return index[np.argsort(keys, kind="stable")[:most]]


def _two_sample_auc(train: pd.DataFrame, test: pd.DataFrame, random_state: int) -> float:
    from sklearn.ensemble import ExtraTreesClassifier

    matrix = finite(pd.concat([train, test]).to_numpy(dtype=float)).astype(np.float32)
    is_test = np.repeat([False, True], [len(train), len(test)])
    names = pd.Index([*train.index.get_level_values("kpm_id"), *test.index.get_level_values("kpm_id")])
    half = (pd.util.hash_array(names.to_numpy(dtype=object)) >> np.uint64(7)) % 2 == 0
    score = np.full(len(matrix), np.nan)
    for learnt in (half, ~half):
        if len(np.unique(is_test[learnt])) < 2 or learnt.all():
            return float("nan")
        forest = ExtraTreesClassifier(60, min_samples_leaf=10, random_state=random_state, n_jobs=1)
        score[~learnt] = forest.fit(matrix[learnt], is_test[learnt]).predict_proba(matrix[~learnt])[:, 1]
    # The two halves' scores come from two forests; each is ranked on its own and weighed by its pairs.
    found, pairs = 0.0, 0.0
    for part in (half, ~half):
        weight = float(is_test[part].sum()) * float((~is_test[part]).sum())
        if weight:
            ones = np.ones((1, int(part.sum())))
            found += weight * float(discrimination(rank(score[part], is_test[part]), ones)["auc"][0])
            pairs += weight
    return found / pairs if pairs else float("nan")
