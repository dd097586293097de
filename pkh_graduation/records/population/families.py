"""Families at entry and their members with all their dates: births, school years, deaths, leaving home.

Every date of a member's life is drawn at entry, so that components, the day they run out, and births during membership
follow from arithmetic alone. Tables are dictionaries of equally long arrays (*columns*).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .marginals import Marginals
from .presets import EPOCH_YEAR, YEAR, first_of_month
from .regions import OPEN

Columns = dict[str, np.ndarray]

KEPALA, PASANGAN, ANAK, ORANG_TUA, LAINNYA = 1, 2, 3, 6, 8
SLOTS = 15
"""Places in a family: pengurus, husband, six children, three later births, two elders, two other adults."""

CHILDREN, BIRTHS, ELDERS, OTHERS = slice(2, 8), slice(8, 11), slice(11, 13), slice(13, 15)
COUPLE, FEMALE_HEAD, THREE_GENERATIONS, ELDERLY_ONLY = range(4)

NONE, HAMIL, AUD, SD, SMP, SMA, LANSIA, DISABILITAS = range(8)
"""Component of a person; 1..7 in the order of the programme's list."""


def lansia_age(day: int, m: Marginals) -> int:
    """Operational age of lansia on a day: 60 to the end of 2019, 70 after (A)."""
    until, since = m["keluar.usia_lansia"]
    return int(until) if day < 18262 else int(since)


def draw_families(rng: np.random.Generator, n: int, first: int, last: int, m: Marginals) -> tuple[Columns, Columns]:
    """Draw n families that enter within ``first..last`` with at least one component; members point to them by ``fam``."""
    batch = int(1.6 * n) + 80
    fam = _households(rng, batch, first, last, m)
    people = _people(rng, fam, m)
    grid = {name: values.reshape(batch, SLOTS) for name, values in people.items()}
    code = component(people, np.repeat(fam["masuk"], SLOTS), lansia_age(first, m)).reshape(batch, SLOTS)
    eligible = ((code > NONE) & (grid["ada"] > 0)).any(axis=1) | _pregnant(grid, fam["masuk"])
    chosen = np.flatnonzero(eligible)[:n]
    if len(chosen) < n:
        raise ValueError(f"only {len(chosen)} of {n} families drawn are eligible; the family numbers are too narrow.")
    members = {name: values[chosen].ravel() for name, values in grid.items()}
    members["fam"] = np.repeat(np.arange(n), SLOTS)
    there = members.pop("ada").astype(bool)
    return {name: values[chosen] for name, values in fam.items()}, {k: v[there] for k, v in members.items()}


def _pregnant(grid: Columns, entry: np.ndarray) -> np.ndarray:
    birth = grid["lahir"][:, 8]
    return (grid["ada"][:, 8] > 0) & (birth - 270 <= entry) & (entry < birth)


def _households(rng: np.random.Generator, n: int, first: int, last: int, m: Marginals) -> Columns:
    """What belongs to the family as a whole."""
    k: dict[str, Any] = m.section("keluarga")
    kind = rng.choice(4, n, p=k["tipe"])
    age = np.clip(rng.normal(k["usia_ibu_rata"], k["usia_ibu_sd"], n), k["usia_ibu_min"], k["usia_ibu_maks"])
    old = np.clip(rng.normal(k["usia_lansia_rata"], k["usia_lansia_sd"], n), 60, 95)
    edges = np.cumsum(k["pendidikan_kepala"])[:-1]
    z = rng.normal(size=n)
    rank = _normal_cdf(z)
    return {
        "masuk": rng.integers(first, last + 1, n),
        "tipe": kind,
        "usia_pengurus": np.where(kind == ELDERLY_ONLY, old, age),
        "edu": z,
        "edu_kelas": np.searchsorted(edges, rank),
        "tani": rng.random(n) < k["pertanian"],
        "kerja": rng.random(n) > np.where(kind == ELDERLY_ONLY, k["tidak_bekerja_lansia"], k["tidak_bekerja"]),
        "terampil": rng.normal(size=n),
        "jarak": rng.exponential(1.0, n),
        "giat": rng.normal(size=n),
        "sisa0": rng.normal(0.0, m["kesejahteraan.sisa_sd"], n),
        "desil_tetap": rng.normal(size=n),
    }


