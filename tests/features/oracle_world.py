"""What the office knew of each family on a day, told row by row in plain Python from the rules of the records alone.

Shares nothing with the compiler but the calendar: of the rows of one business key the last known by the day counts, a void
makes the key vanish, what has not happened yet is left out, and an end counts once it has happened and was heard of.
"""

from __future__ import annotations

import datetime as dt
import math
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

from pkh_graduation.programme.calendar import add_months, date_of, day_of

Row = dict[str, Any]

ENTITIES = {
    "keluarga": "kpm", "peringkat": "kpm", "anggota": "anggota", "usaha": "usaha", "program_komplementer": "program_key",
    "masalah": "masalah",
}  # fmt: skip
"""What a row of a table describes; the last row of each is its state."""

ENDS = {"anggota": "tanggal_keluar", "usaha": "tanggal_tutup"}
"""Ends that are news of their own, known from `tanggal_diketahui_selesai` on."""

MEANINGS: dict[str, Callable[[Family], Any]] = {}
"""Feature -> its value for a family, from its meaning."""

RESTS_ON: dict[str, Callable[[Family], list[Row]]] = {}
"""Feature -> the rows that its value rests on; the latest known day among them is the day it became known."""


def define(name: str, rule: Callable[[Family], Any], rests_on: Callable[[Family], list[Row]] | None = None) -> None:
    """Say what a feature means; each once."""
    assert name not in MEANINGS, name
    MEANINGS[name] = rule
    if rests_on is not None:
        RESTS_ON[name] = rests_on


def rows_of(table) -> list[Row]:
    """The rows of a frame, missing as None."""
    return table.astype(object).where(table.notna(), None).to_dict("records")


def order(row: Row) -> tuple[int, int, int]:
    return row["day"], row["known_day"], row["record_id"]


def visible(rows: list[Row], day: int, end: str | None = None) -> list[Row]:
    """One row per business key, the last known by ``day``; voids and what has not happened are left out, ends masked."""
    last: dict[int, Row] = {}
    for row in rows:
        held = last.get(row["row_key"])
        if row["known_day"] <= day and (held is None or _news(row) > _news(held)):
            last[row["row_key"]] = row
    seen = [row for row in last.values() if not row["batal"] and row["day"] is not None and row["day"] <= day]
    return [_masked(row, end, day) for row in seen] if end else seen


def _news(row: Row) -> tuple[int, int]:
    return row["known_day"], row["record_id"]


def _masked(row: Row, end: str, day: int) -> Row:
    ended, heard = row[end], row["tanggal_diketahui_selesai"]
    told = ended is not None and heard is not None and ended <= day and heard <= day
    return row if told else row | {end: None}


class World:
    """All families of one date, with the rows that were visible then."""

    def __init__(self, tables: dict[str, list[Row]], cohort: list[Row], day: int) -> None:
        self.day, self.date = day, date_of(day)
        self.bounds = {months: day_of(add_months(self.date, -months)) for months in (3, 6, 12, 24)}
        self._seen: dict[str, dict[Any, list[Row]]] = {}
        self._states: dict[str, dict[Any, list[Row]]] = {}
        for name, rows in tables.items():
            seen = visible(rows, day, ENDS.get(name))
            self._seen[name] = _by(seen, "kelompok" if name == "p2k2_sesi" else "kpm")
            if name in ENTITIES:
                last = {key: max(of, key=order) for key, of in _by(seen, ENTITIES[name]).items()}
                self._states[name] = _by(list(last.values()), "kpm")
        self.families = [Family(self, **person) for person in cohort]

    def of(self, table: str, key: int | None) -> list[Row]:
        return self._seen[table].get(key, []) if key is not None else []

    def states(self, table: str, kpm: int) -> list[Row]:
        return self._states[table].get(kpm, [])


def _by(rows: list[Row], column: str) -> dict[Any, list[Row]]:
    found = defaultdict(list)
    for row in rows:
        found[row[column]].append(row)
    return dict(found)


