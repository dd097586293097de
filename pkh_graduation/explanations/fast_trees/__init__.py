"""Exact SHAP values of boosted trees, fast enough for every household of a country.

*Pattern*: the answers of a row to a few splits of a tree, as a small integer. A row's SHAP values depend on patterns only, so
they are tabulated once per model (`tables`) and a row is explained by adding table entries (`layout`, the kernels). In: a fitted
model or a bag. Out: SHAP values and margins. May import: numpy; numba, scikit-learn and shap where they are needed. May not:
anything of this project: the folder can be lifted out as a package.

>>> import numpy as np
>>> from sklearn.ensemble import HistGradientBoostingRegressor
>>> X = np.random.default_rng(0).normal(size=(200, 3)); y = X[:, 0] * X[:, 1]
>>> model = HistGradientBoostingRegressor(max_iter=20, max_depth=4).fit(X, y)
>>> explainer = FastTreeExplainer(model)
>>> values, margin = explainer.explain(X)
>>> check_margin(margin, model.predict(X))
>>> strongest(values.T, 1)[0][:3].ravel().tolist() == np.abs(values[:3]).argmax(axis=1).tolist()
True
"""

from .checks import (
    AdditivityError,
    SlowExplanationWarning,
    UnsupportedModelError,
    check_margin,
)
from .ensemble import Coding, Ensemble, Question, Tree
from .explainer import FastTreeExplainer
from .fallback import ShapTreeExplainer, tree_explainer
from .margins import FastMargins
from .readers import own_margin, read_model
from .strongest import strongest

__all__ = [
    "AdditivityError",
    "Coding",
    "Ensemble",
    "FastMargins",
    "FastTreeExplainer",
    "Question",
    "ShapTreeExplainer",
    "SlowExplanationWarning",
    "Tree",
    "UnsupportedModelError",
    "check_margin",
    "own_margin",
    "read_model",
    "strongest",
    "tree_explainer",
]
