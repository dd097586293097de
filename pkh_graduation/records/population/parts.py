"""One part of a made-up population: the office's raw tables as of the export's day, and the hidden truth."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from . import truth
from .clocks import (
    Draft,
    Mistake,
    Wrong,
    finish,
    flipped,
    other_number,
    other_word,
    revise,
    same_id,
    scaled_amount,
    shifted_date,
    wrong_id,
)
from .columns import pick
from .enterprises import usaha
from .events import REASONS, peristiwa
from .exits import Calibration
from .fieldwork import PRIORITY, RESULTS, kunjungan, masalah
from .households import keluarga
from .identities import identitas
from .labels import Labels
from .life import Life
from .marginals import Marginals
from .meetings import HADIR_KATA, kehadiran, sesi
from .members import anggota
from .noise import KINDS, spoil_tables
from .payments import penyaluran
from .presets import Preset
from .programmes import program
from .ranks import peringkat
from .references import reference_tables
from .simulation import reference, simulate
from .verification import verifikasi


@dataclass(frozen=True)
class Part:
    """Raw tables by name, hidden tables by name, and how many rows of each kind of dirt were planted."""

    tables: dict[str, pd.DataFrame]
    truth: dict[str, pd.DataFrame]
    dirty: pd.DataFrame


def generate_part(
    preset: Preset, seed: int, part: int, *, dirty: bool | Iterable[str] = True, calibration: Calibration | None = None
) -> Part:
    """Make one part alone; the same preset, seed and part give the same bytes anywhere.

    ``dirty`` switches the dirty layer: all kinds, none, or the named ones. ``calibration`` saves the reference run when many
    parts are made (`simulation.reference`).

    Raises:
        IndexError: the preset has no such part.
    """
    keys = preset.parts(seed)
    if not 0 <= part < len(keys):
        raise IndexError(f"preset {preset.name!r} has parts 0..{len(keys) - 1} for this seed, not {part}.")
    life = simulate(preset, seed, keys[part], calibration or reference(preset))
    tables, hidden = _tables(life)
    kinds = (KINDS if dirty else ()) if isinstance(dirty, bool) else tuple(dirty)
    spoiled, counts = spoil_tables(life.stream, tables, kinds, preset.numbers)
    return Part(spoiled, hidden, counts)


def _tables(life: Life) -> tuple[dict[str, pd.DataFrame], dict[str, pd.DataFrame]]:
    labels, m = Labels(life), life.preset.numbers
    family, gaps = keluarga(life, labels)
    events, cases = peristiwa(life, labels)
    drafts = {
        "keluarga": family,
        "peringkat": peringkat(life, labels),
        "anggota": anggota(life, labels),
        "usaha": usaha(life, labels),
        "penyaluran": penyaluran(life, labels),
        "verifikasi_komitmen": verifikasi(life, labels),
        "p2k2_sesi": sesi(life, labels),
        "p2k2_kehadiran": kehadiran(life, labels),
        "peristiwa_status": events,
        "program_komplementer": program(life, labels),
        "masalah": masalah(life, labels),
        "kunjungan": kunjungan(life, labels),
    }
    tables = {"identitas": finish(identitas(life, labels), life.preset.cutoff)}
    logs = []
    written = events
    for name, draft in drafts.items():
        revised, log = _revised(life, labels, name, draft, m)
        tables[name] = finish(revised, life.preset.cutoff)
        written = revised if name == "peristiwa_status" else written
        logs.append(log.assign(tabel=name))
    sheets = tables["p2k2_kehadiran"]
    tables["p2k2_kehadiran"] = sheets[sheets["sesi_id"].isin(tables["p2k2_sesi"]["sesi_id"])].reset_index(drop=True)
    tables |= reference_tables(life, labels)
    hidden = {
        "kebenaran_triwulan": truth.by_quarter(life, labels),
        "kebenaran_keluarga": truth.by_family(life, labels, written),
        "kebenaran_kasus": cases,
        "kebenaran_tawaran": truth.offers(life, labels),
        "kebenaran_pendamping": truth.field_staff(life, labels),
        "kebenaran_koreksi": pd.concat(logs, ignore_index=True),
        "kebenaran_hilang": gaps,
    }
    if life.key.bucket == 0:
        hidden["kebenaran_wilayah"] = truth.places(life)
    return tables, hidden


_REVISED: dict[str, tuple[str, Wrong, Mistake | None, bool]] = {
    "keluarga": ("jenis_lantai", other_number(1, 9), same_id, True),
    "peringkat": ("desil_nasional", other_number(1, 10), same_id, True),
    "anggota": ("tanggal_lahir", shifted_date, wrong_id("anggota_id"), False),
    "usaha": ("omzet_rp", scaled_amount, same_id, True),
    "penyaluran": ("nominal", scaled_amount, same_id, True),
    "verifikasi_komitmen": ("memenuhi", flipped, wrong_id("anggota_id"), False),
    "p2k2_sesi": ("tanggal_terjadwal", shifted_date, wrong_id("sesi_id"), False),
    "p2k2_kehadiran": ("hadir", other_word(HADIR_KATA), None, False),
    "peristiwa_status": ("alasan", other_word(REASONS), wrong_id("peristiwa_id"), True),
    "program_komplementer": ("nominal", scaled_amount, same_id, True),
    "masalah": ("prioritas", other_word(PRIORITY), same_id, True),
    "kunjungan": ("hasil", other_word(RESULTS), wrong_id("kunjungan_id"), True),
}
"""Table -> the column that corrections change, how, the wrong id of voided rows, and whether these stand under a wrong date."""


def _revised(life: Life, labels: Labels, name: str, draft: Draft, m: Marginals) -> tuple[Draft, pd.DataFrame]:
    column, wrong, mistake, move = _REVISED[name]
    if mistake is None:
        mistake = _other_family(life, labels)
    return revise(life.stream(f"koreksi_{name}"), draft, column, wrong, m, mistake=mistake, move=move)


def _other_family(
    life: Life, labels: Labels
) -> Callable[[np.random.Generator, np.ndarray, pd.DataFrame], pd.DataFrame]:
    """Attendance ticked for a family of another kelompok."""
    group = life.fam["kelompok"]
    own = group[life.logs["hadir"]["fam"]]

    def spoil(rng: np.random.Generator, rows: np.ndarray, copies: pd.DataFrame) -> pd.DataFrame:
        other = rng.integers(0, life.n, len(rows))
        for _ in range(50):
            same = group[other] == own[rows]
            if not same.any():
                break
            other = np.where(same, (other + 1) % life.n, other)
        return copies.assign(kpm_id=pick(labels.kpm, other).array)

    return spoil
