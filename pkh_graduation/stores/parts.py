"""Parts of a run: one Parquet file per bucket, each written whole, each with a mark that tells from which inputs.

A part is done when its mark names the same inputs and its file has the size the mark says. A run that was killed starts
again, skips what is done, and ends with the same bytes: marks hold hashes, no clock.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from pkh_graduation.stores.files import is_litter, read_frame, write_frame, write_json


def digest_of(*inputs: Any) -> str:
    """SHA-256 of inputs that JSON can write; equal inputs, equal digest.

    >>> digest_of("a", {"b": 1}) == digest_of("a", {"b": 1})
    True
    """
    return hashlib.sha256(json.dumps(inputs, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


@dataclass(frozen=True)
class Parts:
    """The parts in one folder, by name of their bucket."""

    folder: Path

    def path(self, name: str) -> Path:
        """Where the part lies."""
        return self.folder / f"bucket={name}.parquet"

    def mark(self, name: str) -> dict[str, Any] | None:
        """What is known of a finished part: ``inputs``, ``rows``, ``size``, ``sha256``; None if it is not finished."""
        mark = self._mark(name)
        if not mark.is_file():
            return None
        try:
            known: dict[str, Any] = json.loads(mark.read_text(encoding="utf-8"))
        except ValueError:
            return None  # a mark that a power cut emptied marks nothing
        path = self.path(name)
        return known if path.is_file() and path.stat().st_size == known["size"] else None

    def done(self, name: str, inputs: str) -> bool:
        """Whether the part is finished and was made from these inputs."""
        known = self.mark(name)
        return known is not None and known["inputs"] == inputs

    def write(self, name: str, frame: pd.DataFrame, inputs: str, **more: Any) -> Path:
        """Write a part and then its mark; ``more`` is kept in the mark."""
        self._mark(name).unlink(missing_ok=True)
        path = write_frame(self.path(name), frame)
        content = path.read_bytes()
        own = {
            "inputs": inputs,
            "rows": len(frame),
            "size": len(content),
            "sha256": hashlib.sha256(content).hexdigest(),
        }
        write_json(self._mark(name), {**more, **own})
        return path

    def read(self, name: str, columns: list[str] | None = None) -> pd.DataFrame:
        """Read a finished part.

        Raises:
            FileNotFoundError: the part is not finished.
            DamagedError: it was, and cannot be read any more.
        """
        if self.mark(name) is None:
            raise FileNotFoundError(f"{self.path(name)} is not there or was never finished: run the step before again.")
        return read_frame(self.path(name), columns)

    def names(self) -> list[str]:
        """Names of the finished parts, in order."""
        found = sorted(path.stem.removeprefix("bucket=") for path in self.folder.glob("bucket=*.parquet"))
        return [name for name in found if self.mark(name) is not None]

    def keep_only(self, names: list[str]) -> None:
        """Remove parts of an earlier run that this one does not have."""
        for path in self.folder.glob("bucket=*.*"):
            if path.is_file() and path.stem.removeprefix("bucket=") not in names:
                path.unlink()

    def _mark(self, name: str) -> Path:
        return self.folder / f"bucket={name}.json"


def clear_litter(folder: Path) -> int:
    """Remove half-written neighbours of processes that are no more; returns how many there were."""
    found = 0
    for path in folder.rglob(".*.part"):
        if is_litter(path):
            path.unlink(missing_ok=True)
            found += 1
    return found
