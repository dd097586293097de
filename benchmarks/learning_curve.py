"""How far the recipe is from what more families, or more of their exits, would give: a learning curve on an office folder.

    python benchmarks/learning_curve.py --out OFFICE --as-of 2026-T4 [--back 1] [--shares 0.1 0.3 1] [--events 10000 40000]
                                        [--members 5] [--parts 1] [--truth]

OFFICE is a folder in which `pkh-graduation features` has run. At the origin ``--back`` steps before the last one (1, the
default, is a validation origin; 0 is the test), a fifth of the pendamping is held out; ``--parts n`` lets the first n fifths
take turns. The recipe's model learns from ever larger shares of the other families (each share holds the smaller ones) and
from at most so many exit lines, and orders the families of the pendamping it never saw.

Printed per share and limit: families, precision of the list within each pendamping, its ratio to the last line's (the
ceiling: most families, most exits) with a 95 % interval from resampled pendamping, and the overlap (Jaccard) of two lists
learnt from two random halves of the share. With ``--truth`` the last lines are the planted hazard's own ranking, with and
without the effects of pendamping and kabupaten.
"""

from __future__ import annotations

import argparse
import dataclasses
import itertools
import time
from pathlib import Path

import numpy as np
import pandas as pd

from pkh_graduation import timeline
from pkh_graduation.contracts import Contender, Fold, Outcomes, Snapshots
from pkh_graduation.evaluation.backtest import judged_rows
from pkh_graduation.evaluation.capacity import listing_chance
from pkh_graduation.evaluation.stability import jaccard
from pkh_graduation.programme.calendar import parse_as_of
from pkh_graduation.programme.vocabulary import MANDIRI
from pkh_graduation.stores import read_vault
from pkh_graduation.workflows import demonstrating, learning
from pkh_graduation.workflows.places import Places
from pkh_graduation.workflows.settings import read_settings


@dataclasses.dataclass(frozen=True)
class Material:
    """What is learnt from and judged."""

    X: pd.DataFrame
    y: Outcomes
    history: Snapshots
    horizon: int
    capacity: float


