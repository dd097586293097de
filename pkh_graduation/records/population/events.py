"""Table `peristiwa_status`: entries, stages of cases, exits of every kind, and returns."""

from __future__ import annotations

import numpy as np
import pandas as pd

from .clocks import Draft, lagged_event
from .columns import numbered, pick
from .exits import ADMIN, ALAMIAH, DESIL, EFFECTIVE, NOT_APPROVED, NOT_SIGNED, PAKSA
from .families import Columns, year_of
from .labels import Labels
from .life import Life
from .presets import YEAR
from .regions import OPEN

KINDS = ("masuk", "mandiri", "ppse", "alamiah", "desil", "paksa", "admin", "masuk_kembali")
MASUK, K_MANDIRI, K_PPSE, K_ALAMIAH, K_DESIL, K_PAKSA, K_ADMIN, KEMBALI = range(8)
STAGES = ("calon", "usulan", "ttd_pernyataan", "verifikasi", "disetujui", "ditolak", "efektif", "dibatalkan")
CALON, USULAN, TTD, VERIFIKASI, DISETUJUI, DITOLAK, EFEKTIF, DIBATALKAN = range(8)
REASONS = (
    "ekonomi_membaik", "penghasilan_atas_umk", "lebih_5_tahun", "lainnya", "pindah", "meninggal", "ganda", "mampu", "double_bansos",
    "menolak", "nik_tidak_padan", "judi_online",
)  # fmt: skip
SOURCES = ("pendamping", "dtsen", "dinsos", "keluarga")
REGIMES = {
    2019: "2019",
    2020: "2020",
    2023: "pena_2023_24",
    2024: "pena_2023_24",
    2025: "min10_2025",
    2026: "instruksi_10pct",
}


def peristiwa(life: Life, labels: Labels) -> tuple[Draft, pd.DataFrame]:
    """The draft of table `peristiwa_status`, and the truth about mandiri cases (dates of all stages, outcome, return)."""
    rng = life.stream("peristiwa")
    rows, truth = _mandiri(rng, life, labels)
    rows = _join([_entries(life), rows, _others(rng, life)])
    order = np.lexsort((rows["tahap"], rows["hari"]))
    rows = {name: values[order] for name, values in rows.items()}
    day = rows["hari"]
    year = year_of(day)
    regimes = sorted(set(REGIMES.values()))
    regime = np.array([regimes.index(REGIMES[y]) if y in REGIMES else -1 for y in range(2000, 2041)])[year - 2000]
    frame = pd.DataFrame(
        {
            "peristiwa_id": numbered(f"E99-{labels.part}", np.arange(len(day)), 7),
            "kpm_id": pick(labels.kpm, rows["fam"]),
            "kasus_id": numbered(f"C99-{labels.part}", rows["kasus"], 7),
            "jenis": pick(KINDS, rows["jenis"]),
            "tahap_proses": pick(STAGES, rows["tahap"]),
            "alasan": pick(REASONS, rows["alasan"]),
            "penolak_alasan": pick(["belum memenuhi syarat"], np.where((rows["tahap"] == DITOLAK), 0, -1)),
            "sumber": pick(SOURCES, rows["sumber"]),
            "regime": pick(regimes, np.where(rows["jenis"] == MASUK, -1, regime)),
        }
    )
    known = lagged_event(rng, day, life.preset.numbers)
    return Draft(frame, day, known, "tanggal_peristiwa"), truth


def _join(parts: list[Columns]) -> Columns:
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _rows(fam: np.ndarray, kasus: np.ndarray, jenis: np.ndarray, tahap: np.ndarray, hari: np.ndarray, alasan: np.ndarray,
          sumber: np.ndarray) -> Columns:  # fmt: skip
    return {
        "fam": fam,
        "kasus": kasus,
        "jenis": jenis,
        "tahap": tahap,
        "hari": hari,
        "alasan": alasan,
        "sumber": sumber,
    }


def _entries(life: Life) -> Columns:
    fam = np.arange(life.n)
    back = np.flatnonzero(life.fam["kembali"] < OPEN)
    who = np.concatenate([fam, back])
    kind = np.concatenate([np.full(life.n, MASUK), np.full(len(back), KEMBALI)])
    day = np.concatenate([life.fam["masuk"], life.fam["kembali"][back]])
    return _rows(who, 10 * who + np.where(kind == MASUK, 0, 9), kind, np.full(len(who), EFEKTIF), day,
                 np.full(len(who), -1), np.full(len(who), 2))  # fmt: skip


