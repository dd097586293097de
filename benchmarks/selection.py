"""Traces of selection in an office's records: stops at the target, deadlines, the pendamping's share, proposals, who stays out.

    python benchmarks/selection.py OUT [--target 10] [--from 2025]

OUT is the output folder of a run that has `features` and `backtest` behind it. Counts per pendamping and calendar year come
from the outcomes of each quarter that is over and mature, by the pendamping at its beginning; years before ``--from`` are left
out, because a target of 10 is established for 2025 only (programme facts 2.3). The share is that of the model's last origin in
the backtest; the propensity is that of a case for mandiri being proposed within a year of that origin.
"""

from __future__ import annotations

import argparse
import datetime as dt
from pathlib import Path

import numpy as np
import pandas as pd

from pkh_graduation import stores, timeline
from pkh_graduation.contracts import Outcomes, Records, Snapshots
from pkh_graduation.evaluation.fairness_groups import fairness_groups
from pkh_graduation.evaluation.lasting import lasting_exits
from pkh_graduation.evaluation.pendamping_effect import pendamping_effect
from pkh_graduation.evaluation.proposals import overlap, proposal_propensity
from pkh_graduation.evaluation.selection import bunching, deadline_jump
from pkh_graduation.programme.calendar import add_months, add_tahap, day_of, tahap_of
from pkh_graduation.programme.vocabulary import CAUSE_OF, MANDIRI, SUDAH_KELUAR
from pkh_graduation.workflows.featuring import part_names
from pkh_graduation.workflows.places import Places
from pkh_graduation.workflows.scoring import read_part


def dates_of(places: Places) -> list[dt.date]:
    """Dates whose features are there."""
    found = sorted((places.out / "features").glob("as_of=*/manifest.json"))
    return [dt.date.fromisoformat(path.parent.name.removeprefix("as_of=")) for path in found]


def cohort(places: Places, day: dt.date) -> pd.DataFrame:
    parts = stores.Parts(places.features(day) / "kohor")
    return pd.concat([parts.read(bucket) for bucket in part_names(places, day)])


def counts_of(places: Places, records: Records, since: int) -> tuple[pd.DataFrame, Outcomes]:
    """Mandiri exits per pendamping and quarter (``year, tahap, pendamping_id, exits, families``), mature quarters only."""
    lines = []
    for day in dates_of(places):
        if add_tahap(day, 1).year < since:
            continue
        frame = cohort(places, day)
        y = timeline.observe_outcomes(records, Snapshots(frame), horizon=1, known_by=dates_of(places)[-1])
        if not (y.frame["observed"] >= 1).any():
            continue
        left = (y.frame["way_out"] == MANDIRI) & (y.frame["observed"] >= 1)
        rows = frame[y.frame["way_out"] != SUDAH_KELUAR].assign(left=left.astype(int))
        sums = rows.groupby("pendamping_id")["left"].agg(exits="sum", families="size").reset_index()
        year, tahap = tahap_of(add_tahap(day, 1))
        lines.append(sums.assign(year=year, tahap=tahap))
    return pd.concat(lines, ignore_index=True), y


def print_targets(counts: pd.DataFrame, target: int) -> None:
    whole = counts.groupby("year")["tahap"].nunique().loc[lambda n: n == 4].index
    years = counts[counts["year"].isin(whole)].groupby(["year", "pendamping_id"])
    years = years.agg(exits=("exits", "sum"), families=("families", "max"))
    if len(years):
        print(f"bunching at {target}, whole years {list(whole)}:", bunching(years["exits"], target, years["families"]))
    wide = counts.pivot_table(index="pendamping_id", columns=["year", "tahap"], values="exits", aggfunc="sum").fillna(0)
    pairs = [(one, (one[0] + 1, 1)) for one in wide.columns if one[1] == 4 and (one[0] + 1, 1) in wide.columns]
    if pairs:
        before, after = (np.concatenate([wide[pair[at]] for pair in pairs]) for at in (0, 1))
        print(f"last tahap of the year against the next first one, {len(pairs)} years:", deadline_jump(before, after))


def print_pendamping(places: Places, contender: str = "model") -> dt.date:
    seen = pd.read_parquet(places.report / "predictions.parquet")
    seen = seen[(seen["contender"] == contender) & (seen["origin"] == seen["origin"].max())]
    told = pendamping_effect(seen["p_mandiri"].to_numpy(), seen["label"].to_numpy(dtype=float), seen["pendamping_id"])
    print(
        f"pendamping: {told.pendamping}, spread {told.spread:.3f} log-odds, share of variance {told.share:.3f} "
        f"({told.low:.3f} to {told.high:.3f}), level {told.level:.2f}, p {told.p_value:.2g}"
    )
    return dt.date.fromisoformat(str(seen["origin"].iloc[0]))


def print_proposals(places: Places, records: Records, day: dt.date) -> None:
    parts = [read_part(places, day, bucket) for bucket in part_names(places, day)]
    X, frame = pd.concat([one[0] for one in parts]), pd.concat([one[2].frame for one in parts])
    groups = pd.concat([fairness_groups(facts, now) for _, facts, now in parts])
    events = records.tables["peristiwa_status"]
    kinds = [kind for kind, cause in CAUSE_OF.items() if cause == MANDIRI]
    window = (events["day"] > day_of(day)) & (events["day"] <= day_of(add_months(day, 12)))
    found = events[window & (events["tahap_proses"] == "usulan") & events["jenis"].isin(kinds) & ~events["batal"]]
    proposed = frame["kpm"].isin(found["kpm"].unique()).to_numpy()
    chance = proposal_propensity(X, proposed, frame["pendamping_id"])
    for axis in ("komponen", "desil"):
        told = overlap(chance, proposed, groups[axis])
        print(
            f"proposed within a year: {told.proposed} of {told.families}, auc {told.auc:.3f}, without overlap {told.without:.3f}, "
            f"effective {told.effective:.0f}"
        )
        print(told.groups.round(3).to_string(index=False))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--target", type=int, default=10)
    parser.add_argument("--from", dest="since", type=int, default=2025)
    asked = parser.parse_args()
    places = Places(asked.out)
    records = stores.read_store(places.store)
    counts, y = counts_of(places, records, asked.since)
    print_targets(counts, asked.target)
    origin = print_pendamping(places)
    print_proposals(places, records, origin)
    lasting = lasting_exits(y)
    print(
        f"bertahan: {lasting.share:.3f} ({lasting.low:.3f} to {lasting.high:.3f}) of {lasting.mature} mature mandiri exits, "
        f"{lasting.immature} not mature"
    )


if __name__ == "__main__":
    main()