def share_of(fold: Fold, share: float, half: int | None = None) -> pd.MultiIndex:
    """Training rows of a share of the families, drawn by a hash so that each share holds the smaller ones; or one half of it."""
    family = fold.train.get_level_values("kpm_id")
    drawn = pd.util.hash_array(family.to_numpy(object), hash_key="0123456789123456")
    inside = (drawn % 10_000) < share * 10_000
    if half is not None:
        inside &= (drawn // 10_000) % 2 == half
    return fold.train[inside]


def chances(model: Contender, fold: Fold, train: pd.MultiIndex, given: Material) -> np.ndarray:
    """Chance of being listed of every judged family, in the order of `judged_rows`, by a model learnt from ``train``."""
    from sklearn.base import clone

    rows = judged_rows(fold, given.history, given.horizon)
    y = dataclasses.replace(fold.y_train, frame=fold.y_train.frame.loc[train])
    scores = clone(model).fit(given.X.loc[train], y).predict_incidence(given.X.loc[rows.index], given.horizon)
    group = pd.factorize(rows["pendamping_id"], sort=True)[0]
    return listing_chance(scores.frame.loc[rows.index, MANDIRI].to_numpy(), group, given.capacity)


def planted(places: Places, fold: Fold, given: Material) -> dict[str, np.ndarray]:
    """The same by the planted hazard, full and without the effects of places and pendamping."""
    rows = judged_rows(fold, given.history, given.horizon).reset_index()
    pairs = read_vault(places.vault)[["kpm_id", "kpm_asal"]].drop_duplicates("kpm_id")
    truth = demonstrating._true_risk(places, fold.origin, given.horizon).rename(columns={"kpm_id": "kpm_asal"})
    joined = rows.merge(pairs, on="kpm_id", how="left").merge(
        truth.drop_duplicates("kpm_asal"), on="kpm_asal", how="left"
    )
    group = pd.factorize(joined["pendamping_id"], sort=True)[0]
    return {
        what: listing_chance(joined[what].fillna(0.0).to_numpy(), group, given.capacity)
        for what in ("full", "household")
    }


def ratio_interval(one: pd.DataFrame, top: pd.DataFrame, seed: int = 0, replicates: int = 1000) -> tuple[float, float]:
    """95 % interval of the ratio of two precisions, pendamping resampled; frames hold hits and places per pendamping."""
    rng = np.random.default_rng(seed)
    both = one.join(top.add_suffix("_top"))
    draws = rng.multinomial(len(both), np.full(len(both), 1 / len(both)), size=replicates)
    hits, places, best, most = (draws @ both[name].to_numpy() for name in ("hits", "places", "hits_top", "places_top"))
    low, high = np.nanquantile((hits / places) / (best / most), [0.025, 0.975])
    return float(low), float(high)


def per_pendamping(chance: np.ndarray, rows: pd.DataFrame) -> pd.DataFrame:
    """Expected hits and places of each pendamping's list."""
    frame = pd.DataFrame({"hits": chance * rows["label"].to_numpy(float), "places": chance})
    return frame.groupby(rows["pendamping_id"].to_numpy()).sum()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--as-of", default="2026-T4")
    parser.add_argument("--back", type=int, default=1)
    parser.add_argument("--shares", type=float, nargs="+", default=[0.1, 0.3, 1.0])
    parser.add_argument("--events", type=int, nargs="+", default=[10_000])
    parser.add_argument("--members", type=int, nargs="+", default=[5])
    parser.add_argument("--parts", type=int, default=1)
    parser.add_argument("--settings", type=Path)
    parser.add_argument("--no-halves", action="store_true", help="leave out the overlap of two halves, two fits a line")
    parser.add_argument("--truth", action="store_true")
    call = parser.parse_args()
    recipe = read_settings(call.settings).recipe
    _, X, history, dictionary, y = learning._material(Places(call.out), parse_as_of(call.as_of), recipe)
    given = Material(X, y, history, recipe.horizon, recipe.capacity)
    folds = timeline.PanelFolds(call.back + 1, recipe.horizon)
    base = learning.make_model(recipe, dictionary)
    settings = list(itertools.product(sorted(call.shares), call.events, call.members))
    kept: dict[tuple[object, ...], list[tuple[np.ndarray, pd.DataFrame, int, float]]] = {}
    for part in range(call.parts):
        new = timeline.NewUnits(folds, ("pendamping",), part=part, random_state=recipe.seed)
        fold = next(iter(new.split(X, y, history)))
        rows = judged_rows(fold, history, recipe.horizon)
        for share, events, members in settings:
            model = base.set_params(max_events=events, n_members=members)
            begun = time.process_time()
            train = share_of(fold, share)
            chance = chances(model, fold, train, given)
            spent = time.process_time() - begun
            overlap = float("nan")
            if not call.no_halves:
                overlap = jaccard(*(chances(model, fold, share_of(fold, share, half), given) for half in (0, 1)))
            families = train.get_level_values("kpm_id").nunique()
            kept.setdefault((share, events, members), []).append(
                (np.array([overlap, spent]), per_pendamping(chance, rows), families, 0.0)
            )
            print(f"  {fold.origin} bagian {part}: {share:g}, {events}, {members}: {spent:.0f} CPU-s", flush=True)
        if call.truth:
            for name, chance in planted(Places(call.out), fold, given).items():
                kept.setdefault((f"kebenaran, {name}",), []).append(
                    (np.full(2, np.nan), per_pendamping(chance, rows), 0, 0.0)
                )
    report(kept, settings[-1], str(fold.origin))


def report(kept: dict[tuple[object, ...], list], last: tuple[object, ...], origin: str) -> None:
    """The table."""
    whole = {name: pd.concat([one[1] for one in found]) for name, found in kept.items()}
    print(f"asal {origin}; pendamping baru, {len(whole[last])} pendamping")
    print("| share | exit lines | members | families | precision | of the ceiling | 95 % | overlap of halves | CPU-s |")
    print("|---|---|---|---|---|---|---|---|---|")
    for name, frame in whole.items():
        precision = frame["hits"].sum() / frame["places"].sum()
        top = whole[last]["hits"].sum() / whole[last]["places"].sum()
        low, high = ratio_interval(frame, whole[last])
        overlap, spent = np.mean([one[0] for one in kept[name]], axis=0)
        families = int(np.mean([one[2] for one in kept[name]]))
        words = [*map(str, name), *[""] * (3 - len(name))]
        print(
            f"| {' | '.join(words)} | {families:,} | {precision:.4f} | {precision / top:.3f} | {low:.3f}-{high:.3f} "
            f"| {overlap:.3f} | {spent:.0f} |"
        )


if __name__ == "__main__":
    main()
