"""What the scripts of this folder share: the committed configuration, the data folder, the model it makes."""

from __future__ import annotations

import argparse
import os
import tomllib
from pathlib import Path
from typing import Any

import pandas as pd
from panel import YEAR

from pkh_graduation.estimators import GraduationModel

CONFIG = Path(__file__).with_name("config.toml")
DEFAULT_DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "eph"
FIRST_BASE = 2021 * YEAR + 1
"""2021Q2, the first quarter of the panel."""
FIRST_ORIGIN = FIRST_BASE + YEAR
"""2022Q2: the first quarter at which a year-ahead outcome was known."""
ORIGINS = tuple(range(FIRST_ORIGIN, FIRST_ORIGIN + 3))


def read_config() -> dict[str, Any]:
    """The committed configuration."""
    return tomllib.loads(CONFIG.read_text(encoding="utf-8"))


def parser(about: str | None) -> argparse.ArgumentParser:
    """``--data``, else PKH_EPH_DATA, else a sibling of the repository."""
    reader = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    reader.add_argument("--data", type=Path, default=Path(os.environ.get("PKH_EPH_DATA", DEFAULT_DATA)))
    return reader


def arguments(about: str | None) -> argparse.Namespace:
    """The options of `parser`, and ``--out`` for what is written."""
    reader = parser(about)
    reader.add_argument("--out", type=Path, default=None, help="folder for metrics.json and report.html")
    return reader.parse_args()


def make_model(setting: dict[str, Any], dictionary: pd.DataFrame) -> GraduationModel:
    """The library's model with the policy signs of the data dictionary."""
    signs = {str(name): int(sign) for name, sign in dictionary["sign"].items() if sign}
    return GraduationModel(signs=signs, random_state=0, **setting)
