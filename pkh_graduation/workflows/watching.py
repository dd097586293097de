"""`watch`: are a date's families and scores still like those the model was fitted on, and did what it said come true?

Reads the bundle, the features of its newest training dates, of the dates since, and of the date that is watched; computes what is
missing. Writes ``OUT/watch/as_of=D/``: ``watch.json`` (everything), ``watch.id.txt`` and ``watch.en.txt`` (the answer for people)
and, where lists of that date were drawn, ``fairness.parquet``, the audit of the list before any outcome.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from pkh_graduation import stores, timeline
from pkh_graduation.contracts import Progress, Snapshots, quiet
from pkh_graduation.evaluation.fairness import FairnessAudit, audit_list
from pkh_graduation.evaluation.fairness_groups import fairness_groups
from pkh_graduation.monitoring import drift
from pkh_graduation.monitoring.advice import advise
from pkh_graduation.monitoring.label_shift import Habits, LabelShift, habits_of, label_shift
from pkh_graduation.programme.calendar import add_tahap, tahap_of
from pkh_graduation.programme.vocabulary import MANDIRI, STATES, SUDAH_KELUAR
from pkh_graduation.workflows import featuring, scoring, watch_files
from pkh_graduation.workflows.crew import Crew
from pkh_graduation.workflows.places import Places
from pkh_graduation.workflows.settings import Recipe

REFERENCE_DATES = 8
"""Newest training dates that features are compared with: two years."""
HABIT_DATES = 4
"""Quarters before the model's date from which the habits of pendamping are read."""
SCORED = 20_000
"""Families at most whose scores are compared, drawn by a hash of their id."""
CHANCE = "p_mandiri"


def watch(
    places: Places,
    *,
    as_of: dt.date,
    recipe: Recipe,
    models: Path | None = None,
    bundle: str | None = None,
    force: bool = False,
    allow_version_skew: bool = False,
    crew: Crew | None = None,
    progress: Progress = quiet,
) -> dict[str, Any]:
    """Watch one date; see the module.

    Raises:
        ValueError: the date lies before the model's own.
        FileNotFoundError: no such bundle, or the features of its training dates are not there.
    """
    crew = crew or Crew()
    store = stores.open_store(places.store)
    folder = scoring.find_bundle(models or places.models, bundle)
    run = scoring.ScoreRun(places, as_of, folder, recipe.horizon, store.sintetis, force, allow_version_skew)
    model = run.load()
    trained = dt.date.fromisoformat(model.card["as_of"])
    if as_of < trained:
        raise ValueError(
            f"the model was fitted on what was known on {trained.isoformat()}; a date before it, {as_of.isoformat()}, "
            "cannot show whether it still holds. Watch a later date."
        )
    training = _training_dates(places, store, trained, recipe, model.card)
    since = _dates_between(trained, as_of)
    featuring.compute_at(places, store, sorted({*since, as_of}), crew=crew, progress=progress)
    names = list(model.card["features"])
    progress("membandingkan fitur")
    features = compare_features(places, training[-REFERENCE_DATES:], as_of, names)
    with threadpool_limits(limits=1):
        progress("membandingkan peluang")
        scores = compare_scores(places, model, training[-HABIT_DATES:], as_of, recipe.horizon)
        progress("membandingkan perkiraan dengan hasil")
        labels = compare_labels(places, model, training[-HABIT_DATES - 1 : -1], since, as_of)
    audit = audit_of(places, as_of)
    months = (as_of.year - trained.year) * 12 + as_of.month - trained.month
    advice = advise(features, scores, labels, months=months)
    target = places.out / "watch" / f"as_of={as_of.isoformat()}"
    watch_files.write(target, advice, features, scores, labels, audit, folder.name, trained, as_of)
    return {
        "watch": str(target / "watch.json"),
        "answer": advice.code,
        "bundle": folder.name,
        "trained": trained.isoformat(),
        "as_of": as_of.isoformat(),
        "features": len(features),
        "features_shifted": int((features["verdict"] == drift.SHIFT).sum()),
        "score_psi": round(float(scores["psi"].iloc[0]), 4),
        "periods_judged": labels.judged,
        "label_alarm": labels.alarm,
        "fairness_lines": 0 if audit is None else len(audit.different()),
    }


def compare_features(places: Places, before: Sequence[dt.date], as_of: dt.date, names: list[str]) -> pd.DataFrame:
    """Features of a date against those of training dates, part by part; see `drift.compare`."""
    newest = pd.concat(
        [_inputs(places, before[-1], bucket, names) for bucket in featuring.part_names(places, before[-1])]
    )
    edges = drift.edges_of(newest)
    old = [_counts(places, day, names, edges) for day in before]
    now = _counts(places, as_of, names, edges)
    usual = drift.usual_stability(old)
    return drift.compare(drift.add_counts(old), now, families_before=len(newest), usual=usual)


def compare_scores(
    places: Places, model: stores.Bundle, before: Sequence[dt.date], as_of: dt.date, horizon: int
) -> pd.DataFrame:
    """P(mandiri by the horizon) of a date against training dates, one line; see `drift.compare`."""
    told = [_chances(places, model, day, horizon, most=SCORED)[[CHANCE]] for day in [*before, as_of]]
    edges = drift.edges_of(pd.concat(told[:-1]))
    counts = [drift.count_bins(part, edges) for part in told]
    usual = drift.usual_stability(counts[:-1])
    return drift.compare(drift.add_counts(counts[:-1]), counts[-1], families_before=len(told[-2]), usual=usual)


