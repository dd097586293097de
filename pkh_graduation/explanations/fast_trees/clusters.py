"""Clusters: a tree is cut into pieces whose splits are few enough that their answers form a small integer, the *pattern*.

A cluster is a subtree together with the splits above it. Its leaves' SHAP values depend on nothing but the pattern.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from .checks import UnsupportedModelError
from .ensemble import LEAF, Ensemble, Tree

WIDEST = 16
"""Splits of a pattern at most: patterns are 16-bit integers."""

BIT_COST, ENTRY_COST = 0.15, 0.0005
"""Time of one split test, and of one more entry per table (it fills the caches), in units of one table look-up."""

Path = tuple[tuple[int, bool], ...]
"""Splits from the root, each with whether it went left."""


@dataclass(frozen=True)
class Cluster:
    """Bit k of the pattern is 1 where ``splits[k]`` of tree number ``tree`` sends the row left."""

    tree: int
    splits: tuple[int, ...]
    leaves: tuple[tuple[int, Path], ...]


class _Piece(NamedTuple):
    """The best cut of a subtree."""

    cost: float
    clusters: tuple[Cluster, ...]
    leaves: tuple[tuple[int, Path], ...]
    splits: tuple[int, ...]


def cut(ensemble: Ensemble, max_bits: int) -> list[Cluster]:
    """Cut every tree at least cost. Only a single leaf deeper than ``max_bits`` may use more bits, up to `WIDEST`.

    Raises:
        UnsupportedModelError: a leaf is too deep.
    """
    owner = ensemble.owner
    found: list[Cluster] = []
    for number, tree in enumerate(ensemble.trees):
        if tree.depth > WIDEST:
            raise UnsupportedModelError(
                f"tree {number} has a leaf {tree.depth} splits deep; at most {WIDEST} can be tabulated. "
                "Fit with max_depth=8 or less."
            )
        if not tree.is_stump:
            found += _best(tree, number, owner[tree.column], max_bits, 0, ()).clusters
    return found


def _best(tree: Tree, number: int, owner: np.ndarray, max_bits: int, node: int, path: Path) -> _Piece:
    """The cheapest cut of the subtree below ``node``: as one cluster, or as its two sides' own."""
    leaves: tuple[tuple[int, Path], ...] = ((node, path),)
    below: tuple[int, ...] = ()
    parts: tuple[Cluster, ...] = ()
    parts_cost = math.inf
    if tree.left[node] != LEAF:
        left = _best(tree, number, owner, max_bits, int(tree.left[node]), (*path, (node, True)))
        right = _best(tree, number, owner, max_bits, int(tree.right[node]), (*path, (node, False)))
        parts, parts_cost = left.clusters + right.clusters, left.cost + right.cost
        leaves, below = left.leaves + right.leaves, (node, *left.splits, *right.splits)
    splits = (*(split for split, _ in path), *below)
    whole = _cost(splits, owner) if len(splits) <= (max_bits if below else WIDEST) else math.inf
    if whole <= parts_cost:
        return _Piece(whole, (Cluster(number, splits, leaves),), leaves, below)
    return _Piece(parts_cost, parts, leaves, below)


def _cost(splits: tuple[int, ...], owner: np.ndarray) -> float:
    features = len({int(owner[split]) for split in splits})
    return BIT_COST * len(splits) + features * 1.0 + ENTRY_COST * 2.0 ** len(splits)
