"""Trees that were read from a file are walked once before they may judge anybody.

scikit-learn follows the numbers in a tree's nodes without looking where they lead. A file with wrong numbers would read
beside the array, or go round for ever. Here every node of every tree is checked: its children exist and come after it, its
feature exists, its threshold and value are numbers. Then a walk down any tree stays inside and ends at a leaf.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np


class TreeError(ValueError):
    """A tree's nodes point to where nothing is."""


def check_trees(model: Any) -> int:
    """Check every tree inside ``model``; returns how many there were.

    Raises:
        TreeError: a node of a tree points outside, backwards, to a feature that is not there, or holds no number.
    """
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.ensemble._hist_gradient_boosting.predictor import TreePredictor

    known, checked = set(), 0
    predictors = []
    for one in _objects(model):
        if isinstance(one, HistGradientBoostingClassifier):
            width = min(int(one.n_features_in_), int(one._n_features))
            for tree in (tree for stage in one._predictors for tree in stage):
                check_nodes(tree.nodes, width)
                known.add(id(tree))
                checked += 1
        elif isinstance(one, TreePredictor):
            predictors.append(one)
    if any(id(tree) not in known for tree in predictors):
        raise TreeError("a tree stands outside its model, so nobody knows how many features it may ask for.")
    return checked


def check_nodes(nodes: np.ndarray, width: int) -> None:
    """Check the nodes of one tree over ``width`` features.

    Raises:
        TreeError: says which rule is broken.
    """
    from sklearn.ensemble._hist_gradient_boosting.common import PREDICTOR_RECORD_DTYPE

    if not isinstance(nodes, np.ndarray) or nodes.dtype != PREDICTOR_RECORD_DTYPE or nodes.ndim != 1 or not len(nodes):
        raise TreeError("a tree's nodes are not a table of nodes.")
    inner = nodes["is_leaf"] == 0
    place = np.flatnonzero(inner)
    split = nodes[inner]
    rules = {
        "is neither leaf nor split": bool((nodes["is_leaf"] > 1).any()),
        "has a child before or at itself": bool((split["left"] <= place).any() or (split["right"] <= place).any()),
        "has a child that is not there": bool(
            (split["left"] >= len(nodes)).any() or (split["right"] >= len(nodes)).any()
        ),
        "asks for a feature that is not there": bool(
            ((split["feature_idx"] < 0) | (split["feature_idx"] >= width)).any()
        ),
        "asks for a category": bool((split["is_categorical"] != 0).any()),
        "has no number as a threshold": bool(np.isnan(split["num_threshold"]).any()),
        "has no number as a value": not bool(np.isfinite(nodes["value"]).all()),
    }
    broken = [rule for rule, is_so in rules.items() if is_so]
    if broken:
        raise TreeError(f"a node of a tree {'; '.join(broken)}.")


def _objects(root: Any) -> Iterator[Any]:
    """Everything that can be reached from ``root`` through attributes, lists, tuples, dicts and arrays of objects; once."""
    seen: set[int] = set()
    waiting = [root]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str | bytes | int | float | bool | None) or id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        waiting.extend(_inside(one))


def _inside(one: Any) -> list[Any]:
    if isinstance(one, dict):
        return list(one.values())
    if isinstance(one, list | tuple | set | frozenset):
        return list(one)
    if isinstance(one, np.ndarray):
        return list(one.ravel()) if one.dtype == object else []
    return list(vars(one).values()) if hasattr(one, "__dict__") else []
