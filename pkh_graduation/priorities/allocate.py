"""Allocation: places within each pendamping's caseload, by readiness, with a few random slots, never from the unready."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping

import numpy as np
import pandas as pd

from pkh_graduation.contracts import INDEX, ContractError, Facts, PriorityLists, Reasons, Scores, Snapshots
from pkh_graduation.priorities.bands import Bands
from pkh_graduation.priorities.draws import inclusion, uniform
from pkh_graduation.priorities.guardrails import Guarded, guard
from pkh_graduation.priorities.quota import Quota
from pkh_graduation.priorities.referrals import refer
from pkh_graduation.programme.vocabulary import ADMINISTRATIF, ALAMIAH, BELUM, MANDIRI, SIAP_DIBAHAS, STATES

YEAR = 4
"""Quarters in the twelve months that a list looks ahead."""

NO_PENDAMPING = "belum ada pendamping tercatat"
NO_SCORE = "belum dinilai model"

_CARDS = ["kpm_id", "as_of", "arah", "urutan", "tema", "fitur", "nilai", "tanggal_diketahui", "kontribusi", "kalimat"]
_CHANCES = ["p_mandiri_12m", "p_bawah", "p_atas", "p_alamiah_12m", "p_administratif_12m"]
_COLUMNS = [
    *INDEX, "pendamping_id", "desa", "kecamatan", "kabupaten", "kelompok_id", "urutan", "kategori", *_CHANCES,
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
    notes: Mapping[str, str] | None = None,
) -> PriorityLists:
    """Fill every pendamping's list from her own caseload.

    Ready families (band *siap dibahas*) in the order of P(mandiri within 12 months), ties by a seeded hash, take all places
    but the random slots: ``exploration`` of the quota, rounded up or down by a seeded draw, given by lot among the remaining
    families that every guard clears and that are ready or need mentoring. Too few families leave places empty, and
    ``shortfalls`` says why. Families with an open case are shown, never counted as new. An objecting family carries no
    number and no reason; a family without a score is "not yet". Without ``reasons`` the lists have no cards.

    Raises:
        ContractError: several dates in ``history``, families that ``facts`` lack, or a horizon below four quarters.
    """
    if not 0 <= exploration < 1:
        raise ValueError(f"exploration is a share of the quota from 0 to below 1, not {exploration!r}.")
    bands = bands or Bands()
    as_of = _one_date(history)
    families = _families(scores, history)
    values = _facts_of(facts, families.index)
    guarded = guard(values, list(facts.catalogue.index[facts.catalogue["model"].astype(bool)]))
    families = _judge(families, guarded, bands).assign(rujukan=refer(values, guarded.objects))
    families = _allocate(families, quota, random_state, exploration, as_of.isoformat())
    order = families.sort_values(["pendamping_id", "urutan", "tertib"], na_position="last", kind="stable")
    settings = (quota, random_state, exploration, bands)
    return PriorityLists(
        frame=order.reset_index()[_COLUMNS],
        cards=_cards(reasons, families),
        shortfalls=_shortfalls(families, quota),
        run_id=_run_id(families, settings, as_of),
        as_of=as_of,
        catalogue=facts.catalogue,
        facts=facts,
        notes=dict(notes or {}),
    )


def _one_date(history: Snapshots) -> dt.date:
    dates = history.dates
    if len(dates) != 1:
        raise ContractError(
            f"a list is of one date; history holds {len(dates)}: take snapshots at the list's date alone."
        )
    return dates[0]


def _facts_of(facts: Facts, index: pd.Index) -> pd.DataFrame:
    lost = len(index.difference(facts.values.index))
    if lost:
        raise ContractError(
            f"facts lack {lost} of the {len(index)} families of history: build features of the same history."
        )
    return facts.values.reindex(index)


def _families(scores: Scores, history: Snapshots) -> pd.DataFrame:
    """One row per family of every caseload, sorted by id, with what the model says about the next twelve months."""
    if scores.horizon < YEAR:
        raise ContractError(
            f"a list looks {YEAR} quarters ahead; the scores reach {scores.horizon}: predict with horizon=4."
        )
    unknown = len(scores.index.difference(history.frame.index))
    if unknown:
        raise ContractError(f"{unknown} scored families are not in history: both must be of the same date.")
    year = scores.path[:, YEAR, :]
    # The bag's range belongs to the last quarter; for a longer horizon it says nothing about these twelve months.
    low, high = (scores.low, scores.high) if scores.horizon == YEAR else (np.nan, np.nan)
    said = pd.DataFrame(
        {
            "p_mandiri_12m": year[:, STATES.index(MANDIRI)],
            "p_bawah": low,
            "p_atas": high,
            "p_alamiah_12m": year[:, STATES.index(ALAMIAH)],
            "p_administratif_12m": year[:, STATES.index(ADMINISTRATIF)],
        },
        index=scores.index,
    )
    return history.frame.join(said).sort_index()


def _judge(families: pd.DataFrame, guarded: Guarded, bands: Bands) -> pd.DataFrame:
    """Add band, words and who is eligible; take every number from objecting families."""
    out = families.copy()
    out.loc[guarded.objects, _CHANCES] = np.nan
    p = out["p_mandiri_12m"].to_numpy(dtype=float)
    scored = ~np.isnan(p)
    base = float(p[scored].mean()) if scored.any() else float("inf")
    judged = scored & ~(guarded.uncleared | guarded.poor).to_numpy()
    out["kategori"] = bands.of(p, base, hard=guarded.hard.to_numpy(), judged=judged)
    alone = out["pendamping_id"].isna()
    out["dikecualikan_karena"] = _also(guarded.excluded, NO_PENDAMPING, alone)
    out["peringatan"] = _also(guarded.warnings, NO_SCORE, pd.Series(~scored, index=out.index) & ~guarded.objects)
    out["cek"] = guarded.checks
    out["pagar"] = guarded.hard
    out["terlayani"] = ~alone
    out["boleh"] = guarded.cleared & scored & ~alone & out["proses"].isna()
    return out


def _also(words: pd.Series, word: str, where: pd.Series) -> pd.Series:
    joined = words.where(words == "", words + "|") + word
    return words.mask(where.astype(bool), joined)


def _allocate(families: pd.DataFrame, quota: Quota, seed: int, exploration: float, date: str) -> pd.DataFrame:
    """Add urutan, slot, propensi, and ``tertib``: the order by chance, ties by hash."""
    out = families.copy()
    ids = out.index.get_level_values("kpm_id")
    out["undi"] = uniform(seed, "urut", ids, date)
    order = out.sort_values(["p_mandiri_12m", "undi"], ascending=[False, True], na_position="last", kind="stable")
    out["tertib"] = pd.Series(np.arange(len(out)), index=order.index)
    drawable = out["boleh"] & (out["kategori"] != BELUM)
    ready = out["boleh"] & (out["kategori"] == SIAP_DIBAHAS)
    group = out["pendamping_id"].fillna("")
    places = group.map(group.value_counts().map(quota.of)).astype(float)
    lots = pd.Series(uniform(seed, "bulat", group, date), index=out.index)
    slots = np.floor(exploration * places) + (lots < (exploration * places) % 1)
    rank = out["tertib"].where(ready).groupby(group).rank()
    by_model = ready & (rank <= places - slots)
    by_lot = drawable & ~by_model
    lot = pd.Series(uniform(seed, "acak", ids, date), index=out.index).where(by_lot).groupby(group).rank(method="first")
    by_lot &= lot <= slots
    out["slot"] = pd.Series(np.select([by_model, by_lot], ["model", "acak"], ""), index=out.index).replace("", np.nan)
    listed = by_model | by_lot
    out["urutan"] = out["tertib"].where(listed).groupby(group).rank().astype("Int32")
    chance = inclusion(
        rank.fillna(np.inf).to_numpy(),
        ready.to_numpy(),
        places.to_numpy(),
        ready.groupby(group).transform("sum").to_numpy(dtype=float),
        drawable.groupby(group).transform("sum").to_numpy(dtype=float),
        exploration,
    )
    out["propensi"] = pd.Series(chance, index=out.index).where(drawable & (chance > 0))
    return out


def _shortfalls(families: pd.DataFrame, quota: Quota) -> pd.DataFrame:
    """Per pendamping: caseload, quota, places filled, and why some are empty (largest cause first, no counts)."""
    rows = []
    for name, caseload in families[families["terlayani"]].groupby("pendamping_id", sort=True):
        places, filled = quota.of(len(caseload)), int(caseload["urutan"].notna().sum())
        rows.append((name, len(caseload), places, filled, "" if filled >= places else _cause(caseload)))
    return pd.DataFrame(rows, columns=["pendamping_id", "dampingan", "kuota", "terisi", "sebab"])


def _cause(caseload: pd.DataFrame) -> str:
    open_case = caseload["proses"].notna()
    rest = ~caseload["pagar"] & ~open_case
    causes = {
        "peluang di bawah rata-rata": int((rest & caseload["boleh"] & (caseload["kategori"] != SIAP_DIBAHAS)).sum()),
        "dikecualikan oleh pengaman": int((caseload["pagar"] & ~open_case).sum()),
        "data belum cukup": int((rest & ~caseload["boleh"]).sum()),
        "kasus sedang diproses": int(open_case.sum()),
    }
    words = [word for word, count in sorted(causes.items(), key=lambda item: -item[1]) if count]
    return f"keluarga siap dibahas lebih sedikit dari kuota; lainnya: {', '.join(words)}"


def _cards(reasons: Reasons | None, families: pd.DataFrame) -> pd.DataFrame:
    """Cards of families that may carry a number, in one order whatever the order of the input."""
    if reasons is None:
        return pd.DataFrame({name: [] for name in _CARDS})
    speakable = families.index[families["p_mandiri_12m"].notna()]
    own = pd.MultiIndex.from_frame(reasons.cards[list(INDEX)]).isin(speakable)
    cards = reasons.cards.loc[own, _CARDS]
    return cards.sort_values([*INDEX, "arah", "urutan"], ascending=[True, True, False, True], ignore_index=True)


def _run_id(families: pd.DataFrame, settings: tuple[object, ...], as_of: dt.date) -> str:
    """SHA-256 over everything that decides the lists; the families are in the order of their ids."""
    digest = hashlib.sha256(repr((as_of.isoformat(), *settings)).encode())
    words = families[["pendamping_id", "proses", "dikecualikan_karena", "peringatan", "rujukan"]].fillna("").astype(str)
    digest.update("\n".join(families.index.get_level_values("kpm_id")).encode())
    digest.update(words.to_csv(index=False).encode())
    digest.update(np.ascontiguousarray(families[_CHANCES].to_numpy(dtype="<f8")).tobytes())
    return digest.hexdigest()
