"""Model against the best rule of practice on families, pendamping and kabupaten that training never saw; on an office folder.

    python benchmarks/holdouts.py --out OFFICE --as-of 2026-T4 [--origins 4] [--parts 1] [--capacity 0.10] [--bootstraps 1000]
                                  [--truth]

OFFICE is a folder in which `pkh-graduation features` has run (preset `studi` has twelve kabupaten). Rules of practice compete
on the validation origins, all but the last, and the best of them is fixed there. At the last origin the recipe's model and
that rule are fitted once per kind of hold-out, each time on everything but a fifth of the units of that kind, and judged on the
units left out. With ``--parts n`` the first n fifths take turns, so that with 5 every unit is new once.

Printed per hold-out: families, graduates, list precision within each pendamping of model and rule, their ratio with a 95 %
interval from resampled pendamping, the precision of a model that knew the families, shift AUC and shifted features. With
``--truth``, for made-up offices that still have their planted truth, the precision of the planted hazard's own ranking, with and
without the effects of pendamping and kabupaten, on the families of each line.
"""

from __future__ import annotations

import argparse
import dataclasses
from pathlib import Path

import pandas as pd

from pkh_graduation import timeline
from pkh_graduation.estimators import todays_practice
from pkh_graduation.evaluation import BacktestReport, run_backtest, run_holdouts
from pkh_graduation.evaluation.backtest import choose_rule, rules_of_practice
from pkh_graduation.evaluation.capacity import at_capacity
from pkh_graduation.programme.calendar import parse_as_of
from pkh_graduation.stores import read_vault
from pkh_graduation.workflows import demonstrating, learning
from pkh_graduation.workflows.places import Places
from pkh_graduation.workflows.settings import read_settings

KINDS = ("kpm", "pendamping", "kabupaten")
SHOWN = (
    "holdout", "families", "n_positive", "pendamping", "places", "precision", "low", "high", "rule", "rule_precision", "ratio",
    "ratio_low", "ratio_high", "precision_known", "shift_auc", "shifted_features", "train_rows",
)  # fmt: skip


def judged(places: Places, call: argparse.Namespace) -> tuple[pd.DataFrame, BacktestReport, dict[str, pd.MultiIndex]]:
    """The table, the report at the last origin, and the families behind each line."""
    recipe = read_settings(call.settings).recipe
    _, X, history, dictionary, y = learning._material(places, parse_as_of(call.as_of), recipe)
    competing = learning.contenders(recipe, dictionary)
    given = {"capacity": call.capacity, "random_state": recipe.seed, "n_boot": 0, "progress": _say}
    rules = dict(todays_practice())
    tried = run_backtest(
        rules, X, y, history, timeline.PanelFolds(call.origins, recipe.horizon), rules=list(rules), **given
    )
    rule, chosen_on = choose_rule(tried.predictions, rules_of_practice(rules, list(rules)), call.capacity)
    _say(f"aturan terbaik pada asal {', '.join(chosen_on)}: {rule}")
    last = timeline.PanelFolds(1, recipe.horizon)
    pair = {learning.MODEL: competing[learning.MODEL], rule: rules[rule]}
    report = run_backtest(pair, X, y, history, last, rules=[rule], **given)
    report = dataclasses.replace(report, chosen_on=chosen_on, n_boot=call.bootstraps)
    folds = [
        timeline.NewUnits(last, (kind,), part=part, random_state=recipe.seed)
        for kind in KINDS for part in range(call.parts)
        if kind == "kpm" or history.frame[timeline.folds.HOLDOUTS[kind]].nunique() > 1
    ]  # fmt: skip
    table = run_holdouts(report, pair, X, y, history, folds, model=learning.MODEL, future=last, progress=_say)
    new = {f"{kind}_baru".replace("kpm", "keluarga"): [] for kind in KINDS}
    for one in folds:
        new[f"{one.kinds[0]}_baru".replace("kpm", "keluarga")] += [fold.test for fold in one.split(X, y, history)]
    rows = {name: parts[0].append(parts[1:]) for name, parts in new.items() if parts}
    return table, report, rows


def oracle(places: Places, report: BacktestReport, rows: dict[str, pd.MultiIndex], capacity: float) -> pd.DataFrame:
    """Precision of the planted hazard's ranking on the families of each line; opens the planted truth."""
    seen = report.predictions[report.predictions["contender"] == learning.MODEL]
    truth = demonstrating._true_risk(places, pd.Timestamp(report.test_origin).date(), report.horizon)
    pairs = read_vault(places.vault)[["kpm_id", "kpm_asal"]].drop_duplicates()
    joined = seen.merge(pairs, on="kpm_id").merge(truth, left_on="kpm_asal", right_on="kpm_id", suffixes=("", "_asal"))
    keys = pd.MultiIndex.from_frame(joined[["kpm_id", "as_of"]])
    lines = []
    for name, index in {"masa_depan": keys, **rows}.items():
        mine = joined[keys.isin(index)]
        group = pd.factorize(mine["pendamping_id"])[0]
        found = {
            what: at_capacity(mine[what].to_numpy(), mine["label"].to_numpy(), group, capacity)["precision"]
            for what in ("full", "household")
        }
        lines.append({"holdout": name, "oracle": found["full"], "oracle_household": found["household"]})
    return pd.DataFrame(lines)


def _say(message: str) -> None:
    print(f"  {message}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--as-of", default="2026-T4")
    parser.add_argument("--origins", type=int, default=4)
    parser.add_argument("--parts", type=int, default=1)
    parser.add_argument("--capacity", type=float, default=0.10)
    parser.add_argument("--bootstraps", type=int, default=1000)
    parser.add_argument("--settings", type=Path)
    parser.add_argument("--truth", action="store_true")
    call = parser.parse_args()
    table, report, rows = judged(Places(call.out), call)
    if call.truth:
        table = table.merge(oracle(Places(call.out), report, rows, call.capacity), on="holdout")
    shown = [name for name in (*SHOWN, "oracle", "oracle_household") if name in table]
    print(f"asal {report.test_origin}, {report.horizon} tahap; aturan dipilih pada {', '.join(report.chosen_on)}")
    print("| " + " | ".join(shown) + " |\n|" + "---|" * len(shown))
    for row in table[shown].to_dict("records"):
        print("| " + " | ".join(_text(row[name]) for name in shown) + " |")


def _text(value: object) -> str:
    if isinstance(value, float):
        return "–" if value != value else f"{value:.3f}"
    return str(value)


if __name__ == "__main__":
    main()
