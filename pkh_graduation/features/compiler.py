"""From features to one SQL text that DuckDB and Spark both run, with one row per family of the cohort.

Visibility is written here and nowhere else: a row counts when it is known, not yet corrected, not void, and has happened.
Only integers are added up; the one floating step of a feature comes last, so threads and row order change no bit.
Dates and window bounds stand in the text as ``:as_of``, ``:lo12`` and are filled in by `bind`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from pkh_graduation.features.aggregates import ORDER, condition_of, known_sql, value_sql
from pkh_graduation.features.algebra import Aggregate, CohortDay, Combine, Measure, Peers, Source
from pkh_graduation.features.expressions import Expr
from pkh_graduation.features.feature import Feature, check_names

VISIBLE = "t.known_day <= :as_of AND t.superseded_day > :as_of AND t.batal = 0 AND t.day <= :as_of"
"""The clauses that keep the future out."""

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
    return Query(plan.text(outputs), tuple(f.name for f in listed), known, plan.tables)


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
    key, link = f"t.{source.key}", ""
    if linked and source.key == "kpm":
        key, link = "coalesce(l.root, t.kpm)", " LEFT JOIN tautan l ON l.kpm = t.kpm"
    rows = f"{source.table} t{link}"
    recent = "" if window is None else f" AND t.day > :lo{window}"
    if source.entity is None:
        return f"SELECT {key} AS {source.key}, {shown} FROM {rows} WHERE {VISIBLE}{recent}"
    entity = key if source.entity == source.key else f"t.{source.entity}"
    last = f"SELECT max_by(record_id, {ORDER}) AS last_id FROM {rows} WHERE {VISIBLE} GROUP BY {entity}"
    return f"SELECT {key} AS {source.key}, {shown} FROM {source.table} t JOIN ({last}) q ON t.record_id = q.last_id{recent}{link}"


def _masked(end: str, known: str) -> str:
    return f"CASE WHEN t.{end} <= :as_of AND t.{known} <= :as_of THEN t.{end} END AS {end}"


@dataclass
class _Group:
    """Aggregates over the same visible rows: one GROUP BY, perhaps per entity and then per family. Equal texts share a column."""

    name: str
    source: Source
    window: int | None
    entity: str | None
    reads: set[str] = field(default_factory=set)
    conditions: set[str | None] = field(default_factory=set)
    inner: dict[str, str] = field(default_factory=dict)
    outer: dict[str, str] = field(default_factory=dict)

    def column(self, sql: str, outer: str) -> str:
        name = self.inner.setdefault(sql, f"{self.name}_{len(self.inner)}")
        if self.entity is None:
            return name
        return self.outer.setdefault(outer.format(name), f"{self.name}_p{len(self.outer)}")

    def text(self, linked: bool) -> str:
        key = self.source.key
        keys = key + (f", {self.entity}" if self.entity else "")
        shown = ",\n    ".join(f"{sql} AS {name}" for sql, name in self.inner.items())
        rows = visible_rows(self.source, self.reads, self.window, linked=linked)
        # A condition that all aggregates share is met before grouping; rows that none counts are not grouped at all.
        only = "" if len(self.conditions) != 1 or None in self.conditions else f" WHERE {next(iter(self.conditions))}"
        inner = f"SELECT {keys},\n    {shown}\n  FROM ({rows}) v{only} GROUP BY {keys}"
        if self.entity is None:
            return inner
        combined = ",\n    ".join(f"{sql} AS {name}" for sql, name in self.outer.items())
        return f"SELECT {key},\n    {combined}\n  FROM ({inner}) e GROUP BY {key}"


class _Plan:
    """Groups, their columns, and the columns of places, collected while values are asked for."""

    def __init__(self, linked: bool) -> None:
        self.linked = linked
        self.groups: dict[tuple, _Group] = {}
        self.places: dict[str, dict[str, str]] = {}

    @property
    def tables(self) -> frozenset[str]:
        """Tables that the text reads, the cohort left out."""
        return frozenset(group.source.table for group in self.groups.values())

    def value(self, measure: Measure) -> str:
        """SQL of a measure over the columns of the groups and the places."""
        if isinstance(measure, Aggregate):
            column = self._column(measure, value_sql(measure), measure.outer)
            return column if measure.fill is None else f"coalesce({column}, {measure.fill})"
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
            return self._column(measure, known_sql(measure), "max")
        if isinstance(measure, Peers):
            return self._place(measure.place, f"max({self.known(measure.of)})")
        days = list(dict.fromkeys(self.known(part) for part in measure.parts))
        # Both engines leave missing values out of greatest().
        return days[0] if len(days) == 1 else f"greatest({', '.join(days)})"

    def _column(self, measure: Aggregate, sql: str, outer: str) -> str:
        key = (measure.source.rows, measure.window, measure.entity)
        new = _Group(f"g{len(self.groups)}", measure.source, measure.window, measure.entity)
        group = self.groups.setdefault(key, new)
        group.reads |= measure.reads
        # An aggregate that tells "no row meets it" from "no row at all" needs the families without such a row.
        group.conditions.add(None if measure.tells_none else condition_of(measure))
        picked = "" if measure.pick is None else f" FILTER (WHERE {measure.pick.sql})"
        return group.column(sql, f"{outer}({{0}}){picked}")

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
        ctes = {group.name: group.text(self.linked) for group in self.groups.values()}
        for place, columns in self.places.items():
            added = ",\n    ".join(f"{sql} AS {name}" for sql, name in columns.items())
            ctes[f"p_{place}"] = (
                f"SELECT {place},\n    {added}\n  FROM {self._families(list(columns))} GROUP BY {place}"
            )
        near = "".join(f"\n  LEFT JOIN p_{place} USING ({place})" for place in self.places)
        parts = ",\n".join(f"{name} AS (\n  {sql})" for name, sql in ctes.items())
        listed = ",\n  ".join(["kpm", *outputs])
        head = f"WITH {parts}\n" if parts else ""
        return f"{head}SELECT {listed}\nFROM {self._families(outputs)}{near}"

    def _families(self, texts: list[str]) -> str:
        """The cohort joined with the groups that the texts name."""
        used = set(re.findall(r"\bg\d+(?=_)", " ".join(texts)))
        joins = [f"\n  LEFT JOIN {g.name} USING ({g.source.key})" for g in self.groups.values() if g.name in used]
        return "cohort" + "".join(joins)
