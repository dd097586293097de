"""What the tests of the EPH study share: where the extract lies, and the scripts of the study."""

from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("PKH_EPH_DATA", ROOT.parent / "shared" / "data" / "eph"))

NEEDS_DATA = [
    pytest.mark.real,
    pytest.mark.skipif(not (DATA / "households.parquet").is_file(), reason=f"no EPH data in {DATA} (PKH_EPH_DATA)"),
]


def script(name: str) -> ModuleType:
    """A module of ``benchmarks/eph``, which is a folder of scripts and no package."""
    folder = str(ROOT / "benchmarks" / "eph")
    if folder not in sys.path:
        sys.path.append(folder)
    return importlib.import_module(name)
