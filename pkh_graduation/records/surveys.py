"""Reader of survey files of Stata (.dta) and SPSS (.sav, .zsav): codes are read as codes, what the survey calls missing is missing.

Labels of values are for people and differ between editions of a questionnaire, so they are never taken for values; a mapping
says what a code means. Needs the extra `survei`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from pkh_graduation.records.arrays import numbers_array, values_array
from pkh_graduation.records.errors import RecordsError
from pkh_graduation.records.headers import header_name
from pkh_graduation.records.limits import MAX_CELLS_OF_BYTE
from pkh_graduation.records.raw import RawPart

SURVEYS = (".dta", ".sav", ".zsav")
"""Endings of the files read here."""
_DAMAGED = "{name} cannot be read as a survey file: it is damaged, incomplete or of an edition we do not know. Export it again."


def read_survey(path: Path, name: str) -> RawPart:
    """Read one survey file; row numbers count from 1, as there is no header line.

    Numbers are numbers, dates dates, text text. Stata's .a to .z and the user-missing values of SPSS become missing, and a
    notice counts them; another notice names the columns whose labels were left aside.

    Raises:
        RecordsError: the extra is not installed, the file is damaged, or two headers are one when case is left aside.
    """
    frame, about = _read(path, name)
    titles = {str(column): header_name(str(column)) for column in frame.columns}
    twice = sorted({title for title in titles.values() if list(titles.values()).count(title) > 1})
    if twice:
        raise RecordsError(f"{name}: columns {twice} occur twice. Rename or remove one of each.")
    hidden = {column: _hidden(frame[column], about, column) for column in titles}
    table = {title: _array(frame[column], hidden[column]) for column, title in titles.items()}
    gone = {titles[column]: int(mask.sum()) for column, mask in hidden.items() if mask.any()}
    labelled = [title for column, title in titles.items() if column in about.variable_value_labels]
    rows = np.arange(1, len(frame) + 1, dtype=np.int64)
    return RawPart(name, pa.table(table), rows, (), _notices(name, gone, labelled))


def _read(path: Path, name: str) -> tuple[pd.DataFrame, Any]:
    try:
        import pyreadstat
    except ImportError as error:
        raise RecordsError(
            f"{name} is a survey file. Install what reads it: pip install 'pkh-graduation[survei]', or export it as CSV."
        ) from error
    read = pyreadstat.read_dta if path.suffix.casefold() == ".dta" else pyreadstat.read_sav
    try:
        _, about = read(str(path), metadataonly=True)
        if (about.number_rows or 0) * (about.number_columns or 1) > MAX_CELLS_OF_BYTE * path.stat().st_size:
            raise RecordsError(_DAMAGED.format(name=name))  # it would be filled up with rows that are not there
        frame, about = read(str(path), user_missing=True)
    except (pyreadstat.ReadstatError, pyreadstat.PyreadstatError, ValueError, OverflowError, OSError) as error:
        raise RecordsError(_DAMAGED.format(name=name)) from error
    if not all(isinstance(column, str) for column in frame.columns):  # a variable whose name is gone
        raise RecordsError(_DAMAGED.format(name=name))
    return frame, about


def _hidden(values: pd.Series, about: Any, column: str) -> np.ndarray:
    """Which cells hold what the survey calls missing; shape (n,)."""
    mask = values.isin(list(about.missing_user_values.get(column, ()))).to_numpy(dtype=bool)
    for span in about.missing_ranges.get(column, ()):
        mask = mask | _inside(values, span)
    return mask


def _inside(values: pd.Series, span: Mapping[str, Any]) -> np.ndarray:
    low, high = span["lo"], span["hi"]
    if isinstance(low, str) or isinstance(high, str):
        return values.isin([low, high]).to_numpy(dtype=bool)
    numbers = pd.to_numeric(values, errors="coerce")
    return ((numbers >= low) & (numbers <= high)).to_numpy(dtype=bool)


def _array(values: pd.Series, hidden: np.ndarray) -> pa.Array:
    missing = hidden | values.isna().to_numpy()
    if pd.api.types.is_numeric_dtype(values):
        return numbers_array(values.to_numpy(dtype=np.float64, na_value=np.nan), missing)
    given = [None if gone else value for value, gone in zip(values.tolist(), missing, strict=True)]
    if not all(isinstance(value, int | float | None) for value in given):
        return values_array(given)
    return numbers_array(np.array([np.nan if value is None else float(value) for value in given]), missing)


def _notices(name: str, gone: Mapping[str, int], labelled: Sequence[str]) -> tuple[str, ...]:
    notices = []
    if gone:
        told = ", ".join(f"{column} {count}" for column, count in gone.items())
        notices.append(f"{name}: {sum(gone.values())} isian berkode hilang dibaca kosong ({told}).")
    if labelled:
        notices.append(f"{name}: kode dibaca sebagai kode; label nilai tidak dipakai pada {', '.join(labelled)}.")
    return tuple(notices)
