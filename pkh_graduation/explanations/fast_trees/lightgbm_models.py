"""Reader of LightGBM models with numeric splits, from the public ``Booster.dump_model``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from .checks import UnsupportedModelError
from .ensemble import LEAF, Ensemble, Tree


def is_lightgbm(model: Any) -> bool:
    """Whether a model is LightGBM's, told without importing LightGBM."""
    return type(model).__module__.split(".")[0] == "lightgbm"


def booster_of(model: Any) -> Any:
    """The booster inside a scikit-learn wrapper, or the booster itself."""
    return model if hasattr(model, "dump_model") else model.booster_


def read_lightgbm(model: Any, output: int | None = None) -> Ensemble:
    """Read a fitted binary or regression model.

    Raises:
        UnsupportedModelError: random forests, several outputs, categorical splits, zero as missing, linear leaves.
    """
    dump = booster_of(model).dump_model()
    if dump.get("average_output") or dump["num_tree_per_iteration"] != 1 or output:
        raise UnsupportedModelError("LightGBM random forests and models with several outputs are not read.")
    n_features = int(dump["max_feature_idx"]) + 1
    names = getattr(model, "feature_names_in_", None)
    return Ensemble(
        trees=tuple(_tree(info["tree_structure"]) for info in dump["tree_info"]),
        baseline=0.0,
        n_features=n_features,
        names=None if names is None or _made_up(names) else tuple(map(str, names)),
        population="the training rows, each counted once whatever its sample weight",
    )


def own_margin(model: Any, X: Any) -> np.ndarray:
    """The raw score, shape (n,)."""
    return np.asarray(booster_of(model).predict(np.asarray(X), raw_score=True), dtype=float)


def _made_up(names: Any) -> bool:
    """LightGBM names the columns of a matrix itself."""
    return all(str(name) == f"Column_{place}" for place, name in enumerate(names))


def _tree(root: Mapping[str, Any]) -> Tree:
    nodes: list[Mapping[str, Any]] = [root]
    sides = []
    for node in nodes:  # grows while it is read: children follow their parents
        _check(node)
        inner = "split_feature" in node
        sides.append((len(nodes), len(nodes) + 1) if inner else (LEAF, LEAF))
        nodes += [node["left_child"], node["right_child"]] if inner else []
    left, right = np.array(sides, dtype=np.int64).T
    return Tree(
        left,
        right,
        np.array([node.get("split_feature", 0) for node in nodes], dtype=np.int64),
        np.array([node.get("threshold", 0.0) for node in nodes], dtype=float),
        np.array([_missing_left(node) for node in nodes], dtype=bool),
        np.array([node.get("leaf_value", 0.0) for node in nodes], dtype=float),
        np.array([node.get("internal_count", node.get("leaf_count", 1)) for node in nodes], dtype=float),
    )


def _check(node: Mapping[str, Any]) -> None:
    if node.get("decision_type", "<=") != "<=" or node.get("missing_type") == "Zero" or "leaf_coeff" in node:
        raise UnsupportedModelError(
            "LightGBM categorical splits, zero_as_missing and linear leaves are not read: fit on numeric codes with NaN."
        )


def _missing_left(node: Mapping[str, Any]) -> bool:
    if "split_feature" not in node:
        return False
    if node["missing_type"] == "NaN":
        return bool(node["default_left"])
    # without a missing direction LightGBM reads NaN as 0.0
    return bool(node["threshold"] >= 0.0)
