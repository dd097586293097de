"""Exact attributions of the explained margin to features, to themes, and per member of the bag.

Trees by path-dependent tree SHAP (Lundberg et al. 2020, Nature Machine Intelligence 2, algorithm 2), linear parts by
``coef * (matrix - center)``. All in log-odds of the mandiri hazard; the base is the margin of the training rows' average
tree paths. Correlation is not untangled and nothing here is a cause.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from pkh_graduation.contracts import ContractError, Explainable, ExplainedPart

TOLERANCE = 1e-9
"""Largest difference, in log-odds, between the sum of the attributions and the model's own margin."""

WAKTU = "waktu"
"""Owner of inputs that are time: kept apart so that the sum stays exact, never a family's reason."""

BLOCK = 20_000
"""Families explained at once: bounds the memory of the per-member sums."""


class AdditivityError(ArithmeticError):
    """The attributions do not add up to the model's margin: what would be shown is not what the model says."""


@dataclass(frozen=True)
class Attribution:
    """Who contributed what.

    ``explanation``: ``shap.Explanation`` with values (n_families, n_features), log-odds. ``features`` names each theme's own.
    ``contributions`` and ``agreement`` have shape (n_families, n_themes): the theme's sum, and the share of the bag's members
    whose own sum has the same sign.
    """

    explanation: Any
    themes: tuple[str, ...]
    features: Mapping[str, tuple[str, ...]]
    contributions: np.ndarray
    agreement: np.ndarray


def load_shap() -> Any:
    """The shap package, imported when first needed: it takes seconds."""
    with warnings.catch_warnings():
        # shap 0.51 makes its colour maps by a call that newer matplotlib announces to deprecate.
        warnings.simplefilter("ignore", PendingDeprecationWarning)
        import shap
    return shap


def attribute(model: Explainable, X: pd.DataFrame, theme_of: pd.Series) -> Attribution:
    """Take the margin of each family apart; ``theme_of`` maps each column of X to its theme.

    Raises:
        AdditivityError: base and attributions miss ``model.explained_margin(X)`` by more than `TOLERANCE` in some row.
        ContractError: a part credits a feature that X lacks, a column has no theme, or a tree splits on native categories.
    """
    columns = list(X.columns)
    themes = _themes(columns, theme_of)
    explainers: dict[int, tuple[Any, Any]] = {}
    blocks = [_explain_block(model, block, themes, explainers) for block in _blocks(X)]
    values = np.concatenate([block.values for block in blocks])
    data = X.to_numpy(dtype=float)
    if not values[:, -1].any():
        values = values[:, :-1]
    else:
        columns, data = [*columns, WAKTU], np.column_stack([data, np.full(len(X), np.nan)])
    explanation = load_shap().Explanation(
        values=values,
        base_values=np.concatenate([block.base for block in blocks]),
        data=data,
        feature_names=columns,
    )
    return Attribution(
        explanation=explanation,
        themes=tuple(dict.fromkeys(themes)),
        features=_features(columns, themes),
        contributions=np.concatenate([block.contributions for block in blocks]),
        agreement=np.concatenate([block.agreement for block in blocks]),
    )


@dataclass(frozen=True)
class _Block:
    values: np.ndarray
    base: np.ndarray
    contributions: np.ndarray
    agreement: np.ndarray


def _themes(columns: Sequence[str], theme_of: pd.Series) -> list[str]:
    lost = [column for column in columns if column not in theme_of.index]
    if lost:
        raise ContractError(f"columns {lost} of X have no line in the data dictionary; every feature needs a theme.")
    return [*theme_of[list(columns)].astype(str), WAKTU]


def _features(columns: Sequence[str], themes: Sequence[str]) -> dict[str, tuple[str, ...]]:
    pairs = list(zip(columns, themes, strict=False))
    return {theme: tuple(name for name, other in pairs if other == theme) for theme in dict.fromkeys(themes)}


