"""Reference tables: `wilayah`, `kelompok`, `pendamping`, `target`, `indeks_bantuan`, each row valid from a date."""

from __future__ import annotations

import numpy as np
import pandas as pd

from .columns import iso, pick, whole
from .labels import Labels
from .life import Life

FOUNDED = 13_879
"""2008-01-01: since when places and groups are taken to exist."""


def reference_tables(life: Life, labels: Labels) -> dict[str, pd.DataFrame]:
    """All reference tables of one part; what belongs to the kabupaten or the country stands in its first part only."""
    tables = {
        "kelompok": _kelompok(life, labels),
        "pendamping": _pendamping(life, labels),
        "target": _target(life, labels),
    }
    if life.key.bucket == 0:
        tables["wilayah"] = _wilayah(life)
    if life.key.index == 0:
        tables["indeks_bantuan"] = _index(life)
    cutoff = life.preset.cutoff
    return {name: _visible(frame, cutoff) for name, frame in tables.items()}


def _visible(frame: pd.DataFrame, cutoff: int) -> pd.DataFrame:
    """Rows known by the export's day; an end known later is still open."""
    known = frame.pop("_diketahui").to_numpy()
    end, end_known = (frame.pop(name).to_numpy() for name in ("_sampai", "_diketahui_selesai"))
    since = frame.pop("_sejak").to_numpy()
    ended = (end < 20_000_000) & (end_known <= cutoff)
    frame["berlaku_sejak"] = iso(since)
    frame["berlaku_sampai"] = iso(end, ended)
    frame["tanggal_diketahui_selesai"] = iso(end_known, ended)
    frame["tanggal_diketahui"] = iso(known)
    frame["batal"] = False
    return frame[known <= cutoff].reset_index(drop=True)


def _dated(columns: dict[str, pd.Series], since: np.ndarray, end: np.ndarray, lag: int) -> pd.DataFrame:
    return pd.DataFrame(
        {**columns, "_sejak": since, "_sampai": end, "_diketahui": since + lag, "_diketahui_selesai": end + lag}
    )


def _open(n: int) -> np.ndarray:
    return np.full(n, 2**31 - 1)


def _wilayah(life: Life) -> pd.DataFrame:
    region = life.region
    codes = ["99", region.kode, *region.kecamatan, *region.desa]
    names = ["Provinsi Contoh", f"Kabupaten Contoh {life.key.kabupaten + 1}"]
    names += [f"Kecamatan Rekaan {k + 1}" for k in range(len(region.kecamatan))]
    names += [f"Desa Umpama {k + 1}" for k in range(len(region.desa))]
    parents = ["", "99", *[region.kode] * len(region.kecamatan), *region.kecamatan[region.desa_kecamatan]]
    if life.key.index:
        codes, names, parents = codes[1:], names[1:], parents[1:]
    n = len(codes)
    columns = {
        "kode": pick(codes, np.arange(n)),
        "sumber_kode": pick(["bps"], np.zeros(n, dtype=np.int64)),
        "nama": pick(names, np.arange(n)),
        "induk": pick(parents, np.where(np.array(parents) == "", -1, np.arange(n))),
    }
    return _dated(columns, np.full(n, FOUNDED), _open(n), 30)


def _kelompok(life: Life, labels: Labels) -> pd.DataFrame:
    """One row per kelompok and holder of its post."""
    field = life.staff
    group, spell = np.nonzero(field.kelompok_post[:, None] == field.spell_post)
    columns = {
        "kelompok_id": pick(labels.kelompok, group),
        "desa": pick(list(life.region.desa), field.kelompok_desa[group]),
        "pendamping_id": pick(labels.pendamping, spell),
    }
    return _dated(columns, field.spell_start[spell], _last(field.spell_end[spell]), 14)


def _last(end: np.ndarray) -> np.ndarray:
    """Last day of a spell from the day after it."""
    return np.where(end < 2**31 - 1, end - 1, end)


def _pendamping(life: Life, labels: Labels) -> pd.DataFrame:
    field = life.staff
    n = len(field.spell_post)
    columns = {
        "pendamping_id": labels.pendamping,
        "jabatan": pick(["pendamping_sosial"], np.zeros(n, dtype=np.int64)),
        "kecamatan": pick(list(life.region.kecamatan), field.post_kecamatan[field.spell_post]),
        "mulai_bertugas": iso(field.spell_start),
    }
    return _dated(columns, field.spell_start, _last(field.spell_end), 14)


def _target(life: Life, labels: Labels) -> pd.DataFrame:
    """Targets of each pendamping in years that have one, known a month into the year."""
    field, m = life.staff, life.preset.numbers
    years = sorted({life.preset.year_tahap(q)[0] for q in range(life.preset.quarters)} & set(m["keluar.target_tahun"]))
    start = np.array([np.datetime64(f"{year}-01-01", "D").astype(np.int64) for year in years], dtype=np.int64)
    y, spell = np.nonzero((field.spell_start <= start[:, None] + 30) & (start[:, None] + 30 < field.spell_end))
    regime = {2019: "2019", 2020: "2020", 2025: "min10_2025"}
    columns = {
        "tahun": whole(np.array(years, dtype=np.int64)[y]),
        "ruang": pick(["pendamping"], np.zeros(len(y), dtype=np.int64)),
        "pendamping_id": pick(labels.pendamping, spell),
        "target_mandiri": whole(np.full(len(y), m["keluar.target_pendamping"])),
        "regime": pick([regime.get(year, "instruksi_10pct") for year in years], y),
        "sumber": pick(["dinsos"], np.zeros(len(y), dtype=np.int64)),
    }
    since = start[y]
    return _dated(columns, since, since + 364, 30)


def _index(life: Life) -> pd.DataFrame:
    m = life.preset.numbers
    names = ["hamil", "aud", "sd", "smp", "sma", "lansia", "disabilitas"]
    n = len(names)
    amounts = np.concatenate([np.asarray(m["penyaluran.indeks_2019"]), np.asarray(m["penyaluran.indeks_2021"])])
    ages = {"aud": (0, 6), "sd": (6, 21), "smp": (6, 21), "sma": (6, 21), "lansia": (60, 120)}
    low = np.array([ages.get(name, (0, 120))[0] for name in names] * 2)
    high = np.array([ages.get(name, (0, 120))[1] for name in names] * 2)
    since = np.repeat([17_897, 18_628], n)
    columns = {
        "komponen": pick(names, np.tile(np.arange(n), 2)),
        "rp_per_tahun": whole(np.round(amounts * 1e6)),
        "maks_per_keluarga": whole(np.tile([2, 2, 4, 4, 4, 4, 4], 2)),
        "usia_min": whole(low),
        "usia_max": whole(high),
    }
    return _dated(columns, since, np.repeat([18_627, 2**31 - 1], n), 14)
