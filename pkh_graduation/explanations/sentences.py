"""Sentences: the value behind a reason, in the words of a phrasebook that is data (``sentences.<language>.toml``).

A phrase states a fact and compares it with the cohort; it never says that one thing brings about another.
"""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cache
from importlib import resources
from typing import Any

import numpy as np

from pkh_graduation.explanations.numbers import FORMS, Notation, counted

_FOLDER = resources.files("pkh_graduation.explanations")
_PLACEHOLDER = re.compile(r"\{(\w*)\}")
_KNOWN = {"nilai", "banding"}
_FEW = 20
"""A cohort with fewer known values than this is not compared with."""
_ORDINARY = 0.55
"""Below this share of families on either side, a value is called ordinary."""


class SentenceError(ValueError):
    """A phrasebook is missing, or one of its phrases cannot be used."""


@dataclass(frozen=True)
class Phrase:
    """How one feature is said. ``kalimat`` serves both directions; ``nol`` a value of zero, ``negatif`` one below; ``kata``
    names coded values.

    ``lebih`` and ``kurang`` are the words of the comparison ("lebih lama", "lebih singkat"); without them none is made.
    """

    kalimat: str = ""
    mendukung: str = ""
    menahan: str = ""
    nol: str = ""
    nol_mendukung: str = ""
    nol_menahan: str = ""
    negatif: str = ""
    lebih: str = ""
    kurang: str = ""
    satuan: str = ""
    tampil: bool = True
    kata: Mapping[str, str] = field(default_factory=dict)

    def template(self, direction: str, value: float) -> str:
        """The phrase for a direction (mendukung or menahan) and a value; empty if the book has none."""
        if value < 0 and self.negatif:
            return self.negatif
        if value == 0:
            zero = {"mendukung": self.nol_mendukung, "menahan": self.nol_menahan}[direction] or self.nol
            if zero:
                return zero
        return {"mendukung": self.mendukung, "menahan": self.menahan}[direction] or self.kalimat


@dataclass(frozen=True)
class Phrasebook:
    """All phrases of one language, and the words around them; ``actions``: sentences about levers, by grade or use."""

    language: str
    notation: Notation
    words: Mapping[str, str]
    units: Mapping[str, str]
    phrases: Mapping[str, Phrase]
    actions: Mapping[str, str] = field(default_factory=dict)

    def shows(self, feature: str) -> bool:
        """Whether a feature may be shown at all."""
        return self.phrases.get(feature, _PLAIN).tampil

    def value(self, feature: str, unit: str, value: float) -> str:
        """A value in words, with its unit."""
        phrase = self.phrases.get(feature, _PLAIN)
        if float(value).is_integer() and str(int(value)) in phrase.kata:
            return phrase.kata[str(int(value))]
        form = phrase.satuan or self.units.get(unit, unit)
        name, _, suffix = form.partition(" ")
        if name not in FORMS:
            return counted(self.notation.number(value, 1), form)
        return counted(self.notation.form(name, value), suffix)

    def sentence(
        self,
        feature: str,
        direction: str,
        value: float,
        known_day: int,
        *,
        unit: str,
        meaning: str,
        standing: tuple[float, float] | None = None,
    ) -> str:
        """One reason in words, ending with the day on which its value became known.

        ``standing``: shares of the cohort strictly below and strictly above the value, for the comparison.
        """
        told = self.statement(feature, direction, value, unit=unit, meaning=meaning, standing=standing)
        return f"{told} {self.dated(known_day)}"

    def statement(
        self,
        feature: str,
        direction: str,
        value: float,
        *,
        unit: str,
        meaning: str,
        standing: tuple[float, float] | None = None,
    ) -> str:
        """A reason without the day of its value; arguments as in `sentence`."""
        phrase = self.phrases.get(feature, _PLAIN)
        value = 0.0 if self._is_nothing(feature, unit, value) else value
        template = phrase.template(direction, value) or self.words["umum"].replace("{arti}", _safe(meaning))
        text = template.format(
            nilai=self.value(feature, unit, value),
            banding=self._compare(phrase, standing),
        )
        return f"{text[:1].upper()}{text[1:]}"

    def dated(self, known_day: int) -> str:
        """The day on which a value became known, as sentences end with it."""
        return self.words["data"].format(tanggal=self.notation.date(known_day))

    def _is_nothing(self, feature: str, unit: str, value: float) -> bool:
        """Whether a value is so small that it is written as zero: then it is told as none, and has no direction."""
        told = self.value(feature, unit, abs(value))
        return told != self.notation.sebentar and told == self.value(feature, unit, 0.0)

    def _compare(self, phrase: Phrase, standing: tuple[float, float] | None) -> str:
        if standing is None or not (phrase.lebih and phrase.kurang):
            return ""
        below, above = standing
        if max(below, above) < _ORDINARY:
            return self.words["banding_umum"]
        word, share = (phrase.lebih, below) if below >= above else (phrase.kurang, above)
        return self.words["banding"].format(kata=word, dari_100=min(99, math.floor(round(share * 100, 9))))


