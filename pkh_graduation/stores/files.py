"""Files written whole or not at all: a neighbour is written first, then takes the place of the old file."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd


def write_bytes(path: Path, content: bytes) -> Path:
    """Write a file atomically, making its folder first; returns the path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    neighbour = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        neighbour.write_bytes(content)
        neighbour.replace(path)
    finally:
        neighbour.unlink(missing_ok=True)
    return path


def write_text(path: Path, content: str) -> Path:
    """Write UTF-8 text atomically, with the same line ends on every system."""
    return write_bytes(path, content.encode("utf-8"))


def write_json(path: Path, content: Mapping[str, Any]) -> Path:
    """Write JSON atomically, keys sorted, so that equal content gives equal bytes. Not-a-numbers are refused."""
    return write_text(path, json.dumps(content, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n")


def write_frame(path: Path, frame: pd.DataFrame) -> Path:
    """Write a frame as Parquet (zstd) atomically; the index is kept as columns of the same names."""
    path.parent.mkdir(parents=True, exist_ok=True)
    neighbour = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        frame.to_parquet(neighbour, compression="zstd")
        neighbour.replace(path)
    finally:
        neighbour.unlink(missing_ok=True)
    return path
