"""What the features of the members mean: who lives there, schooling, work, health; and the component calendar.

The calendar is walked in dates, one school year after the other, by the conventions that `features.components` states.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cache, partial

from oracle_family import living_there, size
from oracle_world import Family, Row, age_on, define, divided, least, mean, most, there, years

from pkh_graduation.programme.calendar import date_of, day_of


def aged(row: Row, family: Family, low: int, high: int) -> bool:
    """Whether a member's completed years lie in ``low .. high``; not so if the birth date is unknown."""
    age = age_on(row["tanggal_lahir"], family.world.date)
    return age is not None and low <= age <= high


def people(family: Family, low: int | None = None, high: int = 999) -> list[Row]:
    """Members who live there, perhaps of an age."""
    return [row for row in living_there(family) if low is None or aged(row, family, low, high)]


def adults(family: Family) -> list[Row]:
    return people(family, 18)


def heads(family: Family) -> list[Row]:
    return [row for row in people(family) if row["hubungan"] == 1]


def counted(name: str, rule) -> None:
    """A number of members: unknown where nobody was ever recorded."""
    define(
        name,
        lambda f: len(rule(f)) if f.states("anggota") else None,
        lambda f: rule(f),
    )


def flagged(name: str, rule) -> None:
    define(name, lambda f: int(bool(rule(f))) if f.states("anggota") else None)


ANY_CHILD = -999
"""Lowest age of a child: a birth date that lies ahead is one."""

counted("anggota_n", people)
counted("anak_n", lambda f: people(f, ANY_CHILD, 17))
counted("lansia_n", lambda f: people(f, 60))
counted("usia_kerja_n", lambda f: people(f, 15, 64))
counted("usia_pena_n", lambda f: people(f, 20, 45))
flagged("kepala_perempuan", lambda f: [row for row in heads(f) if row["jenis_kelamin"] == 2])
flagged("kepala_kawin", lambda f: [row for row in heads(f) if row["kawin"] == 2])
define("tanggungan_bagian", lambda f: divided(len([*people(f, ANY_CHILD, 14), *people(f, 60)]), size(f)))


def ages(rows: list[Row], family: Family) -> list[int]:
    return [age_on(birth, family.world.date) for birth in there(rows, "tanggal_lahir")]


define("kepala_umur", lambda f: most(ages(heads(f), f)))
define("bungsu_umur", lambda f: years(least([f.day - birth for birth in there(people(f), "tanggal_lahir")])))


def school_years(row: Row) -> int | None:
    """Years that the highest certificate (list 415) stands for; 23 is none."""
    code = row["ijazah"]
    if code is None or code == 23:
        return None if code is None else 0
    steps = ((5, 6), (10, 9), (17, 12), (18, 14), (19, 16), (20, 17), (21, 18), (22, 21))
    return next(taught for last, taught in steps if code <= last)


def taught(rows: list[Row]) -> list[int]:
    return [value for row in rows if (value := school_years(row)) is not None]


define("kepala_sekolah_tahun", lambda f: most(taught(heads(f))))
define("dewasa_sekolah_maks", lambda f: most(taught(adults(f))))
define("dewasa_sekolah_rerata", lambda f: mean(taught(adults(f))))
counted("dewasa_sma_n", lambda f: [row for row in adults(f) if (school_years(row) or 0) >= 12])


def dropped_out(family: Family) -> list[Row]:
    """No longer at school (3) at 7 to 18; who has finished the twelve years has not dropped out."""
    return [r for r in people(family, 7, 18) if r["sekolah_status"] == 3 and (school_years(r) or 0) < 12]


counted("putus_sekolah_n", dropped_out)


def at_work(family: Family, column: str | None = None, codes: tuple[int, ...] = ()) -> list[Row]:
    found = [row for row in adults(family) if row["bekerja"]]
    return [row for row in found if row[column] in codes] if column else found


def employed(family: Family) -> float | None:
    return mean([int(works) for works in there(people(family, 15, 64), "bekerja")])


def hours(family: Family) -> int | None:
    """Hours of those at work; unknown if nobody's are recorded."""
    known = there(at_work(family), "jam_kerja")
    return sum(known) if known else None


