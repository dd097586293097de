"""The life of one part, quarter by quarter: who is in, what each family is like, who leaves, and by which hazard.

`simulate` returns a `Life`: traits of families and members, what each family was like in each quarter, and logs of what
happened. Tables for the office and the hidden truth are both written from it.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import numpy as np

from . import enterprises, levers, sessions, welfare
from .arrivals import burn_in, enter
from .departures import leave
from .exits import MANDIRI, Calibration
from .families import Columns, component_counts, lansia_age
from .life import Life, Run
from .presets import YEAR, PartKey, Preset


def step(run: Run, q: int) -> None:
    """Live through quarter q."""
    span = (int(run.preset.starts[q]), int(run.preset.starts[q + 1]))
    year, tahap = run.preset.year_tahap(q)
    if tahap == 1:
        run.done[:] = 0
    state = run.state
    state["aktif_awal"] = state["aktif"].copy()
    if q:
        enter(run, q, span, year)
        state = run.state
    _describe(run, q, span)
    if q == 0 or tahap == 1 or year >= run.m["peringkat.triwulanan_sejak"]:
        _rank(run, q, span, year)
    _rank_new(run, q, span)
    record = leave(run, q, span, year, tahap)
    run.logs["hadir"].append(sessions.attend(run.rng("hadir", q), q, run.schedule, state, run.m))
    u = run.staff.u[state["post"], q]
    run.logs["tawaran"].append(levers.offer(run.rng("tawaran", q), q, state, u, span, run.m))
    _survey(run, q, span)
    run.recorded.append(record)
    enterprises.change_ownership(run.rng("usaha", q), state, span, run.m)


def _describe(run: Run, q: int, span: tuple[int, int]) -> None:
    """What every family is like in the quarter; stored in the state."""
    state, fam, people, m = run.state, run.fam, run.people, run.m
    n = len(fam["masuk"])
    rng = run.rng("guncangan", q)
    hit = run.region.bencana[run.region.desa_kecamatan[state["desa"]], q]
    bits = welfare.draw_shocks(rng, fam, people, hit, span, m)
    state["guncang"] = welfare.next_shock(rng, state["guncang"], bits, m)
    if q:
        state["sisa"] = welfare.next_remainder(rng, state["sisa"], m)
    shape = welfare.household_shape(people, fam, span[0])
    state["kepesertaan"] = np.maximum(span[0] - state["mulai"], 0) / YEAR
    state["w"] = welfare.welfare(fam, shape, state["kepesertaan"], state["sisa"], state["guncang"], m)
    state["guncangan"] = bits
    counts = component_counts(people, n, span[0], lansia_age(span[0], m))
    state["komponen"] = counts
    state["besar"], state["perempuan"] = shape["besar"], shape["perempuan"]
    turnover = np.exp(enterprises.log_turnover(state["w"], state["sifat"], m)) / 1e6
    state["omzet"] = np.where(state["usaha"], turnover, 0.0)
    state["log_omzet"] = np.log1p(state["omzet"])
    state["m2"] = state["m2_bit"] == 7
    state["tuas"] = levers.effect(state["tuas_mulai"], q, state, m)
    flip = rng.random(n) < m["keuangan.rentenir_ganti"] / 4
    state["rentenir"] = np.where(flip, rng.random(n) < m["keuangan.rentenir"], state["rentenir"])
    moved = ~(np.abs(state["w"] - state["w_rumah"]) <= m["rumah.ambang_pindah"])
    state["w_rumah"] = np.where(moved, state["w"], state["w_rumah"])


def _score(run: Run, rng: np.random.Generator) -> np.ndarray:
    share = run.m["peringkat.bising_tetap"]
    noise = np.sqrt(share) * run.fam["desil_tetap"] + np.sqrt(1 - share) * rng.normal(size=len(run.state["w"]))
    score: np.ndarray = run.state["w"] + run.m["peringkat.bising"] * noise
    return score


def _rank(run: Run, q: int, span: tuple[int, int], year: int) -> None:
    state = run.state
    score = _score(run, run.rng("peringkat", q))
    if not len(run.edges):
        run.edges = np.quantile(score[state["aktif"]], np.cumsum(run.m["peringkat.bagian"])[:-1])
    state["skor"] = score
    state["desil"] = 1 + np.searchsorted(run.edges, score)
    recent = (state["keluar"] < span[0]) & (state["keluar"] > span[0] - 400)
    left_better = recent & (np.maximum(state["sebab1"], state["sebab2"]) == MANDIRI)
    state["desil"] = np.minimum(state["desil"] + left_better, 10)
    fam = np.flatnonzero(state["aktif_awal"] | recent)
    _log_rank(run, fam, q, np.full(len(fam), span[0] - 15))


def _rank_new(run: Run, q: int, span: tuple[int, int]) -> None:
    fam = np.flatnonzero(run.state["desil"] == 0)
    score = _score(run, run.rng("peringkat_masuk", q))[fam]
    run.state["skor"][fam] = score
    run.state["desil"][fam] = 1 + np.searchsorted(run.edges, score)
    _log_rank(run, fam, q, run.fam["masuk"][fam] - 20)


def _log_rank(run: Run, fam: np.ndarray, q: int, day: np.ndarray) -> None:
    state = run.state
    run.logs["peringkat"].append(
        {
            "fam": fam,
            "hari": day,
            "triwulan": np.full(len(fam), q),
            "desil": state["desil"][fam],
            "skor": state["skor"][fam],
        }
    )


def _survey(run: Run, q: int, span: tuple[int, int]) -> None:
    """Yearly updates of the family's data; a quarter of them copy the old state of the house."""
    state, m = run.state, run.m
    rng = run.rng("survei", q)
    n = len(state["w"])
    day = rng.integers(span[0], span[1], n)
    new = (state["mulai"] >= span[0]) & (state["mulai"] < span[1])
    first = np.isnan(state["w_catat"])
    day = np.where(new, state["mulai"], day)
    day = np.where(first & ~new, np.maximum(span[0] - rng.integers(1, 365, n), run.fam["masuk"]), day)
    due = state["aktif_awal"] & ((q + state["fase"]) % 4 == 0) & (rng.random(n) < m["lapangan.survei"])
    chosen = (due | new | (first & state["aktif_awal"])) & (day < state["keluar"])
    fresh = first | (rng.random(n) >= m["rumah.usang"])
    state["w_catat"] = np.where(chosen & fresh, state["w_rumah"], state["w_catat"])
    fam = np.flatnonzero(chosen)
    run.logs["survei"].append({"fam": fam, "triwulan": np.full(len(fam), q), "hari": day[fam], "w_catat": state["w_catat"][fam],
                                "awal": first[fam]})  # fmt: skip


