"""The tables as sources: which columns features may read, of which kind, and what a row is about.

Columns that hold or echo the decision are not even declared (programme facts, section 3), save one for a guard.
"""

from __future__ import annotations

from pkh_graduation.features.algebra import Events, Intervals, States
from pkh_graduation.features.expressions import INT, REAL, TEXT
from pkh_graduation.features.feature import ENTRIES, FORBIDDEN_PROBLEMS

ASET = (
    "tabung_gas", "lemari_es", "ac", "pemanas_air", "telepon_rumah", "tv_datar", "emas", "komputer", "sepeda_motor", "sepeda",
    "mobil", "perahu", "perahu_motor", "smartphone",
)  # fmt: skip
TERNAK_BESAR, TERNAK_KECIL = ("sapi", "kerbau", "kuda"), ("babi", "kambing_domba")

_KELUARGA = {
    **dict.fromkeys(
        (
            "status_rumah", "jenis_lantai", "jenis_dinding", "jenis_atap", "air_minum", "penerangan", "daya", "bahan_bakar",
            "fasilitas_bab", "jenis_kloset", "pembuangan_tinja", "bukti_lahan", "jarak_air", "internet_rumah", "rekening_aktif",
            "luas_lantai", "lahan_lain", "rumah_lain", "perkotaan", "wilayah_sulit", "jumlah_anggota", "pbi_nas", "pbi_pemda",
            "keberatan_profil", "penghasilan_rp", "tanggal_penghasilan", "jumlah_hutang_12bl", "pakaian_baru_12bl",
            "utang_rentenir", "angsuran_bulan",
        ),
        INT,
    ),
    **{f"aset_{name}": INT for name in ASET},
    **{f"ternak_{name}": INT for name in (*TERNAK_BESAR, *TERNAK_KECIL)},
    **dict.fromkeys(("penghasilan_kelas", "tabungan", "guncangan_12bl", "status_kelompok"), TEXT),
    "pengeluaran_makan_pct": REAL,
}  # fmt: skip

KELUARGA = States("keluarga", _KELUARGA, entity="kpm")
"""The family as last observed."""
KELUARGA_ROWS = Events("keluarga", _KELUARGA)
"""Every observation of the family."""

_PERINGKAT = {"desil_nasional": INT, "skor_dtsen": REAL}
PERINGKAT = States("peringkat", _PERINGKAT, entity="kpm")
PERINGKAT_ROWS = Events("peringkat", _PERINGKAT)

ANGGOTA = Intervals(
    "anggota",
    {
        **dict.fromkeys(
            (
                "anggota", "tanggal_lahir", "tanggal_lahir_ymd", "jenis_kelamin", "hubungan", "kawin", "keberadaan", "pendidikan",
                "kelas", "ijazah", "sekolah_status", "bekerja", "jam_kerja", "sektor", "status_pekerjaan", "asn_tni_polri_bumn",
                "npwp", "hamil", "tanggal_perkiraan_lahir", "disabilitas_berat", "penyakit_kronis", "gizi", "jamkes",
                "jamket_kerja", "ikut_prakerja", "ikut_pip", "tanggal_keluar", *(f"kesulitan_{c}" for c in "abcdefghi"),
            ),
            INT,
        ),
        **dict.fromkeys(("jenjang", "alasan_keluar"), TEXT),
    },
    entity="anggota",
    ends=(("tanggal_keluar", "tanggal_diketahui_selesai"),),
)  # fmt: skip
"""Each member as last observed; leaving is news of its own."""

_USAHA = {
    **dict.fromkeys(
        (
            "usaha", "tanggal_mulai", "tanggal_tutup", "sektor", "omzet_kelas", "omzet_rp", "laba_bersih_est",
            "pekerja_dibayar", "pekerja_keluarga", "izin", "pakai_internet",
        ),
        INT,
    ),
    **dict.fromkeys(("tempat_usaha", "modal_sumber", "pasar"), TEXT),
}  # fmt: skip
_CLOSING = (("tanggal_tutup", "tanggal_diketahui_selesai"),)
USAHA = Intervals("usaha", _USAHA, entity="usaha", ends=_CLOSING)
"""Each enterprise as last observed; closing is news of its own."""
USAHA_ROWS = Events("usaha", _USAHA, ends=_CLOSING)

PENYALURAN = Events(
    "penyaluran", {"penyaluran_id": TEXT, "bansos": TEXT, "status": TEXT, "alasan_tertahan": TEXT, "nominal": INT}
)
"""Each status that a payment has had."""

VERIFIKASI = Events(
    "verifikasi_komitmen",
    {"anggota": INT, "jenis": TEXT, "memenuhi": INT, "alpa": INT, "izin": INT, "sakit": INT, "jml_tidak_hadir": INT},
)

SESI = Events("p2k2_sesi", {"modul": INT, "sesi": INT, "terlaksana": INT}, key="kelompok")
"""What the family's group was offered: supply, whoever came."""
KEHADIRAN = Events("p2k2_kehadiran", {"modul": INT, "sesi": INT, "hadir": TEXT, "pemahaman": TEXT})
"""What the family made of it."""

_PROGRAM = {
    **dict.fromkeys(("program_key", "nominal", "angsuran_bulan"), INT),
    **dict.fromkeys(("program", "status", "pengusul"), TEXT),
}
PROGRAM = States("program_komplementer", _PROGRAM, entity="program_key")
"""Each programme case by its last status."""
PROGRAM_ROWS = Events("program_komplementer", _PROGRAM)
"""Each status that a programme case has had."""

MASALAH = States("masalah", {"masalah": INT, "jenis": TEXT, "status": TEXT, "prioritas": TEXT}, entity="masalah")
MASALAH = MASALAH.where(~MASALAH["jenis"].isin(*FORBIDDEN_PROBLEMS))
"""Each problem by its last status; findings of the decider left out."""

KUNJUNGAN = Events("kunjungan", {"hasil": TEXT, "keputusan_keluarga": TEXT})
"""Visits: for facts only. ``keputusan_keluarga`` is read for one purpose, an objection to profiling."""

MASUK = Events("peristiwa_status", {"jenis": TEXT})
MASUK = MASUK.where(MASUK["jenis"].isin(*ENTRIES))
"""Entries into the programme; no other event is a feature's business."""
