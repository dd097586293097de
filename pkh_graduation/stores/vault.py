"""The vault: who is behind a pseudonym. Apart from the store, opened only when a list is written."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import pandas as pd

from pkh_graduation.stores.files import write_frame

FILE, PAIRS = "identitas.parquet", "pasangan.parquet"


def write_vault(identities: pd.DataFrame, pairs: pd.DataFrame, folder: Path) -> Path:
    """Write identifiers and the pairs (``jenis, asal, id``) of outside ids and pseudonyms, readable by their owner only."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    for name, frame in ((FILE, identities), (PAIRS, pairs)):
        write_frame(folder / name, frame).chmod(0o600)
    return folder


def read_vault(folder: Path, families: Collection[str] | None = None) -> pd.DataFrame:
    """Read the identifiers, of all families or of those named (``kpm_id``).

    Raises:
        FileNotFoundError: the folder holds no vault.
    """
    path = folder / FILE
    if not path.is_file():
        raise FileNotFoundError(
            f"{folder} holds no vault ({FILE}): lists can be written without names, or ingest again."
        )
    identities = pd.read_parquet(path)
    return identities if families is None else identities[identities["kpm_id"].isin(families)].reset_index(drop=True)


def read_names(folder: Path) -> dict[str, str]:
    """What the office calls its pendamping and kelompok, by pseudonym; empty where the vault keeps no pairs."""
    path = folder / PAIRS
    if not path.is_file():
        return {}
    pairs = pd.read_parquet(path)
    own = pairs[pairs["jenis"].isin(["pendamping_id", "kelompok_id"])].sort_values("asal")
    return dict(zip(own["id"], own["asal"], strict=True))
