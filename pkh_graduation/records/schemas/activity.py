"""Tables about what happens around a family: enterprises, payments, verification, group meetings, programmes."""

from __future__ import annotations

from pkh_graduation.records.schemas.columns import Column, TableSchema, words
from pkh_graduation.records.schemas.common import clock, count, family, member, money, year

USAHA = TableSchema(
    "usaha",
    (
        Column("usaha_id", "id", "ID usaha", "Enterprise id", required=True),
        *family(),
        Column("pemilik_id", "id", "Pemilik (ID anggota)", "Owner (member id)"),
        Column("jenis_usaha", "text", "Jenis usaha", "Kind of enterprise"),
        Column("sektor", "code", "Lapangan usaha", "Sector", codes="sektor"),
        Column("tanggal_mulai", "date", "Tanggal mulai usaha", "Started on"),
        Column("tanggal_tutup", "date", "Tanggal tutup usaha", "Closed on"),
        Column("tanggal_diketahui_selesai", "date", "Tanggal tutup diketahui", "Known date of closing"),
        Column("omzet_kelas", "code", "Kelas omzet per bulan", "Class of monthly turnover", cls="X", codes="omzet_kelas"),
        money("omzet_rp", "Omzet per bulan", "Monthly turnover", "rp/bulan"),
        Column("laba_bersih_est", "money", "Perkiraan laba per bulan", "Estimated monthly profit", "rp/bulan", cls="X",
               low=-600_000_000, high=600_000_000),
        count("pekerja_dibayar", "Pekerja dibayar", "Paid workers", "orang", 999),
        count("pekerja_keluarga", "Pekerja keluarga", "Family workers", "orang", 60),
        Column("izin", "code", "Izin usaha", "Licence", codes="izin"),
        Column("pakai_internet", "int", "Internet untuk usaha", "Internet use", "bit", codes="pakai_internet", low=0, high=63,
               unknown=(99,)),
        Column("tempat_usaha", "class", "Tempat usaha", "Premises", values=words("rumah kios pasar keliling lahan online")),
        Column("modal_sumber", "set", "Sumber modal", "Sources of capital", cls="X",
               values=words("sendiri kur mekaar umi koperasi rentenir pena ppse kube")),
        Column("pasar", "class", "Pasar", "Market", values=words("tetangga desa kecamatan online offtaker")),
        Column("tanggal_catatan", "date", "Tanggal catatan", "Observed on", required=True),
        *clock(),
    ),
    key=("usaha", "day"), event="tanggal_catatan", lag=30, entity="usaha_id", end="tanggal_tutup",
    label_id="Usaha", label_en="Enterprises",
)  # fmt: skip

PENYALURAN = TableSchema(
    "penyaluran",
    (
        Column("penyaluran_id", "id", "ID penyaluran", "Payment id", required=True),
        *family(),
        year(),
        count("tahap", "Tahap", "Stage of the year", "tahap", 4, low=1),
        Column("gelombang", "text", "Gelombang", "Wave"),
        Column("bansos", "class", "Jenis bansos", "Kind of aid", values=("PKH", "BPNT"), aliases={"sembako": "BPNT"}),
        Column("bank", "class", "Bank penyalur", "Paying bank", values=words("BRI BNI MANDIRI BTN BSI POS")),
        money("nominal", "Nominal bantuan", "Amount", "rp/tahap"),
        Column("status", "class", "Status penyaluran", "Payment status", values=words("cair tertahan gagal retur"),
               aliases={"tersalurkan": "cair", "sukses": "cair"}, required=True),
        Column("alasan_tertahan", "class", "Alasan tertahan", "Reason withheld", cls="X",
               values=words("rekening_pasif data_tidak_padan kks_bermasalah sanksi tidak_hadir")),
        Column("tanggal_penyaluran", "date", "Tanggal status penyaluran", "Date of this status", required=True),
        *clock(),
    ),
    key=("penyaluran_id", "day"), event="tanggal_penyaluran", lag=15, entity="penyaluran_id",
    label_id="Penyaluran bantuan", label_en="Payments",
)  # fmt: skip

