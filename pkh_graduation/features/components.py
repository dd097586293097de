"""The component calendar: which components a family has on a date, and when the last of them will end.

Date arithmetic, not learning: birth dates, schooling, pregnancy, disability and the dated rules (`programme.rules`) say it.
A component is counted as of the date from the member's last visible observation; its stored form is never read.

Conventions, assumed where no regulation speaks:

- a school year begins in July and ends on 30 June; the twelfth class ends the component, and so does the 21st birthday;
- a child starts SD in the first July at the age from which the education component counts (6), and goes up one class a year;
- a pupil's class is the one observed, moved on by the school years since; without a class, the one usual for the age;
- a child below 7 goes with her school once enrolled, else with AUD, and is expected to go through school;
- schooling that was not recorded is taken as the usual one, so that missing data never ends a component;
- a pregnancy lasts until 42 days after the expected birth (280 days after the observation if no date is known), and the
  child it brings is expected until it should have been registered, a year after that birth.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd

from pkh_graduation.programme.calendar import NEVER, date_of
from pkh_graduation.programme.rules import lansia_age, rule

COLUMNS = (
    "tanggal_lahir", "keberadaan", "pendidikan", "kelas", "sekolah_status", "jenjang", "hamil", "tanggal_perkiraan_lahir",
    "disabilitas_berat", "tanggal_keluar",
)  # fmt: skip
"""Columns of `anggota` that the calendar reads."""

KINDS = ("hamil", "aud", "sd", "smp", "sma", "lansia", "disabilitas")
NONE = -(2**31)
"""The end of a component that never was."""

PREGNANCY, NIFAS, UNREGISTERED = 280, 42, 365
AT_SCHOOL, NEVER_SCHOOLED, LEFT_SCHOOL = 2, 1, 3
ABSENT = (2, 3, 4, 6)
"""Presence codes of those who died, moved, are abroad or were not found (code list 404)."""
_LEVELS = (("sd", (1, 5), 1, 6), ("smp", (6, 10), 7, 9), ("sma", (11, 17), 10, 12))
"""Level, its codes of list 413, its first and last class counted from SD."""
LAST_CLASS = 12
HIGHER = 18
"""First code of list 413 beyond the twelve years."""
SINGLE = 1
_JULY = 6
"""Months of a year before the one in which a school year begins."""
_TABLE = range(-40_000, 40_000)
"""Epoch days that the calendar is looked up for: 1860 to 2079."""


@dataclass(frozen=True)
class AgeRules:
    """The ages and limits in force on a date."""

    aud_end: int
    school_start: int
    school_end: int
    aud_max: int
    lansia: int
    elderly: int

    @classmethod
    def on(cls, date: dt.date) -> AgeRules:
        """From the dated rules; ``elderly`` is the regulation's age, used where the question is protection."""
        return cls(
            aud_end=int(rule("aud_usia_maks", on=date).nilai) + 1,
            school_start=int(rule("sekolah_usia_min", on=date).nilai),
            school_end=int(rule("sekolah_usia_maks", on=date).nilai),
            aud_max=int(rule("maks_anak_aud", on=date).nilai),
            lansia=lansia_age(date),
            elderly=int(rule("lansia_usia_peraturan", on=date).nilai),
        )


