"""Reference tables, each row valid from a date: regions, groups, facilitators, targets, benefit index, links of families."""

from __future__ import annotations

from pkh_graduation.records.schemas.columns import Column, TableSchema, words
from pkh_graduation.records.schemas.common import count, money, validity, year

_EVENT = "berlaku_sejak"
_LAG = 30

WILAYAH = TableSchema(
    "wilayah",
    (
        Column("kode", "text", "Kode wilayah", "Region code", form="wilayah", required=True),
        Column("sumber_kode", "class", "Sumber kode", "Coding", values=words("bps kemendagri")),
        Column("nama", "text", "Nama wilayah", "Region name"),
        Column("induk", "text", "Kode induk", "Code of the parent", form="wilayah"),
        Column("padanan", "text", "Kode padanan", "Code in the other coding", form="wilayah"),
        *validity(),
    ),
    key=("kode", "sumber_kode", "day"), event=_EVENT, lag=_LAG, entity="", end="berlaku_sampai",
    label_id="Wilayah", label_en="Regions",
)  # fmt: skip

KELOMPOK = TableSchema(
    "kelompok",
    (
        Column("kelompok_id", "id", "Kelompok P2K2", "P2K2 group", required=True),
        Column("desa", "text", "Kode desa", "Village code", form="wilayah"),
        Column("pendamping_id", "id", "Pendamping", "Facilitator"),
        *validity(),
    ),
    key=("kelompok", "day"), event=_EVENT, lag=_LAG, entity="kelompok_id", end="berlaku_sampai",
    label_id="Kelompok P2K2", label_en="P2K2 groups",
)  # fmt: skip

PENDAMPING = TableSchema(
    "pendamping",
    (
        Column("pendamping_id", "id", "Pendamping", "Facilitator", required=True),
        Column("jabatan", "class", "Jabatan", "Position", values=words("pendamping_sosial operator korcam katim korwil")),
        Column("kecamatan", "text", "Kode kecamatan", "Subdistrict code", form="wilayah"),
        Column("mulai_bertugas", "date", "Mulai bertugas", "In post since"),
        *validity(),
    ),
    key=("pendamping_id", "day"), event=_EVENT, lag=_LAG, entity="pendamping_id", end="berlaku_sampai",
    label_id="Pendamping", label_en="Facilitators",
)  # fmt: skip

TARGET = TableSchema(
    "target",
    (
        year(required=True),
        Column("ruang", "class", "Ruang lingkup", "Scope", values=words("pendamping kabupaten nasional"), required=True),
        Column("pendamping_id", "id", "Pendamping", "Facilitator"),
        Column("kode_wilayah", "text", "Kode wilayah", "Region code", form="wilayah"),
        count("target_mandiri", "Target graduasi mandiri", "Target of self-reliant graduations", "keluarga", 10_000_000),
        Column("regime", "text", "Aturan kuota", "Quota rule"),
        Column("sumber", "text", "Sumber", "Source"),
        *validity(),
    ),
    key=("tahun", "ruang", "pendamping_id", "kode_wilayah", "day"), event=_EVENT, lag=_LAG, entity="", end="berlaku_sampai",
    label_id="Target graduasi", label_en="Graduation targets",
)  # fmt: skip

INDEKS = TableSchema(
    "indeks_bantuan",
    (
        Column("komponen", "class", "Komponen", "Component", required=True,
               values=words("hamil aud sd smp sma lansia disabilitas ham")),
        money("rp_per_tahun", "Rupiah per tahun", "Rupiah per year", "rp/tahun", cls="U"),
        count("maks_per_keluarga", "Paling banyak per keluarga", "At most per family", "orang", 60),
        count("usia_min", "Usia paling muda", "Youngest age", "tahun", 150),
        count("usia_max", "Usia paling tua", "Oldest age", "tahun", 150),
        *validity(),
    ),
    key=("komponen", "day"), event=_EVENT, lag=_LAG, entity="", end="berlaku_sampai",
    label_id="Indeks bantuan", label_en="Benefit index",
)  # fmt: skip

TAUTAN = TableSchema(
    "tautan_kpm",
    (
        Column("kpm_lama", "id", "ID KPM lama", "Earlier family id", required=True),
        Column("kpm_baru", "id", "ID KPM baru", "Later family id", required=True),
        Column("jenis", "class", "Jenis tautan", "Kind of link", values=words("pecah_kk ganti_kepala gabung ganti_nomor")),
        *validity(),
    ),
    key=("kpm_lama_key", "kpm_baru_key", "day"), event=_EVENT, lag=_LAG, entity="kpm_lama", end="berlaku_sampai",
    label_id="Tautan antar-KPM", label_en="Links of families",
)  # fmt: skip
