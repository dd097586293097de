"""Words that the whole house shares: ways out, stages of a case, components, themes. Indonesian where PKH has a word.

Sources: ways out and kinds of event, programme facts 2.1 and ruling 6; components, 1; themes, the ten of the methods text.
"""

from __future__ import annotations

from types import MappingProxyType

MANDIRI, ALAMIAH, ADMINISTRATIF, MASIH_PESERTA = "mandiri", "alamiah", "administratif", "masih_peserta"

WAYS_OUT = (MANDIRI, ALAMIAH, ADMINISTRATIF)
"""The causes that the models know. On one day, the first in this order wins (ruling 6)."""

STATES = (MASIH_PESERTA, *WAYS_OUT)
"""Every family-quarter ends in one of these, or is censored."""

TERSENSOR, SUDAH_KELUAR = "tersensor", "sudah_keluar"
"""Labels that are no way out: not observed for long enough; had left before the as-of date, not yet known by then."""

CAUSE_OF = MappingProxyType(
    {
        "mandiri": MANDIRI,
        "ppse": MANDIRI,
        "alamiah": ALAMIAH,
        "paksa": ADMINISTRATIF,
        "desil": ADMINISTRATIF,
        "admin": ADMINISTRATIF,
    }
)
"""Kind of event in the records (`jenis`) -> way out in the models."""

KOMPONEN = ("hamil", "aud", "sd", "smp", "sma", "lansia", "disabilitas", "ham")
"""Eligibility components."""

PERLINDUNGAN = ("lansia", "disabilitas")
"""Components that call for continuing protection; a family with only these is never proposed."""

THEMES = (
    "kesejahteraan",
    "usaha",
    "keuangan",
    "p2k2",
    "komponen",
    "rumah_aset",
    "guncangan",
    "kepesertaan",
    "program",
    "wilayah",
)
"""Themes under which reasons are grouped; every feature has exactly one."""

DATA_DOUBTS = (
    "data keluarga lebih dari dua tahun atau tanpa tanggal",
    "banyak data keluarga belum terisi",
    "data pengaman belum lengkap",
)
"""Warnings for which a family is not proposed until its data are mended: stale, sparse, or a guard that nobody knows."""
SIAP_DIBAHAS, PERLU_PENDAMPINGAN, BELUM = "siap_dibahas", "perlu_pendampingan_usaha", "belum_data_kurang"
"""The three bands of readiness, in the field's words."""