def component_calendar(members: pd.DataFrame, as_of: int) -> pd.DataFrame:
    """Components of each family on an epoch day.

    Args:
        members: the last visible observation of each member: ``kpm``, ``day`` (of the observation) and `COLUMNS`; dates are
            epoch days, codes those of the canonical records.

    Returns:
        One row per kpm (index), Int64: ``komp_<kind>_n``, ``komp_aktif_n`` (persons with a component, AUD capped),
        ``komp_abadi``, ``komp_habis_day`` and ``komp_habis_hari`` (missing if a component never ends; days are 0 or less once
        the last has ended, 0 if none was ever seen), and the guards ``pagar_*`` that follow from the members.
    """
    rules = AgeRules.on(date_of(as_of))
    person = member_calendar(members, as_of)
    codes, kpm = pd.factorize(members["kpm"].to_numpy(dtype="int64"), sort=True)
    n = len(kpm)

    def count(flags: np.ndarray) -> np.ndarray:
        return np.bincount(codes[flags], minlength=n)

    counts = {kind: count(person[kind].to_numpy()) for kind in KINDS}
    excess = np.maximum(counts["aud"] - rules.aud_max, 0)
    counts["aud"] -= excess
    active = count(person["aktif"].to_numpy()) - excess
    lasting = counts["lansia"] + counts["disabilitas"]
    end, never = _family_end(person, codes, n, as_of)
    here = person["ada"].to_numpy()
    old = here & (person["usia"].to_numpy() >= rules.elderly)
    out = {f"komp_{kind}_n": counts[kind] for kind in KINDS}
    out |= {
        "komp_aktif_n": active,
        "komp_abadi": lasting > 0,
        "pagar_hanya_lansia_disabilitas": (lasting > 0) & (count(person["lain"].to_numpy()) == 0),
        "pagar_lansia_tunggal": (count(here) == SINGLE) & (count(old) == SINGLE),
        "pagar_disabilitas_berat": counts["disabilitas"] > 0,
        "pagar_hamil": counts["hamil"] > 0,
        "pagar_anak_bawah_dua": count(person["bawah_dua"].to_numpy()) > 0,
    }
    frame = pd.DataFrame(
        {name: column.astype("int64") for name, column in out.items()}, index=pd.Index(kpm, name="kpm")
    )
    frame = frame.astype("Int64")
    unknown = never | (end == NONE)
    frame["komp_habis_day"] = pd.array(np.where(unknown, 0, end), dtype="Int64")
    frame["komp_habis_day"] = frame["komp_habis_day"].mask(unknown)
    left = np.where(end == NONE, 0, end - as_of)
    frame["komp_habis_hari"] = pd.array(np.where(never, 0, left), dtype="Int64")
    frame["komp_habis_hari"] = frame["komp_habis_hari"].mask(never)
    return frame


def member_calendar(members: pd.DataFrame, as_of: int) -> pd.DataFrame:
    """Components of each member on an epoch day, in the order of ``members``.

    Returns:
        Boolean ``ada`` (lives in the family), one column per kind, ``aktif``, ``lain`` (a component other than lansia and
        disabilitas), ``bawah_dua``; ``usia`` (completed years, -1 if unknown) and ``habis`` (int64 day on which the member's
        last component ends, `NEVER`, or `NONE`), ``jadi_lansia`` (day on which the member will count as lansia, or `NEVER`).
    """
    rules = AgeRules.on(date_of(as_of))
    row = _Rows.of(members)
    here = row.here()
    age = _age(row.birth, np.array([as_of]))
    school, level = _schooling(row, rules, as_of)
    gone = row.gone()
    school = np.where(here, school, np.minimum(school, gone))
    child = here & (school > as_of)
    aud = child & (age >= 0) & (age < rules.aud_end) & (level == 0)
    due, expected = _expected(row, rules)
    pregnant = here & row.pregnant & (due + NIFAS > as_of)
    lansia = here & (age >= rules.lansia)
    disabled = here & row.disabled
    unborn = here & row.pregnant & (due + UNREGISTERED > as_of)
    was_lasting = ~here & (row.disabled | (_age(row.birth, np.where(here, as_of, gone)) >= rules.lansia))
    ends = [
        school,
        np.where(row.pregnant & here, due + NIFAS, NONE),
        np.where(unborn, expected, NONE),
        np.where(was_lasting, gone, NONE),
    ]
    end = np.maximum.reduce(ends)
    born = row.birth != NEVER
    baby = here & born & (row.birth <= as_of) & (as_of < _birthday(row.birth, 2))
    return pd.DataFrame(
        {
            "ada": here,
            "hamil": pregnant,
            "aud": aud,
            **{
                kind: child & ~aud & (np.maximum(level, 1) == place)
                for place, kind in enumerate(("sd", "smp", "sma"), 1)
            },
            "lansia": lansia,
            "disabilitas": disabled,
            "aktif": child | pregnant | lansia | disabled,
            "lain": child | pregnant,
            "bawah_dua": baby | (unborn & (due <= as_of)),
            "usia": age,
            "habis": np.where(lansia | disabled, NEVER, end),
            "jadi_lansia": np.where(here & born, _birthday(row.birth, rules.lansia), NEVER),
        }
    )


