"""Tables about the family itself: identifiers (vault), the family, its rank, its members."""

from __future__ import annotations

from pkh_graduation.records.schemas.columns import MAX_RUPIAH, Column, TableSchema, words
from pkh_graduation.records.schemas.common import clock, count, family, member, money, year

_VAULT = {
    "nama_pengurus": ("Nama pengurus", "Name of the manager"),
    "alamat": ("Alamat", "Address"),
    "rt": ("RT", "RT"),
    "rw": ("RW", "RW"),
    "dusun": ("Dusun", "Hamlet"),
    "lat": ("Lintang", "Latitude"),
    "lon": ("Bujur", "Longitude"),
    "id_pelanggan_pln": ("ID pelanggan PLN", "Electricity customer id"),
    "id_dtks": ("ID DTKS", "DTKS id"),
    "id_keluarga_p3ke": ("ID keluarga P3KE", "P3KE family id"),
}

IDENTITAS = TableSchema(
    "identitas",
    (
        Column("kpm_id", "id", "ID KPM", "Family id"),
        Column("no_kk", "text", "Nomor KK", "Family card number", cls="K", form="kk"),
        Column("nik_pengurus", "text", "NIK pengurus", "Population number of the manager", cls="K", form="nik"),
        *(Column(name, "text", id_, en, cls="K") for name, (id_, en) in _VAULT.items()),
        Column("no_hp", "text", "Nomor HP", "Phone", cls="K", form="telepon"),
        Column("tanggal_pemutakhiran", "date", "Tanggal pemutakhiran", "Updated on"),
        *clock(),
    ),
    key=("kpm", "day"), event="tanggal_pemutakhiran", lag=30, entity="kpm_id", vault=True,
    label_id="Identitas keluarga (brankas)", label_en="Family identifiers (vault)",
)  # fmt: skip

_HOUSE = {
    "status_rumah": ("Status rumah", "Home tenure"),
    "jenis_lantai": ("Lantai", "Floor"),
    "jenis_dinding": ("Dinding", "Wall"),
    "jenis_atap": ("Atap", "Roof"),
    "air_minum": ("Air minum", "Drinking water"),
    "penerangan": ("Penerangan", "Lighting"),
    "daya": ("Daya listrik", "Electric power"),
    "bahan_bakar": ("Bahan bakar memasak", "Cooking fuel"),
    "fasilitas_bab": ("Fasilitas BAB", "Toilet facility"),
    "jenis_kloset": ("Kloset", "Toilet type"),
    "pembuangan_tinja": ("Pembuangan tinja", "Sewage disposal"),
    "bukti_lahan": ("Bukti lahan", "Land title"),
    "jarak_air": ("Jarak sumber air ke pembuangan", "Distance from water to sewage"),
    "internet_rumah": ("Internet rumah", "Home internet"),
    "rekening_aktif": ("Rekening aktif", "Active bank account"),
}

ASET = {
    "tabung_gas": ("tabung gas 5,5 kg ke atas", "gas cylinder of 5.5 kg or more"),
    "lemari_es": ("lemari es", "refrigerator"),
    "ac": ("AC", "air conditioner"),
    "pemanas_air": ("pemanas air", "water heater"),
    "telepon_rumah": ("telepon rumah", "landline"),
    "tv_datar": ("TV layar datar", "flat television"),
    "emas": ("emas perhiasan", "gold jewellery"),
    "komputer": ("komputer, laptop, atau tablet", "computer, laptop or tablet"),
    "sepeda_motor": ("sepeda motor", "motorcycle"),
    "sepeda": ("sepeda", "bicycle"),
    "mobil": ("mobil", "car"),
    "perahu": ("perahu", "boat"),
    "perahu_motor": ("perahu motor", "motor boat"),
    "smartphone": ("smartphone", "smartphone"),
}
"""Movable assets: part of the column's name -> Indonesian and English words."""

TERNAK = {
    "sapi": ("sapi", "cattle"),
    "kerbau": ("kerbau", "buffaloes"),
    "kuda": ("kuda", "horses"),
    "babi": ("babi", "pigs"),
    "kambing_domba": ("kambing atau domba", "goats or sheep"),
}
"""Livestock: part of the column's name -> Indonesian and English words."""

KELAS_PENGHASILAN = words("nol di_bawah_1jt 1_2jt di_atas_2jt")
"""Classes of monthly income."""

