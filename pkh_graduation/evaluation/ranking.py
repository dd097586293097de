"""A ranking with its ties, under weights: the one computation behind lists at capacity, AUC and average precision.

Rows are sorted once; any number of weightings (resamples) is then counted by one cumulative sum each. Only *blocks*, runs
of equal scores, that hold a positive matter: hits come from nowhere else.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

_LARGEST = 1e30
"""Trees take float32, up to 3e38, and add up whole columns: 1e8 values of this size."""


@dataclass(frozen=True)
class Ranking:
    """Rows by group, then by falling score.

    ``order`` (n,) row numbers; ``edges`` (groups + 1,) where each group begins in it; ``start``, ``stop``, ``group``
    (blocks,) extent and group of each block that holds a positive; ``positives`` (p,) rows of the positives in order;
    ``first`` (blocks,) place in ``positives`` of each block's first.
    """

    order: np.ndarray
    edges: np.ndarray
    start: np.ndarray
    stop: np.ndarray
    group: np.ndarray
    positives: np.ndarray
    first: np.ndarray


@dataclass(frozen=True)
class Counts:
    """Weight, per resample and block: ranked ``before`` it within its group, ``inside`` it, of it ``positive``.

    Each has shape (resamples, blocks); ``totals`` (resamples, groups) is the weight of whole groups.
    """

    before: np.ndarray
    inside: np.ndarray
    positive: np.ndarray
    totals: np.ndarray


def rank(score: np.ndarray, positive: np.ndarray, group: np.ndarray | None = None) -> Ranking:
    """Sort rows by ``score`` (n,), highest first, within ``group`` (n,) integer codes; rows of code -1 take no part.

    ``positive`` (n,) is true where a hit would be one. Equal scores form one block: nothing decides between them.
    """
    codes = np.zeros(len(score), dtype=np.int64) if group is None else np.asarray(group)
    rows = np.flatnonzero(codes >= 0)
    order = rows[np.lexsort((-score[rows], codes[rows]))]
    values, members = score[order], codes[order]
    new_group = _changes(members)
    fresh = new_group | _changes(values)
    edges = np.append(np.flatnonzero(new_group), len(order))
    block_edges = np.append(np.flatnonzero(fresh), len(order))
    hit = np.flatnonzero(np.asarray(positive, dtype=bool)[order])
    blocks, first = np.unique((np.cumsum(fresh) - 1)[hit], return_index=True)
    return Ranking(
        order=order,
        edges=edges,
        start=block_edges[blocks],
        stop=block_edges[blocks + 1],
        group=(np.cumsum(new_group) - 1)[block_edges[blocks]],
        positives=order[hit],
        first=first,
    )


def count(ranking: Ranking, weights: np.ndarray) -> Counts:
    """Count a ranking under ``weights`` (resamples, n)."""
    running = np.zeros((len(weights), len(ranking.order) + 1))
    np.cumsum(np.take(weights, ranking.order, axis=1), axis=1, out=running[:, 1:])
    at_edges = running[:, ranking.edges]
    at_start = running[:, ranking.start]
    if len(ranking.first):
        positive = np.add.reduceat(np.take(weights, ranking.positives, axis=1), ranking.first, axis=1)
    else:
        positive = np.zeros((len(weights), 0))
    return Counts(
        before=at_start - at_edges[:, ranking.group],
        inside=running[:, ranking.stop] - at_start,
        positive=positive.astype(float),
        totals=np.diff(at_edges, axis=1),
    )


def finite(values: np.ndarray) -> np.ndarray:
    """Infinite values drawn to the largest that trees take; missing ones stay missing.

    >>> finite(np.array([-np.inf, 2.0, np.nan])).tolist()
    [-1e+30, 2.0, nan]
    """
    return np.clip(np.asarray(values, dtype=float), -_LARGEST, _LARGEST)


def ratio(above: np.ndarray | float, below: np.ndarray | float) -> np.ndarray:
    """Divide elementwise; missing where nothing is divided by."""
    above, below = np.broadcast_arrays(np.asarray(above, dtype=float), np.asarray(below, dtype=float))
    return np.divide(above, below, out=np.full(above.shape, np.nan), where=below > 0)


def _changes(values: np.ndarray) -> np.ndarray:
    changed = np.ones(len(values), dtype=bool)
    changed[1:] = values[1:] != values[:-1]
    return changed
