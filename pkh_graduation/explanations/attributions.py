"""Exact attributions of the explained margin to features, to themes, and per member of the bag.

Trees by path-dependent tree SHAP (Lundberg et al. 2020, Nature Machine Intelligence 2, algorithm 2; `fast_trees`), linear
parts by ``coef * (matrix - center)``. All in log-odds of the mandiri hazard; the base is the margin of the training rows'
average tree paths. Correlation is not untangled and nothing here is a cause.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from pkh_graduation.contracts import ContractError, Explainable, ExplainedPart
from pkh_graduation.explanations.fast_trees import AdditivityError, check_margin, tree_explainer
from pkh_graduation.explanations.fast_trees.shap_package import load_shap

TOLERANCE = 1e-9
"""Largest difference, in log-odds, between the sum of the attributions and the model's own margin."""

WAKTU = "waktu"
"""Owner of inputs that are time: kept apart so that the sum stays exact, never a family's reason."""

BLOCK = 20_000
"""Families explained at once: bounds the memory of the per-member sums."""

_SAMPLE = 256
"""Families whose margin is asked for again where the caller has none at hand."""
_LINEAR_BLOCK = 8192


@dataclass(frozen=True)
class Attribution:
    """Who contributed what.

    ``values`` (n_families, n_features), log-odds, of the features ``names``; ``base`` (n_families,); ``data``: the features.
    ``features`` names each theme's own. ``contributions`` and ``agreement`` have shape (n_families, n_themes): the theme's sum,
    and the share of the bag's members whose own sum has the same sign.
    """

    values: np.ndarray
    base: np.ndarray
    data: np.ndarray
    names: tuple[str, ...]
    themes: tuple[str, ...]
    features: Mapping[str, tuple[str, ...]]
    contributions: np.ndarray
    agreement: np.ndarray

    @cached_property
    def explanation(self) -> Any:
        """All of it as ``shap.Explanation``; made when asked for, because importing shap takes seconds."""
        return load_shap().Explanation(
            values=self.values, base_values=self.base, data=self.data, feature_names=list(self.names)
        )


