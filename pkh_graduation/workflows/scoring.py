"""`score`: a bundle and the features of a date -> incidence, exact attributions and strongest reasons of every family.

One pass over the parts of the features, block by block: memory is bounded by a block, whatever the number of families. A part
of ``scores/as_of=D`` holds the ways out (`scores_frame`), the five features that moved a family's margin most (``alasan_k``
names, ``kontribusi_k`` in log-odds), and of how many of the model's columns a value is known (``terisi``).
``importance.parquet`` holds the exact mean attribution and mean absolute attribution of every feature, overall and per
kabupaten.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from pkh_graduation import estimators, explanations, priorities, stores
from pkh_graduation.contracts import Facts, Progress, Scores, Snapshots, quiet
from pkh_graduation.priorities.cohort import YEAR
from pkh_graduation.programme.vocabulary import STATES
from pkh_graduation.workflows import featuring
from pkh_graduation.workflows.crew import Crew
from pkh_graduation.workflows.places import Places
from pkh_graduation.workflows.settings import Recipe

FORMAT = 2
"""Of the parts: another number where they get other columns."""
BLOCK = 8_192
"""Families scored at once."""
DRAWN = 100_000
"""Families over whom an expected rate is set, drawn by a hash of their ids where there are more."""
REASONS = 5
"""Strongest features kept per family."""
EVERYWHERE = "semua"


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
        f"which bundle? {models} holds {names or 'none'}; name one with --bundle, or run train first. An office without "
        "recorded exits has nothing to learn from: use lists --without-model."
    )


@dataclass(frozen=True)
class ScoreRun:
    """One run: whose model judges which date. Sent to workers as it is."""

    places: Places
    as_of: dt.date
    bundle: Path
    horizon: int
    sintetis: bool
    force: bool
    allow_version_skew: bool
    shift: float = 0.0
    """Of the log-odds of the mandiri hazard, where policy sets the level."""

    @property
    def parts(self) -> stores.Parts:
        """Parts of the scores."""
        return stores.Parts(self.places.scores(self.as_of))

    @property
    def sums(self) -> stores.Parts:
        """Sums of the attributions, per part."""
        return stores.Parts(self.places.scores(self.as_of) / "kontribusi")

    def load(self) -> stores.Bundle:
        """The bundle, checked, its model at the level of the run.

        Raises:
            BundleError: see `stores.load_bundle`.
        """
        found = stores.load_bundle(
            self.bundle, sintetis=self.sintetis, force=self.force, allow_version_skew=self.allow_version_skew
        )
        return dataclasses.replace(found, model=estimators.shifted(found.model, self.shift)) if self.shift else found

    def inputs(self, bucket: str) -> str:
        """Digest of what decides a part: its features, the bundle, the program."""
        mark = stores.Parts(self.places.features(self.as_of)).mark(bucket)
        model = json.loads((self.bundle / "manifest.json").read_text(encoding="utf-8"))
        rooms = [featuring.source_of(room) for room in (estimators, explanations)]
        return stores.digest_of(FORMAT, mark and mark["sha256"], model, self.horizon, self.shift, rooms)


def score(
    places: Places,
    *,
    as_of: dt.date,
    recipe: Recipe,
    models: Path | None = None,
    bundle: str | None = None,
    expected_rate: float | None = None,
    force: bool = False,
    allow_version_skew: bool = False,
    crew: Crew | None = None,
    progress: Progress = quiet,
) -> dict[str, Any]:
    """Predict and explain every family's ways out at ``as_of``; finished parts are kept.

    Features of the date are computed first where they are missing. Objecting families are not scored. With an
    ``expected_rate`` the level is set so that the mean chance within the horizon is that (`estimators.at_rate`), over the families
    that are scored, or over `DRAWN` of them where there are more.

    Raises:
        ValueError: the date lies before the model's own, the model does not look so far ahead, or the rate cannot be reached.
    """
    crew = crew or Crew()
    store = stores.open_store(places.store)
    folder = find_bundle(models or places.models, bundle)
    run = ScoreRun(places, as_of, folder, recipe.horizon, store.sintetis, force, allow_version_skew)
    loaded = run.load()
    _check_card(loaded.card, as_of, recipe.horizon)
    featuring.compute_at(places, store, [as_of], crew=crew, progress=progress)
    if expected_rate is not None:
        run = dataclasses.replace(run, shift=shift_of(run, loaded, store.buckets, expected_rate))
    stores.clear_litter(places.scores(as_of))
    done = crew.each(store, score_part, [(run, bucket) for bucket in store.buckets], label="nilai", progress=progress)
    for parts in (run.parts, run.sums):
        parts.keep_only(store.buckets)
    stores.write_frame(places.scores(as_of) / "importance.parquet", importance(run, store.buckets))
    figures = {
        "bundle": folder.name,
        "horizon": recipe.horizon,
        **({"expected_rate": expected_rate, "shift": run.shift} if expected_rate is not None else {}),
        "kpm": sum(part["kpm"] for part in done),
        "scored": sum(part["scored"] for part in done),
    }
    stores.write_json(places.scores(as_of) / "scores.json", figures)
    return {
        "scores": str(places.scores(as_of)),
        **figures,
        "bundle": str(folder),
        "buckets": len(store.buckets),
        "parts_computed": sum(part["computed"] for part in done),
    }


def _check_card(card: Mapping[str, Any], as_of: dt.date, horizon: int) -> None:
    trained, reach = dt.date.fromisoformat(card["as_of"]), int(card["label"]["horizon"])
    if as_of < trained:
        raise ValueError(
            f"the model was fitted on what was known on {trained.isoformat()}: it knows what became of the families of "
            f"{as_of.isoformat()}. Score a later date, or train a model at that one."
        )
    if horizon > reach:
        raise ValueError(
            f"the model looks {reach} quarters ahead, recipe.horizon asks for {horizon}: train one that looks so far, or ask "
            "for less."
        )


def shift_of(run: ScoreRun, bundle: stores.Bundle, buckets: list[str], rate: float) -> float:
    """The shift that sets the level; whose families lie in which bucket changes nothing."""
    whole = sum((stores.Parts(run.places.features(run.as_of)).mark(bucket) or {})["rows"] for bucket in buckets)
    share = DRAWN / max(whole, 1)
    drawn = []
    for bucket in buckets:
        X, facts, _ = read_part(run.places, run.as_of, bucket)
        own = X.loc[without_objection(facts), bundle.card["features"]]
        luck = pd.util.hash_array(own.index.get_level_values("kpm_id").to_numpy(dtype=object))
        drawn.append(own[luck / 2.0**64 <= share])
    with threadpool_limits(limits=1):
        return estimators.shift_to(bundle.model, pd.concat(drawn).sort_index(), rate, min(YEAR, run.horizon))


def score_part(run: ScoreRun, bucket: str) -> dict[str, int]:
    """Task of a worker: score and explain the families of one bucket."""
    inputs = run.inputs(bucket)
    mark = run.parts.mark(bucket)
    if mark and run.parts.done(bucket, inputs) and run.sums.done(bucket, inputs):
        return {"computed": 0, "kpm": int(mark["kpm"]), "scored": int(mark["rows"])}
    bundle = bundle_of(run)
    X, facts, now = read_part(run.places, run.as_of, bucket)
    willing = without_objection(facts)
    X = X.loc[willing]
    known = np.count_nonzero(X.notna().to_numpy(), axis=1).astype("int16")
    frame, sums = score_frame(bundle.model, X[bundle.card["features"]], now.frame.loc[willing], horizon=run.horizon)
    measured = priorities.Cohort.of(scores_of(frame, run.horizon), facts, now)
    cohort = {"scored": measured.scored, "chances": str(measured.chances), "columns": list(measured.columns)}
    if not run.sums.done(bucket, inputs):  # a kill between the two writes left it finished
        run.sums.write(bucket, sums, inputs)
    run.parts.write(bucket, frame.assign(terisi=known), inputs, kpm=len(now.frame), cohort=cohort)
    return {"computed": 1, "kpm": len(now.frame), "scored": len(frame)}


def score_frame(
    model: Any, X: pd.DataFrame, families: pd.DataFrame, *, horizon: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Scores with the strongest reasons, one line per row of X; and the sums of attributions per kabupaten.

    ``families`` are rows of `Snapshots` in the order of X. Every row's attributions are checked against its margin.

    Raises:
        AdditivityError: attributions and margin differ in some row.
    """
    attributor, tree_margins = explanations.Attributor(list(X.columns)), explanations.QuickMargins()
    frames, sums = [], []
    # One thread: a product of matrices has other last bits with two, and a part must not depend on who makes it.
    with threadpool_limits(limits=1):
        for rows in _blocks(len(X)):
            block = X.iloc[rows]
            groups = families["pendamping_id"].iloc[rows]
            scores = model.predict_incidence(block, horizon, groups=groups, tree_margins=tree_margins)
            values, _ = attributor.values(model, block, margin=scores.margin)
            frames.append(scores_frame(scores).assign(**_strongest(values, list(X.columns))))
            sums.append(_sums(values, families["kabupaten"].iloc[rows], list(X.columns)))
    whole = pd.concat(sums).groupby(["kabupaten", "fitur"], sort=True).sum().reset_index()
    return pd.concat(frames), whole


