"""Allocation: places within each pendamping's caseload, by readiness, with a few random slots, never from the unready."""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
from collections.abc import Mapping

import numpy as np
import pandas as pd

from pkh_graduation.contracts import INDEX, Facts, PriorityLists, Reasons, Scores, Snapshots
from pkh_graduation.priorities import guardrails, referrals
from pkh_graduation.priorities.bands import Bands
from pkh_graduation.priorities.cohort import CHANCES, Cohort, facts_rows, measure, objecting, one_date, with_chances
from pkh_graduation.priorities.draws import inclusion, uniform
from pkh_graduation.priorities.guardrails import Guarded, guard
from pkh_graduation.priorities.quota import Quota
from pkh_graduation.priorities.referrals import refer
from pkh_graduation.priorities.shortfalls import shortfalls
from pkh_graduation.programme.vocabulary import BELUM, SIAP_DIBAHAS

NO_PENDAMPING = "belum ada pendamping tercatat"
NO_SCORE = "belum dinilai model"

NEEDED_FACTS = tuple(dict.fromkeys([*guardrails.READ, *referrals.READ]))
"""Facts read of every family of a caseload, beside the model's columns (of those only whether they are missing, which the
model's inputs know as well). All other facts, and every known day, are needed for explained families alone."""

_CARDS = ["kpm_id", "as_of", "arah", "urutan", "tema", "fitur", "nilai", "tanggal_diketahui", "kontribusi", "kalimat"]
_COLUMNS = [
    *INDEX, "pendamping_id", "desa", "kecamatan", "kabupaten", "kelompok_id", "urutan", "kategori", *CHANCES,
    "slot", "propensi", "dikecualikan_karena", "peringatan", "cek", "rujukan", "proses",
]  # fmt: skip


def prioritise(
    scores: Scores,
    reasons: Reasons | None,
    facts: Facts,
    history: Snapshots,
    *,
    quota: Quota,
    random_state: int = 0,
    exploration: float = 0.05,
    bands: Bands | None = None,
    cohort: Cohort | None = None,
    notes: Mapping[str, str] | None = None,
    run_id: str | None = None,
) -> PriorityLists:
    """Fill every pendamping's list from her own caseload.

    Ready families (band *siap dibahas*) in the order of P(mandiri within 12 months), ties by a seeded hash, take all places
    but the random slots: ``exploration`` of the quota, rounded up or down by a seeded draw, given by lot among the remaining
    families that every guard clears and that are ready or need mentoring. Too few families leave places empty, and
    ``shortfalls`` says why. Families with an open case are shown, never counted as new. An objecting family carries no
    number and no reason; a family without a score is "not yet". Without ``reasons`` the lists have no cards.

    The families may be a part of the cohort, whole caseloads only: then ``cohort`` is the sum of all parts' `Cohort.of`, and
    ``run_id`` names the run all parts belong to. Part by part or at once, every family's line is the same.

    Raises:
        ContractError: several dates in ``history``, families that ``facts`` lack, or a horizon below four quarters.
    """
    if not 0 <= exploration < 1:
        raise ValueError(f"exploration is a share of the quota from 0 to below 1, not {exploration!r}.")
    bands = bands or Bands()
    as_of = one_date(history)
    families = with_chances(scores, history)
    rows = facts_rows(facts, families.index)
    families.loc[objecting(facts, rows), list(CHANCES)] = np.nan
    whole = cohort or measure(families["p_mandiri_12m"].to_numpy(dtype=float), facts, rows)
    read = [name for name in dict.fromkeys([*NEEDED_FACTS, *whole.columns]) if name in facts.values.columns]
    values = facts.values[read].take(rows)
    guarded = guard(values, whole.columns)
    families = _judge(families, guarded, bands, whole.base).assign(rujukan=refer(values, guarded.objects))
    families = _allocate(families, quota, random_state, exploration, as_of.isoformat())
    order = families.sort_values(["pendamping_id", "urutan", "tertib"], na_position="last", kind="stable")
    settings = (quota, random_state, exploration, bands, cohort)
    lists = PriorityLists(
        frame=order.reset_index()[_COLUMNS],
        cards=pd.DataFrame({name: [] for name in _CARDS}),
        shortfalls=shortfalls(families, quota),
        run_id=run_id or _run_id(families, settings, as_of),
        as_of=as_of,
        catalogue=facts.catalogue,
        facts=facts,
        notes=dict(notes or {}),
    )
    return lists if reasons is None else add_reasons(lists, reasons)


def add_reasons(lists: PriorityLists, reasons: Reasons) -> PriorityLists:
    """The same lists with the cards of families that may carry a number, in one order whatever the order of the input.

    Whoever explains listed families alone allocates first without reasons, then adds them here: places never depend on them.
    """
    cards, speakable = reasons.cards, pd.Index(lists.frame.loc[lists.frame["p_mandiri_12m"].notna(), "kpm_id"])
    own = (speakable.get_indexer(cards["kpm_id"]) >= 0) & (cards["as_of"] == pd.Timestamp(lists.as_of)).to_numpy()
    chosen = cards.loc[own, _CARDS]
    order = chosen.sort_values([*INDEX, "arah", "urutan"], ascending=[True, True, False, True], ignore_index=True)
    return dataclasses.replace(lists, cards=order)


