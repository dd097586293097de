"""Ensemble: a tree model reduced to what SHAP needs, whatever library fitted it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from .checks import UnsupportedModelError

LEAF = -1


@dataclass(frozen=True)
class Tree:
    """One tree as parallel arrays over its nodes; node 0 is the root.

    A row goes left where ``value of column <= threshold``, or where it is missing and ``missing_left``. ``left`` is `LEAF`
    at leaves. A column at or beyond the ensemble's features is a `Question`. ``cover`` counts training rows.
    """

    left: np.ndarray
    right: np.ndarray
    column: np.ndarray
    threshold: np.ndarray
    missing_left: np.ndarray
    value: np.ndarray
    cover: np.ndarray

    @property
    def is_stump(self) -> bool:
        """A single leaf: a constant."""
        return bool(self.left[0] == LEAF)

    @property
    def depth(self) -> int:
        """Splits above the deepest leaf."""
        below, nodes = 0, np.zeros(1, dtype=np.int64)
        while (nodes := nodes[self.left[nodes] != LEAF]).size:
            nodes = np.concatenate([self.left[nodes], self.right[nodes]])
            below += 1
        return below


@dataclass(frozen=True)
class Coding:
    """Known levels of a categorical feature, ascending; any other value, and missing, is coded ``len(levels)``."""

    feature: int
    levels: np.ndarray

    def code(self, values: np.ndarray) -> np.ndarray:
        """Position of each value among the levels."""
        at = np.searchsorted(self.levels, values)
        found = self.levels[np.minimum(at, len(self.levels) - 1)] == values
        return np.where(found, at, len(self.levels))


@dataclass(frozen=True)
class Question:
    """ "Is the level in this set?": ``right[code]`` is 0 where the row goes left and 1 where it goes right."""

    coding: int
    right: np.ndarray


@dataclass(frozen=True)
class Ensemble:
    """Trees, the constant they start from, and how a table of rows becomes their columns.

    ``categories``: for features whose levels are no numbers, the levels in the order of their codes. ``population`` says
    whose mean margin the path-dependent base is.
    """

    trees: tuple[Tree, ...]
    baseline: float
    n_features: int
    codings: tuple[Coding, ...] = ()
    questions: tuple[Question, ...] = ()
    names: tuple[str, ...] | None = None
    categories: Mapping[int, tuple[object, ...]] = field(default_factory=dict)
    population: str = "the rows whose counts the trees hold"

    def __post_init__(self) -> None:
        if any((tree.cover <= 0).any() or not np.isfinite(tree.value).all() for tree in self.trees):
            raise UnsupportedModelError(
                "a tree has a node without training rows or a leaf that is not a finite number: fit the model again."
            )

    @property
    def owner(self) -> np.ndarray:
        """The feature credited for each column; all questions about a feature belong to it, so it stays one player."""
        asked = [self.codings[question.coding].feature for question in self.questions]
        return np.concatenate([np.arange(self.n_features), np.array(asked, dtype=np.int64)])


def merge(ensembles: Sequence[Ensemble], weights: Sequence[float]) -> Ensemble:
    """The bag ``sum of weight * margin`` as one ensemble, so that all members share one pass over the rows.

    Raises:
        ValueError: no member, a weight too few or too many, or members that were fitted on different columns.
    """
    if not ensembles or len(ensembles) != len(weights):
        raise ValueError(f"{len(ensembles)} models need as many weights, and at least one; {len(weights)} were given.")
    first = ensembles[0]
    trees: list[Tree] = []
    codings: dict[tuple[int, bytes], tuple[int, Coding]] = {}
    questions: dict[tuple[int, bytes], tuple[int, Question]] = {}
    for member, weight in zip(ensembles, weights, strict=True):
        if (member.n_features, member.names, member.categories) != (first.n_features, first.names, first.categories):
            raise ValueError("models of one bag must be fitted on the same columns and categories, in the same order.")
        coding_at = [codings.setdefault((c.feature, c.levels.tobytes()), (len(codings), c))[0] for c in member.codings]
        moved = [replace(question, coding=coding_at[question.coding]) for question in member.questions]
        column_at = np.arange(member.n_features + len(moved))
        for place, q in enumerate(moved, start=member.n_features):
            column_at[place] = (
                member.n_features + questions.setdefault((q.coding, q.right.tobytes()), (len(questions), q))[0]
            )
        trees += [replace(tree, column=column_at[tree.column], value=tree.value * weight) for tree in member.trees]
    return Ensemble(
        trees=tuple(trees),
        baseline=float(sum(weight * member.baseline for member, weight in zip(ensembles, weights, strict=True))),
        n_features=first.n_features,
        codings=tuple(coding for _, coding in codings.values()),
        questions=tuple(question for _, question in questions.values()),
        names=first.names,
        categories=first.categories,
        population="; ".join(dict.fromkeys(member.population for member in ensembles)),
    )
