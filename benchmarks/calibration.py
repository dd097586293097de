"""Calibration of the mandiri hazard in the year after each origin, by way of calibrating it.

    python benchmarks/calibration.py --office /path/to/demo --origins 2023-12-31 2024-12-31 2025-06-30

For every origin and every kind (none, platt, beta, auto; ``regime``: none, with the level set to the rate that the rules
expect of the coming regime) the model learns from what was known on that day; its hazards of the next four quarters are then
compared with what came: one line for each family and quarter at risk, so that labels are independent given the
probabilities. Printed per origin and kind: predicted over observed events and the slope of a logistic
recalibration, with 95 % intervals by household; the calibration error over groups with the 95 % quantile that the model's own
probabilities allow, for deciles of p, for the groups of families that the programme facts name (section 7; one error an axis,
each exceeding its limit by chance one time in twenty), for kecamatan, and for kecamatan with every group's ratio shrunken towards
all; log-loss. A family's chance is that with an average pendamping in an average place (their effects are integrated out), so
what kecamatan differ by beyond their families is expected to show there and nowhere else.

Levels move with the quota regime, and chances are promised within one only. The regimes of a made-up office are planted (yearly
rates in ``records/population/marginals.toml``): an origin is judged on those of the four quarters whose rate is that of the
whole year from which the level was learned; ``regime`` says ``same``, with the number of such quarters. Where there is none, all
four are judged; such figures are told and prove nothing. Origins within their regime are also judged together; a family's
quarter foretold from two of them is one event. The office is the folder of `pkh-graduation demo`. Origins before the dates that
it computed features for need them first:

    pkh-graduation features --out OUT --as-of 2022-03-31
    python benchmarks/calibration.py --office OUT --as-of 2022-03-31 --back 2 --origins 2020-06-30 2020-09-30

Then, for neighbouring origins, the band *siap dibahas* by conformal selection: its size and its share of false discoveries.
"""

from __future__ import annotations

import argparse
import dataclasses
import datetime as dt
import sys
import time
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from pkh_graduation import priorities, stores, timeline
from pkh_graduation.contracts import Outcomes, Scores, Snapshots
from pkh_graduation.estimators import at_rate, calibration, calibration_checks
from pkh_graduation.estimators.calibration_checks import CalibrationMeasures
from pkh_graduation.estimators.person_period import dates_of, follow_up, periods_at_risk, quarter_of
from pkh_graduation.evaluation.fairness_groups import AXES
from pkh_graduation.programme.calendar import add_tahap
from pkh_graduation.programme.rules import regime
from pkh_graduation.programme.vocabulary import MANDIRI
from pkh_graduation.records.population.marginals import marginals
from pkh_graduation.workflows import featuring, judging, learning
from pkh_graduation.workflows.places import Places
from pkh_graduation.workflows.settings import Recipe, read_settings

HORIZON = 4
PUBLISHED = "regime"
FAMILIES = tuple(axis.name for axis in AXES if axis.named)
TARGETS = (0.2, 0.5, 0.7, 0.8, 0.9)


def hazard_lines(scores: Scores, y: Outcomes) -> pd.DataFrame:
    """One line per family and mature quarter at risk of mandiri: ``p``, ``event``, ``kpm``, ``target`` (the quarter), ``ahead``,
    ``row`` (position in the scores)."""
    follow = follow_up(scores.index, y)
    place, ahead, event = periods_at_risk(follow, MANDIRI)
    use = ahead <= scores.horizon
    row, ahead, event = follow.row[place[use]], ahead[use].astype(int), event[use]
    step = np.diff(scores.path, axis=1)[row, ahead - 1]
    at_risk = scores.path[row, ahead - 1, 0] - step[:, 2] - step[:, 3]
    kpm = scores.index.get_level_values("kpm_id").to_numpy()[row]
    target = quarter_of(dates_of(scores.index))[row] + ahead
    found = {"p": step[:, 1] / at_risk, "event": event, "kpm": kpm, "target": target, "ahead": ahead, "row": row}
    return pd.DataFrame(found)


