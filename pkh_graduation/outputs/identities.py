"""Identities: names and addresses behind pseudonyms, joined to a list at the last moment and to nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

FILE = "identitas.parquet"
"""The vault's file inside its folder."""

SHOWN = ("nama_pengurus", "alamat", "dusun", "rt", "rw")
"""All that a list may show of a family; numbers of cards and persons never leave the vault."""


class VaultError(ValueError):
    """The vault cannot be read, or does not name families by their pseudonym."""


def read_identities(vault: pd.DataFrame | Path | str | None, families: Sequence[str]) -> dict[str, list[str]]:
    """What may be shown of each family: column of `SHOWN` -> texts, one per ``kpm_id`` of ``families``, in their order.

    Empty where unknown, and everywhere without a vault. A family with several lines is read from the last. Of a file no
    other column is read.

    Raises:
        VaultError: no such file, or no ``kpm_id`` in it. The message shows no line of it.
    """
    if vault is None:
        return {name: [""] * len(families) for name in SHOWN}
    frame = vault if isinstance(vault, pd.DataFrame) else _read(Path(vault))
    if "kpm_id" not in frame.columns:
        if frame.index.name != "kpm_id":
            raise VaultError("the vault has no kpm_id: lists cannot be joined with names. Ingest the exports again.")
        frame = frame.reset_index()
    asked = pd.Index(families, dtype="str")
    owner = asked.get_indexer(pd.Index(frame["kpm_id"], dtype="str"))
    line = np.full(len(asked), -1)
    line[owner[owner >= 0]] = np.flatnonzero(owner >= 0)
    return {name: _texts(frame[name], line) if name in frame else [""] * len(asked) for name in SHOWN}


def _read(path: Path) -> pd.DataFrame:
    import pyarrow.parquet as pq

    file = path / FILE if path.is_dir() else path
    if not file.is_file():
        raise VaultError(
            f"no open vault at {file}: a sealed one is read with `stores.read_vault` and handed over as a frame; or write "
            "the lists without names (vault=None)."
        )
    there = set(pq.read_schema(file).names)
    return pd.read_parquet(file, columns=[name for name in ("kpm_id", *SHOWN) if name in there])


def _texts(column: pd.Series, line: np.ndarray) -> list[str]:
    values = column.take(np.maximum(line, 0)).tolist() if len(column) else [None] * len(line)
    return [
        "" if at < 0 or value is None or value != value else str(value).strip()
        for at, value in zip(line.tolist(), values, strict=True)
    ]
