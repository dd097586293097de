"""Readiness of an office: what it has, what is possible with it now, and what to record from now on, in Bahasa.

For an office without a history of exits, which cannot learn a model yet but can still work with rules of practice. The two
thresholds are our choices (assumed), not facts about PKH.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

ENOUGH_EXITS = 200
"""Exits by mandiri from which a model is worth trying (assumed); fewer say little about ten features, let alone a hundred."""
ENOUGH_TAHAP = 8
"""Tahap over which exits were recorded: four to learn from and four to judge by (assumed)."""

WANTED = {
    "usaha": "usaha keluarga: jenis, mulai kapan, omzet, tanggal dicatat",
    "p2k2_kehadiran": "kehadiran P2K2 tiap sesi, juga sesi yang tidak jadi",
    "penyaluran": "penyaluran tiap tahap dengan statusnya",
    "verifikasi_komitmen": "verifikasi komitmen tiap bulan",
    "kunjungan": "hasil kunjungan, lewat daftar ini",
    "peringkat": "desil DTSEN dengan tanggalnya",
    "program_komplementer": "program lain yang diterima keluarga, dengan tanggal",
}
"""Table -> what it would tell, for tables that an office may lack."""


@dataclass(frozen=True)
class Office:
    """What an office has at a date: families, known exits per way out, tahap since the first known exit, tables it lacks."""

    families: int
    exits: Mapping[str, int]
    tahap: int
    missing: Sequence[str]

    @property
    def can_learn(self) -> bool:
        """Whether a model is worth trying."""
        return self.exits.get("mandiri", 0) >= ENOUGH_EXITS and self.tahap >= ENOUGH_TAHAP


def first_steps(office: Office, rule: str) -> dict[str, list[str]]:
    """Heading -> sentences: what there is, what is possible, what to record. ``rule``: the rule of practice in use, in words."""
    exits = sum(office.exits.values())
    told = ", ".join(f"{name} {_number(count)}" for name, count in office.exits.items())
    here = [
        f"{_number(office.families)} keluarga peserta.",
        f"{_number(exits)} keluar tercatat ({told}), selama {office.tahap} tahap.",
    ]
    if office.can_learn:
        possible = [
            "Catatan keluar tampak cukup untuk melatih model: jalankan `train`, lalu bandingkan dengan `backtest`."
        ]
    else:
        possible = [
            f"Daftar tanpa model: pengaman, kuota, dan urutan menurut aturan praktik ({rule}). Tidak ada peluang yang disebut.",
            f"Model dapat dicoba sesudah {ENOUGH_EXITS} keluarga graduasi mandiri tercatat dalam sedikitnya {ENOUGH_TAHAP} tahap.",
        ]
    record = [
        "Setiap keluarga yang keluar: jenisnya (mandiri, ppse, alamiah, paksa, desil, admin), tanggalnya, dan tanggal diketahui.",
        "Setiap usulan graduasi dengan tahap prosesnya, juga yang ditolak.",
        *(f"Catat {WANTED[name]}." for name in WANTED if name in office.missing),
        "Jangan menghapus catatan lama: perbaikan adalah baris baru dengan tanggal diketahui yang baru.",
    ]
    return {"Yang ada": here, "Yang mungkin sekarang": possible, "Yang dicatat mulai sekarang": record}


def _number(count: int) -> str:
    return f"{count:,}".replace(",", ".")
