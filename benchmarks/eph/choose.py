"""Choose the configuration of `config.toml`, from what was known at the first origin only.

At 2022Q2 the year-ahead outcome of one base quarter is known: 2021Q2 (708 pairs, 81 graduates, each household once). Every
configuration of the grid is fitted in repeated stratified cross-validation over those households; the highest mean AUC wins.
Later origins are never read. Prints a table, and ``[choice]`` and ``[model]`` as they stand in `config.toml`.
"""

from __future__ import annotations

import itertools
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # a checkout that is not installed

from material import Material, make_material, read_panel, well_known
from panel import known_by, read_survey
from settings import FIRST_ORIGIN, arguments, make_model, read_config
from sklearn.metrics import average_precision_score, roc_auc_score
from sklearn.model_selection import RepeatedStratifiedKFold

GRID = {"blend": (0.0, 0.25, 0.5, 0.75, 0.9, 1.0), "negatives_per_event": (4.0, 20.0)}
FOLDS, REPEATS = 5, 2


def main() -> None:
    """Cross-validate the grid and print it."""
    options = arguments(__doc__)
    panel = read_panel(read_survey(options.data))
    pairs = known_by(panel.survey, FIRST_ORIGIN)
    material = make_material(panel, pairs)
    first = material.history.dates[0]
    columns = well_known(material.X, first=first, least=read_config()["columns"]["least_known"])
    rows = []
    for values in itertools.product(*GRID.values()):
        setting = dict(zip(GRID, values, strict=True))
        rows.append(setting | judge(material, columns, setting))
        print({name: round(value, 4) for name, value in rows[-1].items()}, flush=True)
    table = pd.DataFrame(rows).sort_values("auc", ascending=False)
    best = table.iloc[0]
    print(f"\n{len(pairs)} pairs, {len(columns)} columns, {FOLDS} folds x {REPEATS}\n")
    print(table.to_string(index=False, float_format="%.4f"))
    print("\n[model]", *(f"{name} = {best[name]}" for name in GRID), "\n[choice]", f"tried = {len(table)}", sep="\n")


def judge(material: Material, columns: list[str], setting: dict[str, float]) -> dict[str, float]:
    """Mean AUC and average precision of one configuration over the folds."""
    X, frame = material.X[columns], material.y.frame
    graduate = (frame["way_out"] == "mandiri").to_numpy().astype(int)
    folds = RepeatedStratifiedKFold(n_splits=FOLDS, n_repeats=REPEATS, random_state=0)
    scores = []
    for train, test in folds.split(X, frame["way_out"]):
        model = make_model(setting, material.dictionary)
        model.fit(X.iloc[train], replace(material.y, frame=frame.iloc[train]))
        chance = model.predict_incidence(X.iloc[test], 1).frame["mandiri"]
        scores.append((roc_auc_score(graduate[test], chance), average_precision_score(graduate[test], chance)))
    auc, precision = np.mean(scores, axis=0)
    return {"auc": float(auc), "average_precision": float(precision)}


if __name__ == "__main__":
    main()