def _judge(families: pd.DataFrame, guarded: Guarded, bands: Bands, base: float) -> pd.DataFrame:
    """Add band, words and who is eligible."""
    out = families.copy()
    p = out["p_mandiri_12m"].to_numpy(dtype=float)
    scored = ~np.isnan(p)
    judged = scored & ~(guarded.uncleared | guarded.poor).to_numpy()
    out["kategori"] = pd.array(bands.of(p, base, hard=guarded.hard.to_numpy(), judged=judged), dtype="str")
    alone = out["pendamping_id"].isna().to_numpy()
    out["dikecualikan_karena"] = _also(guarded.excluded, NO_PENDAMPING, alone)
    out["peringatan"] = _also(guarded.warnings, NO_SCORE, ~scored & ~guarded.objects.to_numpy())
    out["cek"] = guarded.checks
    out["pagar"] = guarded.hard
    out["terlayani"] = ~alone
    out["boleh"] = guarded.cleared.to_numpy() & scored & ~alone & out["proses"].isna().to_numpy()
    return out


def _also(words: pd.Series, word: str, where: np.ndarray) -> pd.Series:
    if not where.any():
        return words
    said = words.copy()
    said[where] = [f"{words_before}|{word}" if words_before else word for words_before in words[where]]
    return said


def _allocate(families: pd.DataFrame, quota: Quota, seed: int, exploration: float, date: str) -> pd.DataFrame:
    """Add urutan, slot, propensi, and ``tertib``: the order by chance, ties by hash."""
    ids = families.index.get_level_values("kpm_id").tolist()
    p = families["p_mandiri_12m"].to_numpy(dtype=float)
    tertib = np.empty(len(families), dtype=np.int64)
    tertib[np.lexsort((uniform(seed, "urut", ids, date), np.where(np.isnan(p), np.inf, -p)))] = np.arange(len(families))
    allowed, band = families["boleh"].to_numpy(), families["kategori"].to_numpy()
    drawable, ready = allowed & (band != BELUM), allowed & (band == SIAP_DIBAHAS)
    group, names = pd.factorize(families["pendamping_id"].fillna(""))
    places = np.array([quota.of(int(size)) for size in np.bincount(group)], dtype=float)[group]
    expected = exploration * places
    slots = np.floor(expected) + (uniform(seed, "bulat", names.tolist(), date)[group] < expected % 1)
    rank = _rank(tertib, group, ready)
    by_model = rank <= places - slots
    by_lot = drawable & ~by_model
    by_lot &= _rank(_lots(ids, by_lot, seed, date), group, by_lot) <= slots
    listed = by_model | by_lot
    place = pd.array(np.where(listed, _rank(tertib, group, listed), 0), dtype="Int32")
    place[~listed] = pd.NA
    pool = [np.bincount(group, weights=who)[group] for who in (ready, drawable)]
    chance = inclusion(rank, ready, places, pool[0], pool[1], exploration)
    slot = np.select([by_model, by_lot], ["model", "acak"], "")
    return families.assign(
        tertib=tertib,
        urutan=place,
        slot=pd.Series(slot, index=families.index, dtype="str").where(listed),
        propensi=np.where(drawable & (chance > 0), chance, np.nan),
    )


def _lots(ids: list[str], where: np.ndarray, seed: int, date: str) -> np.ndarray:
    """One seeded number for each family in the draw."""
    lots = np.full(len(ids), np.inf)
    drawn = np.flatnonzero(where)
    lots[drawn] = uniform(seed, "acak", [ids[position] for position in drawn], date)
    return lots


def _rank(key: np.ndarray, group: np.ndarray, among: np.ndarray) -> np.ndarray:
    """Place by ascending ``key`` within its group, from 1; infinite outside ``among``. Ties fall by position."""
    rank = np.full(len(key), np.inf)
    rows = np.flatnonzero(among)
    rows = rows[np.lexsort((key[rows], group[rows]))]
    owner = group[rows]
    first = np.searchsorted(owner, owner)
    rank[rows] = np.arange(len(rows)) - first + 1
    return rank


def _run_id(families: pd.DataFrame, settings: tuple[object, ...], as_of: dt.date) -> str:
    """SHA-256 over everything that decides the lists; the families are in the order of their ids."""
    digest = hashlib.sha256(repr((as_of.isoformat(), *settings)).encode())
    digest.update("\n".join(families.index.get_level_values("kpm_id").tolist()).encode())
    for name in ("pendamping_id", "proses", "dikecualikan_karena", "peringatan", "rujukan"):
        digest.update("\n".join([name, *families[name].fillna("").tolist()]).encode())
    digest.update(np.ascontiguousarray(families[list(CHANCES)].to_numpy(dtype="<f8")).tobytes())
    return digest.hexdigest()
