"""Views: one caseload as text, so that workbook and page say the same words."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pkh_graduation.contracts import INDEX, PriorityLists
from pkh_graduation.outputs import words
from pkh_graduation.outputs.identities import Identity
from pkh_graduation.programme.calendar import date_of

_MOST = {"mendukung": 3, "menahan": 2}
_TOLD = ("komp_habis_day", "komp_abadi", "kunjungan_hari")


@dataclass(frozen=True)
class About:
    """What every file says of its list: date, run, model's version, and a tag for made-up data (empty for real data)."""

    as_of: dt.date
    run_id: str
    model: str
    tag: str


@dataclass(frozen=True)
class Reason:
    """One sentence and the day of its data (empty if the sentence carries no day)."""

    kalimat: str
    data: str

    @property
    def text(self) -> str:
        """The whole sentence."""
        return f"{self.kalimat} {self.data}".strip()


@dataclass(frozen=True)
class Family:
    """One family as it is read; numbers are already words, ``p`` stays for bars. Empty text where nothing is known."""

    kpm_id: str
    nama: str
    tempat: str
    desa: str
    rt_rw: str
    kelompok: str
    urutan: int | None
    kategori: str
    kesiapan: str
    p: float | None
    persen: str
    peluang: str
    rentang: str
    alasan: tuple[Reason, ...]
    penahan: tuple[Reason, ...]
    peringatan: tuple[str, ...]
    cek: tuple[str, ...]
    rujukan: tuple[str, ...]
    komponen: str
    kunjungan: str
    proses: str
    dikecualikan: tuple[str, ...]
    undian: bool


@dataclass(frozen=True)
class Caseload:
    """One pendamping's families: those on the list in their order, those with an open case, and everyone by name."""

    pendamping_id: str
    pendamping: str
    kuota: int
    sebab: str
    daftar: tuple[Family, ...]
    diproses: tuple[Family, ...]
    semua: tuple[Family, ...]


def safe_name(identifier: str) -> str:
    """A file name for an identifier; one that had to be changed carries a hash, so that two never share a file.

    >>> safe_name("d0123456789abcde"), safe_name("../x") != safe_name("..-x")
    ('d0123456789abcde', True)
    """
    clean = re.sub(r"[^A-Za-z0-9_-]", "_", identifier)[:60]
    if clean and clean == identifier:
        return clean
    return f"{clean}-{hashlib.sha256(identifier.encode()).hexdigest()[:8]}"


def caseloads(lists: PriorityLists, identities: Mapping[str, Identity], names: Mapping[str, str]) -> Iterator[Caseload]:
    """Views of all caseloads, in the order of the pendamping's ids; families without a pendamping are in none."""
    reasons = _reasons(lists.cards)
    told = _told(lists)
    shortfalls = lists.shortfalls.set_index("pendamping_id")
    for name, frame in lists.frame.groupby("pendamping_id", sort=True):
        families = [
            _family(row, identities.get(row["kpm_id"], Identity()), names, reasons, told)
            for row in frame.to_dict("records")
        ]
        line = shortfalls.loc[name]
        yield Caseload(
            pendamping_id=str(name),
            pendamping=names.get(str(name), str(name)),
            kuota=int(line["kuota"]),
            sebab=str(line["sebab"]),
            daftar=tuple(sorted((f for f in families if f.urutan), key=lambda f: f.urutan or 0)),
            diproses=tuple(sorted((f for f in families if f.proses), key=_by_name)),
            semua=tuple(sorted(families, key=_by_name)),
        )


def _by_name(family: Family) -> tuple[str, str, str]:
    return family.desa, family.nama.casefold(), family.kpm_id


def _reasons(cards: pd.DataFrame) -> dict[tuple[str, str], tuple[Reason, ...]]:
    found: dict[tuple[str, str], list[Reason]] = {}
    for kpm, direction, number, day, sentence in zip(
        cards["kpm_id"], cards["arah"], cards["urutan"], cards["tanggal_diketahui"], cards["kalimat"], strict=True
    ):
        if number <= _MOST[direction]:
            found.setdefault((kpm, direction), []).append(_reason(sentence, day))
    return {key: tuple(lines) for key, lines in found.items()}


