"""*Siap dibahas* in use: what `train` keeps of the last year whose outcomes are known, and where `lists` sets the band by it.

The bundle's ``past_year.json`` holds, for the last origin of the recipe's backtest, how many families could have been listed
and the ranks of those among them who left by mandiri within twelve months: no family, no chance. The predictions are those of
a model that had learned by that origin alone. Without such a backtest the band is that of the cohort's mean, and says so.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pkh_graduation import priorities, stores
from pkh_graduation.contracts import INDEX
from pkh_graduation.outputs import words
from pkh_graduation.priorities.cohort import YEAR, model_columns
from pkh_graduation.programme.vocabulary import MANDIRI
from pkh_graduation.workflows import evidence, featuring, scoring
from pkh_graduation.workflows.places import Places
from pkh_graduation.workflows.provenance import Provenance

FILE = "past_year.json"
OFF = 1.0
"""Share of false discoveries at which nothing is promised: the band is that of the cohort's mean."""
NO_BACKTEST = "no backtest of this recipe on these records"
OTHER_HORIZON = "the backtest judged another horizon than twelve months"
NOT_KEPT = "the bundle holds no past year: run backtest, then train"
NOT_WANTED = "the settings ask for no limit"


@dataclass(frozen=True)
class Promise:
    """How *siap dibahas* was set for a list: by a discovery calibrated at ``origin``, or by the mean because of ``reason``."""

    found: priorities.Discovery | None
    origin: str = ""
    reason: str = ""

    @property
    def bands(self) -> priorities.Bands:
        """Bands of the list."""
        return priorities.Bands(least=self.found.threshold if self.found else None)

    def figures(self) -> dict[str, Any]:
        """For the command's answer; an empty band has no threshold."""
        if self.found is None:
            return {"rule": "rata-rata", "reason": self.reason}
        told, least = self.found, self.found.threshold
        return {
            "rule": "penemuan keliru",
            "false_discovery": told.target,
            "size": told.size,
            "judged": told.judged,
            "least": least if np.isfinite(least) else None,
            "origin": self.origin,
            "calibrated_on": told.calibrated_on,
        }

    def note(self) -> str:
        """For the people who read a list."""
        if self.found is None:
            return "siap dibahas: peluang di atas rata-rata; belum diuji pada tahun yang sudah diketahui hasilnya"
        share, when = f"{100 * self.found.target:.0f}", words.date(dt.date.fromisoformat(self.origin))
        ready = f"siap dibahas di seluruh kantor: {words.number(self.found.size)} keluarga"
        limit = f"paling banyak {share} dari 100"
        fails = f"tidak keluar mandiri dalam 12 bulan (diukur pada {when})"
        if not self.found.size:
            return f"{ready}; tidak ada yang memenuhi batas, {limit} {fails}"
        return f"{ready}; diharapkan {limit} di antaranya {fails}"


def past_year(places: Places, origin: Provenance) -> tuple[dict[str, Any] | None, str]:
    """What a bundle keeps of the last origin of its backtest, or None and why not."""
    found = evidence.find(places, **origin.digests())
    if not found:
        return None, NO_BACKTEST
    last = max(found, key=lambda one: (one.facts["origins"][-1], one.name))
    if last.facts["horizon"] != YEAR:
        return None, OTHER_HORIZON
    day = last.facts["origins"][-1]
    told = last.predictions()
    told = told[told["origin"] == day]
    rows = pd.MultiIndex.from_frame(told[list(INDEX)])
    could = rows.isin(could_be_listed_at(places, dt.date.fromisoformat(day)))
    own = told[could]
    if own.empty:
        return None, "nobody could have been listed then"
    left = (own["way_out"] == MANDIRI).to_numpy()
    year = priorities.PastYear.by_place(own["p_mandiri"].to_numpy(), left)
    return {"origin": day, "months": 12, **year.plain()}, ""


def could_be_listed_at(places: Places, day: dt.date) -> pd.MultiIndex:
    """Families whom every guard cleared on a past day and whose data sufficed, over all parts."""
    buckets = featuring.part_names(places, day)
    known: set[str] = set()
    for bucket in buckets:
        _, facts, _ = scoring.read_part(places, day, bucket)
        known |= {name for name in model_columns(facts) if facts.values[name].notna().any()}
    clear = []
    for bucket in buckets:
        _, facts, _ = scoring.read_part(places, day, bucket)
        guarded = priorities.guard(facts.values, sorted(known))
        clear.append(facts.values.index[guarded.cleared.to_numpy()].to_frame(index=False))
    return pd.MultiIndex.from_frame(pd.concat(clear, ignore_index=True))


def kept_in(bundle: Path) -> tuple[priorities.PastYear, str] | None:
    """The past year of a bundle, its files checked, and the origin; None where it keeps none.

    Raises:
        BundleError: the bundle is damaged. ValueError: the file is not one of ours.
    """
    content = stores.read_sealed(bundle).files.get(FILE)
    if content is None:
        return None
    told = json.loads(content)
    return priorities.PastYear.from_plain(told), str(told["origin"])


def promise(bundle: Path, target: float, chances: Callable[[], list[np.ndarray]]) -> Promise:
    """The band of a list; ``chances()``: of the families that could be listed, part by part, in any cut and order."""
    if target >= OFF:
        return Promise(None, reason=NOT_WANTED)
    kept = kept_in(bundle)
    if kept is None:
        return Promise(None, reason=NOT_KEPT)
    year, origin = kept
    return Promise(year.discover_by_place(np.concatenate([*chances(), np.zeros(0)]), target), origin)


def chances_of_part(run: scoring.ScoreRun, bucket: str, cohort: priorities.Cohort) -> np.ndarray:
    """Task of a worker: chances of the families of one bucket that could be listed."""
    facts, now = scoring.read_exact(run.places, run.as_of, bucket)
    scored = run.parts.read(bucket)
    chances = scoring.scores_of(scored, run.horizon)
    return np.asarray(priorities.could_be_listed(chances, facts, now, cohort, scored["terisi"]))
