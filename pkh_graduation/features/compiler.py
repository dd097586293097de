"""From features to one SQL text that DuckDB and Spark both run, with one row per family of the cohort.

Visibility is written here and nowhere else: a row counts when it is known, not yet corrected, not void, and has happened.
Only integers are added up; the one floating step of a feature comes last, so threads and row order change no bit.
Dates and window bounds stand in the text as ``:as_of``, ``:lo12`` and are filled in by `bind`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from pkh_graduation.features.algebra import Aggregate, CohortDay, Combine, Measure, Peers, Source
from pkh_graduation.features.expressions import TEXT, Expr
from pkh_graduation.features.feature import Feature, check_names

VISIBLE = "t.known_day <= :as_of AND t.superseded_day > :as_of AND t.batal = 0 AND t.day <= :as_of"
"""The clauses that keep the future out."""

_ORDER = "CAST(day AS BIGINT) * 281474976710656 + CAST(known_day AS BIGINT) * 8589934592 + record_id"
"""Day, known day, record as one BIGINT: days below 2^15 (to 2059), records below 2^33; `tables` checks both."""

_MARK = re.compile(r":(as_of_ymd|as_of|lo3|lo6|lo12|lo24)\b")


@dataclass(frozen=True)
class Query:
    """One compiled SELECT: ``kpm``, one column per name in ``values``, and the known days ``known`` (feature -> column)."""

    sql: str
    values: tuple[str, ...]
    known: Mapping[str, str]
    tables: frozenset[str]


def compile_features(features: Iterable[Feature], *, twins: bool = True, linked: bool = False) -> Query:
    """Compile features to one SELECT over their tables and ``cohort(kpm, kelompok, desa, masuk_day)``.

    Args:
        twins: also compute the known day behind each value.
        linked: rows of a family's later ids count as hers, through ``tautan(kpm, root)``.

    Raises:
        FeatureError: two features share a name.
    """
    listed = check_names(features)
    plan = _Plan(linked)
    outputs = [f"CAST({plan.value(f.measure)} AS {f.measure.kind}) AS {f.name}" for f in listed]
    known: dict[str, str] = {}
    if twins:
        columns: dict[str, str] = {}
        for f in listed:
            known[f.name] = columns.setdefault(plan.known(f.measure), f"known_{len(columns)}")
        outputs += [f"CAST({sql} AS INT) AS {name}" for sql, name in columns.items()]
    return Query(plan.text(outputs), tuple(f.name for f in listed), known, frozenset(plan.tables))


def bind(sql: str, moment: Mapping[str, int]) -> str:
    """Fill in the as-of date and its window bounds (a row of the spine).

    >>> bind("day <= :as_of AND day > :lo12", {"as_of": 20361, "lo12": 19996})
    'day <= 20361 AND day > 19996'
    """
    return _MARK.sub(lambda mark: str(int(moment[mark[1]])), sql)


def visible_rows(source: Source, columns: Iterable[str], window: int | None = None, *, linked: bool = False) -> str:
    """The SELECT of a source's visible rows, ends masked, reduced to the last row of each entity where it has one."""
    ends = dict(source.ends)
    listed = ["record_id", "day", "known_day", *sorted(set(columns) - {source.key, "day"})]
    shown = ", ".join(_masked(column, ends[column]) if column in ends else f"t.{column}" for column in listed)
    where = VISIBLE + ("" if window is None or source.entity else f" AND t.day > :lo{window}")
    if linked and source.key == "kpm":
        key, table = "coalesce(l.root, t.kpm) AS kpm", f"{source.table} t LEFT JOIN tautan l ON l.kpm = t.kpm"
    else:
        key, table = f"t.{source.key}", f"{source.table} t"
    rows = f"SELECT {key}, {shown} FROM {table} WHERE {where}"
    if source.entity is None:
        return rows
    place = f"row_number() OVER (PARTITION BY {source.entity} ORDER BY day DESC, known_day DESC, record_id DESC)"
    kept = "nth = 1" + ("" if window is None else f" AND day > :lo{window}")
    return f"SELECT * FROM (\n    SELECT r.*, {place} AS nth FROM ({rows}) r) q WHERE {kept}"


