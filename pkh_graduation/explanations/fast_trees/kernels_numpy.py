"""Kernels in numpy: always there, and the same to the bit as the compiled ones."""

from __future__ import annotations

import numpy as np

from .layout import Plan

_FEW = 48
"""Up to so many thresholds, comparing with each is faster than a binary search per value."""


def count(
    columns: np.ndarray,
    first: int,
    last: int,
    cuts: np.ndarray,
    offset: np.ndarray,
    wrapped: np.ndarray,
    bins: np.ndarray,
) -> None:
    """Fill ``bins[c]``, and ``bins[n + c]`` where wrapped, from ``columns[c, first:last]``."""
    n, size, missing = len(columns), last - first, np.iinfo(bins.dtype).max
    above = np.empty(size, dtype=bool)
    for c in np.flatnonzero(np.diff(offset)):
        values, row, own = columns[c, first:last], bins[c, :size], cuts[offset[c] : offset[c + 1]]
        if len(own) > _FEW:
            row[:] = np.searchsorted(own, values, side="left")
        else:
            row[:] = 0
            for threshold in own:
                np.greater(values, threshold, out=above)
                np.add(row, above.view(np.uint8), out=row)
        row[np.isnan(values)] = missing
        if wrapped[c]:
            np.add(row, 1, out=bins[n + c, :size])


def add(bins: np.ndarray, plan: Plan, tables: np.ndarray, phi: np.ndarray, first: int, last: int) -> None:
    """Add the SHAP values of the rows in ``bins[:, : last - first]`` to ``phi[:, first:last]``."""
    size = last - first
    patterns = np.empty((plan.most_clusters, size), dtype=np.intp)
    looked_up = np.empty(size, dtype=tables.dtype)
    group_clusters, group_passes = plan.group_clusters.tolist(), plan.group_passes.tolist()
    pass_feature, pass_entries, entries = plan.pass_feature.tolist(), plan.pass_entries.tolist(), plan.entries.tolist()
    for g in range(len(group_clusters) - 1):
        begin = group_clusters[g]
        for c in range(begin, group_clusters[g + 1]):
            fill_pattern(bins, plan, c, patterns[c - begin, :size])
        for p in range(group_passes[g], group_passes[g + 1]):
            total = phi[pass_feature[p], first:last]
            for slot, start, stop in entries[pass_entries[p] : pass_entries[p + 1]]:
                # every pattern lies inside its table; "clip" only spares numpy a copy of the result
                np.take(tables[start:stop], patterns[slot, :size], out=looked_up, mode="clip")
                np.add(total, looked_up, out=total)


def fill_pattern(bins: np.ndarray, plan: Plan, cluster: int, out: np.ndarray) -> None:
    """The pattern of one cluster for every row of the block."""
    first, last = int(plan.cluster_bits[cluster]), int(plan.cluster_bits[cluster + 1])
    out[:] = _byte(bins, plan, first, min(first + 8, last), len(out))
    if last > first + 8:
        out += _byte(bins, plan, first + 8, last, len(out)).astype(out.dtype) << 8


def strongest(phi: np.ndarray, positions: np.ndarray, values: np.ndarray) -> None:
    """Fill the features with the largest magnitudes, and their values, of every row: one maximum at a time."""
    left = np.abs(phi)
    rows = np.arange(phi.shape[1])
    for place in range(positions.shape[1]):
        best = left.argmax(axis=0)
        positions[:, place] = best
        values[:, place] = phi[best, rows]
        left[best, rows] = -1.0


def _byte(bins: np.ndarray, plan: Plan, first: int, last: int, size: int) -> np.ndarray:
    """Up to eight answers as one byte per row, the first in the lowest bit."""
    out = np.zeros(size, dtype=np.uint8)
    left = np.empty(size, dtype=bool)
    for bit in range(last - 1, first - 1, -1):
        np.add(out, out, out=out)
        np.less_equal(bins[plan.bit_row[bit], :size], plan.bit_limit[bit], out=left)
        np.bitwise_or(out, left.view(np.uint8), out=out)
    return out