def _blocks(X: pd.DataFrame) -> Iterator[pd.DataFrame]:
    for start in range(0, max(len(X), 1), BLOCK):
        yield X.iloc[start : start + BLOCK]


def _explain_block(
    model: Explainable, X: pd.DataFrame, themes: list[str], explainers: dict[int, tuple[Any, Any]]
) -> _Block:
    place = {name: number for number, name in enumerate([*X.columns, WAKTU])}
    members: dict[int, np.ndarray] = {}
    base = 0.0
    for part in model.explained_parts(X):
        part_values, part_base = _attribute_part(part, explainers)
        total = members.setdefault(part.member, np.zeros((len(X), len(place))))
        total += part.weight * part_values @ _credits(part.owner, place)
        base += part.weight * part_base
    values = np.sum(list(members.values()), axis=0) if members else np.zeros((len(X), len(place)))
    _check_additivity(values.sum(axis=1) + base, model.explained_margin(X))
    belongs = _belongs(themes)
    contributions = values @ belongs
    sign = np.sign(contributions)
    same = [np.sign(member @ belongs) == sign for member in members.values()]
    agreement = np.mean(same, axis=0) if same else np.zeros_like(contributions)
    return _Block(values, np.full(len(X), base), contributions, agreement)


def _belongs(themes: list[str]) -> np.ndarray:
    """0/1 matrix (features, themes in order of first appearance)."""
    order = list(dict.fromkeys(themes))
    return np.array([[float(theme == other) for other in order] for theme in themes])


def _credits(owner: Sequence[str], place: dict[str, int]) -> np.ndarray:
    """0/1 matrix (a part's columns, features): whom each column is credited to."""
    unknown = sorted(set(owner) - place.keys())
    if unknown:
        raise ContractError(f"the model credits features {unknown} that X does not have; it has {list(place)}.")
    return np.eye(len(place))[[place[name] for name in owner]]


def _attribute_part(part: ExplainedPart, explainers: dict[int, tuple[Any, Any]]) -> tuple[np.ndarray, float]:
    """Values (n, p) and base of one part, in the part's own margin."""
    if part.kind == "linear":
        if part.coef is None or part.center is None:
            raise ContractError("a linear part needs coef and center.")
        return part.coef * (part.matrix - part.center), float(part.intercept + part.coef @ part.center)
    key = id(part.estimator)
    if key not in explainers:
        # The estimator is kept beside its explainer: an id is only unique while its object lives.
        explainers[key] = (part.estimator, _tree_explainer(part.estimator))
    explainer = explainers[key][1]
    if not len(part.matrix):
        return np.zeros(part.matrix.shape), 0.0
    values = np.asarray(explainer.shap_values(part.matrix, check_additivity=False), dtype=float)
    if values.shape != part.matrix.shape:
        raise ContractError(
            f"tree attributions have shape {values.shape}, expected {part.matrix.shape}: only one-output trees."
        )
    return values, float(np.ravel(explainer.expected_value)[0])


def _tree_explainer(estimator: Any) -> Any:
    categorical = getattr(estimator, "is_categorical_", None)
    if categorical is not None and np.any(categorical):
        raise ContractError(
            f"the {type(estimator).__name__} splits on native categories, which tree SHAP misreads by several log-odds; "
            "fit it on numeric codes."
        )
    return load_shap().TreeExplainer(estimator, feature_perturbation="tree_path_dependent")


def _check_additivity(explained: np.ndarray, margin: np.ndarray) -> None:
    error = np.abs(explained - np.asarray(margin, dtype=float))
    wrong = ~(error <= TOLERANCE)
    if wrong.any():
        raise AdditivityError(
            f"attributions miss the model's margin in {int(wrong.sum())} of {len(error)} families, by up to "
            f"{float(np.nanmax(error)) if np.isfinite(error).any() else float('nan'):.3g} log-odds (allowed {TOLERANCE:g}): "
            "no reason is shown. The parts that the model hands over do not belong to this margin."
        )
