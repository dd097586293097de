"""Each aggregate as SQL. Only integers are added up; the one floating step comes last, so that no order of rows shows."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pkh_graduation.features.algebra import Aggregate
from pkh_graduation.features.expressions import TEXT

ORDER = "CAST(day AS BIGINT) * 281474976710656 + CAST(known_day AS BIGINT) * 8589934592 + record_id"
"""Day, known day, record as one BIGINT: days below 2^15 (to 2059), records below 2^33; `tables` checks both."""
RECORD = 2**33 - 1
"""Bits of `ORDER` that hold the record."""


def value_sql(aggregate: Aggregate) -> str:
    """SQL of the aggregate over the rows that meet its condition."""
    when = condition_of(aggregate)
    value = "" if aggregate.value is None else aggregate.value.sql
    if aggregate.how == "last":
        # DuckDB's max_by skips missing values, Spark's returns them: a stand-in makes them agree.
        none = "''" if aggregate.kind == TEXT else "-9223372036854775807"
        sql = f"nullif(max_by(coalesce({value}, {none}), {ORDER}){_filter(when)}, {none})"
    else:
        sql = _AGGREGATES[aggregate.how](value, when)
    if aggregate.entity is None or aggregate.fill is None:
        return sql
    # Per entity: nothing at all where no row of the entity meets the condition.
    return f"CASE WHEN count(*){_filter(when)} > 0 THEN coalesce({sql}, {aggregate.fill}) END"


def known_sql(aggregate: Aggregate) -> str:
    """Known day of the chosen row for `last` and `days_since`; else the latest among the rows."""
    when = condition_of(aggregate)
    if aggregate.how in ("last", "days_since"):
        return f"max_by(known_day, {ORDER}){_filter(when)}"
    return f"max(known_day){_filter(when)}"


def condition_of(aggregate: Aggregate) -> str | None:
    """The condition of the aggregate's source."""
    condition = aggregate.source.condition
    return None if condition is None else condition.sql


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
