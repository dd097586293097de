"""The vault: who is behind a pseudonym. Apart from the store, opened only when a list is written."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from pkh_graduation.stores.files import write_frame

FILE = "identitas.parquet"


def write_vault(identities: pd.DataFrame, folder: Path) -> Path:
    """Write the identifiers, readable by their owner only; returns the file's path."""
    path = write_frame(folder / FILE, identities)
    path.chmod(0o600)
    folder.chmod(0o700)
    return path


def read_vault(folder: Path) -> pd.DataFrame:
    """Read the identifiers.

    Raises:
        FileNotFoundError: the folder holds no vault.
    """
    path = folder / FILE
    if not path.is_file():
        raise FileNotFoundError(
            f"{folder} holds no vault ({FILE}): lists can be written without names, or ingest again."
        )
    return pd.read_parquet(path)
