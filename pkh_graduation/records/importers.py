"""Importers: files of a layout that many offices have, read alone, before they join the other exports of an ingest.

What comes back still holds identifiers, as the files do: it is for looking at and for tests, and is kept nowhere. `ingest` with
``mapping="dtsen"`` reads the same files the same way, and replaces every identifier by its pseudonym.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from pkh_graduation.contracts import Quarantine
from pkh_graduation.records.checks import check
from pkh_graduation.records.findings import FINDING_COLUMNS, QUARANTINE_COLUMNS
from pkh_graduation.records.folder import Export, read_parts
from pkh_graduation.records.income import one_income
from pkh_graduation.records.mapping import Block, read_mapping
from pkh_graduation.records.schemas import TABLES
from pkh_graduation.records.shelf import Shelf
from pkh_graduation.records.typed import Typed, type_table


@dataclass(frozen=True)
class Imported:
    """Accepted rows per table of ours (typed, with identifiers), the rows set aside, what was noted, and notices of files."""

    tables: Mapping[str, pd.DataFrame]
    quarantine: Quarantine
    findings: pd.DataFrame
    notices: tuple[str, ...]


def import_file(path: str | Path, layout: str | Path, *, fill: Mapping[str, str] | None = None) -> Imported:
    """Read one file of a layout (a shipped one by its name, or a mapping), whatever the file is called.

    Every row of the file is accepted or set aside, once for each table that the file feeds.

    Raises:
        RecordsError: the file cannot be read, lacks a column the layout needs, or ``fill`` lacks something.
    """
    file = Path(path)
    files: dict[str, list[tuple[Path, Block | None]]] = {}
    for block in read_mapping(layout, fill):
        files.setdefault(block.table, []).append((file, replace(block, files=file.name)))
    export = Export({table: tuple(files[table]) for table in TABLES if table in files}, (), False)
    shelf = Shelf.of(export.files)
    typed = [_typed(file.parent, table, export, shelf) for table in export.files]
    lines = [one.findings.lines([part.name for part in one.parts]) for one in typed]
    return Imported(
        {one.schema.name: one.frame[one.accepted].reset_index(drop=True) for one in typed},
        Quarantine(_joined([some.quarantine for some in lines], QUARANTINE_COLUMNS), _counts(typed)),
        _joined([some.findings for some in lines], FINDING_COLUMNS),
        tuple(notice for one in typed for notice in one.notices),
    )


def _typed(folder: Path, table: str, export: Export, shelf: Shelf) -> Typed:
    parts = read_parts(folder, table, export, shelf=shelf)
    return check(type_table(TABLES[table], [one_income(part) for part in parts]))


def _joined(frames: Sequence[pd.DataFrame], columns: Sequence[str]) -> pd.DataFrame:
    filled = [frame for frame in frames if len(frame)]
    return pd.concat(filled, ignore_index=True) if filled else pd.DataFrame(columns=list(columns))


def _counts(typed: Sequence[Typed]) -> pd.DataFrame:
    rejected = {one.schema.name: one.findings.rejected() for one in typed}
    rows = {
        "rows_in": [len(rows) for rows in rejected.values()],
        "rows_accepted": [int((~rows).sum()) for rows in rejected.values()],
        "rows_quarantined": [int(rows.sum()) for rows in rejected.values()],
    }
    return pd.DataFrame(rows, index=pd.Index(list(rejected), name="tabel"))


def _importer(layout: str, what: str) -> Callable[..., Imported]:
    def read(path: str | Path, **fill: str) -> Imported:
        return import_file(path, layout, fill=fill)

    read.__doc__ = (
        f"{what} (`import_file` with layout ``{layout}``; keywords fill what the layout's ``[perlu]`` asks for)."
    )
    read.__name__ = read.__qualname__ = f"from_{layout}"
    return read


from_dtsen_csv = _importer("dtsen", "DTSEN family CSV")
from_regsosek = _importer("regsosek", "Regsosek members by question number")
from_dinsos_xlsx = _importer("epkh", "Dinsos / e-PKH list")
from_penyaluran = _importer("penyaluran", "Payment list")
from_verkom_csv = _importer("verkom", "VERKOM school attendance")
from_daftar_hadir = _importer("daftar_hadir", "Group-attendance sheet")
from_kpm_sheets = _importer("kpm_sheets", "KPM workbook of a spreadsheet app")
