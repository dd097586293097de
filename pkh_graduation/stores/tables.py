"""The canonical store: accepted tables in buckets of families, the quarantine, and a manifest that says what they are.

``bucket=NN/<table>.parquet`` holds what concerns the families (and kelompok) of a bucket, ``bersama/<table>.parquet`` what
concerns all; see `buckets`. The manifest is written last and names every file with its rows and SHA-256: a folder without
one was never finished and is refused. Dates are int32 epoch days inside the files; identifiers other than keyed pseudonyms
are not in them (they go to the vault).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from pkh_graduation.contracts import CLOCK, Quarantine, Records
from pkh_graduation.stores.buckets import NUMBERED, PER_BUCKET, ROWS_PER_GROUP, assign, groups_of, joined, split
from pkh_graduation.stores.files import columns_of, read_frame, write_frame, write_json

SCHEMA = 2
"""Version of the store's layout; a store of another version is refused with a sentence."""
SHARED = "bersama"


class StoreError(ValueError):
    """A folder is no store, was never finished, or belongs to another version."""


@dataclass(frozen=True)
class Store:
    """A finished store: its folder and manifest. Tables are found by `files` and `read_bucket`."""

    folder: Path
    manifest: Mapping[str, Any]

    @property
    def buckets(self) -> list[str]:
        """Names of the buckets, in order."""
        return list(self.manifest["buckets"])

    @property
    def digest(self) -> str:
        """SHA-256 over all accepted content."""
        return str(self.manifest["digest"])

    @property
    def sintetis(self) -> bool:
        """Whether the records are made up."""
        return bool(self.manifest["sintetis"])

    @property
    def about(self) -> dict[str, Any]:
        """What the writer wanted remembered."""
        return dict(self.manifest["about"])

    @property
    def tables(self) -> list[str]:
        """Names of all tables."""
        return sorted(self.manifest["tables"])

    def files(self, bucket: str) -> dict[str, Path]:
        """Table -> file, the bucket's own tables and the shared ones."""
        own = {name: self._path(f"bucket={bucket}", name) for name in self.manifest["buckets"][bucket]["files"]}
        return own | {name: self._path(SHARED, name) for name in self.manifest["shared"]}

    def fingerprint(self, bucket: str) -> dict[str, str]:
        """Table -> SHA-256 of the file that holds it for a bucket."""
        files = {**self.manifest["buckets"][bucket]["files"], **self.manifest["shared"]}
        return {name: str(file["sha256"]) for name, file in files.items()}

    def _path(self, part: str, name: str) -> Path:
        path = self.folder / part / f"{name}.parquet"
        if not path.is_file():
            raise StoreError(f"{self.folder} lacks the file of table {name!r} in {part}: ingest the exports again.")
        return path


def write_store(
    records: Records,
    quarantine: Quarantine,
    folder: Path,
    *,
    per_bucket: int = PER_BUCKET,
    about: Mapping[str, Any] | None = None,
) -> Path:
    """Write accepted tables, in buckets of about ``per_bucket`` families, and the quarantine; returns the folder.

    ``about``: what else the manifest should tell, such as the first day on which exits were recorded.
    """
    (folder / "manifest.json").unlink(missing_ok=True)
    buckets = assign(records, per_bucket)
    groups = groups_of(records, buckets)
    places: dict[str, Any] = {
        name: {"kabupaten": list(codes), "files": {}}
        for name, codes in zip(buckets.names, buckets.kabupaten, strict=True)
    }
    shared: dict[str, Any] = {}
    written = {folder / "karantina" / "karantina.parquet"}
    for table, frame in sorted(records.tables.items()):
        parts = split(table, frame, buckets, groups)
        if parts is None:
            shared[table] = _write(folder / SHARED / f"{table}.parquet", frame, written)
            continue
        for number, part in parts.items():
            name = buckets.names[number]
            path = folder / f"bucket={name}" / f"{table}.parquet"
            places[name]["files"][table] = _write(path, part.reset_index(drop=True), written)
    _remove_others(folder, written)
    write_frame(folder / "karantina" / "karantina.parquet", quarantine.frame)
    content = {
        "schema": SCHEMA,
        "digest": records.digest,
        "sintetis": records.sintetis,
        "missing": list(records.missing),
        "tables": {name: len(table) for name, table in records.tables.items()},
        "buckets": places,
        "shared": shared,
        "about": dict(about or {}),
        "quarantine": {name: {k: int(v) for k, v in row.items()} for name, row in quarantine.rows.iterrows()},
    }
    write_json(folder / "manifest.json", content)
    return folder


