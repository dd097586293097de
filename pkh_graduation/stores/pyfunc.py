"""A bundle as an MLflow model (``python_function``): code that MLflow runs, the bundle beside it, and what goes in and out."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pkh_graduation.stores import tracking

CODE = Path(__file__).with_name("pyfunc_code.py")


def save_pyfunc(
    bundle: Path,
    folder: Path,
    *,
    scorer: str,
    inputs: Sequence[tuple[str, str, bool]],
    outputs: Sequence[tuple[str, str]],
    params: Mapping[str, tuple[str, Any]],
    requirements: Sequence[str],
) -> Path:
    """Write a bundle as an MLflow model into ``folder``, which must not exist; returns it.

    Args:
        bundle: folder of a saved bundle; copied as it is, its signature too, and checked when the model is loaded.
        folder: where to.
        scorer: ``module:class`` of this package; called with the bundle's folder, then with a frame and the params.
        inputs: (column, MLflow type, whether it must be there). outputs: (column, type).
        params: name -> (type, default) of what a caller may ask for.
        requirements: pip requirements of the model.
    """
    mlflow_pyfunc = tracking.quiet_pyfunc()
    from mlflow.models import ModelSignature
    from mlflow.types.schema import ColSpec, ParamSchema, ParamSpec, Schema

    signature = ModelSignature(
        inputs=Schema([ColSpec(kind, name, required=needed) for name, kind, needed in inputs]),
        outputs=Schema([ColSpec(kind, name) for name, kind in outputs]),
        params=ParamSchema([ParamSpec(name, kind, default) for name, (kind, default) in params.items()]),
    )
    with warnings.catch_warnings():
        # An example would write a household's row to disk.
        warnings.filterwarnings("ignore", message=".*input example was not provided.*", category=UserWarning)
        mlflow_pyfunc.save_model(
            str(folder),
            python_model=str(CODE),
            artifacts={"bundle": str(bundle)},
            model_config={"scorer": scorer},
            signature=signature,
            pip_requirements=list(requirements),
        )
    return folder
