"""Erasure: a family's rows taken out of everything an output folder keeps, whatever command wrote it.

Tables lose the rows; finished parts of a run are removed whole, since they are computed again from the changed store; text files
lose the lines. What holds a trace that cannot be cut out is named, never passed over; so is what cannot be read.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
import zlib
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pkh_graduation.stores.cipher import CipherError
from pkh_graduation.stores.files import DamagedError, write_json
from pkh_graduation.stores.parts import digest_of
from pkh_graduation.stores.tables import SHARED, open_store
from pkh_graduation.stores.text_erasure import LINES, erase_text, rewrite

_FAMILY = ("kpm", "kpm_lama_key", "kpm_baru_key")
"""Integer columns that name a family."""
_PSEUDONYM = ("kpm_id", "kpm_lama", "kpm_baru")
_GIVEN_BACK = "pkh:"
"""Mark of a pseudonym that comes back from the field."""
_UNREADABLE = (
    OSError, ValueError, RuntimeError, EOFError, pa.ArrowException, zipfile.BadZipFile, zlib.error, CipherError,
)  # fmt: skip
"""What readers of tables, archives, texts and sealed files say of a damaged or closed one."""


@contextmanager
def noted(path: Path, unread: list[Path] | None) -> Iterator[None]:
    """Go on after a file that cannot be read or changed, and note it in ``unread``; without such a list, stop and name it.

    Raises:
        DamagedError: the file cannot be read, and there is no list. OSError: the system's own word, likewise.
    """
    try:
        yield
    except _UNREADABLE as error:
        if unread is not None:
            unread.append(path)
            return
        if isinstance(error, CipherError) or getattr(error, "errno", None) is not None:
            raise
        raise DamagedError(
            f"{path} cannot be read: it is damaged, or is not what its name says. Put a copy back in its place, or move it out of "
            "the folder."
        ) from None


def erase_from_store(folder: Path, families: Collection[str], unread: list[Path] | None = None) -> int:
    """Take families (``kpm_id``) out of all tables of a store; returns the rows removed. Once more does no harm.

    ``unread``: takes the tables that cannot be read; the others are cut all the same.

    Raises:
        StoreError: the folder is no finished store. DamagedError: a table cannot be read, and there is no ``unread``.
    """
    store = open_store(folder)
    manifest: dict[str, Any] = json.loads(json.dumps(dict(store.manifest)))
    places = {f"bucket={name}": content["files"] for name, content in manifest["buckets"].items()}
    removed, changed = 0, {}
    for place, files in {**places, SHARED: manifest["shared"]}.items():
        for table, known in files.items():
            path = folder / place / f"{table}.parquet"
            rows = known["rows"]
            with noted(path, unread):
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


def erase_from_outputs(
    out: Path, families: Collection[str], skip: Collection[str], unread: list[Path] | None = None
) -> dict[str, int]:
    """Take families out of all tables and texts under ``out``, but for the folders named by ``skip``.

    ``unread``: takes the files that cannot be read or changed; the others are cut all the same.

    Returns:
        Files whose rows were cut (``tables``), parts to be computed again (``parts``), texts whose lines were cut (``texts``).

    Raises:
        DamagedError: a file cannot be read, and there is no ``unread``.
    """
    done = {"tables": 0, "parts": 0, "texts": 0}
    for path in list(_files(out, skip)):
        with noted(path, unread):
            kind = _erase_file(path, out, families)
            if kind:
                done[kind] += 1
    return done


def _erase_file(path: Path, out: Path, families: Collection[str]) -> str:
    """Cut the families out of one file; returns what was done, if anything."""
    if path.suffix == ".parquet":
        if _is_part(path) and _holds(path, families):
            path.with_suffix(".json").unlink()
            path.unlink()
            return "parts"
        return "tables" if _erase_rows(path, families) else ""
    if path.suffix in (*LINES, ".json") and path.is_file():  # the mark of a part may just have gone
        return "texts" if erase_text(path, out, families) else ""
    return ""


def rows_about(folder: Path, families: Collection[str], skip: Collection[str]) -> dict[str, pd.DataFrame]:
    """Rows about the families in every table under a folder, by the table's path, but for the folders to skip.

    Raises:
        DamagedError: a table cannot be read: what it holds would be missing from the answer.
    """
    found = {}
    for path in _files(folder, skip):
        if path.suffix == ".parquet":
            with noted(path, None):
                hit = _rows_of(path, families)
                if hit is not None and hit.any():
                    frame = pd.read_parquet(path)[hit]
                    plain = frame.index.names == [None]
                    found[path.relative_to(folder).as_posix()] = frame if plain else frame.reset_index()
    return found


def traces(out: Path, words: Collection[str], skip: Collection[str], unread: list[Path] | None = None) -> list[Path]:
    """Files under ``out`` in whose name, text or cells one of the words still stands, but for the folders to skip.

    Tables are searched for cells that are the word, workbooks and other archives member by member, all else byte by byte.
    What cannot be read may hold anything: it is among them, or in ``unread`` where such a list is given.
    """
    sought = [word.encode() for word in words]
    found: list[Path] = []
    closed: list[Path] = []
    for path in _files(out, skip):
        with noted(path, closed):
            if _stands_in(path, words, sought):
                found.append(path)
    if unread is None:
        return sorted([*found, *closed])
    unread.extend(closed)
    return found


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
    kept = frame.reset_index(drop=True) if frame.index.names == [None] else frame
    rewrite(path, kept.to_parquet(None, compression="zstd"))
    return int(hit.sum())
