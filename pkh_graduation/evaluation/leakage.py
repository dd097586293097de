"""The leakage doctor: does a table hold what could not have been known, or what only repeats the answer?

In: anybody's table of one row per family and as-of date, and what its columns are. Out: findings in words, most serious first.
A finding is a suspicion with its evidence, and says what to do; a table without findings is not thereby proven clean. No
message ever holds a value of the table: columns are named, rows are counted.

What is looked for follows the types of leakage of Kapoor and Narayanan (2023) that a single table can show.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

SEVERE, MODERATE, NOTE = "severe", "moderate", "note"
"""A figure made from the table means nothing; it may mislead; worth knowing, and no reason to stop."""
SEVERITIES = (SEVERE, MODERATE, NOTE)

_DAYS = (-10_000, 60_000)
"""Days since 1970-01-01 that a date can lie at: 1942 to 2134."""


class RolesError(ValueError):
    """The table does not have the columns that it is said to have, or they are not what they are said to be."""


@dataclass(frozen=True)
class Roles:
    """What the columns of a table are; every other column is taken for a feature.

    Args:
        as_of: date of each row, on which its features are said to have been known.
        entity: whom the row is about, such as the family.
        label: 1 or 0 (true or false, ``mandiri`` or another way out); missing where it is not known.
        known: for columns with the day on which the row's facts became known (dates, or int epoch days).
        fold: which fold a row belongs to.
        horizon: tahap after ``as_of`` within which the label is told; with ``cutoff``, the last day of knowledge, and
            ``lag_days``, the reporting lag, it decides which labels can be mature.
        forbidden: names of columns that hold or echo the decision.
        set_aside: columns that are kept for people and are no features.
    """

    as_of: str | None = None
    entity: str | None = None
    label: str | None = None
    known: tuple[str, ...] = ()
    fold: str | None = None
    horizon: int | None = None
    cutoff: dt.date | None = None
    lag_days: int = 0
    forbidden: Collection[str] = ()
    set_aside: tuple[str, ...] = ()

    @property
    def named(self) -> list[str]:
        """Columns with a role, in no role twice."""
        single = [name for name in (self.as_of, self.entity, self.label, self.fold) if name is not None]
        return list(dict.fromkeys([*single, *self.known, *self.set_aside]))

    def features(self, table: pd.DataFrame) -> list[str]:
        """Names of all columns without a role."""
        return [name for name in table.columns if name not in self.named]


@dataclass(frozen=True)
class Finding:
    """One suspicion: what kind, how serious, in which column (empty: the whole table), in words, and what to do."""

    code: str
    severity: str
    column: str
    message: str
    remedy: str
    evidence: Mapping[str, float] = field(default_factory=dict)

    @property
    def sentence(self) -> str:
        """All of it in one line."""
        return f"{self.severity}: {self.message} {self.remedy}"


def inspect_table(table: pd.DataFrame, roles: Roles) -> tuple[Finding, ...]:
    """Everything suspicious about a table, most serious first, then in the order of the columns.

    Raises:
        RolesError: a named column is absent, a date cannot be read, or the label is not binary.
    """
    from pkh_graduation.evaluation import leakage_echoes, leakage_names, leakage_rows, leakage_time

    table = table.reset_index(drop=True)
    checked = check_roles(table, roles)
    found = [
        *leakage_time.findings(table, checked),
        *leakage_names.findings(table, checked),
        *leakage_rows.findings(table, checked),
        *leakage_echoes.findings(table, checked),
    ]
    place = {name: number for number, name in enumerate(table.columns)}
    return tuple(sorted(found, key=lambda one: (SEVERITIES.index(one.severity), place.get(one.column, -1), one.code)))


@dataclass(frozen=True)
class Checked:
    """Roles with their columns read: ``as_of`` and ``known`` as dates, ``label`` as 0.0, 1.0 or missing, ``entity`` as codes."""

    roles: Roles
    features: list[str]
    as_of: pd.Series | None
    known: Mapping[str, pd.Series]
    label: pd.Series | None
    entity: pd.Series | None


def check_roles(table: pd.DataFrame, roles: Roles) -> Checked:
    """Read the columns that have a role.

    Raises:
        RolesError: says which column is not what it is said to be; shows no value.
    """
    absent = [name for name in roles.named if name not in table.columns]
    if absent:
        raise RolesError(f"the table has no column {absent}; name its columns by the options of the command.")
    if table.columns.has_duplicates:
        raise RolesError("two columns of the table have the same name; rename one, or nobody can say which is meant.")
    return Checked(
        roles,
        roles.features(table),
        None if roles.as_of is None else _dates(table[roles.as_of], roles.as_of),
        {name: _dates(table[name], name) for name in roles.known},
        None if roles.label is None else _label(table[roles.label], roles.label),
        None if roles.entity is None else _entities(table[roles.entity]),
    )


def _entities(column: pd.Series) -> pd.Series:
    """A code per entity; rows that name nobody are each one of their own."""
    codes, names = pd.factorize(column)
    blank = codes < 0
    codes[blank] = len(names) + np.arange(int(blank.sum()))
    return pd.Series(codes, index=column.index)


def read_dates(column: pd.Series) -> pd.Series | None:
    """A column as dates if it is one: dates, or text of which all that is there begins as ISO dates do; else nothing."""
    if pd.api.types.is_datetime64_any_dtype(column):
        return column.dt.tz_localize(None) if column.dt.tz is not None else column
    if pd.api.types.is_numeric_dtype(column) or not column.notna().any():
        return None
    text = column.dropna().astype(str)
    if not text.str.match(r"\d{4}-\d{2}-\d{2}").all():
        return None
    return pd.to_datetime(column.astype("str").str[:10], format="%Y-%m-%d", errors="coerce")


def _dates(column: pd.Series, name: str) -> pd.Series:
    if pd.api.types.is_integer_dtype(column) and not pd.api.types.is_bool_dtype(column):
        days = column.dropna()
        if not days.between(*_DAYS).all():
            raise RolesError(
                f"column {name!r} holds whole numbers that are no days since 1970-01-01: write dates as 2025-09-30, not 20250930."
            )
        return pd.to_datetime(column.astype("Int64"), unit="D", errors="coerce")
    dates = read_dates(column)
    if dates is None:
        raise RolesError(
            f"column {name!r} is to hold dates, and does not: write them as 2025-09-30 (or int epoch days)."
        )
    return dates


def _label(column: pd.Series, name: str) -> pd.Series:
    known = column.dropna()
    if pd.api.types.is_numeric_dtype(column) and known.isin([0, 1]).all():
        return column.astype("Float64").astype(float)
    if not pd.api.types.is_numeric_dtype(column) and known.astype(str).isin(["mandiri"]).any():
        return (column.astype("str") == "mandiri").astype(float).where(column.notna())
    raise RolesError(
        f"label {name!r} is neither 0/1 nor a way out with 'mandiri' among its words; make it one of these."
    )
