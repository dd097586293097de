"""MLflow: every training and every backtest is a run in a local SQLite store. Only `stores` imports mlflow.

MLflow reports its use to its makers unless told otherwise before it is imported; `quiet_mlflow` tells it, and is the only door.
"""

from __future__ import annotations

import math
import os
import tempfile
import time
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from pkh_graduation.stores.files import write_bytes

EXPERIMENT = "pkh_graduation"
STORE = "mlflow.db"
QUIET = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
    "GIT_PYTHON_REFRESH": "quiet",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
}
"""What mlflow reads from the environment when it is imported; what the user has set there stays."""
_BATCH = 100
"""Parameters that MLflow takes in one request; metrics may be more."""
_DIGEST_LENGTH = 36
"""Characters that MLflow keeps of a dataset's digest."""


@dataclass(frozen=True)
class Source:
    """A data set that a run used: its name, what it was used for, its digest and its size. Never its rows."""

    name: str
    context: str
    digest: str
    rows: int


def quiet_mlflow() -> Any:
    """The module mlflow, imported after its telemetry was switched off."""
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
    import mlflow

    return mlflow


def quiet_pyfunc() -> Any:
    """The module mlflow.pyfunc; what MLflow warns of about its own code while it is imported is kept down."""
    quiet_mlflow()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import mlflow.pyfunc
    return mlflow.pyfunc


def tracking_uri(folder: Path) -> str:
    """SQLite address of the store under an output folder."""
    return f"sqlite:///{(folder / STORE).resolve()}"


def address(folder: Path, uri: str | None = None) -> str:
    """Where runs go: ``uri``, else the variable ``MLFLOW_TRACKING_URI``, else the store under ``folder``."""
    return uri or os.environ.get("MLFLOW_TRACKING_URI") or tracking_uri(folder)


def open_client(folder: Path, uri: str | None = None) -> Any:
    """A client of the tracking store and its registry.

    Raises:
        PermissionError: the folder cannot be written (MLflow would retry for minutes before saying so).
        DiskError: a new store does not fit on the disk.
    """
    mlflow = quiet_mlflow()
    folder.mkdir(parents=True, exist_ok=True)
    if not os.access(folder, os.W_OK):
        raise PermissionError(f"{folder} cannot be written: give --out a folder of your own.")
    place = address(folder, uri)
    if place == tracking_uri(folder) and not (folder / STORE).exists():
        write_bytes(folder / STORE, _empty_store())
    return mlflow.MlflowClient(tracking_uri=place, registry_uri=place)


@cache
def _empty_store() -> bytes:
    """A store without runs, made elsewhere: MLflow makes its tables one by one, and cannot go on from half of them."""
    mlflow = quiet_mlflow()
    with tempfile.TemporaryDirectory() as room:
        place = tracking_uri(Path(room))
        mlflow.MlflowClient(tracking_uri=place, registry_uri=place).search_experiments(max_results=1)
        return (Path(room) / STORE).read_bytes()


def experiment_of(client: Any, folder: Path) -> str:
    """Id of the experiment, made if missing; its artifacts lie under ``folder``.

    A store that came with a moved or copied folder would go on writing where it was: its experiment keeps its runs under
    another name, and a new one begins here.
    """
    here = (folder / "artifacts").resolve().as_uri()
    experiment = client.get_experiment_by_name(EXPERIMENT)
    if experiment is not None and not _elsewhere(client, folder, experiment.artifact_location, here):
        return str(experiment.experiment_id)
    if experiment is not None:
        client.rename_experiment(experiment.experiment_id, f"{EXPERIMENT} ({experiment.experiment_id})")
    return str(client.create_experiment(EXPERIMENT, artifact_location=here))


def _elsewhere(client: Any, folder: Path, location: str, here: str) -> bool:
    """Whether the folder's own store keeps its artifacts in another place of this machine; a server's are its own affair."""
    return client.tracking_uri == tracking_uri(folder) and location.startswith("file:") and location != here


def log_run(
    folder: Path,
    *,
    name: str,
    params: Mapping[str, Any],
    metrics: Mapping[str, float],
    tags: Mapping[str, str],
    artifacts: Sequence[Path] = (),
    sources: Sequence[Source] = (),
    uri: str | None = None,
) -> str:
    """Log one finished run and return its id.

    ``folder`` receives ``mlflow.db`` and ``artifacts/``; ``uri`` (or the variable ``MLFLOW_TRACKING_URI``) sends the run
    elsewhere. Metrics that are not finite are left out, since MLflow's store cannot compare them. Nothing of a household
    is logged: parameters, aggregate metrics, digests, reports and the bundle only.

    Raises:
        PermissionError: the folder cannot be written.
    """
    client = open_client(folder, uri)
    run_id: str = client.create_run(experiment_of(client, folder), run_name=name, tags=dict(tags)).info.run_id
    _log_figures(client, run_id, params, metrics)
    if sources:
        client.log_inputs(run_id, datasets=[_dataset(source) for source in sources])
    for path in artifacts:
        if path.is_dir():
            client.log_artifacts(run_id, str(path), artifact_path=path.name)
        else:
            client.log_artifact(run_id, str(path))
    client.set_terminated(run_id)
    return run_id


def _log_figures(client: Any, run_id: str, params: Mapping[str, Any], metrics: Mapping[str, float]) -> None:
    """Parameters and metrics in as few requests as MLflow takes: a server may be far away, and a disk slow."""
    from mlflow.entities import Metric, Param

    now = int(time.time() * 1000)
    told = [Param(key, str(value)) for key, value in params.items()]
    figures = [Metric(key, float(value), now, 0) for key, value in metrics.items() if math.isfinite(value)]
    for start in range(0, max(len(told), len(figures)), _BATCH):
        piece = slice(start, start + _BATCH)
        client.log_batch(run_id, params=told[piece], metrics=figures[piece])


def _dataset(source: Source) -> Any:
    """MLflow's note of a data set: digest and number of rows; the source is a word, not a place."""
    from mlflow.entities import Dataset, DatasetInput, InputTag

    own = Dataset(
        name=source.name,
        digest=source.digest[:_DIGEST_LENGTH],
        source_type="local",
        source=f'{{"uri": "{source.name}"}}',
        profile=f'{{"num_rows": {source.rows}}}',
    )
    return DatasetInput(own, tags=[InputTag("mlflow.data.context", source.context)])
