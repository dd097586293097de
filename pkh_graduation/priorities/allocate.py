"""Allocation: places within each pendamping's caseload, by readiness, with a few random slots, never from the unready."""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
from collections.abc import Mapping

import numpy as np
import pandas as pd

from pkh_graduation.contracts import INDEX, Facts, PriorityLists, Reasons, Scores, Snapshots
from pkh_graduation.priorities import beside, floors, goals, guardrails, referrals
from pkh_graduation.priorities.bands import Bands
from pkh_graduation.priorities.cohort import (
    CHANCES,
    Cohort,
    facts_rows,
    measure,
    objecting,
    one_date,
    values_at,
    with_chances,
)
from pkh_graduation.priorities.floors import Floors
from pkh_graduation.priorities.guardrails import Guarded, guard
from pkh_graduation.priorities.places import fill
from pkh_graduation.priorities.plan import MONTHLY, plan
from pkh_graduation.priorities.quota import Quota
from pkh_graduation.priorities.referrals import refer
from pkh_graduation.priorities.shortfalls import shortfalls
from pkh_graduation.programme.rules import RuleError, rule

NO_PENDAMPING = "belum ada pendamping tercatat"
NO_SCORE = "belum dinilai model"
LEFT_ALONE = "keluarga minta tidak dihubungi"
TARGET_DECILE = 4
"""Stands in where no decile limit was published for the date (assumption)."""

NEEDED_FACTS = tuple(dict.fromkeys([*guardrails.READ, *referrals.READ, *goals.READ, *floors.READ, *beside.READ]))
"""Facts read of every family of a caseload, beside the model's columns (of those only whether they are missing, which the
model's inputs know as well). All other facts, and every known day, are needed for explained families alone."""

_CARDS = ["kpm_id", "as_of", "arah", "urutan", "tema", "fitur", "nilai", "tanggal_diketahui", "kontribusi", "kalimat"]
_COLUMNS = [
    *INDEX, "pendamping_id", "desa", "kecamatan", "kabupaten", "kelompok_id", "urutan", "kategori", *CHANCES,
    "slot", "propensi", "dikecualikan_karena", "peringatan", "cek", "rujukan", "proses", "rencana", "kunjungan_ke",
    "daftar_lain", "lanjut",
]  # fmt: skip


