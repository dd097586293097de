"""Numbers, dates and sentences of the report, in Bahasa Indonesia: decimal comma, words before figures."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from typing import Any

SMALL = 5
"""Fewer positives than this are called too few instead of being turned into a figure."""

TOO_FEW = "‹5 kejadian"
NOTHING = "–"

_MONTHS = (
    "Januari", "Februari", "Maret", "April", "Mei", "Juni",
    "Juli", "Agustus", "September", "Oktober", "November", "Desember",
)  # fmt: skip


def number(value: float, digits: int, *, signed: bool = False) -> str:
    """A number with a decimal comma and a dot for thousands; a dash where it is missing.

    >>> number(1234.5, 1), number(-0.25, 2, signed=True), number(float("nan"), 1)
    ('1.234,5', '−0,25', '–')
    """
    if value is None or not math.isfinite(value):
        return NOTHING
    text = f"{abs(value):,.{digits}f}".translate(str.maketrans(",.", ".,"))
    is_zero = not any(character in "123456789" for character in text)
    sign = "−" if value < 0 else ("+" if signed else "")
    return text if is_zero else sign + text


def span(low: float, high: float, digits: int, *, scale: float = 1, signed: bool = False) -> str:
    """An interval, or nothing where there is none."""
    if not (math.isfinite(low) and math.isfinite(high)):
        return ""
    joint = " … " if signed else "–"
    return number(low * scale, digits, signed=signed) + joint + number(high * scale, digits, signed=signed)


def date(text: str | dt.date) -> str:
    """An ISO date in words.

    >>> date("2024-06-30")
    '30 Juni 2024'
    """
    day = dt.date.fromisoformat(text) if isinstance(text, str) else text
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def percent(share: float) -> str:
    """A share as a whole percentage where it is one.

    >>> [percent(share).split() for share in (0.10, 0.125)]
    [['10', '%'], ['12,5', '%']]
    """
    digits = 0 if math.isclose(share * 100, round(share * 100)) else 1
    return f"{number(share * 100, digits)}\u00a0%"


def months(horizon: int) -> str:
    """Quarters as months: the words people use."""
    return f"{3 * horizon} bulan"


def display(name: str, names: Mapping[str, str]) -> str:
    """A contender's name for people."""
    return names.get(name, name.replace("_", " "))


def plain(value: Any) -> str:
    """A fact of any simple kind, as text."""
    if isinstance(value, bool):
        return "ya" if value else "tidak"
    if isinstance(value, dt.date):
        return date(dt.date(value.year, value.month, value.day))
    if isinstance(value, int):
        return number(value, 0)
    if isinstance(value, float):
        return number(value, 3)
    if isinstance(value, Mapping):
        return "; ".join(f"{key}: {plain(item)}" for key, item in value.items())
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "; ".join(plain(item) for item in value)
    return str(value)


def headline(
    model: str, rule: str | None, figures: Mapping[str, float], *, origin: str, capacity: float, horizon: int
) -> tuple[str, str]:
    """The answer in two sentences.

    ``figures``: ``n_positive``; ``model``, ``model_low``, ``model_high`` and the same of ``rule`` (shares on the list);
    ``difference``, ``low``, ``high`` of model minus rule, the interval missing where nothing was resampled.
    """
    if figures["n_positive"] < SMALL:
        return (
            f"Pada asal {date(origin)} kurang dari {SMALL} keluarga yang kemudian graduasi mandiri "
            f"dalam {months(horizon)}.",
            "Itu terlalu sedikit untuk mengatakan daftar mana yang lebih tepat.",
        )
    if not math.isfinite(figures["model"]):
        return (
            f"Tidak ada pendamping yang binaannya cukup besar untuk daftar {percent(capacity)}.",
            "Jadi tidak ada daftar yang dapat dibandingkan.",
        )
    first = (
        f"Dari setiap 100 keluarga pada daftar {percent(capacity)} teratas di tiap pendamping per {date(origin)}, "
        f"{_of_hundred(figures, 'model')} kemudian graduasi mandiri dalam {months(horizon)} "
        f"bila daftarnya disusun oleh {model}"
    )
    if rule is None:
        return f"{first}.", "Tidak ada aturan praktik yang ikut diuji, jadi belum diketahui apakah itu lebih baik."
    first += f", dan {_of_hundred(figures, 'rule')} bila disusun menurut aturan terbaik saat ini, {rule}."
    return first, _verdict(model, figures)


def _of_hundred(figures: Mapping[str, float], who: str) -> str:
    interval = span(figures[f"{who}_low"], figures[f"{who}_high"], 1, scale=100)
    return number(100 * figures[who], 1) + (f" (95\u00a0%: {interval})" if interval else "")


def _verdict(model: str, figures: Mapping[str, float]) -> str:
    low, high = figures["low"], figures["high"]
    said = f"Selisihnya {number(100 * figures['difference'], 1, signed=True)} keluarga per 100"
    if not (math.isfinite(low) and math.isfinite(high)):
        return f"{said}, tanpa selang ketidakpastian: belum dapat disebut terbukti."
    said += f" (95\u00a0%: {number(100 * low, 1, signed=True)} sampai {number(100 * high, 1, signed=True)})"
    if low > 0:
        return f"{said}, seluruh selangnya di atas nol: {model} lebih tepat daripada aturan itu."
    if high < 0:
        return f"{said}, seluruh selangnya di bawah nol: {model} kurang tepat daripada aturan itu."
    return f"{said}, dan selangnya memuat nol: belum terbukti bahwa {model} lebih tepat daripada aturan itu."