def _normal_cdf(z: np.ndarray) -> np.ndarray:
    """Standard normal distribution function to about 1e-4 (logistic-type approximation is enough to cut classes)."""
    return 1.0 / (1.0 + np.exp(-1.5976 * z - 0.07056 * z**3))


def _people(rng: np.random.Generator, fam: Columns, m: Marginals) -> Columns:
    """All places of all families, flattened family by family; ``ada`` marks the real ones."""
    k = m.section("keluarga")
    n = len(fam["masuk"])
    entry = fam["masuk"][:, None]
    kind = fam["tipe"]
    birth, there = _births(rng, fam, k)
    sex = (rng.random((n, SLOTS)) < 0.5) + 1
    sex[:, 0], sex[:, 1] = 2, 1
    relation = np.full((n, SLOTS), ANAK)
    headed = there[:, 1]
    relation[:, 0] = np.where(headed, PASANGAN, KEPALA)
    relation[:, 1], relation[:, ELDERS], relation[:, OTHERS] = KEPALA, ORANG_TUA, LAINNYA
    death = _deaths(rng, entry, birth, kind, k)
    grown = (birth + np.round(21 * YEAR)).astype(np.int64)
    leave = np.full((n, SLOTS), int(OPEN))
    leave[:, 2:11] = grown[:, 2:11] + rng.exponential(k["keluar_rumah_anak"] * YEAR, (n, 9)).astype(np.int64)
    leave[:, OTHERS] = entry + rng.exponential(k["keluar_rumah_lain"] * YEAR, (n, 2)).astype(np.int64)
    there &= (leave > entry) & (death > entry)
    people = {
        "ada": there.astype(np.int64), "urut": np.tile(np.arange(SLOTS), (n, 1)), "lahir": birth, "kelamin": sex,
        "hubungan": relation, "mati": death, "pergi": leave,
        "nikah": (rng.random((n, SLOTS)) < 0.6).astype(np.int64),
        "disabilitas": _disabled(rng, there, k["disabilitas"]),
        **_school(rng, birth, k["tidak_sekolah"]),
    }  # fmt: skip
    return {name: values.ravel() for name, values in people.items()}


def _births(rng: np.random.Generator, fam: Columns, k: dict[str, Any]) -> tuple[np.ndarray, np.ndarray]:
    """Birth days and presence of each place, shape (n, SLOTS)."""
    n = len(fam["masuk"])
    kind, entry, age = fam["tipe"], fam["masuk"], fam["usia_pengurus"]
    years = np.zeros((n, SLOTS))  # age at entry
    there = np.zeros((n, SLOTS), dtype=bool)
    years[:, 0], there[:, 0] = age, True
    gap = rng.normal(k["selisih_suami_rata"], k["selisih_suami_sd"], n)
    years[:, 1] = age + gap
    pair = rng.random(n) < k["lansia_berpasangan"]
    there[:, 1] = (kind == COUPLE) | (kind == THREE_GENERATIONS) | ((kind == ELDERLY_ONLY) & pair)
    first = np.maximum(15.0, rng.normal(k["kelahiran_pertama_rata"], k["kelahiran_pertama_sd"], n))
    spacing = rng.gamma(k["jarak_bentuk"], k["jarak_skala"], (n, 6))
    spacing[:, 0] = 0.0
    wanted = np.minimum(6, 1 + rng.poisson(k["anak_poisson"], n))
    years[:, CHILDREN] = age[:, None] - first[:, None] - np.cumsum(spacing, axis=1)
    young = kind != ELDERLY_ONLY
    there[:, CHILDREN] = (np.arange(6) < wanted[:, None]) & (years[:, CHILDREN] > 0) & young[:, None]
    years[:, BIRTHS], there[:, BIRTHS] = _later_births(rng, age, there[:, CHILDREN].sum(axis=1), young, k)
    years[:, ELDERS] = np.clip(rng.normal(k["usia_lansia_rata"], k["usia_lansia_sd"], (n, 2)), 60, 95)
    three = kind == THREE_GENERATIONS
    there[:, 11], there[:, 12] = three, three & (rng.random(n) < k["lansia_kedua"])
    years[:, OTHERS] = rng.uniform(22, 55, (n, 2))
    others = np.where(young, rng.poisson(k["dewasa_lain"], n), 0)
    there[:, OTHERS] = np.arange(2) < others[:, None]
    return entry[:, None] - np.round(years * YEAR).astype(np.int64), there


