"""What levers change, learned when a model is trained: a study per lever whose chance of an offer was drawn and logged.

The bundle's ``uplift.json`` holds each study's grade, figures and checks, and, where the lever is shown to help or to harm
somebody, its answer for new families; `lists` hands that to the panel of what can be done. A lever without enough lots, with
checks that fail, or with nothing shown stays at E0: a matter to talk about, worded so.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from pkh_graduation import stores
from pkh_graduation.contracts import Evidence, Outcomes, Progress, Snapshots, quiet
from pkh_graduation.estimators.kept_effects import KeptEffect, plain_effect
from pkh_graduation.estimators.uplift import UNDIAN, Offers, Study, read_lots, study_lever
from pkh_graduation.estimators.uplift.dr_learner import FEWEST
from pkh_graduation.estimators.uplift.offers import NEEDED
from pkh_graduation.evaluation.model_card import CardTable
from pkh_graduation.priorities.cohort import YEAR
from pkh_graduation.programme.levers import TINDAKAN, Lever, levers
from pkh_graduation.workflows.places import Places

FILE = "uplift.json"
TABLE = "program_komplementer"
NO_TABLE = "the records hold no lots: no chance of an offer was drawn and logged"
NOTHING_SHOWN = "not shown to help or to harm anybody"
_FEWEST_ROWS = 200
_INFINITE = 1e9


@dataclass(frozen=True)
class Effects:
    """The studies of one training, one mapping each, ready for JSON."""

    studies: tuple[Mapping[str, Any], ...]

    def text(self) -> str:
        """Content of the bundle's file."""
        return json.dumps(self.studies, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n"

    def figures(self) -> dict[str, Any]:
        """For the command's answer: grade of every lever that was looked at, and why E0."""
        return {
            str(one["lever"]): one["grade"] if one["grade"] != "E0" else f"E0: {one['why']}" for one in self.studies
        }


def study(
    places: Places, X: pd.DataFrame, y: Outcomes, history: Snapshots, *, seed: int = 0, progress: Progress = quiet
) -> Effects:
    """Study every lever of the catalogue that records can show, as known on ``y.known_by``."""
    asked = [lever for lever in levers(on=y.known_by) if lever.jenis == TINDAKAN and lever.program]
    table = stores.read_store(places.store, {TABLE: NEEDED}).tables.get(TABLE)
    if table is None or y.max_horizon < YEAR:
        return Effects(tuple(_unknown(lever, NO_TABLE) for lever in asked))
    lots = {lever.kode: read_lots(table, lever.program, y, horizon=YEAR) for lever in asked}
    enough = [code for code, offers in lots.items() if not _lacking(offers)]
    found = []
    for lever in asked:
        offers = lots[lever.kode]
        if lever.kode not in enough:
            found.append(_unknown(lever, _lacking(offers), offers))
            continue
        progress(f"mempelajari pengaruh {lever.kode}")
        found.append(_told(_study(lever, offers, X, history, len(enough), seed), offers))
    return Effects(tuple(found))


def _study(lever: Lever, offers: Offers, X: pd.DataFrame, history: Snapshots, together: int, seed: int) -> Study:
    owner = history.frame["pendamping_id"].reindex(offers.index)
    alone = pd.Series(offers.index.get_level_values("kpm_id"), index=offers.index)
    # One thread: a study, like a model, must not depend on who makes it.
    with threadpool_limits(limits=1):
        return study_lever(
            lever.kode, X.loc[offers.index], offers.treated, offers.outcome, design=UNDIAN, together=together,
            propensity=offers.propensity, groups=owner.fillna(alone).to_numpy(dtype=object).astype(str), random_state=seed,
        )  # fmt: skip


def _lacking(offers: Offers) -> str:
    """Why nothing can be learned from these lots; empty where something can."""
    if not len(offers.index):
        return NO_TABLE
    rarer = [
        int(min(offers.outcome[offers.treated == arm].sum(), (1 - offers.outcome[offers.treated == arm]).sum()))
        for arm in (0.0, 1.0)
    ]
    if min(rarer) < FEWEST or len(offers.index) < _FEWEST_ROWS:
        return f"{len(offers.index)} lots, of which the smaller arm has fewer than {FEWEST} graduations: too few"
    return ""


def _unknown(lever: Lever, why: str, offers: Offers | None = None) -> dict[str, Any]:
    return {"lever": lever.kode, "grade": "E0", "why": why, "families": len(offers.index) if offers is not None else 0}


def _told(study: Study, offers: Offers) -> dict[str, Any]:
    """A study as a bundle keeps it. Significant is what passed its gate, or harms on average for certain."""
    margin = 1.96 * study.bounds.average_se
    low, high = study.bounds.average - margin, study.bounds.average + margin
    shown = study.grade != "E0" and (study.gate.passed or high < 0)
    days = offers.index.get_level_values("as_of")
    why = "; ".join(study.reasons) or ("" if shown else NOTHING_SHOWN)
    return {
        "lever": study.lever,
        "grade": study.grade if shown else "E0",
        "why": why,
        "design": study.design,
        "families": len(offers.index),
        "taken": int(offers.treated.sum()),
        "graduated": int(offers.outcome.sum()),
        "effect": study.bounds.average,
        "low": low,
        "high": high,
        "gain": study.gate.gain,
        "gain_low": study.gate.low,
        "together": study.gate.together,
        "e_value": min(float(study.e_value), _INFINITE),
        "tipping": min(float(study.tipping), _INFINITE),
        "overlap": float(study.overlap.share),
        "population": f"{len(offers.index)} keluarga yang diundi, {days.min():%m/%Y}-{days.max():%m/%Y}",
        **({"answer": plain_effect(study)} if shown else {}),
    }


def kept_in(bundle: Path) -> tuple[KeptEffect, ...]:
    """Evidence that a bundle keeps, its files checked; nothing where it keeps none.

    Raises:
        BundleError: the bundle is damaged.
    """
    content = stores.read_sealed(bundle).files.get(FILE)
    told: Sequence[Mapping[str, Any]] = json.loads(content) if content else []
    return tuple(
        KeptEffect(str(one["lever"]), str(one["grade"]), str(one["population"]), one["answer"])
        for one in told
        if "answer" in one
    )


def evidence_for(effects: Sequence[KeptEffect], X: pd.DataFrame) -> list[Evidence]:
    """Evidence about some families, for `explanations.suggest`."""
    return [effect.evidence(X) for effect in effects] if len(X) else []


def card_table(effects: Effects) -> list[CardTable]:
    """The studies for the model card, effects per hundred families; counts below five are not told."""
    rows = [
        {
            "lever": one["lever"], "grade": one["grade"], "families": one["families"],
            **{name: round(100 * one[name], 2) if name in one else np.nan for name in ("effect", "low", "high")},
            "why": one["why"],
        }
        for one in effects.studies
        if one["families"]
    ]  # fmt: skip
    note = {
        "id": "Perubahan graduasi mandiri dalam 12 bulan dari 100 keluarga, dari undian yang dicatat (95 %). E0: belum terbukti; "
        "daftar hanya menyebutnya sebagai bahan bicara."
        + ("" if rows else " Catatan tidak memuat undian, jadi tidak ada yang terbukti."),
        "en": "Change of graduations within 12 months per 100 families, from logged lots (95 %). E0: nothing is shown; the lists "
        "name it as a matter to talk about." + ("" if rows else " The records hold no lots, so nothing is shown."),
    }
    title = {"id": "Pengaruh langkah (tuas)", "en": "Effects of levers"}
    return [CardTable("uplift", pd.DataFrame(rows), title=title, note=note)]
