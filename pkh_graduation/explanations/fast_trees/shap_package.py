"""The shap package, imported when first needed: it takes seconds."""

from __future__ import annotations

import warnings
from typing import Any


def load_shap() -> Any:
    """The module ``shap``."""
    with warnings.catch_warnings():
        # shap 0.51 makes its colour maps by a call that newer matplotlib announces to deprecate.
        warnings.simplefilter("ignore", PendingDeprecationWarning)
        import shap
    return shap
