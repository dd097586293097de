"""Reader of scikit-learn's HistGradientBoosting models: the only module that touches their private attributes.

Native categorical splits are read exactly. scikit-learn encodes the levels and moves categorical columns to the front;
both are undone here, so that columns are the model's inputs in their own order.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .checks import UnsupportedModelError
from .ensemble import LEAF, Coding, Ensemble, Question, Tree

PRIVATE = ("_predictors", "_baseline_prediction", "_bin_mapper", "_raw_predict")
NODE_FIELDS = (
    "value", "count", "feature_idx", "num_threshold", "missing_go_to_left", "left", "right", "is_leaf",
    "is_categorical", "bitset_idx",
)  # fmt: skip
"""What must be there; written for scikit-learn 1.7 to 1.9."""


def read_hist_gradient_boosting(model: Any, output: int | None = None) -> Ensemble:
    """Read a fitted model; ``output`` chooses the class of a multiclass one.

    Raises:
        UnsupportedModelError: not fitted, several outputs and none chosen, or a scikit-learn that stores models otherwise.
    """
    _check_private(model)
    output = _checked_output(int(model.n_trees_per_iteration_), output)
    reader = _Questions(model)
    return Ensemble(
        trees=tuple(_tree(outputs[output], reader) for outputs in model._predictors),
        baseline=float(np.ravel(model._baseline_prediction)[output]),
        n_features=int(model.n_features_in_),
        codings=tuple(reader.codings.values()),
        questions=tuple(question for _, question in reader.questions.values()),
        names=tuple(map(str, model.feature_names_in_)) if hasattr(model, "feature_names_in_") else None,
        categories=reader.categories,
        population=_population(model),
    )


def own_margin(model: Any, X: Any, output: int | None = None) -> np.ndarray:
    """What the model itself computes before any link, shape (n,)."""
    raw = model._raw_predict(X)
    return np.asarray(raw[:, _checked_output(raw.shape[1], output)], dtype=float)


def has_native_categories(model: Any) -> bool:
    """Whether the model was told to split on sets of levels."""
    categorical = getattr(model, "is_categorical_", None)
    return categorical is not None and bool(np.any(categorical))


def _check_private(model: Any) -> None:
    if not hasattr(model, "n_trees_per_iteration_"):
        raise UnsupportedModelError(f"this {type(model).__name__} is not fitted yet: fit it, then explain it.")
    lost = [name for name in PRIVATE if not hasattr(model, name)]
    nodes = () if lost else tuple(model._predictors[0][0].nodes.dtype.names or ())
    lost += [name for name in NODE_FIELDS if name not in nodes] if not lost else []
    if lost:
        import sklearn

        raise UnsupportedModelError(
            f"scikit-learn {sklearn.__version__} keeps {type(model).__name__} in another way than 1.7 to 1.9 did: "
            f"{lost} are gone. Use one of those versions, or mend this reader."
        )


def _checked_output(outputs: int, output: int | None) -> int:
    if output is None and outputs > 1:
        raise UnsupportedModelError(
            f"the model has {outputs} outputs; say which one to explain: output=0 to {outputs - 1}."
        )
    if not 0 <= (output or 0) < outputs:
        raise UnsupportedModelError(f"output must be 0 to {outputs - 1}, not {output}.")
    return output or 0


def _population(model: Any) -> str:
    rows = int(model._predictors[0][0].nodes["count"][0]) if len(model._predictors) else 0
    text = f"the {rows} training rows"
    if getattr(model, "do_early_stopping_", False):
        text += ", without those held out for early stopping"
    if getattr(model, "_fitted_with_sw", False):
        text += ", each counted once whatever its sample weight"
    return text


class _Questions:
    """Collects the distinct set questions of a model while its trees are read."""

    def __init__(self, model: Any) -> None:
        n = int(model.n_features_in_)
        self.n_features = n
        self.original = np.arange(n)
        self.codings: dict[int, Coding] = {}
        self.questions: dict[tuple[int, bytes, bool], tuple[int, Question]] = {}
        self.categories: dict[int, tuple[object, ...]] = {}
        if not has_native_categories(model):
            return
        categorical = np.asarray(model.is_categorical_, dtype=bool)
        self.original = np.concatenate([np.flatnonzero(categorical), np.flatnonzero(~categorical)])
        self._known, self._row_of = model._bin_mapper.make_known_categories_bitsets()
        encoder = model._preprocessor.named_transformers_["encoder"]
        for feature, levels in zip(np.flatnonzero(categorical), encoder.categories_, strict=True):
            self._add_feature(int(feature), np.asarray(levels))

    def _add_feature(self, feature: int, levels: np.ndarray) -> None:
        if levels.dtype.kind in "iufb":
            numbers = levels.astype(float)
            known = numbers[~np.isnan(numbers)]
        else:
            names = tuple(level for level in levels if level is not None and level == level)
            self.categories[feature] = names
            known = np.arange(float(len(names)))
        self.codings[feature] = Coding(feature, known)

    def column(self, place: int, words: np.ndarray, missing_left: bool) -> int:
        """The column that asks whether the level of the input at ``place`` is in the set of ``words``."""
        key = (place, words.tobytes(), missing_left)
        if key not in self.questions:
            feature = int(self.original[place])
            count = len(self.codings[feature].levels)
            left, known = _members(words, count), _members(self._known[self._row_of[place]], count)
            # a level that training never saw goes where missing values go
            right = np.append(~np.where(left | known, left, missing_left), not missing_left)
            question = Question(list(self.codings).index(feature), right.astype(np.uint8))
            self.questions[key] = (self.n_features + len(self.questions), question)
        return self.questions[key][0]


def _members(words: np.ndarray, count: int) -> np.ndarray:
    """Which of the codes 0..count-1 are in a set of 256 bits."""
    code = np.arange(count)
    inside: np.ndarray = (np.asarray(words)[code >> 5] >> (code & 31) & 1).astype(bool)
    return inside


def _tree(predictor: Any, reader: _Questions) -> Tree:
    nodes = predictor.nodes
    leaf = nodes["is_leaf"].astype(bool)
    place = nodes["feature_idx"].astype(np.int64)
    column, threshold = reader.original[place], nodes["num_threshold"].astype(float)
    missing_left = nodes["missing_go_to_left"].astype(bool)
    for node in np.flatnonzero(~leaf & (nodes["is_categorical"] == 1)):
        words = predictor.raw_left_cat_bitsets[nodes["bitset_idx"][node]]
        column[node] = reader.column(int(place[node]), np.asarray(words), bool(missing_left[node]))
        threshold[node], missing_left[node] = 0.5, False
    left, right = (np.where(leaf, LEAF, nodes[side].astype(np.int64)) for side in ("left", "right"))
    return Tree(
        left, right, column, threshold, missing_left, nodes["value"].astype(float), nodes["count"].astype(float)
    )