def _masked(end: str, known: str) -> str:
    return f"CASE WHEN t.{end} <= :as_of AND t.{known} <= :as_of THEN t.{end} END AS {end}"


def _filter(*conditions: str | None) -> str:
    there = [condition for condition in conditions if condition]
    return f" FILTER (WHERE {' AND '.join(there)})" if there else ""


def _sum(value: str, when: str | None) -> str:
    return f"sum({value}){_filter(when)}"


def _mean(value: str, when: str | None) -> str:
    return f"CAST(sum({value}){_filter(when)} AS DOUBLE) / nullif(count({value}){_filter(when)}, 0)"


def _share(condition: str, when: str | None) -> str:
    return f"CAST(count(*){_filter(when, condition)} AS DOUBLE) / nullif(count(*){_filter(when)}, 0)"


def _std(value: str, when: str | None) -> str:
    x = f"CAST({value} AS BIGINT)"
    n, s, q = (_exact(f"{a}{_filter(when)}") for a in (f"count({value})", f"sum({x})", f"sum({x} * {x})"))
    return f"CASE WHEN {n} > 1 THEN sqrt(CAST({n} * {q} - {s} * {s} AS DOUBLE) / CAST({n} * ({n} - 1) AS DOUBLE)) END"


def _trend(value: str, when: str | None) -> str:
    t, x, f = "CAST(day - :as_of AS BIGINT)", f"CAST({value} AS BIGINT)", _filter(when, f"{value} IS NOT NULL")
    moments = ("count(*)", f"sum({t})", f"sum({x})", f"sum({t} * {t})", f"sum({t} * {x})")
    n, st, sx, tt, tx = (_exact(f"{moment}{f}") for moment in moments)
    return f"CAST({n} * {tx} - {st} * {sx} AS DOUBLE) / nullif(CAST({n} * {tt} - {st} * {st} AS DOUBLE), 0) * 365.25"


def _exact(sql: str) -> str:
    return f"CAST({sql} AS DECIMAL(38, 0))"


_AGGREGATES: Mapping[str, Callable[[str, str | None], str]] = {
    "count": lambda value, when: f"count(*){_filter(when)}",
    "sum": _sum,
    "min": lambda value, when: f"min({value}){_filter(when)}",
    "max": lambda value, when: f"max({value}){_filter(when)}",
    "mean": _mean,
    "share": _share,
    "std": _std,
    "trend": _trend,
    "distinct": lambda value, when: f"count(DISTINCT {value}){_filter(when)}",
    "days_since": lambda value, when: f":as_of - max(day){_filter(when)}",
}


def _value_sql(aggregate: Aggregate) -> str:
    when = None if aggregate.source.condition is None else aggregate.source.condition.sql
    value = "" if aggregate.value is None else aggregate.value.sql
    if aggregate.how == "last":
        # DuckDB's max_by skips missing values, Spark's returns them: a stand-in makes them agree.
        none = "''" if aggregate.kind == TEXT else "-9223372036854775807"
        return f"nullif(max_by(coalesce({value}, {none}), {_ORDER}){_filter(when)}, {none})"
    return _AGGREGATES[aggregate.how](value, when)


def _known_sql(aggregate: Aggregate) -> str:
    """Known day of the chosen row for `last` and `days_since`; else the latest among the rows."""
    when = None if aggregate.source.condition is None else aggregate.source.condition.sql
    if aggregate.how in ("last", "days_since"):
        return f"max_by(known_day, {_ORDER}){_filter(when)}"
    return f"max(known_day){_filter(when)}"


@dataclass
class _Group:
    """Aggregates over the same visible rows: one GROUP BY. Equal texts share a column."""

    source: Source
    window: int | None
    entity: str | None
    reads: set[str] = field(default_factory=set)
    columns: dict[tuple[str, str], str] = field(default_factory=dict)

    def column(self, sql: str, outer: str, name: str) -> str:
        return self.columns.setdefault((sql, outer), name)

    def text(self, linked: bool) -> str:
        keys = self.source.key + (f", {self.entity}" if self.entity else "")
        shown = ",\n    ".join(f"{sql} AS {name}" for (sql, _), name in self.columns.items())
        rows = visible_rows(self.source, self.reads, self.window, linked=linked)
        inner = f"SELECT {keys},\n    {shown}\n  FROM ({rows}) v GROUP BY {keys}"
        if self.entity is None:
            return inner
        outer = ", ".join(f"{how}({name}) AS {name}" for (_, how), name in self.columns.items())
        return f"SELECT {self.source.key}, {outer} FROM (\n  {inner}) e GROUP BY {self.source.key}"