def _blocks(n: int) -> Iterator[slice]:
    for start in range(0, max(n, 1), BLOCK):
        yield slice(start, start + BLOCK)


def _strongest(values: np.ndarray, names: list[str]) -> dict[str, Any]:
    """The strongest features of each row, time left out: it is no trait of a family."""
    position, value = explanations.strongest(np.ascontiguousarray(values[:, : len(names)].T), REASONS)
    words = pd.Index(names)
    columns: dict[str, Any] = {}
    for place in range(REASONS):
        codes = position[:, place].astype("int64")
        columns[f"alasan_{place + 1}"] = pd.Categorical.from_codes(codes, categories=words)
        columns[f"kontribusi_{place + 1}"] = value[:, place]
    return columns


def _sums(values: np.ndarray, kabupaten: pd.Series, names: list[str]) -> pd.DataFrame:
    """Per kabupaten and feature: families, sum and absolute sum of attributions."""
    codes, places = pd.factorize(kabupaten.fillna(""), sort=True)
    member = np.zeros((len(places), len(values)))
    member[codes, np.arange(len(values))] = 1.0
    own = values[:, : len(names)]
    shape = pd.MultiIndex.from_product([places, names], names=["kabupaten", "fitur"])
    return pd.DataFrame(
        {
            "kpm": np.repeat(member.sum(axis=1).astype("int64"), len(names)),
            "jumlah": (member @ own).ravel(),
            "jumlah_mutlak": (member @ np.abs(own)).ravel(),
        },
        index=shape,
    )


