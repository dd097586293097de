"""A run in MLflow's SQLite store, with nothing sent anywhere."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CODE = """
import socket
asked = []
real = socket.getaddrinfo
socket.getaddrinfo = lambda host, *a, **k: asked.append(host) or real("127.0.0.1", *a, **k)
from pathlib import Path
from pkh_graduation.stores import tracking
folder = Path({folder!r})
(folder / "laporan.html").write_text("<p>uji</p>")
run = tracking.log_run(folder, name="uji", params={{"seed": 0}}, metrics={{"auc": 0.7, "kosong": float("nan")}},
                       tags={{"sintetis": "true"}}, artifacts=[folder / "laporan.html"])
import mlflow, time
client = mlflow.MlflowClient(tracking_uri=tracking.tracking_uri(folder))
found = client.get_run(run)
assert found.data.metrics == {{"auc": 0.7}}, found.data.metrics
assert found.data.params == {{"seed": "0"}}
assert found.data.tags["sintetis"] == "true"
assert [a.path for a in client.list_artifacts(run)] == ["laporan.html"]
assert found.info.status == "FINISHED"
time.sleep(1)
assert not asked, asked
"""


def test_a_run_is_kept_and_nobody_is_told(tmp_path):
    environment = {
        k: v for k, v in os.environ.items() if k not in ("CI", "MLFLOW_TRACKING_URI", "MLFLOW_DISABLE_TELEMETRY")
    }
    environment["PYTHONPATH"] = str(Path(__file__).resolve().parents[2])
    done = subprocess.run(
        [sys.executable, "-c", CODE.format(folder=str(tmp_path))],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert (tmp_path / "mlflow.db").is_file()


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may write everywhere")
def test_a_folder_that_cannot_be_written_is_refused_at_once(tmp_path):
    from pkh_graduation.stores import tracking

    tmp_path.chmod(0o500)
    with pytest.raises(PermissionError, match="cannot be written"):
        tracking.log_run(tmp_path, name="x", params={}, metrics={}, tags={})


def test_a_folder_that_moved_keeps_its_runs_and_writes_only_in_its_new_place(tmp_path):
    from pkh_graduation.stores import tracking

    old, new, page = tmp_path / "lama", tmp_path / "baru", tmp_path / "laporan.html"
    page.write_text("<p>uji</p>")
    first = tracking.log_run(old, name="x", params={}, metrics={"auc": 0.5}, tags={}, artifacts=[page])
    shutil.copytree(old, new)
    before = sorted(old.rglob("*"))
    second = tracking.log_run(new, name="x", params={}, metrics={"auc": 0.6}, tags={}, artifacts=[page])
    params, metrics = {f"p{n}": n for n in range(250)}, {f"m{n}": float(n) for n in range(1_200)}
    third = tracking.log_run(new, name="x", params=params, metrics=metrics, tags={})
    kept = tracking.open_client(new).get_run(third).data
    assert kept.metrics == metrics and kept.params == {name: str(value) for name, value in params.items()}
    assert sorted(old.rglob("*")) == before
    assert list((new / "artifacts" / second / "artifacts").iterdir())
    client = tracking.open_client(new)
    assert client.get_run(first).data.metrics == {"auc": 0.5}
    assert client.get_run(third).info.experiment_id == client.get_run(second).info.experiment_id


def test_a_store_broken_off_while_it_is_made_is_made_anew(tmp_path, monkeypatch):
    """MLflow makes its tables, then brings them up to date: between the two it could not go on."""
    from mlflow.store.db import utils

    from pkh_graduation.stores import tracking

    def broken_off(*_args, **_kwargs):
        raise OSError(28, "No space left on device")

    tracking._empty_store.cache_clear()
    with monkeypatch.context() as patch:
        patch.setattr(utils, "_upgrade_db", broken_off)
        with pytest.raises(OSError, match="No space"):
            tracking.log_run(tmp_path, name="x", params={}, metrics={}, tags={})
    assert not list(tmp_path.rglob("*.db*"))
    run = tracking.log_run(tmp_path, name="x", params={}, metrics={"auc": 0.5}, tags={})
    assert tracking.open_client(tmp_path).get_run(run).data.metrics == {"auc": 0.5}
