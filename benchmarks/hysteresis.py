"""Hysteresis: how much calmer a list becomes when families of the last list count a little higher, and what that costs.

    python benchmarks/hysteresis.py --out OFFICE --until 2025-T3

OFFICE is an output folder with a store and features (``pkh-graduation demo``, or ``features``). One model is fitted on the dates
before the first list, with labels as known then. Lists of consecutive tahap follow one another: each run hands the next the
families it listed, as `monitoring.standing` does, with another ``bonus``. The table says, per bonus: families that came and
went per list, flickers (on, off, on again), precision (mandiri within four quarters among the listed whose year is told) and
the difference of precision to no bonus, with a 95 % interval by resampling pendamping (the same draws for every row).
"""

from __future__ import annotations

import argparse
import datetime as dt
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from pkh_graduation import estimators, monitoring, priorities, stores, timeline
from pkh_graduation.contracts import Facts, Scores, Snapshots
from pkh_graduation.programme.calendar import add_tahap, parse_as_of
from pkh_graduation.workflows import featuring, scoring
from pkh_graduation.workflows.places import Places

BONUSES = (0.0, 0.05, 0.10, 0.20, 0.35, 0.50, 1.0)
Moment = tuple[pd.DataFrame, Facts, Snapshots]


def read(places: Places, day: dt.date) -> Moment:
    parts = [scoring.read_part(places, day, bucket) for bucket in featuring.part_names(places, day)]
    values = pd.concat([facts.values for _, facts, _ in parts])
    facts = Facts(values, pd.DataFrame(index=values.index), parts[0][1].catalogue)
    now = Snapshots(pd.concat([snapshots.frame for _, _, snapshots in parts]))
    return pd.concat([X for X, _, _ in parts]), facts, now


def fitted(places: Places, records: object, dates: list[dt.date], known_by: dt.date, members: int) -> object:
    frames, histories = [], []
    for day in dates:
        X, _, now = read(places, day)
        frames.append(X.astype("float64"))
        histories.append(now.frame)
    history = Snapshots(pd.concat(histories))
    y = timeline.observe_outcomes(records, history, known_by=known_by)
    model = estimators.GraduationModel(n_members=members, random_state=0)
    return model.fit(pd.concat(frames), y, groups=history.frame["pendamping_id"])


def listed(moment: Moment, scores: Scores, day: dt.date, before: pd.DataFrame | None, bonus: float) -> pd.DataFrame:
    _, facts, now = moment
    standing = None
    if before is not None:
        families = now.frame["pendamping_id"].reset_index()
        standing = monitoring.standing(before, monitoring.no_history(), families, as_of=day, bonus=bonus)
    lists = priorities.prioritise(
        scores, None, facts, now, quota=priorities.quota_on(day), exploration=0.0, standing=standing
    )
    frame = lists.frame
    ids = {"list_id": frame["pendamping_id"], "row_id": frame["kpm_id"], "run_id": day.isoformat()}
    return frame.assign(**ids, tanggal_acuan=day.isoformat())


def hits(frame: pd.DataFrame, labels: pd.DataFrame) -> pd.DataFrame:
    """Listed and found per pendamping, among the listed whose year is told."""
    on = frame[frame["urutan"].notna()].set_index(["kpm_id", "as_of"])
    own = on.join(labels, how="inner")
    return own.groupby("pendamping_id")["mandiri"].agg(["size", "sum"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--until", default="2025-T3", help="date of the last list")
    parser.add_argument("--lists", type=int, default=6, help="consecutive tahap")
    parser.add_argument("--train", type=int, default=6, help="dates to learn from, ending a year before the first list")
    parser.add_argument("--members", type=int, default=2)
    given = parser.parse_args()
    places, last = Places(given.out), parse_as_of(given.until)
    days = [add_tahap(last, -step) for step in reversed(range(given.lists))]
    records = stores.read_store(places.store)
    with threadpool_limits(limits=1):
        train = [add_tahap(days[0], -4 - step) for step in reversed(range(given.train))]
        model = fitted(places, records, train, days[0], given.members)
        moments = {day: read(places, day) for day in days}
        scores = {}
        for day, (X, facts, now) in moments.items():
            willing = scoring.without_objection(facts)
            own = X.loc[willing].astype("float64")
            scores[day] = model.predict_incidence(own, 4, groups=now.frame["pendamping_id"].loc[willing])
    y = timeline.observe_outcomes(
        records, Snapshots(pd.concat([now.frame for _, _, now in moments.values()])), horizon=4
    )
    told = y.frame[(y.frame["observed"] >= 4) | y.frame["way_out"].isin(["mandiri", "alamiah", "administratif"])]
    labels = pd.DataFrame({"mandiri": (told["way_out"] == "mandiri").astype(int)})
    table, found = [], {}
    for bonus in BONUSES:
        sequence: list[pd.DataFrame] = []
        for day in days:
            sequence.append(listed(moments[day], scores[day], day, sequence[-1] if sequence else None, bonus))
        moves = [monitoring.churn(a, b).sum() for a, b in pairwise(sequence)]
        found[bonus] = pd.concat([hits(frame, labels) for frame in sequence[1:]]).groupby(level=0).sum()
        came = np.mean([move["masuk"] / move["sesudah"] for move in moves])
        table.append((bonus, came, monitoring.flickers(sequence), found[bonus]))
    rng = np.random.default_rng(0)
    people = sorted(set().union(*(own.index for own in found.values())))
    draws = rng.multinomial(len(people), [1 / len(people)] * len(people), size=1000)
    base = found[0.0].reindex(people, fill_value=0).to_numpy()
    print(f"{len(people)} pendamping, lists of {days[0]} to {days[-1]}, model of {train[0]} to {train[-1]}\n")
    print(
        "| bonus | new on a list | flickers | listed, told | precision | difference to no bonus (95 %) |\n|"
        + "---|" * 6
    )
    for bonus, came, flicker, own in table:
        mine = own.reindex(people, fill_value=0).to_numpy()
        change = (draws @ mine[:, 1]) / (draws @ mine[:, 0]) - (draws @ base[:, 1]) / (draws @ base[:, 0])
        low, high = np.quantile(change, [0.025, 0.975])
        precision = mine[:, 1].sum() / mine[:, 0].sum()
        point = precision - base[:, 1].sum() / base[:, 0].sum()
        print(
            f"| {bonus:.2f} | {100 * came:.1f} % | {flicker} | {mine[:, 0].sum()} | {precision:.4f} "
            f"| {point:+.4f} ({low:+.4f}, {high:+.4f}) |",
            flush=True,
        )


if __name__ == "__main__":
    main()
