"""`doctor`: anybody's table (CSV or Parquet) through the leakage doctor; nothing is written, no value is ever shown."""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from pkh_graduation.contracts import Progress, quiet
from pkh_graduation.evaluation.leakage import NOTE, SEVERITIES, Finding, Roles, inspect_table
from pkh_graduation.features.feature import FORBIDDEN

SEPARATORS = ",;\t|"


def examine(
    table: Path,
    *,
    as_of_column: str | None = None,
    entity: str | None = None,
    label: str | None = None,
    known_columns: Sequence[str] = (),
    fold_column: str | None = None,
    horizon: int | None = None,
    cutoff: dt.date | None = None,
    lag_days: int = 0,
    set_aside: Sequence[str] = (),
    progress: Progress = quiet,
) -> dict[str, Any]:
    """Figures of one examination: rows, columns, findings by severity, and each finding in words.

    Columns that the catalogue forbids to models are known to be of the decision. ``clean`` is true when there is nothing
    but notes.

    Raises:
        RolesError: a named column is absent or is not what it is said to be.
        ValueError: the file cannot be read as a table.
    """
    frame = read_table(table)
    roles = Roles(
        as_of=as_of_column, entity=entity, label=label, known=tuple(known_columns), fold=fold_column, horizon=horizon,
        cutoff=cutoff, lag_days=lag_days, set_aside=tuple(set_aside),
        forbidden=frozenset(column for columns in FORBIDDEN.values() for column in columns),
    )  # fmt: skip
    findings = inspect_table(frame, roles)
    for finding in findings:
        progress(finding.sentence)
    return {
        "table": str(table),
        "rows": len(frame),
        "features": len(roles.features(frame)),
        **{severity: sum(one.severity == severity for one in findings) for severity in SEVERITIES},
        "clean": all(one.severity == NOTE for one in findings),
        "findings": {f"{number:03d}": _plain(one) for number, one in enumerate(findings, start=1)},
    }


def read_table(path: Path) -> pd.DataFrame:
    """A CSV (any of the usual separators) or a Parquet file or folder; an index that was saved with it becomes columns.

    Raises:
        ValueError: it is neither, is empty, or cannot be read; the words of the reader, which may quote a cell, are withheld.
    """
    try:
        if path.is_dir() or path.suffix.lower() in (".parquet", ".pq"):
            frame = pd.read_parquet(path)
        else:
            frame = pd.read_csv(path, sep=_separator(path), low_memory=False)
    except (OSError, ValueError, UnicodeDecodeError) as error:
        raise ValueError(
            f"{path} cannot be read as CSV or Parquet ({type(error).__name__}): check file and encoding."
        ) from None
    named = [name for name in frame.index.names if name is not None]
    frame = frame.reset_index(level=named) if named else frame
    if frame.empty:
        raise ValueError(f"{path} holds no row, so there is nothing to examine.")
    return frame.reset_index(drop=True)


def _separator(path: Path) -> str:
    """The separator that splits the first line most."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        first = next(iter(csv.reader([file.readline()], delimiter="\0")), [""])
    line = first[0] if first else ""
    return max(SEPARATORS, key=line.count)


def _plain(finding: Finding) -> dict[str, Any]:
    return {
        "code": finding.code, "severity": finding.severity, "column": finding.column, "message": finding.message,
        "remedy": finding.remedy, "evidence": {name: round(float(value), 4) for name, value in finding.evidence.items()},
    }  # fmt: skip
