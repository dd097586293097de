"""Places and field staff: a kabupaten with its desa, and the kelompok and pendamping of one part of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .presets import YEAR, PartKey, Preset
from .streams import stream

OPEN = np.int64(2**31 - 1)


@dataclass(frozen=True)
class Region:
    """One kabupaten. Arrays run over its kecamatan or its desa; all codes lie under the made-up province 99."""

    kode: str
    kecamatan: np.ndarray
    desa: np.ndarray
    desa_kecamatan: np.ndarray
    sulit: np.ndarray
    perkotaan: np.ndarray
    efek_desa: np.ndarray
    efek: float
    serupa: str
    garis: float
    bencana: np.ndarray
    bank: str


@dataclass(frozen=True)
class Field:
    """Kelompok and pendamping posts of one part.

    A *post* is a caseload; its holder changes now and then (*spell*). ``u`` has shape (posts, quarters): the propensity of
    the holder at the start of the quarter; ``holder`` the spell.
    """

    kelompok_post: np.ndarray
    kelompok_desa: np.ndarray
    kelompok_size: np.ndarray
    post_kecamatan: np.ndarray
    supply: np.ndarray
    stops: np.ndarray
    order: np.ndarray
    spell_post: np.ndarray
    spell_start: np.ndarray
    spell_end: np.ndarray
    spell_u: np.ndarray
    holder: np.ndarray

    @property
    def u(self) -> np.ndarray:
        """Propensity of each post's holder, shape (posts, quarters), log-odds."""
        return self.spell_u[self.holder]


def make_region(preset: Preset, seed: int, kabupaten: int) -> Region:
    """Draw a kabupaten; the same for each of its parts. A kabupaten alone has no effect: it is its own average."""
    m = preset.numbers.section("wilayah")
    rng = stream(seed, "wilayah", kabupaten)
    n_kec = int(rng.integers(m["kecamatan_min"], m["kecamatan_maks"] + 1))
    per_kec = rng.integers(m["desa_min"], m["desa_maks"] + 1, n_kec)
    of_kec = np.repeat(np.arange(n_kec), per_kec)
    within = np.concatenate([np.arange(n) for n in per_kec])
    kode = f"99{kabupaten + 1:02d}"
    weights = np.asarray(m["bobot_provinsi"])
    like = int(rng.choice(len(weights), p=weights / weights.sum()))
    hit = m_disaster(preset) / preset.numbers["kesejahteraan.bencana_kena"] / 4
    n = len(of_kec)
    return Region(
        kode=kode,
        kecamatan=np.array([f"{kode}{10 * (k + 1):03d}" for k in range(n_kec)]),
        desa=np.array([f"{kode}{10 * (k + 1):03d}{d + 1:03d}" for k, d in zip(of_kec, within, strict=True)]),
        desa_kecamatan=of_kec,
        sulit=rng.random(n) < m["sulit"],
        perkotaan=rng.random(n) < m["perkotaan"],
        efek_desa=rng.normal(0.0, m["efek_desa_sd"], n),
        efek=float(rng.normal(0.0, m["efek_kabupaten_sd"])) if preset.kabupaten > 1 else 0.0,
        serupa=str(m["nama_provinsi"][like]),
        garis=float(m["garis_kemiskinan"][like]),
        bencana=rng.random((n_kec, preset.quarters)) < hit,
        bank=str(rng.choice(["BRI", "BNI", "MANDIRI", "BTN", "BSI"])),
    )


def m_disaster(preset: Preset) -> float:
    """Yearly chance of a disaster for a family."""
    return float(preset.numbers["kesejahteraan.guncangan_per_tahun"][3])