counted("bekerja_n", at_work)
define("bekerja_bagian", employed)
define("jam_kerja", hours)
counted("kerja_tani_n", lambda f: at_work(f, "sektor", (1, 2, 3, 4, 5, 6)))
counted("kerja_buruh_tetap_n", lambda f: at_work(f, "status_pekerjaan", (4,)))
counted("kerja_bebas_n", lambda f: at_work(f, "status_pekerjaan", (6, 7)))
counted("kerja_usaha_n", lambda f: at_work(f, "status_pekerjaan", (1, 2, 3)))
counted("asn_n", lambda f: [row for row in people(f) if row["asn_tni_polri_bumn"]])
counted("npwp_n", lambda f: [row for row in adults(f) if row["npwp"]])
counted("jaminan_kerja_n", lambda f: [row for row in adults(f) if row["jamket_kerja"]])
counted("pernah_prakerja_n", lambda f: [row for row in adults(f) if row["ikut_prakerja"]])
counted("sakit_kronis_n", lambda f: [row for row in people(f) if row["penyakit_kronis"] not in (None, 1)])
counted(
    "kesulitan_n",
    lambda f: [row for row in people(f) if any(row[f"kesulitan_{letter}"] in (1, 2) for letter in "abcdefghi")],
)
# Bits 2 (own) and 4 (employer's) of the mask; 1 is the subsidy, 8 something else.
counted("jamkes_bukan_pbi_n", lambda f: [row for row in people(f) if (row["jamkes"] or 0) & (2 | 4)])
counted("gizi_buruk_n", lambda f: [row for row in people(f) if row["gizi"] in (1, 2)])

# ---------------------------------------------------------------- components

LEVELS = {"sd": (1, 6), "smp": (7, 9), "sma": (10, 12)}
GONE = (2, 3, 4, 6)


def birthday(birth: dt.date, years_old: int) -> dt.date:
    year = birth.year + years_old
    leap = (birth.month, birth.day) == (2, 29) and not (year % 4 == 0 and (year % 100 != 0 or year % 400 == 0))
    return dt.date(year, 3, 1) if leap else birth.replace(year=year)


def school_year(date: dt.date) -> int:
    return date.year if date.month >= 7 else date.year - 1


def first_july(birth: dt.date) -> int:
    """The year in whose July a child first is six."""
    year = birth.year + 6
    return year if dt.date(year, 7, 1) >= birthday(birth, 6) else year + 1


def done_in(year: int, grade: int) -> dt.date:
    """The June in which the twelfth class ends, for one who is in a class in a school year."""
    while grade < 12:
        year, grade = year + 1, grade + 1
    while grade > 12:
        year, grade = year - 1, grade - 1
    return dt.date(year + 1, 6, 30)


def level_of(row: Row) -> str | None:
    if row["jenjang"] is not None:
        return row["jenjang"]
    code = row["pendidikan"] or 99
    return "sd" if code <= 5 else "smp" if code <= 10 else "sma" if code <= 17 else None


@dataclass
class Person:
    """One member by her last observation, on a day."""

    row: Row
    today: dt.date
    lansia_from: int

    def __post_init__(self) -> None:
        row = self.row
        self.seen = date_of(row["day"])
        self.birth = None if row["tanggal_lahir"] is None else date_of(row["tanggal_lahir"])
        ends = [date_of(row["tanggal_keluar"])] if row["tanggal_keluar"] is not None else []
        self.gone = min([*ends, *([self.seen] if row["keberadaan"] in GONE else [])], default=None)
        self.here = self.gone is None
        self.age = self.age_at(self.today)
        higher = row["pendidikan"] is not None and row["pendidikan"] >= 18
        at_school = row["sekolah_status"] == 2 or (row["sekolah_status"] is None and row["jenjang"] is not None)
        self.enrolled = at_school and not higher and level_of(row) is not None
        self.studies = at_school and not higher
        self.unrecorded = row["sekolah_status"] is None and not self.enrolled and not higher

    def age_at(self, date: dt.date) -> int:
        """Completed years, -1 if unknown or not yet born."""
        if self.birth is None or self.birth > date:
            return -1
        return age_on(self.row["tanggal_lahir"], date)

    def grade(self) -> int:
        """The class, 1 to 12 from SD, in the school year of the observation."""
        usual = None if self.birth is None else school_year(self.seen) - first_july(self.birth) + 1
        if not self.enrolled:
            return usual
        low, high = LEVELS[level_of(self.row)]
        recorded = self.row["kelas"]
        if recorded is not None and recorded >= 1:
            return min(low + recorded - 1, high)
        return low if usual is None else min(max(usual, low), high)

    def schooling_ends(self) -> dt.date | None:
        """The day on which childhood and schooling stop to count; None if they never did."""
        born_then = self.birth is not None
        young = born_then and self.age_at(self.seen) < 21 and self.birth <= self.today
        if born_then and not young:
            return None
        small = born_then and self.age_at(self.seen) < 7
        usual = born_then and (self.unrecorded or (small and not self.enrolled) or (self.studies and not self.enrolled))
        quit_school = born_then and not small and self.row["sekolah_status"] in (1, 3)
        if not (self.enrolled or usual or quit_school):
            return None
        end = done_in(school_year(self.seen), self.grade())
        if born_then:
            end = min(end, birthday(self.birth, 21))
        return min(end, self.seen) if quit_school else end

    def school_level(self) -> str | None:
        """The level now; None where a child below seven was not seen at school."""
        if not self.enrolled and self.age < 7:
            return None
        now = self.grade() + school_year(self.today) - school_year(self.seen)
        return "sma" if now >= 10 else "smp" if now >= 7 else "sd"

    def child(self) -> bool:
        end = self.schooling_ends()
        return self.here and end is not None and end > self.today

    def due(self) -> dt.date | None:
        """Expected birth of a pregnancy that was observed."""
        if not self.row["hamil"]:
            return None
        day = self.row["tanggal_perkiraan_lahir"]
        return self.seen + dt.timedelta(280) if day is None else date_of(day)

    def carries(self, days: int) -> bool:
        return self.here and self.due() is not None and self.due() + dt.timedelta(days) > self.today

    def lasting(self) -> str | None:
        if not self.here:
            return None
        return "lansia" if self.age >= self.lansia_from else "disabilitas" if self.row["disabilitas_berat"] else None

    def kinds(self) -> set[str]:
        """Her components."""
        found = {"hamil"} if self.carries(42) else set()
        if self.child():
            small = 0 <= self.age < 7 and self.school_level() is None
            found.add("aud" if small else self.school_level() or "sd")
        if self.here and self.age >= self.lansia_from:
            found.add("lansia")
        if self.here and self.row["disabilitas_berat"]:
            found.add("disabilitas")
        return found

    def ends(self) -> list[dt.date]:
        """Days on which what she gives to the family's components ends."""
        school = self.schooling_ends()
        found = [] if school is None else [school if self.here else min(school, self.gone)]
        if self.here and self.due() is not None:
            found.append(self.due() + dt.timedelta(42))
        if self.carries(365):
            # The child that she expects, until it should have been registered.
            found.append(dt.date(first_july(self.due()) + 12, 6, 30))
        was_old = not self.here and self.age_at(self.gone) >= self.lansia_from
        if not self.here and (was_old or self.row["disabilitas_berat"]):
            found.append(self.gone)
        return found

    def baby(self) -> bool:
        born = self.here and self.birth is not None and self.birth <= self.today < birthday(self.birth, 2)
        return born or (self.carries(365) and self.due() <= self.today)


