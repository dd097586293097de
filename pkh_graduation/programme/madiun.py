"""The Madiun score: weights, levels and the crosswalk from DTSEN codes, each with its source or marked as assumed.

The facts live in ``madiun.toml`` beside this module. A level is 1, 2, 3 or 4; the score of a family is the sum over
criteria of ``bobot * level / highest level in the caseload`` (programme facts, section 8.2).
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any


@dataclass(frozen=True)
class Criterion:
    """One criterion: its weight, the feature that holds its level, and the meaning of levels 1 to 4."""

    nama: str
    arti: str
    bobot: int
    fitur: str
    level: tuple[str, ...]
    sumber: str


@dataclass(frozen=True)
class Bounds:
    """Ascending bounds of a number: each one reached is one level up (``naik``, from 1) or down (``turun``, from 4)."""

    kolom: str
    nilai: tuple[int, ...]
    arah: str
    asumsi: str


def criteria() -> tuple[Criterion, ...]:
    """The criteria in their published order.

    >>> sum(criterion.bobot for criterion in criteria())
    90
    """
    listed = (
        Criterion(name, c["arti"], c["bobot"], c["fitur"], tuple(c["level"]), c["sumber"])
        for name, c in _book()["kriteria"].items()
    )
    return tuple(listed)


def crosswalk(name: str) -> Mapping[int, tuple[Any, ...]]:
    """Level -> codes (or words) of the column named in the crosswalk.

    >>> crosswalk("lantai")[1]
    (8,)

    Raises:
        KeyError: no such crosswalk; those there are listed.
    """
    entry = _entry("silang", name)
    return MappingProxyType(
        {int(level): tuple(codes) for level, codes in entry.get("level", entry.get("kata")).items()}
    )


def bounds(name: str) -> Bounds:
    """Bounds of a number that is turned into levels.

    >>> bounds("hutang").nilai, bounds("hutang").arah
    ((1, 2, 3), 'turun')

    Raises:
        KeyError: no such bounds; those there are listed.
    """
    entry = _entry("batas", name)
    return Bounds(entry["kolom"], tuple(entry["nilai"]), entry["arah"], entry["asumsi"])


def conventions() -> Mapping[str, str]:
    """Name -> what was decided where the publication is silent."""
    return MappingProxyType({name: entry["arti"] for name, entry in _book()["konvensi"].items()})


def _entry(part: str, name: str) -> Mapping[str, Any]:
    there = _book()[part]
    if name not in there:
        raise KeyError(f"madiun.toml has no [{part}.{name}]; it has {sorted(there)}.")
    return there[name]


@cache
def _book() -> Mapping[str, Any]:
    text = files("pkh_graduation.programme").joinpath("madiun.toml").read_text(encoding="utf-8")
    return _checked(tomllib.loads(text))


def _checked(book: dict[str, Any]) -> Mapping[str, Any]:
    unmarked = [
        f"{part}.{name}"
        for part in ("kriteria", "silang", "batas", "konvensi")
        for name, entry in book[part].items()
        if ("sumber" in entry) == ("asumsi" in entry)
    ]
    if unmarked:
        raise ValueError(f"madiun.toml: {unmarked} must have either `sumber` or `asumsi`, and one only.")
    weights = sum(entry["bobot"] for entry in book["kriteria"].values())
    if weights != book["jumlah_bobot"]:
        raise ValueError(f"madiun.toml: the weights sum to {weights}, not to {book['jumlah_bobot']} as published.")
    return book
