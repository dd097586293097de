"""Outcome codes: what a pendamping may answer. One list for dropdowns, pages, the importer and reports (records, 2.10)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

HASIL: Mapping[str, str] = MappingProxyType(
    {
        "ditemui": "Ditemui",
        "tidak_ditemui": "Tidak ditemui",
        "pindah": "Pindah",
        "meninggal": "Meninggal",
        "belum": "Belum dikunjungi",
    }
)
KEPUTUSAN_KELUARGA: Mapping[str, str] = MappingProxyType(
    {
        "setuju": "Setuju dibahas",
        "ragu": "Masih ragu",
        "tolak": "Belum mau",
        "keberatan": "Keberatan atas pemrofilan",
        "belum_ditanya": "Belum ditanya",
    }
)
KEPUTUSAN_DAFTAR: Mapping[str, str] = MappingProxyType(
    {
        "diusulkan": "Diusulkan",
        "perlu_pendampingan": "Perlu pendampingan usaha",
        "ditunda": "Ditunda",
        "ditolak": "Tidak diusulkan",
    }
)
OUTCOMES: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {"hasil": HASIL, "keputusan_keluarga": KEPUTUSAN_KELUARGA, "keputusan": KEPUTUSAN_DAFTAR}
)
"""Column of the records -> code -> label that people read."""