def _reason(sentence: str, day: object) -> Reason:
    if pd.isna(day):
        return Reason(sentence, "")
    data = f"(data {words.date(date_of(int(float(str(day)))))})"
    return Reason(sentence.removesuffix(data).rstrip(), data)


def _told(lists: PriorityLists) -> dict[str, tuple[str, str]]:
    """Per family: when its last component ends, and when it was last visited."""
    index = pd.MultiIndex.from_frame(lists.frame[list(INDEX)])
    values = lists.facts.values.reindex(index)
    columns = [values[name] if name in values.columns else pd.Series(np.nan, index=index) for name in _TOLD]
    return {
        str(kpm): (_end(day, forever, lists.as_of), _visited(days, lists.as_of))
        for (kpm, _), day, forever, days in zip(index, *columns, strict=True)
    }


def _visited(days: object, as_of: dt.date) -> str:
    return "" if pd.isna(days) else words.date(as_of - dt.timedelta(days=int(float(str(days)))))


def _end(day: object, forever: object, as_of: dt.date) -> str:
    if not pd.isna(forever) and forever:
        return "ada komponen yang tidak berakhir"
    if pd.isna(day):
        return ""
    when = date_of(int(float(str(day))))
    return f"{'sudah berakhir' if when <= as_of else 'berakhir'} {words.date(when)}"


def _split(joined: object) -> tuple[str, ...]:
    return tuple(str(joined).split("|")) if isinstance(joined, str) and joined else ()


def _family(
    row: Mapping[str, object],
    identity: Identity,
    names: Mapping[str, str],
    reasons: Mapping[tuple[str, str], tuple[Reason, ...]],
    told: Mapping[str, tuple[str, str]],
) -> Family:
    kpm = str(row["kpm_id"])
    p = None if pd.isna(row["p_mandiri_12m"]) else float(str(row["p_mandiri_12m"]))
    desa = _place(row["desa"], names)
    rt_rw = f"RT {identity.rt or '–'}/RW {identity.rw or '–'}" if identity.rt or identity.rw else ""
    return Family(
        kpm_id=kpm,
        nama=identity.nama or kpm,
        tempat=", ".join(text for text in (identity.alamat, identity.dusun) if text),
        desa=desa,
        rt_rw=rt_rw,
        kelompok=_group(row["kelompok_id"], names),
        urutan=None if pd.isna(row["urutan"]) else int(str(row["urutan"])),
        kategori=str(row["kategori"]),
        kesiapan=words.BAND[str(row["kategori"])],
        p=p,
        persen="" if p is None else words.percent(p),
        peluang="" if p is None else words.chance(p),
        rentang="" if p is None else words.span(float(str(row["p_bawah"])), float(str(row["p_atas"]))),
        alasan=reasons.get((kpm, "mendukung"), ()),
        penahan=reasons.get((kpm, "menahan"), ()),
        peringatan=_split(row["peringatan"]),
        cek=_split(row["cek"]),
        rujukan=_split(row.get("rujukan")),
        komponen=told[kpm][0],
        kunjungan=told[kpm][1],
        proses="" if pd.isna(row["proses"]) else words.STAGE.get(str(row["proses"]), str(row["proses"])),
        dikecualikan=_split(row["dikecualikan_karena"]),
        undian=row["slot"] == "acak",
    )


def _place(code: object, names: Mapping[str, str]) -> str:
    if not isinstance(code, str) or not code:
        return ""
    return names.get(code, f"Desa {code}")


def _group(code: object, names: Mapping[str, str]) -> str:
    """What people call a kelompok, or the beginning of its pseudonym."""
    if not isinstance(code, str) or not code:
        return ""
    return names.get(code, code[:7])