@dataclass(frozen=True)
class _Rows:
    """Columns of the members as plain arrays: days and codes as int64 with `NEVER` or -1 where missing."""

    seen: np.ndarray
    birth: np.ndarray
    left: np.ndarray
    place: np.ndarray
    status: np.ndarray
    studied: np.ndarray
    grade: np.ndarray
    level: np.ndarray
    pregnant: np.ndarray
    due: np.ndarray
    disabled: np.ndarray

    @classmethod
    def of(cls, members: pd.DataFrame) -> _Rows:
        def whole(column: str, missing: int) -> np.ndarray:
            return members[column].fillna(missing).to_numpy(dtype="int64")

        place: Mapping[str, int] = {name: i for i, (name, *_) in enumerate(_LEVELS, 1)}
        # Each text is looked up once, not each row.
        level, levels = pd.factorize(members["jenjang"])
        return cls(
            seen=whole("day", 0),
            birth=whole("tanggal_lahir", NEVER),
            left=whole("tanggal_keluar", NEVER),
            place=whole("keberadaan", -1),
            status=whole("sekolah_status", -1),
            studied=whole("pendidikan", -1),
            grade=whole("kelas", -1),
            level=np.array([*(place.get(name, 0) for name in levels), 0])[level],
            pregnant=whole("hamil", 0) == 1,
            due=whole("tanggal_perkiraan_lahir", NEVER),
            disabled=whole("disabilitas_berat", 0) == 1,
        )

    def here(self) -> np.ndarray:
        return (self.left == NEVER) & ~np.isin(self.place, ABSENT)

    def gone(self) -> np.ndarray:
        return np.minimum(self.left, np.where(np.isin(self.place, ABSENT), self.seen, NEVER))


def _schooling(row: _Rows, rules: AgeRules, as_of: int) -> tuple[np.ndarray, np.ndarray]:
    """Day on which childhood and schooling stop counting (`NONE` if they never did), and the level now (0: not at school)."""
    known = row.birth != NEVER
    age_seen = _age(row.birth, row.seen)
    small = known & (age_seen < rules.aud_end)
    at_school = (row.status == AT_SCHOOL) | ((row.status == -1) & (row.level > 0))
    level_seen = np.where(row.level > 0, row.level, _level_of(row.studied))
    enrolled = at_school & (row.studied < HIGHER) & (level_seen > 0)
    unrecorded = (row.status == -1) & ~enrolled & known & (row.studied < HIGHER)
    usual = known & (unrecorded | (small & ~enrolled) | (at_school & (level_seen == 0) & (row.studied < HIGHER)))
    class_by_age = _school_year(row.seen) - _entry_year(row.birth, rules.school_start) + 1
    class_seen = np.where(enrolled, _class_seen(row, level_seen, class_by_age, known), class_by_age)
    finish = _june(_school_year(row.seen) + 1 + LAST_CLASS - class_seen)
    finish = np.where(known, np.minimum(finish, _birthday(row.birth, rules.school_end)), finish)
    dropped = known & (age_seen >= 0) & (age_seen < rules.school_end) & (row.status == LEFT_SCHOOL) & ~small
    dropped |= known & (row.status == NEVER_SCHOOLED) & ~small & (age_seen < rules.school_end)
    end = np.where(enrolled | usual, finish, NONE)
    end = np.where(dropped, np.minimum(finish, row.seen), end)
    grown = known & ((age_seen >= rules.school_end) | (row.birth > as_of))
    end = np.where(grown, NONE, end)
    class_now = class_seen + _school_year(np.array([as_of])) - _school_year(row.seen)
    level_now = np.searchsorted([1, 7, 10], class_now, side="right")
    # Below 7 only an enrolment that was seen takes a child out of AUD.
    return end, np.where(enrolled | (_age(row.birth, np.array([as_of])) >= rules.aud_end), level_now, 0)


