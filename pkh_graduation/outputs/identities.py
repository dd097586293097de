"""Identities: names and addresses behind pseudonyms, joined to a list at the last moment and to nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

FILE = "identitas.parquet"
"""The vault's file inside its folder."""

SHOWN = ("nama_pengurus", "alamat", "dusun", "rt", "rw")
"""All that a list may show of a family; numbers of cards and persons never leave the vault."""


class VaultError(ValueError):
    """The vault cannot be read, or does not name families by their pseudonym."""


@dataclass(frozen=True)
class Identity:
    """What a pendamping needs to find a family; empty where unknown."""

    nama: str = ""
    alamat: str = ""
    dusun: str = ""
    rt: str = ""
    rw: str = ""


def read_identities(vault: pd.DataFrame | Path | str | None) -> dict[str, Identity]:
    """Identities by ``kpm_id``; without a vault none. A family with several lines is read from the last.

    Raises:
        VaultError: no such file, or no ``kpm_id`` in it. The message shows no line of it.
    """
    if vault is None:
        return {}
    frame = vault if isinstance(vault, pd.DataFrame) else _read(Path(vault))
    if "kpm_id" not in frame.columns:
        if frame.index.name != "kpm_id":
            raise VaultError("the vault has no kpm_id: lists cannot be joined with names. Ingest the exports again.")
        frame = frame.reset_index()
    frame = frame[frame["kpm_id"].notna()].drop_duplicates("kpm_id", keep="last")
    columns = [
        frame[name].map(_text) if name in frame.columns else pd.Series("", index=frame.index, dtype="str")
        for name in SHOWN
    ]
    return {str(kpm): Identity(*shown) for kpm, *shown in zip(frame["kpm_id"], *columns, strict=True)}


def _read(path: Path) -> pd.DataFrame:
    file = path / FILE if path.is_dir() else path
    if not file.is_file():
        raise VaultError(
            f"no vault at {file}: write the lists without names (vault=None), or ingest the exports again."
        )
    return pd.read_parquet(file)


def _text(value: object) -> str:
    return "" if value is None or value != value else str(value).strip()