class Attributor:
    """Attributions of one model, block after block: what is read of the model once is kept.

    Args:
        columns: the columns of X, in order. Values have one place more, for `WAKTU`.

    All trees over one matrix are explained in one pass, and all linear parts over one matrix in one product. Not tied to a
    model: explainers are kept by the estimators they were made of. Memory is used again from block to block, so each thread
    needs an attributor of its own.
    """

    def __init__(self, columns: Sequence[str]) -> None:
        self.columns = (*columns, WAKTU)
        self._place = {name: number for number, name in enumerate(self.columns)}
        # The estimators are kept beside their explainer: an id is only unique while its object lives.
        self._explainers: dict[tuple[tuple[int, float], ...], tuple[tuple[Any, ...], Any]] = {}
        self._phi = np.empty((0, 0))

    def values(
        self,
        model: Explainable,
        X: pd.DataFrame,
        *,
        margin: np.ndarray | None = None,
        out: np.ndarray | None = None,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Values (n, len(columns) + 1), last `WAKTU`, and base (n,), in log-odds.

        ``margin`` (n,), such as ``Scores.margin``, is compared with in every row; without it the model computes the margin of
        256 rows again. Values lie column by column in memory: their transpose is C-ordered, and is ``out`` (len(columns) + 1, n)
        where that is given, which spares a stream new memory for every block.

        Raises:
            AdditivityError: base and values miss the margin by more than `TOLERANCE` in some row.
            ContractError: a part credits a feature that X lacks.
        """
        total, base = self.parts(model.explained_parts(X), len(X), out=out)
        found = total.sum(axis=0) + base
        if margin is not None:
            check_margin(found, margin, TOLERANCE, what="families")
        elif len(X):
            some = np.unique(np.linspace(0, len(X) - 1, _SAMPLE).astype(np.int64))
            check_margin(found[some], model.explained_margin(X.iloc[some]), TOLERANCE, what="families")
        return total.T, np.full(len(X), base)

    def parts(
        self, parts: Sequence[ExplainedPart], n: int, *, out: np.ndarray | None = None
    ) -> tuple[np.ndarray, float]:
        """The parts' weighted values, feature-major (len(columns) + 1, n), and their base; nothing is compared."""
        total, base = np.empty((len(self.columns), n)) if out is None else out, 0.0
        if total.shape != (len(self.columns), n) or total.dtype != np.float64:
            raise ContractError(
                f"out must be float64 of shape {(len(self.columns), n)}, not {total.dtype} {total.shape}."
            )
        total[:] = 0.0
        for together in _sharing_a_matrix(parts):
            credit = self._credit(together[0].owner)
            add = self._add_trees if together[0].kind == "tree" else _add_linear
            base += add(total, together, credit)
        return total, base

    def _credit(self, owner: Sequence[str]) -> list[int]:
        """Whom each column of a part is credited to."""
        unknown = sorted(set(owner) - self._place.keys())
        if unknown:
            raise ContractError(
                f"the model credits features {unknown} that X does not have; it has {list(self.columns)}."
            )
        return [self._place[name] for name in owner]

    def _add_trees(self, total: np.ndarray, parts: Sequence[ExplainedPart], credit: Sequence[int]) -> float:
        explainer, columns = self._explainer(parts), parts[0].matrix.T
        if self._phi.shape != columns.shape:
            self._phi = np.empty(columns.shape)
        phi, _ = explainer.explain_columns(columns, out=self._phi)
        for row, place in zip(phi, credit, strict=True):
            total[place] += row
        return float(explainer.base)

    def _explainer(self, parts: Sequence[ExplainedPart]) -> Any:
        key = tuple((id(part.estimator), part.weight) for part in parts)
        if key not in self._explainers:
            estimators = tuple(part.estimator for part in parts)
            self._explainers[key] = (estimators, tree_explainer(estimators, weights=[part.weight for part in parts]))
        return self._explainers[key][1]


def attribute(
    model: Explainable, X: pd.DataFrame, theme_of: pd.Series, *, attributor: Attributor | None = None
) -> Attribution:
    """Take the margin of each family apart; ``theme_of`` maps each column of X to its theme.

    An ``attributor`` of the same columns that is handed in again spares reading the model anew.

    Raises:
        AdditivityError: base and attributions miss ``model.explained_margin(X)`` by more than `TOLERANCE` in some row.
        ContractError: a part credits a feature that X lacks, or a column has no theme.
    """
    columns = list(X.columns)
    themes = _themes(columns, theme_of)
    attributor = attributor or Attributor(columns)
    blocks = [_explain_block(model, block, themes, attributor) for block in _blocks(X)]
    values = np.concatenate([block.values for block in blocks])
    data = X.to_numpy(dtype=float)
    if not values[:, -1].any():
        values = values[:, :-1]
    else:
        columns, data = [*columns, WAKTU], np.column_stack([data, np.full(len(X), np.nan)])
    return Attribution(
        values=values,
        base=np.concatenate([block.base for block in blocks]),
        data=data,
        names=tuple(columns),
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


def _explain_block(model: Explainable, X: pd.DataFrame, themes: list[str], attributor: Attributor) -> _Block:
    of_member: dict[int, list[ExplainedPart]] = {}
    for part in model.explained_parts(X):
        of_member.setdefault(part.member, []).append(part)
    members = [attributor.parts(parts, len(X)) for parts in of_member.values()]
    values = sum((member for member, _ in members), np.zeros((len(themes), len(X))))
    base = sum(own for _, own in members)
    check_margin(values.sum(axis=0) + base, model.explained_margin(X), TOLERANCE, what="families")
    belongs = _belongs(themes)
    contributions = values.T @ belongs
    sign = np.sign(contributions)
    same = [np.sign(member.T @ belongs) == sign for member, _ in members]
    agreement = np.mean(same, axis=0) if same else np.zeros_like(contributions)
    return _Block(values.T, np.full(len(X), base), contributions, agreement)


def _belongs(themes: list[str]) -> np.ndarray:
    """0/1 matrix (features, themes in order of first appearance)."""
    order = list(dict.fromkeys(themes))
    return np.array([[float(theme == other) for other in order] for theme in themes])


def _sharing_a_matrix(parts: Sequence[ExplainedPart]) -> list[list[ExplainedPart]]:
    """Parts of one kind over the very same matrix, credited alike, in order of first appearance."""
    groups: dict[tuple[str, int, tuple[str, ...]], list[ExplainedPart]] = {}
    for part in parts:
        groups.setdefault((part.kind, id(part.matrix), part.owner), []).append(part)
    return list(groups.values())


def _add_linear(total: np.ndarray, parts: Sequence[ExplainedPart], credit: Sequence[int]) -> float:
    """Add ``weight * coef * (matrix - center)``, summed over parts, to the credited rows; returns the base."""
    slope, shift, base = np.zeros(len(credit)), np.zeros(len(credit)), 0.0
    for part in parts:
        if part.coef is None or part.center is None:
            raise ContractError("a linear part needs coef and center.")
        slope += part.weight * part.coef
        shift += part.weight * part.coef * part.center
        base += part.weight * float(part.intercept + part.coef @ part.center)
    matrix = parts[0].matrix
    for start in range(0, len(matrix), _LINEAR_BLOCK):
        own = slice(start, start + _LINEAR_BLOCK)
        columns = matrix[own].T if matrix.flags.f_contiguous else np.ascontiguousarray(matrix[own].T)
        for column, place, by, less in zip(columns, credit, slope.tolist(), shift.tolist(), strict=True):
            total[place, own] += column * by - less
    return base


__all__ = ["TOLERANCE", "WAKTU", "AdditivityError", "Attribution", "Attributor", "attribute", "load_shap"]
