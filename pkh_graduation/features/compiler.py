"""From features to one SQL text that DuckDB and Spark both run, with one row per family of the cohort.

Visibility is written here and nowhere else: a row counts when it is known, not yet corrected, not void, and has happened.
Only integers are added up; the one floating step of a feature comes last, so threads and row order change no bit.
Dates and window bounds stand in the text as ``:as_of``, ``:lo12`` and are filled in by `bind`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from pkh_graduation.features.aggregates import ORDER, RECORD, condition_of, known_sql, value_sql
from pkh_graduation.features.algebra import Aggregate, CohortDay, Combine, Measure, Peers, Source
from pkh_graduation.features.expressions import Expr
from pkh_graduation.features.feature import Feature, check_names
from pkh_graduation.features.sharing import shared

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
    places: Mapping[str, PlaceQuery] = field(default_factory=dict)


@dataclass(frozen=True)
class PlaceQuery:
    """Totals per place over the families at hand: ``sql`` gives the place and ``columns`` (name -> how two parts of it merge).

    All are integers under sum or max, so the totals of any split into parts merge to those of the whole, exactly.
    """

    sql: str
    columns: Mapping[str, str]


def compile_features(
    features: Iterable[Feature], *, twins: bool = True, linked: bool = False, places_given: bool = False
) -> Query:
    """Compile features to one SELECT over their tables and ``cohort(kpm, kelompok, desa, masuk_day)``.

    Args:
        twins: also compute the known day behind each value.
        linked: rows of a family's later ids count as hers, through ``tautan(kpm, root)``.
        places_given: families of one place may lie in several parts: totals per place come as tables ``p_desa`` ..., to be
            made by the queries in ``places``, merged over the parts.

    Raises:
        FeatureError: two features share a name.
    """
    listed = check_names(features)
    plan = _Plan(linked, places_given)
    outputs = [f"CAST({plan.value(f.measure)} AS {f.measure.kind}) AS {f.name}" for f in listed]
    known: dict[str, str] = {}
    if twins:
        columns: dict[str, str] = {}
        for f in listed:
            known[f.name] = columns.setdefault(plan.known(f.measure), f"known_{len(columns)}")
        outputs += [f"CAST({sql} AS INT) AS {name}" for sql, name in columns.items()]
    return Query(plan.text(outputs), tuple(f.name for f in listed), known, plan.tables, plan.place_queries())


def bind(sql: str, moment: Mapping[str, int]) -> str:
    """Fill in the as-of date and its window bounds (a row of the spine).

    >>> bind("day <= :as_of AND day > :lo12", {"as_of": 20361, "lo12": 19996})
    'day <= 20361 AND day > 19996'
    """
    return _MARK.sub(lambda mark: str(int(moment[mark[1]])), sql)


def visible_rows(source: Source, columns: Iterable[str], *, linked: bool = False) -> str:
    """The SELECT of a source's visible rows, ends masked, reduced to the last row of each entity where it has one.

    Only rows of the cohort's families (or groups): most others belong to those who have left.
    """
    seen = _Seen(source.table, source.key, linked)
    seen.wants(source, set(columns), None)
    return f"{seen.clause()}{seen.rows(source, columns, None)}"


@dataclass
class _Seen:
    """The visible rows of one table under one key, read once for all groups over them.

    Events read all their columns from it. States take from it which row is the last of its entity, and the columns of that
    row from the table itself: wide rows that are not the last are never carried along.
    """

    table: str
    key: str
    linked: bool
    columns: set[str] = field(default_factory=set)
    entities: set[str] = field(default_factory=set)
    windows: set[int | None] = field(default_factory=set)
    states: dict[tuple, list[set[str]]] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return f"v_{self.table}_{self.key}"

    def wants(self, source: Source, columns: set[str], window: int | None) -> None:
        """Note what a group over the source reads."""
        if source.entity is None:
            ends = {known for end, known in source.ends if end in columns}
            self.columns |= columns | ends
            self.windows.add(window)
        else:
            self.states.setdefault(source.rows, []).append(columns)
            self.entities.add(source.entity)
            self.columns.add(source.entity)
            self.windows.add(None)

    def ctes(self) -> dict[str, str]:
        """Clauses: the visible rows, and per entity the ids of its last rows."""
        key, link = self._key()
        names = ["record_id", "day", "known_day", *sorted(self.columns - {self.key, "record_id", "day", "known_day"})]
        shown = ", ".join(f"t.{name}" for name in names)
        recent = "" if None in self.windows else f" AND t.day > :lo{max(w for w in self.windows if w is not None)}"
        asked = f"{VISIBLE} AND {key} IN (SELECT {self.key} FROM cohort){recent}"
        found = {self.name: f"SELECT {key} AS {self.key}, {shown} FROM {self.table} t{link} WHERE {asked}"}
        for entity in sorted(self.entities):
            last = f"SELECT max({ORDER}) & {RECORD} AS last_id FROM {self.name} GROUP BY {entity}"
            found[self._last(entity)] = last
        return found

    def wide(self, source: Source) -> dict[str, str]:
        """The clause of a state's last rows, where several groups read them: they are fetched once."""
        asked = self.states.get(source.rows, [])
        if len(asked) < 2 or source.entity is None:
            return {}
        return {self._rows(source): self._fetched(source, set().union(*asked))}

    def clause(self) -> str:
        """The same as a WITH clause."""
        return _with(self.ctes())

    def rows(self, source: Source, columns: Iterable[str], window: int | None) -> str:
        """The SELECT of the source's rows."""
        recent = "" if window is None else f"t.day > :lo{window}"
        if source.entity is None:
            where = f" WHERE {recent}" if recent else ""
            return f"SELECT t.{self.key}, {_shown(source, columns)} FROM {self.name} t{where}"
        if name := next(iter(self.wide(source)), ""):
            return f"SELECT t.* FROM {name} t" + (f" WHERE {recent}" if recent else "")
        return self._fetched(source, set(columns), recent)

    def _fetched(self, source: Source, columns: set[str], recent: str = "") -> str:
        key, link = self._key()
        last = f"JOIN {self._last(str(source.entity))} q ON t.record_id = q.last_id"
        more = f" AND {recent}" if recent else ""
        return f"SELECT {key} AS {self.key}, {_shown(source, columns)} FROM {self.table} t {last}{more}{link}"

    def _rows(self, source: Source) -> str:
        return f"r_{self.table}_{source.entity}_{list(self.states).index(source.rows)}"

    def _last(self, entity: str) -> str:
        return f"l_{self.table}_{entity}"

    def _key(self) -> tuple[str, str]:
        if self.linked and self.key == "kpm":
            return "coalesce(l.root, t.kpm)", " LEFT JOIN tautan l ON l.kpm = t.kpm"
        return f"t.{self.key}", ""