def measure(lines: pd.DataFrame, group: np.ndarray | None = None) -> CalibrationMeasures:
    return calibration_checks.calibration_measures(
        lines["p"].to_numpy(),
        lines["event"].to_numpy(),
        group=group,
        cluster=lines["kpm"].to_numpy(),
        outcome=outcome_of(lines),
    )


def outcome_of(lines: pd.DataFrame) -> np.ndarray:
    """Number of the family and quarter that each line speaks of."""
    return lines.groupby(["kpm", "target"], sort=False).ngroup().to_numpy()


def figures(lines: pd.DataFrame) -> dict[str, object]:
    """What is printed of the lines of one origin, or of several."""
    place = lines["kecamatan"].to_numpy()
    p, event = lines["p"].to_numpy(), lines["event"].to_numpy()
    whole, by_place = measure(lines), measure(lines, place)
    error, limit = calibration_checks.shrunken_error(p, event, place, outcome=outcome_of(lines))
    kinds = {
        axis: measure(lines, lines[axis].to_numpy()) for axis in FAMILIES if axis in lines and lines[axis].nunique() > 1
    }
    return {
        "family_quarters": whole.n,
        "exits": whole.events,
        "pred/obs": f"{whole.ratio:.3f} ({whole.ratio_low:.3f}-{whole.ratio_high:.3f})",
        "slope": f"{whole.slope:.3f} ({whole.slope_low:.3f}-{whole.slope_high:.3f})",
        "ece/limit deciles": f"{whole.ece:.5f}/{whole.ece_limit:.5f}",
        "axes above the limit": f"{sum(one.ece > one.ece_limit for one in kinds.values())} of {len(kinds)}",
        "ece/limit by axis": {axis: f"{one.ece:.5f}/{one.ece_limit:.5f}" for axis, one in kinds.items()},
        "ece/limit kecamatan": f"{by_place.ece:.5f}/{by_place.ece_limit:.5f}",
        "the same, shrunken": f"{error:.5f}/{limit:.5f}",
        "log_loss": round(log_loss(lines), 6),
    }


def planted_rate(day: dt.date) -> float:
    """Share of families that leave by mandiri in the year of a day, as planted."""
    numbers = marginals()
    return float(dict(zip(numbers["keluar.mandiri_tahun"], numbers["keluar.mandiri_laju"], strict=True))[day.year])


