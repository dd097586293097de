"""Sources and measures: which rows, reduced how. The author writes no as-of date, window bound, null rule or key.

A source is a table seen as `Events` (each row counts on its day), `States` (each entity's last visible row) or
`Intervals` (states whose end counts only once it is known). A measure reduces a source to one value per family
(`Aggregate`), combines measures (`Combine`), or looks at the neighbours (`Peers`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Self

from pkh_graduation.features.expressions import FLAG, INT, MONTHS, REAL, TEXT, Expr, ExpressionError, literal

KEYS = ("kpm", "kelompok")
"""What a table's rows belong to: a family, or the group that the family meets in."""

PLACES = ("desa", "kelompok")
"""Neighbourhoods of `Peers`, taken from the cohort."""


_NAME = re.compile(r"[a-z][a-z0-9_]*")
_RESERVED = frozenset(
    {
        "all", "and", "any", "as", "asc", "between", "by", "case", "cast", "cohort", "count", "cross", "desc",
        "distinct", "else", "end", "except", "exists", "false", "filter", "from", "full", "group", "having", "in",
        "inner", "intersect", "into", "is", "join", "known_day", "left", "like", "limit", "max", "min", "not", "null",
        "on", "or", "order", "outer", "over", "partition", "record_id", "right", "select", "sum", "table", "tautan",
        "then", "true", "union", "unique", "using", "values", "when", "where", "window", "with",
    }
)  # fmt: skip


class FeatureError(ValueError):
    """A feature was declared wrongly; the message names it and says what would be right."""


@dataclass(frozen=True, eq=False)
class Source:
    """A table's rows under a condition. It alone decides what is visible at an as-of date; see the three makers below."""

    table: str
    columns: Mapping[str, str]
    entity: str | None = None
    key: str = "kpm"
    ends: tuple[tuple[str, str], ...] = ()
    condition: Expr | None = None

    def __post_init__(self) -> None:
        if self.key not in KEYS:
            raise FeatureError(f"{self.table}: rows belong to one of {KEYS}, not to {self.key!r}.")
        unfit = [name for name in (self.table, *self.columns) if not _NAME.fullmatch(name) or name in _RESERVED]
        if unfit:
            raise FeatureError(f"{unfit} cannot be names: small letters, digits and _, and no word of SQL.")
        strange = {kind for kind in self.columns.values() if kind not in (INT, REAL, TEXT)}
        if strange:
            raise FeatureError(f"{self.table}: columns are INT, REAL or TEXT, not {sorted(strange)}.")
        object.__setattr__(self, "columns", MappingProxyType(dict(self.columns)))

    def __getitem__(self, column: str) -> Expr:
        kind = {"day": INT, **self.columns}.get(column)
        if kind is None:
            raise FeatureError(f"{self.table} has no column {column!r}; it has {sorted(['day', *self.columns])}.")
        return Expr(column, kind, frozenset([column]))

    def where(self, condition: Expr) -> Self:
        """The rows that also meet ``condition``."""
        if not isinstance(condition, Expr) or condition.kind != FLAG:
            raise ExpressionError(f"{self.table}.where() takes a condition such as table['status'] == 'cair'.")
        return replace(self, condition=condition if self.condition is None else self.condition & condition)

    @property
    def rows(self) -> tuple[str, str | None, str, tuple[tuple[str, str], ...]]:
        """What makes two sources share their visible rows, whatever their conditions."""
        return self.table, self.entity, self.key, self.ends

    def count(self) -> Aggregate:
        """Number of rows; 0 if there is none."""
        return Aggregate(self, "count", fill=0)

    def sum(self, value: Expr | str) -> Aggregate:
        """Sum of an integer; 0 if there is no row."""
        return Aggregate(self, "sum", self._integer(value, "sum"), fill=0)

    def min(self, value: Expr | str) -> Aggregate:
        """Smallest value."""
        return self._picked("min", value)

    def max(self, value: Expr | str) -> Aggregate:
        """Largest value."""
        return self._picked("max", value)

    def mean(self, value: Expr | str) -> Aggregate:
        """Mean of an integer over the rows that have it."""
        return Aggregate(self, "mean", self._integer(value, "mean"), kind=REAL)

    def std(self, value: Expr | str) -> Aggregate:
        """Sample standard deviation of an integer; missing below two values."""
        return Aggregate(self, "std", self._integer(value, "std"), kind=REAL)

    def trend(self, value: Expr | str) -> Aggregate:
        """Least-squares slope of an integer, per year; missing below two days."""
        return Aggregate(self, "trend", self._integer(value, "trend"), kind=REAL)

    def share(self, condition: Expr) -> Aggregate:
        """Share of the rows that meet ``condition``, of all rows."""
        if condition.kind != FLAG:
            raise ExpressionError(f"{self.table}.share() takes a condition, not {condition.sql}.")
        return Aggregate(self, "share", condition, kind=REAL)

    def last(self, value: Expr | str) -> Aggregate:
        """Value in the latest row (day, then known day, then record), missing if that row lacks it."""
        return self._picked("last", value)

    def distinct(self, value: Expr | str) -> Aggregate:
        """Number of different values; 0 if there is none."""
        return Aggregate(self, "distinct", self._value(value), fill=0)

    def days_since(self) -> Aggregate:
        """Days from the latest row to the as-of date."""
        return Aggregate(self, "days_since")

    def value(self, value: Expr | str) -> Aggregate:
        """The value of the family's one row: only where the entity is the family itself."""
        if self.entity != self.key:
            raise FeatureError(
                f"{self.table}: value() needs States with entity={self.key!r}; use last() or an aggregate."
            )
        return self._picked("max", value)

    def _value(self, value: Expr | str) -> Expr:
        return self[value] if isinstance(value, str) else value

    def _picked(self, how: str, value: Expr | str) -> Aggregate:
        chosen = self._value(value)
        if chosen.kind == FLAG:
            chosen = chosen.number()
        if how == "last" and chosen.kind == REAL:
            raise FeatureError(f"{self.table}: last() of a real has no safe stand-in; use States and value().")
        return Aggregate(self, how, chosen, kind=chosen.kind)

    def _integer(self, value: Expr | str, how: str) -> Expr:
        chosen = self._value(value)
        if chosen.kind != INT:
            raise FeatureError(f"{self.table}.{how}({chosen.sql}): only integers are added up; it is {chosen.kind}.")
        return chosen