_PLAIN = Phrase()
_WORDS = {"umum", "data", "banding", "banding_umum"}
_NOTATION = {item.name for item in fields(Notation)}


def standings(values: np.ndarray, cohort: np.ndarray) -> np.ndarray:
    """Share of the cohort's known values strictly below and strictly above each value, shape (n, 2); NaN if too few.

    >>> standings(np.array([10.0]), np.arange(40.0))
    array([[0.25 , 0.725]])
    """
    known = np.sort(cohort[~np.isnan(cohort)])
    if len(known) < _FEW:
        return np.full((len(values), 2), np.nan)
    below = np.searchsorted(known, values, side="left")
    above = len(known) - np.searchsorted(known, values, side="right")
    return np.column_stack([below, above]) / len(known)


def languages() -> tuple[str, ...]:
    """Languages that have a phrasebook: the files ``sentences.<language>.toml`` beside this module."""
    found = (re.fullmatch(r"sentences\.(\w+)\.toml", item.name) for item in _FOLDER.iterdir())
    return tuple(sorted(match[1] for match in found if match))


@cache
def read_phrasebook(language: str = "id") -> Phrasebook:
    """Read and check the phrasebook of a language.

    Raises:
        SentenceError: no such language (names those there are), an unknown key, or a placeholder nobody fills.
    """
    if language not in languages():
        raise SentenceError(f"there are no sentences in language {language!r}; there are {list(languages())}.")
    return parse_phrasebook(language, _FOLDER.joinpath(f"sentences.{language}.toml").read_text(encoding="utf-8"))


def parse_phrasebook(language: str, text: str) -> Phrasebook:
    """Make a phrasebook of TOML text; raises `SentenceError` as `read_phrasebook` does."""
    book = tomllib.loads(text)
    for table, needed in (("kata", _WORDS), ("bentuk", _NOTATION)):
        missing = needed - set(book.get(table, {}))
        if missing:
            raise SentenceError(f"the phrasebook {language!r} lacks the words {sorted(missing)} in [{table}].")
    form: dict[str, Any] = {n: tuple(text) if isinstance(text, list) else text for n, text in book["bentuk"].items()}
    phrases = {name: _phrase(name, entry) for name, entry in book.get("fitur", {}).items()}
    words = book["kata"], book.get("satuan", {}), phrases, book.get("tindakan", {})
    return Phrasebook(language, Notation(**form), *words)


def _phrase(name: str, entry: Mapping[str, object]) -> Phrase:
    known = {item.name for item in fields(Phrase)}
    strange = sorted(set(entry) - known)
    if strange:
        raise SentenceError(f"phrase {name!r} has unknown keys {strange}; known are {sorted(known)}.")
    for key, text in entry.items():
        unfilled = set(_PLACEHOLDER.findall(text)) - _KNOWN if isinstance(text, str) else set()
        if unfilled:
            raise SentenceError(f"phrase {name!r}, {key}: nobody fills {sorted(unfilled)}; known are {sorted(_KNOWN)}.")
    return Phrase(**entry)  # type: ignore[arg-type]  # the keys were checked above


def _safe(meaning: str) -> str:
    """A meaning as literal text of a template."""
    return meaning.rstrip(" .").replace("{", "{{").replace("}", "}}")