def compare_labels(
    places: Places, model: stores.Bundle, year: Sequence[dt.date], since: Sequence[dt.date], as_of: dt.date
) -> LabelShift:
    """What the model says of the quarter after each date against what came, as far as mature at ``as_of``.

    ``year``: dates before the model's own, whose quarters tell the habits of pendamping; ``since``: dates from the model's own on.
    """
    records = stores.read_store(places.store, timeline.READS)
    columns = ["period", "pendamping_id", "chance", "label"]

    def rows(dates: Sequence[dt.date]) -> pd.DataFrame:
        frames = [_told_and_seen(places, model, records, day, as_of) for day in dates]
        return pd.concat(frames) if frames else pd.DataFrame({name: [] for name in columns})

    past, judged = rows(year), rows(since)
    habits: Habits | None = habits_of(past) if len(past) and past["label"].sum() else None
    return label_shift(judged, habits=habits)


def audit_of(places: Places, as_of: dt.date) -> FairnessAudit | None:
    """The audit of the list of the date, if one was drawn; no outcome is looked at."""
    files = sorted((places.lists / "daftar").glob("*.parquet"))
    frames = [stores.read_frame(path) for path in files]
    drawn = [part for part in frames if (pd.to_datetime(part["tanggal_acuan"]) == pd.Timestamp(as_of)).all()]
    if not drawn or len(drawn) < len(frames):
        return None
    frame = pd.concat(drawn, ignore_index=True).rename(columns={"tanggal_acuan": "as_of"})
    groups, missing = [], []
    for bucket in featuring.part_names(places, as_of):
        X, facts, now = scoring.read_part(places, as_of, bucket)
        groups.append(fairness_groups(facts, now))
        missing.append(X.isna().mean(axis=1))
    return audit_list(frame, pd.concat(groups), missing=pd.concat(missing))


def _training_dates(places: Places, store: stores.Store, trained: dt.date, recipe: Recipe, card: Any) -> list[dt.date]:
    own = {name: value for name, value in dict(card["recipe"]).items() if name in Recipe.model_fields}
    dates = featuring.asked_dates(store, trained, recipe.model_copy(update=own))
    there = [day for day in dates if (places.features(day) / "manifest.json").is_file()]
    if not there:
        raise FileNotFoundError(
            f"{places.out} holds no features of the dates the model was fitted on, up to {trained.isoformat()}: "
            "run `pkh-graduation features` for that date first."
        )
    return there


def _dates_between(trained: dt.date, as_of: dt.date) -> list[dt.date]:
    """The model's date and every further one, a quarter apart, whose next quarter is over by ``as_of``."""
    dates, day = [], trained
    while add_tahap(day, 1) <= as_of:
        dates.append(day)
        day = add_tahap(day, 1)
    return dates


def _inputs(places: Places, day: dt.date, bucket: str, names: list[str]) -> pd.DataFrame:
    return stores.Parts(places.features(day)).read(bucket, names)


def _counts(places: Places, day: dt.date, names: list[str], edges: drift.Edges) -> dict[str, np.ndarray]:
    parts = [
        drift.count_bins(_inputs(places, day, bucket, names), edges) for bucket in featuring.part_names(places, day)
    ]
    return drift.add_counts(parts)


def _chances(
    places: Places, model: stores.Bundle, day: dt.date, horizon: int, *, most: int | None = None
) -> pd.DataFrame:
    """P(mandiri) by the horizon of the willing families of a date, with their cohort's columns."""
    frames = []
    for bucket in featuring.part_names(places, day):
        X, facts, now = scoring.read_part(places, day, bucket)
        who = scoring.without_objection(facts)
        if most is not None:
            luck = pd.util.hash_array(who.get_level_values("kpm_id").to_numpy(dtype=object)) / 2.0**64
            who = who[luck < most / max(1, _families(places, day))]
        block = X.loc[who, model.card["features"]].astype("float64")
        if not len(block):
            continue
        scores = model.model.predict_incidence(block, horizon, groups=now.frame.loc[who, "pendamping_id"])
        frames.append(now.frame.loc[who].assign(**{CHANCE: scores.path[:, -1, STATES.index(MANDIRI)]}))
    return pd.concat(frames)


def _families(places: Places, day: dt.date) -> int:
    parts = stores.Parts(places.features(day))
    return sum(int(mark["rows"]) for mark in map(parts.mark, featuring.part_names(places, day)) if mark)


def _told_and_seen(places: Places, model: stores.Bundle, records: Any, day: dt.date, as_of: dt.date) -> pd.DataFrame:
    """One row per family whose quarter after ``day`` is mature at ``as_of``: what was told, and what came."""
    told = _chances(places, model, day, 1)
    y = timeline.observe_outcomes(records, Snapshots(told), horizon=1, known_by=as_of).frame.loc[told.index]
    mature = ((y["observed"] >= 1) & (y["way_out"] != SUDAH_KELUAR)).to_numpy()
    year, tahap = tahap_of(add_tahap(day, 1))
    return pd.DataFrame(
        {
            "period": f"{year}-T{tahap}",
            "pendamping_id": told["pendamping_id"],
            "chance": told[CHANCE],
            "label": ((y["way_out"] == MANDIRI) & (y["quarter"] == 1)).astype(int),
        }
    )[mature].reset_index(drop=True)
