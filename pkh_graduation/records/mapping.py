"""Mapping: how another layout's files and columns are ours, in TOML, so that most exports need no code.

::

    [[tabel]]
    nama = "keluarga"                  # our table
    berkas = "DTSEN*.csv"              # files of the folder, * and ? allowed; one file may feed several tables
    lembar = "Data"                    # sheet of a workbook, else the one named like the table, else the first
    format_tanggal = "dmy"             # dmy, mdy or ymd; else decided from each column
    tanda_desimal = ","                # , or . ; else decided from each column
    [tabel.kolom]                      # their column = our column; columns that are ours by name need no line
    nomor_kartu_keluarga = "no_kk"
    [tabel.nilai.status_rumah]         # our column: their value = our value
    "Milik Sendiri" = "1"
    [tabel.tetap]                      # our column = one value for all rows
    versi_kode = "dtsen"
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pkh_graduation.records.dates import FORMATS
from pkh_graduation.records.errors import RecordsError, did_you_mean
from pkh_graduation.records.layout import header_name
from pkh_graduation.records.raw import RawPart
from pkh_graduation.records.schemas import TABLES

_WORDS = ("nama", "berkas", "lembar", "format_tanggal", "tanda_desimal", "kolom", "nilai", "tetap")


@dataclass(frozen=True)
class Block:
    """One ``[[tabel]]``: which files feed which table, and how their columns and values are ours."""

    table: str
    files: str
    sheet: str = ""
    date_order: str = ""
    decimal_mark: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)

    @property
    def headers(self) -> set[str]:
        """Headers by which a header line of these files is recognised."""
        return {*self.columns, *TABLES[self.table].names}


def read_mapping(path: Path) -> tuple[Block, ...]:
    """Read a mapping.

    Raises:
        RecordsError: it cannot be read, or names a table, column or setting that does not exist (with the nearest that does).
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise RecordsError(f"The mapping {path.name} cannot be read as TOML: {error}.") from error
    strange = sorted(content.keys() - {"tabel"})
    if strange or not isinstance(content.get("tabel"), list):
        raise RecordsError(f"The mapping {path.name} needs [[tabel]] blocks and nothing else; it also has {strange}.")
    return tuple(_block(path.name, number, block) for number, block in enumerate(content["tabel"], start=1))


def _block(file: str, number: int, content: Mapping[str, Any]) -> Block:
    where = f"Mapping {file}, [[tabel]] number {number}"
    for word in content:
        if word not in _WORDS:
            raise RecordsError(f"{where}: {word!r} is no setting. {did_you_mean(word, _WORDS)}")
    table = str(content.get("nama", ""))
    if table not in TABLES:
        raise RecordsError(f"{where}: there is no table {table!r}. {did_you_mean(table, TABLES)}")
    if not content.get("berkas"):
        raise RecordsError(f'{where}: say which files it is about, for example berkas = "DTSEN*.csv".')
    _check_choice(where, "format_tanggal", content.get("format_tanggal", ""), FORMATS)
    _check_choice(where, "tanda_desimal", content.get("tanda_desimal", ""), (",", "."))
    columns = {header_name(source): str(target) for source, target in content.get("kolom", {}).items()}
    _check_targets(where, table, [*columns.values(), *content.get("nilai", {}), *content.get("tetap", {})])
    values = {column: {str(a): str(b) for a, b in pairs.items()} for column, pairs in content.get("nilai", {}).items()}
    constants = {column: _constant(value) for column, value in content.get("tetap", {}).items()}
    order = str(content.get("format_tanggal", ""))
    mark = str(content.get("tanda_desimal", ""))
    sheet = str(content.get("lembar", ""))
    return Block(table, str(content["berkas"]), sheet, order, mark, columns, values, constants)


def _constant(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _check_choice(where: str, setting: str, value: str, choices: tuple[str, ...]) -> None:
    if value and value not in choices:
        raise RecordsError(f"{where}: {setting} = {value!r} is not one of {list(choices)}.")


def _check_targets(where: str, table: str, targets: list[str]) -> None:
    for target in targets:
        if target not in TABLES[table].names:
            raise RecordsError(
                f"{where}: table {table!r} has no column {target!r}. {did_you_mean(target, TABLES[table].names)}"
            )


def apply_block(block: Block, part: RawPart) -> RawPart:
    """A file's columns and values in our words.

    Raises:
        RecordsError: the file lacks a column that the mapping names, or two of its columns become one.
    """
    missing = sorted(set(block.columns) - set(part.table.column_names))
    if missing:
        raise RecordsError(f"{part.name} lacks the columns {missing} that the mapping names.")
    names = [block.columns.get(name, name) for name in part.table.column_names]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise RecordsError(f"{part.name}: under the mapping, columns {twice} would exist twice. Map only one to each.")
    table = part.table.rename_columns(names)
    for column, pairs in block.values.items():
        if column in names:
            table = table.set_column(names.index(column), column, _translated(table.column(column), pairs))
    for column, value in block.constants.items():
        if column in names:
            raise RecordsError(f"{part.name} already has a column for {column!r}; take it out of [tabel.tetap].")
        table = table.append_column(column, pa.array([value] * len(part.rows), type=pa.large_string()))
    settings = {"format_tanggal": block.date_order, "tanda_desimal": block.decimal_mark}
    return RawPart(part.name, table, part.rows, part.broken, part.notices, settings)


def _translated(values: pa.ChunkedArray, pairs: Mapping[str, str]) -> pa.ChunkedArray:
    """Values replaced where a pair names them; case and outer spaces do not matter."""
    encoded = pc.dictionary_encode(pc.cast(values, pa.large_string())).combine_chunks()
    wanted = {theirs.strip().casefold(): ours for theirs, ours in pairs.items()}
    words = [wanted.get(word.strip().casefold(), word) for word in encoded.dictionary.to_pylist() if word is not None]
    return pa.chunked_array([pa.array(words, type=pa.large_string()).take(encoded.indices)])
