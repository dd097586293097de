"""Words around numbers: chances, dates and labels as a pendamping reads them. Nothing here is worded as a verdict."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping

from pkh_graduation.programme.vocabulary import BELUM, PERLU_PENDAMPINGAN, SIAP_DIBAHAS

TOOL = "Daftar ini alat bantu, bukan keputusan. Graduasi mandiri hanya atas pernyataan keluarga."
"""Stands at the head of everything that is written."""

SUPPORTING = "Mengapa di daftar"
HOLDING = "Yang menahan"
SIMILAR = "Keluarga dengan keadaan serupa lebih sering (atau lebih jarang) graduasi mandiri; ini bukan sebab-akibat."

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
    "efektif": "efektif",
}

_MONTHS = (
    "Januari", "Februari", "Maret", "April", "Mei", "Juni",
    "Juli", "Agustus", "September", "Oktober", "November", "Desember",
)  # fmt: skip


def date(when: dt.date) -> str:
    """A date in words.

    >>> date(dt.date(2026, 5, 12))
    '12 Mei 2026'
    """
    return f"{when.day} {_MONTHS[when.month - 1]} {when.year}"


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
    """A range of chances.

    >>> span(0.041, 0.112), span(float("nan"), 0.1)
    ('4,1–11 %', '')
    """
    if math.isnan(low) or math.isnan(high):
        return ""
    return f"{percent(low).removesuffix(' %')}–{percent(high)}"


def number(count: int) -> str:
    """A whole number with dots.

    >>> number(12345)
    '12.345'
    """
    return f"{count:,}".replace(",", ".")
