"""Conditions and values of a row, written with Python operators and kept as SQL: never free text.

Only integers are calculated with; text is compared, reals are compared with integers and passed on. Whatever differs
between DuckDB and Spark (backslashes, division, date arithmetic, rounding casts) cannot be written.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

INT, REAL, TEXT, FLAG = "BIGINT", "DOUBLE", "STRING", "BOOLEAN"
"""Kinds of value. The first three are type names that DuckDB and Spark both accept; `FLAG` is a condition."""

MONTHS = (3, 6, 12, 24)
"""Windows whose lower bounds the spine carries."""


class ExpressionError(TypeError):
    """A condition was written in a way that two engines would read differently, or that cannot be checked."""


class Expr:
    """A value of a row (``kind`` INT, REAL, TEXT) or a condition on it (FLAG), as SQL, with the columns it reads."""

    __slots__ = ("columns", "kind", "sql")

    def __init__(self, sql: str, kind: str, columns: frozenset[str] = frozenset()) -> None:
        self.sql = sql
        self.kind = kind
        self.columns = columns

    def __repr__(self) -> str:
        return f"Expr({self.sql!r}, {self.kind})"

    __hash__ = None  # type: ignore[assignment]  # == builds SQL, so an Expr cannot be looked up

    def _compare(self, operator: str, other: object) -> Expr:
        right = literal(other)
        if self.kind == FLAG or right.kind == FLAG:
            raise ExpressionError(
                f"{self.sql} is a condition; combine conditions with & | ~ instead of comparing them."
            )
        if (self.kind == TEXT) != (right.kind == TEXT):
            raise ExpressionError(
                f"{self.sql} is {self.kind} and {right.sql} is {right.kind}: they cannot be compared."
            )
        return Expr(f"({self.sql} {operator} {right.sql})", FLAG, self.columns | right.columns)

    def __eq__(self, other: object) -> Expr:  # type: ignore[override]  # builds SQL
        return self._compare("=", other)

    def __ne__(self, other: object) -> Expr:  # type: ignore[override]  # builds SQL
        return self._compare("<>", other)

    def __lt__(self, other: object) -> Expr:
        return self._compare("<", other)

    def __le__(self, other: object) -> Expr:
        return self._compare("<=", other)

    def __gt__(self, other: object) -> Expr:
        return self._compare(">", other)

    def __ge__(self, other: object) -> Expr:
        return self._compare(">=", other)

    def _join(self, operator: str, other: Expr) -> Expr:
        if not isinstance(other, Expr) or self.kind != FLAG or other.kind != FLAG:
            raise ExpressionError(f"& and | join two conditions; {self.sql} or its partner is none. Mind the brackets.")
        return Expr(f"({self.sql} {operator} {other.sql})", FLAG, self.columns | other.columns)

    def __and__(self, other: Expr) -> Expr:
        return self._join("AND", other)

    def __or__(self, other: Expr) -> Expr:
        return self._join("OR", other)

    def __invert__(self) -> Expr:
        if self.kind != FLAG:
            raise ExpressionError(f"~ turns a condition round; {self.sql} is a value.")
        return Expr(f"(NOT {self.sql})", FLAG, self.columns)

    def __bool__(self) -> bool:
        raise ExpressionError("combine conditions with & | ~, not with and / or / not / in / chained comparisons.")

    def _calculate(self, operator: str, other: object) -> Expr:
        right = literal(other)
        if self.kind != INT or right.kind != INT:
            raise ExpressionError(f"{self.sql} {operator} {right.sql}: only integers are calculated with, row by row.")
        return Expr(f"({self.sql} {operator} {right.sql})", INT, self.columns | right.columns)

    def __add__(self, other: object) -> Expr:
        return self._calculate("+", other)

    def __sub__(self, other: object) -> Expr:
        return self._calculate("-", other)

    def __mul__(self, other: object) -> Expr:
        return self._calculate("*", other)

    def is_null(self) -> Expr:
        """Whether the value is missing."""
        return Expr(f"({self.sql} IS NULL)", FLAG, self.columns)

    def known(self) -> Expr:
        """Whether the value is there."""
        return Expr(f"({self.sql} IS NOT NULL)", FLAG, self.columns)

    def isin(self, *values: int | str) -> Expr:
        """Whether the value is one of ``values``; missing if it is missing."""
        if not values:
            raise ExpressionError(f"{self.sql}.isin() needs at least one value.")
        codes = [value for value in values if type(value) is int]
        texts = [value for value in dict.fromkeys(values) if type(value) is not int]
        tests = [*self._runs(codes), *(self._compare("=", text) for text in texts)]
        return Expr(f"({' OR '.join(test.sql for test in tests)})", FLAG, self.columns)

    def _runs(self, values: Sequence[int]) -> list[Expr]:
        """One test per run of neighbouring codes: two comparisons cost less than ten."""
        ordered = sorted(set(values))
        starts = [value for value in ordered if value - 1 not in ordered]
        ends = [value for value in ordered if value + 1 not in ordered]
        return [self == low if low == high else self.between(low, high) for low, high in zip(starts, ends, strict=True)]

    def between(self, low: int, high: int) -> Expr:
        """Whether ``low <= value <= high``."""
        return (self >= low) & (self <= high)

    def has(self, word: str) -> Expr:
        """Whether a set (text joined by ``|``) holds ``word``; missing if the set is missing."""
        if self.kind != TEXT or not word or "|" in word:
            raise ExpressionError(f"{self.sql}.has(word): a set is text, and a word holds no '|'.")
        return Expr(f"(instr('|' || {self.sql} || '|', {literal(f'|{word}|').sql}) > 0)", FLAG, self.columns)

    def recode(self, levels: Mapping[int, Sequence[int]] | Mapping[int, Sequence[str]]) -> Expr:
        """Level of a code: ``{level: codes}``; a code that is not listed is missing."""
        arms = " ".join(f"WHEN {self.isin(*codes).sql} THEN {int(level)}" for level, codes in levels.items())
        return Expr(f"(CASE {arms} END)", INT, self.columns)

    def steps(self, *bounds: int) -> Expr:
        """Number of ``bounds`` (ascending) that the value reaches: 0 below the first; missing if missing."""
        if list(bounds) != sorted(set(bounds)) or not bounds:
            raise ExpressionError(f"{self.sql}.steps{bounds}: bounds must ascend.")
        arms = [f"WHEN {(self >= bound).sql} THEN {place}" for place, bound in reversed([*enumerate(bounds, 1)])]
        return Expr(f"(CASE {' '.join(arms)} WHEN {self.known().sql} THEN 0 END)", INT, self.columns)

    def number(self) -> Expr:
        """A condition as 1, 0 or missing."""
        if self.kind != FLAG:
            raise ExpressionError(f"{self.sql} is a value already.")
        return Expr(f"CAST({self.sql} AS INT)", INT, self.columns)

    def otherwise(self, other: object) -> Expr:
        """The value, or ``other`` where it is missing."""
        right = literal(other)
        if self.kind == FLAG or self.kind != right.kind:
            raise ExpressionError(f"{self.sql} is {self.kind}, its stand-in {right.sql} is {right.kind}.")
        return Expr(f"coalesce({self.sql}, {right.sql})", self.kind, self.columns | right.columns)


def literal(value: object) -> Expr:
    """An integer or a plain text as SQL.

    >>> literal("o'k").sql
    "'o''k'"

    Raises:
        ExpressionError: floats, booleans, dates and everything else; text with a backslash or a colon.
    """
    if isinstance(value, Expr):
        return value
    if type(value) is int:
        return Expr(str(value), INT)
    if isinstance(value, str) and not {"\\", ":"} & set(value):
        return Expr("'" + value.replace("'", "''") + "'", TEXT)
    if isinstance(value, str):
        raise ExpressionError(
            "a text may hold no backslash (Spark reads it as an escape) and no colon (a date's mark)."
        )
    raise ExpressionError(
        f"use an integer or a plain text, not {type(value).__name__}: engines round floats differently."
    )


AS_OF = Expr(":as_of", INT)
"""The as-of day."""


def months_ago(months: int) -> Expr:
    """The day so many calendar months before the as-of day, from the spine."""
    if months not in MONTHS:
        raise ExpressionError(f"the spine carries {MONTHS} months, not {months!r}.")
    return Expr(f":lo{months}", INT)


def age(ymd: Expr) -> Expr:
    """Completed years at the as-of day, from a date written as the integer yyyymmdd; leap days are right.

    >>> age(Expr("lahir_ymd", INT)).sql
    '(CAST(floor((:as_of_ymd - lahir_ymd) / 10000.0) AS INT))'
    """
    return Expr(f"(CAST(floor((:as_of_ymd - {ymd.sql}) / 10000.0) AS INT))", INT, ymd.columns)


def total(*values: Expr) -> Expr:
    """Sum over several values, those missing counted as 0; missing only if all are."""
    if not values or any(value.kind != INT for value in values):
        raise ExpressionError("total() adds integers; turn conditions into .number() first.")
    columns = frozenset().union(*(value.columns for value in values))
    added = " + ".join(f"coalesce({value.sql}, 0)" for value in values)
    return Expr(
        f"(CASE WHEN coalesce({', '.join(value.sql for value in values)}) IS NOT NULL THEN {added} END)", INT, columns
    )


def case(condition: Expr, value: object, other: Expr | None = None) -> Expr:
    """``value`` where the condition holds, else ``other`` (missing by default)."""
    left = literal(value)
    if condition.kind != FLAG or (other is not None and other.kind != left.kind):
        raise ExpressionError("case(condition, value, other): a condition, and two values of one kind.")
    tail = f" ELSE {other.sql}" if other is not None else ""
    columns = condition.columns | left.columns | (other.columns if other is not None else frozenset())
    return Expr(f"(CASE WHEN {condition.sql} THEN {left.sql}{tail} END)", left.kind, columns)