KELUARGA = TableSchema(
    "keluarga",
    (
        *family(),
        Column("kode_wilayah", "text", "Kode wilayah", "Region code", form="wilayah"),
        Column("sumber_kode", "class", "Sumber kode wilayah", "Coding of the region", values=words("bps kemendagri")),
        Column("wilayah_sulit", "bool", "Wilayah sulit", "Remote area"),
        Column("perkotaan", "bool", "Perkotaan", "Urban"),
        Column("kelompok_id", "id", "Kelompok P2K2", "P2K2 group"),
        Column("pendamping_id", "id", "Pendamping", "Facilitator"),
        Column("status_kelompok", "class", "Status dalam kelompok", "Role in the group", values=words("ketua anggota")),
        year("tahun_masuk_pkh", "Tahun menerima bansos", "Year of entry"),
        count("jumlah_anggota", "Jumlah anggota", "Family size", "orang", 60, low=1),
        Column("keberatan_profil", "bool", "Keberatan atas pemrofilan otomatis", "Objects to automated profiling"),
        Column("pbi_nas", "bool", "PBI nasional", "National health subsidy", cls="X"),
        Column("pbi_pemda", "bool", "PBI pemda", "Local health subsidy", cls="X"),
        Column("versi_kode", "class", "Versi kode", "Coding", values=words("dtsen regsosek")),
        *(Column(name, "code", id_, en, cls="X", codes=name) for name, (id_, en) in _HOUSE.items()),
        count("luas_lantai", "Luas lantai", "Floor area", "m2", 999, cls="X"),
        *(Column(f"aset_{name}", "bool", f"Punya {id_}", f"Has {en}", cls="X", raw=True)
          for name, (id_, en) in ASET.items()),
        Column("punya_aset", "bool", "Punya aset", "Has any asset", cls="X", raw=True),
        Column("lahan_lain", "bool", "Punya lahan lain", "Has other land", cls="X", raw=True),
        Column("rumah_lain", "bool", "Punya rumah lain", "Has another house", cls="X", raw=True),
        *(count(f"ternak_{name}", f"Jumlah {id_}", f"Number of {en}", "ekor", 999, cls="X")
          for name, (id_, en) in TERNAK.items()),
        money("penghasilan_rp", "Penghasilan per bulan", "Monthly income", "rp/bulan"),
        Column("penghasilan_kelas", "class", "Kelas penghasilan per bulan", "Class of monthly income", cls="X",
               values=KELAS_PENGHASILAN,
               aliases={"0": "nol", "<1_jt": "di_bawah_1jt", "1-2_jt": "1_2jt", ">2_jt": "di_atas_2jt"}),
        Column("tanggal_penghasilan", "date", "Tanggal bukti penghasilan", "Date of the income evidence"),
        Column("pengeluaran_makan_pct", "float", "Porsi belanja makan", "Food share", "%", cls="X", low=0, high=100),
        count("jumlah_hutang_12bl", "Berapa kali berutang dalam 12 bulan", "Times indebted in 12 months", "kali", 999, cls="X"),
        count("pakaian_baru_12bl", "Berapa kali beli pakaian dalam 12 bulan", "Times clothes bought in 12 months", "kali", 999,
              cls="X"),
        Column("tabungan", "class", "Tabungan", "Savings", cls="X", values=words("tidak di_bawah_500rb 500rb_2jt di_atas_2jt")),
        Column("utang_rentenir", "bool", "Utang kepada rentenir", "Debt to a moneylender", cls="X"),
        money("angsuran_bulan", "Angsuran per bulan", "Monthly instalments", "rp/bulan"),
        Column("guncangan_12bl", "set", "Guncangan 12 bulan terakhir", "Shocks of the last 12 months", cls="X",
               values=words("sakit phk bencana gagal_panen kematian")),
        Column("tanggal_pemutakhiran", "date", "Tanggal pemutakhiran", "Updated on", required=True),
        Column("sumber", "text", "Sumber data", "Source"),
        *clock(),
    ),
    key=("kpm", "day"), event="tanggal_pemutakhiran", lag=30, entity="kpm_id", required=True,
    label_id="Keluarga", label_en="Families",
)  # fmt: skip

PERINGKAT = TableSchema(
    "peringkat",
    (
        *family(),
        Column("desil_nasional", "int", "Desil kesejahteraan", "Welfare decile", "desil", cls="X", low=1, high=10),
        # its scale is not published: wide enough for an index, a logarithm or rupiah, too narrow for a number of a person
        Column("skor_dtsen", "float", "Skor DTSEN", "DTSEN score", "skor", cls="X", low=-MAX_RUPIAH, high=MAX_RUPIAH),
        Column("versi_dtsen", "text", "Versi DTSEN", "DTSEN version"),
        Column("tanggal_desil", "date", "Tanggal desil", "Date of the decile", required=True),
        *clock(),
    ),
    key=("kpm", "versi_dtsen", "day"), event="tanggal_desil", lag=90, entity="kpm_id",
    label_id="Peringkat kesejahteraan", label_en="Welfare ranks",
)  # fmt: skip

_SULIT = ("melihat", "mendengar", "berjalan", "memakai tangan", "belajar", "mengendalikan perilaku", "berbicara",
          "mengurus diri", "mengingat", "merasa sedih")  # fmt: skip
