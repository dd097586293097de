"""From canonical records to the tables that the engine sees: only the columns that are read, in the engine's types."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from pkh_graduation.contracts import StoredTable
from pkh_graduation.features.algebra import Combine, FeatureError, Measure, Source
from pkh_graduation.features.expressions import REAL, TEXT
from pkh_graduation.features.feature import Feature, leaves
from pkh_graduation.features.hatch import Hatch

MAX_RECORD = 2**33
"""Record ids lie below this, so that (day, known day, record) fits into one BIGINT."""

_YMD = "_ymd"
_CLOCK_TYPES = {"record_id": "int64", "day": "Int32", "known_day": "int32", "superseded_day": "int32", "batal": "int8"}
_LINKS = "tautan_kpm"

Reads = dict[str, dict[str, str]]
"""Table -> column -> kind: what a set of features reads."""

Columns = Mapping[str, Collection[str]]
"""Table -> columns: what the records hold."""


def reads_of(features: Iterable[Feature], hatches: Iterable[Hatch]) -> Reads:
    """Tables and columns that features and hatches read, keys and entities included, the clock left out."""
    found: Reads = {}
    for feature in features:
        for leaf in leaves(feature.measure):
            _note(found, leaf.source, leaf.reads)
    for hatch in hatches:
        _note(found, hatch.source, hatch.reads)
    return found


def lacking(records: Columns, measure: Measure) -> set[str]:
    """What a measure would need and the records do not hold: tables, or ``table.column``."""
    if isinstance(measure, Combine) and measure.lenient:
        gaps = [lacking(records, part) for part in measure.parts]
        return set().union(*gaps) if all(gaps) else set()
    return set().union(*(_missing(records, leaf.source, leaf.reads) for leaf in leaves(measure)))


def trimmed(records: Columns, feature: Feature) -> Feature:
    """The feature without the parts that the records cannot give, where its measure is lenient."""
    measure = feature.measure
    if not (isinstance(measure, Combine) and measure.lenient):
        return feature
    parts = tuple(part for part in measure.parts if not lacking(records, part))
    return replace(feature, measure=replace(measure, made_of=parts))


def lacking_hatch(records: Columns, hatch: Hatch) -> set[str]:
    """The same for a hatch."""
    return _missing(records, hatch.source, hatch.reads)


def engine_tables(records: Mapping[str, pd.DataFrame], reads: Reads) -> dict[str, pd.DataFrame]:
    """The named tables with their clock and the columns read; booleans as 0/1, birth dates also as yyyymmdd.

    Raises:
        FeatureError: record ids or known days lie outside what the order key can hold, or a record id occurs twice.
    """
    return {name: _engine_table(name, records[name], columns) for name, columns in reads.items()}


def stored_tables(paths: Mapping[str, Sequence[str]], reads: Reads) -> dict[str, StoredTable]:
    """The same tables left in Parquet files of the store, which already hold birth dates as yyyymmdd."""
    return {name: StoredTable(tuple(paths[name]), _stored_columns(columns)) for name, columns in reads.items()}


def _stored_columns(columns: Mapping[str, str]) -> dict[str, str]:
    kinds = {TEXT: "STRING", REAL: "DOUBLE"}
    clock = {name: "BIGINT" if name == "record_id" else "INT" for name in _CLOCK_TYPES}
    return {name: kinds.get(kind, "BIGINT") for name, kind in columns.items()} | clock


def links(records: Mapping[str, pd.DataFrame], day: int) -> pd.DataFrame:
    """``kpm, root``: ids that continue an earlier one, as known on an epoch day; history follows the earliest id.

    Of several links to one later id the first counts (day, known day, record). A ring of links proves nothing.
    """
    table = records.get(_LINKS)
    if table is None or table.empty:
        return pd.DataFrame({"kpm": np.empty(0, "int64"), "root": np.empty(0, "int64")})
    seen = table[_linked_on(table, day)].sort_values(["day", "known_day", "record_id"])
    pairs = seen.drop_duplicates("kpm_baru")
    parent = dict(zip(_number(pairs["kpm_baru"]), _number(pairs["kpm_lama"]), strict=True))
    roots = {kpm: _root(kpm, parent) for kpm in parent}
    moved = {kpm: root for kpm, root in roots.items() if root != kpm}
    return pd.DataFrame({"kpm": list(moved), "root": list(moved.values())}, dtype="int64")


def _linked_on(table: pd.DataFrame, day: int) -> pd.Series:
    seen = (table["known_day"] <= day) & (table["superseded_day"] > day) & ~table["batal"].astype(bool)
    over = pd.Series(False, index=table.index)
    if "berlaku_sampai" in table:
        known = table.get("tanggal_diketahui_selesai", table["known_day"])
        over = ((table["berlaku_sampai"] < day) & (known <= day)).fillna(False).astype(bool)
    return seen & (table["day"] <= day).fillna(False).astype(bool) & ~over


def _root(kpm: int, parent: Mapping[int, int]) -> int:
    place, seen = kpm, {kpm}
    while place in parent:
        place = parent[place]
        if place in seen:
            return kpm
        seen.add(place)
    return place


def _number(ids: pd.Series) -> list[int]:
    return [int(text[1:], 16) for text in ids]


def surrogate(ids: pd.Series) -> pd.Series:
    """Integers (Int64) of pseudonyms such as ``k0..0a``; missing stays missing."""
    codes, names = pd.factorize(ids)
    numbers = np.array([int(text[1:], 16) for text in names] + [0], dtype="int64")
    return pd.Series(pd.arrays.IntegerArray(numbers[codes], codes < 0), index=ids.index)


def _note(found: Reads, source: Source, columns: Iterable[str]) -> None:
    kinds = found.setdefault(source.table, {})
    kinds[source.key] = "key"
    for column in columns:
        kinds[column] = source.columns.get(column, "key")


def _missing(records: Columns, source: Source, columns: frozenset[str]) -> set[str]:
    if source.table not in records:
        return {source.table}
    there = set(records[source.table])
    optional = {known for _, known in source.ends}
    needed = {source.key, *columns} - optional
    return {f"{source.table}.{_stored(column)}" for column in needed if not {column, _stored(column)} & there}


def _stored(column: str) -> str:
    """The canonical column behind an engine column: ``tanggal_lahir_ymd`` is made from ``tanggal_lahir``."""
    return column.removesuffix(_YMD)


def _engine_table(name: str, table: pd.DataFrame, columns: Mapping[str, str]) -> pd.DataFrame:
    _check_clock(name, table)
    shown = {column: table[column].astype(dtype) for column, dtype in _CLOCK_TYPES.items()}
    for column, kind in columns.items():
        if column not in shown:
            shown[column] = _column(table, column, kind)
    return pd.DataFrame(shown, copy=False)


def _column(table: pd.DataFrame, column: str, kind: str) -> pd.Series:
    if column.endswith(_YMD) and column not in table:
        return _ymd(table[_stored(column)])
    if column not in table:
        # A row whose end carries no known date of its own tells it with the row.
        return table["known_day"].astype("Int32")
    values = table[column]
    if kind == TEXT:
        return values.astype("str")
    if kind == REAL:
        return values.astype("Float64")
    return values.astype("Int8") if pd.api.types.is_bool_dtype(values) else _whole(values)


def _whole(values: pd.Series) -> pd.Series:
    return values if pd.api.types.is_integer_dtype(values) else values.astype("Int64")


def _ymd(days: pd.Series) -> pd.Series:
    """Epoch days as yyyymmdd.

    >>> _ymd(pd.Series([0, None], dtype="Int32")).to_list()
    [19700101, <NA>]
    """
    there = days.notna().to_numpy()
    dates = days.fillna(0).to_numpy(dtype="int64").astype("datetime64[D]")
    months = dates.astype("datetime64[M]")
    years = dates.astype("datetime64[Y]").astype("int64") + 1970
    month = months.astype("int64") % 12 + 1
    day = (dates - months).astype("int64") + 1
    ymd = (years * 10_000 + month * 100 + day).astype("int32")
    return pd.Series(pd.arrays.IntegerArray(ymd, ~there), index=days.index)


def _check_clock(name: str, table: pd.DataFrame) -> None:
    if table.empty:
        return
    if int(table["record_id"].min()) < 0 or int(table["record_id"].max()) >= MAX_RECORD:
        raise FeatureError(f"table {name!r}: record ids must lie in 0 .. 2^33 - 1, so that rows have one order.")
    if not table["record_id"].is_unique:
        raise FeatureError(
            f"table {name!r}: a record id occurs twice; ids name rows, so ingest must give each its own."
        )
    if int(table["known_day"].min()) < 0:
        raise FeatureError(f"table {name!r}: known days before 1970 cannot be ordered; set such rows aside at ingest.")
