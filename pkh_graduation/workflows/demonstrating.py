"""`demo`: the river on a made-up kabupaten, nothing but the other commands in order; and what only made-up people allow.

Only here is the planted truth opened, after everything is decided, to say how far the model is from the best possible.
"""

from __future__ import annotations

import datetime as dt
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.metrics import roc_auc_score

from pkh_graduation import stores
from pkh_graduation.contracts import Progress, quiet
from pkh_graduation.programme.calendar import add_tahap, tahap_of
from pkh_graduation.records import population
from pkh_graduation.workflows import featuring, ingesting, learning, listing, scoring
from pkh_graduation.workflows.crew import Crew
from pkh_graduation.workflows.places import Places
from pkh_graduation.workflows.settings import Settings


def presets() -> tuple[str, ...]:
    """Names of the made-up populations."""
    return tuple(population.PRESETS)


def make_population(folder: str | Path, *, preset: str = "mini", seed: int = 7, workers: int = 1) -> Path:
    """Write a made-up population's exports to ``folder/records`` and its planted truth to ``folder/truth``.

    Same preset and seed, same bytes, for any number of workers. Returns the folder of the exports.
    """
    places = Places(Path(folder))
    population.write_population(places.records, places.truth, preset=preset, seed=seed, workers=workers)
    return places.records


def demo(
    places: Places, *, preset: str, seed: int, as_of: dt.date, settings: Settings, progress: Progress = quiet
) -> dict[str, Any]:
    """Run every command once, in the order of the river, and return the figures of the run."""
    started = time.perf_counter()
    recipe, crew = settings.recipe, Crew(settings.machine.workers, settings.machine.memory_limit)
    progress("1/7 membuat penduduk buatan")
    population.write_population(places.records, places.truth, preset=preset, seed=seed, workers=2)
    progress("2/7 membaca catatan")
    read = ingesting.ingest(places.records, places, key=stores.demo_key(seed), settings=settings, progress=progress)
    progress("3/7 menghitung fitur")
    made = featuring.compute(places, as_of=as_of, recipe=recipe, crew=crew, progress=progress)
    progress("4/7 uji mundur")
    judged = learning.backtest(places, as_of=as_of, recipe=recipe, progress=progress)
    progress("5/7 melatih model")
    learning.train(places, as_of=as_of, recipe=recipe, progress=progress)
    progress("6/7 menilai keluarga")
    rate = settings.lists.expected_rate
    scoring.score(places, as_of=as_of, recipe=recipe, expected_rate=rate, crew=crew, progress=progress)
    progress("7/7 menulis daftar")
    written = listing.lists(places, as_of=as_of, recipe=recipe, settings=settings.lists, crew=crew, progress=progress)
    return {
        **{name: written[name] for name in ("kpm", "pendamping", "lists", "listed", "run_id", "index", "as_of")},
        **{name: read[name] for name in ("rows_in", "rows_accepted", "rows_quarantined")},
        "n_features": made["n_features"],
        **{name: judged[name] for name in judged if name not in ("mlflow_run", "metrics")},
        **oracle_auc(places, horizon=recipe.horizon),
        "preset": preset,
        "seed": seed,
        "seconds": round(time.perf_counter() - started, 1),
    }


def oracle_auc(places: Places, *, horizon: int) -> dict[str, float]:
    """AUC of the planted hazards on the rows of the last origin: what nobody can honestly exceed.

    The oracle ranks by the true mandiri hazard summed over the quarters ahead; the household-only oracle leaves out the
    effects of pendamping and kabupaten, which no household model may know. ``se`` is Hanley and McNeil's (1982) standard
    error of the latter.
    """
    seen = stores.read_frame(places.report / "predictions.parquet")
    seen = seen[
        (seen["contender"] == learning.MODEL) & (seen["origin"] == seen["origin"].max()) & seen["label"].notna()
    ]
    truth = _true_risk(places, pd.Timestamp(seen["origin"].iloc[0]).date(), horizon)
    pairs = stores.read_vault(places.vault)[["kpm_id", "kpm_asal"]].drop_duplicates()
    joined = seen.merge(pairs, on="kpm_id").merge(truth, left_on="kpm_asal", right_on="kpm_id", suffixes=("", "_asal"))
    label = joined["label"].astype(int)
    household = float(roc_auc_score(label, joined["household"]))
    return {
        "auc_oracle": round(float(roc_auc_score(label, joined["full"])), 4),
        "auc_oracle_household": round(household, 4),
        "auc_oracle_household_se": round(hanley_mcneil(household, int(label.sum()), int((1 - label).sum())), 4),
    }


def _true_risk(places: Places, origin: dt.date, horizon: int) -> pd.DataFrame:
    ahead = [tahap_of(add_tahap(origin, step)) for step in range(1, horizon + 1)]
    truth = stores.read_frame(places.truth / "kebenaran_triwulan.parquet")
    keep = pd.MultiIndex.from_frame(truth[["tahun", "tahap"]]).isin(ahead)
    return (
        truth[keep].groupby("kpm_id", as_index=False).agg(full=("h_mandiri", "sum"), household=("h_mandiri_rt", "sum"))
    )


def hanley_mcneil(auc: float, positives: int, negatives: int) -> float:
    """Standard error of an AUC (Hanley and McNeil 1982, equation 2).

    >>> round(hanley_mcneil(0.8, 50, 950), 4)
    0.0381
    """
    q1, q2 = auc / (2 - auc), 2 * auc**2 / (1 + auc)
    variance = auc * (1 - auc) + (positives - 1) * (q1 - auc**2) + (negatives - 1) * (q2 - auc**2)
    return float(np.sqrt(variance / max(positives * negatives, 1)))
