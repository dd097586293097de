"""Families coming in: cohorts since 2007, entrants of each quarter, returns, and what a family starts with."""

from __future__ import annotations

import numpy as np

from . import enterprises, exits
from .families import Columns, component_counts, draw_families, lansia_age, year_of
from .levers import NEVER
from .life import FAR, Run
from .presets import YEAR


def burn_in(run: Run) -> None:
    """Cohorts since 2007, so that membership and ages at the start are those of a running programme."""
    first_year = int(year_of(run.preset.starts[0]))
    shares = dict(zip(run.m["masuk.tahun_beban"], run.m["masuk.beban_juta"], strict=True))
    for year in range(2007, first_year):
        target = round(run.key.slots * shares.get(year, run.m["masuk.beban_penuh"]) / run.m["masuk.beban_penuh"])
        begin, end = (int(np.datetime64(f"{y}-01-01", "D").astype(np.int64)) for y in (year, year + 1))
        rng = run.rng("sebelum", year)
        _burn_year(run, rng, year, begin, end)
        have = len(run.fam["masuk"]) if run.fam else 0
        if target > have:
            _append(run, *draw_families(rng, target - have, begin, end - 1, run.m))
    _append(run, *draw_families(run.rng("sebelum"), max(0, run.key.slots - len(run.fam["masuk"])),
                                int(run.preset.starts[0]) - 360, int(run.preset.starts[0]) - 1, run.m))  # fmt: skip
    _settle(run, run.rng("awal"), np.arange(len(run.fam["masuk"])), quarter=-1)


def _burn_year(run: Run, rng: np.random.Generator, year: int, begin: int, end: int) -> None:
    if not run.fam:
        return
    n = len(run.fam["masuk"])
    counts = component_counts(run.people, n, end - 1, lansia_age(end - 1, run.m)).sum(axis=1)
    cleared = exits.alamiah_hazard(counts, year, run.m)
    leave = np.where(counts == 0, 1 - (1 - cleared) ** 4, 0.0)
    others = run.m["keluar.admin"] + sum(exits.mandiri_rate(max(year, 2018), t, run.m) for t in (1, 2, 3, 4))
    keep = rng.random(n) >= leave + others
    index = np.cumsum(keep) - 1
    of = keep[run.people["fam"]]
    run.people = {name: values[of] for name, values in run.people.items()}
    run.people["fam"] = index[run.people["fam"]]
    run.fam = {name: values[keep] for name, values in run.fam.items()}


def _append(run: Run, fam: Columns, people: Columns) -> None:
    if run.fam:
        people["fam"] = people["fam"] + len(run.fam["masuk"])
        fam = {name: np.concatenate([run.fam[name], fam[name]]) for name in fam}
        people = {name: np.concatenate([run.people[name], people[name]]) for name in people}
    run.fam, run.people = fam, people


