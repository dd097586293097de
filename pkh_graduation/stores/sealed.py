"""Sealed tables: a whole frame in one piece, or rows in small blocks of which a reader opens only those it needs.

A block file: mark, length of the head, head, blocks; each piece sealed on its own (`cipher`). The head names the columns, holds
the rows' keys (int64, ascending) and the size of each block; it is bound to the file's name, each block to the head and its
place. Inside a block a cell ends with the unit separator of ASCII, a row with the record separator, and missing is NUL.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from pkh_graduation.stores.cipher import Cipher, CipherError
from pkh_graduation.stores.files import write_bytes

ROWS = 8
"""Rows of a block: few, so that 300 scattered families cost little; many, so that a million rows are few pieces."""
_MARK = b"PKHB"
_CELL, _ROW, _MISSING = "\x1f", "\x1e", "\x00"
_ESCAPES = {"\x1b": "\x1bA", _ROW: "\x1bB", _CELL: "\x1bC", _MISSING: "\x1bD"}
"""How our own marks are written where a cell holds them; the first of them must be replaced first, and restored last."""


def seal_frame(path: Path, frame: pd.DataFrame, cipher: Cipher, name: str) -> Path:
    """Write a frame, sealed in one piece; equal frames give equal bytes."""
    table = pa.Table.from_pandas(frame, preserve_index=False)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_file(sink, table.schema, options=pa.ipc.IpcWriteOptions(compression="zstd")) as writer:
        writer.write_table(table)
    return write_bytes(path, cipher.seal(sink.getvalue().to_pybytes(), name), private=True)


def unseal_frame(path: Path, cipher: Cipher, name: str) -> pd.DataFrame:
    """Read what `seal_frame` wrote.

    Raises:
        CipherError: see `Cipher.open`. FileNotFoundError: no such file.
    """
    content = cipher.open(path.read_bytes(), name)
    return pa.ipc.open_file(pa.py_buffer(content)).read_all().to_pandas()


def write_rows(path: Path, frame: pd.DataFrame, keys: np.ndarray, cipher: Cipher, name: str) -> Path:
    """Write a frame in sealed blocks; ``keys`` (int64, one per row, ascending) say which rows a reader may ask for.

    Columns are text (``str``) or ``Int32``. Equal frames give equal bytes.

    Raises:
        ValueError: the keys are not in order.
    """
    if (np.diff(keys) < 0).any():
        raise ValueError("rows must be written in the order of their keys.")
    cells, escaped = _cells(frame)
    content, bounds = _joined(cells)
    mark = hashlib.sha256(content).hexdigest()
    blocks = [
        cipher.seal(content[start:end], f"{name}#{mark}#{number}")
        for number, (start, end) in enumerate(pairwise(bounds))
    ]
    types = {str(column): str(frame[column].dtype) for column in frame.columns}
    told = json.dumps({"columns": types, "rows": len(frame), "content": mark, "escaped": escaped}).encode()
    sizes = np.array([len(block) for block in blocks], dtype="<i8")
    sealed = cipher.seal(told + b"\n" + np.asarray(keys, dtype="<i8").tobytes() + sizes.tobytes(), name)
    return write_bytes(path, b"".join((_MARK, len(sealed).to_bytes(8, "little"), sealed, *blocks)), private=True)


def _cells(frame: pd.DataFrame) -> tuple[list[pa.Array], bool]:
    """Columns as text, missing cells marked, and whether some cell holds one of our own marks."""
    columns = [pa.array(frame[name], from_pandas=True).cast(pa.large_string()) for name in frame.columns]
    strange = any(pc.any(pc.match_substring_regex(column, "[\\x00\\x1b\\x1e\\x1f]")).as_py() for column in columns)
    if strange:
        for sign, written in _ESCAPES.items():
            columns = [pc.replace_substring(column, sign, written) for column in columns]
    return [pc.fill_null(column, _MISSING) for column in columns], strange


def _joined(cells: list[pa.Array]) -> tuple[bytes, list[int]]:
    """All rows as bytes, and where each block of them begins, with the end of the last."""
    if not cells or not len(cells[0]):
        return b"", [0]
    end = pa.scalar(_ROW, type=pa.large_string())
    rows = pc.binary_join_element_wise(*cells, end, pa.scalar(_CELL, type=pa.large_string()))
    offsets = np.frombuffer(rows.buffers()[1], dtype=np.int64)[rows.offset : rows.offset + len(rows) + 1]
    content = rows.buffers()[2].to_pybytes()[offsets[0] : offsets[-1]]
    ends = offsets[np.minimum(np.arange(ROWS, len(rows) + ROWS, ROWS), len(rows))] - offsets[0]
    return content, [0, *ends.tolist()]


@dataclass(frozen=True)
class SealedRows:
    """A block file whose head was opened. ``keys``: key of each row, ascending; ``starts``: where each block lies, and the end."""

    path: Path
    name: str
    cipher: Cipher
    head: dict[str, Any]
    keys: np.ndarray
    starts: np.ndarray

    def positions(self, wanted: np.ndarray) -> np.ndarray:
        """Rows that have one of the wanted keys (distinct), ascending."""
        left, right = np.searchsorted(self.keys, wanted, "left"), np.searchsorted(self.keys, wanted, "right")
        counts = right - left
        steps = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        return np.sort(np.repeat(left, counts) + steps)

    def read(self, positions: np.ndarray | None = None) -> pd.DataFrame:
        """The rows at some positions (ascending), or all of them.

        Raises:
            CipherError: a block was changed, moved or cut off.
        """
        wanted = range(len(self.starts) - 1) if positions is None else np.unique(positions // ROWS).tolist()
        blocks = dict(self._blocks(wanted))
        if positions is None:
            rows = [row for number in wanted for row in blocks[number]]
        else:
            rows = [blocks[place // ROWS][place % ROWS] for place in positions.tolist()]
        lines = [row[:-1].split(_CELL) for row in rows]
        types = self.head["columns"]
        columns = zip(*lines, strict=True) if lines else ([] for _ in types)
        return pd.DataFrame({name: self._column(cells, kind) for (name, kind), cells in zip(types.items(), columns, strict=True)},
                            copy=False)  # fmt: skip

    def _column(self, cells: Sequence[str], kind: str) -> Any:
        texts: list[str | None] = [None if cell == _MISSING else cell for cell in cells]
        if self.head["escaped"]:
            for sign, written in reversed(_ESCAPES.items()):
                texts = [text.replace(written, sign) if text is not None else None for text in texts]
        array = pa.array(texts, type=pa.large_string())
        if kind == "str":
            return pd.array(array, dtype="str")
        return pd.Int32Dtype().__from_arrow__(array.cast(pa.int32()))

    def _blocks(self, wanted: Sequence[int]) -> Iterator[tuple[int, list[str]]]:
        with self.path.open("rb") as file:
            for number in wanted:
                file.seek(int(self.starts[number]))
                sealed = file.read(int(self.starts[number + 1] - self.starts[number]))
                text = self.cipher.open(sealed, f"{self.name}#{self.head['content']}#{number}").decode()
                yield number, text.split(_ROW)[:-1]


def open_rows(path: Path, cipher: Cipher, name: str) -> SealedRows:
    """Open the head of a block file.

    Raises:
        CipherError: no block file, changed, cut short, or under another name or key. FileNotFoundError: no such file.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        told, _, numbers = cipher.open(_sealed_head(file, path, size), name).partition(b"\n")
        start = file.tell()
    head = json.loads(told)
    rows = head["rows"]
    keys, sizes = np.split(np.frombuffer(numbers, dtype="<i8"), [rows])
    starts = start + np.concatenate([[0], np.cumsum(sizes, dtype=np.int64)])
    if size != starts[-1]:
        raise CipherError(f"{path} was cut short or lengthened: restore it, or ingest the exports again.")
    return SealedRows(path, name, cipher, head, keys, starts)


def _sealed_head(file: BinaryIO, path: Path, size: int) -> bytes:
    mark, length = file.read(len(_MARK)), int.from_bytes(file.read(8), "little")
    if mark != _MARK or length > size:
        raise CipherError(f"{path} is no sealed table, or was cut short: restore it, or ingest the exports again.")
    return file.read(length)
