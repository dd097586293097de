"""An oracle for the component calendar: families made up by type, and their components told in plain Python, date by date.

Nothing of the library is used: the conventions of `docs/component_calendar.md` are written here a second time, as stays
(from, until, kind) that each member has in the programme, from which everything else is counted.
"""

from __future__ import annotations

import datetime as dt
import random
from dataclasses import dataclass, field

Date = dt.date
EVER = Date(9999, 12, 31)
LONG_AGO = Date(1900, 1, 1)
LEVELS = ("sd", "smp", "sma")
FIRST_CLASS = {"sd": 1, "smp": 7, "sma": 10}
LAST_CLASS = {"sd": 6, "smp": 9, "sma": 12}
GONE_CODES = {2: "died", 3: "moved", 4: "abroad", 6: "not found"}


@dataclass
class Member:
    """One member as last observed; the fields carry the names of the records."""

    day: Date
    tanggal_lahir: Date | None = None
    keberadaan: int | None = 1
    pendidikan: int | None = None
    kelas: int | None = None
    sekolah_status: int | None = None
    jenjang: str | None = None
    hamil: int | None = None
    tanggal_perkiraan_lahir: Date | None = None
    disabilitas_berat: int | None = 0
    tanggal_keluar: Date | None = None
    story: set[str] = field(default_factory=set)


def birthday(born: Date, age: int) -> Date:
    """The day on which an age is reached; 29 February waits for 1 March."""
    try:
        return born.replace(year=born.year + age)
    except ValueError:
        return Date(born.year + age, 3, 1)


def reached(born: Date | None, age: int, on: Date) -> bool:
    return born is not None and birthday(born, age) <= on


def july_of(day: Date) -> int:
    """The year in whose July the school year of a day began."""
    return day.year - (day < Date(day.year, 7, 1))


def starts_school(born: Date) -> int:
    """The year in whose July a child aged six enters the first class."""
    six = birthday(born, 6)
    return next(year for year in (six.year, six.year + 1) if six <= Date(year, 7, 1))


def class_when_seen(m: Member) -> int:
    """The class, 1 to 12, of a pupil in the school year in which she was seen."""
    low, high = FIRST_CLASS[m.jenjang], LAST_CLASS[m.jenjang]
    if m.kelas is not None:
        return min(low + m.kelas - 1, high)
    if m.tanggal_lahir is None:
        return low
    return max(low, min(high, july_of(m.day) - starts_school(m.tanggal_lahir) + 1))


def last_june(m: Member) -> Date:
    """30 June of the twelfth class, or the 21st birthday, whichever comes first."""
    if m.sekolah_status in (2, None) and m.jenjang is not None:
        year, grade = july_of(m.day), class_when_seen(m)
        while grade < 12:
            year, grade = year + 1, grade + 1
        june = Date(year + 1, 6, 30)
    else:
        june = Date(starts_school(m.tanggal_lahir) + 12, 6, 30)
    return june if m.tanggal_lahir is None else min(june, birthday(m.tanggal_lahir, 21))


def small(m: Member) -> bool:
    """Below seven when seen."""
    return m.tanggal_lahir is not None and not reached(m.tanggal_lahir, 7, m.day)


def childhood_ends(m: Member) -> Date | None:
    """When AUD and schooling stop to count; None for those of whom they never did."""
    if reached(m.tanggal_lahir, 21, m.day) or (m.pendidikan or 0) >= 18:
        return None
    pupil = m.jenjang is not None and m.sekolah_status in (2, None)
    if pupil or (m.tanggal_lahir is not None and (small(m) or m.sekolah_status is None)):
        return last_june(m)
    if m.tanggal_lahir is not None and m.sekolah_status in (1, 3):
        return min(m.day, last_june(m))
    return None


def kind_of_child(m: Member, on: Date) -> str:
    """AUD, or the level of her class on a day."""
    pupil = m.jenjang is not None and m.sekolah_status in (2, None)
    if not pupil and not reached(m.tanggal_lahir, 7, on):
        return "aud"
    then = class_when_seen(m) if pupil else july_of(m.day) - starts_school(m.tanggal_lahir) + 1
    now = then + july_of(on) - july_of(m.day)
    return "sd" if now < 7 else "smp" if now < 10 else "sma"


def leaves(m: Member) -> Date | None:
    """The day from which she lives there no more, as far as known."""
    days = ([m.tanggal_keluar] if m.tanggal_keluar else []) + ([m.day] if m.keberadaan in GONE_CODES else [])
    return min(days, default=None)


