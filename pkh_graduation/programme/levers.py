"""Levers: what a family and its pendamping may do or ask for, dated, sourced, with conditions read off the record.

The facts live in ``levers.toml`` beside this module. A condition compares one fact with a number; it works on anything that
compares (a number, an array), and an unknown fact (NaN) never meets one.
"""

from __future__ import annotations

import datetime as dt
import operator
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from pkh_graduation.programme.calendar import parse_as_of

GRADES = ("E0", "E1", "E2", "E3")
"""Grades of evidence: the model alone, observed data, a natural experiment, random slots or a trial (methods, section 8)."""

PROVING = ("E2", "E3")
"""Grades at which a sentence may say that something brings about something else."""

TINDAKAN, HAK = "tindakan", "hak"
CONFIDENCE = ("pasti", "cukup kuat", "perkiraan", "latar", "asumsi")

_COMPARES: Mapping[str, Callable[[Any, Any], Any]] = MappingProxyType(
    {"<": operator.lt, "<=": operator.le, "==": operator.eq, ">=": operator.ge, ">": operator.gt}
)
_CHANGES = ("jadi", "tambah", "sedikitnya")


class LeverError(ValueError):
    """A row of the catalogue cannot be used."""


@dataclass(frozen=True)
class Condition:
    """One comparison of a fact with a number."""

    fakta: str
    banding: str
    nilai: float

    def __post_init__(self) -> None:
        if self.banding not in _COMPARES:
            raise LeverError(f"levers.toml: {self.banding!r} is no comparison; there are {sorted(_COMPARES)}.")

    def holds(self, values: Any) -> Any:
        """Whether ``values`` (a number, or an array of them) meet the condition.

        >>> Condition("desil", "<=", 4.0).holds(3), Condition("desil", "<=", 4.0).holds(float("nan"))
        (True, False)
        """
        return _COMPARES[self.banding](values, self.nilai)


@dataclass(frozen=True)
class Change:
    """One change of a model's input: ``jadi`` sets it, ``tambah`` adds to it, ``sedikitnya`` lifts it to at least."""

    fitur: str
    cara: str
    nilai: float

    def __post_init__(self) -> None:
        if self.cara not in _CHANGES:
            raise LeverError(f"levers.toml: {self.cara!r} is no change; there are {list(_CHANGES)}.")


@dataclass(frozen=True)
class Lever:
    """One row of the catalogue, as described at the head of ``levers.toml``. Words are by language."""

    kode: str
    nama: Mapping[str, str]
    serupa: Mapping[str, str]
    cek: Mapping[str, str]
    jenis: str
    lembaga: str
    berlaku_sejak: dt.date | None
    berlaku_sampai: dt.date | None
    diperiksa: str
    keyakinan: str
    sumber: str
    syarat: tuple[Condition, ...]
    salah_satu: tuple[Condition, ...]
    ubah: tuple[Change, ...]
    ikut: tuple[Change, ...]
    program: tuple[str, ...]
    rujukan: str
    pinjaman: bool

    @property
    def facts(self) -> tuple[str, ...]:
        """Facts that the conditions read, each once."""
        return tuple(dict.fromkeys(condition.fakta for condition in (*self.syarat, *self.salah_satu)))

    def fits(self, value_of: Callable[[str], Any]) -> Any:
        """Whether the conditions hold; ``value_of`` gives a fact's value or array by name (NaN where unknown)."""
        met = [condition.holds(value_of(condition.fakta)) for condition in self.syarat]
        if self.salah_satu:
            first, *others = [condition.holds(value_of(condition.fakta)) for condition in self.salah_satu]
            for other in others:
                first = first | other
            met.append(first)
        whole = met[0]
        for one in met[1:]:
            whole = whole & one
        return whole

    def valid_on(self, day: dt.date | str) -> bool:
        """Whether the row holds on a day (ISO date, tahap or date)."""
        when = parse_as_of(day)
        return (self.berlaku_sejak or when) <= when <= (self.berlaku_sampai or when)


@dataclass(frozen=True)
class Caution:
    """A warning that comes before any loan is spoken of: its words by language, source, and when it applies."""

    kode: str
    kalimat: Mapping[str, str]
    sumber: str
    syarat: tuple[Condition, ...]


def levers(*, on: dt.date | str | None = None) -> tuple[Lever, ...]:
    """The catalogue in its order; with ``on``, the rows that hold on that day.

    >>> [lever.kode for lever in levers(on="2022-T4") if "pena" in lever.kode]
    []
    """
    rows, _ = _book()
    return rows if on is None else tuple(row for row in rows if row.valid_on(on))


def cautions() -> tuple[Caution, ...]:
    """Warnings about debt. A family to which one applies is offered no loan."""
    return _book()[1]


@cache
def _book() -> tuple[tuple[Lever, ...], tuple[Caution, ...]]:
    text = files("pkh_graduation.programme").joinpath("levers.toml").read_text(encoding="utf-8")
    return read_catalogue(tomllib.loads(text))


def read_catalogue(raw: Mapping[str, Any]) -> tuple[tuple[Lever, ...], tuple[Caution, ...]]:
    """Check and freeze a catalogue.

    A loan gets the debt warnings' conditions turned round: it fits only where each is known not to apply.

    Raises:
        LeverError: an unknown key, kind or confidence; an action without a change; a right with one.
    """
    warned = tuple(
        Caution(code, MappingProxyType(dict(row["kalimat"])), row["sumber"], _conditions(row["syarat"]))
        for code, row in raw["peringatan"].items()
    )
    careful = tuple(Condition(one.fakta, "==", 0.0) for warning in warned for one in warning.syarat)
    return tuple(_lever(code, row, careful) for code, row in raw["tuas"].items()), warned


def _lever(code: str, row: Mapping[str, Any], careful: tuple[Condition, ...]) -> Lever:
    strange = sorted(set(row) - set(Lever.__dataclass_fields__))
    if strange:
        raise LeverError(f"levers.toml: {code!r} has unknown keys {strange}.")
    if row["jenis"] not in (TINDAKAN, HAK) or row["keyakinan"] not in CONFIDENCE:
        raise LeverError(f"levers.toml: {code!r} must be tindakan or hak, with a confidence of {list(CONFIDENCE)}.")
    if (row["jenis"] == TINDAKAN) != bool(row.get("ubah")):
        raise LeverError(f"levers.toml: {code!r}: an action says what it changes, a right changes nothing.")
    loan = bool(row.get("pinjaman", False))
    return Lever(
        kode=code,
        nama=MappingProxyType(dict(row["nama"])),
        serupa=MappingProxyType(dict(row.get("serupa", {}))),
        cek=MappingProxyType(dict(row["cek"])),
        jenis=row["jenis"],
        lembaga=row["lembaga"],
        berlaku_sejak=row.get("berlaku_sejak"),
        berlaku_sampai=row.get("berlaku_sampai"),
        diperiksa=row["diperiksa"],
        keyakinan=row["keyakinan"],
        sumber=row["sumber"],
        syarat=(*_conditions(row["syarat"]), *(careful if loan else ())),
        salah_satu=_conditions(row.get("salah_satu", ())),
        ubah=tuple(Change(*change) for change in row.get("ubah", ())),
        ikut=tuple(Change(*change) for change in row.get("ikut", ())),
        program=tuple(row.get("program", ())),
        rujukan=row.get("rujukan", ""),
        pinjaman=loan,
    )


def _conditions(rows: Any) -> tuple[Condition, ...]:
    return tuple(Condition(*row) for row in rows)