def _later_births(
    rng: np.random.Generator, age: np.ndarray, children: np.ndarray, young: np.ndarray, k: dict[str, Any]
) -> tuple[np.ndarray, np.ndarray]:
    """Ages at entry (negative: years until birth) and presence of up to three births after entry."""
    n = len(age)
    wait = rng.exponential(1.0 / k["kelahiran_per_tahun"], (n, 3))
    wait[:, 1:] += 1.5
    pregnant = young & (age < 40) & (rng.random(n) < k["hamil_saat_masuk"])
    wait[:, 0] = np.where(pregnant, rng.uniform(0.05, 0.7, n), wait[:, 0] + 0.75)
    wait[:, 1] += np.where(pregnant, 1.0, 0.0)
    until = np.cumsum(wait, axis=1)
    total = children[:, None] + np.arange(3)
    there = young[:, None] & (age[:, None] + until < 41) & (total < 4)
    there[:, 0] |= pregnant
    there = np.logical_and.accumulate(there, axis=1)
    return -until, there


def _deaths(
    rng: np.random.Generator, entry: np.ndarray, birth: np.ndarray, kind: np.ndarray, k: dict[str, Any]
) -> np.ndarray:
    """Day of death; elders, husbands and mothers only, others live on."""
    n = len(kind)
    rate = np.zeros((n, SLOTS))
    rate[:, 0] = np.where(kind == ELDERLY_ONLY, k["kematian_lansia"], k["kematian_ibu"])
    rate[:, 1] = np.where(kind == ELDERLY_ONLY, k["kematian_lansia"], k["kematian_suami"])
    rate[:, ELDERS] = k["kematian_lansia"]
    wait = rng.exponential(1.0, (n, SLOTS)) / np.maximum(rate, 1e-6) * YEAR
    death = np.minimum(entry + np.maximum(wait, 1.0), float(OPEN)).astype(np.int64)
    return np.where(rate > 0, np.maximum(death, birth + 1), int(OPEN))


def _disabled(rng: np.random.Generator, there: np.ndarray, share: float) -> np.ndarray:
    """One severely disabled member in a share of the families."""
    score = np.where(there, rng.random(there.shape), -1.0)
    who = np.zeros(there.shape, dtype=np.int64)
    rows = np.flatnonzero(rng.random(len(there)) < share)
    who[rows, score[rows].argmax(axis=1)] = 1
    return who


def _school(rng: np.random.Generator, birth: np.ndarray, enrolled: list[float]) -> Columns:
    """First days of SD and the days on which SD, SMP and SMA end, in the school calendar of 1 July.

    A child starts at the age of 6.0-7.0, stops after a level with the chances of the enrolment table, and one in ten needs
    one or two years longer, never past the 21st birthday.
    """
    month = birth.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    year, of_year = np.divmod(month, 12)
    begin = year + 6 + (of_year >= 6)
    luck = rng.random(birth.shape)
    sd, smp, sma, longer = enrolled
    july = [first_of_month((begin + add) * 12 + 6) for add in (0, 6, 9)]
    extra = np.where(luck < longer, 1 + (luck < longer / 2), 0)
    end_sma = np.minimum(first_of_month((begin + 12 + extra) * 12 + 6), birth + int(21 * YEAR))
    end_sd = np.where(luck < sd, july[1], july[0])
    end_smp = np.where(luck < smp, july[2], end_sd)
    return {
        "sd": july[0],
        "sd_selesai": end_sd,
        "smp_selesai": end_smp,
        "sma_selesai": np.where(luck < sma, end_sma, end_smp),
    }


def present(people: Columns, day: np.ndarray | int) -> np.ndarray:
    """Members who are born, alive and at home on a day."""
    there: np.ndarray = (people["lahir"] <= day) & (day < people["mati"]) & (day < people["pergi"])
    return there


