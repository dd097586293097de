"""The notebooks run, and their plain Python says the same."""

import subprocess
import sys
from pathlib import Path

import jupytext
import pytest

NOTEBOOKS = sorted((Path(__file__).resolve().parents[2] / "notebooks").glob("*.py"))


def test_there_is_a_first_notebook():
    assert NOTEBOOKS[0].name == "01_first_list.py"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_pair_agrees_and_holds_no_output(path):
    notebook = jupytext.read(path.with_suffix(".ipynb"))
    source = jupytext.read(path)
    assert [(c.cell_type, c.source) for c in notebook.cells] == [(c.cell_type, c.source) for c in source.cells]
    assert not any(cell.get("outputs") for cell in notebook.cells)


@pytest.mark.enable_socket
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_runs_as_a_notebook(path, tmp_path):
    words = [
        "pytest",
        "--nbmake",
        "-n0",
        "-p",
        "no:cacheprovider",
        "-o",
        "addopts=",
        str(path.with_suffix(".ipynb")),
    ]
    done = subprocess.run([sys.executable, "-m", *words], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:]
