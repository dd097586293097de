"""A linter of words for people: no causal verb without evidence, no verdict, no word of the machinery, no raw feature name.

The words are data (``wording.toml``). A sentence about evidence of grade E2 or E3 may say that something brings about
something else; at E0 and E1 it may only say what goes together (methods, section 8).
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from functools import cache
from importlib import resources

from pkh_graduation.explanations.sentences import Phrasebook, SentenceError, read_phrasebook
from pkh_graduation.programme.levers import GRADES, PROVING

CAUSE, VERDICT, MACHINE, NAME = "sebab", "terlarang", "mesin", "nama_fitur"
_PLACEHOLDER = re.compile(r"\{\w*\}|@\w+")
_RAW_NAME = re.compile(r"\b[a-z][a-z0-9]*(?:_[a-z0-9]+)+\b")


@dataclass(frozen=True)
class Finding:
    """One word that may not be used: where it stands, the rule it breaks, the word, and the whole text."""

    tempat: str
    aturan: str
    kata: str
    kalimat: str


def lint(texts: Mapping[str, str], language: str, *, grade: str = "E0") -> list[Finding]:
    """Findings of texts (place -> text or template) in one language; none is the wish.

    >>> [finding.kata for finding in lint({"a": "Omzet naik karena pelatihan"}, "id")]
    ['karena']

    Raises:
        SentenceError: no words are listed for the language, or no such grade.
    """
    if grade not in GRADES:
        raise SentenceError(f"grade {grade!r} does not exist; there are {list(GRADES)}.")
    rules = dict(_rules(language))
    if grade in PROVING:
        del rules[CAUSE]
    return [
        Finding(place, rule, match[0], text)
        for place, text in texts.items()
        for rule, pattern in rules.items()
        for match in pattern.finditer(_PLACEHOLDER.sub(" ", text))
    ]


def lint_phrasebook(book: Phrasebook) -> list[Finding]:
    """Findings of every template of a phrasebook. Reasons rest on the model alone (E0), actions on the grade they name."""
    found = lint(templates(book), book.language)
    for name, text in book.actions.items():
        found += lint({f"tindakan.{name}": text}, book.language, grade=name if name in GRADES else "E0")
    return found


def templates(book: Phrasebook) -> dict[str, str]:
    """Every text a phrasebook may show as a reason, by its place in the file."""
    found = {f"kata.{key}": text for key, text in book.words.items()}
    found |= {f"satuan.{unit}": form for unit, form in book.units.items()}
    for item in fields(book.notation):
        if item.name != "arti":
            found |= _flat(f"bentuk.{item.name}", getattr(book.notation, item.name))
    for name, phrase in book.phrases.items():
        for item in fields(phrase):
            found |= _flat(f"fitur.{name}.{item.name}", getattr(phrase, item.name))
    return found


def _flat(place: str, value: object) -> dict[str, str]:
    if isinstance(value, str):
        return {place: value} if value else {}
    if isinstance(value, Mapping):
        return {f"{place}.{key}": str(text) for key, text in value.items()}
    if isinstance(value, tuple):
        return {f"{place}.{number}": str(text) for number, text in enumerate(value, 1)}
    return {}


@cache
def _rules(language: str) -> Mapping[str, re.Pattern[str]]:
    text = resources.files("pkh_graduation.explanations").joinpath("wording.toml").read_text(encoding="utf-8")
    words = tomllib.loads(text)
    if language not in words:
        raise SentenceError(f"wording.toml lists no words of language {language!r}; it has {sorted(words)}.")
    rules = {rule: _pattern(words[language][rule]) for rule in (CAUSE, VERDICT, MACHINE)}
    return rules | {NAME: _RAW_NAME}


def _pattern(words: Iterable[str]) -> re.Pattern[str]:
    tails = (re.escape(word.removesuffix("*")) + (r"\w*" if word.endswith("*") else "") for word in words)
    return re.compile(rf"\b(?:{'|'.join(tails)})\b", re.IGNORECASE)


__all__ = ["CAUSE", "MACHINE", "NAME", "VERDICT", "Finding", "lint", "lint_phrasebook", "read_phrasebook", "templates"]
