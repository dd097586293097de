"""Accepted rows in their final form: pseudonyms and surrogates, the clock columns, one dtype per kind of column."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from pkh_graduation.records.clock import (
    end_known,
    event_days,
    lagged_days,
    row_keys,
    row_order,
    superseded_days,
)
from pkh_graduation.records.pseudonyms import names
from pkh_graduation.records.schemas import Column, TableSchema
from pkh_graduation.records.typed import Typed

_BIRTH = "tanggal_lahir"
"""Also kept as yyyymmdd: ages in completed years are then integer arithmetic, the same on every engine."""


def canonical(typed: Typed, surrogates: Mapping[str, np.ndarray], *, strict: bool) -> pd.DataFrame:
    """The canonical table, in the order of its record ids. Reports, as rejected, rows without a known date when ``strict``."""
    schema, frame = typed.schema, typed.frame
    day = event_days(schema, frame)
    known, estimated = known_days(typed, day, strict=strict)
    frame = _with_clock(typed, frame, day, known, estimated)
    kept = typed.accepted
    order = np.flatnonzero(kept)[np.argsort(frame["record_id"].to_numpy()[kept], kind="stable")]
    rows = frame.iloc[order]
    own = {name: numbers[order] for name, numbers in surrogates.items()}
    columns = _columns(schema, rows, own)
    columns["row_key"] = _row_key(schema, columns, own)
    clock = (columns[name].to_numpy() for name in ("row_key", "known_day", "record_id"))
    columns["superseded_day"] = pd.Series(superseded_days(*clock))
    if _BIRTH in columns:
        columns[f"{_BIRTH}_ymd"] = _ymd(columns[_BIRTH])
    return pd.DataFrame({name: values.array for name, values in columns.items()}, copy=False)


def known_days(typed: Typed, day: pd.Series, *, strict: bool) -> tuple[pd.Series, np.ndarray]:
    """Known day of each row (Int32), and the mask of those that are the event day plus the table's lag."""
    known = typed.frame["tanggal_diketahui"].astype("Int32")
    empty = known.isna().to_numpy()
    if strict:
        typed.findings.add("diketahui_kosong", "tanggal_diketahui", np.flatnonzero(empty & typed.accepted))
    if empty.any():
        known = known.fillna(lagged_days(typed.schema, typed.frame, day))
    if "diketahui_sesi" in typed.frame:
        session = typed.frame["diketahui_sesi"]
        known = known.mask((known < session).fillna(False), session)
    return known, empty


def _with_clock(
    typed: Typed, frame: pd.DataFrame, day: pd.Series, known: pd.Series, estimated: np.ndarray
) -> pd.DataFrame:
    n = len(frame)
    frame = frame.assign(
        day=day,
        known_day=known.fillna(0).to_numpy(dtype=np.int32),
        diketahui_perkiraan=estimated,
        batal=frame["batal"].fillna(False).to_numpy(dtype=bool),
        record_id=row_order(frame["versi"], typed.findings.files[:n], typed.findings.rows[:n]),
    )
    typed.findings.add("wajib_kosong", typed.schema.event, np.flatnonzero(day.isna().to_numpy() & typed.accepted))
    if typed.schema.end:
        frame["tanggal_diketahui_selesai"] = end_known(typed.schema, frame, frame["known_day"])
    return frame


def _columns(schema: TableSchema, rows: pd.DataFrame, surrogates: Mapping[str, np.ndarray]) -> dict[str, pd.Series]:
    columns: dict[str, pd.Series] = {}
    for column in schema.columns:
        if column.kind == "id":
            columns[column.name] = id_column(surrogates[column.name], column.prefix)
            number = schema.surrogate(column.name)
            if number:
                columns[number] = _surrogate_column(surrogates[column.name], nullable=not column.required)
        elif column.stored and column.name not in (schema.event, schema.known):
            columns[column.name] = _stored(column, rows[column.name])
    for name in (*_extra(schema), "record_id", "day", "known_day", "batal", "diketahui_perkiraan"):
        columns[name] = rows[name]
    return columns


def _extra(schema: TableSchema) -> tuple[str, ...]:
    """Columns that a table takes from another one."""
    return ("modul", "sesi") if schema.name == "p2k2_kehadiran" else ()


def _stored(column: Column, values: pd.Series) -> pd.Series:
    kinds = {"float": "Float64", "date": "Int32", "bool": "boolean", "int": "Int64", "money": "Int64", "code": "Int64"}
    return values.astype(kinds.get(column.kind, "str"))


def id_column(numbers: np.ndarray, prefix: str) -> pd.Series:
    """Text form of surrogates; missing where they are negative."""
    missing = numbers < 0
    texts = names(np.where(missing, 0, numbers), prefix)
    return pd.Series(texts).mask(missing) if missing.any() else pd.Series(texts)


def _surrogate_column(numbers: np.ndarray, *, nullable: bool) -> pd.Series:
    return pd.Series(pd.arrays.IntegerArray(numbers, numbers < 0)) if nullable else pd.Series(numbers)


def _ymd(days: pd.Series) -> pd.Series:
    """Epoch days (Int32) as yyyymmdd.

    >>> _ymd(pd.Series([0, None], dtype="Int32")).to_list()
    [19700101, <NA>]
    """
    dates = days.fillna(0).to_numpy(dtype="int64").astype("datetime64[D]")
    months = dates.astype("datetime64[M]").astype("int64")
    first = months.astype("datetime64[M]").astype("datetime64[D]")
    ymd = (months // 12 + 1970) * 10_000 + (months % 12 + 1) * 100 + (dates - first).astype("int64") + 1
    return pd.Series(pd.arrays.IntegerArray(ymd.astype("int32"), days.isna().to_numpy()), index=days.index)


def _row_key(schema: TableSchema, columns: Mapping[str, pd.Series], surrogates: Mapping[str, np.ndarray]) -> pd.Series:
    return pd.Series(row_keys({name: surrogates.get(name, columns.get(name)) for name in schema.key}))