def same_regime(origin: dt.date, lag_days: int) -> list[int]:
    """Quarters ahead whose planted rate is that of the whole year from which the level is learned."""
    last = add_tahap(origin, -max(1, -(-lag_days // 92)))
    learned = {planted_rate(add_tahap(last, -back)) for back in range(4)}
    return [ahead for ahead in range(1, HORIZON + 1) if {planted_rate(add_tahap(origin, ahead))} == learned]


def log_loss(lines: pd.DataFrame) -> float:
    p, y = lines["p"].to_numpy(), lines["event"].to_numpy()
    return float(-np.where(y, np.log(p), np.log1p(-p)).mean())


def material(office: Path, as_of: dt.date, recipe: Recipe) -> tuple[pd.DataFrame, Snapshots, pd.DataFrame, Outcomes]:
    """Features, snapshots, dictionary and outcomes of an office."""
    places = Places(office)
    records = stores.read_store(places.store, timeline.READS)
    X, history, dictionary = featuring.load(places, as_of=as_of, recipe=recipe)
    return X, history, dictionary, timeline.observe_outcomes(records, history, horizon=recipe.horizon, known_by=as_of)


def judge(
    office: tuple[pd.DataFrame, Snapshots, pd.DataFrame, Outcomes],
    places: Places,
    recipe: Recipe,
    origins: list[str],
    kinds: list[str],
    back: int,
) -> pd.DataFrame:
    """One row per origin and kind, and per kind one of all origins within their regime together."""
    X, history, dictionary, y = office
    found = []
    alike: dict[str, list[pd.DataFrame]] = {}
    past: dict[str, tuple[np.ndarray, np.ndarray]] = {}
    for fold in timeline.PanelFolds(back, HORIZON).split(X, y, history):
        origin = fold.origin.isoformat()
        if origin not in origins:
            continue
        coming = regime(add_tahap(fold.origin, HORIZON)).mandiri_per_tahun
        same = same_regime(fold.origin, fold.y_train.lag_days)
        for kind in kinds:
            began = time.process_time()
            shape = calibration.NONE if kind == PUBLISHED else kind
            model = learning.make_model(recipe, dictionary).set_params(calibration=shape)
            model.fit(X.loc[fold.train], dataclasses.replace(fold.y_train, frame=fold.y_train.frame.loc[fold.train]))
            if kind == PUBLISHED and coming:
                model = at_rate(model, X.loc[fold.test], float(np.mean(coming)))
            spent = time.process_time() - began
            scores = model.predict_incidence(X.loc[fold.test], HORIZON)
            lines = hazard_lines(scores, fold.y_test)
            if same:
                lines = lines[lines["ahead"].isin(same)]
            end = fold.y_test.frame.loc[fold.test]
            left = ((end["way_out"] == MANDIRI) & (end["quarter"] <= HORIZON)).to_numpy()
            past.setdefault(origin, (scores.frame[MANDIRI].to_numpy(), left))
            place = history.frame.loc[fold.test, "kecamatan"].fillna("").to_numpy()
            lines = lines.assign(kecamatan=place[lines["row"]])
            groups = judging.groups_at(places, origin).reindex(fold.test)
            lines = lines.assign(**{axis: groups[axis].to_numpy()[lines["row"]] for axis in groups})
            if same:
                alike.setdefault(kind, []).append(lines)
            told = f"same ({len(same)})" if same else "changed"
            row = {"origin": origin, "regime": told, "kind": kind, "used": model.mandiri_.calibrator_.kind}
            found.append(row | figures(lines) | {"fit_cpu_s": round(spent, 1)})
            print(found[-1], file=sys.stderr, flush=True)
    for kind, several in alike.items():
        if len(several) > 1:
            found.append({"origin": "pooled", "regime": "same", "kind": kind} | figures(pd.concat(several)))
    if absent := sorted(set(origins) - set(past)):
        print(f"no judged origin: {absent} (not an as-of date, or its next year is not mature)", file=sys.stderr)
    print(bands(past).to_string())
    return pd.DataFrame(found)


def bands(past: dict[str, tuple[np.ndarray, np.ndarray]]) -> pd.DataFrame:
    """*Siap dibahas* by conformal selection: calibrated on one origin, judged at the next, by place in the cohort."""
    rows = []
    for (before, (then, left_then)), (after, (now, left_now)) in pairwise(past.items()):
        past_year = priorities.PastYear.of(rankdata(then) / len(then), left_then)
        place = rankdata(now) / len(now)
        for target in TARGETS:
            found = past_year.discover(past_year.tally(place), target)
            ready = place >= found.threshold
            false = round(float(1 - left_now[ready].mean()), 3) if found.size else None
            row = {"calibrated": before, "judged": after, "target": target, "families": len(now), "size": found.size}
            rows.append(row | {"least_place": round(found.threshold, 4), "false_share": false})
    return pd.DataFrame(rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--office", type=Path, required=True)
    parser.add_argument("--as-of", type=dt.date.fromisoformat, default=dt.date(2026, 12, 31))
    parser.add_argument("--origins", nargs="+", default=["2023-12-31", "2024-12-31", "2025-06-30"])
    parser.add_argument("--settings", type=Path)
    parser.add_argument("--kinds", nargs="+", default=[*calibration.KINDS, calibration.AUTO, PUBLISHED])
    parser.add_argument("--back", type=int, default=12, help="how many of the last judged dates to look among")
    wanted = parser.parse_args()
    recipe = read_settings(wanted.settings).recipe
    office = material(wanted.office, wanted.as_of, recipe)
    print(judge(office, Places(wanted.office), recipe, wanted.origins, wanted.kinds, wanted.back).to_string())


if __name__ == "__main__":
    main()
