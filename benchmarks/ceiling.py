"""How near the recipe, learnt from one office, comes to the same features and model class learnt from ten times the families.

    python benchmarks/ceiling.py --out OFFICE --work DIR --settings benchmarks/studi.toml [--preset studi] [--seeds 101 ... 110]
                                 [--parts 5] [--back 0] [--only-offices]

OFFICE is the folder of `pkh-graduation demo` (preset `studi`, any other seed). For every seed an office of its own is made up and
read, its features computed for the dates that the model of OFFICE learns from at the origin, and what had become known by then
kept in DIR: every family that left by mandiri, and one in ``--thin`` of the others, which stands for as many (sample weights).
Then, for each fifth of OFFICE's pendamping in turn, the recipe learns once from OFFICE without them and once from the other
offices together (no limit on exit lines), and both order the families of those pendamping at the origin: future families of
pendamping whom neither model ever saw.

Printed: families and exit lines, expected precision of the lists within each pendamping (ties as listed by chance), the
ratio of the two with a 95 % interval from resampled pendamping, and the planted hazard's own ranking, with and without the
effects of places and pendamping. Offices that DIR holds already are not made again.
"""

from __future__ import annotations

import argparse
import dataclasses
import datetime as dt
import shutil
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from learning_curve import Material, per_pendamping, planted, ratio_interval

from pkh_graduation import stores, timeline
from pkh_graduation.contracts import Contender, Outcomes
from pkh_graduation.estimators import GraduationModel
from pkh_graduation.evaluation.backtest import judged_rows
from pkh_graduation.evaluation.capacity import listing_chance
from pkh_graduation.programme.calendar import parse_as_of
from pkh_graduation.programme.vocabulary import MANDIRI, SUDAH_KELUAR
from pkh_graduation.workflows import demonstrating, featuring, ingesting, learning
from pkh_graduation.workflows.crew import Crew
from pkh_graduation.workflows.places import Places
from pkh_graduation.workflows.settings import Recipe, Settings, read_settings

UNLIMITED = 10_000_000
OFFICE, OTHERS = "one office", "the others"


def make_office(
    work: Path, preset: str, seed: int, until: dt.date, settings: Settings, recipe: Recipe, thin: int
) -> None:
    """Make up an office, keep what a model may learn from it at ``until``, and remove it again."""
    if (work / f"{seed}.y.parquet").is_file():
        return
    begun = time.process_time()
    room = work / f"office-{seed}"
    shutil.rmtree(room, ignore_errors=True)
    records = demonstrating.make_population(room, preset=preset, seed=seed)
    places = Places(room)
    ingesting.ingest(records, places, key=stores.demo_key(seed), settings=settings)
    featuring.compute(places, as_of=until, recipe=recipe, crew=Crew(1, settings.machine.memory_limit))
    X, y = known_at(places, until, recipe)
    weight = kept(y, thin)
    chosen = weight > 0
    named = X.index[chosen].set_levels(f"{seed}-" + X.index.levels[0].astype(str), level=0)
    X[chosen].set_index(named).astype("float32").to_parquet(work / f"{seed}.X.parquet")
    y.frame[chosen].assign(weight=weight[chosen]).set_index(named).to_parquet(work / f"{seed}.y.parquet")
    shutil.rmtree(room)
    spent = time.process_time() - begun
    print(
        f"  office {seed}: {chosen.sum():,} of {len(chosen):,} rows kept, {spent:.0f} CPU-s",
        file=sys.stderr,
        flush=True,
    )


def known_at(places: Places, until: dt.date, recipe: Recipe) -> tuple[pd.DataFrame, Outcomes]:
    """Features, and the outcomes as told on ``until``, of families that were there and were seen for a quarter at least."""
    _, X, _, _, y = learning._material(places, until, recipe)
    seen = (y.frame["observed"] > 0) & (y.frame["way_out"] != SUDAH_KELUAR)
    frame = y.frame[seen]
    return X.loc[frame.index], dataclasses.replace(y, frame=frame)


def kept(y: Outcomes, thin: int) -> np.ndarray:
    """Sample weight per row: 1 for families that left by mandiri, ``thin`` for one in ``thin`` of the others, else 0."""
    family = y.frame.index.get_level_values("kpm_id")
    left = y.frame["way_out"].to_numpy() == MANDIRI
    leaver = np.isin(family, family[left].unique())
    drawn = pd.util.hash_array(family.to_numpy(object), hash_key="0123456789123456") % thin == 0
    return np.where(leaver, 1.0, np.where(drawn, float(thin), 0.0))


def others(work: Path, seeds: list[int], like: Outcomes) -> tuple[pd.DataFrame, Outcomes, np.ndarray]:
    """What was kept of all offices together."""
    X = pd.concat([pd.read_parquet(work / f"{seed}.X.parquet") for seed in seeds])
    frame = pd.concat([pd.read_parquet(work / f"{seed}.y.parquet") for seed in seeds])
    weight = frame.pop("weight").to_numpy()
    return X, dataclasses.replace(like, frame=frame, exits=like.exits.iloc[:0]), weight