def _class_seen(row: _Rows, level: np.ndarray, by_age: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Class observed, counted 1 to 12 from SD; without one, the usual class held inside the level."""
    first = np.array([1, *(low for *_, low, _ in _LEVELS)])[level]
    last = np.array([LAST_CLASS, *(high for *_, high in _LEVELS)])[level]
    recorded = (row.grade >= 1) & (row.grade <= last - first + 1)
    done = row.grade > last - first + 1
    usual = np.where(known, np.clip(by_age, first, last), first)
    return np.where(recorded, first + row.grade - 1, np.where(done, last, usual))


def _level_of(studied: np.ndarray) -> np.ndarray:
    level = np.zeros(len(studied), dtype="int64")
    for place, (_, (low, high), *_) in enumerate(_LEVELS, 1):
        level[(studied >= low) & (studied <= high)] = place
    return level


def _expected(row: _Rows, rules: AgeRules) -> tuple[np.ndarray, np.ndarray]:
    """Expected day of birth, and the June in which that child would finish school."""
    due = np.where(row.due == NEVER, row.seen + PREGNANCY, row.due)
    return due, _june(_entry_year(due, rules.school_start) + LAST_CLASS)


def _family_end(person: pd.DataFrame, codes: np.ndarray, n: int, as_of: int) -> tuple[np.ndarray, np.ndarray]:
    """Day on which each family's last component ends (`NONE` if there never was one), and whether it never will.

    A member who will count as lansia before the others' components end takes over from them: then it never ends.
    """
    end = np.full(n, NONE, dtype="int64")
    np.maximum.at(end, codes, person["habis"].to_numpy())
    heir = np.full(n, NEVER, dtype="int64")
    np.minimum.at(heir, codes, person["jadi_lansia"].to_numpy())
    return end, (end == NEVER) | ((end > as_of) & (heir <= end))


def _parts(day: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Months since 1970-01 and day of the month of epoch days; `NEVER` gives nonsense, guarded by callers."""
    there = np.where(day == NEVER, 0, day)
    months, of_month = _calendar()
    at = there - _TABLE.start
    if len(at) and (at.min() < 0 or at.max() >= len(months)):
        return _by_date(there)
    return months[at], of_month[at]


@cache
def _calendar() -> tuple[np.ndarray, np.ndarray]:
    """`_parts` of the days of two centuries: looking up is several times as fast as counting."""
    return _by_date(np.arange(_TABLE.start, _TABLE.stop))


def _by_date(day: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    dates = day.astype("datetime64[D]")
    months = dates.astype("datetime64[M]")
    return months.astype("int64"), (dates - months).astype("int64") + 1


def _age(birth: np.ndarray, day: np.ndarray) -> np.ndarray:
    """Completed years, -1 where the birth date is missing or later."""
    born_month, born_day = _parts(birth)
    month, of_month = _parts(day)
    months = month - born_month - (of_month < born_day)
    return np.where((birth == NEVER) | (birth > day), -1, months // 12)


def _birthday(birth: np.ndarray, years: int) -> np.ndarray:
    """Epoch day on which so many years are completed: 29 February has its birthday on 1 March in other years."""
    months, day = _parts(birth)
    first = (months + 12 * years).astype("datetime64[M]").astype("datetime64[D]").astype("int64")
    return np.where(birth == NEVER, NEVER, first + day - 1)


def _school_year(day: np.ndarray) -> np.ndarray:
    """Year in whose July the school year of a day began."""
    months, _ = _parts(day)
    return months // 12 + 1970 - (months % 12 < _JULY)


def _entry_year(birth: np.ndarray, age: int) -> np.ndarray:
    """Year whose 1 July is the first on which a child has completed so many years."""
    months, day = _parts(birth)
    ready = months + 12 * age + (day > 1)
    return -((6 - ready) // 12) + 1970


def _june(year: np.ndarray) -> np.ndarray:
    """Epoch day of 30 June."""
    july = ((year - 1970) * 12 + 6).astype("datetime64[M]").astype("datetime64[D]").astype("int64")
    return july - 1