VERIFIKASI = TableSchema(
    "verifikasi_komitmen",
    (
        *member(), *family(),
        Column("nik_pengurus", "text", "NIK pengurus, bila tidak ada ID KPM atau No KK",
               "Number of the manager, if nothing else names the family", cls="K", form="nik", stored=False),
        year(required=True),
        count("bulan", "Bulan", "Month", "bulan", 12, low=1, required=True),
        Column("jenis", "class", "Jenis komitmen", "Kind of commitment", cls="X",
               values=words("pendidikan kesehatan kesos"), required=True),
        *(count(name, label_id, label_en, "hari", 31, cls="X") for name, label_id, label_en in (
            ("hari_efektif", "Hari efektif", "Effective days"), ("alpa", "Alpa", "Absent, unexcused"),
            ("izin", "Izin", "Absent, excused"), ("sakit", "Sakit", "Absent, ill"),
            ("jml_tidak_hadir", "Jumlah tidak hadir", "Days absent"))),
        Column("persen_hadir", "float", "Persen hadir", "Attendance", "%", cls="X", low=0, high=100),
        Column("memenuhi", "bool", "Memenuhi komitmen", "Commitment met", cls="X"),
        Column("npsn", "text", "NPSN", "School number", form="npsn"),
        Column("ket", "text", "Keterangan", "Remark"),
        Column("tanggal_periode", "date", "Akhir bulan periode", "Month end of the period"),
        *clock(),
    ),
    key=("anggota", "tahun", "bulan", "jenis"), event="tanggal_periode", lag=20, entity="anggota_id",
    label_id="Verifikasi komitmen", label_en="Verification of commitments",
)  # fmt: skip

P2K2_SESI = TableSchema(
    "p2k2_sesi",
    (
        Column("sesi_id", "id", "ID sesi", "Session id", required=True),
        Column("kelompok_id", "id", "Kelompok P2K2", "P2K2 group"),
        Column("pendamping_id", "id", "Pendamping", "Facilitator"),
        count("modul", "Modul", "Module", "modul", 6, low=1),
        count("sesi", "Sesi", "Session of the module", "sesi", 15, low=1),
        Column("tanggal_terjadwal", "date", "Jadwal", "Scheduled for"),
        Column("tanggal_sesi", "date", "Tanggal", "Held on"),
        Column("terlaksana", "bool", "Terlaksana", "Held"),
        *clock(),
    ),
    key=("sesi_id",), event="tanggal_sesi", lag=20, entity="sesi_id",
    label_id="Sesi P2K2", label_en="P2K2 sessions",
)  # fmt: skip

P2K2_KEHADIRAN = TableSchema(
    "p2k2_kehadiran",
    (
        Column("sesi_id", "id", "ID sesi", "Session id", required=True),
        *family(),
        Column("hadir", "class", "Kehadiran", "Attendance", values=words("hadir izin sakit alpa tidak_tercatat")),
        Column("pemahaman", "class", "Tingkat pemahaman", "Understanding", values=words("kurang cukup baik")),
        *clock(),
    ),
    key=("sesi_id", "kpm"), event="tanggal_sesi", lag=20, entity="sesi_id",
    label_id="Kehadiran P2K2", label_en="P2K2 attendance",
)  # fmt: skip

PROGRAM = TableSchema(
    "program_komplementer",
    (
        Column("program_id", "id", "ID program", "Programme case id", required=True),
        *family(), *member(required=False),
        Column("program", "class", "Program", "Programme", required=True,
               values=words("pena ppse kube uep kur mekaar umi prakerja koperasi kdmp nib blk bpjs_tk sembako pbi_jkn pip "
                            "kip_k rst bsps atensi sekolah_rakyat blt_dd")),
        Column("status", "class", "Status program", "Programme status", cls="X", required=True,
               values=words("diusulkan diterima ditolak berjalan lunas macet selesai")),
        money("nominal", "Nilai", "Value"),
        money("angsuran_bulan", "Angsuran per bulan", "Monthly instalment", "rp/bulan"),
        Column("pengusul", "class", "Pengusul", "Proposed by", values=words("pendamping sendiri dinsos")),
        Column("propensi", "float", "Peluang ditawari", "Chance of being offered", "peluang", low=0, high=1),
        Column("tanggal_status", "date", "Tanggal status", "Date of the status", required=True),
        *clock(),
    ),
    key=("program_id", "day"), event="tanggal_status", lag=45, entity="program_id",
    label_id="Program komplementer", label_en="Complementary programmes",
)  # fmt: skip
