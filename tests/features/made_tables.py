"""Made-up canonical tables: small, nasty, and complete enough for the whole catalogue."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd

from pkh_graduation.contracts import Records, Snapshots
from pkh_graduation.features.catalogue.sources import ASET
from pkh_graduation.programme.calendar import NEVER, add_months, day_of

DATES = [dt.date(2023, 2, 28), dt.date(2024, 2, 29), dt.date(2024, 8, 31), dt.date(2024, 12, 31), dt.date(2025, 6, 30)]
ENDS = {"anggota": "tanggal_keluar", "usaha": "tanggal_tutup"}


def spine_of(dates):
    rows = [
        {"as_of": day_of(d), "as_of_ymd": d.year * 10000 + d.month * 100 + d.day}
        | {f"lo{m}": day_of(add_months(d, -m)) for m in (3, 6, 12, 24)}
        for d in sorted(set(dates))
    ]
    return pd.DataFrame(rows, dtype="int32")


def kpm_id(number):
    return f"k{number:015x}"


def with_superseded(table):
    """The column that ingest adds: the known day of the next row of the same business key."""
    table = table.sort_values(["row_key", "known_day", "record_id"], kind="stable")
    following = table.groupby("row_key")["known_day"].shift(-1)
    table["superseded_day"] = following.fillna(NEVER).astype("int32")
    return table.sort_index()


def cut_table(name, table, day):
    """What the office had on a day: later news deleted, what it replaced counts again, unknown ends erased."""
    kept = table[table["known_day"] <= day].copy()
    kept.loc[kept["superseded_day"] > day, "superseded_day"] = NEVER
    if name in ENDS:
        unknown = ~(kept["tanggal_diketahui_selesai"] <= day).fillna(False).astype(bool)
        kept.loc[unknown, [ENDS[name], "tanggal_diketahui_selesai"]] = pd.NA
    return kept.reset_index(drop=True)


def cut_records(records, day):
    tables = {name: cut_table(name, table, day) for name, table in records.tables.items()}
    return Records(tables, sintetis=True, digest=f"cut{day}")


class Maker:
    """Random canonical tables with late and early news, ties, corrections (also of the event date), voids and gaps."""

    def __init__(self, seed, families):
        self.rng = np.random.default_rng(seed)
        self.families = families
        self.first, self.last = day_of(dt.date(2021, 1, 1)), day_of(dt.date(2025, 9, 30))

    def pick(self, values, n, gap=0.15):
        chosen = self.rng.integers(0, len(values), n)
        there = self.rng.random(n) >= gap
        if isinstance(values[0], str):
            return pd.Series([values[i] if t else None for i, t in zip(chosen, there, strict=True)], dtype="str")
        return pd.Series(
            pd.array([int(values[i]) if t else None for i, t in zip(chosen, there, strict=True)], dtype="Int64")
        )

    def flag(self, n, gap=0.15):
        return self.pick([0, 1], n, gap).astype("boolean")

    def day(self, n, gap=0.0, low=None, high=None):
        days = self.rng.integers(low or self.first, high or self.last, n)
        leap = [day_of(dt.date(2024, 2, 29)), day_of(dt.date(2023, 8, 31)), day_of(dt.date(2024, 8, 31))]
        days = np.where(self.rng.random(n) < 0.2, self.rng.choice(leap, n), days)
        return self.pick(days.tolist(), n, gap).astype("Int32") if gap else pd.Series(days).astype("Int32")

    def clock(self, columns, n):
        """Clock columns for n rows; a fifth of them correct, move or void an earlier row."""
        day = self.day(n).to_numpy(dtype="int64", na_value=0)
        key = np.arange(n, dtype="int64")
        again = self.rng.random(n) < 0.25
        again[0] = False
        key[again] = self.rng.integers(0, np.maximum(np.flatnonzero(again), 1))
        lag = self.rng.choice([-9, 0, 0, 3, 30, 200], n)
        known = np.maximum(day + lag, 0)
        table = pd.DataFrame({"record_id": self.rng.permutation(n).astype("int64"), "row_key": key, **columns})
        for column in ("kpm_id", "kpm", "anggota", "usaha", "penyaluran_id", "program_key", "masalah", "kelompok"):
            if column in table:
                table[column] = table[column].to_numpy()[key]
        table["day"] = pd.array(np.where(again & (self.rng.random(n) < 0.6), day[key], day), dtype="Int32")
        table["known_day"] = known.astype("int32")
        table["batal"] = again & (self.rng.random(n) < 0.2)
        return with_superseded(table)

    def family(self, n):
        number = self.rng.integers(1, self.families + 1, n)
        return {"kpm_id": [kpm_id(k) for k in number], "kpm": number.astype("int64")}

    def tables(self):
        f = self.families
        return {
            "keluarga": self.clock(self._keluarga(8 * f), 8 * f),
            "peringkat": self.clock(
                {**self.family(4 * f), "desil_nasional": self.pick(range(1, 11), 4 * f), "skor_dtsen": self._real(4 * f)}, 4 * f
            ),
            "anggota": self.clock(self._anggota(14 * f), 14 * f),
            "usaha": self.clock(self._usaha(6 * f), 6 * f),
            "penyaluran": self.clock(self._penyaluran(16 * f), 16 * f),
            "verifikasi_komitmen": self.clock(self._verifikasi(12 * f), 12 * f),
            "p2k2_sesi": self.clock(
                {
                    "kelompok_id": None, "kelompok": self.rng.integers(1, 6, 3 * f).astype("int64"),
                    "modul": self.pick(range(1, 7), 3 * f), "sesi": self.pick(range(1, 4), 3 * f), "terlaksana": self.flag(3 * f),
                },
                3 * f,
            ),
            "p2k2_kehadiran": self.clock(self._kehadiran(20 * f), 20 * f),
            "program_komplementer": self.clock(self._program(8 * f), 8 * f),
            "masalah": self.clock(self._masalah(4 * f), 4 * f),
            "kunjungan": self.clock(
                {
                    **self.family(3 * f), "hasil": self.pick(("ditemui", "tidak_ditemui", "pindah"), 3 * f),
                    "keputusan_keluarga": self.pick(("setuju", "ragu", "tolak", "keberatan", "belum_ditanya"), 3 * f),
                },
                3 * f,
            ),
            "peristiwa_status": self.clock(
                {**self.family(2 * f), "jenis": self.pick(("masuk", "masuk_kembali", "mandiri", "desil"), 2 * f, 0)}, 2 * f
            ),
        }  # fmt: skip

    def _real(self, n):
        values = self.rng.integers(0, 10_000, n) / 64
        return pd.Series(values).astype("Float64").mask(self.rng.random(n) < 0.15)

    def _keluarga(self, n):
        codes = {
            "status_rumah": 5, "jenis_lantai": 9, "jenis_dinding": 7, "jenis_atap": 8, "air_minum": 11, "penerangan": 4, "daya": 5,
            "bahan_bakar": 11, "fasilitas_bab": 6, "jenis_kloset": 4, "pembuangan_tinja": 6, "bukti_lahan": 6, "jarak_air": 3,
            "internet_rumah": 3, "rekening_aktif": 4,
        }  # fmt: skip
        counts = ("luas_lantai", "jumlah_hutang_12bl", "pakaian_baru_12bl", "jumlah_anggota")
        return {
            **self.family(n),
            **{name: self.pick(range(1, high + 1), n) for name, high in codes.items()},
            **{name: self.pick((0, 1, 2, 3, 4, 60), n) for name in counts},
            **{f"aset_{name}": self.flag(n) for name in ASET},
            **{f"ternak_{name}": self.pick((0, 1, 5), n) for name in ("sapi", "kerbau", "kuda", "babi", "kambing_domba")},
            **{c: self.flag(n) for c in ("lahan_lain", "rumah_lain", "perkotaan", "wilayah_sulit", "pbi_nas", "pbi_pemda")},
            "keberatan_profil": self.flag(n, 0.7), "utang_rentenir": self.flag(n),
            "penghasilan_rp": self.pick((0, 1, 999_999, 1_000_000, 2_000_000, 2_000_001, 599_999_999), n, 0.4),
            "penghasilan_kelas": self.pick(("nol", "di_bawah_1jt", "1_2jt", "di_atas_2jt"), n),
            "tanggal_penghasilan": self.day(n, 0.2), "angsuran_bulan": self.pick((0, 150_000, 2_500_000), n),
            "tabungan": self.pick(("tidak", "di_bawah_500rb", "500rb_2jt", "di_atas_2jt"), n),
            "guncangan_12bl": self.pick(("sakit", "sakit|bencana", "kematian", "phk|gagal_panen"), n, 0.5),
            "status_kelompok": self.pick(("ketua", "anggota"), n), "pengeluaran_makan_pct": self._real(n),
        }  # fmt: skip

    def _anggota(self, n):
        left = self.day(n, 0.8)
        codes = {
            "jenis_kelamin": 2, "hubungan": 8, "kawin": 4, "keberadaan": 6, "pendidikan": 22, "kelas": 8, "ijazah": 23,
            "sekolah_status": 3, "sektor": 26, "status_pekerjaan": 8, "penyakit_kronis": 18, "gizi": 3, "jamkes": 15,
        }  # fmt: skip
        return {
            **self.family(n), "anggota": self.rng.integers(1, 4 * self.families, n).astype("int64"),
            "tanggal_lahir": self.day(n, 0.1, low=day_of(dt.date(1950, 1, 1)), high=day_of(dt.date(2024, 1, 1))),
            **{name: self.pick(range(1, high + 1), n) for name, high in codes.items()},
            **{f"kesulitan_{c}": self.pick((1, 2, 3, 4, 4, 4), n) for c in "abcdefghij"},
            **{c: self.flag(n) for c in ("bekerja", "asn_tni_polri_bumn", "npwp", "hamil", "disabilitas_berat", "ikut_prakerja")},
            "jam_kerja": self.pick((0, 7, 40, 84), n), "jamket_kerja": self.pick((0, 1, 31), n),
            "tanggal_perkiraan_lahir": self.day(n, 0.5), "jenjang": self.pick(("sd", "smp", "sma"), n, 0.5),
            "alasan_keluar": self.pick(("pindah", "meninggal"), n), "tanggal_keluar": left,
            "tanggal_diketahui_selesai": self._end_known(left),
        }  # fmt: skip

    def _end_known(self, end):
        late = pd.Series(self.rng.choice([-30, 0, 45, 300], len(end))).astype("Int32")
        return (end + late).astype("Int32").mask(self.rng.random(len(end)) < 0.1)

    def _usaha(self, n):
        closed = self.day(n, 0.7)
        return {
            **self.family(n), "usaha": self.rng.integers(1, 2 * self.families, n).astype("int64"),
            "tanggal_mulai": self.day(n, 0.2, low=day_of(dt.date(2015, 1, 1))), "tanggal_tutup": closed,
            "tanggal_diketahui_selesai": self._end_known(closed), "sektor": self.pick(range(1, 27), n),
            "omzet_kelas": self.pick(range(1, 8), n, 0.4), "omzet_rp": self.pick((0, 4_999_999, 5_000_000, 167_000_000), n),
            "laba_bersih_est": self.pick((-1, -2_000_000, 0, 750_000), n), "pekerja_dibayar": self.pick((0, 1, 3), n),
            "pekerja_keluarga": self.pick((0, 2), n), "izin": self.pick((1, 4, 10, 11), n),
            "pakai_internet": self.pick((0, 8, 63), n),
            "tempat_usaha": self.pick(("rumah", "kios", "pasar", "online"), n),
            "modal_sumber": self.pick(("sendiri", "sendiri|kur", "rentenir", "pena|kube", "mekaar"), n),
            "pasar": self.pick(("tetangga", "desa", "kecamatan", "online", "offtaker"), n),
        }  # fmt: skip

    def _penyaluran(self, n):
        return {
            **self.family(n), "penyaluran_id": pd.Series([f"b{i // 2:015x}" for i in range(n)], dtype="str"),
            "bansos": self.pick(("PKH", "PKH", "BPNT"), n, 0.05),
            "status": self.pick(("cair", "cair", "cair", "tertahan", "gagal", "retur"), n, 0.05),
            "alasan_tertahan": self.pick(("rekening_pasif", "sanksi", "tidak_hadir"), n),
            "nominal": self.pick((0, 225_000, 750_000, 600_000_000), n),
        }  # fmt: skip

    def _verifikasi(self, n):
        return {
            **self.family(n), "anggota": self.rng.integers(1, 4 * self.families, n).astype("int64"),
            "jenis": self.pick(("pendidikan", "pendidikan", "kesehatan", "kesos"), n, 0), "memenuhi": self.flag(n),
            **{c: self.pick((0, 1, 2, 25), n) for c in ("alpa", "izin", "sakit", "jml_tidak_hadir")},
        }  # fmt: skip

    def _kehadiran(self, n):
        return {
            **self.family(n), "modul": self.pick(range(1, 7), n), "sesi": self.pick(range(1, 4), n),
            "hadir": self.pick(("hadir", "hadir", "izin", "sakit", "alpa", "tidak_tercatat"), n),
            "pemahaman": self.pick(("kurang", "cukup", "baik"), n, 0.5),
        }  # fmt: skip

    def _program(self, n):
        names = (
            "pena",
            "ppse",
            "kube",
            "uep",
            "kur",
            "mekaar",
            "umi",
            "prakerja",
            "koperasi",
            "nib",
            "blk",
            "sembako",
            "pip",
            "rst",
        )
        return {
            **self.family(n), "program_key": self.rng.integers(1, 5 * self.families, n).astype("int64"),
            "program": self.pick(names, n, 0),
            "status": self.pick(("diusulkan", "diterima", "ditolak", "berjalan", "lunas", "macet", "selesai"), n, 0),
            "nominal": self.pick((0, 2_400_000, 10_000_000), n), "angsuran_bulan": self.pick((0, 200_000), n),
            "pengusul": self.pick(("pendamping", "sendiri", "dinsos"), n),
        }  # fmt: skip

    def _masalah(self, n):
        kinds = (
            "sudah_mampu",
            "kendaraan_mewah",
            "rtlh",
            "anak_putus_sekolah",
            "pengurus_meninggal",
            "data_tidak_sesuai",
        )
        return {
            **self.family(n), "masalah": self.rng.integers(1, 3 * self.families, n).astype("int64"),
            "jenis": self.pick(kinds, n, 0),
            "prioritas": self.pick(("rendah", "tinggi", "kritis"), n),
            "status": self.pick(("terbuka", "proses", "selesai"), n),
        }  # fmt: skip

    def history(self, dates):
        """Families 1..n at every date in a mixed order; the last family has no records, two have no place."""
        rng = np.random.default_rng(99)
        frames = []
        for date in dates:
            number = rng.permutation(np.arange(1, self.families + 3))
            missing = number % 11 == 0
            frames.append(
                pd.DataFrame(
                    {
                        "kpm_id": [kpm_id(k) for k in number], "as_of": np.datetime64(date, "s"), "kpm": number.astype("int64"),
                        "pendamping_id": None,
                        "kelompok_id": [None if m else f"g{k % 5 + 1:015x}" for k, m in zip(number, missing, strict=True)],
                        "desa": pd.Series([f"99{k % 3:08d}" for k in number], dtype="str").mask(missing),
                        "kecamatan": None, "kabupaten": None,
                        "masuk_day": pd.array(day_of(dt.date(2015, 7, 1)) + number % 900, dtype="Int32"),
                        "masuk_perkiraan": False, "proses": None, "proses_jenis": None, "proses_day": pd.NA,
                    }
                )
            )  # fmt: skip
        frame = pd.concat(frames, ignore_index=True)
        frame = frame.iloc[rng.permutation(len(frame))]
        return Snapshots(frame.set_index(["kpm_id", "as_of"]))
