"""Outcome codes: what a pendamping may answer. The one list of them, for dropdowns, pages, the reader of returns and reports.

Source: domain records, 2.10. The letters are this library's own design.
"""

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

ENGLISH: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "hasil": MappingProxyType(
            {
                "ditemui": "Met",
                "tidak_ditemui": "Not met",
                "pindah": "Moved away",
                "meninggal": "Died",
                "belum": "Not visited yet",
            }
        ),
        "keputusan_keluarga": MappingProxyType(
            {
                "setuju": "Agrees to discuss",
                "ragu": "Still unsure",
                "tolak": "Not yet willing",
                "keberatan": "Objects to profiling",
                "belum_ditanya": "Not asked yet",
            }
        ),
        "keputusan": MappingProxyType(
            {
                "diusulkan": "Proposed",
                "perlu_pendampingan": "Needs enterprise mentoring",
                "ditunda": "Postponed",
                "ditolak": "Not proposed",
            }
        ),
    }
)
"""The labels of `OUTCOMES` in English, for forms with a second language."""

LETTERS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "hasil": MappingProxyType(
            {"ditemui": "D", "tidak_ditemui": "T", "pindah": "P", "meninggal": "M", "belum": "B"}
        ),
        "keputusan_keluarga": MappingProxyType(
            {"setuju": "S", "ragu": "R", "tolak": "T", "keberatan": "K", "belum_ditanya": "B"}
        ),
        "keputusan": MappingProxyType({"diusulkan": "U", "perlu_pendampingan": "P", "ditunda": "T", "ditolak": "X"}),
    }
)
"""Column -> code -> its letter in the short text. The order of the columns is the order of the letters."""
