"""Erasure: a family's rows taken out of everything an output folder keeps, whatever command wrote it.

Tables lose the rows; finished parts of a run are removed whole, since they are computed again from the changed store; text files
lose the lines. What holds a trace that cannot be cut out is named, never passed over.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pkh_graduation.stores.files import write_frame, write_json, write_text
from pkh_graduation.stores.parts import digest_of
from pkh_graduation.stores.tables import SHARED, open_store

_FAMILY = ("kpm", "kpm_lama_key", "kpm_baru_key")
"""Integer columns that name a family."""
_PSEUDONYM = ("kpm_id", "kpm_lama", "kpm_baru")
_LINES = (".csv", ".jsonl", ".txt", ".md")
_GIVEN_BACK = "pkh:"
"""Mark of a pseudonym that comes back from the field."""


def erase_from_store(folder: Path, families: Collection[str]) -> int:
    """Take families (``kpm_id``) out of all tables of a store; returns the rows removed. Once more does no harm.

    Raises:
        StoreError: the folder is no finished store.
    """
    store = open_store(folder)
    manifest: dict[str, Any] = json.loads(json.dumps(dict(store.manifest)))
    places = {f"bucket={name}": content["files"] for name, content in manifest["buckets"].items()}
    removed, changed = 0, {}
    for place, files in {**places, SHARED: manifest["shared"]}.items():
        for table, known in files.items():
            path = folder / place / f"{table}.parquet"
            removed += _erase_rows(path, families)
            rows = pq.read_metadata(path).num_rows
            if rows != known["rows"]:
                manifest["tables"][table] -= known["rows"] - rows
                known |= {"rows": rows, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
                changed[f"{place}/{table}"] = known["sha256"]
    if changed:
        manifest["digest"] = digest_of(manifest["digest"], changed)
        write_json(folder / "manifest.json", manifest)
    return removed


def erase_from_outputs(out: Path, families: Collection[str], skip: Collection[str]) -> dict[str, int]:
    """Take families out of all tables and texts under ``out``, but for the folders named by ``skip``.

    Returns:
        Files whose rows were cut (``tables``), parts to be computed again (``parts``), texts whose lines were cut (``texts``).
    """
    done = {"tables": 0, "parts": 0, "texts": 0}
    for path in _files(out, skip):
        if path.suffix == ".parquet":
            if _is_part(path) and _holds(path, families):
                path.with_suffix(".json").unlink()
                path.unlink()
                done["parts"] += 1
            elif _erase_rows(path, families):
                done["tables"] += 1
        elif path.suffix in (*_LINES, ".json") and _erase_text(path, families):
            done["texts"] += 1
    return done


def rows_about(folder: Path, families: Collection[str], skip: Collection[str]) -> dict[str, pd.DataFrame]:
    """Rows about the families in every table under a folder, by the table's path, but for the folders to skip."""
    found = {}
    for path in _files(folder, skip):
        if path.suffix == ".parquet":
            hit = _rows_of(path, families)
            if hit is not None and hit.any():
                frame = pd.read_parquet(path)[hit]
                plain = frame.index.names == [None]
                found[path.relative_to(folder).as_posix()] = frame if plain else frame.reset_index()
    return found


def traces(out: Path, words: Collection[str], skip: Collection[str]) -> list[Path]:
    """Files under ``out`` in whose name, text or cells one of the words still stands, but for the folders to skip.

    Tables are searched for cells that are the word, workbooks and other archives member by member, all else byte by byte.
    """
    sought = [word.encode() for word in words]
    return [path for path in _files(out, skip) if _stands_in(path, words, sought)]


def _stands_in(path: Path, words: Collection[str], sought: Collection[bytes]) -> bool:
    if any(word in path.name for word in words):
        return True
    if path.suffix == ".parquet":
        return _in_cells(path, words)
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            return any(word in archive.read(name) for name in archive.namelist() for word in sought)
    content = path.read_bytes()
    return any(word in content for word in sought)


def _in_cells(path: Path, words: Collection[str]) -> bool:
    file = pq.ParquetFile(path)
    texts = [
        field.name
        for field in file.schema_arrow
        if pa.types.is_string(field.type) or pa.types.is_large_string(field.type)
    ]
    marked = pa.array([*words, *(_GIVEN_BACK + word for word in words)])
    table = file.read(columns=texts)
    return any(pc.any(pc.is_in(pc.cast(column, pa.string()), value_set=marked)).as_py() for column in table.columns)


def _is_part(path: Path) -> bool:
    """Whether a table is a finished part of a run, which the next run makes again when its mark is gone (`parts`)."""
    mark = path.with_suffix(".json")
    return path.name.startswith("bucket=") and mark.is_file() and '"inputs"' in mark.read_text(encoding="utf-8")


def _files(out: Path, skip: Collection[str]) -> Iterator[Path]:
    for path in sorted(out.rglob("*")):
        if path.is_file() and path.relative_to(out).parts[0] not in skip:
            yield path


def _rows_of(path: Path, families: Collection[str]) -> np.ndarray | None:
    """Mask of a Parquet file's rows about the families; None where it has no column that names a family."""
    names = pq.read_schema(path).names
    texts, numbers = [n for n in _PSEUDONYM if n in names], [n for n in _FAMILY if n in names]
    if not texts and not numbers:
        return None
    frame = pq.read_table(path, columns=[*texts, *numbers]).to_pandas(ignore_metadata=True)
    marked = [*families, *(_GIVEN_BACK + family for family in families)]
    integers = [int(family[1:], 16) for family in families]
    hit = np.zeros(len(frame), dtype=bool)
    for name in texts:
        hit |= frame[name].isin(marked).to_numpy(dtype=bool)
    for name in numbers:
        hit |= frame[name].isin(integers).to_numpy(dtype=bool)
    return hit


def _holds(path: Path, families: Collection[str]) -> bool:
    hit = _rows_of(path, families)
    return hit is not None and bool(hit.any())


def _erase_rows(path: Path, families: Collection[str]) -> int:
    hit = _rows_of(path, families)
    if hit is None or not hit.any():
        return 0
    frame = pd.read_parquet(path)[~hit]
    write_frame(path, frame.reset_index(drop=True) if frame.index.names == [None] else frame)
    return int(hit.sum())


def _erase_text(path: Path, families: Collection[str]) -> bool:
    text = path.read_text(encoding="utf-8", errors="surrogateescape")
    if not any(family in text for family in families):
        return False
    if path.suffix == ".json":
        write_json(path, _pruned(json.loads(text), families))
    else:
        kept = [line for line in text.splitlines(keepends=True) if not any(family in line for family in families)]
        write_text(path, "".join(kept))
    return True


def _pruned(content: Any, families: Collection[str]) -> Any:
    """JSON content without the entries of lists and the members of objects that name a family."""
    if isinstance(content, list):
        return [_pruned(item, families) for item in content if not _names(item, families)]
    if isinstance(content, dict):
        return {
            key: _pruned(value, families)
            for key, value in content.items()
            if key not in families and not (isinstance(value, str) and _names(value, families))
        }
    return content


def _names(item: Any, families: Collection[str]) -> bool:
    text = json.dumps(item, ensure_ascii=False)
    return any(family in text for family in families)