_KEPT = ("kelompok", "post", "desa", "sulit", "tempat", "tak_diusulkan", "keluar1", "keluar2", "kembali", "sebab1", "sebab2",
         "mekaar")  # fmt: skip
"""What the final state tells about a family for good."""


def simulate(preset: Preset, seed: int, key: PartKey, calibration: Calibration | None) -> Life:
    """Live through all quarters of one part. Without a calibration the part finds its own (the reference run)."""
    run = Run(preset, seed, key, calibration)
    burn_in(run)
    for quarter in range(preset.quarters):
        step(run, quarter)
    fam = {**run.fam, **{name: run.state[name] for name in _KEPT}}
    found = Calibration(np.asarray(run.intercepts), run.edges)
    return Life(
        preset, seed, key, run.region, run.staff, fam, run.people, run.schedule, found,
        _stack(run.recorded, len(fam["masuk"])),
        {name: {k: np.concatenate([part[k] for part in parts]) for k in parts[0]} for name, parts in run.logs.items()},
    )  # fmt: skip


def _stack(recorded: list[Columns], n: int) -> Columns:
    """Arrays (families, quarters, ...) from one record per quarter; families unknown as yet hold zeros."""
    out: Columns = {}
    for name in recorded[0]:
        shape = (n, len(recorded), *recorded[0][name].shape[1:])
        kind = recorded[0][name].dtype
        grid = np.zeros(shape, dtype=np.float32 if kind == np.float64 and name not in _EXACT else kind)
        for q, record in enumerate(recorded):
            grid[: len(record[name]), q] = record[name]
        out[name] = grid
    return out


_EXACT = ("eta", "h_kasus", "h_mandiri", "h_mandiri_rt")


@lru_cache(maxsize=8)
def reference(preset: Preset) -> Calibration:
    """Intercepts and cut points for a preset, from a reference kabupaten that no table shows; the same for every seed.

    The intercept averages over pendamping and desa, and over kabupaten where the preset has several.
    """
    alone = (("wilayah.efek_kabupaten_sd", 0.0),) if preset.kabupaten == 1 else ()
    small = replace(
        preset,
        name="acuan",
        kpm=_REFERENCE,
        kabupaten=1,
        bucket=_REFERENCE,
        geser_logit_2026=0.0,
        ganti=(*preset.ganti, *alone),
    )
    return simulate(small, 20_180_101, PartKey(0, 0, 0, _REFERENCE), None).calibration


_REFERENCE = 4_000
"""Families of the reference kabupaten."""
