"""A made-up nation: the store of one made-up kabupaten, repeated under other family, kelompok, pendamping and place codes.

Every copy has the same families and events, so results repeat; what is measured (rows, buckets, files, joins, lists) is that
of a nation of that size. Nothing of a copy meets another copy: ids are shifted, codes of kabupaten are new.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from joblib import Parallel, delayed

from pkh_graduation.stores.buckets import NUMBERED, ROWS_PER_GROUP
from pkh_graduation.stores.files import encodings

STEP = 0x9E3779B97F4A7C1
"""Ids of copy c are those of the kabupaten plus c times this odd number, modulo 2^60."""
MASK = 2**60 - 1
NUMBERS = ("kpm", "anggota", "usaha", "program_key", "sesi_key", "kelompok", "masalah")
TEXTS = ("kpm_id", "anggota_id", "usaha_id", "program_id", "sesi_id", "kelompok_id", "masalah_id", "pendamping_id",
         "peristiwa_id", "kasus_id", "penyaluran_id", "kunjungan_id")  # fmt: skip
PLACES = ("kode_wilayah", "desa", "kode", "induk")


def replicate(base: Path, out: Path, copies: int, per_bucket: int, workers: int = 2) -> int:
    """Write a store of ``copies`` kabupaten, ``per_bucket`` of them to a bucket; returns the bytes written."""
    manifest = json.loads((base / "manifest.json").read_text(encoding="utf-8"))
    tables = tuple(next(iter(manifest["buckets"].values()))["files"])
    shared = {name: encoded(pq.read_table(base / "bersama" / f"{name}.parquet")) for name in manifest["shared"]}
    groups = [range(first, min(first + per_bucket, copies)) for first in range(0, copies, per_bucket)]
    tasks = (delayed(write_bucket)(base, tables, out, number, group) for number, group in enumerate(groups))
    buckets = dict(Parallel(n_jobs=workers, verbose=1)(tasks))
    whole = {
        name: write(out / "bersama" / f"{name}.parquet", shifted(table, range(copies)))
        for name, table in shared.items()
    }
    rows = {name: sum(one["files"][name]["rows"] for one in buckets.values()) for name in tables}
    rows |= {name: table.num_rows * copies for name, table in shared.items()}
    content = {**manifest, "tables": rows, "buckets": buckets, "shared": whole}
    content["digest"] = hashlib.sha256(f"{manifest['digest']} x {copies}".encode()).hexdigest()
    (out / "manifest.json").write_text(json.dumps(content, indent=2, sort_keys=True), encoding="utf-8")
    return sum(path.stat().st_size for path in out.rglob("*.parquet"))


def write_bucket(
    base: Path, tables: tuple[str, ...], out: Path, number: int, group: range
) -> tuple[str, dict[str, Any]]:
    """Task of a worker: write a bucket of copies of the one kabupaten; its name and what the manifest says of it."""
    folder = out / f"bucket={number:03d}"
    files = {}
    for name in tables:
        table = encoded(pq.read_table(base / "bucket=00" / f"{name}.parquet"))
        files[name] = write(folder / f"{name}.parquet", shifted(table, group))
    return f"{number:03d}", {"kabupaten": [kabupaten(c) for c in group], "files": files}


def subset(store: Path, out: Path, buckets: int) -> None:
    """A smaller nation: the first buckets of a store, linked, with a manifest of their own."""
    manifest = json.loads((store / "manifest.json").read_text(encoding="utf-8"))
    kept = dict(list(manifest["buckets"].items())[:buckets])
    out.mkdir(parents=True)
    for part in [*(f"bucket={name}" for name in kept), "bersama"]:
        (out / part).symlink_to((store / part).resolve(), target_is_directory=True)
    rows = {name: file["rows"] for name, file in manifest["shared"].items()}
    for bucket in kept.values():
        for name, file in bucket["files"].items():
            rows[name] = rows.get(name, 0) + file["rows"]
    content = {**manifest, "buckets": kept, "tables": rows}
    content["digest"] = hashlib.sha256(f"{manifest['digest']} first {buckets}".encode()).hexdigest()
    (out / "manifest.json").write_text(json.dumps(content, indent=2, sort_keys=True), encoding="utf-8")


def kabupaten(copy: int) -> str:
    """Code of a copy's kabupaten, four digits."""
    return f"{1000 + copy:04d}"


def encoded(table: pa.Table) -> pa.Table:
    """Texts as dictionaries, so that a copy only needs another dictionary."""
    for place, field in enumerate(table.schema):
        if pa.types.is_string(field.type) or pa.types.is_large_string(field.type):
            column = table.column(place).combine_chunks()
            table = table.set_column(place, field.name, pc.dictionary_encode(column.cast(pa.string())))
    return table