def due(m: Member) -> Date:
    return m.tanggal_perkiraan_lahir or m.day + dt.timedelta(280)


def kinds(m: Member, on: Date, lansia: int) -> list[str]:
    """Her components on a day."""
    if leaves(m):
        return []
    ends = childhood_ends(m)
    found = [kind_of_child(m, on)] if ends and on < ends else []
    if m.hamil and on < due(m) + dt.timedelta(42):
        found.append("hamil")
    if reached(m.tanggal_lahir, lansia, on):
        found.append("lansia")
    return found + (["disabilitas"] if m.disabilitas_berat else [])


def ends(m: Member, on: Date, lansia: int) -> list[Date]:
    """Days on which something that she gives, or gave, to the family's components is over."""
    gone = leaves(m)
    school = childhood_ends(m)
    found = [min(school, gone or EVER)] if school else []
    if gone:
        lasted = m.disabilitas_berat or reached(m.tanggal_lahir, lansia, gone)
        return [*found, gone] if lasted else found
    if m.disabilitas_berat or reached(m.tanggal_lahir, lansia, on):
        return [EVER]
    if m.hamil:
        found.append(due(m) + dt.timedelta(42))
        if on < due(m) + dt.timedelta(365):
            found.append(Date(starts_school(due(m)) + 12, 6, 30))
    return found


def told(family: list[Member], on: Date) -> dict[str, int | Date | None]:
    """Everything that the calendar says of a family, from its members."""
    lansia = 60 if on.year < 2020 else 70
    own = [kinds(m, on, lansia) for m in family]
    counts = {kind: sum(kind in each for each in own) for kind in ("hamil", "aud", *LEVELS, "lansia", "disabilitas")}
    too_many = max(0, counts["aud"] - 2)
    counts["aud"] -= too_many
    here = [m for m in family if not leaves(m)]
    last = max((day for m in family for day in ends(m, on, lansia)), default=None)
    heirs = [birthday(m.tanggal_lahir, lansia) for m in here if m.tanggal_lahir]
    never = last == EVER or (last is not None and last > on and min(heirs, default=EVER) <= last)
    lasting = counts["lansia"] + counts["disabilitas"] > 0
    babies = [m for m in here if m.tanggal_lahir and m.tanggal_lahir <= on < birthday(m.tanggal_lahir, 2)]
    unregistered = [m for m in here if m.hamil and due(m) <= on < due(m) + dt.timedelta(365)]
    return {
        **{f"komp_{kind}_n": number for kind, number in counts.items()},
        "komp_aktif_n": sum(bool(each) for each in own) - too_many,
        "komp_abadi": int(lasting),
        "habis": None if never else last,
        "komp_habis_hari": None if never else 0 if last is None else (last - on).days,
        "pagar_hanya_lansia_disabilitas": int(
            lasting and all(set(each) <= {"lansia", "disabilitas"} for each in own)
        ),
        "pagar_lansia_tunggal": int(len(here) == 1 and reached(here[0].tanggal_lahir, 60, on)),
        "pagar_disabilitas_berat": int(counts["disabilitas"] > 0),
        "pagar_hamil": int(counts["hamil"] > 0),
        "pagar_anak_bawah_dua": int(bool(babies or unregistered)),
    }  # fmt: skip


# ---------------------------------------------------------------- made-up families


