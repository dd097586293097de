"""History: how a list lives from date to date. What earlier lists and answers mean for the next list, and for learning.

Everything is told as of a date: lists of earlier dates, and answers known by then. Nothing here chooses a family; `standing`
hands the allocation four columns, and the allocation's own guards come first.

Our choices, not facts about PKH: a visit is carried over at most `MOST_CARRIED` times, and silence about a whole list is not
taken for unfinished visits (nobody may have sent it back).
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Sequence

import numpy as np
import pandas as pd

from pkh_graduation.contracts import INDEX, check_columns
from pkh_graduation.monitoring.answers import ASKED, OBJECTS
from pkh_graduation.monitoring.desk import HISTORY, ISSUED
from pkh_graduation.programme.calendar import add_months

PLACED = (*ISSUED, "urutan")
"""Columns of the register that are read here."""
MOST_CARRIED = 2
_UNFINISHED = ("", "belum", "tidak_ditemui")
_SETTLED = ("diusulkan", "ditolak")
_BITS = 64


def standing(
    issued: pd.DataFrame,
    answers: pd.DataFrame,
    families: pd.DataFrame,
    *,
    as_of: dt.date,
    newest: str | None = None,
    bonus: float = 0.0,
    rest_months: int = 0,
    holdout: float = 0.0,
    seed: int = 0,
) -> pd.DataFrame:
    """What earlier lists mean for the list of ``as_of``; indexed by ``kpm_id``, one line per family of ``families``.

    ``issued``: register of earlier lists, one run per date (`PLACED`). ``answers``: history of answers (`HISTORY`).
    ``families``: ``kpm_id`` and ``pendamping_id`` of today's caseloads. ``newest``: date (ISO) of the last list, where ``issued``
    holds only a part of the families; else the latest date found there.

    Columns: ``bonus`` (float64: the share given, for families of the last list, so that noise does not take them off it),
    ``carry_over`` (bool: the visit is unfinished), ``do_not_contact`` (bool: her last word is an objection, or a refusal
    within ``rest_months``), ``holdout`` (bool: in the ``holdout`` share drawn by ``seed``, the same at every date).

    Raises:
        ValueError: bonus or holdout is no share. ContractError: a frame lacks a column.
    """
    if not (0 <= bonus <= 1 and 0 <= holdout < 1):
        raise ValueError(f"bonus and holdout are shares of one, not {bonus!r} and {holdout!r}.")
    told = story(issued, answers, families, as_of=as_of, newest=newest)
    rested = add_months(as_of, -rest_months).isoformat()
    refused = (told["kata_keluarga"] == "tolak") & (told["tanggal_kata"] > rested) & (rest_months > 0)
    drawn = held_out(told.index, holdout, seed)
    return pd.DataFrame(
        {
            "bonus": np.where(told["di_daftar_terakhir"], bonus, 0.0),
            "carry_over": told["belum_selesai"],
            "do_not_contact": told["keberatan"] | refused,
            "holdout": drawn,
        },
        index=told.index,
    )


def story(
    issued: pd.DataFrame,
    answers: pd.DataFrame,
    families: pd.DataFrame,
    *,
    as_of: dt.date,
    newest: str | None = None,
) -> pd.DataFrame:
    """What is known of each family from earlier lists, indexed by ``kpm_id`` in order.

    Columns: ``kali_didaftar`` (int64), ``terakhir_didaftar`` (ISO date or empty), ``di_daftar_terakhir`` (bool: on the last
    list before the date), ``hasil`` and ``keputusan`` (last answer to her last place), ``belum_selesai`` (bool),
    ``kata_keluarga`` and ``tanggal_kata`` (her last word and its day), ``keberatan`` (bool), ``pindah_pendamping`` (bool:
    listed by another pendamping than today's), ``pendamping_id``.
    """
    check_columns(issued, PLACED, "register of issued lists")
    check_columns(answers, HISTORY, "history of answers")
    own = families[["kpm_id", "pendamping_id"]].drop_duplicates("kpm_id").set_index("kpm_id").sort_index()
    day = as_of.isoformat()
    listed = issued[issued["urutan"].notna() & (issued["tanggal_acuan"] < day)]
    known = last_answers(answers, as_of)
    last = listed.sort_values(["tanggal_acuan", "list_id"]).drop_duplicates("kpm_id", keep="last").set_index("kpm_id")
    place = last.reindex(own.index)
    said = known.set_index(["list_id", "row_id"])[["hasil", "keputusan", "keputusan_keluarga"]]
    answer = said.reindex(pd.MultiIndex.from_frame(place[["list_id", "row_id"]])).fillna("").set_axis(own.index)
    words = last_words(known).reindex(own.index)
    latest = newest if newest is not None else listed["tanggal_acuan"].max() if len(listed) else ""
    told = pd.DataFrame(
        {
            "kali_didaftar": listed.groupby("kpm_id").size().reindex(own.index, fill_value=0).astype("int64"),
            "terakhir_didaftar": place["tanggal_acuan"].fillna("").astype("str"),
            "di_daftar_terakhir": (place["tanggal_acuan"] == latest).to_numpy(dtype=bool),
            "hasil": answer["hasil"],
            "keputusan": answer["keputusan"],
            "kata_keluarga": words["keputusan_keluarga"].fillna("").astype("str"),
            "tanggal_kata": words["tanggal"].fillna("").astype("str"),
            "pendamping_id": own["pendamping_id"],
        }
    )
    answered = place["list_id"].isin(known["list_id"]).to_numpy()
    silent = (
        told["hasil"].isin(_UNFINISHED) & ~told["keputusan"].isin(_SETTLED) & ~answer["keputusan_keluarga"].isin(ASKED)
    )
    told["belum_selesai"] = told["di_daftar_terakhir"] & silent & answered & (told["kali_didaftar"] <= MOST_CARRIED)
    told["keberatan"] = told["kata_keluarga"] == OBJECTS
    moved = place["pendamping_id"].notna() & (place["pendamping_id"] != own["pendamping_id"])
    told["pindah_pendamping"] = moved.to_numpy(dtype=bool)
    return told


def last_answers(answers: pd.DataFrame, as_of: dt.date) -> pd.DataFrame:
    """The last version of every answer known at the date, one line per row of a list."""
    known = answers[answers["tanggal_diketahui"] <= as_of.isoformat()]
    ordered = known.sort_values(["tanggal_diketahui", "nomor"])
    return ordered.drop_duplicates(["list_id", "row_id"], keep="last")


def last_words(known: pd.DataFrame) -> pd.DataFrame:
    """What each family said last (`ASKED`), with the day; indexed by ``kpm_id``."""
    spoke = known[known["keputusan_keluarga"].isin(ASKED)]
    day = spoke["tanggal_kunjungan"].where(spoke["tanggal_kunjungan"] != "", spoke["tanggal_diketahui"])
    ordered = spoke.assign(tanggal=day).sort_values(["tanggal", "tanggal_diketahui", "nomor"])
    return ordered.drop_duplicates("kpm_id", keep="last").set_index("kpm_id")[["keputusan_keluarga", "tanggal"]]


def held_out(families: pd.Index, share: float, seed: int) -> np.ndarray:
    """Which families are in a share drawn once and for all, by a hash of seed and id, whatever the date; shape (n,), bool."""
    if not share:
        return np.zeros(len(families), dtype=bool)
    draws = [
        int.from_bytes(hashlib.sha256(f"sisih|{seed}|{kpm}".encode()).digest()[: _BITS // 8], "big") / 2**_BITS
        for kpm in families
    ]
    return np.array(draws, dtype=float) < share


def reassigned(told: pd.DataFrame) -> pd.DataFrame:
    """Families with an unfinished visit whose pendamping is another now (from `story`): whom to tell; columns as there."""
    return told[told["pindah_pendamping"] & told["belum_selesai"]]


def helped(issued: pd.DataFrame, answers: pd.DataFrame, rows: pd.MultiIndex, *, months: int = 12) -> pd.DataFrame:
    """What had been done for each training row ``(kpm_id, as_of)`` in the months up to its date, so that retraining knows.

    Columns (bool): ``didaftar`` (on a list dated within the months), ``dijawab`` (an answer to a list was known), ``diusulkan``.
    A family that left after she was listed is no example of leaving by herself; weigh or leave out such rows.
    """
    check_columns(issued, PLACED, "register of issued lists")
    check_columns(answers, HISTORY, "history of answers")
    listed = issued.loc[issued["urutan"].notna(), ["kpm_id", "tanggal_acuan"]].rename(columns={"tanggal_acuan": "hari"})
    known = answers.rename(columns={"tanggal_diketahui": "hari"})
    proposed = known[known["keputusan"] == "diusulkan"]
    found = {
        "didaftar": _within(listed, rows, months),
        "dijawab": _within(known[["kpm_id", "hari"]], rows, months),
        "diusulkan": _within(proposed[["kpm_id", "hari"]], rows, months),
    }
    return pd.DataFrame(found, index=rows)


def _within(events: pd.DataFrame, rows: pd.MultiIndex, months: int) -> np.ndarray:
    """Whether an event of the family lies in the months up to each row's date (the date itself included)."""
    dates = rows.get_level_values(INDEX[1])
    out = np.zeros(len(rows), dtype=bool)
    for stamp in dates.unique():
        last: dt.date = stamp.date()
        inside = (events["hari"] > add_months(last, -months).isoformat()) & (events["hari"] <= last.isoformat())
        at = dates == stamp
        out[at] = rows.get_level_values(INDEX[0])[at].isin(events.loc[inside, "kpm_id"])
    return out


def churn(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """Coming and going between two lists (``kpm_id, pendamping_id, urutan``), per pendamping of either.

    Columns (int64): ``sebelum``, ``sesudah``, ``tetap``, ``masuk``, ``keluar``. A family that changed her pendamping stays
    (``tetap``) with the new one and counts among neither's leavings.
    """
    old, new = (frame[frame["urutan"].notna()] for frame in (before, after))
    stays = new["kpm_id"].isin(old["kpm_id"])
    gone = old[~old["kpm_id"].isin(new["kpm_id"])]
    people = sorted({*old["pendamping_id"].dropna(), *new["pendamping_id"].dropna()})
    counts = {
        "sebelum": old["pendamping_id"],
        "sesudah": new["pendamping_id"],
        "tetap": new.loc[stays, "pendamping_id"],
        "masuk": new.loc[~stays, "pendamping_id"],
        "keluar": gone["pendamping_id"],
    }
    columns = {name: who.value_counts().reindex(people, fill_value=0).astype("int64") for name, who in counts.items()}
    return pd.DataFrame(columns, index=pd.Index(people, name="pendamping_id"))


def flickers(lists: Sequence[pd.DataFrame]) -> int:
    """How often a family went off a list and came back on the next: sequences on, off, on in lists ordered by date."""
    listed = [set(frame.loc[frame["urutan"].notna(), "kpm_id"]) for frame in lists]
    return sum(
        len((first & third) - second) for first, second, third in zip(listed, listed[1:], listed[2:], strict=False)
    )
