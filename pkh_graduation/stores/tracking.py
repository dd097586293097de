"""MLflow: every training and every backtest is a run in a local SQLite store. The only module that imports mlflow.

MLflow reports its use to its makers unless told otherwise before it is imported; here it is told otherwise.
"""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

EXPERIMENT = "pkh_graduation"


def tracking_uri(folder: Path) -> str:
    """SQLite address of the store under an output folder."""
    return f"sqlite:///{(folder / 'mlflow.db').resolve()}"


def log_run(
    folder: Path,
    *,
    name: str,
    params: Mapping[str, Any],
    metrics: Mapping[str, float],
    tags: Mapping[str, str],
    artifacts: Sequence[Path] = (),
    uri: str | None = None,
) -> str:
    """Log one finished run and return its id.

    ``folder`` receives ``mlflow.db`` and ``artifacts/``; ``uri`` (or the variable ``MLFLOW_TRACKING_URI``) sends the run
    elsewhere. Metrics that are not finite are left out, since MLflow's store cannot compare them. Nothing of a household
    is logged: parameters, aggregate metrics, digests, reports and the bundle only.

    Raises:
        PermissionError: the folder cannot be written (MLflow would retry for minutes before saying so).
    """
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ.setdefault("DO_NOT_TRACK", "true")
    os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")
    import mlflow

    folder.mkdir(parents=True, exist_ok=True)
    if not os.access(folder, os.W_OK):
        raise PermissionError(f"{folder} cannot be written: give --out a folder of your own.")
    client = mlflow.MlflowClient(tracking_uri=uri or os.environ.get("MLFLOW_TRACKING_URI") or tracking_uri(folder))
    experiment = client.get_experiment_by_name(EXPERIMENT)
    experiment_id = (
        experiment.experiment_id
        if experiment
        else client.create_experiment(EXPERIMENT, artifact_location=(folder / "artifacts").resolve().as_uri())
    )
    run_id: str = client.create_run(experiment_id, run_name=name, tags=dict(tags)).info.run_id
    for key, value in params.items():
        client.log_param(run_id, key, value)
    for key, value in metrics.items():
        if math.isfinite(value):
            client.log_metric(run_id, key, float(value))
    for path in artifacts:
        if path.is_dir():
            client.log_artifacts(run_id, str(path), artifact_path=path.name)
        else:
            client.log_artifact(run_id, str(path))
    client.set_terminated(run_id)
    return run_id
