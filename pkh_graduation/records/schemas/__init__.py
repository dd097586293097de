"""Every input table, declared once: reading, checks, store, templates and made-up data all follow these declarations."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from pkh_graduation.records.schemas.activity import (
    P2K2_KEHADIRAN,
    P2K2_SESI,
    PENYALURAN,
    PROGRAM,
    USAHA,
    VERIFIKASI,
)
from pkh_graduation.records.schemas.cases import HASIL_KUNJUNGAN, KEPUTUSAN_KELUARGA, KUNJUNGAN, MASALAH, PERISTIWA
from pkh_graduation.records.schemas.columns import (
    ID_PREFIX,
    KINDS,
    MAX_RUPIAH,
    SURROGATE,
    Column,
    TableSchema,
    code_lists,
)
from pkh_graduation.records.schemas.family import ANGGOTA, ASET, IDENTITAS, KELUARGA, PERINGKAT, TERNAK
from pkh_graduation.records.schemas.reference import INDEKS, KELOMPOK, PENDAMPING, TARGET, TAUTAN, WILAYAH

TABLES: Mapping[str, TableSchema] = MappingProxyType(
    {
        schema.name: schema
        for schema in (
            IDENTITAS, KELUARGA, PERINGKAT, ANGGOTA, USAHA, PENYALURAN, VERIFIKASI, P2K2_SESI, P2K2_KEHADIRAN, PERISTIWA,
            PROGRAM, MASALAH, KUNJUNGAN, WILAYAH, KELOMPOK, PENDAMPING, TARGET, INDEKS, TAUTAN,
        )
    }
)  # fmt: skip
"""Name -> declaration, in the order in which they are read."""

DERIVED = ("kepala_perempuan", "lansia_tunggal", "komponen_aktif", "perkiraan_habis", "jumlah_kpm")
"""Columns that are recomputed as of the date and therefore never read from an export."""

__all__ = [
    "ASET", "DERIVED", "HASIL_KUNJUNGAN", "ID_PREFIX", "KEPUTUSAN_KELUARGA", "KINDS", "MAX_RUPIAH", "SURROGATE", "TABLES", "TERNAK",
    "Column", "TableSchema", "code_lists",
]  # fmt: skip
