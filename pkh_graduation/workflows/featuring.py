"""`features`: the store -> cohort and features, one Parquet part per bucket and as-of date; and all of them read back.

``features/as_of=D/kohor/`` holds who was at risk (`Snapshots`), ``tempat/`` the totals per desa and kelompok that neighbours
share, ``features/as_of=D/bucket=NN.parquet`` the rows: X (float32) and, as ``fakta.<name>``, the exact values that every
list needs. Each part carries a mark with the hash of the feature specification and of its inputs: what is done is not redone.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import inspect
import json
import shutil
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pkh_graduation import engines, outputs, priorities, stores, timeline
from pkh_graduation import features as room
from pkh_graduation.contracts import Engine, Facts, Progress, Records, Snapshots, StoredTable, quiet
from pkh_graduation.programme.calendar import add_tahap, day_of, tahap_end, tahap_of
from pkh_graduation.workflows.crew import Crew
from pkh_graduation.workflows.places import Places
from pkh_graduation.workflows.settings import Recipe

FACT = "fakta."
"""Prefix of the columns of a part that hold exact values, not inputs of the model."""
ACROSS = "lintas"
"""Name of the part that holds the totals of places whose families lie in several buckets."""
_SILENT_DAYS = 366


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


def asked_dates(store: stores.Store, as_of: dt.date, recipe: Recipe, *, only: bool = False) -> list[dt.date]:
    """The training dates up to ``as_of``, or with ``only`` that date alone.

    No training date before exits were recorded is taken: only survivors would be in it.
    """
    since = dt.date.fromisoformat(store.about["watched_since"])
    return [as_of] if only else [day for day in training_dates(as_of, recipe) if day >= since]


def compute(
    places: Places, *, as_of: dt.date, recipe: Recipe, crew: Crew | None = None, progress: Progress = quiet
) -> dict[str, Any]:
    """Compute the features of all training dates up to ``as_of``, one part per bucket and date; finished parts are kept."""
    store = stores.open_store(places.store)
    return compute_at(places, store, asked_dates(store, as_of, recipe), crew=crew or Crew(), progress=progress)


def _check_records_reach(store: stores.Store, day: dt.date) -> None:
    """Refuse a date whose last twelve months nobody recorded: every family would look as if nothing had happened to her."""
    if "known_until" not in store.about:
        return
    until = dt.date.fromisoformat(store.about["known_until"])
    if (day - until).days > _SILENT_DAYS:
        raise ValueError(
            f"the records in {store.folder} end on {until.isoformat()}, more than a year before {day.isoformat()}: nothing is "
            "known of the families' last twelve months. Check the date, or ingest newer exports first."
        )


def compute_at(
    places: Places, store: stores.Store, dates: Sequence[dt.date], *, crew: Crew, progress: Progress = quiet
) -> dict[str, Any]:
    """Compute the parts of these dates that are not there yet, bucket by bucket; returns counts of what was done.

    Raises:
        ValueError: there is no date, or one lies more than a year after the last record.
    """
    if not dates:
        raise ValueError(
            f"there is no training date: exits are recorded since {store.about['watched_since']}, and only families seen "
            "before they left can teach. Give a later date, or ask for that date alone (--only)."
        )
    _check_records_reach(store, max(dates))
    stores.clear_litter(places.out / "features")
    for day in dates:
        # what a broken Spark run of the same date left: half a table, and nobody else takes it away
        shutil.rmtree(places.features(day) / ".spark", ignore_errors=True)
    spill = str(places.out / "features" / ".tumpahan")
    run = FeatureRun(places, store, crew.memory_per_worker, crew.threads(store), spill)
    plan = run.plan(store.buckets[0], progress)
    pieces = -(-crew.processes(store) // len(store.buckets))
    cohorts = [(run, bucket, tuple(dates[piece::pieces])) for bucket in store.buckets for piece in range(pieces)]
    made = crew.each(store, take_cohort, cohorts, label="kohor", progress=progress)
    for day in dates:
        run.join_places(plan, day)
    tasks = [(run, bucket, day) for day in dates for bucket in store.buckets]
    done = crew.each(store, compute_part, tasks, label="fitur", progress=progress)
    stores.write_frame(places.out / "features" / "dictionary.parquet", run.dictionary(plan))
    for day in dates:
        parts = stores.Parts(places.features(day))
        parts.keep_only(store.buckets)
        marks = {bucket: parts.mark(bucket) for bucket in store.buckets}
        content = {"specification": plan.fingerprint, "store": store.digest, "as_of": day.isoformat(), "parts": marks}
        stores.write_json(places.features(day) / "manifest.json", content)
    return {
        "dates": [day.isoformat() for day in dates],
        "buckets": len(store.buckets),
        "rows": sum(part["rows"] for part in done),
        "n_features": len(run.names),
        "cohorts_computed": sum(part["computed"] for part in made),
        "parts_computed": sum(part["computed"] for part in done),
        "parts_kept": sum(1 - part["computed"] for part in done),
        "memory_limit": crew.memory_limit,
    }


@dataclass(frozen=True)
class FeatureRun:
    """One run: which store, and what each worker may use. Sent to workers as it is."""

    places: Places
    store: stores.Store
    memory_limit: str | None
    threads: int
    spill: str

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Columns of X, in order."""
        return tuple(room.default_catalogue().model_names)

    @cached_property
    def exact(self) -> tuple[str, ...]:
        """Features whose exact values a part keeps beside X: those that every list needs."""
        needed = {*priorities.NEEDED_FACTS, *outputs.SHOWN_FACTS}
        return tuple(f.name for f in room.default_catalogue().features if f.name in needed)

    def plan(
        self, bucket: str, progress: Progress = quiet, *, twins: bool = False, names: Collection[str] | None = None
    ) -> room.FeaturePlan:
        """The features of a part, over what the bucket's tables hold; ``twins``: ``names`` (default all), with known days."""
        columns = tuple((name, tuple(stores.columns_of(path))) for name, path in self.store.files(bucket).items())
        names = names if twins else {*self.names, *self.exact}
        linked = "tautan_kpm" in dict(columns) and bool(self.store.manifest["shared"]["tautan_kpm"]["rows"])
        plan = _planned(columns, None if names is None else frozenset(names), twins, linked)
        plan.tell(progress)
        return plan

    def dictionary(self, plan: room.FeaturePlan) -> pd.DataFrame:
        """The data dictionary, with what this store lacks."""
        listed = room.dictionary(plan.catalogue)
        listed["tersedia"] = ~listed.index.isin(list(plan.off))
        return listed

    def tables(self, bucket: str, plan: room.FeaturePlan) -> dict[str, StoredTable]:
        """The bucket's tables, left in their files."""
        paths = {name: [str(path)] for name, path in self.store.files(bucket).items()}
        return room.stored_tables(paths, plan.reads)

    def links(self, bucket: str, plan: room.FeaturePlan, day: dt.date) -> dict[str, pd.DataFrame]:
        """Which ids continue which, as known on the day, where any do."""
        if not plan.linked:
            return {}
        records = stores.read_bucket(self.store, bucket, {"tautan_kpm": timeline.READS["tautan_kpm"]})
        return {"tautan": room.links(records.tables, day_of(day))}

    def engine(self) -> engines.DuckDBEngine:
        """An engine of the size a worker may have."""
        return engines.DuckDBEngine(self.threads, self.memory_limit, self.spill)

    def cohort(self, day: dt.date) -> stores.Parts:
        """Parts of the cohort at a date."""
        return stores.Parts(self.places.features(day) / "kohor")

    def totals(self, day: dt.date, place: str, twins: bool = False) -> stores.Parts:
        """Parts of the totals per place at a date, of plans without or with ``twins``."""
        return stores.Parts(self.places.features(day) / ("tempat_fakta" if twins else "tempat") / place)

    def rows(self, day: dt.date) -> stores.Parts:
        """Parts of X at a date."""
        return stores.Parts(self.places.features(day))

    def join_places(self, plan: room.FeaturePlan, day: dt.date) -> None:
        """Merge, once for all parts, the totals of places whose families lie in several buckets."""
        parts = {place: self.totals(day, place, plan.twins) for place in plan.query.places}
        marks = {place: [own.mark(bucket) or {} for bucket in self.store.buckets] for place, own in parts.items()}
        inputs = {place: stores.digest_of([mark["sha256"] for mark in own]) for place, own in marks.items()}
        missing = [place for place, own in parts.items() if not own.done(ACROSS, inputs[place])]
        if not missing:
            return
        frames = [{place: own.read(bucket) for place, own in parts.items()} for bucket in self.store.buckets]
        shared = {place: _in_several([frame[place][place] for frame in frames]) for place in parts}
        pieces = [{p: own[own[p].isin(shared[p])] for p, own in frame.items()} for frame in frames]
        merged = room.merge_totals(plan, pieces)
        for place in missing:
            parts[place].write(ACROSS, merged[place], inputs[place])

    def known_totals(self, plan: room.FeaturePlan, bucket: str, day: dt.date) -> dict[str, pd.DataFrame]:
        """Totals of the places of a bucket's families, over all buckets."""
        found = {}
        for place in plan.query.places:
            parts = self.totals(day, place, plan.twins)
            own, across = parts.read(bucket), parts.read(ACROSS)
            found[place] = pd.concat([own[~own[place].isin(across[place])], across], ignore_index=True)
        return found

    def cohort_inputs(self, bucket: str, plan: room.FeaturePlan, day: dt.date) -> str:
        """Digest of what decides the cohort and its totals: the tables, the specification, and the program."""
        files = self.store.fingerprint(bucket)
        return stores.digest_of(day.isoformat(), plan.fingerprint, source_of(timeline), source_of(room), files)

    def inputs(self, bucket: str, plan: room.FeaturePlan, day: dt.date) -> str:
        """Digest of what decides a part of X: its own tables, cohort and totals, and those of places shared with others."""
        marks = [self.cohort(day).mark(bucket)]
        for place in sorted(plan.query.places):
            marks += [self.totals(day, place).mark(name) for name in (bucket, ACROSS)]
        return stores.digest_of(self.cohort_inputs(bucket, plan, day), [mark and mark["sha256"] for mark in marks])

    def write_rows(self, bucket: str, day: dt.date, plan: room.FeaturePlan, values: pd.DataFrame) -> int:
        """Write a part of X, and beside it the exact values, from ``values`` in the order of the cohort; its rows."""
        columns = dict(zip(self.names, room.model_matrix(values, self.names).T, strict=True))
        columns |= {FACT + name: values[name].array for name in self.exact if name in values}
        cohort = self.cohort(day).read(bucket, ["kpm"])
        frame = pd.DataFrame(columns, index=cohort.index, copy=False)
        self.rows(day).write(bucket, frame, self.inputs(bucket, plan, day))
        return len(frame)


