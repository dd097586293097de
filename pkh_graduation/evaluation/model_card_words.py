"""Words, numbers and dates of the model card in one language; languages are data (``templates/model_card.*.toml``)."""

from __future__ import annotations

import datetime as dt
import importlib.resources
import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from pkh_graduation.evaluation import wording

LANGUAGES = ("id", "en")
NOTHING = "–"
_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


@dataclass(frozen=True)
class Words:
    """Everything that depends on the language."""

    language: str
    data: Mapping[str, Any]

    def label(self, name: str, /, **fields: Any) -> str:
        """A heading or a short text."""
        return self.say("label", name, **fields)

    def say(self, group: str, name: str, /, **fields: Any) -> str:
        """A text of a group, its fields filled in."""
        return str(self.data[group][name]).format(**fields)

    def name(self, contender: str) -> str:
        """A contender's name for people."""
        return str(self.data["names"].get(contender, contender.replace("_", " ")))

    def number(self, value: Any, digits: int = 0, *, signed: bool = False) -> str:
        """A number as the language writes it; a dash where it is missing."""
        if value is None or not math.isfinite(float(value)):
            return NOTHING
        text = wording.number(float(value), digits, signed=signed)
        return text if self.language == "id" else text.translate(str.maketrans(",.", ".,"))

    def span(self, low: Any, high: Any, digits: int = 1) -> str:
        """An interval, or nothing where there is none."""
        if low is None or high is None:
            return ""
        return f"{self.number(low, digits)}–{self.number(high, digits)}"

    def percent(self, share: float) -> str:
        """A share as per cent."""
        digits = 0 if math.isclose(share * 100, round(share * 100)) else 1
        return f"{self.number(share * 100, digits)} %"

    def date(self, text: Any) -> str:
        """An ISO date in words; other texts as they are, a dash where there is none."""
        if not text:
            return NOTHING
        try:
            day = dt.date.fromisoformat(str(text))
        except ValueError:
            return str(text)
        return wording.date(day) if self.language == "id" else f"{day.day} {_MONTHS[day.month - 1]} {day.year}"

    def plain(self, value: Any, digits: int = 3) -> str:
        """Any simple value as text."""
        if isinstance(value, bool):
            return self.label("yes" if value else "no")
        if isinstance(value, int):
            return self.number(value)
        if isinstance(value, float):
            return self.number(value, digits)
        if isinstance(value, Mapping):
            return "; ".join(f"{key}: {self.plain(item)}" for key, item in value.items())
        if isinstance(value, list | tuple):
            return "; ".join(self.plain(item) for item in value)
        return NOTHING if value is None else str(value)


@cache
def read_words(language: str) -> Words:
    """Words of a language.

    Raises:
        ValueError: nobody has written it; names those that are there.
    """
    if language not in LANGUAGES:
        raise ValueError(f"the model card is written in {list(LANGUAGES)}, not in {language!r}.")
    return Words(language, tomllib.loads(template(f"model_card.{language}.toml")))


def template(name: str) -> str:
    """Text of a template of this room."""
    return (
        importlib.resources.files("pkh_graduation.evaluation").joinpath("templates", name).read_text(encoding="utf-8")
    )