def _with(ctes: Mapping[str, str]) -> str:
    parts = ",\n".join(f"{name} AS (\n  {sql})" for name, sql in ctes.items())
    return f"WITH {parts}\n" if parts else ""


def _shown(source: Source, columns: Iterable[str]) -> str:
    ends = dict(source.ends)
    listed = ["record_id", "day", "known_day", *sorted(set(columns) - {source.key, "day"})]
    return ", ".join(_masked(column, ends[column]) if column in ends else f"t.{column}" for column in listed)


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
    alone: dict[str, str] = field(default_factory=dict)
    outer: dict[str, str] = field(default_factory=dict)

    def column(self, sql: str, outer: str, alone: str | None) -> str:
        """Name of the column of an aggregate; ``alone``: the same for a single row, where that can be written."""
        name = self.inner.setdefault(sql, f"{self.name}_{len(self.inner)}")
        if alone is not None:
            self.alone[name] = alone
        if self.entity is None:
            return name
        return self.outer.setdefault(outer.format(name), f"{self.name}_p{len(self.outer)}")

    def text(self, seen: _Seen) -> str:
        key = self.source.key
        rows = seen.rows(self.source, self.reads, self.window)
        if self.source.entity == key and len(self.alone) == len(self.inner):
            # The one last row of a family needs no grouping.
            texts, rows = shared(list(self.alone.values()), rows, f"{self.name}_e")
            return f"SELECT {key},\n    {_named(texts, self.alone)}\n  FROM ({rows}) v"
        keys = key + (f", {self.entity}" if self.entity else "")
        texts, only = list(self.inner), ""
        if len(self.conditions) == 1 and None not in self.conditions:
            # A condition that all aggregates share is met before grouping; rows that none counts are not grouped at all.
            only = f" WHERE {next(iter(self.conditions))}"
            texts = [_without(text, only) for text in texts]
            rows = f"SELECT v.* FROM ({rows}) v{only}"
        texts, rows = shared(texts, rows, f"{self.name}_e")
        inner = f"SELECT {keys},\n    {_named(texts, self.inner.values())}\n  FROM ({rows}) v GROUP BY {keys}"
        if self.entity is None:
            return inner
        combined = ",\n    ".join(f"{sql} AS {name}" for sql, name in self.outer.items())
        return f"SELECT {key},\n    {combined}\n  FROM ({inner}) e GROUP BY {key}"


def _named(texts: Iterable[str], names: Iterable[str]) -> str:
    return ",\n    ".join(f"{sql} AS {name}" for sql, name in zip(texts, names, strict=True))