class _Plan:
    """Groups, their columns, and the columns of places, collected while values are asked for."""

    def __init__(self, linked: bool) -> None:
        self.linked = linked
        self.groups: dict[tuple, _Group] = {}
        self.base: dict[str, str] = {}
        self.places: dict[str, dict[str, str]] = {}
        self.tables: set[str] = set()

    def value(self, measure: Measure) -> str:
        """SQL of a measure over the columns of ``base`` (and of the places)."""
        if isinstance(measure, Aggregate):
            return self._aggregate(measure, _value_sql(measure), measure.outer, measure.fill)
        if isinstance(measure, Combine):
            return measure.build(*(Expr(self.value(part), part.kind) for part in measure.parts)).sql
        if isinstance(measure, CohortDay):
            return f"(:as_of - {measure.column})"
        if isinstance(measure, Peers):
            return self._peers(measure)
        raise TypeError(f"{type(measure).__name__} cannot be written as SQL.")

    def known(self, measure: Measure) -> str:
        """SQL of the known day behind a measure."""
        if isinstance(measure, Aggregate):
            return self._aggregate(measure, _known_sql(measure), "max" if measure.entity else "", None)
        if isinstance(measure, Peers):
            return self._place(measure.place, f"max({self.known(measure.of)})")
        days = list(dict.fromkeys(self.known(part) for part in measure.parts))
        # Both engines leave missing values out of greatest().
        return days[0] if len(days) == 1 else f"greatest({', '.join(days)})"

    def _aggregate(self, measure: Aggregate, sql: str, outer: str, fill: int | None) -> str:
        key = (measure.source.rows, measure.window, measure.entity)
        group = self.groups.setdefault(key, _Group(measure.source, measure.window, measure.entity))
        group.reads |= measure.reads | ({measure.entity} if measure.entity else set())
        self.tables.add(measure.source.table)
        place = list(self.groups).index(key)
        raw = group.column(sql, outer, f"g{place}_{len(group.columns)}")
        shown = raw if fill is None else f"coalesce({raw}, {fill})"
        return self.base.setdefault(shown, f"b{len(self.base)}")

    def _peers(self, measure: Peers) -> str:
        own = self.value(measure.of)
        added, counted = self._place(measure.place, f"sum({own})"), self._place(measure.place, f"count({own})")
        others = f"{counted} - CASE WHEN {own} IS NULL THEN 0 ELSE 1 END"
        return f"(CAST({added} - coalesce({own}, 0) AS DOUBLE) / nullif({others}, 0))"

    def _place(self, place: str, sql: str) -> str:
        columns = self.places.setdefault(place, {})
        return columns.setdefault(sql, f"{place}_{len(columns)}")

    def text(self, outputs: list[str]) -> str:
        """The whole SELECT."""
        ctes = {f"g{i}": group.text(self.linked) for i, group in enumerate(self.groups.values())}
        joins = "".join(f"\n  LEFT JOIN g{i} USING ({g.source.key})" for i, g in enumerate(self.groups.values()))
        shown = "".join(f",\n    {sql} AS {name}" for sql, name in self.base.items())
        ctes["base"] = f"SELECT kpm, kelompok, desa, masuk_day{shown}\n  FROM cohort{joins}"
        for place, columns in self.places.items():
            added = ", ".join(f"{sql} AS {name}" for sql, name in columns.items())
            ctes[f"p_{place}"] = f"SELECT {place}, {added} FROM base GROUP BY {place}"
        near = "".join(f" LEFT JOIN p_{place} USING ({place})" for place in self.places)
        parts = ",\n".join(f"{name} AS (\n  {sql})" for name, sql in ctes.items())
        listed = ",\n  ".join(["kpm", *outputs])
        return f"WITH {parts}\nSELECT {listed}\nFROM base{near}"
