"""How steady a recipe's lists are when other families are learnt from, and what that costs, on an office folder.

    python benchmarks/steadiness.py --out OFFICE --settings benchmarks/studi_steady.toml --against benchmarks/studi.toml
                                    [--as-of 2026-T4] [--origins 6] [--bootstraps 4] [--capacity 0.10]

OFFICE is a folder in which `pkh-graduation features` has run. At each of the last origins the recipe learns from all families and
from resampled ones (a weight per family), the recipe of ``--against`` from all.

Printed per origin and over all: overlap (Jaccard) of the resampled lists with each other and with the list learnt from all;
precision within each pendamping of both recipes; and their ratio, paired, with a 95 % interval from resampled pendamping (one
pendamping with all her origins is one unit).
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
from learning_curve import Material, chances, per_pendamping, ratio_interval

from pkh_graduation import timeline
from pkh_graduation.evaluation.backtest import judged_rows
from pkh_graduation.evaluation.stability import household_bootstraps
from pkh_graduation.programme.calendar import parse_as_of
from pkh_graduation.workflows import learning
from pkh_graduation.workflows.places import Places
from pkh_graduation.workflows.settings import read_settings


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--settings", type=Path, required=True)
    parser.add_argument("--against", type=Path, required=True)
    parser.add_argument("--as-of", default="2026-T4")
    parser.add_argument("--origins", type=int, default=6)
    parser.add_argument("--bootstraps", type=int, default=4)
    parser.add_argument("--capacity", type=float, default=0.10)
    call = parser.parse_args()
    recipe, other = (read_settings(path).recipe for path in (call.settings, call.against))
    _, X, history, dictionary, y = learning._material(Places(call.out), parse_as_of(call.as_of), recipe)
    given = Material(X, y, history, recipe.horizon, call.capacity)
    steady, usual = (learning.make_model(one, dictionary) for one in (recipe, other))
    lines, kept = [], []
    for fold in timeline.PanelFolds(call.origins, recipe.horizon).split(X, y, history):
        rows = judged_rows(fold, history, recipe.horizon)
        own, against = (per_pendamping(chances(model, fold, fold.train, given), rows) for model in (steady, usual))
        again = household_bootstraps(
            steady, fold, X, history, share=call.capacity, horizon=recipe.horizon, n_boot=call.bootstraps,
            random_state=recipe.seed,
        )  # fmt: skip
        kept.append((own, against))
        lines.append(line(str(fold.origin), own, against, again))
        print(lines[-1], flush=True)
    own, against = (pd.concat(part).groupby(level=0).sum() for part in zip(*kept, strict=True))
    table = pd.DataFrame(lines)
    means = table[["jaccard_others", "jaccard_full"]].mean()
    print(f"\n{table.to_string(index=False)}\n")
    low, high = ratio_interval(own, against)
    ratio = (own["hits"].sum() / own["places"].sum()) / (against["hits"].sum() / against["places"].sum())
    print(
        f"{len(table)} origins, {len(own)} pendamping: Jaccard of resampled lists {means['jaccard_others']:.3f} "
        f"(least origin {table['jaccard_others'].min():.3f}), with the list learnt from all {means['jaccard_full']:.3f}; "
        f"precision {ratio:.3f} ({low:.3f}-{high:.3f}) of the other recipe's"
    )


def line(origin: str, own: pd.DataFrame, against: pd.DataFrame, again: pd.DataFrame) -> dict[str, object]:
    """Figures of one origin."""
    low, high = ratio_interval(own, against)
    one, two = (float(frame["hits"].sum() / frame["places"].sum()) for frame in (own, against))
    return {
        "origin": origin,
        "jaccard_others": round(float(again["jaccard_others"].mean()), 3),
        "jaccard_full": round(float(again["jaccard_full"].mean()), 3),
        "precision": round(one, 4),
        "against": round(two, 4),
        "ratio": round(one / two, 3),
        "low": round(low, 3),
        "high": round(high, 3),
        "lost_by_resampling": round(float(np.mean(1 - again["precision"] / again["precision_full"])), 3),
    }


if __name__ == "__main__":
    main()