def open_store(folder: Path) -> Store:
    """Find a finished store.

    Raises:
        StoreError: no manifest, a damaged one, or one of another schema version.
    """
    path = folder / "manifest.json"
    if not path.is_file():
        raise StoreError(f"{folder} is no finished store (no manifest.json): run `pkh-graduation ingest` first.")
    try:
        manifest: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        raise StoreError(f"{path} is damaged (no JSON): ingest the exports again.") from None
    if manifest.get("schema") != SCHEMA:
        raise StoreError(
            f"{folder} has store version {manifest.get('schema')!r}, this program reads {SCHEMA}: ingest the exports again."
        )
    return Store(folder, manifest)


def read_bucket(
    store: Store,
    bucket: str,
    tables: Mapping[str, Sequence[str]] | None = None,
    repeated: Collection[str] = (),
) -> Records:
    """Records of a bucket's families: all tables, or those named, with the clock and those of the named columns there are.

    ``repeated``: text columns that come as categories, which is cheaper where few texts are said often.

    Raises:
        StoreError: a file is missing or holds other rows than the manifest says.
        DamagedError: a file cannot be read any more.
    """
    rows = {**store.manifest["buckets"][bucket]["files"], **store.manifest["shared"]}
    found = {}
    for name, path in store.files(bucket).items():
        if tables is None:
            found[name] = _read(path, name, rows[name]["rows"])
        elif name in tables:
            wanted = {*tables[name], *CLOCK}
            columns = [column for column in columns_of(path) if column in wanted]
            coded = [column for column in columns if column in repeated]
            found[name] = _read(path, name, rows[name]["rows"], columns, coded)
    return _records(store, found)


def read_store(folder: Path, tables: Mapping[str, Sequence[str]] | None = None) -> Records:
    """Read the accepted tables of all buckets; ``tables`` as in `read_bucket`.

    Raises:
        StoreError: the folder is no finished store, or a table named by the manifest is missing.
    """
    store = open_store(folder)
    parts: dict[str, list[pd.DataFrame]] = {}
    for bucket in store.buckets:
        for name, table in read_bucket(store, bucket, tables).tables.items():
            if name not in store.manifest["shared"] or name not in parts:
                parts.setdefault(name, []).append(table)
    whole = {name: joined(frames) for name, frames in parts.items()}
    for name, table in whole.items():
        rows = store.manifest["tables"][name]
        if len(table) != rows:
            raise StoreError(f"{folder} holds {len(table)} of the {rows} rows of table {name!r}: ingest again.")
    return _records(store, whole)


def _records(store: Store, tables: Mapping[str, pd.DataFrame]) -> Records:
    return Records(
        tables=tables, sintetis=store.sintetis, digest=store.digest, missing=tuple(store.manifest["missing"])
    )


def _write(path: Path, frame: pd.DataFrame, written: set[Path]) -> dict[str, Any]:
    write_frame(path, frame, rows_per_group=ROWS_PER_GROUP, numbered=NUMBERED)
    written.add(path)
    return {"rows": len(frame), "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}


def _read(
    path: Path, name: str, rows: int, columns: list[str] | None = None, coded: Sequence[str] = ()
) -> pd.DataFrame:
    if not path.is_file():
        raise StoreError(f"{path.parent} lacks the file of table {name!r}: ingest the exports again.")
    table = read_frame(path, columns, coded=coded)
    if len(table) != rows:
        raise StoreError(
            f"table {name!r} in {path.parent} holds {len(table)} rows, its manifest says {rows}: ingest again."
        )
    return table


def _remove_others(folder: Path, written: set[Path]) -> None:
    """Tables of an earlier store, of any layout, do not stay beside this one."""
    for pattern in ("*.parquet", f"{SHARED}/*.parquet", "bucket=*/*.parquet"):
        for path in set(folder.glob(pattern)) - written:
            path.unlink()
    for emptied in folder.glob("bucket=*"):
        if not any(emptied.iterdir()):
            emptied.rmdir()