def take_cohort(run: FeatureRun, bucket: str, dates: tuple[dt.date, ...]) -> dict[str, int]:
    """Task of a worker: the cohort of a bucket at those of the dates where it is missing, and its totals per place."""
    plan = run.plan(bucket)
    inputs = {day: run.cohort_inputs(bucket, plan, day) for day in dates}
    missing = [day for day in dates if not _all_done(run, plan, bucket, day, inputs[day])]
    if not missing:
        return {"computed": 0}
    records = stores.read_bucket(run.store, bucket, timeline.READS, timeline.REPEATED)
    tables = run.tables(bucket, plan)
    moments = room.moments_of(timeline.spine(missing))
    with run.engine() as engine:
        for day, snapshots in zip(missing, timeline.stream_snapshots(records, missing), strict=True):
            more = run.links(bucket, plan, day)
            totals = room.place_totals(plan, {**tables, **more}, snapshots.frame, moments[day_of(day)], engine)
            found = {run.totals(day, place): frame for place, frame in totals.items()}
            for parts, frame in {run.cohort(day): snapshots.frame, **found}.items():
                if not parts.done(bucket, inputs[day]):
                    parts.write(bucket, frame, inputs[day])
    return {"computed": len(missing)}


def take_totals(run: FeatureRun, bucket: str, day: dt.date, names: Collection[str] | None = None) -> dict[str, int]:
    """Task of a worker: the totals per place of a bucket's cohort that facts (``names``) and their known days need."""
    plan = run.plan(bucket, twins=True, names=names)
    inputs = run.cohort_inputs(bucket, plan, day)
    if all(run.totals(day, place, True).done(bucket, inputs) for place in plan.query.places):
        return {"computed": 0}
    cohort, tables = run.cohort(day).read(bucket), {**run.tables(bucket, plan), **run.links(bucket, plan, day)}
    moment = room.moments_of(timeline.spine([day]))[day_of(day)]
    with run.engine() as engine:
        for place, frame in room.place_totals(plan, tables, cohort, moment, engine).items():
            run.totals(day, place, True).write(bucket, frame, inputs)
    return {"computed": 1}