@cache
def persons(family: Family) -> list[Person]:
    # Sixty until 2019, seventy since: the age from which a person counts as lansia in practice.
    lansia = 60 if family.world.date < dt.date(2020, 1, 1) else 70
    return [Person(row, family.world.date, lansia) for row in family.states("anggota")]


def component(kind: str, everyone: list[Person]) -> int:
    n = sum(kind in person.kinds() for person in everyone)
    return min(n, 2) if kind == "aud" else n


def active(everyone: list[Person]) -> int:
    """Members with a component, of small children at most two."""
    surplus = max(sum("aud" in person.kinds() for person in everyone) - 2, 0)
    return sum(bool(person.kinds()) for person in everyone) - surplus


def never_ends(everyone: list[Person]) -> bool:
    """A component that lasts, or a member who will count as lansia before the last of the others ends."""
    if any(person.lasting() for person in everyone):
        return True
    last = max((end for person in everyone for end in person.ends()), default=None)
    heirs = [birthday(p.birth, p.lansia_from) for p in everyone if p.here and p.birth is not None]
    return last is not None and last > everyone[0].today and any(heir <= last for heir in heirs)


def last_end(everyone: list[Person]) -> dt.date | None:
    return max((end for person in everyone for end in person.ends()), default=None)


def days_left(everyone: list[Person]) -> int | None:
    if never_ends(everyone):
        return None
    end = last_end(everyone)
    return 0 if end is None else (end - everyone[0].today).days


def end_day(everyone: list[Person]) -> int | None:
    end = last_end(everyone)
    return None if end is None or never_ends(everyone) else day_of(end)


def only_lasting(everyone: list[Person]) -> bool:
    kinds = set().union(*(person.kinds() for person in everyone))
    return bool(kinds) and kinds <= {"lansia", "disabilitas"}


def lone_elder(everyone: list[Person]) -> bool:
    here = [person for person in everyone if person.here]
    return len(here) == 1 and here[0].age >= 60


for name, rule in {
    **{f"komp_{kind}_n": partial(component, kind) for kind in ("hamil", "aud", "sd", "smp", "sma", "lansia", "disabilitas")},
    "komp_aktif_n": active, "komp_habis_hari": days_left, "komp_habis_day": end_day,
    "komp_abadi": lambda everyone: int(any(p.lasting() for p in everyone)),
    "pagar_hanya_lansia_disabilitas": lambda everyone: int(only_lasting(everyone)),
    "pagar_lansia_tunggal": lambda everyone: int(lone_elder(everyone)),
    "pagar_disabilitas_berat": lambda everyone: int(component("disabilitas", everyone) > 0),
    "pagar_hamil": lambda everyone: int(component("hamil", everyone) > 0),
    "pagar_anak_bawah_dua": lambda everyone: int(any(p.baby() for p in everyone)),
}.items():  # fmt: skip
    define(
        name,
        lambda f, rule=rule: rule(persons(f)) if f.states("anggota") else None,
        lambda f: f.states("anggota"),
    )
