"""Every door to MLflow is a quiet one, also where nothing tells MLflow that it runs under a test."""

import ast
import os
import subprocess
import sys
from pathlib import Path

from pkh_graduation import stores

STORES = Path(stores.__file__).parent

CODE = """
import socket, sys
asked = []
socket.getaddrinfo = lambda host, *a, **k: asked.append(host) or (_ for _ in ()).throw(OSError("no network"))
socket.socket.connect = lambda self, to: asked.append(to) or (_ for _ in ()).throw(OSError("no network"))
from pathlib import Path
folder = Path({folder!r})
sys.path.insert(0, {tests!r})
from fitted_models import fitted, material
from test_pyfunc import dictionary
from pkh_graduation import stores
from pkh_graduation.stores import registry, tracking
from pkh_graduation.workflows import serving
X, _ = material(n=3)
card = {{"sintetis": True, "features": list(X.columns), "dictionary": dictionary(), "label": {{"horizon": 4}}}}
bundle = stores.save_bundle(fitted(), folder / "models" / "satu", card)
sealed = stores.read_sealed(bundle)
assert registry.champion(folder) is None
write = lambda target: serving.write_pyfunc(bundle, target, sealed.card)
made = registry.register(folder, bundle="satu", digest=sealed.digest, tags={{"label": "mandiri"}}, write_model=write)
again = registry.register(folder, bundle="satu", digest=sealed.digest, tags={{}}, write_model=write)
assert made.version == again.version == "1"
registry.move_champion(folder, made.version, tags={{"proof": "x"}})
crowned = registry.champion(folder)
assert (crowned.version, crowned.tags["bundle_sha256"], crowned.tags["proof"]) == ("1", sealed.digest, "x"), crowned
run = tracking.log_run(folder, name="uji", params={{}}, metrics={{}}, tags={{}},
                       sources=[tracking.Source("catatan", "training", "a" * 64, 7)])
mlflow = tracking.quiet_mlflow()
mlflow.set_tracking_uri(tracking.tracking_uri(folder))
inputs = mlflow.MlflowClient().get_run(run).inputs.dataset_inputs
assert [(one.dataset.name, one.dataset.digest, one.tags[0].value) for one in inputs] == [("catatan", "a" * 36, "training")]
model = tracking.quiet_pyfunc().load_model("models:/pkh_graduation@champion")
table = X.reset_index().assign(as_of="2023-03-31", pagar_keberatan=0.0).drop(columns="kpm_id")
assert model.predict(table, params={{"buatan": True, "jelaskan": False}})["p_mandiri"].between(0, 1).all()
import time
time.sleep(1)
assert not asked, asked
"""


def test_registry_pyfunc_and_runs_ask_nobody_and_the_champion_is_found_by_its_alias(tmp_path):
    loud = ("CI", "GITHUB_ACTIONS", "PYTEST_CURRENT_TEST", "MLFLOW_TRACKING_URI", "MLFLOW_DISABLE_TELEMETRY", "DO_NOT_TRACK",
            "PKH_BUNDLE_KEY_FILE")  # fmt: skip
    environment = {name: value for name, value in os.environ.items() if name not in loud}
    root = Path(__file__).resolve().parents[2]
    environment["PYTHONPATH"] = str(root)
    done = subprocess.run(
        [sys.executable, "-c", CODE.format(folder=str(tmp_path), tests=str(Path(__file__).parent))],
        env=environment, cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]


def test_mlflow_is_imported_through_the_quiet_door_only():
    """Elsewhere in stores it is imported inside functions that went through the door before; never at the top of a module."""
    found = []
    for path in STORES.glob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for function in (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)):
            for node in ast.walk(function):
                names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
                names += [str(node.module)] if isinstance(node, ast.ImportFrom) else []
                found += [(path.name, function.name) for name in names if name.split(".")[0] == "mlflow"]
        top = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
        assert not any("mlflow" in ast.dump(node).split("asname")[0].split("stores")[0] for node in top), path.name
    assert set(found) == {
        ("tracking.py", "quiet_mlflow"),
        ("tracking.py", "quiet_pyfunc"),
        ("tracking.py", "_dataset"),  # log_run has a client by then
        ("tracking.py", "_log_figures"),
        ("registry.py", "champion"),  # has a client by then
        ("pyfunc.py", "save_pyfunc"),  # after quiet_pyfunc
        ("pyfunc_code.py", "_become_a_model"),  # run by MLflow itself
    }
