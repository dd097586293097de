"""What a study of a lever says of families it has not seen, as plain numbers that a bundle can keep without any new type.

An effect is the mean of the folds' regressions, each half a ridge and half shallow trees (`uplift.dr_learner`); its bounds are
functions of it (`uplift.bounds`), and without its gate no lower bound lies above 0. All of it is arithmetic on lists of numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from pkh_graduation.contracts import Evidence
from pkh_graduation.estimators.uplift import EffectBounds, Study
from pkh_graduation.estimators.uplift.bounds import REACH

_NODE = {"feature_idx": "feature", "num_threshold": "threshold", "missing_go_to_left": "missing_left", "left": "left",
         "right": "right", "is_leaf": "leaf", "value": "value"}  # fmt: skip
_SCALARS = ("average", "average_se", "reach")
_BOUNDS = (*_SCALARS, "edges", "value", "low", "high")


def plain_effect(study: Study) -> dict[str, Any]:
    """The study's answer for new families as JSON-ready numbers."""
    names = [str(name) for name in study.learner.feature_names_in_]
    return {
        "features": names,
        "finals": [_plain_final(final) for final in study.learner.finals_],
        "bounds": {name: np.asarray(getattr(study.bounds, name)).tolist() for name in _BOUNDS},
        "helps": study.gate.passed,
    }


@dataclass(frozen=True)
class KeptEffect:
    """One lever's evidence as a bundle keeps it: what was learned, of how many, in whose words, and the answer for families."""

    lever: str
    grade: str
    population: str
    told: Mapping[str, Any]

    def bounds_of(self, X: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Effect, lower and upper bound (n,), in probability; those of `Study.bounds_of`.

        Raises:
            KeyError: X lacks a column of the study.
        """
        values = X[self.told["features"]].to_numpy(dtype=float)
        effect = np.mean([_predict_final(final, values) for final in self.told["finals"]], axis=0)
        said, low, high = self._bounds().of(effect)
        return said, low if self.told["helps"] else np.minimum(low, 0.0), high

    def evidence(self, X: pd.DataFrame) -> Evidence:
        """Evidence for families, as the panel of what can be done reads it."""
        effect, low, high = self.bounds_of(X)
        families = pd.DataFrame({"effect": effect, "low": low, "high": high}, index=X.index)
        own = self._bounds()
        return Evidence(self.lever, self.grade, own.average, *own.interval, self.population, families)

    def _bounds(self) -> EffectBounds:
        bounds = {"reach": REACH} | self.told["bounds"]  # files of before hold no reach
        kept: dict[str, Any] = {name: np.asarray(bounds[name], dtype=float) for name in _BOUNDS}
        return EffectBounds(**{**kept, **{name: float(kept[name]) for name in _SCALARS}})


def _plain_final(final: Any) -> dict[str, Any]:
    fill, scale, ridge = (step for _, step in final.ridge.steps)
    return {
        "columns": final.known.tolist(),
        "fill": fill.statistics_.tolist(),
        "mean": scale.mean_.tolist(),
        "scale": scale.scale_.tolist(),
        "coef": ridge.coef_.tolist(),
        "intercept": float(ridge.intercept_),
        "baseline": float(np.ravel(final.trees._baseline_prediction)[0]),
        "trees": [_plain_tree(tree.nodes) for (tree,) in final.trees._predictors],
    }


def _plain_tree(nodes: np.ndarray) -> dict[str, list[Any]]:
    # A split that only parts missing from known has an infinite threshold, which JSON cannot write.
    found = {word: nodes[name].tolist() for name, word in _NODE.items()}
    return {**found, "threshold": np.nan_to_num(nodes["num_threshold"]).tolist()}


def _predict_final(final: Mapping[str, Any], values: np.ndarray) -> np.ndarray:
    own = values[:, final["columns"]]
    known = np.where(np.isnan(own), np.asarray(final["fill"]), own)
    ridge = ((known - np.asarray(final["mean"])) / np.asarray(final["scale"])) @ np.asarray(final["coef"])
    trees = sum((_predict_tree(tree, own) for tree in final["trees"]), np.full(len(own), final["baseline"]))
    return np.asarray((ridge + final["intercept"] + trees) / 2)


def _predict_tree(tree: Mapping[str, Any], values: np.ndarray) -> np.ndarray:
    feature, threshold, left, right = (np.asarray(tree[name]) for name in ("feature", "threshold", "left", "right"))
    leaf, missing = np.asarray(tree["leaf"], dtype=bool), np.asarray(tree["missing_left"], dtype=bool)
    at = np.zeros(len(values), dtype=np.int64)
    rows = np.flatnonzero(~leaf[at])
    while len(rows):
        node = at[rows]
        cell = values[rows, feature[node]]
        goes_left = np.where(np.isnan(cell), missing[node], cell <= threshold[node])
        at[rows] = np.where(goes_left, left[node], right[node])
        rows = rows[~leaf[at[rows]]]
    return np.asarray(tree["value"], dtype=float)[at]
