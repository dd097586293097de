"""An export folder: which of its files are which table, read one by one; what belongs to no table is reported."""

from __future__ import annotations

import fnmatch
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pkh_graduation.contracts import Progress, quiet
from pkh_graduation.records.columnar import read_columnar
from pkh_graduation.records.delimited import read_delimited, text_lines
from pkh_graduation.records.errors import RecordsError, nearest
from pkh_graduation.records.mapping import Block, apply_block
from pkh_graduation.records.raw import RawPart
from pkh_graduation.records.schemas import TABLES
from pkh_graduation.records.shapes import SHAPES
from pkh_graduation.records.workbook import book_lines, read_workbook

SYNTHETIC = "sintetis.toml"
"""A folder that holds this file holds made-up records."""

_TEXT = (".csv", ".txt", ".tsv")
_BOOK = (".xlsx", ".xlsm", ".xls", ".ods")
_KINDS = (*_TEXT, *_BOOK, ".parquet")


@dataclass(frozen=True)
class Export:
    """A folder sorted out: files per table with the mapping block that applies, and what belongs to no table."""

    files: Mapping[str, tuple[tuple[Path, Block | None], ...]]
    notices: tuple[str, ...]
    synthetic: bool


def sort_out(folder: Path, blocks: Sequence[Block] = (), more: Sequence[Path] = ()) -> Export:
    """Tell which files of a folder are which table.

    ``more``: further folders in our own layout, such as answers from the field; their files come after the folder's, and
    those that are no table of ours are left aside. Folders that are not there hold nothing.

    Raises:
        RecordsError: there is no such folder, or a mapping block matches no file.
    """
    if not folder.is_dir():
        raise RecordsError(f"There is no folder {folder}. Give the folder with one file or folder per table.")
    files: dict[str, list[tuple[Path, Block | None]]] = {}
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
    for own in (place for place in more if place.is_dir()):
        for path in _data_files(own):
            if _table_of(own, path) in TABLES and path.suffix.casefold() in _KINDS:
                files.setdefault(_table_of(own, path), []).append((path, None))
    if unused:
        patterns = sorted(blocks[i].files for i in unused)
        raise RecordsError(
            f"No file of {folder.name} matches {patterns} of the mapping. Correct the names or the folder."
        )
    ordered = {table: tuple(files[table]) for table in TABLES if table in files}
    return Export(ordered, tuple(notices), (folder / SYNTHETIC).is_file())


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


def read_parts(folder: Path, table: str, export: Export, progress: Progress = quiet) -> list[RawPart]:
    """Read the files of one table.

    Raises:
        RecordsError: a file cannot be read, or has no known header.
    """
    parts = []
    for path, block in export.files[table]:
        home = folder if path.is_relative_to(folder) else path.parent.parent
        name = path.relative_to(home).as_posix()
        progress(f"membaca {name}")
        part = _read(path, name, table, block)
        parts.append(apply_block(block, part) if block else part)
    return parts


def _read(path: Path, name: str, table: str, block: Block | None) -> RawPart:
    expected = block.headers if block else set(TABLES[table].names)
    kind = path.suffix.casefold()
    if block and block.shape:
        lines = book_lines(path, name, block.sheet) if kind in _BOOK else text_lines(path)
        return SHAPES[block.shape](name, lines, block.fill)
    if kind == ".parquet":
        return read_columnar(path, name)
    if kind in _BOOK:
        return read_workbook(path, name, expected, (block.sheet if block else "") or table)
    return read_delimited(path, name, expected)
