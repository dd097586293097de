"""What ingest found, row by row: collected as arrays, masked, and told apart into reading findings and quarantine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache

import numpy as np
import pandas as pd

from pkh_graduation.records.answers import NO, YES
from pkh_graduation.records.dates import MONTHS
from pkh_graduation.records.identifiers import mask, shapes_of
from pkh_graduation.records.rules import PERSONAL_RULES, RULES, TOLAK
from pkh_graduation.records.schemas import TABLES, Column

QUARANTINE_COLUMNS = ("tabel", "berkas", "baris", "kolom", "nilai_asli", "aturan", "pesan")
FINDING_COLUMNS = ("tabel", "file", "baris", "kolom", "nilai_asli", "aturan", "pesan_id", "tindakan")
SEALED_COLUMNS = ("tabel", "berkas", "baris", "kolom", "aturan", "tindakan", "nilai", "kpm")
"""What must be sealed: ``nilai``, the value as it stood where the shown one is masked; ``kpm``, the family the row is about."""


@dataclass(frozen=True)
class Hits:
    """Rows (positions in the table as read) that break one rule in one column, with the values that broke it."""

    rule: str
    column: str
    positions: np.ndarray
    originals: Sequence[str | None]


@dataclass(frozen=True)
class Lines:
    """Lines of one table: ``quarantine`` and ``findings`` are masked, ``sealed`` (`SEALED_COLUMNS`) is for the cipher only."""

    quarantine: pd.DataFrame
    findings: pd.DataFrame
    sealed: pd.DataFrame


@dataclass
class Findings:
    """All hits of one table while it is read."""

    table: str
    files: np.ndarray
    rows: np.ndarray
    hits: list[Hits] = field(default_factory=list)

    def add(self, rule: str, column: str, positions: np.ndarray, originals: Sequence[str | None] | None = None) -> None:
        """Report rows; nothing happens when there are none."""
        if len(positions):
            self.hits.append(Hits(rule, column, positions, originals or [None] * len(positions)))

    def rejected(self) -> np.ndarray:
        """Mask of the rows that at least one rule rejects; shape (n,)."""
        bad = np.zeros(len(self.rows), dtype=bool)
        for hit in self.hits:
            if RULES[hit.rule].action == TOLAK:
                bad[hit.positions] = True
        return bad

    def frames(self, names: Sequence[str]) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Quarantine lines and finding lines, in the order of the files and rows. ``names``: file names by number."""
        lines = self.lines(names)
        return lines.quarantine, lines.findings

    def lines(self, names: Sequence[str], families: np.ndarray | None = None) -> Lines:
        """All lines, and what of them must be sealed. ``families``: surrogate of each row's family, negative where unknown."""
        quarantine = _stack([self._frame(hit, names, families) for hit in self.hits if RULES[hit.rule].action == TOLAK])
        findings = _stack([self._frame(hit, names, families) for hit in self.hits if RULES[hit.rule].action != TOLAK])
        sealed = pd.concat([_sealed(quarantine), _sealed(findings)], ignore_index=True)
        kept = findings[[*QUARANTINE_COLUMNS, "tindakan"]].rename(columns={"berkas": "file", "pesan": "pesan_id"})
        return Lines(quarantine[list(QUARANTINE_COLUMNS)], kept, sealed)

    def _frame(self, hit: Hits, names: Sequence[str], families: np.ndarray | None) -> pd.DataFrame:
        schema = TABLES[self.table]
        column = schema[hit.column] if hit.column in schema.names else None
        shown = shapes_of(hit.originals) if hit.rule in PERSONAL_RULES else masked(hit.originals, column)
        hidden = [value if value != show else None for value, show in zip(hit.originals, shown, strict=True)]
        return pd.DataFrame(
            {
                "tabel": self.table,
                "berkas": [names[i] for i in self.files[hit.positions]],
                "baris": self.rows[hit.positions],
                "kolom": hit.column,
                "nilai_asli": shown,
                "aturan": hit.rule,
                "pesan": RULES[hit.rule].message,
                "tindakan": RULES[hit.rule].action,
                "nilai": pd.array(hidden, dtype="str"),
                "kpm": _families(hit.positions, families),
            }
        )


def masked(values: Sequence[str | None], column: Column | None) -> list[str]:
    """Values fit to be shown (see `identifiers.mask`), missing ones as empty text; without a column, our own words as they are."""
    if column is None:
        return [value or "" for value in values]
    if column.cls == "K" or column.kind == "id":
        return shapes_of(values)
    words = _words(column)
    distinct = [value for value in dict.fromkeys(values) if value is not None]
    shown = {value: mask(value, identifier=_hidden(value, column), words=words) for value in distinct}
    return [shown[value] if value is not None else "" for value in values]


def _hidden(value: str, column: Column) -> bool:
    """What stands in a date column without a digit: several months are names of people too."""
    return column.kind == "date" and not any(char.isdigit() for char in value)


def _words(column: Column) -> set[str]:
    """Words that may be shown in a column: those of its list, of yes and no, of amounts, of dates in a date column."""
    declared = [*column.values, *column.aliases, *column.code_labels.values()]
    own = {word for text in declared for word in text.casefold().replace("/", " ").replace("_", " ").split()}
    months = set(MONTHS) if column.kind == "date" else set()
    return own | months | YES | NO | {"rp", "juta", "ribu", "orang", "ekor"}


def _stack(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    if not frames:
        return empty_quarantine().assign(tindakan=pd.Series(dtype="str"))
    return pd.concat(frames, ignore_index=True).sort_values(["berkas", "baris"], kind="stable", ignore_index=True)


def _families(positions: np.ndarray, families: np.ndarray | None) -> pd.Series:
    """Surrogates of the families of some rows; missing where unknown, and for rows that were set aside while reading."""
    numbers = np.full(len(positions), -1, dtype=np.int64)
    if families is not None:
        there = positions < len(families)
        numbers[there] = families[positions[there]]
    return pd.Series(pd.arrays.IntegerArray(numbers, numbers < 0))


def _sealed(lines: pd.DataFrame) -> pd.DataFrame:
    """Lines that hide a value or concern a family."""
    if "kpm" not in lines:
        return empty_sealed()
    kept = lines[lines["nilai"].notna() | lines["kpm"].notna()]
    return kept[list(SEALED_COLUMNS)].astype({"nilai": "str"})


@cache
def empty_sealed() -> pd.DataFrame:
    """Sealed lines, none, with their columns."""
    kinds = {"baris": "int64", "kpm": "Int64"}
    return pd.DataFrame({name: pd.Series(dtype=kinds.get(name, "str")) for name in SEALED_COLUMNS})


@cache
def empty_quarantine() -> pd.DataFrame:
    """Quarantine without lines, with its columns."""
    return pd.DataFrame({name: pd.Series(dtype="int64" if name == "baris" else "str") for name in QUARANTINE_COLUMNS})