@dataclass(eq=False)
class Family:
    """One family on one date."""

    world: World
    kpm: int
    kelompok: int | None
    desa: str | None
    masuk: int | None

    @property
    def day(self) -> int:
        return self.world.day

    def ago(self, months: int) -> int:
        """The day so many calendar months before."""
        return self.world.bounds[months]

    def rows(self, table: str, months: int | None = None) -> list[Row]:
        """What is visible of the family, perhaps of the last months only."""
        return self._recent(self.world.of(table, self.kpm), months)

    def group(self, table: str, months: int | None = None) -> list[Row]:
        """What is visible of the family's group."""
        return self._recent(self.world.of(table, self.kelompok), months)

    def states(self, table: str, months: int | None = None) -> list[Row]:
        """The last row of each member, enterprise, programme or problem of the family."""
        return self._recent(self.world.states(table, self.kpm), months)

    def _recent(self, rows: list[Row], months: int | None) -> list[Row]:
        if months is None:
            return rows
        since = self.ago(months)
        return [row for row in rows if row["day"] > since]

    @cached_property
    def home(self) -> Row:
        """The family as last observed; every column missing if it never was."""
        return next(iter(self.states("keluarga")), defaultdict(lambda: None))

    @cached_property
    def rank(self) -> Row:
        return next(iter(self.states("peringkat")), defaultdict(lambda: None))

    def others(self, place: str) -> list[Family]:
        """The other families of the cohort in the same place."""
        here = getattr(self, place)
        return [f for f in self.world.families if f is not self and here is not None and getattr(f, place) == here]


# ---------------------------------------------------------------- small arithmetic, missing as None


def there(rows: list[Row], column: str) -> list[Any]:
    """The values that are there."""
    return [row[column] for row in rows if row[column] is not None]


def total(rows: list[Row], column: str) -> int:
    return sum(there(rows, column))


def mean(values: list[int]) -> float | None:
    return float(Fraction(sum(values), len(values))) if values else None


def share(rows: list[Row], test: Callable[[Row], bool]) -> float | None:
    return mean([int(test(row)) for row in rows])


def spread(values: list[int]) -> float | None:
    """Sample standard deviation."""
    if len(values) < 2:
        return None
    centre = Fraction(sum(values), len(values))
    return math.sqrt(sum((value - centre) ** 2 for value in values) / (len(values) - 1))


def slope(rows: list[Row], column: str) -> float | None:
    """Least-squares slope a year of 365.25 days."""
    pairs = [(row["day"], row[column]) for row in rows if row[column] is not None]
    if len({day for day, _ in pairs}) < 2:
        return None
    day = Fraction(sum(d for d, _ in pairs), len(pairs))
    value = Fraction(sum(v for _, v in pairs), len(pairs))
    along = sum((d - day) * (v - value) for d, v in pairs) / sum((d - day) ** 2 for d, _ in pairs)
    return float(along) * 365.25


def divided(part: float | None, whole: float | None, times: int = 1) -> float | None:
    return None if part is None or not whole else times * part / whole


def change(now: int | None, then: int | None) -> int | None:
    return None if now is None or then is None else now - then


def years(days: int | None) -> float | None:
    return None if days is None else days / 365.25


def least(values: list[Any]) -> Any:
    return min(values, default=None)


def most(values: list[Any]) -> Any:
    return max(values, default=None)


def newest(rows: list[Row]) -> Row | None:
    return max(rows, key=order, default=None)


def newest_only(rows: list[Row]) -> list[Row]:
    return [] if not rows else [max(rows, key=order)]


def one_of(value: Any, *codes: Any) -> int | None:
    """1 if the value is one of the codes, 0 if another, missing if missing."""
    return None if value is None else int(value in codes)


def holds(row: Row, column: str, *words: str) -> bool:
    """Whether a set, written with bars, holds one of the words."""
    return row[column] is not None and bool(set(words) & set(row[column].split("|")))


def age_on(birth: int | None, date: dt.date) -> int | None:
    """Completed years; who was born on 29 February has her birthday on 1 March in other years."""
    if birth is None:
        return None
    born = date_of(birth)
    return date.year - born.year - ((date.month, date.day) < (born.month, born.day))
