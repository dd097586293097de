"""Latent welfare w of each family: schooling, dependants, membership, a persistent remainder, and shocks that fade."""

from __future__ import annotations

import numpy as np

from .families import ELDERLY_ONLY, FEMALE_HEAD, KEPALA, Columns, present
from .marginals import Marginals
from .presets import YEAR

SAKIT, GAGAL_PANEN, PHK, BENCANA, KEMATIAN = 1, 2, 4, 8, 16
SHOCKS = ("sakit", "phk", "bencana", "gagal_panen", "kematian")
SHOCK_BITS = (SAKIT, PHK, BENCANA, GAGAL_PANEN, KEMATIAN)


def household_shape(people: Columns, fam: Columns, day: int) -> Columns:
    """Size, share of dependants (under 15 or 60 and over), female head and disability on a day, per family."""
    n = len(fam["masuk"])
    there = present(people, day)
    of = people["fam"][there]
    age = (day - people["lahir"][there]) / YEAR
    size = np.bincount(of, minlength=n)
    dependants = np.bincount(of[(age < 15) | (age >= 60)], minlength=n)
    men = np.bincount(of[(people["urut"][there] == 1)], minlength=n)
    disabled = np.bincount(of[people["disabilitas"][there] > 0], minlength=n)
    return {
        "besar": size,
        "tanggungan": dependants / np.maximum(size, 1),
        "perempuan": (men == 0) | (fam["tipe"] == FEMALE_HEAD),
        "disabilitas": disabled > 0,
    }


def draw_shocks(
    rng: np.random.Generator, fam: Columns, people: Columns, hit: np.ndarray, span: tuple[int, int], m: Marginals
) -> np.ndarray:
    """Bits of the shocks of a quarter per family; ``hit`` marks families whose kecamatan has a disaster."""
    n = len(fam["masuk"])
    illness, harvest, job, _ = (np.asarray(m["kesejahteraan.guncangan_per_tahun"]) / 4).tolist()
    draw = rng.random((4, n))
    bits = np.where(draw[0] < illness, SAKIT, 0)
    bits |= np.where(fam["tani"] & (draw[1] < harvest), GAGAL_PANEN, 0)
    bits |= np.where(~fam["tani"] & fam["kerja"] & (draw[2] < job / 0.506), PHK, 0)
    bits |= np.where(hit & (draw[3] < m["kesejahteraan.bencana_kena"]), BENCANA, 0)
    start, end = span
    dead = (people["mati"] >= start) & (people["mati"] < end) & (people["pergi"] > people["mati"])
    bits[people["fam"][dead]] |= KEMATIAN
    return bits


def next_remainder(rng: np.random.Generator, rest: np.ndarray, m: Marginals) -> np.ndarray:
    """One quarter of the persistent part: AR(1) with constant variance."""
    rho = m["kesejahteraan.sisa_rho_tahun"] ** 0.25
    step = m["kesejahteraan.sisa_sd"] * np.sqrt(1.0 - rho**2)
    return rho * rest + rng.normal(0.0, step, len(rest))


def next_shock(rng: np.random.Generator, level: np.ndarray, bits: np.ndarray, m: Marginals) -> np.ndarray:
    """Fade old shocks by a half-life of four quarters and add the new ones."""
    number = np.bitwise_count(bits)
    size = rng.uniform(m["kesejahteraan.guncangan_min"], m["kesejahteraan.guncangan_maks"], len(level))
    kept = 0.5 ** (1.0 / m["kesejahteraan.guncangan_paruh"])
    return level * kept + number * size


def welfare(
    fam: Columns, shape: Columns, tenure: np.ndarray, rest: np.ndarray, shock: np.ndarray, m: Marginals
) -> np.ndarray:
    """Latent welfare w (about standard normal) of every family in a quarter; ``tenure`` in years."""
    k = m.section("kesejahteraan")
    return (
        k["pendidikan"] * fam["edu"]
        + k["tanggungan"] * (shape["tanggungan"] - k["tanggungan_rata"])
        + k["kepala_perempuan"] * shape["perempuan"]
        + k["disabilitas"] * shape["disabilitas"]
        + k["lansia_saja"] * (fam["tipe"] == ELDERLY_ONLY)
        + k["kepesertaan"] * tenure
        + rest
        - shock
    )


def head_of(people: Columns, n: int) -> np.ndarray:
    """Position of each family's head among the members (its first member where the head is gone)."""
    first = np.searchsorted(people["fam"], np.arange(n))
    heads = np.flatnonzero(people["hubungan"] == KEPALA)
    first[people["fam"][heads]] = heads
    return first
