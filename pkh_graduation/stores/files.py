"""Files written whole or not at all: a neighbour is written first, then takes the place of the old file."""

from __future__ import annotations

import errno
import json
import os
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from glob import escape
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

_FULL = (errno.ENOSPC, errno.EDQUOT)
_CLOSED = (errno.EROFS,)
_NOT_OURS = (errno.EACCES, errno.EPERM)


class DiskError(OSError):
    """A folder cannot take a file: full, read-only, or not ours. What was there before is still there."""


class DamagedError(ValueError):
    """A file that a command wrote cannot be read any more."""


def write_bytes(path: Path, content: bytes, *, private: bool = False) -> Path:
    """Write a file atomically, making its folder first; returns the path. ``private``: readable by its owner only.

    Raises:
        DiskError: the disk is full, or the folder may not be written.
    """
    with _neighbour(path) as neighbour:
        if private:
            os.close(os.open(neighbour, os.O_CREAT | os.O_WRONLY, 0o600))
        neighbour.write_bytes(content)
    return path


def write_text(path: Path, content: str) -> Path:
    """Write UTF-8 text atomically, with the same line ends on every system."""
    return write_bytes(path, content.encode("utf-8"))


def write_json(path: Path, content: Mapping[str, Any]) -> Path:
    """Write JSON atomically, keys sorted, so that equal content gives equal bytes. Not-a-numbers are refused."""
    return write_text(path, json.dumps(content, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n")


def write_frame(
    path: Path, frame: pd.DataFrame, *, rows_per_group: int | None = None, numbered: Collection[str] = ()
) -> Path:
    """Write a frame as Parquet (zstd) atomically; the index is kept as columns of the same names.

    ``rows_per_group``: rows that a reader can leave unread at once; pyarrow's own choice by default. ``numbered``: see
    `encodings`.

    Raises:
        DiskError: the disk is full, or the folder may not be written.
    """
    how = encodings(frame.columns, numbered) if numbered else {}
    with _neighbour(path) as neighbour:
        frame.to_parquet(neighbour, compression="zstd", row_group_size=rows_per_group, **how)
    return path


def read_frame(path: Path, columns: Sequence[str] | None = None, *, coded: Sequence[str] = ()) -> pd.DataFrame:
    """Read a Parquet file, all of it or some columns; those in ``coded`` come as categories.

    Raises:
        OSError: it is not there, or the system does not let it be read.
        DamagedError: it is no Parquet any more, or lacks a column.
    """
    with _told_where(path):
        return pd.read_parquet(path, columns=None if columns is None else list(columns), read_dictionary=list(coded))


def columns_of(path: Path) -> list[str]:
    """Names of the columns of a Parquet file; raises as `read_frame`."""
    with _told_where(path):
        return list(pq.read_schema(path).names)


@contextmanager
def _told_where(path: Path) -> Iterator[None]:
    """What a reader says of a damaged file as a sentence; its own words could quote a cell."""
    try:
        yield
    except (pa.ArrowInvalid, OSError) as error:
        if isinstance(error, FileNotFoundError) or getattr(error, "errno", None) is not None:
            raise  # the system's own word: not there, not ours, a failing disk
        raise DamagedError(
            f"{path} cannot be read: it is damaged, or another version wrote it. Put a copy back in its place; "
            "or, if a command makes it, remove it and run that command again."
        ) from None


def encodings(columns: Iterable[str], numbered: Collection[str]) -> dict[str, Any]:
    """How pyarrow is to encode columns of which the ``numbered`` hold integers that hardly two rows share.

    A dictionary of these would be larger than they are, and slow to look up: they are kept as differences. Others are as
    pyarrow has them.
    """
    names = list(columns)
    return {
        "use_dictionary": [name for name in names if name not in numbered],
        "column_encoding": {name: "DELTA_BINARY_PACKED" for name in names if name in numbered},
    }


@contextmanager
def _neighbour(path: Path) -> Iterator[Path]:
    """A file beside ``path`` that takes its place when all went well, and goes when not; those that a kill left go too."""
    neighbour = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        for left in filter(is_litter, path.parent.glob(f".{escape(path.name)}.*.part")):
            _discard(left)
        yield neighbour
        neighbour.replace(path)
    except OSError as error:
        said = disk_trouble(error, writing=True)
        if said:
            raise DiskError(f"{path} was not written: {said}") from error
        raise
    finally:
        _discard(neighbour)


def _discard(neighbour: Path) -> None:
    """Remove the neighbour; where that is not allowed either, the error on its way is the one to tell."""
    try:
        neighbour.unlink(missing_ok=True)
    except OSError:
        return


def is_litter(path: Path) -> bool:
    """Whether a half-written neighbour belongs to a process that is no more."""
    writer = path.name.split(".")[-2]
    return writer.isdigit() and not _lives(int(writer))


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def disk_trouble(error: BaseException, *, writing: bool = False) -> str:
    """What a full or closed disk is to a person, looking through the causes of an error too; empty when it is none of these.

    ``writing``: the error came while writing, so a missing right is one to write.
    """
    seen: set[int] = set()
    link: BaseException | None = error
    while link is not None and id(link) not in seen:
        seen.add(id(link))
        number = link.errno if isinstance(link, OSError) else None
        if number in _FULL or (isinstance(link, sqlite3.OperationalError) and "is full" in str(link)):
            return "the disk is full. Free some space and run the command again; what was finished is kept."
        if (
            number in _CLOSED
            or (writing and number in _NOT_OURS)
            or (isinstance(link, sqlite3.OperationalError) and "readonly" in str(link))
        ):
            return "the folder may not be written. Give --out a folder of your own, or ask for the right to write."
        link = link.__cause__ or link.__context__
    return ""