def _mandiri(rng: np.random.Generator, life: Life, labels: Labels) -> tuple[Columns, pd.DataFrame]:
    log = life.logs["kasus"]
    order = np.lexsort((log["hari"], log["fam"]))
    log = {name: values[order] for name, values in log.items()}
    n = len(log["fam"])
    days = stage_days(rng, log, life)
    ppse = (year_of(log["hari"]) >= 2025) & (rng.random(n) < life.preset.numbers["keluar.ppse_sejak_2025"])
    kind = np.where(ppse, K_PPSE, K_MANDIRI)
    tenure = (log["hari"] - log["mulai"]) / YEAR
    reason = np.where((tenure > 5) & (rng.random(n) < 0.4), 2, np.where(rng.random(n) < 0.75, 0, 1))
    reason = np.where(rng.random(n) < 0.05, 3, reason)
    number = 10_000_000 // 2 + np.arange(n)
    by_family = log["akhir"] == NOT_SIGNED
    last = np.select([log["akhir"] == EFFECTIVE, by_family & (rng.random(n) < 0.5)], [EFEKTIF, DIBATALKAN], DITOLAK)
    reach = np.select([log["akhir"] == EFFECTIVE, log["akhir"] == NOT_APPROVED], [4, 3], 2)
    stages = np.array([CALON, USULAN, TTD, DISETUJUI])
    parts = []
    for step in range(4):
        has = step < reach
        parts.append(_rows(log["fam"][has], number[has], kind[has], np.full(has.sum(), stages[step]), days[has, step],
                           np.full(has.sum(), -1), np.zeros(has.sum(), dtype=np.int64)))  # fmt: skip
    source = np.where(by_family, 3, 0)
    parts.append(_rows(log["fam"], number, kind, last, log["hari"], np.where(last == EFEKTIF, reason, -1), source))
    truth = pd.DataFrame(
        {
            "kpm_id": pick(labels.kpm, log["fam"]),
            "kasus_id": numbered(f"C99-{labels.part}", number, 7),
            "triwulan": log["triwulan"].astype(np.int16),
            "hari_calon": days[:, 0].astype(np.int32),
            "hari_akhir": log["hari"].astype(np.int32),
            "diusulkan": True,
            "ditandatangani": ~by_family,
            "disetujui": log["akhir"] == EFFECTIVE,
            "bertahan": (log["akhir"] == EFFECTIVE) & ~_returns(life, log["fam"], log["hari"], 365),
        }
    )
    return _join(parts), truth


def _returns(life: Life, fam: np.ndarray, day: np.ndarray, within: int) -> np.ndarray:
    back = life.fam["kembali"][fam]
    returned: np.ndarray = (back > day) & (back <= day + within)
    return returned


def stage_days(rng: np.random.Generator, log: Columns, life: Life) -> np.ndarray:
    """Days of calon, usulan, ttd and disetujui before the last stage, shape (n, 4).

    Gaps are 10-60 days; they shrink where the family has not been in for long or an earlier case ended shortly before.
    Rows must be sorted by family and day.
    """
    n = len(log["fam"])
    k = life.preset.numbers.section("keluar")
    gaps = rng.integers(k["jeda_min"], k["jeda_maks"] + 1, (n, 4)).astype(np.float64)
    steps = np.select([log["akhir"] == EFFECTIVE, log["akhir"] == NOT_APPROVED], [4, 3], 2)
    gaps = np.where(np.arange(4) < steps[:, None], gaps, 0.0)
    before = log["mulai"].astype(np.int64)
    same = np.zeros(n, dtype=bool)
    same[1:] = log["fam"][1:] == log["fam"][:-1]
    before = np.where(same, np.maximum(before, np.concatenate([[0], log["hari"][:-1]])), before)
    room = np.maximum(log["hari"] - before - 1, 0)
    shrink = np.minimum(1.0, room / gaps.sum(axis=1))
    back = np.cumsum(gaps[:, ::-1], axis=1)[:, ::-1] * shrink[:, None]
    days: np.ndarray = log["hari"][:, None] - np.floor(back).astype(np.int64)
    return days


def _others(rng: np.random.Generator, life: Life) -> Columns:
    """Exits that no family asked for: natural, decile, forced, administrative."""
    f = life.fam
    parts = []
    for spell in ("1", "2"):
        cause, day = f[f"sebab{spell}"], f[f"keluar{spell}"]
        for code, kind in ((ALAMIAH, K_ALAMIAH), (DESIL, K_DESIL), (PAKSA, K_PAKSA), (ADMIN, K_ADMIN)):
            fam = np.flatnonzero(cause == code)
            number = 10 * fam + int(spell)
            parts.append(_rows(fam, number, np.full(len(fam), kind), np.full(len(fam), EFEKTIF), day[fam],
                               _reason(rng, kind, len(fam)), np.full(len(fam), 1 if kind == K_DESIL else 2)))  # fmt: skip
            if kind in (K_DESIL, K_PAKSA):
                start = f["masuk"][fam] if spell == "1" else f["kembali"][fam]
                check = np.maximum(day[fam] - rng.integers(10, 45, len(fam)), start)
                stage = VERIFIKASI if kind == K_DESIL else USULAN
                parts.append(_rows(fam, number, np.full(len(fam), kind), np.full(len(fam), stage), check,
                                   np.full(len(fam), -1), np.full(len(fam), 0)))  # fmt: skip
    return _join(parts)


def _reason(rng: np.random.Generator, kind: int, n: int) -> np.ndarray:
    if kind == K_DESIL:
        return np.full(n, REASONS.index("mampu"))
    if kind == K_ADMIN:
        choices = [
            REASONS.index(word)
            for word in ("pindah", "meninggal", "ganda", "double_bansos", "nik_tidak_padan", "judi_online", "menolak")
        ]
        return rng.choice(choices, n, p=[0.35, 0.2, 0.15, 0.1, 0.1, 0.05, 0.05])
    return np.full(n, -1)
