"""How often the label-shift alarm rings when it should and when it should not, and the stability index on calm features.

    python benchmarks/drift.py [--replicates 200]

Offices of 70, 140 and 340 pendamping with 285 families each; families differ (standard deviation 1 on the log-odds) and so do
pendamping (0.8), which the predictions do not know; about 3.5 % of families leave by themselves in a year. *Found*: a shift of -0.5
in every family's log-odds, alarmed by the first quarter whose labels are mature. *False*: any alarm in a calm year of four
quarters. With and without the habits of pendamping in the year before (`habits_of`).
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import expit

from pkh_graduation.monitoring.drift import compare, count_bins, edges_of
from pkh_graduation.monitoring.label_shift import habits_of, label_shift

CASELOAD, SPREAD, RATE = 285, 0.8, 0.0088
SHIFT = -0.5
_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(15)


@dataclass(frozen=True)
class Office:
    """Families with their log-odds per quarter, the chance that is told, and their pendamping with her habit."""

    margin: np.ndarray
    chance: np.ndarray
    who: np.ndarray
    habit: np.ndarray

    def rows(self, rng: np.random.Generator, quarters: int, shift: float = 0.0) -> pd.DataFrame:
        """What came in some quarters, families at risk in each."""
        came = rng.random((quarters, len(self.margin))) < expit(self.margin + self.habit[self.who] + shift)
        return pd.DataFrame(
            {
                "period": np.repeat([f"q{number}" for number in range(quarters)], len(self.margin)),
                "pendamping_id": np.tile(self.who, quarters),
                "chance": np.tile(self.chance, quarters),
                "label": came.ravel().astype(int),
            }
        )


def draw_office(rng: np.random.Generator, pendamping: int, caseload: int = CASELOAD) -> Office:
    """An office whose predictions are right on average over pendamping."""
    who = np.repeat(np.arange(pendamping), caseload)
    margin = np.log(RATE) - 0.5 - SPREAD**2 / 2 + rng.normal(size=len(who))
    chance = (expit(margin[:, None] + SPREAD * _NODES) * _WEIGHTS / _WEIGHTS.sum()).sum(axis=1)
    return Office(margin, chance, who, rng.normal(0, SPREAD, pendamping))


def alarms(pendamping: int, replicates: int) -> dict[str, float]:
    """Shares of replicates with an alarm."""
    rung = {"found": 0, "false": 0, "found, plain": 0, "false, plain": 0}
    for seed in range(replicates):
        rng = np.random.default_rng([pendamping, seed])
        office = draw_office(rng, pendamping)
        habits = habits_of(office.rows(rng, 4))
        shifted, calm = office.rows(rng, 1, SHIFT), office.rows(rng, 4)
        rung["found"] += label_shift(shifted, habits=habits).alarm
        rung["false"] += label_shift(calm, habits=habits).alarm
        rung["found, plain"] += label_shift(shifted).alarm
        rung["false, plain"] += label_shift(calm).alarm
    return {name: count / replicates for name, count in rung.items()}


def index_alarms(replicates: int) -> tuple[float, float]:
    """Share of replicates in which any of 50 calm features is called changed, and in which one moved by 0.5 sd is not."""
    false = missed = 0
    for seed in range(replicates):
        rng = np.random.default_rng(seed)
        before = pd.DataFrame(rng.normal(size=(4000, 50)), columns=[f"f{number}" for number in range(50)])
        now = pd.DataFrame(rng.normal(size=(1000, 50)), columns=before.columns)
        now["f0"] += 0.5
        edges = edges_of(before)
        table = compare(count_bins(before, edges), count_bins(now, edges)).set_index("feature")
        false += (table.drop(index="f0")["verdict"] != "tenang").any()
        missed += table.loc["f0", "verdict"] == "tenang"
    return false / replicates, missed / replicates


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--replicates", type=int, default=200)
    asked = parser.parse_args()
    for pendamping in (70, 140, 340):
        found = alarms(pendamping, asked.replicates)
        print(
            f"{pendamping} pendamping: " + ", ".join(f"{name} {share:.3f}" for name, share in found.items()), flush=True
        )
    false, missed = index_alarms(min(50, asked.replicates))
    print(
        f"stability index, 50 calm features: false {false:.3f}; one moved by half a standard deviation: missed {missed:.3f}"
    )


if __name__ == "__main__":
    main()