_DIFFICULTY = ("seeing", "hearing", "walking", "using hands", "learning", "controlling behaviour", "speaking",
               "self-care", "remembering", "feeling sad")  # fmt: skip
_PROGRAM_ANGGOTA = ("prakerja", "kur", "umi", "pip")

ANGGOTA = TableSchema(
    "anggota",
    (
        *member(), *family(),
        Column("tanggal_lahir", "date", "Tanggal lahir", "Birth date", cls="X"),
        count("umur_bulan", "Umur dalam bulan, bila tanggal lahir tidak ada", "Age in months, if no birth date", "bulan", 1500,
              cls="X", stored=False),
        Column("jenis_kelamin", "code", "Jenis kelamin", "Sex", codes="jenis_kelamin"),
        Column("hubungan", "code", "Hubungan dengan kepala", "Relation to the head", codes="hubungan"),
        Column("kawin", "code", "Status kawin", "Marital status", codes="kawin"),
        Column("keberadaan", "code", "Keberadaan", "Presence", codes="keberadaan"),
        Column("pendidikan", "code", "Jenjang pendidikan tertinggi", "Highest level attended", cls="X", codes="pendidikan"),
        Column("kelas", "code", "Kelas", "Grade", cls="X", codes="kelas"),
        Column("ijazah", "code", "Ijazah tertinggi", "Highest certificate", cls="X", codes="ijazah"),
        Column("sekolah_status", "code", "Partisipasi sekolah", "School participation", cls="X", codes="sekolah_status"),
        Column("jenjang", "class", "Jenjang sekolah", "School level", cls="X", values=words("sd smp sma")),
        Column("npsn", "text", "NPSN", "School number", cls="X", form="npsn"),
        Column("bekerja", "bool", "Bekerja", "Works", raw=True),
        count("jam_kerja", "Jam kerja per minggu", "Hours worked per week", "jam/minggu", 168),
        Column("sektor", "code", "Lapangan usaha", "Sector", codes="sektor"),
        Column("status_pekerjaan", "code", "Kedudukan dalam pekerjaan", "Status in employment", codes="status_pekerjaan"),
        Column("asn_tni_polri_bumn", "bool", "ASN, TNI, Polri, atau BUMN", "State employee"),
        Column("npwp", "bool", "Punya NPWP", "Has a tax number"),
        Column("hamil", "bool", "Hamil", "Pregnant", cls="X"),
        Column("tanggal_perkiraan_lahir", "date", "Hari perkiraan lahir", "Expected birth", cls="X"),
        Column("disabilitas_berat", "bool", "Disabilitas berat", "Severe disability", cls="X"),
        *(Column(f"kesulitan_{letter}", "code", f"Kesulitan {id_}", f"Difficulty {en}", cls="X",
                 codes="kesulitan_sedih" if letter == "j" else "kesulitan")
          for letter, id_, en in zip("abcdefghij", _SULIT, _DIFFICULTY, strict=True)),
        Column("penyakit_kronis", "code", "Penyakit kronis", "Chronic illness", cls="X", codes="penyakit_kronis"),
        Column("gizi", "code", "Gizi", "Nutrition", cls="X", codes="gizi", unknown=(8,)),
        Column("perawat", "code", "Yang merawat", "Carer", cls="X", codes="perawat"),
        Column("jamkes", "int", "Jaminan kesehatan", "Health insurance", "bit", cls="X", codes="jamkes", low=0, high=15,
               unknown=(99,)),
        Column("jamket_kerja", "int", "Jaminan ketenagakerjaan", "Employment insurance", "bit", cls="X", codes="jamket_kerja",
               low=0, high=31, unknown=(99,)),
        *(Column(f"ikut_{name}", "bool", f"Ikut {name.upper()}", f"In {name.upper()}", cls="X", raw=True, unknown=(8,))
          for name in _PROGRAM_ANGGOTA),
        Column("komponen", "set", "Komponen tercatat", "Recorded components", cls="X",
               values=words("hamil aud sd smp sma lansia disabilitas ham")),
        Column("tanggal_keluar", "date", "Tanggal keluar dari keluarga", "Left the family on"),
        Column("alasan_keluar", "class", "Alasan keluar", "Reason for leaving", values=words("pindah meninggal nikah kk_baru")),
        Column("tanggal_diketahui_selesai", "date", "Tanggal keluar diketahui", "Known date of leaving"),
        Column("versi_kode", "class", "Versi kode", "Coding", values=words("dtsen regsosek")),
        Column("tanggal_pemutakhiran", "date", "Tanggal pemutakhiran", "Updated on", required=True),
        *clock(),
    ),
    key=("anggota", "day"), event="tanggal_pemutakhiran", lag=30, entity="anggota_id", end="tanggal_keluar", required=True,
    label_id="Anggota keluarga", label_en="Members",
)  # fmt: skip
