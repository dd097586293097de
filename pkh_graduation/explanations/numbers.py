"""Numbers, money and dates as they are written in Indonesia: thousands by dots, decimals by a comma. Standard library only."""

from __future__ import annotations

import datetime as dt
import math

MONTHS = (
    "Januari", "Februari", "Maret", "April", "Mei", "Juni",
    "Juli", "Agustus", "September", "Oktober", "November", "Desember",
)  # fmt: skip

_DAYS_PER_MONTH = 365.25 / 12


def number(value: float, decimals: int = 0) -> str:
    """A number with at most ``decimals`` decimals, rounded half up in magnitude; no trailing zeros.

    >>> number(1234567), number(2.50, 1), number(-3), number(0.04, 1)
    ('1.234.567', '2,5', '-3', '0')
    """
    scaled = math.floor(abs(value) * 10**decimals + 0.5)
    whole, part = divmod(scaled, 10**decimals)
    text = f"{whole:,}".replace(",", ".")
    digits = f"{part:0{decimals}d}".rstrip("0") if decimals else ""
    sign = "-" if value < 0 and scaled else ""
    return f"{sign}{text},{digits}" if digits else f"{sign}{text}"


def rupiah(value: float) -> str:
    """Money to the rupiah: whole hundred thousands in words of juta, everything else in full.

    >>> rupiah(1_500_000), rupiah(750_000), rupiah(1_234_567), rupiah(2_000_000_000), rupiah(533_333.3)
    ('Rp 1,5 juta', 'Rp 750.000', 'Rp 1.234.567', 'Rp 2 miliar', 'Rp 533.333')
    """
    for size, word in ((1_000_000_000, "miliar"), (1_000_000, "juta")):
        if abs(value) >= size and value % (size // 10) == 0:
            return f"Rp {number(value / size, 1)} {word}"
    return f"Rp {number(value)}"


def direction(change: float, size: str) -> str:
    """A change with its direction in words.

    >>> direction(-2, "2"), direction(0.5, "0,5")
    ('turun 2', 'naik 0,5')
    """
    return f"{'turun' if change < 0 else 'naik'} {size}"


def percent(share: float, decimals: int = 0) -> str:
    """A share (0 to 1) as per cent.

    >>> percent(0.125), percent(0.125, 1)
    ('13 %', '12,5 %')
    """
    return f"{number(share * 100, decimals)} %"


def date(day: int) -> str:
    """A day since 1970-01-01 in words.

    >>> date(20585)
    '12 Mei 2026'
    """
    when = dt.date(1970, 1, 1) + dt.timedelta(days=int(day))
    return f"{when.day} {MONTHS[when.month - 1]} {when.year}"


def years(value: float) -> str:
    """A length of time given in years: years and months, or months alone below one year.

    >>> years(3.5), years(2.0), years(0.25), years(0.01)
    ('3 tahun 6 bulan', '2 tahun', '3 bulan', 'kurang dari 1 bulan')
    """
    months = math.floor(abs(value) * 12 + 1e-9)
    if months == 0:
        return "kurang dari 1 bulan"
    whole, rest = divmod(months, 12)
    return " ".join(text for text in (f"{whole} tahun" if whole else "", f"{rest} bulan" if rest else "") if text)


def days(value: float) -> str:
    """A length of time given in days: days below two months, else months or years.

    >>> days(12), days(90), days(800)
    ('12 hari', '2 bulan', '2 tahun 2 bulan')
    """
    if abs(value) < 60:
        return f"{number(abs(value))} hari"
    return years(abs(value) / _DAYS_PER_MONTH / 12)
