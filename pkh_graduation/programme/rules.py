"""Dated rules: what held on a day, in which unit, and on whose word.

The facts live in ``rules.toml`` beside this module; code never holds one as a constant. A value without a source is marked
as an assumption, and a question whose answer nobody has published raises instead of inventing one.
"""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from pkh_graduation.programme.calendar import parse_as_of
from pkh_graduation.programme.vocabulary import KOMPONEN


class RuleError(LookupError):
    """No such rule, or none that holds on the day asked for."""


@dataclass(frozen=True)
class Rule:
    """One version of a rule: its value, unit, first and last day (None: open) and source; ``asumsi`` if nobody published it."""

    nama: str
    arti: str
    nilai: int | float | str
    satuan: str
    berlaku_sejak: dt.date
    berlaku_sampai: dt.date | None
    sumber: str
    asumsi: bool


@dataclass(frozen=True)
class Regime:
    """How graduations were counted and demanded in a year (programme facts, section 2.4).

    ``kuota_cara``: ``nasional`` (``kuota`` families in the country), ``bagian_kasus`` (a share of the caseload),
    ``per_pendamping`` (families a pendamping and year) or ``tanpa`` (none known, ``kuota`` is None). ``dihitung``: kinds of
    exit that count. ``mandiri_per_tahun``: lowest and highest mandiri rate to expect, None where not established.
    """

    nama: str
    arti: str
    kuota_cara: str
    kuota: int | float | None
    dihitung: tuple[str, ...]
    mandiri_per_tahun: tuple[float, float] | None


def rule(name: str, *, on: dt.date | str) -> Rule:
    """The version of a rule that holds on a day (ISO date, tahap or `datetime.date`).

    >>> rule("desil_max_program", on="2025-09-30").nilai
    4
    >>> rule("lansia_usia_praktik", on="2021-T1").asumsi
    True

    Raises:
        RuleError: unknown name (the names are listed), or no version holds on that day (its dates are listed).
    """
    versions = _versions(name)
    day = parse_as_of(on)
    for version in reversed(versions):
        if version.berlaku_sejak <= day and (version.berlaku_sampai is None or day <= version.berlaku_sampai):
            return version
    held = ", ".join(f"{v.berlaku_sejak}..{v.berlaku_sampai or ''}" for v in versions)
    raise RuleError(
        f"rule {name!r} has no established value on {day}: it holds {held}. "
        "Ask for a day inside, or add a dated version with its source to programme/rules.toml."
    )


def history_of(name: str) -> tuple[Rule, ...]:
    """Every version of a rule, oldest first.

    >>> [version.nilai for version in history_of("lansia_usia_praktik")]
    [60, 70]
    """
    return _versions(name)


def lansia_age(on: dt.date | str) -> int:
    """Age in completed years from which a person counts as lansia, as operated on a day.

    Regulation says 60; in practice 70 came first from about 2020. Which of the two operates is itself a dated rule.

    >>> lansia_age("2019-12-31"), lansia_age("2020-01-01")
    (60, 70)
    """
    return int(rule(str(rule("lansia_usia_acuan", on=on).nilai), on=on).nilai)


def indeks(komponen: str, on: dt.date | str) -> int:
    """Indeks bantuan of a component, rupiah a year and person; a tahap pays a quarter of it.

    >>> indeks("aud", "2019-06-30"), indeks("aud", "2025-T3")
    (2400000, 3000000)

    Raises:
        RuleError: unknown component, or a day for which no index is established (before 2019; `ham` before 2025).
    """
    if komponen not in KOMPONEN:
        raise RuleError(f"komponen {komponen!r} does not exist; there are {', '.join(KOMPONEN)}.")
    return int(rule(f"indeks_{komponen}", on=on).nilai)


def regime(on: dt.date | str) -> Regime:
    """The quota regime of a day.

    >>> regime("2025-09-30").nama, regime("2025-09-30").kuota_cara, regime("2025-09-30").kuota
    ('min10_2025', 'per_pendamping', 10)
    """
    return _book().regimes[str(rule("regime", on=on).nilai)]


@dataclass(frozen=True)
class _Book:
    rules: Mapping[str, tuple[Rule, ...]]
    regimes: Mapping[str, Regime]


@cache
def _book() -> _Book:
    text = files("pkh_graduation.programme").joinpath("rules.toml").read_text(encoding="utf-8")
    return _read(tomllib.loads(text))


def _read(raw: Mapping[str, Any]) -> _Book:
    rules = {name: _versions_from(name, entry) for name, entry in raw["aturan"].items()}
    regimes = {name: _regime_from(name, entry) for name, entry in raw["regime"].items()}
    unknown = {str(version.nilai) for version in rules["regime"]} - set(regimes)
    if unknown:
        raise RuleError(f"rules.toml: rule 'regime' names {sorted(unknown)}, but only {sorted(regimes)} are described.")
    return _Book(MappingProxyType(rules), MappingProxyType(regimes))


def _versions_from(name: str, entry: Mapping[str, Any]) -> tuple[Rule, ...]:
    versions = []
    for version in entry["versi"]:
        if ("sumber" in version) == ("asumsi" in version):
            raise RuleError(f"rules.toml: a version of {name!r} must have either `sumber` or `asumsi`, and one only.")
        versions.append(
            Rule(
                nama=name,
                arti=entry["arti"],
                nilai=version["nilai"],
                satuan=entry["satuan"],
                berlaku_sejak=version["berlaku_sejak"],
                berlaku_sampai=version.get("berlaku_sampai"),
                sumber=version.get("sumber") or version["asumsi"],
                asumsi="asumsi" in version,
            )
        )
    starts = [version.berlaku_sejak for version in versions]
    if starts != sorted(set(starts)):
        raise RuleError(f"rules.toml: the versions of {name!r} must start on different days, oldest first.")
    return tuple(versions)


def _regime_from(name: str, entry: Mapping[str, Any]) -> Regime:
    rate = (entry["mandiri_min"], entry["mandiri_maks"]) if "mandiri_min" in entry else None
    return Regime(name, entry["arti"], entry["kuota_cara"], entry.get("kuota"), tuple(entry["dihitung"]), rate)


def _versions(name: str) -> tuple[Rule, ...]:
    rules = _book().rules
    if name not in rules:
        raise RuleError(f"rule {name!r} does not exist; there are {', '.join(sorted(rules))}.")
    return rules[name]