def prioritise(
    scores: Scores,
    reasons: Reasons | None,
    facts: Facts,
    history: Snapshots,
    *,
    quota: Quota,
    goal: str = "readiness",
    floors: Floors | None = None,
    monthly: int = MONTHLY,
    standing: pd.DataFrame | None = None,
    random_state: int = 0,
    exploration: float = 0.05,
    bands: Bands | None = None,
    cohort: Cohort | None = None,
    notes: Mapping[str, str] | None = None,
    run_id: str | None = None,
) -> PriorityLists:
    """Fill every pendamping's list from her own caseload.

    In this order, what comes first never gives way: hard guardrails; the stop rule (only families as likely as ``bands.ready``
    asks fill a list); the quota; floors; random slots. They take the places in the order of the ``goal`` (`goals.GOALS`), ties
    by a seeded hash; ``floors`` then keep places for groups that are passed over. The random slots, ``exploration`` of the
    quota, rounded up or down by a seeded draw, go by lot to the remaining families that every guard clears and that are ready
    or need mentoring; the chance of each family is logged exactly. Too few ready families leave places empty: ``shortfalls``
    says why, and which floors are not met. Families with an open case are shown, never counted as new. An objecting family
    carries no number and no reason; a family without a score is "not yet". Without ``reasons`` the lists have no cards.

    ``monthly`` visits make a month's plan, by desa (`plan.plan`). ``standing`` (by kpm_id): see `goals.stand`. Two lists
    apart: see `beside.beside`.

    The families may be a part of the cohort, whole caseloads only: then ``cohort`` is the sum of all parts' `Cohort.of`, and
    ``run_id`` names the run all parts belong to. Part by part or at once, every family's line is the same.

    Raises:
        ContractError: several dates in ``history``, families that ``facts`` lack, or a horizon below four quarters.
    """
    if not 0 <= exploration < 1:
        raise ValueError(f"exploration is a share of the quota from 0 to below 1, not {exploration!r}.")
    bands, floors = bands or Bands(), floors or Floors()
    as_of = one_date(history)
    families = with_chances(scores, history)
    ids = families.index.get_level_values("kpm_id")
    stood = goals.stand(standing, ids)
    rows = facts_rows(facts, families.index)
    objects = objecting(facts, rows)
    families.loc[objects, list(CHANCES)] = np.nan
    whole = cohort or measure(families["p_mandiri_12m"].to_numpy(dtype=float), facts, rows)
    read = [name for name in dict.fromkeys([*NEEDED_FACTS, *whole.columns]) if name in facts.values.columns]
    values = values_at(facts, rows, read)
    guarded = guard(values, whole.columns)
    families = _judge(families, guarded, bands, whole.base, stood).assign(rujukan=refer(values, guarded.objects))
    chance, lift = families["p_mandiri_12m"].to_numpy(dtype=float), stood[goals.LIFT].to_numpy()
    worth = goals.worth(chance, values, goal, stood["bonus"].to_numpy(), lift)
    families, said = fill(families, values, worth, quota, floors, random_state, exploration, as_of.isoformat())
    families = _plan(families, worth, monthly)
    families["daftar_lain"], families["lanjut"] = beside.beside(values, objects, _target_decile(as_of))
    order = families.sort_values(["pendamping_id", "urutan", "tertib"], na_position="last", kind="stable")
    settings = (quota, random_state, exploration, bands, cohort, goal, floors, monthly, _digest(stood))
    lists = PriorityLists(
        frame=order.reset_index()[_COLUMNS],
        cards=pd.DataFrame({name: [] for name in _CARDS}),
        shortfalls=shortfalls(families, quota, said),
        run_id=run_id or _run_id(families, settings, as_of),
        as_of=as_of,
        catalogue=facts.catalogue,
        facts=facts,
        notes={"tujuan": goal, **(notes or {})},
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


def _judge(families: pd.DataFrame, guarded: Guarded, bands: Bands, base: float, stood: pd.DataFrame) -> pd.DataFrame:
    """Add band, words and who is eligible."""
    out = families.copy()
    p = out["p_mandiri_12m"].to_numpy(dtype=float)
    scored = ~np.isnan(p)
    judged = scored & ~(guarded.uncleared | guarded.poor).to_numpy()
    hard = guarded.hard.to_numpy()
    out["kategori"] = pd.array(bands.of(p, base, hard=hard, judged=judged), dtype="str")
    out["berpeluang"] = bands.may_be_listed(p, base, hard=hard, judged=judged)
    alone = out["pendamping_id"].isna().to_numpy()
    flags = {name: stood[name].to_numpy(dtype=bool) for name in goals.STANDING[1:]}
    excluded = _also(guarded.excluded, NO_PENDAMPING, alone)
    out["dikecualikan_karena"] = _also(excluded, LEFT_ALONE, flags["do_not_contact"] & ~guarded.objects.to_numpy())
    out["peringatan"] = _also(guarded.warnings, NO_SCORE, ~scored & ~guarded.objects.to_numpy())
    out["cek"] = guarded.checks
    out["pagar"] = guarded.hard
    kept_off = alone | flags["do_not_contact"] | flags["holdout"]
    out["boleh"] = guarded.cleared.to_numpy() & scored & ~kept_off & out["proses"].isna().to_numpy()
    return out.assign(**flags)


def _plan(families: pd.DataFrame, worth: np.ndarray, monthly: int) -> pd.DataFrame:
    """Add the month of the plan and the visit within it, missing where a family is on no list."""
    place = families["urutan"].to_numpy(dtype="int64", na_value=0)
    group, desa, kelompok = (
        pd.factorize(families[name], sort=True)[0] for name in ("pendamping_id", "desa", "kelompok_id")
    )
    month, visit = plan(place, group, desa, kelompok, worth, monthly)
    found = {"rencana": month, "kunjungan_ke": visit}
    return families.assign(**{name: pd.array(at, dtype="Int32") for name, at in found.items()}).assign(
        **{name: lambda frame, name=name: frame[name].mask(frame[name] == 0) for name in found}
    )


def _target_decile(as_of: dt.date) -> int:
    """Highest decile at which the programme aims on the day."""
    try:
        return int(rule("desil_max_program", on=as_of).nilai)
    except RuleError:
        return TARGET_DECILE


def _digest(stood: pd.DataFrame) -> str:
    said = stood[stood.ne(0).any(axis=1)]
    return hashlib.sha256(said.sort_index().to_csv().encode()).hexdigest()


def _also(words: pd.Series, word: str, where: np.ndarray) -> pd.Series:
    if not where.any():
        return words
    said = words.copy()
    said[where] = [f"{words_before}|{word}" if words_before else word for words_before in words[where]]
    return said


def _run_id(families: pd.DataFrame, settings: tuple[object, ...], as_of: dt.date) -> str:
    """SHA-256 over everything that decides the lists; the families are in the order of their ids."""
    digest = hashlib.sha256(repr((as_of.isoformat(), *settings)).encode())
    digest.update("\n".join(families.index.get_level_values("kpm_id").tolist()).encode())
    for name in ("pendamping_id", "proses", "dikecualikan_karena", "peringatan", "rujukan"):
        digest.update("\n".join([name, *families[name].fillna("").tolist()]).encode())
    digest.update(np.ascontiguousarray(families[list(CHANCES)].to_numpy(dtype="<f8")).tobytes())
    return digest.hexdigest()
