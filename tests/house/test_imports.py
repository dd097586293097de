"""Rooms know their programme and their contracts, never each other; nothing heavy is loaded before it is needed."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HEAVY = ("pandas", "numpy", "sklearn", "shap", "mlflow", "duckdb", "matplotlib", "pyarrow")


def tool(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *words], cwd=ROOT, capture_output=True, text=True, check=False)


def test_import_contracts_hold():
    done = tool("-c", "from importlinter.cli import lint_imports_command as c; c()")
    assert done.returncode == 0, done.stdout


def test_the_import_contract_is_alive(tmp_path):
    """A feature that imports an estimator must break it."""
    import shutil

    shutil.copytree(ROOT / "pkh_graduation", tmp_path / "pkh_graduation")
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    with (tmp_path / "pkh_graduation" / "features" / "__init__.py").open("a") as file:
        file.write("\nimport pkh_graduation.estimators\n")
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys; sys.path.insert(0, '.'); from importlinter.cli import lint_imports_command as c; c()",
        ],
        cwd=tmp_path,
        env={"PYTHONPATH": str(tmp_path), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert "estimators" in done.stdout


@pytest.mark.parametrize("words", [["-c", "import pkh_graduation"], ["-c", "from pkh_graduation.cli import main"]])
def test_nothing_heavy_at_import(words):
    code = words[1] + f"; import sys; print(sorted(set({HEAVY!r}) & set(sys.modules)))"
    done = tool("-c", code)
    assert done.stdout.strip() == "[]", done.stdout + done.stderr


def test_help_loads_nothing_heavy():
    code = (
        "import sys\nsys.argv = ['pkh-graduation', 'demo', '--help']\nfrom pkh_graduation.cli import main\n"
        f"try:\n    main()\nexcept SystemExit:\n    print(sorted(set({HEAVY!r}) & set(sys.modules)))"
    )
    done = tool("-c", code)
    assert done.stdout.strip().endswith("[]"), done.stdout + done.stderr
