"""Lists as they live, on an office folder: a year of lists, capacity, and stability when other families are learnt from.

    python benchmarks/list_life.py --out OFFICE --as-of 2026-T4 [--origins 4] [--bootstraps 10] [--capacity 0.10]
                                   [--cost-ratio 5]

OFFICE is a folder in which `pkh-graduation features` has run. Model and rules are judged at the last consecutive origins, each
told as it was then. Printed: the year once, spread over the tahap without listing a family twice, and without memory (expected
over lots where ties decide); the capacity planner at 8, 10 and 12 % of each caseload; overlap of lists from tahap to tahap; and,
with the model fitted again on resampled families (weights; one fit each) at the last origin, the overlap (Jaccard) of its lists
with each other and with the list learnt from all, and what resampling costs in precision.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd

from pkh_graduation import timeline
from pkh_graduation.evaluation import list_life, run_backtest
from pkh_graduation.evaluation.stability import household_bootstraps
from pkh_graduation.programme.calendar import parse_as_of
from pkh_graduation.workflows import learning
from pkh_graduation.workflows.places import Places
from pkh_graduation.workflows.settings import read_settings


def show(title: str, table: pd.DataFrame) -> None:
    """Print a table as Markdown, numbers to three digits."""
    print(f"\n{title}\n\n| " + " | ".join(table.columns) + " |\n|" + "---|" * len(table.columns))
    for row in table.itertuples(index=False):
        print(
            "| " + " | ".join(f"{cell:.3f}" if isinstance(cell, float) else str(cell) for cell in row) + " |",
            flush=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--as-of", default="2026-T4")
    parser.add_argument("--origins", type=int, default=4)
    parser.add_argument("--bootstraps", type=int, default=10)
    parser.add_argument("--capacity", type=float, default=0.10)
    parser.add_argument("--cost-ratio", type=float, default=5.0)
    parser.add_argument("--settings", type=Path)
    call = parser.parse_args()
    recipe = read_settings(call.settings).recipe
    _, X, history, dictionary, y = learning._material(Places(call.out), parse_as_of(call.as_of), recipe)
    competing = learning.contenders(recipe, dictionary)
    folds = timeline.PanelFolds(call.origins, recipe.horizon)
    report = run_backtest(
        competing, X, y, history, folds, capacity=call.capacity, n_boot=0, random_state=recipe.seed, progress=print
    )
    life = list_life(report, X, model=learning.MODEL, cost_ratio=call.cost_ratio)
    show("Setahun", life.year)
    show(f"Panjang daftar ({report.test_origin})", life.plan)
    show("Tumpang tindih dari tahap ke tahap", life.tahap)
    if call.bootstraps < 2:
        return
    (fold,) = timeline.PanelFolds(1, recipe.horizon).split(X, y, history)
    again = household_bootstraps(
        competing[learning.MODEL], fold, X, history, share=call.capacity, horizon=recipe.horizon, n_boot=call.bootstraps,
        random_state=recipe.seed, progress=print,
    )  # fmt: skip
    show("Bila keluarga yang dipelajari diundi ulang", again)
    lost = 1 - again["precision"] / again["precision_full"]
    error = lost.std(ddof=1) / np.sqrt(len(lost))
    print(
        f"\nJaccard antar contoh ulang {again['jaccard_others'].mean():.3f}, "
        f"dengan daftar penuh {again['jaccard_full'].mean():.3f}; "
        f"ketepatan yang hilang {lost.mean():+.3f} ± {error:.3f} (bagian)"
    )


if __name__ == "__main__":
    main()