def importance(run: ScoreRun, buckets: list[str]) -> pd.DataFrame:
    """Mean and mean absolute attribution of every feature, per kabupaten and over all (`EVERYWHERE`)."""
    parts = pd.concat([run.sums.read(bucket) for bucket in buckets], ignore_index=True)
    per_place = parts.groupby(["kabupaten", "fitur"], sort=True).sum().reset_index()
    overall = parts.drop(columns="kabupaten").groupby("fitur", sort=True).sum().reset_index()
    table = pd.concat([overall.assign(kabupaten=EVERYWHERE), per_place], ignore_index=True)
    table["rata"] = table["jumlah"] / table["kpm"]
    table["rata_mutlak"] = table["jumlah_mutlak"] / table["kpm"]
    return table[["kabupaten", "fitur", "kpm", "rata", "rata_mutlak"]]


def read_part(places: Places, as_of: dt.date, bucket: str) -> tuple[pd.DataFrame, Facts, Snapshots]:
    """X (float32), the exact facts that every list needs, and the cohort of one part, in the same order."""
    rows = stores.Parts(places.features(as_of)).read(bucket)
    X = rows.drop(columns=_exact(rows.columns))
    values = _facts(rows)
    values = pd.concat([X.drop(columns=[name for name in values if name in X.columns]), values], axis=1)
    return X, _without_days(places, values), _cohort(places, as_of, bucket)


def read_exact(places: Places, as_of: dt.date, bucket: str) -> tuple[Facts, Snapshots]:
    """The same without X: the exact facts alone, and the cohort."""
    parts = stores.Parts(places.features(as_of))
    rows = parts.read(bucket, _exact(stores.columns_of(parts.path(bucket))))
    return _without_days(places, _facts(rows)), _cohort(places, as_of, bucket)


def _exact(columns: Iterable[str]) -> list[str]:
    return [name for name in columns if name.startswith(featuring.FACT)]


def _facts(rows: pd.DataFrame) -> pd.DataFrame:
    return rows[_exact(rows.columns)].rename(columns=lambda name: name.removeprefix(featuring.FACT))


def _without_days(places: Places, values: pd.DataFrame) -> Facts:
    return Facts(
        values, pd.DataFrame(index=values.index), stores.read_frame(places.out / "features" / "dictionary.parquet")
    )


def _cohort(places: Places, as_of: dt.date, bucket: str) -> Snapshots:
    return Snapshots(stores.Parts(places.features(as_of) / "kohor").read(bucket))


def without_objection(facts: Facts) -> pd.MultiIndex:
    """Families known not to object to automated profiling (UU 27/2022): the only ones that get a score."""
    objecting = facts.values["pagar_keberatan"].fillna(1).astype(bool)
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


def bundle_of(run: ScoreRun) -> stores.Bundle:
    """The run's bundle, read and checked once in each process."""
    return _loaded(run, (run.bundle / "manifest.json").read_bytes())


@lru_cache(maxsize=1)
def _loaded(run: ScoreRun, manifest: bytes) -> stores.Bundle:
    """A worker reads a bundle once; another manifest is another bundle."""
    del manifest
    return run.load()
