"""Mapping: how another layout's files and columns are ours, in TOML, so that most exports need no code.

::

    [perlu]                            # what no file of this layout says and the caller must (--fill tanggal=2025-09-30)
    tanggal = "tanggal data ditarik, misalnya 2025-09-30"
    [[tabel]]
    nama = "keluarga"                  # our table
    berkas = "DTSEN*.csv"              # files of the folder, * and ? allowed; one file may feed several tables
    lembar = "Data"                    # sheet of a workbook, else the one named like the table, else the first
    bentuk = "verkom"                  # a sheet that is no plain table (`shapes`)
    format_tanggal = "dmy"             # dmy, mdy or ymd; else decided from each column
    tanda_desimal = ","                # , or . ; else decided from each column
    wajib = ["nomor_kartu_keluarga"]   # their columns that must be there; without this line, all that are named below
    [tabel.kolom]                      # their column = our column; columns that are ours by name need no line
    nomor_kartu_keluarga = "no_kk"
    [tabel.nilai.status_rumah]         # our column: their value = our value
    "Milik Sendiri" = "1"
    [tabel.gabung]                     # our column = several of our columns, joined
    penyaluran_id = ["no_kk", "tahun", "tahap"]
    [tabel.tetap]                      # our column = one value for all rows; {word} is a word of [perlu]
    versi_kode = "dtsen"
    tanggal_pemutakhiran = "{tanggal}"

Layouts that many offices have are shipped (`layouts/`) and are called by their name.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pkh_graduation.records.dates import FORMATS
from pkh_graduation.records.errors import RecordsError, did_you_mean
from pkh_graduation.records.headers import header_name
from pkh_graduation.records.limits import MAX_MAPPING
from pkh_graduation.records.raw import RawPart
from pkh_graduation.records.schemas import TABLES
from pkh_graduation.records.shapes import SHAPES

_WORDS = (
    "nama", "berkas", "lembar", "bentuk", "format_tanggal", "tanda_desimal", "wajib", "kolom", "nilai", "gabung", "tetap",
)  # fmt: skip
_GAP = re.compile(r"\{(\w+)\}")


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
    joined: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    needed: tuple[str, ...] | None = None
    shape: str = ""
    fill: Mapping[str, str] = field(default_factory=dict)

    @property
    def headers(self) -> set[str]:
        """Headers by which a header line of these files is recognised."""
        return {*self.columns, *TABLES[self.table].names}


def layouts() -> tuple[str, ...]:
    """Names of the shipped layouts."""
    folder = resources.files(__package__).joinpath("layouts")
    return tuple(sorted(entry.name.removesuffix(".toml") for entry in folder.iterdir() if entry.name.endswith(".toml")))


def read_mapping(source: str | Path, fill: Mapping[str, str] | None = None) -> tuple[Block, ...]:
    """Read a mapping: a shipped layout by its name, or a TOML file. ``fill``: what its ``[perlu]`` asks for.

    Raises:
        RecordsError: it cannot be read, names a table, column or setting that does not exist (with the nearest that does), or
            something it needs was not given.
    """
    name, text = _text(source)
    try:
        content = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise RecordsError(f"The mapping {name} cannot be read as TOML: {_why(error)}.") from error
    strange = sorted(content.keys() - {"tabel", "perlu"})
    if strange or not isinstance(content.get("tabel"), list):
        raise RecordsError(f"The mapping {name} needs [[tabel]] blocks, may have [perlu], and has {strange} besides.")
    needs = content.get("perlu", {})
    if not isinstance(needs, dict) or not all(isinstance(block, dict) for block in content["tabel"]):
        raise RecordsError(f"The mapping {name} needs [perlu] and [[tabel]] as tables, not as values.")
    given = _filled(name, needs, fill or {})
    return tuple(_block(name, number, block, given) for number, block in enumerate(content["tabel"], start=1))


def read_mappings(sources: Sequence[str | Path], fill: Mapping[str, str] | None = None) -> tuple[Block, ...]:
    """Blocks of several mappings, one after the other."""
    return tuple(block for source in sources for block in read_mapping(source, fill))


def _why(error: Exception) -> str:
    return "it is nested too deeply" if isinstance(error, RecursionError) else str(error)[:200]


def _text(source: str | Path) -> tuple[str, str]:
    if str(source) in layouts():
        return str(source), resources.files(__package__).joinpath("layouts", f"{source}.toml").read_text(
            encoding="utf-8"
        )
    path = Path(source)
    try:
        if path.stat().st_size > MAX_MAPPING:
            raise RecordsError(f"The mapping {path.name} is larger than {MAX_MAPPING >> 20} MB; it is no mapping.")
        return path.name, path.read_text(encoding="utf-8-sig")
    except RecordsError:
        raise
    except (OSError, ValueError) as error:
        raise RecordsError(
            f"The mapping {path.name} cannot be read as TOML: {_why(error)}. Shipped layouts are {list(layouts())}."
        ) from error


def _filled(name: str, needs: Mapping[str, Any], fill: Mapping[str, str]) -> Mapping[str, str]:
    """What the caller gave of what the mapping needs; a need with ``bawaan`` has a default."""
    for word, need in needs.items():
        if not isinstance(need, str) and not (isinstance(need, dict) and isinstance(need.get("arti"), str)):
            raise RecordsError(f"The mapping {name}: [perlu] says what {word!r} means, as text or as {{ arti = ... }}.")
    defaults = {
        word: str(need["bawaan"]) for word, need in needs.items() if isinstance(need, dict) and "bawaan" in need
    }
    given = defaults | {
        word: str(value).strip() for word, value in fill.items() if word in needs and str(value).strip()
    }
    missing = {
        word: need["arti"] if isinstance(need, dict) else str(need) for word, need in needs.items() if word not in given
    }
    if missing:
        asked = "; ".join(f"--fill {word}=... ({meaning})" for word, meaning in missing.items())
        raise RecordsError(f"Files of the layout {name} do not say everything. Give {asked}.")
    return given


def _block(file: str, number: int, content: Mapping[str, Any], given: Mapping[str, str]) -> Block:
    where = f"Mapping {file}, [[tabel]] number {number}"
    for word in content:
        if word not in _WORDS:
            raise RecordsError(f"{where}: {word!r} is no setting. {did_you_mean(word, _WORDS)}")
    _check_kinds(where, content)
    table = str(content.get("nama", ""))
    if table not in TABLES:
        raise RecordsError(f"{where}: there is no table {table!r}. {did_you_mean(table, TABLES)}")
    if not content.get("berkas"):
        raise RecordsError(f'{where}: say which files it is about, for example berkas = "DTSEN*.csv".')
    _check_choice(where, "format_tanggal", content.get("format_tanggal", ""), FORMATS)
    _check_choice(where, "tanda_desimal", content.get("tanda_desimal", ""), (",", "."))
    _check_choice(where, "bentuk", content.get("bentuk", ""), tuple(SHAPES))
    columns = {header_name(source): str(target) for source, target in content.get("kolom", {}).items()}
    joined = {str(column): tuple(map(str, parts)) for column, parts in content.get("gabung", {}).items()}
    ours = [*columns.values(), *content.get("nilai", {}), *content.get("tetap", {}), *joined, *sum(joined.values(), ())]
    _check_targets(where, table, ours)
    return Block(
        table,
        str(content["berkas"]),
        sheet=str(content.get("lembar", "")),
        date_order=str(content.get("format_tanggal", "")),
        decimal_mark=str(content.get("tanda_desimal", "")),
        columns=columns,
        values={
            column: {str(a): str(b) for a, b in pairs.items()} for column, pairs in content.get("nilai", {}).items()
        },
        constants={column: _constant(where, value, given) for column, value in content.get("tetap", {}).items()},
        joined=joined,
        needed=tuple(map(header_name, content["wajib"])) if "wajib" in content else None,
        shape=str(content.get("bentuk", "")),
        fill=given,
    )


_KINDS = {"wajib": list, "kolom": dict, "nilai": dict, "gabung": dict, "tetap": dict}


def _check_kinds(where: str, content: Mapping[str, Any]) -> None:
    """Refuse a setting that is a list where a table of words belongs, and the like."""
    words = {list: "a list of words", dict: "a table", str: "a word"}
    for setting, value in content.items():
        kind = _KINDS.get(setting, str)
        if not isinstance(value, kind):
            raise RecordsError(f"{where}: {setting} must be {words[kind]}.")
    lists = [*([content["wajib"]] if content.get("wajib") else []), *content.get("gabung", {}).values()]
    plain = [*content.get("kolom", {}).values(), *content.get("tetap", {}).values()]
    for pairs in content.get("nilai", {}).values():
        plain += pairs.values() if isinstance(pairs, dict) else [pairs, []]
    for one in lists:
        plain += one if isinstance(one, list) and one else [[]]
    if any(isinstance(value, list | dict) for value in plain):
        raise RecordsError(f"{where}: kolom, nilai, gabung, tetap and wajib hold words, and lists of words, only.")


def _constant(where: str, value: Any, given: Mapping[str, str]) -> str:
    def word(match: re.Match[str]) -> str:
        if match[1] not in given:
            raise RecordsError(
                f"{where}: {{{match[1]}}} in [tabel.tetap] is no word of [perlu], which has {sorted(given)}."
            )
        return given[match[1]]

    return str(value).lower() if isinstance(value, bool) else _GAP.sub(word, str(value))


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
    wanted = block.columns if block.needed is None else block.needed
    missing = sorted(set(wanted) - set(part.table.column_names))
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
    table = _with_constants(block, part, table)
    for column, parts in block.joined.items():
        texts = [
            pc.fill_null(pc.cast(table.column(one), pa.large_string()), "")
            for one in parts
            if one in table.column_names
        ]
        table = table.append_column(column, pc.binary_join_element_wise(*texts, pa.scalar("|", pa.large_string())))
    settings = {"format_tanggal": block.date_order, "tanda_desimal": block.decimal_mark}
    return RawPart(part.name, table, part.rows, part.broken, part.notices, settings)


def _with_constants(block: Block, part: RawPart, table: pa.Table) -> pa.Table:
    for column, value in block.constants.items():
        if column in table.column_names:
            raise RecordsError(f"{part.name} already has a column for {column!r}; take it out of [tabel.tetap].")
        table = table.append_column(column, pa.repeat(pa.scalar(value, type=pa.large_string()), len(part.rows)))
    return table


def _translated(values: pa.ChunkedArray, pairs: Mapping[str, str]) -> pa.ChunkedArray:
    """Values replaced where a pair names them; case and outer spaces do not matter."""
    encoded = pc.dictionary_encode(pc.cast(values, pa.large_string())).combine_chunks()
    wanted = {theirs.strip().casefold(): ours for theirs, ours in pairs.items()}
    words = [wanted.get(word.strip().casefold(), word) for word in encoded.dictionary.to_pylist() if word is not None]
    return pa.chunked_array([pa.array(words, type=pa.large_string()).take(encoded.indices)])
