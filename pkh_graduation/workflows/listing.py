"""`score` and `lists`: a bundle and the store at a date -> incidence of every family -> explained lists for each pendamping."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pkh_graduation import explanations, outputs, priorities, stores, timeline
from pkh_graduation.contracts import Facts, PriorityLists, Progress, Records, Scores, Snapshots, quiet
from pkh_graduation.programme.calendar import day_of
from pkh_graduation.programme.vocabulary import STATES
from pkh_graduation.workflows import featuring
from pkh_graduation.workflows.places import Places
from pkh_graduation.workflows.settings import Lists, Recipe


def find_bundle(models: Path, name: str | None) -> Path:
    """The named bundle, or the only one there is.

    Raises:
        FileNotFoundError: no such bundle, or several and none named; says which there are.
    """
    names = [found for found, _ in stores.list_bundles(models)]
    if name is None and len(names) == 1:
        return models / names[0]
    if name in names:
        return models / str(name)
    raise FileNotFoundError(
        f"which bundle? {models} holds {names or 'none'}; name one with --bundle, or run train first."
    )


def _at(places: Places, as_of: dt.date, progress: Progress) -> tuple[Records, Snapshots, pd.DataFrame, Facts]:
    records = stores.read_store(places.store)
    now = timeline.take_snapshots(records, at=as_of)
    progress(f"fitur per {as_of.isoformat()}")
    X, facts = featuring.build_features(records, now)
    return records, now, X, facts


def score(
    places: Places,
    *,
    as_of: dt.date,
    recipe: Recipe,
    models: Path | None = None,
    bundle: str | None = None,
    force: bool = False,
    allow_version_skew: bool = False,
    progress: Progress = quiet,
) -> dict[str, Any]:
    """Predict every family's ways out at ``as_of`` and keep them; objecting families are not scored (`lists` drops them)."""
    records, now, X, facts = _at(places, as_of, progress)
    folder = find_bundle(models or places.models, bundle)
    loaded = stores.load_bundle(folder, sintetis=records.sintetis, force=force, allow_version_skew=allow_version_skew)
    willing = without_objection(facts)
    scores = loaded.model.predict_incidence(
        X.loc[willing, loaded.card["features"]], recipe.horizon, groups=now.frame["pendamping_id"].loc[willing]
    )
    path = stores.write_frame(places.scores(as_of) / "scores.parquet", scores_frame(scores))
    stores.write_json(
        places.scores(as_of) / "scores.json", {"bundle": folder.name, "horizon": scores.horizon, "kpm": len(X)}
    )
    return {"scores": str(path), "kpm": len(X), "scored": len(scores.index), "bundle": str(folder)}


def without_objection(facts: Facts) -> pd.MultiIndex:
    """Families that have not objected to automated profiling (UU 27/2022): the only ones that get a score."""
    objecting = facts.values["pagar_keberatan"].fillna(0).astype(bool)
    return facts.values.index[~objecting.to_numpy()]


def scores_frame(scores: Scores) -> pd.DataFrame:
    """Scores as one flat table: a column per state and quarter, margin, low, high."""
    columns = {
        f"{state}_{quarter}": scores.path[:, quarter, position]
        for quarter in range(scores.horizon + 1)
        for position, state in enumerate(STATES)
    }
    return pd.DataFrame(
        {**columns, "margin": scores.margin, "low": scores.low, "high": scores.high}, index=scores.index
    )


def scores_of(frame: pd.DataFrame, horizon: int) -> Scores:
    """Inverse of `scores_frame`."""
    path = np.stack([frame[[f"{state}_{quarter}" for state in STATES]] for quarter in range(horizon + 1)], axis=1)
    return Scores(frame.index, path, *(frame[name].to_numpy() for name in ("margin", "low", "high")))


def lists(
    places: Places,
    *,
    as_of: dt.date,
    recipe: Recipe,
    settings: Lists,
    models: Path | None = None,
    bundle: str | None = None,
    force: bool = False,
    allow_version_skew: bool = False,
    vault: bool = True,
    progress: Progress = quiet,
) -> dict[str, Any]:
    """Prioritise within each pendamping's caseload, explain the listed families, write every list and the coordinator's page."""
    records, now, X, facts = _at(places, as_of, progress)
    kept = places.scores(as_of) / "scores.parquet"
    if not kept.is_file():
        raise FileNotFoundError(f"no scores of {as_of.isoformat()} in {places.out}: run `pkh-graduation score` first.")
    scores = scores_of(pd.read_parquet(kept), recipe.horizon)
    folder = find_bundle(models or places.models, bundle)
    loaded = stores.load_bundle(folder, sintetis=records.sintetis, force=force, allow_version_skew=allow_version_skew)
    quota = priorities.quota_on(as_of)
    options: dict[str, Any] = {"quota": quota, "random_state": recipe.seed, "exploration": settings.exploration}
    draft = priorities.prioritise(scores, None, facts, now, **options)
    chosen = listed(draft)
    progress(f"menjelaskan {len(chosen)} keluarga")
    reasons = explanations.explain(
        loaded.model, X.loc[chosen, loaded.card["features"]], facts, language=settings.language
    )
    notes = {
        "model": folder.name,
        "sintetis": "ya" if records.sintetis else "tidak",
        "data_digest": records.digest[:16],
    }
    final = priorities.prioritise(scores, reasons, facts, now, notes=notes, **options)
    progress("menulis daftar")
    identities = stores.read_vault(places.vault) if vault else None
    names = village_names(records, as_of) | (stores.read_names(places.vault) if vault else {})
    written = outputs.write_lists(final, places.lists, vault=identities, names=names, progress=progress)
    return {
        "kpm": len(final.frame),
        "pendamping": int(final.frame["pendamping_id"].nunique()),
        "lists": len([path for path in written if path.suffix == ".xlsx"]),
        "listed": len(chosen),
        "run_id": final.run_id,
        "index": str(places.lists / "index.html"),
        "as_of": as_of.isoformat(),
    }


def listed(draft: PriorityLists) -> pd.MultiIndex:
    """Index of the families that have a place on a list."""
    on = draft.frame[draft.frame["urutan"].notna()]
    return pd.MultiIndex.from_frame(on[["kpm_id", "as_of"]])


def village_names(records: Records, as_of: dt.date) -> dict[str, str]:
    """Names of places by code, as known on the day; empty where the exports have no `wilayah`."""
    if "wilayah" not in records.tables:
        return {}
    known = timeline.last_per(timeline.visible(records.tables["wilayah"], day_of(as_of)), "kode")
    return dict(zip(known["kode"], known["nama"], strict=True))
