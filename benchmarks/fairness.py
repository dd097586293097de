"""Fairness of the backtest's lists, by group, before guardrails; what a list harms; and what floors for a group would cost.

    python benchmarks/fairness.py OUT [--share 0.10] [--axis kepala] [--ratio 0.8]

OUT is the output folder of a run that has `features` and `backtest` behind it. Rows are those of the last origin, one per family.
Printed: every figure of every group that differs from the others on its axis; worst against best with its interval and what chance
does; the same for the best rule of practice; harm at a cost ratio of 5 to 1 and the follow-through at which the list breaks even;
and the floor of one axis: no group listed below RATIO of the common rate, each pendamping keeping her places.
"""

from __future__ import annotations

import argparse
import datetime as dt
from pathlib import Path

import pandas as pd

from pkh_graduation.evaluation.capacity import places_of
from pkh_graduation.evaluation.fairness import audit_outcomes, draw_listed
from pkh_graduation.evaluation.fairness_groups import NOT_RECORDED, align, fairness_groups
from pkh_graduation.evaluation.fairness_ratios import fairness_ratios
from pkh_graduation.evaluation.harm import harm_of_list
from pkh_graduation.priorities.mitigation import floors_of, mitigate
from pkh_graduation.workflows.featuring import part_names
from pkh_graduation.workflows.places import Places
from pkh_graduation.workflows.scoring import read_part


def groups_at(places: Places, day: dt.date) -> pd.DataFrame:
    """Groups of all families of a date."""
    return pd.concat([fairness_groups(*read_part(places, day, bucket)[1:]) for bucket in part_names(places, day)])


def print_audit(name: str, rows: pd.DataFrame, groups: pd.DataFrame, share: float) -> None:
    listed = draw_listed(rows, share)
    audit = audit_outcomes(rows, groups, listed=listed)
    columns = ["axis", "group", "metric", "value", "low", "high", "overall", "numerator", "denominator", "p_holm"]
    print(f"\n== {name}: {len(rows)} families, {int(listed.sum())} listed, lines that differ (Holm 5 %)")
    print(audit.different()[columns].round(4).to_string(index=False))
    few = audit.table[audit.table["verdict"] == "terlalu sedikit"]
    print(f"too few to tell: {len(few)} of {len(audit.table)} figures")
    print(fairness_ratios(rows, groups, listed=listed).round(4).to_string(index=False))
    for follow in (1.0, 0.1):
        harm = harm_of_list(rows["label"].to_numpy(dtype=float), listed, follow_through=follow)
        print(
            f"harm at 5:1, follow-through {follow}: {harm.harm:.0f} delayed families ({harm.premature:.0f} premature, "
            f"{harm.delayed:.0f} delayed), without a list {harm.harm_without:.0f}; breaks even at {harm.break_even:.4f}"
        )


def print_floor(rows: pd.DataFrame, words: pd.Series, share: float, ratio: float) -> None:
    served = rows[rows["pendamping_id"].notna()].set_index("kpm_id")
    words = words.set_axis(rows["kpm_id"]).loc[served.index]
    size = served["pendamping_id"].value_counts()
    room = dict(zip(size.index, places_of(size.to_numpy(), share).astype(int), strict=True))
    chance = served["p_mandiri"]
    floors = floors_of(words, chance.notna(), sum(room.values()), ratio=ratio)
    done = mitigate(chance, served["pendamping_id"], room, words, floors)
    plain = mitigate(chance, served["pendamping_id"], room, words, {})
    label = served["label"].to_numpy(dtype=float)
    print(f"\n== floor on {words.name}: every group listed at {ratio} of the common rate or more")
    print(f"listed before {done.before}, after {done.after}, floors {done.floors}, unmet {done.unmet}")
    print(f"offsets { ({name: round(value, 5) for name, value in done.offsets.items()}) }")
    before, after = (label[one.listed.reindex(served.index).to_numpy()].mean() for one in (plain, done))
    print(
        f"expected precision {done.precision_before:.4f} -> {done.precision_after:.4f} (cost {100 * done.cost:.2f} %)"
    )
    print(f"observed precision {before:.4f} -> {after:.4f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--share", type=float, default=0.10)
    parser.add_argument("--axis", default="kepala")
    parser.add_argument("--ratio", type=float, default=0.8)
    asked = parser.parse_args()
    places = Places(asked.out)
    predictions = pd.read_parquet(places.report / "predictions.parquet")
    last = predictions[predictions["origin"] == predictions["origin"].max()]
    groups = groups_at(places, dt.date.fromisoformat(str(last["origin"].iloc[0])))
    for name, rows in last.groupby("contender", sort=False):
        if name in ("model", "skor_madiun"):
            print_audit(str(name), rows.reset_index(drop=True), groups, asked.share)
    rows = last[last["contender"] == "model"].reset_index(drop=True)
    print_floor(rows, align(groups, rows)[asked.axis], asked.share, asked.ratio)
    print("not recorded, so not audited:", NOT_RECORDED)


if __name__ == "__main__":
    main()
