"""Judging one answer: text to codes and dates, and what contradicts itself.

An objection to profiling is never lost for want of a date: it then counts from the day on which it was received.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass

from pkh_graduation.monitoring.deliveries import RawAnswer
from pkh_graduation.programme.outcomes import ENGLISH
from pkh_graduation.programme.returns import OUTCOMES, plain_note

VISITED = ("ditemui", "tidak_ditemui", "pindah", "meninggal")
"""Results that say somebody went there."""
ASKED = ("setuju", "ragu", "tolak", "keberatan")
"""Words of the family; ``belum_ditanya`` is none."""
OBJECTS = "keberatan"
UNDATED = "tanggal_diganti_tanggal_diterima"
"""Finding: an objection without a possible date."""
NOT_FOLLOWED = ("ditunda", "ditolak")
"""Decisions against the list's advice, for which a reason is asked."""
_NOT_MET = ("tidak_ditemui", "meninggal", "belum")

_MONTHS = {name: number for number, names in enumerate(
    ("jan", "feb peb", "mar", "apr", "mei may", "jun", "jul", "agu ags aug", "sep", "okt oct", "nov nop", "des dec"), 1
) for name in names.split()}  # fmt: skip


@dataclass(frozen=True)
class Judged:
    """An answer in the words of the records: codes, ISO date or empty, plain note; ``findings`` are noted beside it."""

    hasil: str
    keputusan_keluarga: str
    keputusan: str
    tanggal_kunjungan: str
    catatan: str
    findings: tuple[str, ...] = ()

    @property
    def said(self) -> tuple[str, str, str, str, str]:
        """What decides whether two answers are the same."""
        return (self.hasil, self.keputusan_keluarga, self.keputusan, self.tanggal_kunjungan, self.catatan)


@dataclass(frozen=True)
class Fault:
    """Why a row is set aside: the rule, the column and what stood there."""

    rule: str
    column: str = ""
    value: str = ""


def read_day(text: str) -> dt.date | None:
    """A date as people write it: ISO, ``12/5/2026``, ``12-05-26``, ``12 Mei 2026``; None when it is none.

    >>> read_day("12 Mei 2026") == read_day("12/5/26") == read_day("2026-05-12")
    True
    >>> read_day("31/2/2026")
    """
    words = re.findall(r"\d+|[a-z]+", text.casefold().split("t00:")[0])
    if len(words) != 3:
        return None
    year, month, day = words if len(words[0]) == 4 else reversed(words)
    number = _MONTHS.get(month[:3], 0) if month.isalpha() else int(month)
    try:
        return dt.date(int(year) + (2000 if len(year) == 2 else 0), number, int(day))
    except ValueError:
        return None


def judge(raw: RawAnswer, *, as_of: dt.date, received: dt.date) -> Judged | Fault:
    """Judge one answered row of a list of ``as_of``, received on ``received``."""
    if received < as_of:
        return Fault("diterima_sebelum_daftar", "tanggal_diketahui", received.isoformat())
    codes = {name: _code(name, getattr(raw, name)) for name in OUTCOMES}
    for name, code in codes.items():
        if code is None:
            return Fault("kode_tak_dikenal", name, getattr(raw, name))
    said = {name: code or "" for name, code in codes.items()}
    objects = said["keputusan_keluarga"] == OBJECTS
    day = read_day(raw.tanggal_kunjungan) if raw.tanggal_kunjungan else None
    findings = []
    fault = _date_fault(raw.tanggal_kunjungan, day, as_of, received)
    if objects and (fault or day is None):
        day, fault = received, None
        findings.append(UNDATED)
    fault = fault or (None if objects else _contradiction(said, day))
    if fault:
        return fault
    note = plain_note(raw.catatan)
    if note != " ".join(raw.catatan.split()):
        findings.append("catatan_disederhanakan")
    if said["keputusan"] in NOT_FOLLOWED and not note:
        findings.append("alasan_kosong")
    return Judged(**said, tanggal_kunjungan=day.isoformat() if day else "", catatan=note, findings=tuple(findings))


def says_objection(raw: RawAnswer) -> bool:
    """Whether a row, whatever else is wrong with it, speaks of an objection."""
    return _code("keputusan_keluarga", raw.keputusan_keluarga) == OBJECTS


def _code(column: str, text: str) -> str | None:
    """Code of a code or label (in either language of the forms), in any case; None when there is none."""
    wanted = text.strip().casefold()
    if not wanted:
        return ""
    labels, english = OUTCOMES[column], ENGLISH[column]
    return next((code for code in labels if wanted in (code, labels[code].casefold(), english[code].casefold())), None)


def _date_fault(text: str, day: dt.date | None, as_of: dt.date, received: dt.date) -> Fault | None:
    if not text:
        return None
    if day is None:
        return Fault("tanggal_mustahil", "tanggal_kunjungan", text)
    if day > received:
        return Fault("tanggal_sesudah_diterima", "tanggal_kunjungan", text)
    return Fault("tanggal_sebelum_daftar", "tanggal_kunjungan", text) if day < as_of else None


def _contradiction(said: dict[str, str], day: dt.date | None) -> Fault | None:
    result, family = said["hasil"], said["keputusan_keluarga"]
    if family in ASKED and result in _NOT_MET:
        return Fault("keputusan_tanpa_bertemu", "keputusan_keluarga", family)
    if day is not None and result == "belum":
        return Fault("belum_tetapi_bertanggal", "tanggal_kunjungan", day.isoformat())
    if not result and (day is not None or family in ASKED):
        return Fault("hasil_kosong", "hasil")
    return Fault("tanggal_kosong", "tanggal_kunjungan") if day is None and result in VISITED else None
