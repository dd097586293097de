"""Tables: for each cluster and each of its features, the exact Shapley value of every pattern.

For one leaf with d distinct features let p be the row's answers (p_i = 1: "feature i stays on the way to this leaf") and
q the reference's. Then

    phi_i = value * E_q[(p_i - q_i) * integral over t in (0, 1) of the product over j != i of (t p_j + (1 - t) q_j)],

Owen's integral of the multilinear extension (Owen 1972, Management Science 18, 64-79) of a product of answers. The integrand
is a polynomial in t of degree d - 1, so Gauss-Legendre with ceil(d / 2) nodes is exact. Only the law of q differs: independent
answers with the tree's cover ratios give path-dependent SHAP (Lundberg et al. 2020, Nature Machine Intelligence 2, algorithm 2),
the joint answers of a background give interventional SHAP. Tabulating by pattern follows Fast TreeSHAP v2 (Yang 2021,
arXiv:2109.09847) and WOODELF (Nadel and Wettenstein 2026, arXiv:2511.09376), per cluster instead of per tree or leaf.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from .checks import UnsupportedModelError
from .clusters import Cluster
from .ensemble import Ensemble, Tree

ClusterTables = dict[int, np.ndarray]
"""Feature -> Shapley value of every pattern of the cluster."""

MOST_ENTRIES = 1 << 26
"""Numbers that all tables of a model may hold: half a gigabyte in float64."""
_BATCH = 1 << 19


@dataclass(frozen=True)
class _Leaf:
    """One leaf of a cluster: its players, which leaf pattern each cluster pattern means, value times reference."""

    cluster: int
    players: list[int]
    answer: np.ndarray
    weights: np.ndarray


def shapley_tables(weights: np.ndarray) -> np.ndarray:
    """Shapley values of a leaf's d features for each of their 2**d answers.

    ``weights`` (m, 2**d): for each of m leaves, leaf value times how often the reference gives each answer. Returns
    (m, d, 2**d). Each step multiplies the reference by one 2x2 matrix per feature.

    >>> shapley_tables(np.array([[1.0, 0.0]]))  # one feature that the reference never has: it brings the leaf's value
    array([[[0., 1.]]])
    """
    m, size = weights.shape
    d = size.bit_length() - 1
    nodes, node_weights = np.polynomial.legendre.leggauss((d + 1) // 2)
    out = np.zeros((m, d, size))
    for t, share in zip((nodes + 1) / 2, node_weights / 2, strict=True):
        for player in range(d):
            state = weights
            for j in range(d):
                old = state.reshape(m, size >> (j + 1), 2, 1 << j)  # axis 2 is bit j
                new = np.empty_like(old)
                if j == player:  # p - q
                    new[:, :, 0], new[:, :, 1] = -old[:, :, 1], old[:, :, 0]
                else:  # t p + (1 - t) q
                    new[:, :, 0], new[:, :, 1] = (1 - t) * old[:, :, 1], t * old[:, :, 0] + old[:, :, 1]
                state = new.reshape(m, size)
            out[:, player] += share * state
    return out


def check_size(ensemble: Ensemble, clusters: Sequence[Cluster]) -> None:
    """Refuse a model whose tables would not fit.

    Raises:
        UnsupportedModelError: says how large they would be.
    """
    owner = ensemble.owner
    entries = sum(
        len({int(owner[ensemble.trees[c.tree].column[split]]) for split in c.splits}) << len(c.splits) for c in clusters
    )
    if entries > MOST_ENTRIES:
        raise UnsupportedModelError(
            f"the tables of this model would hold {entries / 1e6:.0f} million numbers, more than {MOST_ENTRIES / 1e6:.0f} "
            "million. Fit shallower trees (max_depth=8 or less) or fewer."
        )


def solve(
    ensemble: Ensemble, clusters: Sequence[Cluster], shares: Sequence[np.ndarray] | None
) -> tuple[list[ClusterTables], float]:
    """Tables of every cluster, and the base value.

    ``shares``: per cluster, how often the background shows each pattern; None for path-dependent values. Leaves of equal
    width are solved together.
    """
    base = ensemble.baseline + sum(float(tree.value[0]) for tree in ensemble.trees if tree.is_stump)
    by_width: dict[int, list[_Leaf]] = defaultdict(list)
    for number, cluster in enumerate(clusters):
        for leaf in _leaves(ensemble, number, cluster, None if shares is None else shares[number]):
            base += float(leaf.weights[-1])
            by_width[len(leaf.players)].append(leaf)
    tables: list[ClusterTables] = [{} for _ in clusters]
    for width, leaves in by_width.items():
        step = max(1, _BATCH >> width)
        for first in range(0, len(leaves), step):
            some = leaves[first : first + step]
            for leaf, solved in zip(some, shapley_tables(np.stack([leaf.weights for leaf in some])), strict=True):
                own = tables[leaf.cluster]
                for player, values in zip(leaf.players, solved, strict=True):
                    own[player] = own[player] + values[leaf.answer] if player in own else values[leaf.answer]
    return tables, base


def _leaves(ensemble: Ensemble, number: int, cluster: Cluster, share: np.ndarray | None) -> Iterator[_Leaf]:
    tree, owner = ensemble.trees[cluster.tree], ensemble.owner
    patterns = np.arange(1 << len(cluster.splits))
    goes_left = {split: (patterns >> bit & 1).astype(bool) for bit, split in enumerate(cluster.splits)}
    for leaf, path in cluster.leaves:
        credited = [int(owner[tree.column[split]]) for split, _ in path]
        players = list(dict.fromkeys(credited))
        stays = np.ones((len(players), len(patterns)), dtype=bool)
        for (split, left), player in zip(path, credited, strict=True):
            stays[players.index(player)] &= goes_left[split] == left
        answer = (stays * (1 << np.arange(len(players)))[:, None]).sum(axis=0)
        if share is None:
            reference = _independent(tree, path, [players.index(player) for player in credited], len(players))
        else:
            reference = np.bincount(answer, share, 1 << len(players))
        yield _Leaf(number, players, answer, float(tree.value[leaf]) * reference)


def _independent(tree: Tree, path: Sequence[tuple[int, bool]], place: Sequence[int], width: int) -> np.ndarray:
    """Probability of each answer when every feature stays with its own product of cover ratios, shape (2**width,)."""
    ratio = np.ones(width)
    for (split, left), player in zip(path, place, strict=True):
        ratio[player] *= tree.cover[(tree.left if left else tree.right)[split]] / tree.cover[split]
    reference = np.ones(1)
    for stays in ratio:
        reference = np.concatenate([(1 - stays) * reference, stays * reference])
    return reference
