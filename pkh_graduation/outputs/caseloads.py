"""Caseloads: the lists' columns turned into the families that are read, a column at a time."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from pkh_graduation.contracts import PriorityLists
from pkh_graduation.outputs import words
from pkh_graduation.outputs.facts import shown_facts
from pkh_graduation.outputs.views import Action, Caseload, Family, Reason
from pkh_graduation.programme.calendar import date_of
from pkh_graduation.programme.returns import list_id, row_id

_MOST = {"mendukung": 3, "menahan": 2}
_DATE = " (data "
"""How the date at the end of a sentence begins, in every language that sentences are written in."""


def caseloads(
    lists: PriorityLists, identities: Mapping[str, list[str]], names: Mapping[str, str]
) -> Iterator[Caseload]:
    """Views of all caseloads, in the order of the pendamping's ids; families without a pendamping are in none.

    ``identities``: see `identities.read_identities`, in the order of ``lists.frame``.
    """
    owner, people = pd.factorize(lists.frame["pendamping_id"], sort=True)
    families = _families(lists, identities, names)
    order = np.argsort(owner, kind="stable")
    starts = np.searchsorted(owner[order], np.arange(len(people) + 1))
    told = lists.shortfalls.set_index("pendamping_id").to_dict("index")
    for number, name in enumerate(people.tolist()):
        own = [families[row] for row in order[starts[number] : starts[number + 1]].tolist()]
        yield Caseload(
            list_id=list_id(lists.run_id, name),
            pendamping_id=name,
            pendamping=names.get(name, name),
            kuota=int(told[name]["kuota"]),
            sebab=str(told[name]["sebab"]),
            lantai=str(told[name].get("lantai", "")),
            daftar=tuple(sorted((f for f in own if f.urutan), key=lambda f: f.urutan or 0)),
            diproses=tuple(sorted((f for f in own if f.proses), key=_by_name)),
            semua=tuple(sorted(own, key=_by_name)),
        )


def _by_name(family: Family) -> tuple[str, str, str]:
    return family.desa, family.nama.casefold(), family.kpm_id


def _families(lists: PriorityLists, identities: Mapping[str, list[str]], names: Mapping[str, str]) -> list[Family]:
    """All families in the order of the lists: a column at a time, and each text that many share made once."""
    frame = lists.frame
    ids = frame["kpm_id"].tolist()
    places = frame["urutan"].to_numpy(dtype="int64", na_value=0)
    ends, forever, visited = shown_facts(lists).values()
    columns = zip(
        ids,
        [name or kpm for name, kpm in zip(identities["nama_pengurus"], ids, strict=True)],
        map(cache(lambda code: code and names.get(code, f"Desa {code}")), _texts(frame["desa"])),
        map(cache(_rt_rw), identities["rt"], identities["rw"]),
        # What people call a kelompok, or the beginning of its pseudonym.
        map(cache(lambda code: names.get(code, code[:7])), _texts(frame["kelompok_id"])),
        [place or None for place in places.tolist()],
        map(words.BAND.__getitem__, frame["kategori"].tolist()),
        map(cache(lambda day, always: _end(day, always, lists.as_of)), _days(ends), (forever > 0).tolist()),
        (words.STAGE.get(stage, stage) for stage in _texts(frame["proses"])),
        map(cache(_split), _texts(frame["dikecualikan_karena"])),
        frame["kategori"].tolist(),
        map(cache(_split), _optional(frame, "daftar_lain")),
        map(cache(_split), _optional(frame, "lanjut")),
        strict=True,
    )
    families = [Family(*row) for row in columns]
    listed = np.flatnonzero(places)
    for row, details in _details(lists, listed, identities, _days(visited[listed])):
        families[row] = families[row]._replace(**details)
    return families


def _details(
    lists: PriorityLists, listed: np.ndarray, identities: Mapping[str, list[str]], visited: list[int | None]
) -> Iterator[tuple[int, dict[str, Any]]]:
    """What is told of listed families alone, by row of the lists."""
    reasons, actions = _reasons(lists.cards), _actions(lists.actions)
    told = lists.frame.iloc[listed]
    name_of = cache(lambda pendamping: list_id(lists.run_id, pendamping))
    plan = [_numbers(told, name) for name in ("rencana", "kunjungan_ke")]
    chances = told[["p_mandiri_12m", "p_bawah", "p_atas"]].to_numpy(dtype=float).tolist()
    texts = [_texts(told[name]) for name in ("kpm_id", "pendamping_id", "peringatan", "cek", "rujukan", "slot")]
    for row, (p, low, high), days, month, visit, kpm, owner, warnings, checks, referrals, slot in zip(
        listed, chances, visited, *plan, *texts, strict=True
    ):
        scored = not math.isnan(p)
        yield (
            row,
            {
                "baris": row_id(name_of(owner), kpm),
                "bulan": month,
                "ke": visit,
                "tempat": ", ".join([text for text in (identities["alamat"][row], identities["dusun"][row]) if text]),
                "p": p if scored else None,
                "persen": words.percent(p) if scored else "",
                "peluang": words.chance(p) if scored else "",
                "rentang": words.span(low, high) if scored else "",
                "alasan": tuple(reasons.get((kpm, "mendukung"), ())),
                "penahan": tuple(reasons.get((kpm, "menahan"), ())),
                "peringatan": _split(warnings),
                "cek": _split(checks),
                "rujukan": _split(referrals),
                "tindakan": tuple(actions.get(kpm, ())),
                "kunjungan": "" if days is None else words.date(lists.as_of - dt.timedelta(days=days)),
                "undian": slot == "acak",
            },
        )


def _texts(column: pd.Series) -> list[str]:
    return column.fillna("").tolist()


def _optional(frame: pd.DataFrame, name: str) -> list[str]:
    return _texts(frame[name]) if name in frame.columns else [""] * len(frame)


def _numbers(frame: pd.DataFrame, name: str) -> list[int]:
    return frame[name].to_numpy(dtype="int64", na_value=0).tolist() if name in frame.columns else [0] * len(frame)


def _actions(frame: pd.DataFrame | None) -> dict[str, list[Action]]:
    """Actions by family, in the order of the rows."""
    found: dict[str, list[Action]] = {}
    if frame is None or frame.empty:
        return found
    columns = (_texts(frame[name]) for name in ("kpm_id", "kalimat", "lembaga", "tingkat_bukti", "cek", "sumber"))
    for kpm, sentence, agency, grade, check, source in zip(*columns, strict=True):
        found.setdefault(kpm, []).append(Action(sentence, agency, words.GRADE.get(grade, grade), check, source))
    return found


def _days(days: np.ndarray) -> list[int | None]:
    return [None if math.isnan(day) else int(day) for day in days.tolist()]


def _reasons(cards: pd.DataFrame) -> dict[tuple[str, str], list[Reason]]:
    found: dict[tuple[str, str], list[Reason]] = {}
    known = cache(lambda day: f"(data {words.date(date_of(day))})")
    days = [None if day is pd.NA or day != day else int(day) for day in cards["tanggal_diketahui"].tolist()]
    columns = (cards[name].tolist() for name in ("kpm_id", "arah", "urutan", "kalimat"))
    for kpm, direction, number, sentence, day in zip(*columns, days, strict=True):
        if number <= _MOST[direction]:
            # Sentences end in their date, in their own language; the pages show it smaller.
            cut = sentence.rfind(_DATE) if day is not None and sentence.endswith(")") else -1
            data = sentence[cut + 1 :] if cut >= 0 else "" if day is None else known(day)
            found.setdefault((kpm, direction), []).append(Reason(sentence[:cut] if cut >= 0 else sentence, data))
    return found


def _end(day: int | None, forever: bool, as_of: dt.date) -> str:
    if forever:
        return "ada komponen yang tidak berakhir"
    if day is None:
        return ""
    when = date_of(day)
    return f"{'sudah berakhir' if when <= as_of else 'berakhir'} {words.date(when)}"


def _rt_rw(rt: str, rw: str) -> str:
    return f"RT {rt or '–'}/RW {rw or '–'}" if rt or rw else ""


def _split(joined: str) -> tuple[str, ...]:
    return tuple(joined.split("|")) if joined else ()
