"""Numbers, money, lengths of time and dates as a language writes them; the marks and words are data of its phrasebook."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

_DAYS_PER_YEAR = 365.25
_FINEST = 4
"""Decimals of a share at most, for one that is a little more than none or less than all."""


@dataclass(frozen=True)
class Notation:
    """How one language writes values: table ``[bentuk]`` of its phrasebook.

    ``{angka}`` in a form stands for the number. A word that changes with its number has both forms, ``one|many``.
    ``arti``: the column of the data dictionary that holds this language's meanings. ``sebentar``: less than a month.
    """

    arti: str
    ribuan: str
    desimal: str
    persen: str
    rupiah: str
    juta: str
    miliar: str
    tanggal: str
    nama_bulan: tuple[str, ...]
    tahun: str
    bulan: str
    hari: str
    sebentar: str
    naik: str
    turun: str
    ya: str
    tidak: str

    def number(self, value: float, decimals: int = 0) -> str:
        """A number with at most ``decimals`` decimals, rounded half up in magnitude; no trailing zeros."""
        scaled = math.floor(abs(value) * 10**decimals + 0.5)
        whole, part = divmod(scaled, 10**decimals)
        text = f"{whole:,}".replace(",", self.ribuan)
        digits = f"{part:0{decimals}d}".rstrip("0") if decimals else ""
        sign = "-" if value < 0 and scaled else ""
        return f"{sign}{text}{self.desimal}{digits}" if digits else f"{sign}{text}"

    def money(self, value: float) -> str:
        """Rupiah: whole hundred thousands in words from a million on, everything else in full."""
        for size, word in ((1_000_000_000, self.miliar), (1_000_000, self.juta)):
            if abs(value) >= size and value % (size // 10) == 0:
                return self.rupiah.format(angka=f"{self.number(value / size, 1)} {word}")
        return self.rupiah.format(angka=self.number(value))

    def change(self, value: float, size: str) -> str:
        """A change of a size that is already in words, with its direction."""
        return (self.turun if value < 0 else self.naik).format(angka=size)

    def percent(self, share: float, decimals: int = 0) -> str:
        """A share (0 to 1) as per cent; a few and nearly all are not told as none and all."""
        told = self.number(share * 100, decimals)
        while 0 < share < 1 and told in ("0", "100") and decimals < _FINEST:
            decimals += 1
            told = self.number(share * 100, decimals)
        return self.persen.format(angka=told)

    def date(self, day: int) -> str:
        """A day since 1970-01-01 in words."""
        when = dt.date(1970, 1, 1) + dt.timedelta(days=int(day))
        return self.tanggal.format(hari=when.day, bulan=self.nama_bulan[when.month - 1], tahun=when.year)

    def years(self, value: float) -> str:
        """A length of time given in years: years and whole months, or months alone below one year."""
        return self._months(round(abs(value) * _DAYS_PER_YEAR))

    def days(self, value: float) -> str:
        """A length of time given in days: days below two months, else months or years."""
        if abs(value) < 60:
            return counted(self.number(abs(value)), self.hari)
        return self._months(math.floor(abs(value)))

    def _months(self, days: int) -> str:
        whole, rest = divmod(_whole_months(days), 12)
        told = [counted(self.number(n), word) for n, word in ((whole, self.tahun), (rest, self.bulan)) if n]
        return " ".join(told) or self.sebentar

    def form(self, name: str, value: float) -> str:
        """A value in a named form (`FORMS`)."""
        return FORMS[name](self, value)


def _whole_months(days: int) -> int:
    """The most months that so many days can be: from a day to the same day of any other month all of them are told."""
    months = int(days / _DAYS_PER_YEAR * 12) + 1
    while _shortest(months) > days:
        months -= 1
    return months


@cache
def _shortest(months: int) -> int:
    """Fewest days of so many months in a row: whole rounds of four years with their leap day, and the rest at its shortest."""
    rounds, rest = divmod(months, 48)
    firsts = [dt.date(2000 + month // 12, month % 12 + 1, 1).toordinal() for month in range(2 * 48)]
    return rounds * (4 * 365 + 1) + min(firsts[start + rest] - firsts[start] for start in range(48))


def counted(number: str, words: str) -> str:
    """A number already in words, and what it counts in the form that goes with it.

    >>> counted("1", "time|times"), counted("down 1", "step|steps"), counted("2,5", "time|times"), counted("1", "kali")
    ('1 time', 'down 1 step', '2,5 times', '1 kali')
    """
    one, _, many = words.partition("|")
    return f"{number} {many if many and number.rpartition(' ')[2] != '1' else one}".rstrip()


FORMS: Mapping[str, Callable[[Notation, float], str]] = {
    "@angka": lambda own, value: own.number(value, 1),
    "@rupiah": Notation.money,
    "@tahun": Notation.years,
    "@hari": Notation.days,
    "@bagian": Notation.percent,
    "@persen": lambda own, value: own.percent(value / 100),
    "@tanggal": lambda own, value: own.date(int(value)),
    "@ya_tidak": lambda own, value: own.ya if value else own.tidak,
    "@arah": lambda own, value: own.change(value, own.number(abs(value), 1 if abs(value) >= 0.05 else 3)),
    "@arah_rupiah": lambda own, value: own.change(value, own.money(abs(value))),
}
"""Forms a phrasebook may name instead of a unit."""