class Maker:
    """Draws families of every kind, as of one date."""

    def __init__(self, on: Date, seed: int) -> None:
        self.on = on
        self.draw = random.Random(seed)

    def seen(self) -> Date:
        return self.on - dt.timedelta(self.draw.choice([0, 1, 30, 200, 400, 700, 1100]) + self.draw.randrange(30))

    def born(self, day: Date, low: int, high: int) -> Date:
        """A birth date of someone aged ``low`` to below ``high`` on a day, often at an edge."""
        if self.draw.random() < 0.15:
            return birthday(day, -low) if day.month != 2 or day.day != 29 else Date(day.year - low, 2, 28)
        if self.draw.random() < 0.1:
            leap = Date((day.year - (low + high) // 2) // 4 * 4, 2, 29)
            if reached(leap, low, day) and not reached(leap, high, day):
                return leap
        oldest = birthday(day, -high) if (day.month, day.day) != (2, 29) else Date(day.year - high, 3, 1)
        youngest = birthday(day, -low) if (day.month, day.day) != (2, 29) else Date(day.year - low, 2, 28)
        return oldest + dt.timedelta(1 + self.draw.randrange(max(1, (youngest - oldest).days)))

    def adult(self) -> Member:
        day = self.seen()
        return Member(day, self.born(day, 22, 55), sekolah_status=3, pendidikan=self.draw.choice([None, 3, 12, 18]))

    def toddler(self) -> Member:
        day = self.seen()
        return Member(day, self.born(day, 0, 7), sekolah_status=self.draw.choice([None, 1, 3]), story={"small child"})

    def pupil(self) -> Member:
        day = self.seen()
        level = self.draw.choice(LEVELS)
        low = {"sd": 5, "smp": 11, "sma": 14}[level]
        m = Member(day, self.born(day, low, low + 7), sekolah_status=self.draw.choice([2, 2, 2, None]), jenjang=level)
        length = LAST_CLASS[level] - FIRST_CLASS[level] + 1
        m.kelas = self.draw.choice([None, *range(1, length + 1), length, length + 1])
        m.story = {f"pupil of {level}"} | ({"class unknown"} if m.kelas is None else set())
        if self.draw.random() < 0.08:
            m.tanggal_lahir = None
            m.story.add("birth unknown")
        return m

    def out_of_school(self) -> Member:
        day = self.seen()
        return Member(day, self.born(day, 7, 21), sekolah_status=self.draw.choice([1, 3]), story={"left school"})

    def unrecorded(self) -> Member:
        day = self.seen()
        return Member(day, self.born(day, 5, 24), story={"schooling unknown"})

    def student(self) -> Member:
        day = self.seen()
        return Member(day, self.born(day, 17, 23), sekolah_status=2, pendidikan=19, story={"university"})

    def elder(self) -> Member:
        day = self.seen()
        born = self.born(day, 57, 75)
        if self.draw.random() < 0.4:
            # counts as lansia on the very day on which some pupil finishes, or the day after
            born = Date(self.on.year + self.draw.randrange(1, 9) - 70, *self.draw.choice([(6, 30), (7, 1)]))
        return Member(day, born, sekolah_status=3, story={"elderly"})

    def pregnant(self) -> Member:
        m = self.adult()
        m.hamil = 1
        if self.draw.random() < 0.7:
            m.tanggal_perkiraan_lahir = m.day + dt.timedelta(self.draw.randrange(-30, 250))
        m.story = {"pregnant"}
        return m

    def family(self) -> list[Member]:
        makers = [self.adult, self.toddler, self.pupil, self.out_of_school, self.unrecorded, self.student, self.elder,
                  self.pregnant]  # fmt: skip
        odds = [30, 14, 30, 6, 6, 2, 9, 5]
        if self.draw.random() < 0.04:
            return [self.elder()]
        members = [maker() for maker in self.draw.choices(makers, odds, k=self.draw.choice([1, 1, 2, 3, 4, 5, 6]))]
        for m in members:
            if self.draw.random() < 0.05:
                m.disabilitas_berat = 1
                m.story.add("disabled")
            if self.draw.random() < 0.06:
                m.keberadaan = self.draw.choice([*GONE_CODES])
                m.story.add("gone")
        return members

    def split(self) -> tuple[list[Member], list[Member]]:
        """A family and the part of it that became a family of its own: who moved is told in both, once as having left."""
        whole = [*self.family(), self.adult(), self.pupil()]
        moved = whole[-2:]
        stayed = whole[:-2]
        for m in moved:
            left = Member(**{**m.__dict__, "story": set()})
            left.tanggal_keluar = m.day - dt.timedelta(self.draw.randrange(1, 60))
            left.story = {"left a split family"}
            stayed.append(left)
            m.story = m.story | {"came from a split family"}
        return stayed, moved


def cases(n: int, seed: int = 0) -> list[tuple[Date, list[Member]]]:
    """``n`` families with their as-of dates, one in five of them half of a split one."""
    dates = [Date(2018, 6, 30), Date(2019, 12, 31), Date(2020, 1, 1), Date(2021, 6, 29), Date(2022, 7, 1),
             Date(2023, 3, 31), Date(2024, 2, 29), Date(2024, 12, 31), Date(2025, 9, 30), Date(2026, 12, 31)]  # fmt: skip
    found: list[tuple[Date, list[Member]]] = []
    for place, on in enumerate(dates):
        maker = Maker(on, seed * 1000 + place)
        mine: list[list[Member]] = []
        while len(mine) < n // len(dates):
            mine += [*maker.split()] if maker.draw.random() < 0.11 else [maker.family()]
        found += [(on, family) for family in mine[: n // len(dates)]]
    return found
