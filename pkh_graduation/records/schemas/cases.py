"""Tables about the family's membership and what the office writes of it: status events, problems, visits."""

from __future__ import annotations

from pkh_graduation.records.schemas.columns import Column, TableSchema, words
from pkh_graduation.records.schemas.common import clock, count, family

HASIL_KUNJUNGAN = words("ditemui tidak_ditemui pindah meninggal belum")
"""What became of a visit: the one list for dropdowns, importer and reports."""

KEPUTUSAN_KELUARGA = words("setuju ragu tolak keberatan belum_ditanya")
"""What the family says; ``keberatan`` is an objection to automated profiling."""

PERISTIWA = TableSchema(
    "peristiwa_status",
    (
        Column("peristiwa_id", "id", "ID peristiwa", "Event id", required=True),
        *family(),
        Column("kasus_id", "id", "ID kasus", "Case id", bocor="keputusan"),
        Column("jenis", "class", "Jenis peristiwa", "Kind of event", bocor="keputusan", required=True,
               values=words("mandiri ppse alamiah paksa desil admin masuk masuk_kembali")),
        Column("tahap_proses", "class", "Tahap proses", "Stage of the case", bocor="keputusan", required=True,
               values=words("calon usulan ttd_pernyataan verifikasi disetujui ditolak efektif dibatalkan"),
               aliases={"sudah_ttd": "ttd_pernyataan", "usulan_graduasi": "usulan"}),
        Column("alasan", "class", "Alasan", "Reason", cls="X", bocor="keputusan",
               values=words("ekonomi_membaik penghasilan_atas_umk lebih_5_tahun asn_tni_polri_bumn lainnya pindah meninggal ganda "
                            "mampu double_bansos menolak nik_tidak_padan judi_online")),
        Column("penolak_alasan", "text", "Alasan ditolak", "Reason of refusal", bocor="keputusan"),
        Column("sumber", "class", "Sumber", "Source", bocor="keputusan", values=words("pendamping dtsen dinsos keluarga")),
        Column("regime", "text", "Aturan kuota", "Quota rule", bocor="keputusan"),
        Column("tanggal_peristiwa", "date", "Tanggal peristiwa", "Event date", bocor="keputusan", required=True),
        *clock(),
    ),
    key=("peristiwa_id",), event="tanggal_peristiwa", lag=30, entity="peristiwa_id", required=True,
    label_id="Peristiwa status kepesertaan", label_en="Membership events",
)  # fmt: skip

MASALAH = TableSchema(
    "masalah",
    (
        Column("masalah_id", "id", "ID masalah", "Problem id", required=True),
        *family(),
        Column("jenis", "class", "Jenis masalah", "Kind of problem", cls="X", required=True,
               values=words("data_tidak_sesuai penerima_ganda sudah_mampu meninggal pengurus_meninggal komponen_meninggal "
                            "pindah_domisili tidak_ditemui menolak_bantuan kendaraan_mewah rtlh anak_putus_sekolah "
                            "tekanan_graduasi lainnya"),
               barred=words("sudah_mampu menolak_bantuan kendaraan_mewah")),
        Column("prioritas", "class", "Prioritas", "Priority", values=words("rendah sedang tinggi kritis")),
        Column("status", "class", "Status", "Status", values=words("terbuka proses ditindaklanjuti selesai")),
        Column("tanggal_lapor", "date", "Tanggal lapor", "Reported on"),
        Column("tanggal_status", "date", "Tanggal status", "Date of the status", required=True),
        *clock(),
    ),
    key=("masalah_id", "day"), event="tanggal_status", lag=7, entity="masalah_id",
    label_id="Masalah", label_en="Problems",
)  # fmt: skip

KUNJUNGAN = TableSchema(
    "kunjungan",
    (
        Column("kunjungan_id", "id", "ID kunjungan", "Visit id", required=True),
        *family(),
        Column("pendamping_id", "id", "Pendamping", "Facilitator"),
        Column("hasil", "class", "Hasil kunjungan", "Result of the visit", values=HASIL_KUNJUNGAN),
        count("kesiapan_pendamping", "Kesiapan menurut pendamping", "Readiness as judged by the facilitator", "1-5", 5, low=1,
              cls="X", bocor="keputusan"),
        Column("keputusan_keluarga", "class", "Keputusan keluarga", "What the family says", cls="X", bocor="keputusan",
               values=KEPUTUSAN_KELUARGA,
               aliases={"setuju_dibahas": "setuju", "masih_ragu": "ragu", "belum_mau": "tolak",
                        "keberatan_atas_pemrofilan": "keberatan"}),
        Column("koreksi_data", "set", "Data dikoreksi", "Columns corrected"),
        Column("tanggal_kunjungan", "date", "Tanggal kunjungan", "Visited on", required=True),
        *clock(),
    ),
    key=("kunjungan_id",), event="tanggal_kunjungan", lag=7, entity="kunjungan_id",
    label_id="Kunjungan", label_en="Visits",
)  # fmt: skip
