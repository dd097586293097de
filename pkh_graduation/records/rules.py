"""The rules of ingest, as data: what is looked at, what is done about it, and the sentence a person reads.

What is done: ``tolak`` (the row goes to quarantine), ``kosongkan`` (the cell becomes missing and is reported), ``catat`` (kept
and reported). The division is one: what a row is about (key, family, dates), anything outside its list or range, and anything
unreadable rejects the row, since nothing is mended silently; what only says "not known", and damaged numbers of identity or
place that the row can do without, become missing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import pandas as pd

TOLAK, KOSONGKAN, CATAT = "tolak", "kosongkan", "catat"

Predicate = Callable[[pd.DataFrame], np.ndarray]


@dataclass(frozen=True)
class Rule:
    """One rule. ``predicate`` maps the typed rows of one table to a mask of those that break it; reading rules have none."""

    name: str
    action: str
    message: str
    table: str = ""
    columns: tuple[str, ...] = ()
    predicate: Predicate | None = None


def _truth(condition: pd.Series) -> np.ndarray:
    return condition.fillna(False).to_numpy(dtype=bool)


def _paid_nothing(rows: pd.DataFrame) -> np.ndarray:
    return _truth((rows["status"] == "cair") & (rows["nominal"] == 0))


def _two_incomes(rows: pd.DataFrame) -> np.ndarray:
    edges = [0, 1, 1_000_000, 2_000_000 + 1]
    names = np.array(["nol", "di_bawah_1jt", "1_2jt", "di_atas_2jt"], dtype=object)
    amount = rows["penghasilan_rp"]
    said = names[np.clip(np.searchsorted(edges, amount.fillna(0).to_numpy(dtype=np.int64), side="right") - 1, 0, 3)]
    given = rows["penghasilan_kelas"].astype(object)
    return (amount.notna() & given.notna()).to_numpy() & (given.to_numpy() != said)


def _ends_first(start: str, end: str) -> Predicate:
    return lambda rows: _truth(rows[end] < rows[start])


def _not_before_birth(rows: pd.DataFrame) -> np.ndarray:
    return _truth(rows["tanggal_lahir"] > rows["tanggal_pemutakhiran"])


def _known(column: str) -> Predicate:
    return lambda rows: _truth(rows["tanggal_diketahui"] < rows[column])


def _no_birth(rows: pd.DataFrame) -> np.ndarray:
    return rows["tanggal_lahir"].isna().to_numpy()


def _pupil_past_21(rows: pd.DataFrame) -> np.ndarray:
    age = (rows["tanggal_pemutakhiran"] - rows["tanggal_lahir"]) / 365.25
    return _truth((rows["sekolah_status"] == 2) & (age >= 22))


_ROWS = (
    Rule("nominal_nol_cair", TOLAK, "Status cair dengan nominal 0. Isi nominal yang cair, atau ubah statusnya.",
         "penyaluran", ("nominal", "status"), _paid_nothing),
    Rule("penghasilan_ganda", TOLAK, "Penghasilan dalam rupiah dan kelasnya tidak sejalan. Isi salah satu saja.",
         "keluarga", ("penghasilan_rp", "penghasilan_kelas"), _two_incomes),
    Rule("tutup_sebelum_mulai", TOLAK, "Usaha tutup sebelum mulai. Periksa kedua tanggal.",
         "usaha", ("tanggal_mulai", "tanggal_tutup"), _ends_first("tanggal_mulai", "tanggal_tutup")),
    Rule("keluar_sebelum_lahir", TOLAK, "Anggota keluar sebelum lahir. Periksa kedua tanggal.",
         "anggota", ("tanggal_lahir", "tanggal_keluar"), _ends_first("tanggal_lahir", "tanggal_keluar")),
    Rule("lahir_setelah_catatan", TOLAK, "Tanggal lahir setelah tanggal pemutakhiran. Untuk kehamilan isi tanggal_perkiraan_lahir.",
         "anggota", ("tanggal_lahir", "tanggal_pemutakhiran"), _not_before_birth),
    Rule("tanpa_tanggal_lahir", CATAT, "Anggota tanpa tanggal lahir: umur dan komponennya tidak dapat dihitung.",
         "anggota", ("tanggal_lahir",), _no_birth),
    Rule("siswa_lewat_usia", CATAT, "Masih sekolah pada usia 22 tahun atau lebih. Periksa status sekolahnya.",
         "anggota", ("sekolah_status", "tanggal_lahir"), _pupil_past_21),
    *(Rule("berlaku_terbalik", TOLAK, "Berlaku sampai sebelum berlaku sejak. Periksa kedua tanggal.",
           table, ("berlaku_sejak", "berlaku_sampai"), _ends_first("berlaku_sejak", "berlaku_sampai"))
      for table in ("wilayah", "kelompok", "pendamping", "target", "indeks_bantuan", "tautan_kpm")),
    *(Rule("diketahui_sebelum_terjadi", CATAT, "Tanggal diketahui sebelum tanggal kejadian. Disimpan; periksa kedua tanggal.",
           table, (column, "tanggal_diketahui"), _known(column))
      for table, column in (
          ("keluarga", "tanggal_pemutakhiran"), ("peringkat", "tanggal_desil"), ("anggota", "tanggal_pemutakhiran"),
          ("usaha", "tanggal_catatan"), ("penyaluran", "tanggal_penyaluran"), ("kunjungan", "tanggal_kunjungan"))),
)  # fmt: skip

_READING = (
    Rule("angka_tak_terbaca", TOLAK, "Bukan angka. Tulis angka saja, misalnya 1.250.000 atau 85,5."),
    Rule("angka_rancu", TOLAK, "Titik atau koma tidak jelas: ribuan atau desimal. Samakan penulisan satu kolom."),
    Rule("angka_notasi_ilmiah", TOLAK, "Angka rusak oleh Excel (notasi ilmiah). Ubah format sel menjadi angka, lalu ekspor ulang."),
    Rule("angka_pecahan", TOLAK, "Harus bilangan bulat."),
    Rule("sen_dibulatkan", CATAT, "Sen dibulatkan ke rupiah penuh."),
    Rule("di_luar_rentang", TOLAK, "Angka di luar rentang yang mungkin."),
    Rule("nominal_negatif", TOLAK, "Nominal negatif. Pengembalian dicatat dengan status retur."),
    Rule("nominal_terlalu_besar", TOLAK, "Nominal di atas Rp 600.000.000 untuk satu kejadian. Periksa jumlah nolnya."),
    Rule("desil_nol", TOLAK, "Desil 0 bukan desil (1-10): keluarga belum diperingkat. Kosongkan atau isi desilnya."),
    Rule("tanggal_tak_terbaca", TOLAK, "Bukan tanggal. Tulis misalnya 2024-12-31, 31/12/2024, atau 31 Desember 2024."),
    Rule("tanggal_rancu", TOLAK, "Hari dan bulan tidak jelas urutannya. Samakan penulisan tanggal satu kolom."),
    Rule("tanggal_di_luar_batas", TOLAK, "Tanggal di luar 1900-2100."),
    Rule("ya_tidak_tak_terbaca", TOLAK, "Bukan Ya/Tidak. Tulis Ya atau Tidak, true atau false, 1 atau 0."),
    Rule("aset_nol", TOLAK, "Pada kode DTSEN/Regsosek 1 = Ya dan 2 = Tidak; 0 bukan jawaban."),
    Rule("kode_dua_tanpa_versi", TOLAK, "Angka 2 hanya berarti Tidak bila kolom versi_kode berisi dtsen atau regsosek."),
    Rule("kode_tak_dikenal", TOLAK, "Kode tidak ada dalam daftar kode kolom ini."),
    Rule("kata_tak_dikenal", TOLAK, "Isian tidak ada dalam daftar pilihan kolom ini."),
    Rule("sentinel", KOSONGKAN, "-1 dibaca sebagai tidak diketahui."),
    Rule("nomor_notasi_ilmiah", KOSONGKAN, "Nomor rusak oleh Excel (notasi ilmiah atau digit hilang). Ekspor ulang sebagai teks."),
    Rule("nomor_panjang_salah", KOSONGKAN, "Nomor tidak 16 angka."),
    Rule("nomor_di_teks", KOSONGKAN,
         "Isian teks memuat nomor 16 angka, mungkin NIK atau No. KK, sehingga tidak disimpan. Hapus nomornya di sumber."),
    Rule("telepon_di_teks", KOSONGKAN,
         "Isian teks memuat nomor yang mungkin nomor telepon, sehingga tidak disimpan. Hapus nomornya di sumber."),
    Rule("npsn_tak_terbaca", KOSONGKAN, "NPSN tidak 8 angka (atau satu huruf dan 7 angka)."),
    Rule("telepon_tak_terbaca", KOSONGKAN, "Bukan nomor telepon."),
    Rule("wilayah_nol_hilang", CATAT, "Nol yang hilang dari kode wilayah dipulihkan; hanya satu kode yang cocok."),
    Rule("wilayah_tak_terbaca", KOSONGKAN, "Kode wilayah tidak 2, 4, 7, atau 10 angka."),
    Rule("karakter_tak_tampak", CATAT, "Karakter yang tidak tampak (karakter kendali, arah tulisan) dihapus dari isian."),
    Rule("isian_terlalu_panjang", TOLAK, "Isian jauh terlalu panjang. Periksa tanda kutip dan pembatas kolom di baris ini."),
    Rule("baris_terlalu_panjang", TOLAK, "Baris lebih panjang dari 128 KB; bukan baris data."),
    Rule("wajib_kosong", TOLAK, "Kolom wajib kosong."),
    Rule("baris_kosong", TOLAK, "Baris kosong."),
    Rule("baris_pendek", TOLAK, "Jumlah kolom kurang dari kepala tabel."),
    Rule("baris_panjang", TOLAK, "Jumlah kolom lebih dari kepala tabel; mungkin ada pembatas di dalam isian."),
    Rule("kepala_terulang", TOLAK, "Kepala tabel terulang di tengah berkas."),
    Rule("baris_jumlah", TOLAK, "Baris jumlah, bukan data."),
    Rule("bukan_baris_data", TOLAK, "Bukan baris data: nomor urutnya tidak ada."),
    Rule("kehadiran_kosong", TOLAK, "Tidak ada isian kehadiran untuk bulan mana pun."),
    Rule("kutip_rusak", TOLAK, "Tanda kutip tidak ditutup; baris sesudahnya ikut tertelan. Perbaiki tanda kutipnya."),
    Rule("ganda_identik", TOLAK, "Sama persis dengan baris lain; kembarannya disimpan."),
    Rule("kpm_kosong", TOLAK, "Tidak ada ID KPM atau No KK: baris tidak dapat dipasangkan dengan keluarga."),
    Rule("kpm_rusak", TOLAK, "No KK rusak dan tidak ada ID KPM: baris tidak dapat dipasangkan dengan keluarga."),
    Rule("no_kk_ganda", TOLAK, "No KK dipakai lebih dari satu KPM; sertakan ID KPM."),
    Rule("nik_pengurus_ganda", TOLAK, "NIK pengurus dipakai lebih dari satu KPM; sertakan ID KPM atau No KK."),
    Rule("anggota_kosong", TOLAK, "Tidak ada ID anggota, NIK utuh, atau tanggal lahir: orangnya tidak dapat dikenali."),
    Rule("nik_ganda", TOLAK, "NIK dipakai lebih dari satu orang; sertakan ID anggota."),
    Rule("nik_ganda_anggota", CATAT, "NIK dipakai lebih dari satu orang; tidak dipakai untuk mengenali."),
    Rule("no_kk_ganda_kpm", CATAT, "No KK dipakai lebih dari satu KPM; hanya KPM pertama dikenali dengannya."),
    Rule("tautan_diri_sendiri", TOLAK, "Tautan dari keluarga ke dirinya sendiri: kedua nomor sudah satu KPM."),
    Rule("sesi_tak_ada", TOLAK, "Sesi tidak ada dalam tabel p2k2_sesi: tanggalnya tidak diketahui."),
    Rule("diketahui_kosong", TOLAK, "Tanggal diketahui kosong (mode ketat)."),
    Rule("hadir_seragam", CATAT, "Semua peserta sesi tercatat hadir: daftar diduga tidak diisi, dibaca tidak_tercatat."),
    Rule("pemahaman_seragam", CATAT, "Semua peserta sesi tercatat sama pemahamannya: diduga isian bawaan, dikosongkan."),
    Rule("aset_terbalik", CATAT, "Hampir semua aset mahal dijawab Ya: 1 dan 2 diduga terbalik, seluruh aset dikosongkan."),
    Rule("rt_rw_seragam", CATAT, "Seluruh berkas berisi RT dan RW yang sama: diduga isian bawaan, dikosongkan."),
    Rule("nominal_di_atas_batas", CATAT, "Nominal satu tahap di atas indeks empat komponen termahal. Disimpan; periksa."),
    Rule("nama_bank", KOSONGKAN, "Nama pengurus berisi nama bank atau cabang."),
    Rule("lahir_dari_umur", CATAT, "Tanggal lahir dihitung dari umur dalam bulan."),
)  # fmt: skip

RULES: Mapping[str, Rule] = MappingProxyType({rule.name: rule for rule in (*_READING, *_ROWS)})
"""Every rule by name (one name and sentence may serve several tables)."""

PERSONAL_RULES = frozenset({"nomor_di_teks", "telepon_di_teks", "npsn_tak_terbaca"})
"""Rules whose cells may hold somebody's number: shown by their shape only."""


def row_rules(table: str) -> tuple[Rule, ...]:
    """Rules with a predicate on whole rows of a table."""
    return tuple(rule for rule in _ROWS if rule.table == table)
