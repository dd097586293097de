"""The dirty layer: what real exports do to data. Each kind can be switched on alone and says how many rows it touched."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from .marginals import Marginals

Tables = dict[str, pd.DataFrame]
Rows = np.ndarray
Spoil = Callable[[np.random.Generator, pd.DataFrame, Rows], pd.DataFrame]

MONTHS = (
    "JANUARI",
    "PEBRUARI",
    "Maret",
    "April",
    "MEI",
    "Juni",
    "Juli",
    "AGUSTUS",
    "September",
    "Oktober",
    "NOPEMBER",
    "Desember",
)


@dataclass(frozen=True)
class Kind:
    """One way in which a table is spoiled: rows are drawn at the rate of marginals.toml among those that ``where`` admits;
    with ``by``, whole groups of rows that share that column.
    """

    table: str
    spoil: Spoil
    where: Callable[[pd.DataFrame], np.ndarray] | None = None
    rate: str = ""
    by: str = ""


def spoil_tables(
    rng: Callable[[str], np.random.Generator], tables: Mapping[str, pd.DataFrame], kinds: Iterable[str], m: Marginals
) -> tuple[Tables, pd.DataFrame]:
    """Apply the named kinds in the order of `KINDS`; returns the tables and a frame ``jenis, tabel, baris``.

    ``rng`` gives a generator per purpose, so that switching one kind on or off leaves the others as they are.

    Raises:
        KeyError: a kind is not known; the known ones are named.
    """
    wanted = set(kinds)
    if wanted - set(KINDS):
        raise KeyError(f"no dirty kind is called {sorted(wanted - set(KINDS))}; there are {sorted(KINDS)}.")
    out = dict(tables)
    counts = []
    for name, kind in KINDS.items():
        if name not in wanted or not len(out.get(kind.table, ())):
            continue
        frame = out[kind.table]
        own = rng(f"kotor_{name}")
        rows = _draw(own, frame, kind, float(m[f"kotor.{kind.rate or name}"]))
        out[kind.table] = kind.spoil(own, frame, rows)
        counts.append((name, kind.table, len(rows)))
    return out, pd.DataFrame(counts, columns=["jenis", "tabel", "baris"])


def _draw(rng: np.random.Generator, frame: pd.DataFrame, kind: Kind, rate: float) -> Rows:
    """At least one admissible row, whatever the rate."""
    admitted = np.flatnonzero(kind.where(frame)) if kind.where else np.arange(len(frame))
    if kind.by:
        group, names = pd.factorize(frame[kind.by].iloc[admitted])
        u = rng.random(len(names))[group]
    else:
        u = rng.random(len(admitted))
    chosen = u < rate
    if len(admitted) and not chosen.any():
        chosen[u.argmin()] = True
    return admitted[chosen]


def _set(frame: pd.DataFrame, column: str, rows: Rows, values: object) -> pd.DataFrame:
    new = frame[column].array.copy()
    new[rows] = values if isinstance(values, str | int | float) or values is None else pd.array(values, dtype=new.dtype)
    return frame.assign(**{column: new})


def _text(frame: pd.DataFrame, column: str, rows: Rows, change: Callable[[str], str]) -> pd.DataFrame:
    old = frame[column].iloc[rows]
    return _set(frame, column, rows, [change(value) for value in old])


def _scientific(number: str) -> str:
    """What a spreadsheet makes of sixteen digits.

    >>> _scientific("9901030101000001")
    '9,90103E+15'
    """
    return f"{number[0]},{number[1:6]}E+{len(number) - 1}"


def _intact(column: str) -> Callable[[pd.DataFrame], np.ndarray]:
    def intact(frame: pd.DataFrame) -> np.ndarray:
        whole: np.ndarray = frame[column].str.fullmatch(r"\d{16}").to_numpy(dtype=bool)
        return whole

    return intact


def _nik_scientific(rng: np.random.Generator, frame: pd.DataFrame, rows: Rows) -> pd.DataFrame:
    return _text(frame, "nik_pengurus", rows, _scientific)


def _kk_scientific(rng: np.random.Generator, frame: pd.DataFrame, rows: Rows) -> pd.DataFrame:
    return _text(frame, "no_kk", rows, _scientific)


def _nik_twice(rng: np.random.Generator, frame: pd.DataFrame, rows: Rows) -> pd.DataFrame:
    return _set(frame, "nik_pengurus", rows, frame["nik_pengurus"].array[(rows + 1) % len(frame)])


def _nik_length(rng: np.random.Generator, frame: pd.DataFrame, rows: Rows) -> pd.DataFrame:
    return _text(frame, "nik_pengurus", rows, lambda value: value[:15] if value[-1] in "02468" else value + "0")


def _nik_apostrophe(rng: np.random.Generator, frame: pd.DataFrame, rows: Rows) -> pd.DataFrame:
    return _text(frame, "nik_pengurus", rows, lambda value: f"'{value}" if value[-1] in "02468" else f" {value} ")


def _phones(rng: np.random.Generator, frame: pd.DataFrame, rows: Rows) -> pd.DataFrame:
    forms = {"0": "62{}", "1": "+62{}", "2": "{}"}
    return _text(frame, "no_hp", rows, lambda value: forms.get(value[-1], "62{}").format(value[1:]))


def _default_address(rng: np.random.Generator, frame: pd.DataFrame, rows: Rows) -> pd.DataFrame:
    for column, value in (("alamat", "TIDAK ADA"), ("rt", "001"), ("rw", "002")):
        frame = _set(frame, column, rows, value)
    return frame


def _twins(rng: np.random.Generator, frame: pd.DataFrame, rows: Rows) -> pd.DataFrame:
    return pd.concat([frame, frame.iloc[rows]], ignore_index=True)


def _strange_code(rng: np.random.Generator, frame: pd.DataFrame, rows: Rows) -> pd.DataFrame:
    return _set(frame, "jenis_dinding", rows, 77)


def _sentinel(rng: np.random.Generator, frame: pd.DataFrame, rows: Rows) -> pd.DataFrame:
    return _set(frame, "luas_lantai", rows, -1)


def _lost_zero(rng: np.random.Generator, frame: pd.DataFrame, rows: Rows) -> pd.DataFrame:
    return _text(
        frame, "kode_wilayah", rows, lambda code: code[:4] + code[5:] if code[4] == "0" else code[:7] + code[8:]
    )


def _mixed_version(rng: np.random.Generator, frame: pd.DataFrame, rows: Rows) -> pd.DataFrame:
    """Rows in the Regsosek coding: roofs 5 and 6 change places."""
    roof = frame["jenis_atap"].iloc[rows].to_numpy(dtype=np.int64)
    swapped = np.where(roof == 5, 6, np.where(roof == 6, 5, roof))
    return _set(_set(frame, "jenis_atap", rows, swapped), "versi_kode", rows, "regsosek")


def _swapped_assets(rng: np.random.Generator, frame: pd.DataFrame, rows: Rows) -> pd.DataFrame:
    return _set(frame, "aset_lemari_es", rows, 3 - frame["aset_lemari_es"].iloc[rows].to_numpy(dtype=np.int64))


def _one_desa(frame: pd.DataFrame) -> np.ndarray:
    chosen: np.ndarray = (frame["kode_wilayah"] == frame["kode_wilayah"].min()).to_numpy()
    return chosen


def _status_column(rng: np.random.Generator, frame: pd.DataFrame, rows: Rows) -> pd.DataFrame:
    status = pd.Series(pd.array(["Aktif"] * len(frame), dtype="str"))
    status.array[rows] = "Calon Graduasi Mandiri"
    return frame.assign(StatusKepesertaan=status.array)


def _level_behind(rng: np.random.Generator, frame: pd.DataFrame, rows: Rows) -> pd.DataFrame:
    return _set(frame, "jenjang", rows, ["sd" if level == "smp" else "smp" for level in frame["jenjang"].iloc[rows]])


def _is_older_pupil(frame: pd.DataFrame) -> np.ndarray:
    older: np.ndarray = frame["jenjang"].isin(["smp", "sma"]).to_numpy()
    return older


def _old_pupil(rng: np.random.Generator, frame: pd.DataFrame, rows: Rows) -> pd.DataFrame:
    return _set(_set(frame, "jenjang", rows, "sma"), "sekolah_status", rows, 2)


def _is_grown(frame: pd.DataFrame) -> np.ndarray:
    grown: np.ndarray = ((frame["sekolah_status"] == 3) & (frame["hubungan"] == 3)).fillna(False).to_numpy(dtype=bool)
    return grown & (frame["tanggal_lahir"] < "1996").to_numpy()


def _no_birth_date(rng: np.random.Generator, frame: pd.DataFrame, rows: Rows) -> pd.DataFrame:
    return _set(frame, "tanggal_lahir", rows, None)


def _two_families(rng: np.random.Generator, frame: pd.DataFrame, rows: Rows) -> pd.DataFrame:
    copies = frame.iloc[rows]
    other = frame["kpm_id"].array[(rows + len(frame) // 2) % len(frame)]
    copies = copies.assign(kpm_id=other, anggota_id=(copies["anggota_id"] + "D").array)
    return pd.concat([frame, copies], ignore_index=True)


def _impossible_date(rng: np.random.Generator, frame: pd.DataFrame, rows: Rows) -> pd.DataFrame:
    return _text(
        frame,
        "tanggal_kunjungan",
        rows,
        lambda value: f"{value[:4]}-02-31" if value[-1] in "02468" else f"{value[:4]}-13-05",
    )


def _possible(frame: pd.DataFrame) -> np.ndarray:
    possible: np.ndarray = ~frame["tanggal_kunjungan"].str.contains("-02-31|-13-").to_numpy(dtype=bool)
    return possible


def _date_forms(rng: np.random.Generator, frame: pd.DataFrame, rows: Rows) -> pd.DataFrame:
    return _text(frame, "tanggal_kunjungan", rows, _respell)


def _respell(value: str) -> str:
    """Another spelling of an ISO date: d/m/Y, Indonesian month, or the serial number of a spreadsheet.

    >>> _respell("2024-02-13"), _respell("2024-02-12"), _respell("2024-02-14")
    ('13 PEBRUARI 2024', '12/02/2024', '45336')
    """
    year, month, day = value.split("-")
    form = int(day) % 3
    if form == 0:
        return f"{day}/{month}/{year}"
    if form == 1:
        return f"{int(day)} {MONTHS[int(month) - 1]} {year}"
    return str(int(np.datetime64(value, "D").astype(np.int64)) + 25_569)


def _negative(rng: np.random.Generator, frame: pd.DataFrame, rows: Rows) -> pd.DataFrame:
    return _set(frame, "nominal", rows, -frame["nominal"].iloc[rows].to_numpy(dtype=np.int64) - 1_000)


def _above_cap(rng: np.random.Generator, frame: pd.DataFrame, rows: Rows) -> pd.DataFrame:
    return _set(frame, "nominal", rows, 4_500_000)


def _is_paid(frame: pd.DataFrame) -> np.ndarray:
    paid: np.ndarray = (frame["nominal"] > 0).fillna(False).to_numpy(dtype=bool)
    return paid


def _decile_zero(rng: np.random.Generator, frame: pd.DataFrame, rows: Rows) -> pd.DataFrame:
    return _set(frame, "desil_nasional", rows, 0)


def _uniform_sheets(rng: np.random.Generator, frame: pd.DataFrame, rows: Rows) -> pd.DataFrame:
    return _set(_set(frame, "hadir", rows, "hadir"), "pemahaman", rows, "baik")


def _no_known_date(rng: np.random.Generator, frame: pd.DataFrame, rows: Rows) -> pd.DataFrame:
    return _set(frame, "tanggal_diketahui", rows, None)


KINDS: Mapping[str, Kind] = {
    "nik_notasi_ilmiah": Kind("identitas", _nik_scientific, _intact("nik_pengurus")),
    "kk_notasi_ilmiah": Kind("identitas", _kk_scientific, _intact("no_kk")),
    "nik_ganda": Kind("identitas", _nik_twice, _intact("nik_pengurus")),
    "nik_panjang_salah": Kind("identitas", _nik_length, _intact("nik_pengurus")),
    "nik_berapostrof": Kind("identitas", _nik_apostrophe, _intact("nik_pengurus")),
    "telepon_ragam": Kind("identitas", _phones),
    "alamat_bawaan": Kind("identitas", _default_address),
    "kode_di_luar_daftar": Kind("keluarga", _strange_code),
    "nilai_bawaan": Kind("keluarga", _sentinel),
    "versi_campur": Kind("keluarga", _mixed_version),
    "aset_terbalik": Kind("keluarga", _swapped_assets, _one_desa),
    "kode_wilayah_rusak": Kind("keluarga", _lost_zero),
    "kolom_terlarang": Kind("keluarga", _status_column),
    "baris_ganda": Kind("keluarga", _twins),
    "jenjang_salah": Kind("anggota", _level_behind, _is_older_pupil),
    "murid_lewat_21": Kind("anggota", _old_pupil, _is_grown),
    "tanpa_tanggal_lahir": Kind("anggota", _no_birth_date),
    "orang_di_dua_keluarga": Kind("anggota", _two_families),
    "nominal_negatif": Kind("penyaluran", _negative, _is_paid),
    "nominal_di_atas_batas": Kind("penyaluran", _above_cap, _is_paid),
    "baris_ganda_penyaluran": Kind("penyaluran", _twins, rate="baris_ganda"),
    "desil_nol": Kind("peringkat", _decile_zero),
    "hadir_seragam": Kind("p2k2_kehadiran", _uniform_sheets, by="sesi_id"),
    "diketahui_kosong": Kind("p2k2_sesi", _no_known_date),
    "tanggal_mustahil": Kind("kunjungan", _impossible_date),
    "tanggal_ragam": Kind("kunjungan", _date_forms, _possible),
}
"""Every kind of dirt inside tables; what is wrong with the files themselves is told by `export`."""
