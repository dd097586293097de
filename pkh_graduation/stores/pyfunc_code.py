"""The code of a bundle's MLflow model ("models from code"): no pickled object; MLflow runs this file to have a model.

MLflow copies the file into the model's folder and runs it there under a name of its own. It hands the folder of the bundle and
the name of a scorer to `pkh_graduation`, which checks the bundle before it loads it. Whoever loads an MLflow model runs the
code in its folder: take such folders only from where they were made.
"""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import pandas as pd

OWN = "pkh_graduation."


def scorer_of(name: str, bundle: str) -> Any:
    """Call the class that ``module:class`` names, one of ours, with the folder of a bundle.

    Raises:
        ValueError: the name is not one of ours.
    """
    module, _, word = name.partition(":")
    if not module.startswith(OWN) or not word.isidentifier():
        raise ValueError(f"{name!r} is no scorer of this package: make the MLflow model again from its bundle.")
    return getattr(importlib.import_module(module), word)(Path(bundle))


def _become_a_model() -> None:
    """Tell MLflow what the model is: pandas frames in and out."""
    from mlflow.models import set_model
    from mlflow.pyfunc.model import PythonModel

    class Graduation(PythonModel):
        """Ways out, interval and reasons of each row; see ``pkh_graduation.workflows.serving``."""

        def load_context(self, context: Any) -> None:
            """Load and check the bundle."""
            self.scorer = scorer_of(context.model_config["scorer"], context.artifacts["bundle"])

        def predict(
            self, context: Any, model_input: pd.DataFrame, params: dict[str, Any] | None = None
        ) -> pd.DataFrame:
            """One row of figures and reasons per row of ``model_input``."""
            return self.scorer(model_input, **(params or {}))

    set_model(Graduation())


if not __name__.startswith(OWN):  # run by MLflow, not imported as a module of ours
    _become_a_model()
