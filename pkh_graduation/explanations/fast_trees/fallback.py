"""Fallback: what cannot be tabulated is explained by shap's own TreeExplainer, slowly, with a warning, never silently."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from .checks import SlowExplanationWarning, UnsupportedModelError, check_margin
from .explainer import FastTreeExplainer
from .hist_gradient_boosting import has_native_categories
from .lightgbm_models import is_lightgbm
from .readers import COVERS, is_xgboost, own_margin
from .shap_package import load_shap

TOLERANCE = 1e-6
"""Largest difference to the model's margin that is allowed to shap's code, which rounds some thresholds to float32."""
_SAMPLE = 256


class ShapTreeExplainer:
    """shap's TreeExplainer with the words of `FastTreeExplainer`, checked against the model's margin wherever it is used."""

    def __init__(
        self, models: Sequence[Any], weights: Sequence[float], background: Any = None, output: int | None = None
    ) -> None:
        shap = load_shap()
        mode = {"feature_perturbation": "tree_path_dependent" if background is None else "interventional"}
        self.mode = "path-dependent" if background is None else "interventional"
        self.background_rows = None if background is None else len(background)
        self.weights, self.output = [float(weight) for weight in weights], output
        self._models = list(models)
        if background is not None:
            # handed over bare, a background would be cut to 100 rows
            background = shap.maskers.Independent(np.asarray(background), max_samples=len(background))
        try:
            self._explainers = [shap.TreeExplainer(model, background, **mode) for model in models]
        except Exception as error:  # shap raises whatever the model made it raise
            raise UnsupportedModelError(
                f"neither the fast explainer nor shap can read {type(models[0]).__name__}: use a HistGradientBoosting model."
            ) from error
        self.base = float(
            sum(w * self._chosen(e.expected_value) for w, e in zip(weights, self._explainers, strict=True))
        )

    @property
    def population(self) -> str:
        """Whose mean margin the base is."""
        if self.background_rows is None:
            return "the training rows, as the model counts them"
        return f"the {self.background_rows} background rows"

    def explain(self, X: Any) -> tuple[np.ndarray, np.ndarray]:
        """SHAP values (n_rows, n_features) and margins (n_rows,).

        Raises:
            AdditivityError: on a sample of the rows the sums miss the model's own margin.
        """
        values = np.zeros((len(X), X.shape[1]))
        if not len(X):
            return values, np.zeros(0)
        for weight, explainer in zip(self.weights, self._explainers, strict=True):
            own = np.asarray(explainer.shap_values(X, check_additivity=False), dtype=float)
            values += weight * (own if own.ndim == 2 else own[:, :, -1 if self.output is None else self.output])
        margin = self.base + values.sum(axis=1)
        some = np.unique(np.linspace(0, len(X) - 1, _SAMPLE).astype(int))
        rows = X.iloc[some] if hasattr(X, "iloc") else np.asarray(X)[some]
        expected = sum(
            weight * own_margin(model, rows, self.output)
            for weight, model in zip(self.weights, self._models, strict=True)
        )
        check_margin(margin[some], np.asarray(expected), TOLERANCE)
        return values, margin

    def explain_columns(self, columns: np.ndarray, *, out: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
        """SHAP values (n_features, n_rows), written to ``out`` if given, and margins of feature-major columns."""
        values, margin = self.explain(np.asarray(columns).T)
        phi = np.empty(values.T.shape) if out is None else out
        phi[:] = values.T
        return phi, margin

    def margin(self, X: Any) -> np.ndarray:
        """Margins (n_rows,)."""
        return self.explain(X)[1]

    def __call__(self, X: Any) -> Any:
        """A ``shap.Explanation`` of X."""
        values, margin = self.explain(X)
        names = list(map(str, X.columns)) if hasattr(X, "columns") else None
        return load_shap().Explanation(values, np.full(len(margin), self.base), data=np.asarray(X), feature_names=names)

    def _chosen(self, expected: Any) -> float:
        every = np.ravel(expected)
        return float(every[-1 if self.output is None else self.output] if len(every) > 1 else every[0])


def tree_explainer(
    models: Any,
    *,
    weights: Sequence[float] | None = None,
    background: Any = None,
    output: int | None = None,
    **options: Any,
) -> FastTreeExplainer | ShapTreeExplainer:
    """The fast explainer where the model allows, else shap's with one `SlowExplanationWarning` that says why.

    Models that shap reads wrongly (native categories, of HistGradientBoosting or LightGBM) and XGBoost are never handed over.

    Raises:
        UnsupportedModelError: no exact explanation exists; the message says what to do.
    """
    try:
        return FastTreeExplainer(models, weights=weights, background=background, output=output, **options)
    except UnsupportedModelError as error:
        members = list(models) if isinstance(models, Sequence) else [models]
        _refuse_where_shap_errs(members, error)
        warnings.warn(
            f"explained by shap's TreeExplainer, about a hundred times slower, because {error}",
            SlowExplanationWarning,
            stacklevel=2,
        )
        return ShapTreeExplainer(members, [1.0] * len(members) if weights is None else weights, background, output)


def _refuse_where_shap_errs(members: Sequence[Any], error: UnsupportedModelError) -> None:
    for model in members:
        if is_xgboost(model):
            raise UnsupportedModelError(COVERS) from error
        if has_native_categories(model) or (is_lightgbm(model) and "categorical" in str(error)):
            raise UnsupportedModelError(
                f"{error} shap, which explains other models then, misreads native categories by several log-odds."
            ) from error
