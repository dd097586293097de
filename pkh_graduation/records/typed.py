"""One table, all its files, typed: a frame in which every declared column exists, and the findings of reading it.

Texts are categoricals here (cheap to compare, hash and re-key); they become plain text when the table is canonical.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from pkh_graduation.records.findings import Findings
from pkh_graduation.records.headers import shown_headers
from pkh_graduation.records.parsing import WORDS, Settings, parse_column, target_type
from pkh_graduation.records.raw import RawPart
from pkh_graduation.records.schemas import DERIVED, TableSchema

_PANDAS = {pa.int64(): pd.Int64Dtype(), pa.int32(): pd.Int32Dtype(), pa.float64(): pd.Float64Dtype()}


@dataclass(frozen=True)
class Typed:
    """Typed rows of a table before they are judged.

    ``frame``: (n, declared columns); ``findings``: positions below n are rows of the frame, the others are rows that were set
    aside while reading; ``given``: columns that at least one file holds; ``parts``: for looking up original values.
    """

    schema: TableSchema
    frame: pd.DataFrame
    findings: Findings
    parts: tuple[RawPart, ...]
    given: frozenset[str]
    notices: tuple[str, ...]

    def originals(self, column: str, positions: np.ndarray) -> list[str | None]:
        """The texts that stood in a column, as they were read; shape (len(positions),)."""
        starts = np.cumsum([0, *(len(part.rows) for part in self.parts)])
        texts: list[str | None] = [None] * len(positions)
        owner = np.searchsorted(starts, positions, side="right") - 1
        for number in np.unique(owner):
            part = self.parts[number]
            if column in part.table.column_names:
                asked = np.flatnonzero(owner == number)
                for i, text in zip(asked, _take(part, column, positions[asked] - starts[number]), strict=True):
                    texts[i] = text
        return texts

    def report(self, rule: str, column: str, mask: np.ndarray) -> None:
        """Report the rows of a mask, with what stood in the column."""
        positions = np.flatnonzero(mask)
        self.findings.add(rule, column, positions, self.originals(column, positions))

    @property
    def accepted(self) -> np.ndarray:
        """Mask of the rows of the frame that no rule rejects; shape (n,)."""
        return ~self.findings.rejected()[: len(self.frame)]

    def with_frame(self, frame: pd.DataFrame) -> Typed:
        """The same table with other columns."""
        return replace(self, frame=frame)


def _take(part: RawPart, column: str, positions: np.ndarray) -> list[str | None]:
    values = part.table.column(column).take(pa.array(positions))
    if pa.types.is_dictionary(values.type):
        values = pc.cast(values, values.type.value_type)
    return [None if value is None else str(value) for value in values.to_pylist()]


def type_table(schema: TableSchema, parts: Sequence[RawPart]) -> Typed:
    """Read every declared column of every file of a table."""
    findings = _findings(schema, parts)
    offset = 0
    tables = []
    guesses: list[str] = []
    for part in parts:
        tables.append(_type_part(schema, part, findings, offset, guesses))
        offset += len(part.rows)
    frame = _frame(tables[0] if len(tables) == 1 else pa.concat_tables(tables).unify_dictionaries().combine_chunks())
    given = frozenset(name for part in parts for name in part.table.column_names if name in schema.names)
    notices = [notice for part in parts for notice in (*part.notices, *_unknown(schema, part))]
    return Typed(schema, frame, findings, tuple(parts), given, (*notices, *guesses))


def _findings(schema: TableSchema, parts: Sequence[RawPart]) -> Findings:
    """Findings over data rows first, then over the rows set aside while reading, which are reported at once."""
    broken = [(i, bad) for i, part in enumerate(parts) for bad in part.broken]
    files = [np.full(len(part.rows), i) for i, part in enumerate(parts)]
    rows = [part.rows for part in parts]
    for i, bad in broken:
        files.append(np.full(bad.rows, i))
        rows.append(np.arange(bad.row, bad.row + bad.rows))
    findings = Findings(schema.name, np.concatenate(files).astype(np.int64), np.concatenate(rows).astype(np.int64))
    position = sum(len(part.rows) for part in parts)
    by_rule: dict[str, tuple[list[int], list[str | None]]] = {}
    for _, bad in broken:
        positions, details = by_rule.setdefault(bad.rule, ([], []))
        positions += range(position, position + bad.rows)
        details += [bad.detail] * bad.rows
        position += bad.rows
    for rule, (positions, details) in by_rule.items():
        findings.add(rule, "", np.array(positions, dtype=np.int64), details)
    return findings


def _type_part(schema: TableSchema, part: RawPart, findings: Findings, offset: int, notices: list[str]) -> pa.Table:
    """Typed columns of one file. What breaks a rule goes to ``findings``, what had to be guessed to ``notices``."""
    settings = Settings(part.settings.get("format_tanggal", ""), part.settings.get("tanda_desimal", ""))
    columns: dict[str, pa.Array] = {}
    for column in schema.columns:
        if column.name not in part.table.column_names:
            columns[column.name] = pa.nulls(len(part.rows), target_type(column))
            continue
        parsed = parse_column(column, part.table.column(column.name), settings)
        columns[column.name] = parsed.values
        if parsed.taken:
            notices.append(f"{part.name}: kolom {column.name} tidak jelas; dibaca {parsed.taken}.")
        for hit in parsed.reported:
            findings.add(hit.rule, column.name, hit.positions + offset, _take(part, column.name, hit.positions))
    return pa.table(columns)


def _frame(table: pa.Table) -> pd.DataFrame:
    return pd.DataFrame({name: _values(table.column(name)) for name in table.column_names}, copy=False)


def _values(values: pa.ChunkedArray) -> Any:
    if values.type == WORDS:
        chunk = values.chunk(0) if values.num_chunks else pa.array([], type=WORDS)
        codes = np.asarray(pc.fill_null(chunk.indices, -1)).astype(np.int32)
        return pd.Categorical.from_codes(codes, _categories(chunk.dictionary))
    return _PANDAS[values.type].__from_arrow__(values)


def _categories(words: pa.Array) -> pd.Index:
    return pd.Index(pd.array(words, dtype="str"))


def _unknown(schema: TableSchema, part: RawPart) -> list[str]:
    """One notice per file for columns that are not declared, and one for those that are always recomputed."""
    known = {*schema.names, *DERIVED}
    strange = [name for name in part.table.column_names if name not in schema.names]
    derived = [name for name in strange if name in DERIVED]
    others = [name for name in strange if name not in DERIVED]
    notices = []
    if others:
        shown = shown_headers(others, part.table.column_names, known)
        notices.append(f"{part.name}: kolom tidak dikenal tidak disimpan: {shown}.")
    if derived:
        notices.append(f"{part.name}: kolom turunan dihitung ulang, tidak dibaca: {', '.join(derived)}.")
    return notices
