"""Layout: clusters and tables as flat arrays, in the order in which the kernels walk through them.

Trees are taken in groups. Within a group all patterns come first, then one pass per feature adds up its tables, so that a
feature's sums are read and written once per group. Whatever the groups, a feature's tables are added in the same order.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from .binning import Binning
from .clusters import Cluster
from .ensemble import Ensemble
from .tables import ClusterTables


class Bits(NamedTuple):
    """The split tests of all clusters: see `Plan`."""

    bit_row: np.ndarray
    bit_limit: np.ndarray
    cluster_bits: np.ndarray


class Plan(NamedTuple):
    """What to do with a block of bins.

    Bit b tests ``bins[bit_row[b]] <= bit_limit[b]``; cluster c has bits ``cluster_bits[c]:cluster_bits[c + 1]``. Group g has
    clusters ``group_clusters[g]:group_clusters[g + 1]`` and passes ``group_passes[g]:group_passes[g + 1]``; pass p adds
    entries ``pass_entries[p]:pass_entries[p + 1]`` to ``pass_feature[p]``. An entry is (cluster within the group, start, stop of
    the table).
    """

    bit_row: np.ndarray
    bit_limit: np.ndarray
    cluster_bits: np.ndarray
    group_clusters: np.ndarray
    group_passes: np.ndarray
    pass_feature: np.ndarray
    pass_entries: np.ndarray
    entries: np.ndarray

    @property
    def most_clusters(self) -> int:
        """Clusters of the largest group."""
        return int(np.diff(self.group_clusters).max(initial=1))

    @property
    def widest(self) -> int:
        """Bits of the widest pattern."""
        return int(np.diff(self.cluster_bits).max(initial=1))


def bits_of(ensemble: Ensemble, clusters: Sequence[Cluster], binning: Binning) -> Bits:
    """The tests of all clusters, against rows of bins."""
    tests = []
    for cluster in clusters:
        tree = ensemble.trees[cluster.tree]
        tests += [
            binning.test(int(tree.column[s]), float(tree.threshold[s]), bool(tree.missing_left[s]))
            for s in cluster.splits
        ]
    rows, limits = np.array(tests, dtype=np.int64).reshape(-1, 2).T
    ends = np.cumsum([0, *(len(cluster.splits) for cluster in clusters)])
    return Bits(np.ascontiguousarray(rows), limits.astype(binning.dtype), ends)


def lay_out(
    bits: Bits,
    clusters: Sequence[Cluster],
    tables: Sequence[ClusterTables],
    dtype: np.dtype,
    trees_per_group: int,
) -> tuple[Plan, np.ndarray]:
    """The plan, and all tables one after the other in ``dtype``."""
    group = np.array([cluster.tree // trees_per_group for cluster in clusters], dtype=np.int64)
    starts = np.flatnonzero(np.diff(group, prepend=-1))
    group_clusters = np.append(starts, len(clusters))
    flat: list[np.ndarray] = [np.zeros(0)]
    entries: list[tuple[int, int, int]] = []
    features: list[int] = []
    ends, passes, offset = [0], [0], 0
    for first, last in pairwise(group_clusters):
        for feature in sorted(set().union(*(tables[c] for c in range(first, last)))):
            for c in range(first, last):
                if feature in tables[c]:
                    flat.append(tables[c][feature])
                    entries.append((c - first, offset, offset + len(flat[-1])))
                    offset += len(flat[-1])
            features.append(feature)
            ends.append(len(entries))
        passes.append(len(features))
    plan = Plan(
        bits.bit_row,
        bits.bit_limit,
        bits.cluster_bits,
        group_clusters,
        np.array(passes, dtype=np.int64),
        np.array(features, dtype=np.int64),
        np.array(ends, dtype=np.int64),
        np.array(entries, dtype=np.int64).reshape(-1, 3),
    )
    return plan, np.concatenate(flat).astype(dtype)