def counts(y: Outcomes, weight: np.ndarray | None = None) -> str:
    """Families that stand behind the rows, and their exits by mandiri."""
    one = pd.DataFrame({"kpm_id": y.frame.index.get_level_values("kpm_id"), "w": 1.0 if weight is None else weight})
    left = y.frame["way_out"] == MANDIRI
    leavers = y.frame.index.get_level_values("kpm_id")[left].nunique()
    return f"{one.drop_duplicates('kpm_id')['w'].sum():,.0f} families, {leavers:,} of them left by mandiri"


def origin_and_dates(places: Places, until: dt.date, recipe: Recipe, folds: timeline.PanelFolds) -> tuple[dt.date, int]:
    """The origin that is judged, and how many dates up to it the office has features for."""
    _, _, history, _, y = learning._material(places, until, recipe)
    origin = folds.origins(y)[0]
    return origin, sum(day <= origin for day in history.dates)


def alone(task: Callable[..., Any], *arguments: Any) -> Any:
    """The result of a task run in a process of its own, which gives its memory back."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as room:
        return room.submit(task, *arguments).result()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--settings", type=Path)
    parser.add_argument("--preset", default="studi")
    parser.add_argument("--seeds", type=int, nargs="+", default=list(range(101, 111)))
    parser.add_argument("--as-of", default="2026-T4")
    parser.add_argument("--back", type=int, default=0)
    parser.add_argument("--parts", type=int, default=5)
    parser.add_argument("--thin", type=int, default=8)
    parser.add_argument("--only-offices", action="store_true", help="make the other offices and stop")
    call = parser.parse_args()
    call.work.mkdir(parents=True, exist_ok=True)
    settings = read_settings(call.settings)
    recipe, places = settings.recipe, Places(call.out)
    folds = timeline.PanelFolds(call.back + 1, recipe.horizon)
    until = parse_as_of(call.as_of)
    origin, dates = alone(origin_and_dates, places, until, recipe, folds)
    same_dates = recipe.model_copy(update={"history_tahap": dates})
    for seed in call.seeds:
        alone(make_office, call.work, call.preset, seed, origin, settings, same_dates, call.thin)
    if call.only_offices:
        return
    _, X, history, dictionary, y = learning._material(places, until, recipe)
    given = Material(X, y, history, recipe.horizon, recipe.capacity)
    base = learning.make_model(recipe, dictionary)
    frames: dict[str, list[pd.DataFrame]] = {}
    ceiling: GraduationModel | None = None
    for part in range(call.parts):
        new = timeline.NewUnits(folds, ("pendamping",), part=part, random_state=recipe.seed)
        fold = next(iter(new.split(X, y, history)))
        rows = judged_rows(fold, history, recipe.horizon)
        if ceiling is None:
            more, told, weight = others(call.work, call.seeds, fold.y_train)
            print(f"{OTHERS}: {counts(told, weight)}", flush=True)
            ceiling = base.set_params(max_events=UNLIMITED).fit(more[X.columns], told, sample_weight=weight)
            base = learning.make_model(recipe, dictionary)
            del more
        print(f"{OFFICE}, fifth {part}: {counts(fold.y_train)}", flush=True)
        own = base.fit(X.loc[fold.train], fold.y_train)
        group = pd.factorize(rows["pendamping_id"], sort=True)[0]
        for name, model in ((OFFICE, own), (OTHERS, ceiling)):
            chance = listing(model, given, rows, group)
            frames.setdefault(name, []).append(per_pendamping(chance, rows))
        for name, chance in planted(places, fold, given).items():
            frames.setdefault(f"planted hazard, {name}", []).append(per_pendamping(chance, rows))
    report(frames, origin)


def listing(model: Contender, given: Material, rows: pd.DataFrame, group: np.ndarray) -> np.ndarray:
    """Chance of being listed of every judged family."""
    scores = model.predict_incidence(given.X.loc[rows.index], given.horizon)
    return listing_chance(scores.frame.loc[rows.index, MANDIRI].to_numpy(), group, given.capacity)


def report(frames: dict[str, list[pd.DataFrame]], origin: dt.date) -> None:
    """The table; ratios are to the ceiling, the same recipe learnt from the other offices."""
    whole = {name: pd.concat(found) for name, found in frames.items()}
    top = whole[OTHERS]
    print(f"\norigin {origin}; future x new pendamping, {len(top)} pendamping, {top['places'].sum():,.0f} places")
    print("| learnt from | precision | of the ceiling | 95 % |")
    print("|---|---|---|---|")
    best = top["hits"].sum() / top["places"].sum()
    for name, frame in whole.items():
        precision = frame["hits"].sum() / frame["places"].sum()
        low, high = ratio_interval(frame, top)
        print(f"| {name} | {precision:.4f} | {precision / best:.3f} | {low:.3f}-{high:.3f} |")


if __name__ == "__main__":
    main()