def _alone(measure: Aggregate) -> str | None:
    """The aggregate of a single row, where that is the row's own value."""
    plain = measure.how == "max" and condition_of(measure) is None
    return measure.value.sql if plain and measure.value is not None else None


def _without(text: str, where: str) -> str:
    """An aggregate without the condition that its rows have met already."""
    return text.replace(f" FILTER ({where[1:]})", "").replace(f"({where[1:]} AND ", "(WHERE ")


class _Plan:
    """Groups, their columns, and the columns of places, collected while values are asked for."""

    def __init__(self, linked: bool, places_given: bool) -> None:
        self.linked = linked
        self.places_given = places_given
        self.groups: dict[tuple, _Group] = {}
        self.places: dict[str, dict[str, str]] = {}

    @property
    def tables(self) -> frozenset[str]:
        """Tables that the text reads, the cohort left out."""
        return frozenset(group.source.table for group in self.groups.values())

    def value(self, measure: Measure) -> str:
        """SQL of a measure over the columns of the groups and the places."""
        if isinstance(measure, Aggregate):
            column = self._column(measure, value_sql(measure), measure.outer, _alone(measure))
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
            known = known_sql(measure)
            return self._column(measure, known, "max", "known_day" if known == "max(known_day)" else None)
        if isinstance(measure, Peers):
            return self._place(measure.place, f"max({self.known(measure.of)})")
        days = list(dict.fromkeys(self.known(part) for part in measure.parts))
        # Both engines leave missing values out of greatest().
        return days[0] if len(days) == 1 else f"greatest({', '.join(days)})"

    def _column(self, measure: Aggregate, sql: str, outer: str, alone: str | None) -> str:
        key = (measure.source.rows, measure.window, measure.entity)
        new = _Group(f"g{len(self.groups)}", measure.source, measure.window, measure.entity)
        group = self.groups.setdefault(key, new)
        group.reads |= measure.reads
        # An aggregate that tells "no row meets it" from "no row at all" needs the families without such a row.
        group.conditions.add(None if measure.tells_none else condition_of(measure))
        picked = "" if measure.pick is None else f" FILTER (WHERE {measure.pick.sql})"
        return group.column(sql, f"{outer}({{0}}){picked}", alone)

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
        near = "".join(f"\n  LEFT JOIN p_{place} USING ({place})" for place in self.places)
        inside = {} if self.places_given else {f"p_{place}": self._totals(place) for place in self.places}
        listed = ",\n  ".join(["kpm", *outputs])
        select = f"SELECT {listed}\nFROM {self._families(outputs)}{near}"
        return self._with(inside, [*outputs, *inside.values()]) + select

    def place_queries(self) -> dict[str, PlaceQuery]:
        """Per place, the totals of the families at hand and how those of two parts are merged."""
        return {
            place: PlaceQuery(
                self._with({}, list(columns)) + self._totals(place),
                {name: "max" if sql.startswith("max(") else "sum" for sql, name in columns.items()},
            )
            for place, columns in self.places.items()
        }

    def _totals(self, place: str) -> str:
        columns = self.places[place]
        added = ",\n    ".join(f"CAST({sql} AS BIGINT) AS {name}" for sql, name in columns.items())
        return f"SELECT {place},\n    {added}\n  FROM {self._families(list(columns))} GROUP BY {place}"

    def _with(self, more: Mapping[str, str], texts: list[str]) -> str:
        """The WITH clause: the visible rows and groups that the texts name, and more."""
        named = self.groups_by_name
        used = [named[name] for name in self._used(texts)]
        seen: dict[tuple[str, str], _Seen] = {}
        for group in used:
            place = (group.source.table, group.source.key)
            rows = seen.setdefault(place, _Seen(*place, self.linked))
            rows.wants(group.source, group.reads, group.window)
        ctes: dict[str, str] = {}
        for rows in seen.values():
            ctes |= rows.ctes()
        for group in used:
            ctes |= seen[group.source.table, group.source.key].wide(group.source)
        ctes |= {group.name: group.text(seen[group.source.table, group.source.key]) for group in used}
        return _with(ctes | dict(more))

    @property
    def groups_by_name(self) -> dict[str, _Group]:
        """Groups by the name of their clause, in order."""
        return {group.name: group for group in self.groups.values()}

    def _used(self, texts: list[str]) -> list[str]:
        used = set(re.findall(r"\bg\d+(?=_| )", " ".join(texts)))
        return [name for name in self.groups_by_name if name in used]

    def _families(self, texts: list[str]) -> str:
        """The cohort joined with the groups that the texts name."""
        named = self.groups_by_name
        joins = [f"\n  LEFT JOIN {name} USING ({named[name].source.key})" for name in self._used(texts)]
        return "cohort" + "".join(joins)
