"""The canonical store: one Parquet file per accepted table, the quarantine, and a manifest that says what they are.

The manifest is written last: a folder without one was never finished and is refused. Dates are int32 epoch days inside the
files; identifiers other than keyed pseudonyms are not in them (they go to the vault).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd

from pkh_graduation.contracts import Quarantine, Records
from pkh_graduation.stores.files import write_frame, write_json

SCHEMA = 1
"""Version of the store's layout; a store of another version is refused with a sentence."""


class StoreError(ValueError):
    """A folder is no store, was never finished, or belongs to another version."""


def write_store(records: Records, quarantine: Quarantine, folder: Path) -> Path:
    """Write accepted tables and quarantine under ``folder``; returns the folder."""
    (folder / "manifest.json").unlink(missing_ok=True)
    for name, table in sorted(records.tables.items()):
        write_frame(folder / f"{name}.parquet", table)
    for left_over in set(folder.glob("*.parquet")) - {folder / f"{name}.parquet" for name in records.tables}:
        left_over.unlink()
    write_frame(folder / "karantina" / "karantina.parquet", quarantine.frame)
    write_json(
        folder / "manifest.json",
        {
            "schema": SCHEMA,
            "digest": records.digest,
            "sintetis": records.sintetis,
            "missing": list(records.missing),
            "tables": {name: len(table) for name, table in records.tables.items()},
            "quarantine": {name: {k: int(v) for k, v in row.items()} for name, row in quarantine.rows.iterrows()},
        },
    )
    return folder


def read_manifest(folder: Path) -> dict[str, Any]:
    """Read and check the manifest of a store.

    Raises:
        StoreError: no manifest, or one of another schema version.
    """
    path = folder / "manifest.json"
    if not path.is_file():
        raise StoreError(f"{folder} is no finished store (no manifest.json): run `pkh-graduation ingest` first.")
    manifest: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    if manifest.get("schema") != SCHEMA:
        raise StoreError(
            f"{folder} has store version {manifest.get('schema')!r}, this program reads {SCHEMA}: ingest the exports again."
        )
    return manifest


def read_store(folder: Path) -> Records:
    """Read the accepted tables of a store.

    Raises:
        StoreError: the folder is no finished store, or a table named by the manifest is missing.
    """
    manifest = read_manifest(folder)
    tables = {}
    for name, rows in manifest["tables"].items():
        path = folder / f"{name}.parquet"
        if not path.is_file():
            raise StoreError(f"{folder} lacks the file of table {name!r}: ingest the exports again.")
        tables[name] = pd.read_parquet(path)
        if len(tables[name]) != rows:
            raise StoreError(
                f"table {name!r} in {folder} holds {len(tables[name])} rows, its manifest says {rows}: ingest again."
            )
    return Records(
        tables=tables,
        sintetis=bool(manifest["sintetis"]),
        digest=str(manifest["digest"]),
        missing=tuple(manifest["missing"]),
    )