def shifted(table: pa.Table, copies: range) -> Iterator[pa.Table]:
    """The copies of a table, one after the other."""
    # Ids are not dense: rows that were set aside at ingest took theirs with them.
    ids = 1 + (pc.max(table.column("record_id")).as_py() or 0) if "record_id" in table.schema.names else 0
    for copy in copies:
        columns = []
        for field, column in zip(table.schema, table.columns, strict=True):
            columns.append(_plain(_shift(field.name, column.combine_chunks(), copy, ids)))
        yield pa.table(columns, names=table.schema.names).replace_schema_metadata(table.schema.metadata)


def _shift(name: str, column: pa.Array, copy: int, ids: int) -> pa.Array:
    column = column.chunk(0) if isinstance(column, pa.ChunkedArray) else column
    if name == "record_id":
        return pc.add(column, copy * ids)
    if name in NUMBERS:
        missing = None if column.null_count == 0 else np.asarray(column.is_null())
        numbers = np.asarray(column.fill_null(0), dtype=np.int64)
        return pa.array((numbers + np.int64(copy * STEP & MASK)) & np.int64(MASK), mask=missing)
    if name in TEXTS:
        return pa.DictionaryArray.from_arrays(column.indices, _moved(column.dictionary, copy))
    if name in PLACES and pa.types.is_dictionary(column.type):
        return _with(column, lambda text: kabupaten(copy) + text[4:] if len(text) >= 4 else text)
    return column


def _moved(words: pa.StringArray, copy: int) -> pa.StringArray:
    """Pseudonyms of a copy: a letter and fifteen hexadecimal digits, the number moved on; all at once."""
    signs = np.frombuffer(words.buffers()[2], dtype=np.uint8)[: 16 * len(words)].reshape(-1, 16)
    # Of a digit's own byte the last four bits are the digit, of a letter's they are 1 to 6.
    digits = (signs[:, 1:] & 15) + 9 * (signs[:, 1:] >> 6)
    number = np.zeros(len(words), dtype=np.uint64)
    for place, shift in enumerate(_SHIFTS):
        number |= digits[:, place].astype(np.uint64) << shift
    number = (number + np.uint64(copy * STEP & MASK)) & np.uint64(MASK)
    made = signs.copy()
    for place, shift in enumerate(_SHIFTS, 1):
        made[:, place] = _DIGITS[(number >> shift) & np.uint64(15)]
    starts = np.arange(0, made.size + 1, 16, dtype=np.int32)
    return pa.StringArray.from_buffers(len(words), pa.py_buffer(starts), pa.py_buffer(made))


_DIGITS = np.frombuffer(b"0123456789abcdef", dtype=np.uint8)
_SHIFTS = np.arange(56, -1, -4, dtype=np.uint64)
"""Places of fifteen digits, four bits each."""


def _plain(column: pa.Array) -> pa.Array:
    """Texts as themselves: a dictionary would be written whole into every row group."""
    return column.cast(pa.string()) if pa.types.is_dictionary(column.type) else column


def _with(column: pa.DictionaryArray, change) -> pa.Array:
    words = pa.array([change(text) for text in column.dictionary.to_pylist()], type=pa.string())
    return pa.DictionaryArray.from_arrays(column.indices, words)


def write(path: Path, parts: Iterator[pa.Table]) -> dict[str, int | str]:
    """Write parts of one table as row groups of one file; rows and SHA-256 of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rows, writer = 0, None
    for part in parts:
        if writer is None:
            how = encodings(part.schema.names, NUMBERED)
            writer = pq.ParquetWriter(
                path, part.schema, compression="zstd", compression_level=1, store_schema=False, **how
            )
            kept = part.schema.metadata or {}
            writer.add_key_value_metadata({b"pandas": kept[b"pandas"]} if b"pandas" in kept else {})
        writer.write_table(part, row_group_size=ROWS_PER_GROUP)
        rows += part.num_rows
    if writer is not None:
        writer.close()
    return {"rows": rows, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--base", type=Path, required=True, help="store of one made-up kabupaten (one bucket)")
    parser.add_argument("--out", type=Path, required=True, help="folder of the new store")
    parser.add_argument("--copies", type=int, default=5)
    parser.add_argument("--per-bucket", type=int, default=5)
    call = parser.parse_args()
    size = replicate(call.base, call.out, call.copies, call.per_bucket)
    print(f"{call.copies} kabupaten, {size / 1e9:.2f} GB")


if __name__ == "__main__":
    main()