def school_level(people: Columns, day: np.ndarray | int) -> np.ndarray:
    """Level attended on a day: 0 none, else SD, SMP or SMA."""
    level = np.where(people["sd"] <= day, SD, NONE)
    level = np.where(people["sd_selesai"] <= day, SMP, level)
    level = np.where(people["smp_selesai"] <= day, SMA, level)
    return np.where(people["sma_selesai"] <= day, NONE, level)


def component(people: Columns, day: np.ndarray | int, lansia_from: int) -> np.ndarray:
    """Component of each member on a day (0 none); pregnancies are counted by `pregnancies`.

    A person counts once: severe disability first, then the level attended, then early childhood, then lansia.
    """
    age = (day - people["lahir"]) / YEAR
    code = np.where(age >= lansia_from, LANSIA, NONE)
    child = people["hubungan"] == ANAK
    code = np.where(child & (age < 7), AUD, code)
    level = school_level(people, day)
    code = np.where(child & (level > NONE), level, code)
    code = np.where(people["disabilitas"] > 0, DISABILITAS, code)
    return np.where(present(people, day), code, NONE)


def pregnancies(people: Columns, day: int) -> np.ndarray:
    """Later births that are on their way on a day, as a mask over members."""
    way: np.ndarray = (
        (people["urut"] >= 8) & (people["urut"] < 11) & (people["lahir"] - 270 <= day) & (day < people["lahir"])
    )
    return way


def component_counts(people: Columns, n: int, day: int, lansia_from: int) -> np.ndarray:
    """Persons per component, shape (n, 8), indexed by the codes `HAMIL` .. `DISABILITAS`; column 0 is empty."""
    code = component(people, day, lansia_from)
    counts = np.bincount(people["fam"] * 8 + code, minlength=8 * n).reshape(n, 8)
    counts[:, NONE] = 0
    counts[:, HAMIL] = np.bincount(people["fam"][pregnancies(people, day)], minlength=n)
    return counts


def exhaustion_day(people: Columns, entry: np.ndarray, m: Marginals, *, planned: bool) -> np.ndarray:
    """First day on or after entry on which a family has no component; `OPEN` if that day never comes.

    ``planned`` ignores deaths and leaving home, as a calendar kept by the office must. Later births count as they come.
    The operational age of lansia on each day applies.
    """
    n = len(entry)
    spans = [_span_of(people, name, m, planned=planned) for name in ("muda", "lansia60", "lansia70", "hamil")]
    fam = np.tile(people["fam"], len(spans))
    begin, end = (np.concatenate(column) for column in zip(*spans, strict=True))
    real = begin < end
    fam, begin, end = fam[real], begin[real], end[real]
    day = entry.copy()
    while True:
        reach = np.zeros(n, dtype=np.int64)
        covered = begin <= day[fam]
        np.maximum.at(reach, fam[covered], end[covered])
        later = np.maximum(day, reach)
        if (later == day).all():
            return day
        day = later


def _span_of(people: Columns, name: str, m: Marginals, *, planned: bool) -> tuple[np.ndarray, np.ndarray]:
    """First day and day after the last of one kind of component, for every member."""
    birth = people["lahir"]
    out = np.full(len(birth), int(OPEN)) if planned else np.minimum(people["mati"], people["pergi"])
    change = 18262
    young, old = (birth + np.ceil(age * YEAR).astype(np.int64) for age in m["keluar.usia_lansia"])
    if name == "hamil":
        later = (people["urut"] >= 8) & (people["urut"] < 11)
        return birth - 270, np.where(later, birth, birth - 270)
    if name == "lansia60":
        return young, np.minimum(out, change)
    if name == "lansia70":
        return np.maximum(old, change), out
    child = people["hubungan"] == ANAK
    aud_end = np.where(people["sd_selesai"] > people["sd"], people["sd"], birth + math.ceil(7 * YEAR))
    end = np.where(child, np.maximum(aud_end, people["sma_selesai"]), birth)
    end = np.where(people["disabilitas"] > 0, int(OPEN), end)
    return birth, np.minimum(end, out)


def year_of(day: np.ndarray | int) -> np.ndarray:
    """Calendar year of an epoch day."""
    return np.asarray(day).astype("datetime64[D]").astype("datetime64[Y]").astype(np.int64) + EPOCH_YEAR
