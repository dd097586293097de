"""Columns: what each sheet and printed table says of a family, and what a pendamping fills in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import attrgetter

from pkh_graduation.outputs import words
from pkh_graduation.outputs.views import Family
from pkh_graduation.programme.returns import LAYOUT, OUTCOMES


@dataclass(frozen=True)
class Column:
    """One column of a sheet: its name, width in characters, and what it says of a family."""

    name: str
    width: float
    text: Callable[[Family], str]


@dataclass(frozen=True)
class Answer:
    """One column that a pendamping fills in: from a list of labels, or a date, or freely."""

    name: str
    width: float
    labels: tuple[str, ...] = ()
    is_date: bool = False


def numbered(items: Sequence[str]) -> str:
    """Items on lines of their own, numbered."""
    return "\n".join([f"{number}. {item}" for number, item in enumerate(items, 1)])


def bulleted(items: Sequence[str]) -> str:
    """Items on lines of their own."""
    return "\n".join([f"• {item}" for item in items])


CHANCE = "Peluang 12 bln"
_WIDTHS = {"tanggal_kunjungan": 12, "hasil": 14, "keputusan_keluarga": 15, "keputusan": 15, "catatan": 20}

LIST_COLUMNS = (
    Column("No", 4, lambda f: str(f.urutan or "")),
    Column("Nama pengurus", 18, attrgetter("nama")),
    Column("Desa, RT/RW", 17, lambda f: "\n".join([text for text in (f.desa, f.rt_rw, f.tempat) if text])),
    Column("Kelompok", 12, attrgetter("kelompok")),
    Column("Kesiapan", 14, lambda f: f.kesiapan + (" (undian)" if f.undian else "")),
    Column(CHANCE, 9, attrgetter("persen")),
    Column("Rentang", 9, attrgetter("rentang")),
    Column(words.SUPPORTING, 40, lambda f: numbered([reason.text for reason in f.alasan])),
    Column(words.HOLDING, 30, lambda f: numbered([reason.text for reason in f.penahan])),
    Column("Peringatan", 20, lambda f: bulleted(f.peringatan)),
    Column("Cek saat kunjungan", 22, lambda f: bulleted(f.cek)),
    Column(words.DOING, 58, lambda f: bulleted([a.text for a in f.tindakan]) or words.NOTHING_PROVEN),
    Column("Rujukan (verifikasi ke Dinsos)", 24, lambda f: bulleted(f.rujukan)),
    Column("Komponen", 14, attrgetter("komponen")),
    Column("Terakhir dikunjungi", 12, attrgetter("kunjungan")),
    Column("Rencana", 10, lambda f: f"bulan ke-{f.bulan},\nke-{f.ke}" if f.bulan else ""),
)
ANSWERS = tuple(
    Answer(
        head,
        _WIDTHS[column],
        labels=tuple(OUTCOMES[column].values()) if column in OUTCOMES else (),
        is_date=column.startswith("tanggal"),
    )
    for head, column in LAYOUT.answers.items()
)
PLAN_COLUMNS = (
    Column("Bulan ke", 8, lambda f: str(f.bulan)),
    Column("Kunjungan ke", 10, lambda f: str(f.ke)),
    Column("Nama pengurus", 22, attrgetter("nama")),
    Column("Desa, RT/RW", 30, lambda f: ", ".join([text for text in (f.desa, f.rt_rw, f.tempat) if text])),
    Column("Kelompok", 12, attrgetter("kelompok")),
    Column("No di daftar", 8, lambda f: str(f.urutan or "")),
    Column("Kegiatan (RHK)", 34, lambda f: words.RHK[f.band]),
    Column("Cek saat kunjungan", 34, lambda f: bulleted(f.cek)),
)
PLAN_FILLED = (
    Answer("Rencana tanggal", 13, is_date=True),
    Answer("Terlaksana", 13, is_date=True),
    Answer("Catatan", 20),
)
BESIDE_COLUMNS = (
    Column("Nama pengurus", 22, attrgetter("nama")),
    Column("Desa, RT/RW", 28, attrgetter("letak")),
    Column("Kelompok", 12, attrgetter("kelompok")),
    Column("Tidak diusulkan karena", 44, lambda f: "; ".join(f.dikecualikan)),
    Column("Komponen", 28, attrgetter("komponen")),
    Column("Apa yang dapat berlanjut (verifikasi ke Dinsos)", 46, lambda f: bulleted(f.lanjut)),
)
ALL_COLUMNS = (
    Column("Nama pengurus", 24, attrgetter("nama")),
    Column("Desa, RT/RW", 26, attrgetter("letak")),
    Column("Kelompok", 12, attrgetter("kelompok")),
    Column("No di daftar", 8, lambda f: str(f.urutan or "")),
    Column("Kesiapan", 24, lambda f: "" if f.dikecualikan else f.kesiapan),
    Column("Tidak diusulkan karena", 52, lambda f: "; ".join(f.dikecualikan)),
    Column("Sedang diproses", 18, attrgetter("proses")),
    Column("Komponen", 30, attrgetter("komponen")),
)
