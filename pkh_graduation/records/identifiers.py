"""Numbers that name a person or a place: NIK, No. KK, telephone, region code; what spreadsheets do to them; masks.

A damaged number is never mended and never used to join: its digits are lost. It becomes missing, and is reported.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Collection, Iterable, Sequence
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pkh_graduation.records.answers import EMPTY_TEXT

UTUH, NOTASI, PANJANG, GANDA, KOSONG = "utuh", "notasi_ilmiah", "panjang_salah", "ganda", "kosong"
"""Quality of a number (`mutu_nik`, `mutu_no_kk`)."""

_EXPONENT = re.compile(r"\d+(?:[.,]\d+)?e[+-]?\d+|\d+[.,]0+", re.IGNORECASE)
_QUOTES = re.compile(r"[\s'‘’`\"\u00a0.\-]")
_LONG_NUMBER = re.compile(r"\d(?:[\s.\-\u2010-\u2015'’]*\d){9,}")
_SCHOOL = re.compile(r"[0-9A-Z][0-9]{7}")
_SHOWN = 40
_TRAILING_ZERO_SHARE, _ENOUGH = 0.6, 20


def read_number16(text: str) -> tuple[str | None, str]:
    """The 16 digits of a NIK or No. KK and their quality; None when they are not all there.

    >>> read_number16("'9901-0101 0101 0001")
    ('9901010101010001', 'utuh')
    >>> read_number16("9,90101E+15"), read_number16("990101010101000")
    ((None, 'notasi_ilmiah'), (None, 'panjang_salah'))
    """
    bare = text.strip()
    if bare.casefold() in EMPTY_TEXT or not bare.strip("0'-. "):
        return None, KOSONG
    if _EXPONENT.fullmatch(bare.lstrip("'’")):
        return None, NOTASI
    digits = _QUOTES.sub("", bare)
    if len(digits) == 16 and digits.isascii() and digits.isdigit():
        return digits, UTUH
    return None, PANJANG


def read_numbers16(texts: Sequence[str]) -> tuple[list[str | None], list[str]]:
    """NIK or No. KK of the distinct texts of one column, and the rule each breaks (empty when whole or missing).

    A spreadsheet keeps 15 digits and writes 0 for the sixteenth: a column in which far more than one number in ten ends in 0
    has been through one, and its numbers that end in 0 are not to be trusted.
    """
    values, rules = numbers16_of(pa.array(texts, type=pa.large_string()))
    named = [""] * len(texts)
    for rule, places in rules.items():
        for place in places.tolist():
            named[place] = rule
    return values.to_pylist(), named


def numbers16_of(texts: pa.Array) -> tuple[pa.Array, dict[str, np.ndarray]]:
    """`read_numbers16` on an array: the numbers, null where missing; and per rule the places of the texts that break it."""
    plain = _mask(pc.and_(pc.ascii_is_decimal(texts), pc.equal(pc.binary_length(texts), 16)))
    plain &= ~_mask(pc.equal(texts, "0" * 16))
    others = np.flatnonzero(~plain & ~np.asarray(texts.is_null()))
    pairs = [read_number16(text) for text in texts.take(pa.array(others)).to_pylist()]
    ends = plain & _mask(pc.ends_with(texts, "0"))
    found = [digits for digits, _ in pairs if digits]
    whole = int(plain.sum()) + len(found)
    zeros = int(ends.sum()) + sum(digits.endswith("0") for digits in found)
    cut = whole >= _ENOUGH and zeros > _TRAILING_ZERO_SHARE * whole
    if cut:
        pairs = [(None, NOTASI) if digits and digits.endswith("0") else (digits, mutu) for digits, mutu in pairs]
        plain &= ~ends
    values = pc.if_else(pa.array(plain), texts, None)
    if len(others):
        rest = np.zeros(len(plain), dtype=bool)
        rest[others] = True
        values = pc.replace_with_mask(values, rest, pa.array([digits for digits, _ in pairs], type=pa.large_string()))
    qualities = np.array([mutu for _, mutu in pairs], dtype=object)
    rules = {f"nomor_{mutu}": others[qualities == mutu] for mutu in (NOTASI, PANJANG)}
    if cut:
        rules[f"nomor_{NOTASI}"] = np.union1d(rules[f"nomor_{NOTASI}"], np.flatnonzero(ends))
    return values, rules


def _mask(values: pa.Array) -> np.ndarray:
    return np.asarray(pc.fill_null(values, False).to_numpy(zero_copy_only=False), dtype=bool)


def read_phones(texts: Sequence[str]) -> tuple[list[str | None], list[str]]:
    """Telephone numbers with the country's prefix.

    >>> read_phones(["0812-345-678", "812345678", "+62 812345678"])[0]
    ['+62812345678', '+62812345678', '+62812345678']
    """
    phones = [_phone(text) for text in texts]
    return phones, ["" if phone else "telepon_tak_terbaca" for phone in phones]


def _phone(text: str) -> str | None:
    digits = re.sub(r"\D", "", text)
    local = digits.removeprefix("62").lstrip("0")
    return f"+62{local}" if 8 <= len(local) <= 13 else None


def read_schools(texts: Sequence[str]) -> tuple[list[str | None], list[str]]:
    """School numbers (NPSN): 8 digits, or a letter and 7, as schools outside the formal system have.

    >>> read_schools(["99000001", "'p9900001", "99000001.0", "9900001"])
    (['99000001', 'P9900001', '99000001', None], ['', '', '', 'npsn_tak_terbaca'])
    """
    bare = [text.strip().lstrip("'\u2019").removesuffix(".0").replace(" ", "").upper() for text in texts]
    schools = [text if _SCHOOL.fullmatch(text) else None for text in bare]
    return schools, ["" if school else "npsn_tak_terbaca" for school in schools]


_BPS, _KEMENDAGRI = (2, 2, 3, 3), (2, 2, 2, 4)


def read_regions(texts: Sequence[str], known: Collection[str] = ()) -> tuple[list[str | None], list[str]]:
    """Region codes of 2, 4, 7 or 10 digits (6 in the other coding), without dots.

    A code between dots gets its zeros back part by part. A code that lost one is restored only when exactly one code of
    ``known``, or of the column itself, loses a zero to become it; otherwise it is missing, and reported.

    >>> read_regions(["99.1.10.1", "9901010001", "990101001"])
    (['9901010001', '9901010001', '9901010001'], ['', '', 'wilayah_nol_hilang'])
    """
    first = [_region(text) for text in texts]
    lost = _losses({code for code in first if code} | set(known))
    codes: list[str | None] = []
    rules: list[str] = []
    for text, code in zip(texts, first, strict=True):
        restored = None if code else lost.get(text.strip())
        codes.append(code or restored)
        rules.append("" if code else "wilayah_nol_hilang" if restored else "wilayah_tak_terbaca")
    return codes, rules


def _region(text: str) -> str | None:
    bare = text.strip().lstrip("'").removesuffix(".0")
    if "." in bare:
        parts = bare.split(".")
        widths = _KEMENDAGRI if len(parts) == 4 and len(parts[3]) == 4 else _BPS
        if len(parts) > 4 or not all(part.isdigit() and len(part) <= w for part, w in zip(parts, widths, strict=False)):
            return None
        return "".join(part.zfill(width) for part, width in zip(parts, widths, strict=False))
    return bare if bare.isascii() and bare.isdigit() and len(bare) in (2, 4, 6, 7, 10) else None


def _losses(codes: Iterable[str]) -> dict[str, str]:
    """Code with a zero lost -> the one code it can come from."""
    found: dict[str, set[str]] = {}
    for code in codes:
        for shorter in _shortened(code):
            found.setdefault(shorter, set()).add(code)
    return {shorter: next(iter(options)) for shorter, options in found.items() if len(options) == 1}


def _shortened(code: str) -> set[str]:
    starts = np.cumsum((0, *_BPS))
    parts = [code[a:b] for a, b in pairwise(starts) if code[a:b]]
    bare = ["".join((*parts[:i], part[1:], *parts[i + 1 :])) for i, part in enumerate(parts) if part.startswith("0")]
    return {*bare, "".join(part.lstrip("0") or "0" for part in parts)} - {code}


def shape_of(text: str) -> str:
    """The shape of a text without its content.

    >>> shape_of("9,90101E+15")
    '#,#####x+##'
    """
    return shapes_of([text])[0]


def shapes_of(texts: Sequence[str | None]) -> list[str]:
    """Shapes (`shape_of`) of many texts, of a missing one empty: digits as ``#``, letters ``x``, what is not seen ``?``."""
    clipped = [text[:_SHOWN] if text else "" for text in texts]
    signs = {ord(char): _sign(char) for char in set().union(*clipped)}
    return [text.translate(signs) for text in clipped]


def _sign(char: str) -> str:
    if char.isdecimal():
        return "#"
    if char.isalnum() or unicodedata.category(char).startswith("M"):
        return "x"
    return char if char.isprintable() else "?"


def mask(text: str, *, identifier: bool, words: Collection[str] = ()) -> str:
    """A value fit to be shown: identifiers, long numbers and words that are none of ours only by their shape.

    A column may hold what belongs to its neighbour (shifted rows), so a name can stand anywhere: letters are shown only
    when they come near a known word.

    >>> mask("tersaluran", identifier=False, words={"tersalurkan"}), mask("Budi", identifier=False, words={"cair"})
    ('tersaluran', 'xxxx')
    """
    if identifier or len(text) > _SHOWN or not text.isprintable() or _LONG_NUMBER.search(text):
        return shape_of(text)
    letters = re.findall(r"[^\W\d_]{2,}", text.casefold())
    if all(difflib.get_close_matches(word, words, n=1, cutoff=0.8) for word in letters):
        return text
    return shape_of(text)
