"""Words around numbers: chances, dates and labels as a pendamping reads them. Nothing here is worded as a verdict."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Mapping

from pkh_graduation.programme.vocabulary import BELUM, PERLU_PENDAMPINGAN, SIAP_DIBAHAS

TOOL = "Daftar ini alat bantu, bukan keputusan. Graduasi mandiri hanya atas pernyataan keluarga."
"""Stands at the head of everything that is written."""

APPEAL = (
    "Keluarga boleh tidak setuju: sampaikan keberatan kepada pendamping, kantor desa/kelurahan atau Dinsos, atau lewat "
    "usul-sanggah Cek Bansos. Keberatan dicatat dan tidak merugikan keluarga."
)
"""Stands on every page."""

TOOL_EN = "This list is an aid, not a decision. A family graduates by its own statement alone."
APPEAL_EN = (
    "A family may disagree: tell the pendamping, the village office or Dinsos, or use usul-sanggah of Cek Bansos. An objection "
    "is recorded and does the family no harm."
)
"""The two sentences above in English, for forms with a second language."""

SUPPORTING = "Mengapa di daftar"
HOLDING = "Yang menahan"
DOING = "Apa yang bisa dilakukan"
WITHOUT_MODEL = "tanpa model"
"""How the name of a model begins where there is none."""
NOTHING_PROVEN = "Tidak ada tindakan yang terbukti."
ASKING = "Hubungi dan cek"
REFERRED = "Rujukan (verifikasi ke Dinsos)"
VERIFY = "Rujukan: syaratnya tampak terpenuhi menurut catatan; verifikasi ke Dinsos."
PROTECTED = "Perlindungan berkelanjutan"
PROTECTED_NOTE = "Keluarga ini tetap dilindungi dan tidak diusulkan graduasi."
NATURAL = "Persiapan alamiah"
NATURAL_NOTE = (
    "Komponen terakhir berakhir dalam setahun, atau sudah berakhir menurut catatan, dan keluarga masih miskin atau desilnya "
    "belum tercatat: bicarakan apa yang berlanjut. Verifikasi ke Dinsos."
)
BESIDE = (("perlindungan_berkelanjutan", PROTECTED, PROTECTED_NOTE), ("persiapan_alamiah", NATURAL, NATURAL_NOTE))
"""Lists apart: word of the lists, heading, and what is said of it."""
GRADE: Mapping[str, str] = {
    "E0": "pola pada keluarga serupa, bukan bukti", "E1": "terkait, belum terbukti sebab",
    "E2": "terukur pada percobaan alami", "E3": "terukur lewat uji acak",
}  # fmt: skip
"""How strong the evidence behind an action is (grade -> words)."""
SIMILAR = "Keluarga dengan keadaan serupa lebih sering (atau lebih jarang) graduasi mandiri; ini pola pada catatan, bukan bukti."

BAND: Mapping[str, str] = {
    SIAP_DIBAHAS: "siap dibahas",
    PERLU_PENDAMPINGAN: "perlu pendampingan usaha",
    BELUM: "belum / data kurang",
}
STAGE: Mapping[str, str] = {
    "calon": "calon",
    "usulan": "usulan",
    "ttd_pernyataan": "surat pernyataan ditandatangani",
    "verifikasi": "verifikasi",
    "disetujui": "disetujui",
    "efektif": "berlaku",
}

RHK: Mapping[str, str] = {
    SIAP_DIBAHAS: "RHK 4 · bahas graduasi mandiri; usulan hanya bila keluarga menyatakan",
    PERLU_PENDAMPINGAN: "RHK 3 · pendampingan usaha",
    BELUM: "RHK 5 · pemutakhiran data",
}
"""Band -> the work result under which a visit is reported (programme facts, section 6; which band goes where is our choice)."""

_MONTHS = (
    "Januari", "Februari", "Maret", "April", "Mei", "Juni",
    "Juli", "Agustus", "September", "Oktober", "November", "Desember",
)  # fmt: skip


def ranking(model: str) -> str:
    """What the order of a list rests on; ``model`` as the lists' notes have it.

    >>> ranking("graduasi-2026-12-31")
    'Urutan menurut model graduasi-2026-12-31.'
    """
    if not model:
        return "Asal urutan tidak dicatat."
    if model.startswith(WITHOUT_MODEL):
        return f"Daftar ini {model}: urutan menurut aturan praktik, bukan menurut peluang."
    return f"Urutan menurut model {model}."


def sentences(notes: Iterable[str]) -> str:
    """Notes as sentences on one line.

    >>> sentences(["siap dibahas: di atas rata-rata", ""])
    'Siap dibahas: di atas rata-rata.'
    """
    return " ".join([f"{note[0].upper()}{note[1:].rstrip('.')}." for note in notes if note])


def date(when: dt.date) -> str:
    """A date in words.

    >>> date(dt.date(2026, 5, 12))
    '12 Mei 2026'
    """
    return f"{when.day} {_MONTHS[when.month - 1]} {when.year}"


def short_date(when: dt.date) -> str:
    """A date in figures, as the date cells show it.

    >>> short_date(dt.date(2026, 5, 2))
    '02/05/2026'
    """
    return f"{when.day:02d}/{when.month:02d}/{when.year}"


def percent(share: float) -> str:
    """A share as per cent; one decimal below ten, so that small chances keep apart.

    >>> percent(0.0712), percent(0.25), percent(0.0004), percent(0.1)
    ('7,1 %', '25 %', 'kurang dari 0,1 %', '10 %')
    """
    if 0 < share < 0.001:
        return "kurang dari 0,1 %"
    tenths = math.floor(share * 1000 + 0.5)
    if tenths >= 100:
        return f"{math.floor(share * 100 + 0.5)} %"
    return f"{tenths // 10},{tenths % 10} %" if tenths % 10 else f"{tenths // 10} %"


def chance(share: float) -> str:
    """A chance as a natural frequency.

    >>> chance(0.0712), chance(0.004)
    ('sekitar 7 dari 100', 'kurang dari 1 dari 100')
    """
    count = math.floor(share * 100 + 0.5)
    return f"sekitar {count} dari 100" if count else "kurang dari 1 dari 100"


def span(low: float, high: float) -> str:
    """A range of chances; one figure where both ends are told by the same.

    >>> span(0.041, 0.112), span(0.128, 0.131), span(float("nan"), 0.1)
    ('4,1–11 %', '13 %', '')
    """
    if math.isnan(low) or math.isnan(high):
        return ""
    first, last = percent(low), percent(high)
    return last if first == last else f"{first.removesuffix(' %')}–{last}"


def number(count: int) -> str:
    """A whole number with dots.

    >>> number(12345)
    '12.345'
    """
    return f"{count:,}".replace(",", ".")
