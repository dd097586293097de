"""An export folder: which of its files are which table, read one by one; what belongs to no table is reported."""

from __future__ import annotations

import fnmatch
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pkh_graduation.contracts import Progress, quiet
from pkh_graduation.records.columnar import read_columnar
from pkh_graduation.records.databases import Database, TableSource
from pkh_graduation.records.errors import RecordsError, nearest
from pkh_graduation.records.layout import lay_out
from pkh_graduation.records.mapping import Block, apply_block
from pkh_graduation.records.raw import RawPart
from pkh_graduation.records.schemas import TABLES
from pkh_graduation.records.shapes import SHAPES
from pkh_graduation.records.shelf import BOOKS, Shelf
from pkh_graduation.records.surveys import SURVEYS, read_survey

SYNTHETIC = "sintetis.toml"
"""A folder that holds this file holds made-up records."""

_TEXT = (".csv", ".txt", ".tsv")
_KINDS = (*_TEXT, *BOOKS, *SURVEYS, ".parquet")
_Files = dict[str, list[tuple[Path | TableSource, Block | None]]]


@dataclass(frozen=True)
class Export:
    """A folder or database sorted out: files per table with the mapping block that applies, and what belongs to no table."""

    files: Mapping[str, tuple[tuple[Path | TableSource, Block | None], ...]]
    notices: tuple[str, ...]
    synthetic: bool


def sort_out(folder: Path | Database, blocks: Sequence[Block] = (), more: Sequence[Path] = ()) -> Export:
    """Tell which files of a folder, or tables of a database, are which table.

    ``more``: further folders in our own layout, such as answers from the field; their files come after the folder's, and
    those that are no table of ours are left aside. Folders that are not there hold nothing.

    Raises:
        RecordsError: there is no such folder, or a mapping block matches no file.
    """
    if isinstance(folder, Database):
        found, told = folder.sources(blocks)
        return Export(_ordered({table: [*some] for table, some in found.items()}, more), told, False)
    if not folder.is_dir():
        raise RecordsError(f"There is no folder {folder}. Give the folder with one file or folder per table.")
    files: _Files = {}
    notices: list[str] = []
    unused = set(range(len(blocks)))
    for path in _data_files(folder):
        claimed = [i for i, block in enumerate(blocks) if _matches(folder, path, block)]
        unused -= set(claimed)
        for i in claimed:
            files.setdefault(blocks[i].table, []).append((path, blocks[i]))
        if not claimed:
            table = _table_of(folder, path)
            if table in TABLES and path.suffix.casefold() in _KINDS:
                files.setdefault(table, []).append((path, None))
            else:
                notices.append(_stranger(folder, path, table))
    if unused:
        patterns = sorted(blocks[i].files for i in unused)
        raise RecordsError(
            f"No file of {folder.name} matches {patterns} of the mapping. Correct the names or the folder."
        )
    return Export(_ordered(files, more), tuple(notices), (folder / SYNTHETIC).is_file())


def _ordered(files: _Files, more: Sequence[Path]) -> dict[str, tuple[tuple[Path | TableSource, Block | None], ...]]:
    """Files per table in the order of the tables, each with those of ``more`` at the end."""
    for own in (place for place in more if place.is_dir()):
        for path in _data_files(own):
            if _table_of(own, path) in TABLES and path.suffix.casefold() in _KINDS:
                files.setdefault(_table_of(own, path), []).append((path, None))
    return {table: tuple(files[table]) for table in TABLES if table in files}


def _data_files(folder: Path) -> list[Path]:
    """Files in the order of their paths; hidden ones, done-marks and lock files of spreadsheets left aside."""
    found = [path for path in folder.rglob("*") if path.is_file() and path.name != SYNTHETIC]
    visible = [path for path in found if not any(part[0] in "._~" for part in path.relative_to(folder).parts)]
    return sorted(visible, key=lambda path: path.relative_to(folder).as_posix())


def _matches(folder: Path, path: Path, block: Block) -> bool:
    return fnmatch.fnmatch(path.relative_to(folder).as_posix().casefold(), block.files.casefold())


def _table_of(folder: Path, path: Path) -> str:
    """Name of the table by the name of the file, or of the folder that holds its parts."""
    relative = path.relative_to(folder)
    return relative.parts[0].casefold() if len(relative.parts) > 1 else relative.name.split(".")[0].casefold()


def _stranger(folder: Path, path: Path, table: str) -> str:
    name = path.relative_to(folder).as_posix()
    if table in TABLES:
        return f"{name}: jenis berkas tidak dibaca; simpan sebagai CSV, XLSX, atau Parquet."
    near = nearest(table, TABLES)
    return f"{name}: tidak cocok dengan tabel mana pun, tidak dibaca." + (f" Maksudnya {near!r}?" if near else "")


def read_parts(
    folder: Path | Database, table: str, export: Export, progress: Progress = quiet, shelf: Shelf | None = None
) -> list[RawPart]:
    """Read the files of one table. ``shelf``: where files lie that several tables are made from.

    Raises:
        RecordsError: a file cannot be read, or has no known header.
    """
    shelf = shelf or Shelf.of(export.files)
    parts = []
    for source, block in export.files[table]:
        name = _name(folder, source)
        progress(f"membaca {name}")
        part = _read(source, name, table, block, shelf)
        parts.append(apply_block(block, part) if block else part)
    return parts


def _name(folder: Path | Database, source: Path | TableSource) -> str:
    if isinstance(source, TableSource):
        return source.title
    root = folder if isinstance(folder, Path) and source.is_relative_to(folder) else source.parent.parent
    return source.relative_to(root).as_posix()


def _read(source: Path | TableSource, name: str, table: str, block: Block | None, shelf: Shelf) -> RawPart:
    expected = block.headers if block else set(TABLES[table].names)
    if isinstance(source, TableSource):
        return source.read(expected)
    kind = source.suffix.casefold()
    if not (block and block.shape):
        if kind in SURVEYS:
            return read_survey(source, name)
        if kind == ".parquet":
            return read_columnar(source, name)
    grid = shelf.take(source, name, (block.sheet if block else "") or table)
    if block and block.shape:
        return SHAPES[block.shape](name, grid, block.fill)
    return lay_out(name, grid, expected)
