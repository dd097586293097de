"""Margins of tree models from tables, for whoever scores many families: the same answer, several times sooner."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from pkh_graduation.explanations.fast_trees import FastMargins, UnsupportedModelError, check_margin, own_margin

_SAMPLE = 64
"""Rows of every call whose margins are asked of the models themselves."""


class QuickMargins:
    """Obeys `contracts.TreeMargins`: margins (n_models, n) of models (fitted on the same columns) on a matrix (n, p).

    Tables are made once per bag and kept. In every call a sample of rows is compared with what the models themselves say;
    models that cannot be tabulated are asked for every row.

    Raises:
        AdditivityError: a margin differs from the model's own by more than 1e-9.
    """

    def __init__(self) -> None:
        # The models are kept beside their tables: an id is only unique while its object lives.
        self._kept: dict[tuple[int, ...], tuple[tuple[Any, ...], FastMargins | None]] = {}

    def __call__(self, models: Sequence[Any], matrix: np.ndarray) -> np.ndarray:
        """Margins (n_models, n) of the models on the rows of the matrix."""
        quick = self._tables(models)
        if quick is None or not len(matrix):
            return np.array([_asked(model, matrix) for model in models])
        found = quick(matrix.T)
        some = np.unique(np.linspace(0, len(matrix) - 1, _SAMPLE).astype(np.int64))
        for own, model in zip(found, models, strict=True):
            check_margin(own[some], _asked(model, matrix[some]), what="families")
        return found

    def _tables(self, models: Sequence[Any]) -> FastMargins | None:
        key = tuple(id(model) for model in models)
        if key not in self._kept:
            self._kept[key] = (tuple(models), _tabulated(models))
        return self._kept[key][1]


def _tabulated(models: Sequence[Any]) -> FastMargins | None:
    try:
        return FastMargins(models)
    except UnsupportedModelError:
        return None


def _asked(model: Any, matrix: np.ndarray) -> np.ndarray:
    return np.asarray(own_margin(model, matrix)) if len(matrix) else np.zeros(0)