def make_field(preset: Preset, seed: int, key: PartKey, region: Region) -> Field:
    """Draw the kelompok, the posts and their holders of one part."""
    m = preset.numbers.section("pendamping")
    rng = stream(seed, "pendamping", key.kabupaten, key.bucket)
    posts = max(1, round(key.slots / m["beban_rata"]))
    weight = rng.gamma(m["beban_bentuk"], 1.0, posts)
    load = _split(key.slots, weight, m["beban_min"] / m["beban_rata"], m["beban_maks"] / m["beban_rata"])
    groups = np.maximum(1, np.round(load / m["kelompok_rata"]).astype(np.int64))
    post = np.repeat(np.arange(posts), groups)
    size = np.concatenate([_even(int(total), int(n), rng) for total, n in zip(load, groups, strict=True)])
    kec = (np.arange(posts) + key.bucket * 7) % len(region.kecamatan)
    start, end, of_post = _spells(preset, rng, posts, m["ganti_per_tahun"])
    u = rng.normal(0.0, m["kecenderungan_sd"], len(start))
    first = np.searchsorted(of_post, np.arange(posts))
    u[first] = m["kecenderungan_sd"] * _stratified_normal(rng, posts)
    quarter = preset.starts[:-1]
    holder = np.zeros((posts, preset.quarters), dtype=np.int64)
    for spell in range(len(start)):
        inside = (start[spell] <= quarter) & (quarter < end[spell])
        holder[of_post[spell], inside] = spell
    return Field(
        kelompok_post=post,
        kelompok_desa=_desa(rng, region, kec[post]),
        kelompok_size=size,
        post_kecamatan=kec,
        supply=rng.beta(m["pasokan_a"], m["pasokan_b"], posts),
        stops=rng.random(posts) < m["berhenti_di_target"],
        order=rng.permuted(np.tile(np.arange(6), (posts, 1)), axis=1),
        spell_post=of_post,
        spell_start=start,
        spell_end=end,
        spell_u=u,
        holder=holder,
    )


def _stratified_normal(rng: np.random.Generator, n: int) -> np.ndarray:
    """One standard normal number from each of n equally likely strata, in random order: few posts already show the spread."""
    from scipy.special import ndtri

    quantile: np.ndarray = ndtri((rng.permutation(n) + rng.random(n)) / n)
    return quantile


def _split(total: int, weight: np.ndarray, low: float, high: float) -> np.ndarray:
    """Whole caseloads that add up to ``total``, in proportion to clipped weights."""
    share = np.clip(weight / weight.mean(), low, high)
    edges = np.round(np.cumsum(share) / share.sum() * total).astype(np.int64)
    return np.diff(edges, prepend=0)


def _even(total: int, n: int, rng: np.random.Generator) -> np.ndarray:
    """Sizes of n kelompok of one post, near their mean."""
    share = rng.uniform(0.85, 1.15, n)
    edges = np.round(np.cumsum(share) / share.sum() * total).astype(np.int64)
    return np.diff(edges, prepend=0)


def _desa(rng: np.random.Generator, region: Region, kecamatan: np.ndarray) -> np.ndarray:
    """One desa of its kecamatan for each kelompok."""
    first = np.searchsorted(region.desa_kecamatan, kecamatan)
    count = np.searchsorted(region.desa_kecamatan, kecamatan, side="right") - first
    return first + (rng.random(len(kecamatan)) * count).astype(np.int64)


def _spells(
    preset: Preset, rng: np.random.Generator, posts: int, per_year: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Holders of each post: start, end (open = far future) and post, ordered by post and time."""
    begin, finish = int(preset.starts[0]), int(preset.starts[-1])
    changes = rng.poisson(per_year * (finish - begin) / YEAR, posts)
    start: list[int] = []
    end: list[int] = []
    of_post: list[int] = []
    for post in range(posts):
        cuts = np.sort(rng.integers(begin + 30, finish, int(changes[post]))).tolist()
        first = begin - int(rng.integers(200, 3000))
        start += [first, *cuts]
        end += [*cuts, int(OPEN)]
        of_post += [post] * (len(cuts) + 1)
    return np.array(start), np.array(end), np.array(of_post)
