"""The corridor on Spark: the parts of `featuring` and `scoring`, made where the data are. The driver never holds a family.

`SparkCrew` does the tasks of the corridor by Spark's workers: the cohort of a bucket, its scores, its lists. `compute_at` lets
Spark run the text of the features over all buckets at once, and the workers cut the answer into the same parts, with the
same marks, as `featuring.compute_at` makes: whatever comes after does not see which engine it was. Folders must be shared by
all machines, and this package installed on them.
"""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from pkh_graduation import engines, stores, timeline
from pkh_graduation import features as room
from pkh_graduation.contracts import Progress, StoredTable, quiet
from pkh_graduation.programme.calendar import day_of
from pkh_graduation.workflows import featuring
from pkh_graduation.workflows.crew import Crew
from pkh_graduation.workflows.places import Places

_COHORT = {"kpm": "BIGINT", "kelompok_id": "STRING", "desa": "STRING", "masuk_day": "INT"}
_FAMILIES = (
    "SELECT kpm, CAST(conv(substring(kelompok_id, 2), 16, 10) AS BIGINT) AS kelompok, desa, masuk_day, '{0}' AS bucket "
    "FROM kohor_{0}"
)
"""A part of the cohort as the features' text sees it: a kelompok is the number behind its pseudonym."""


@dataclass(frozen=True)
class SparkCrew(Crew):
    """A crew whose hands are Spark's workers: as many as Spark has, each with DuckDB of one thread inside."""

    engine: engines.SparkEngine = field(default_factory=engines.SparkEngine)

    def processes(self, store: stores.Store) -> int:
        """Workers are always others, however little there is to do."""
        return self.workers

    def each(
        self,
        store: stores.Store,
        task: Callable[..., Any],
        calls: Sequence[tuple[Any, ...]],
        *,
        label: str,
        progress: Progress = quiet,
    ) -> list[Any]:
        """Results of ``task(*call)``, in the order of the calls; only what a task returns comes to the driver."""
        results = self.engine.each(task, calls)
        progress(f"{label} {len(results)}/{len(calls)}")
        return results


def compute_at(
    places: Places, store: stores.Store, dates: Sequence[dt.date], *, crew: SparkCrew, progress: Progress = quiet
) -> dict[str, Any]:
    """`featuring.compute_at` with Spark running the text of the features; finished parts are kept."""
    spill = str(places.out / "features" / ".tumpahan")
    run = featuring.FeatureRun(places, store, crew.memory_per_worker, 1, spill)
    plan = run.plan(store.buckets[0], progress)
    cohorts = [(run, bucket, tuple(dates)) for bucket in store.buckets]
    crew.each(store, featuring.take_cohort, cohorts, label="kohor", progress=progress)
    made = 0
    for day in dates:
        run.join_places(plan, day)
        missing = [b for b in store.buckets if not run.rows(day).done(b, run.inputs(b, plan, day))]
        folder = run.rows(day).folder / ".spark"
        if missing:
            write_values(run, plan, day, missing, crew.engine, folder)
            calls = [(run, bucket, day, folder) for bucket in missing]
            crew.each(store, cut_part, calls, label=f"fitur {day.isoformat()}", progress=progress)
        shutil.rmtree(folder, ignore_errors=True)
        made += len(missing)
    # Everything is there by now: this only writes what stands beside the parts.
    kept = featuring.compute_at(places, store, dates, crew=crew, progress=quiet)
    return {**kept, "parts_computed": made, "parts_kept": len(dates) * len(store.buckets) - made}


def write_values(
    run: featuring.FeatureRun,
    plan: room.FeaturePlan,
    day: dt.date,
    buckets: Sequence[str],
    engine: engines.SparkEngine,
    folder: Path,
) -> None:
    """Let Spark compute the features of the buckets' families at a date and write them to ``folder/bucket=NN``."""
    moment = room.moments_of(timeline.spine([day]))[day_of(day)]
    parts = {f"kohor_{b}": StoredTable((str(run.cohort(day).path(b)),), _COHORT) for b in buckets}
    cohort = engine.frame(" UNION ALL ".join(_FAMILIES.format(b) for b in buckets), parts)
    known = [run.known_totals(plan, bucket, day) for bucket in buckets]
    totals = {f"p_{p}": pd.concat([one[p] for one in known]).drop_duplicates(p) for p in plan.query.places}
    given = {**_tables(run, plan, buckets, engine), **run.links(buckets[0], plan, day), **totals, "cohort": cohort}
    joined = {"cohort": cohort, "nilai": engine.frame(room.bind(plan.query.sql, moment), given)}
    for number, hatch in enumerate(plan.hatches):
        kinds = {"kpm": "BIGINT", **{f.name: f.measure.kind for f in hatch.features}}
        text = room.bind(hatch.sql(linked=plan.linked), moment)
        joined[f"palka_{number}"] = engine.apply(text, given, partial(_hatched, hatch, dict(moment)), kinds)
    named = [name for name in joined if name != "cohort"]
    near = "".join(f" LEFT JOIN {name} USING (kpm)" for name in named)
    columns = [*plan.query.values, *(f.name for hatch in plan.hatches for f in hatch.features)]
    engine.write(f"SELECT bucket, kpm, {', '.join(columns)} FROM cohort{near}", joined, folder, by="bucket")


def cut_part(run: featuring.FeatureRun, bucket: str, day: dt.date, folder: Path) -> dict[str, int]:
    """Task of a worker: the rows of one bucket, in the order of its cohort, from what Spark wrote."""
    plan = run.plan(bucket)
    cohort = run.cohort(day).read(bucket)
    files = [pq.read_table(path, partitioning=None) for path in engines.written(folder, bucket=bucket)]
    values = engines.to_frame(pa.concat_tables(files)).set_index("kpm").reindex(pd.Index(cohort["kpm"]))
    return {"computed": 1, "rows": run.write_rows(bucket, day, plan, values)}


def _tables(
    run: featuring.FeatureRun, plan: room.FeaturePlan, buckets: Sequence[str], engine: engines.SparkEngine
) -> dict[str, Any]:
    """The tables of several buckets as one, each row once: sessions of a kelompok may lie in more than one bucket."""
    found: dict[str, StoredTable] = {}
    for bucket in buckets:
        for name, table in run.tables(bucket, plan).items():
            paths = found[name].paths if name in found else ()
            found[name] = StoredTable(tuple(dict.fromkeys((*paths, *table.paths))), table.columns)
    return {
        name: table if "kpm" in table.columns else engine.frame(f"SELECT DISTINCT * FROM {name}", {name: table})
        for name, table in found.items()
    }


def _hatched(hatch: room.Hatch, moment: Mapping[str, int], rows: pd.DataFrame) -> pd.DataFrame:
    return hatch.run(rows, moment).reset_index()
