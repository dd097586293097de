"""P2K2: the monthly schedule of each kelompok, what was held, and who came."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .families import Columns
from .marginals import Marginals
from .presets import Preset, first_of_month
from .regions import Field

SESI_PER_MODUL = (4, 3, 3, 2, 2, 15)
HADIR, IZIN, SAKIT_SESI, ALPA = range(4)
_PANDEMIC = (2020 * 12 + 3, 2021 * 12 + 6)


@dataclass(frozen=True)
class Schedule:
    """Arrays of shape (kelompok, months): day, held or not, module 1-6 and session number of the module."""

    day: np.ndarray
    held: np.ndarray
    modul: np.ndarray
    sesi: np.ndarray


def make_schedule(preset: Preset, field: Field, rng: np.random.Generator) -> Schedule:
    """Monthly sessions; each pendamping takes the modules in an own order and goes on where the last held one ended."""
    m = preset.numbers
    groups, months = len(field.kelompok_post), 3 * preset.quarters
    first = (preset.first[0] - 1970) * 12 + 3 * (preset.first[1] - 1)
    begins = first_of_month(first + np.arange(months))
    day = begins + rng.integers(2, 27, groups)[:, None]
    absolute = 1970 * 12 + first + np.arange(months)
    shrink = np.where((absolute >= _PANDEMIC[0]) & (absolute < _PANDEMIC[1]), m["p2k2.pandemi"], 1.0)
    held = rng.random((groups, months)) < field.supply[field.kelompok_post][:, None] * shrink
    modul, sesi = _course(field.order)
    offset = rng.integers(0, modul.shape[1], groups)[:, None]
    place = (offset + np.cumsum(held, axis=1) - held) % modul.shape[1]
    post = field.kelompok_post[:, None]
    return Schedule(day, held, modul[post, place], sesi[post, place])


def _course(order: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Module and session number in the order of each pendamping, shape (posts, 29)."""
    lengths = np.asarray(SESI_PER_MODUL)
    modul = np.stack([np.repeat(row, lengths[row]) for row in order])
    sesi = np.stack([np.concatenate([np.arange(lengths[k]) for k in row]) for row in order])
    return modul + 1, sesi + 1


def attend(rng: np.random.Generator, quarter: int, schedule: Schedule, state: Columns, m: Marginals) -> Columns:
    """Attendance of a quarter; rows ``fam, bulan, status``, families that left before the session are not listed.

    Attended sessions of module 2 set their bit in ``state["m2_bit"]``.
    """
    here = np.flatnonzero(state["aktif_awal"])
    group = state["kelompok"][here]
    chance = (
        m["p2k2.hadir_pangkal"]
        + m["p2k2.hadir_usaha"] * state["giat"][here]
        + m["p2k2.hadir_sulit"] * state["sulit"][here]
    )
    chance = np.clip(chance, 0.05, 0.98)
    parts = []
    for month in range(3 * quarter, 3 * quarter + 3):
        u = rng.random(len(here))
        listed = schedule.held[group, month] & (schedule.day[group, month] < state["keluar"][here])
        rows = np.flatnonzero(listed)
        missed = (u[rows] - chance[rows]) / (1 - chance[rows])
        status = np.where(missed < 0, HADIR, 1 + np.searchsorted([0.35, 0.6], missed))
        module_two = (schedule.modul[group[rows], month] == 2) & (status == HADIR)
        who = here[rows[module_two]]
        state["m2_bit"][who] |= 1 << (schedule.sesi[group[rows[module_two]], month] - 1)
        parts.append((here[rows], np.full(len(rows), month), status))
    fam, bulan, status = (np.concatenate(column) for column in zip(*parts, strict=True))
    return {"fam": fam, "bulan": bulan, "status": status.astype(np.int8)}
