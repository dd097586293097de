"""MLflow's registry: one registered model, a version per bundle, and the alias ``champion`` on the version in use.

`move_champion` is called by the promotion alone (`workflows/promoting.py`), after champion and challenger were compared.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pkh_graduation.stores import tracking

NAME = "pkh_graduation"
ALIAS = "champion"
BUNDLE, DIGEST = "bundle", "bundle_sha256"
"""Tags that tie a version to a bundle: its folder's name, and the SHA-256 of its manifest."""


@dataclass(frozen=True)
class Registered:
    """A version in the registry and its tags."""

    version: str
    tags: Mapping[str, str]


def champion(folder: Path, uri: str | None = None) -> Registered | None:
    """The version that carries the alias; None if none does."""
    client = tracking.open_client(folder, uri)
    from mlflow.exceptions import MlflowException

    try:
        found = client.get_model_version_by_alias(NAME, ALIAS)
    except MlflowException:  # neither model nor alias is there yet
        return None
    return Registered(str(found.version), dict(found.tags))


def register(
    folder: Path,
    *,
    bundle: str,
    digest: str,
    tags: Mapping[str, str],
    write_model: Callable[[Path], Path],
    uri: str | None = None,
) -> Registered:
    """The version of a bundle, made if it is not there yet.

    ``write_model`` writes the bundle as an MLflow model into an empty folder and returns that; it becomes an artifact of a run
    of its own, which the version points to.
    """
    client = tracking.open_client(folder, uri)
    known = [version for version in _versions(client) if version.tags.get(DIGEST) == digest]
    if known:
        return Registered(str(known[0].version), dict(known[0].tags))
    own = {**tags, BUNDLE: bundle, DIGEST: digest}
    run = client.create_run(tracking.experiment_of(client, folder), run_name=f"register {bundle}", tags=own).info
    with tempfile.TemporaryDirectory() as room:
        client.log_artifacts(run.run_id, str(write_model(Path(room) / "pyfunc")), artifact_path="pyfunc")
    client.set_terminated(run.run_id)
    if not _is_there(client):
        client.create_registered_model(NAME)
    source = f"{client.get_run(run.run_id).info.artifact_uri}/pyfunc"
    made = client.create_model_version(NAME, source, run_id=run.run_id, tags=own)
    return Registered(str(made.version), own)


def move_champion(folder: Path, version: str, *, tags: Mapping[str, str], uri: str | None = None) -> None:
    """Put the alias on a version, and the tags that say on what comparison this rests."""
    client = tracking.open_client(folder, uri)
    for name, value in tags.items():
        client.set_model_version_tag(NAME, version, name, value)
    client.set_registered_model_alias(NAME, ALIAS, version)


def _is_there(client: Any) -> bool:
    return bool(client.search_registered_models(filter_string=f"name = '{NAME}'"))


def _versions(client: Any) -> list[Any]:
    return list(client.search_model_versions(filter_string=f"name = '{NAME}'")) if _is_there(client) else []