def compute_part(run: FeatureRun, bucket: str, day: dt.date) -> dict[str, int]:
    """Task of a worker: the rows of one bucket at one date."""
    plan = run.plan(bucket)
    parts = run.rows(day)
    if parts.done(bucket, run.inputs(bucket, plan, day)):
        known = parts.mark(bucket)
        return {"computed": 0, "rows": int(known["rows"]) if known else 0}
    cohort = run.cohort(day).read(bucket)
    moment = room.moments_of(timeline.spine([day]))[day_of(day)]
    tables = {**run.tables(bucket, plan), **run.links(bucket, plan, day)}
    with run.engine() as engine:
        values, _ = room.compute(plan, tables, cohort, moment, engine, totals=run.known_totals(plan, bucket, day))
    return {"computed": 1, "rows": run.write_rows(bucket, day, plan, values)}


def _all_done(run: FeatureRun, plan: room.FeaturePlan, bucket: str, day: dt.date, inputs: str) -> bool:
    totals = all(run.totals(day, place).done(bucket, inputs) for place in plan.query.places)
    return totals and run.cohort(day).done(bucket, inputs)


def _in_several(places: Sequence[pd.Series]) -> np.ndarray:
    """Places that occur in more than one of the series; each holds a place once."""
    every = pd.concat(places).dropna()
    return np.asarray(every[every.duplicated()].unique())


