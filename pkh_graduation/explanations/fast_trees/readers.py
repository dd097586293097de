"""Which reader reads which model."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import hist_gradient_boosting, lightgbm_models
from .checks import UnsupportedModelError
from .ensemble import Ensemble

COVERS = (
    "XGBoost stores sums of second derivatives where SHAP needs counts of rows, so its base is not the mean margin of any "
    "rows and reasons change (dmlc/xgboost issue 12241): fit a HistGradientBoosting or LightGBM model instead."
)


def is_hist_gradient_boosting(model: Any) -> bool:
    """Whether a model is a HistGradientBoosting classifier or regressor, or made from one."""
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    return isinstance(model, HistGradientBoostingClassifier | HistGradientBoostingRegressor)


def is_xgboost(model: Any) -> bool:
    """Whether a model is XGBoost's, told without importing XGBoost."""
    return type(model).__module__.split(".")[0] == "xgboost"


def read_model(model: Any, output: int | None = None) -> Ensemble:
    """Reduce a fitted model to an `Ensemble`; an ensemble is returned as it is.

    Raises:
        UnsupportedModelError: the model cannot be read exactly; the message says why.
    """
    if isinstance(model, Ensemble):
        return model
    if is_hist_gradient_boosting(model):
        return hist_gradient_boosting.read_hist_gradient_boosting(model, output)
    if lightgbm_models.is_lightgbm(model):
        return lightgbm_models.read_lightgbm(model, output)
    if is_xgboost(model):
        raise UnsupportedModelError(COVERS)
    raise UnsupportedModelError(
        f"{type(model).__name__} is no HistGradientBoosting or LightGBM model, the two that are read."
    )


def own_margin(model: Any, X: Any, output: int | None = None) -> np.ndarray:
    """The margin (n,) that a model computes itself, by its own code."""
    if is_hist_gradient_boosting(model):
        return hist_gradient_boosting.own_margin(model, X, output)
    if lightgbm_models.is_lightgbm(model):
        return lightgbm_models.own_margin(model, X)
    if hasattr(model, "decision_function"):
        margin = np.asarray(model.decision_function(X), dtype=float)
    elif hasattr(model, "predict_proba"):
        margin = np.asarray(model.predict_proba(X), dtype=float)
    else:
        margin = np.asarray(model.predict(X), dtype=float)
    return margin if margin.ndim == 1 else margin[:, output if output is not None else margin.shape[1] - 1]