def _settle(run: Run, rng: np.random.Generator, new: np.ndarray, quarter: int) -> None:
    """Give new families their kelompok and their starting state; what a quarter derives is dropped and told anew."""
    n, q = len(new), max(quarter, 0)
    kelompok = _places(run, rng, n)
    staff, region, m = run.staff, run.region, run.m
    desa = staff.kelompok_desa[kelompok]
    w0 = m["kesejahteraan.pendidikan"] * run.fam["edu"][new] + run.fam["sisa0"][new]
    owns = enterprises.owns_at_entry(rng, w0, m)
    entry = run.fam["masuk"][new]
    years = np.clip((run.preset.starts[0] - entry) / YEAR, 0.0, 3.0) / 3.0
    complete = rng.random(n) < (m["p2k2.m2_awal"] + m["p2k2.m2_awal_w"] * w0) * years
    rentenir = rng.random(n) < exits.sigmoid(np.log(m["keuangan.rentenir"] / (1 - m["keuangan.rentenir"]))
                                             + m["keuangan.rentenir_w"] * w0)  # fmt: skip
    mekaar = owns & (rng.random(n) < m["keuangan.mekaar"])
    remote = run.fam["jarak"][new]
    fresh: Columns = {
        "kelompok": kelompok,
        "post": staff.kelompok_post[kelompok],
        "desa": desa,
        "sulit": region.sulit[desa],
        "tempat": region.efek + region.efek_desa[desa],
        "tak_diusulkan": rng.random(n) < np.clip(m["keluar.tidak_diusulkan_bagian"] * remote, 0, 1),
        "terampil": run.fam["terampil"][new],
        "giat": run.fam["giat"][new],
        "jarak": remote,
        "sisa": run.fam["sisa0"][new],
        "guncang": np.zeros(n),
        "usaha": owns,
        "usaha_no": owns.astype(np.int64),
        "usaha_mulai": entry - rng.integers(30, 2500, n),
        "usaha_tutup": np.full(n, -FAR),
        "sifat": rng.normal(size=n),
        "rentenir": rentenir,
        "mekaar": mekaar,
        "pinjaman": rentenir | mekaar,
        "m2_bit": np.where(complete, 7, 0),
        "kesempatan": rng.integers(q, run.preset.quarters, (n, 4)),
        "tuas_mulai": np.full((n, 4), NEVER),
        "aktif": np.ones(n, dtype=bool),
        "mulai": entry,
        "keluar": np.full(n, FAR),
        "keluar1": np.full(n, FAR),
        "keluar2": np.full(n, FAR),
        "kembali": np.full(n, FAR),
        "kembali_triwulan": np.full(n, -1),
        "sebab1": np.zeros(n, dtype=np.int64),
        "sebab2": np.zeros(n, dtype=np.int64),
        "fase": rng.integers(0, 4, n),
        "w_rumah": np.full(n, np.nan),
        "w_catat": np.full(n, np.nan),
        "desil": np.zeros(n, dtype=np.int64),
        "skor": np.zeros(n),
    }
    run.state = {name: np.concatenate([run.state[name], fresh[name]]) for name in fresh} if run.state else fresh


def _places(run: Run, rng: np.random.Generator, n: int) -> np.ndarray:
    """Kelompok for n new families: free places first, in random order."""
    size = run.staff.kelompok_size
    taken = np.bincount(run.state["kelompok"][run.state["aktif"]], minlength=len(size)) if run.state else 0 * size
    free = np.repeat(np.arange(len(size)), np.maximum(size - taken, 0))
    rng.shuffle(free)
    extra = rng.integers(0, len(size), max(0, n - len(free)))
    return np.concatenate([free, extra])[:n]


def enter(run: Run, q: int, span: tuple[int, int], year: int) -> None:
    """Take back who returns in a quarter, and fill the places that are free; both are at risk from the next quarter on."""
    state = run.state
    back = state["kembali_triwulan"] == q
    target = round(run.key.slots * (run.preset.beban_2026 if year >= 2026 else 1.0))
    n = target - int(state["aktif"].sum()) - int(back.sum())
    rng = run.rng("masuk", q)
    day = rng.integers(span[0], span[0] + 60, len(back))
    state["kembali"] = np.where(back, day, state["kembali"])
    state["mulai"] = np.where(back, day, state["mulai"])
    state["keluar"] = np.where(back, FAR, state["keluar"])
    state["aktif"] |= back
    if n <= 0:
        return
    before = len(run.fam["masuk"])
    _append(run, *draw_families(rng, n, span[0], span[0] + 59, run.m))
    new = np.arange(before, before + n)
    if year >= run.m["peringkat.triwulanan_sejak"]:
        _target(run, rng, new)
    at_start = state["aktif_awal"]
    _settle(run, rng, new, q)
    run.state["aktif_awal"] = np.concatenate([at_start, np.zeros(n, dtype=bool)])


def _target(run: Run, rng: np.random.Generator, new: np.ndarray) -> None:
    """Entrants since DTSEN rank in the programme's deciles: those drawn above are drawn again, lower."""
    w0 = run.m["kesejahteraan.pendidikan"] * run.fam["edu"][new] + run.fam["sisa0"][new]
    own = np.sqrt(run.m["peringkat.bising_tetap"]) * run.m["peringkat.bising"] * run.fam["desil_tetap"][new]
    above = w0 + own > run.edges[run.m["keluar.desil_maks"] - 1] - 0.3
    lower = run.fam["sisa0"][new] - np.abs(rng.normal(1.2, 0.5, len(new)))
    run.fam["sisa0"][new] = np.where(above, lower, run.fam["sisa0"][new])