class Events(Source):
    """Something happened on ``day`` and became known on ``known_day``; each row counts."""


class States(Source):
    """A value holds from ``day`` until the entity's next row says otherwise: only the last visible row counts."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.entity is None:
            raise FeatureError(f"{self.table}: States need entity=, the column that names what the rows describe.")


class Intervals(States):
    """States with an end that is news of its own: a pair (end, end's known day) in ``ends``.

    Before its known day, and before it happened, an end is missing: what ends is still open.
    """

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.ends or any(column not in self.columns for column, _ in self.ends):
            raise FeatureError(
                f"{self.table}: Intervals need ends=((end, known day of the end), ...) among the columns."
            )

    @property
    def open(self) -> Expr:
        """Whether the (first) end is not there yet, as far as known."""
        return self[self.ends[0][0]].is_null()


class Measure:
    """One value per family: `Aggregate`, `Combine`, `Peers`, `CohortDay` or, from the hatch, `Hatched`."""

    kind: str

    @property
    def parts(self) -> tuple[Measure, ...]:
        """The measures that this one is made of."""
        return ()


@dataclass(frozen=True, eq=False)
class Aggregate(Measure):
    """Rows of a source reduced to one value per family, in a window, perhaps first per entity."""

    source: Source
    how: str
    value: Expr | None = None
    kind: str = INT
    fill: int | None = None
    window: int | None = None
    entity: str | None = None
    outer: str = ""
    pick: Expr | None = None

    def over(self, months: int) -> Aggregate:
        """Only rows of the last ``months`` calendar months."""
        if months not in MONTHS:
            raise FeatureError(f"{self.source.table}.{self.how}: windows are {MONTHS} months, not {months!r}.")
        return replace(self, window=months)

    def per(self, entity: str, outer: str) -> Aggregate:
        """First per entity (say, per pupil), then over the entities of a family by sum, min or max."""
        if self.kind != INT or outer not in ("sum", "min", "max"):
            raise FeatureError(f"{self.source.table}.{self.how}.per(): integers are combined, by sum, min or max.")
        column = self.source[entity].sql
        return replace(self, entity=column, outer=outer)

    def at(self, entity: str, value: int | str) -> Aggregate:
        """Only the entity of that value (say, module 2): the same as a condition, and cheaper where many are asked for."""
        return replace(self, entity=self.source[entity].sql, outer="max", pick=self.source[entity] == value)

    def or_else(self, fill: int) -> Aggregate:
        """What "no row" means, where it does not mean unknown."""
        return replace(self, fill=fill)

    def or_unknown(self) -> Aggregate:
        """Missing, not 0, for a family of which the table holds no row at all."""
        return replace(self, fill=None)

    @property
    def tells_none(self) -> bool:
        """Whether it gives 0 where rows are there but none meets the condition, and missing where there is no row."""
        return self.fill is None and self.how in ("count", "sum", "distinct")

    @property
    def reads(self) -> frozenset[str]:
        """Columns of the table that are read, the clock left out."""
        names: set[str] = set() if self.entity is None else {self.entity}
        for expression in (self.source.condition, self.value):
            names |= set() if expression is None else expression.columns
        hidden = {known for end, known in self.source.ends if end in names}
        entity = set() if self.source.entity in (None, self.source.key) else {str(self.source.entity)}
        return frozenset((names | hidden | entity) - {"day"})


@dataclass(frozen=True, eq=False)
class CohortDay(Measure):
    """Days from a day in the cohort (the start of the membership) to the as-of date.

    The cohort carries no known date of its own; ``witness`` is the measure whose known day is shown instead.
    """

    column: str
    witness: Aggregate
    kind: str = INT

    @property
    def parts(self) -> tuple[Measure, ...]:
        """The witness."""
        return (self.witness,)


@dataclass(frozen=True, eq=False)
class Combine(Measure):
    """A value made of other measures of the family: ``build`` is given an `Expr` for each.

    ``lenient``: where a table is missing, it is built from the parts that are left, as a guard must be.
    """

    build: Callable[..., Expr]
    made_of: tuple[Measure, ...]
    kind: str = INT
    lenient: bool = False

    @property
    def parts(self) -> tuple[Measure, ...]:
        """The measures it is made of."""
        return self.made_of


@dataclass(frozen=True, eq=False)
class Peers(Measure):
    """Mean of an integer measure over the other families of the cohort in the same place.

    Numerator and denominator are integers from which the family's own part is taken away. The known day is the latest
    among the place's families, her own included: which is exact enough for a date that is only printed.
    """

    of: Measure
    place: str
    kind: str = REAL

    def __post_init__(self) -> None:
        if self.place not in PLACES or self.of.kind != INT:
            raise FeatureError(f"Peers take the mean of an integer measure in one of {PLACES}, not in {self.place!r}.")

    @property
    def parts(self) -> tuple[Measure, ...]:
        """The measure that is averaged."""
        return (self.of,)


def combine(build: Callable[..., Expr], *parts: Measure, lenient: bool = False) -> Combine:
    """An integer calculated from integer measures, such as a difference."""
    return Combine(build, parts, lenient=lenient)


def ratio(part: Measure, whole: Measure, scale: int = 1) -> Combine:
    """``scale * part / whole`` as a real; missing where the whole is missing or 0."""

    def build(a: Expr, b: Expr) -> Expr:
        times = f"{literal(scale).sql} * " if scale != 1 else ""
        return Expr(f"(CAST({times}{a.sql} AS DOUBLE) / nullif({b.sql}, 0))", REAL, a.columns | b.columns)

    return Combine(build, (part, whole), REAL)


def years(days: Measure) -> Combine:
    """Days as years of 365.25 days."""
    return Combine(lambda a: Expr(f"(CAST({a.sql} AS DOUBLE) / 365.25)", REAL, a.columns), (days,), REAL)


def yes(measure: Measure) -> Combine:
    """1 where a count is above 0, else 0."""
    return Combine(lambda a: (a > 0).number(), (measure,))
