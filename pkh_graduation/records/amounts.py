"""Numbers written by people: ``1.250.000,50``, ``Rp 900.000``, ``1,250,000.50``; what is unclear is decided per column.

Each text has a reading in the Indonesian style (dot groups thousands, comma before decimals) and one in the English style, or
none. Texts with one reading only are the evidence for the column; texts with two follow it. Without evidence: Indonesian.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_ID = re.compile(r"-?(?:\d+|[1-9]\d{0,2}(?:\.\d{3})+)(?:,\d+)?")
_EN = re.compile(r"-?(?:\d+|[1-9]\d{0,2}(?:,\d{3})+)(?:\.\d+)?")
_EXPONENT = re.compile(r"-?\d+(?:[.,]\d+)?[eE][+-]?\d+")
_ORNAMENT = re.compile(r"^(?:rp\.?|idr)|[\s\u00a0\u202f']|(?:,-|\.-|%)$", re.IGNORECASE)

Number = int | float
STYLES = (",", ".")
"""Decimal marks: the Indonesian and the English style."""


def _reading(text: str, pattern: re.Pattern[str], thousands: str, mark: str) -> Number | None:
    if not pattern.fullmatch(text):
        return None
    whole, _, fraction = text.replace(thousands, "").partition(mark)
    if fraction.strip("0"):
        return float(f"{whole}.{fraction}")
    return int(whole)


def readings(text: str) -> tuple[Number | None, Number | None]:
    """What a text says in the Indonesian and in the English style.

    >>> readings("Rp 1.250"), readings("0,5"), readings("1.250.000,50")
    ((1250, 1.25), (0.5, None), (1250000.5, None))
    """
    bare = _ORNAMENT.sub("", _ORNAMENT.sub("", text.strip()))
    return _reading(bare, _ID, ".", ","), _reading(bare, _EN, ",", ".")


def decimal_mark(pairs: Sequence[tuple[Number | None, Number | None]]) -> str:
    """The decimal mark that a column's evidence speaks for; empty when the evidence contradicts itself.

    >>> decimal_mark([readings("1.250"), readings("0.5")]), decimal_mark([readings("0,5"), readings("0.5")])
    ('.', '')
    """
    indonesian = any(a is not None and b is None for a, b in pairs)
    english = any(a is None and b is not None for a, b in pairs)
    if indonesian and english:
        return ""
    return "." if english else ","


def read_numbers(texts: Sequence[str], *, whole: bool, mark: str = "") -> tuple[list[Number | None], list[str]]:
    """Numbers of distinct texts of one column, and for each the rule it breaks (empty when it breaks none).

    ``whole``: digits must not have been lost, so an exponent is refused. ``mark``: the decimal mark when the caller knows it.

    >>> read_numbers(["1.250", "Rp 900.000", "12 ekor"], whole=True)
    ([1250, 900000, None], ['', '', 'angka_tak_terbaca'])
    """
    pairs = [readings(text) for text in texts]
    chosen = mark or decimal_mark(pairs)
    values: list[Number | None] = []
    rules: list[str] = []
    for text, (indonesian, english) in zip(texts, pairs, strict=True):
        value, rule = _choose(indonesian, english, chosen, forced=bool(mark))
        if rule and _EXPONENT.fullmatch(text.strip()):
            value, rule = (None, "angka_notasi_ilmiah") if whole else (float(text.strip().replace(",", ".")), "")
        values.append(value)
        rules.append(rule)
    return values, rules


def _choose(indonesian: Number | None, english: Number | None, mark: str, *, forced: bool) -> tuple[Number | None, str]:
    if forced:
        value = english if mark == "." else indonesian
        return value, "" if value is not None else "angka_tak_terbaca"
    if indonesian is None and english is None:
        return None, "angka_tak_terbaca"
    if indonesian is None or english is None or indonesian == english:
        return english if indonesian is None else indonesian, ""
    if not mark:
        return None, "angka_rancu"
    return english if mark == "." else indonesian, ""
