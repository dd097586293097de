"""`features`: the store -> one row per family and as-of date, with the facts behind it where asked."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pandas as pd

from pkh_graduation import engines, stores, timeline
from pkh_graduation import features as room
from pkh_graduation.contracts import Engine, Facts, Progress, Records, Snapshots, quiet
from pkh_graduation.programme.calendar import add_tahap, tahap_end, tahap_of
from pkh_graduation.workflows.places import Places
from pkh_graduation.workflows.settings import Recipe


def build_features(
    records: Records,
    history: Snapshots,
    *,
    engine: Engine | None = None,
    facts: bool = True,
    progress: Progress = quiet,
) -> tuple[pd.DataFrame, Facts]:
    """Build model inputs and facts for every family and date of ``history``.

    Only what was known on each row's as-of date enters it. Without an ``engine``, DuckDB runs on two threads.

    Returns:
        X: float64 columns of float32-representable values, indexed by (kpm_id, as_of). Facts: see `contracts.Facts`;
        with ``facts=False`` only its catalogue is filled.
    """
    engine = engine or engines.DuckDBEngine()
    return room.build_features(
        records, history, engine=engine, spine=timeline.spine(history.dates), facts=facts, progress=progress
    )


def training_dates(as_of: dt.date, recipe: Recipe) -> list[dt.date]:
    """As-of dates that a recipe learns from: the newest tahap ends before or on ``as_of``, oldest first."""
    last = tahap_end(*tahap_of(as_of))
    if last > as_of:
        last = add_tahap(last, -1)
    return [add_tahap(last, -back) for back in range(recipe.history_tahap - 1, -1, -1)]


def panel(records: Records, as_of: dt.date, recipe: Recipe) -> Snapshots:
    """Snapshots of the dates a recipe learns from, none before exits were recorded: only survivors would be in them."""
    dates = training_dates(as_of, recipe)
    since = max(dates[0], timeline.watched_since(records))
    return timeline.take_snapshots(records, every="tahap", since=since, until=dates[-1])


def compute(
    places: Places, *, as_of: dt.date, recipe: Recipe, engine: Engine | None = None, progress: Progress = quiet
) -> dict[str, Any]:
    """Compute the features of all training dates up to ``as_of`` and keep them, one folder per date."""
    records = stores.read_store(places.store)
    history = panel(records, as_of, recipe)
    X, facts = build_features(records, history, engine=engine, facts=False, progress=progress)
    for day in history.dates:
        stamp = pd.Timestamp(day)
        rows = X.index.get_level_values("as_of") == stamp
        stores.write_frame(places.features(day) / "X.parquet", X[rows].astype("float32"))
        here = history.frame.index.get_level_values("as_of") == stamp
        stores.write_frame(places.features(day) / "history.parquet", history.frame[here])
    stores.write_frame(places.out / "features" / "dictionary.parquet", facts.catalogue)
    return {"dates": [day.isoformat() for day in history.dates], "rows": len(X), "n_features": X.shape[1]}


def load(places: Places, *, as_of: dt.date, recipe: Recipe) -> tuple[pd.DataFrame, Snapshots, pd.DataFrame]:
    """Read back X, snapshots and dictionary that `compute` kept.

    Raises:
        FileNotFoundError: features of these dates were not computed yet.
    """
    X, frames = [], []
    for day in training_dates(as_of, recipe):
        folder = places.features(day)
        if folder.is_dir():
            X.append(pd.read_parquet(folder / "X.parquet"))
            frames.append(pd.read_parquet(folder / "history.parquet"))
    if not X:
        raise FileNotFoundError(
            f"{places.out} holds no features up to {as_of.isoformat()}: run `pkh-graduation features` first."
        )
    dictionary = pd.read_parquet(places.out / "features" / "dictionary.parquet")
    return pd.concat(X).astype("float64"), Snapshots(pd.concat(frames)), dictionary