@lru_cache(maxsize=8)
def _planned(
    columns: tuple[tuple[str, tuple[str, ...]], ...], names: frozenset[str] | None, twins: bool, linked: bool
) -> room.FeaturePlan:
    """Buckets that hold the same columns have the same plan."""
    return room.plan_features(dict(columns), names=names, twins=twins, linked=linked, places_given=True)


@cache
def source_of(package: Any) -> str:
    """SHA-256 of the source of a room: another program, another result."""
    folder = Path(inspect.getfile(package)).parent
    return hashlib.sha256(b"".join(path.read_bytes() for path in sorted(folder.rglob("*.py")))).hexdigest()


def load(places: Places, *, as_of: dt.date, recipe: Recipe) -> tuple[pd.DataFrame, Snapshots, pd.DataFrame]:
    """Read back X, snapshots and dictionary of the training dates, of at most ``recipe.families`` families.

    Where there are more, whole families are drawn by a hash of their number, the same at every date.

    Raises:
        FileNotFoundError: features of some of these dates were not computed yet, or from other records.
    """
    store = stores.open_store(places.store)
    days = asked_dates(store, as_of, recipe)
    stale = [day.isoformat() for day in days if _manifest(places, day).get("store") != store.digest]
    if stale or not days:
        raise FileNotFoundError(
            f"{places.out} lacks features of {len(stale) or 'all'} training dates up to {as_of.isoformat()}, or has them of "
            f"other records{': ' + ', '.join(stale[:3]) if stale else ''}: run `pkh-graduation features` first."
        )
    dictionary = stores.read_frame(places.out / "features" / "dictionary.parquet")
    names = list(dictionary.index[dictionary["model"]])
    share = _share(places, days, recipe.families)
    X, frames = [], []
    for day in days:
        for bucket in part_names(places, day):
            frame = stores.Parts(places.features(day) / "kohor").read(bucket)
            rows = stores.Parts(places.features(day)).read(bucket, names)
            drawn = _drawn(frame["kpm"].to_numpy(), share)
            frames.append(frame[drawn])
            X.append(rows[drawn].astype("float64"))
    return pd.concat(X), Snapshots(pd.concat(frames)), dictionary


def part_names(places: Places, day: dt.date) -> list[str]:
    """Buckets of a finished date, in order.

    Raises:
        FileNotFoundError: the date's features are not there.
    """
    parts = _manifest(places, day).get("parts")
    if parts is None:
        raise FileNotFoundError(f"{places.out} holds no features of {day.isoformat()}: run `pkh-graduation features`.")
    return list(parts)


def _manifest(places: Places, day: dt.date) -> dict[str, Any]:
    path = places.features(day) / "manifest.json"
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else {}


def _share(places: Places, days: Sequence[dt.date], families: int) -> float:
    marks = [stores.Parts(places.features(days[-1])).mark(bucket) for bucket in part_names(places, days[-1])]
    there = sum(int(mark["rows"]) for mark in marks if mark)
    return min(1.0, families / max(there, 1))


def _drawn(kpm: np.ndarray, share: float) -> np.ndarray:
    """Families whose hash falls into the share; the same families at every date and on every machine."""
    if share >= 1.0:
        return np.ones(len(kpm), dtype=bool)
    mixed = kpm.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    return (mixed >> np.uint64(40)).astype(float) < share * 2.0**24
