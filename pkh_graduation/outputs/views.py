"""Views: one caseload as text, so that workbook and page say the same words."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from dataclasses import dataclass
from typing import NamedTuple

from pkh_graduation.outputs import words


@dataclass(frozen=True)
class About:
    """What every file says of its list: date, run, model's version, and a tag for made-up data (empty for real data).

    ``language`` is that of the sentences about families; everything else is in Indonesian. ``said``: what readiness and chances
    of this list mean, in sentences.
    """

    as_of: dt.date
    run_id: str
    model: str
    tag: str
    language: str = "id"
    said: str = ""

    @property
    def without_model(self) -> bool:
        """Whether no model stands behind the order."""
        return self.model.startswith(words.WITHOUT_MODEL)

    @property
    def ranking(self) -> str:
        """What the order rests on, and what readiness and chances mean, in sentences."""
        return f"{words.ranking(self.model)} {self.said}".strip()


class Reason(NamedTuple):
    """One sentence and the day of its data (empty if the sentence carries no day)."""

    kalimat: str
    data: str

    @property
    def text(self) -> str:
        """The whole sentence."""
        return f"{self.kalimat} {self.data}".strip()


class Action(NamedTuple):
    """One thing that can be done: the sentence, whom to ask, how well it is proven (in words), what to check, the source."""

    kalimat: str
    lembaga: str
    bukti: str
    cek: str
    sumber: str

    @property
    def tanya(self) -> tuple[str, str]:
        """Whom to ask and what to check, which many families share."""
        return self.lembaga, self.cek

    @property
    def text(self) -> str:
        """All of it on one line."""
        asked = f" (hubungi: {self.lembaga})" if self.lembaga else ""
        checks = f" Cek: {self.cek}." if self.cek else ""
        proof = f" [{self.bukti}]" if self.bukti else ""
        return f"{self.kalimat}{asked}{proof}{checks}"


class Family(NamedTuple):
    """One family as it is read; numbers are already words, ``p`` stays for bars. Empty text where nothing is known.

    What follows ``lanjut`` is told of listed families alone: ``baris`` is the id of its row, ``bulan`` and ``ke`` its month and
    visit in the plan. ``lain`` names the lists apart on which it stands. A tuple, because a nation has millions of them.
    """

    kpm_id: str
    nama: str
    desa: str
    rt_rw: str
    kelompok: str
    urutan: int | None
    kesiapan: str
    komponen: str
    proses: str
    dikecualikan: tuple[str, ...]
    band: str = ""
    lain: tuple[str, ...] = ()
    lanjut: tuple[str, ...] = ()
    baris: str = ""
    bulan: int = 0
    ke: int = 0
    tempat: str = ""
    p: float | None = None
    persen: str = ""
    peluang: str = ""
    rentang: str = ""
    alasan: tuple[Reason, ...] = ()
    penahan: tuple[Reason, ...] = ()
    peringatan: tuple[str, ...] = ()
    cek: tuple[str, ...] = ()
    rujukan: tuple[str, ...] = ()
    tindakan: tuple[Action, ...] = ()
    kunjungan: str = ""
    undian: bool = False

    @property
    def letak(self) -> str:
        """Desa and RT/RW on one line."""
        return ", ".join([text for text in (self.desa, self.rt_rw) if text])

    @property
    def keterangan(self) -> str:
        """Where the family stands, in the table of everyone."""
        if self.dikecualikan:
            return f"Tidak diusulkan: {'; '.join(self.dikecualikan)}"
        if self.proses:
            return f"Sedang diproses: {self.proses}"
        return f"No {self.urutan} di daftar" if self.urutan else self.kesiapan


@dataclass(frozen=True)
class Caseload:
    """One pendamping's families: those on the list in their order, those with an open case, everyone by name, and the plan.

    ``lantai``: floors that the list does not meet.
    """

    list_id: str
    pendamping_id: str
    pendamping: str
    kuota: int
    sebab: str
    lantai: str
    daftar: tuple[Family, ...]
    diproses: tuple[Family, ...]
    semua: tuple[Family, ...]

    @property
    def rencana(self) -> list[list[Family]]:
        """Listed families month by month, each in the order of the visits."""
        planned = sorted((f for f in self.daftar if f.bulan), key=lambda f: (f.bulan, f.ke))
        return [[f for f in planned if f.bulan == month] for month in sorted({f.bulan for f in planned})]

    def beside(self, name: str) -> list[Family]:
        """Families of a list apart, by name."""
        return [family for family in self.semua if name in family.lain]


def safe_name(identifier: str) -> str:
    """A file name for an identifier; one that had to be changed carries a hash, so that two never share a file.

    >>> safe_name("d0123456789abcde"), safe_name("../x") != safe_name("..-x")
    ('d0123456789abcde', True)
    """
    clean = re.sub(r"[^A-Za-z0-9_-]", "_", identifier)[:60]
    if clean and clean == identifier:
        return clean
    return f"{clean}-{hashlib.sha256(identifier.encode()).hexdigest()[:8]}"
