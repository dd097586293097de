"""Calibration of the mandiri hazard in the year after each origin, by way of calibrating it.

    python benchmarks/calibration.py --office /path/to/demo --origins 2023-12-31 2024-12-31 2025-06-30

For every origin and every kind (none, platt, beta, auto; ``regime``: none, with the level set to the rate that the rules
expect of the coming regime) the model learns from what was known on that day; its hazards of the next four quarters are then
compared with what came: one line for each family and quarter at risk, so that labels are independent given the
probabilities. Printed per origin and kind: predicted over observed events and the slope of a logistic
recalibration, with 95 % intervals by household; the calibration error over groups (deciles of p, and kecamatan) with the
95 % quantile that the model's own probabilities allow; log-loss. An origin whose next year has another quota regime than the
last mature year is marked: its figures are told and prove nothing. The office is the folder of `pkh-graduation demo`.

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
from pkh_graduation.estimators.person_period import follow_up, periods_at_risk
from pkh_graduation.programme.calendar import add_tahap
from pkh_graduation.programme.rules import regime
from pkh_graduation.programme.vocabulary import MANDIRI
from pkh_graduation.workflows import featuring, learning
from pkh_graduation.workflows.places import Places
from pkh_graduation.workflows.settings import Recipe, read_settings

HORIZON = 4
PUBLISHED = "regime"
TARGETS = (0.2, 0.5, 0.7, 0.8, 0.9)


def hazard_lines(scores: Scores, y: Outcomes) -> pd.DataFrame:
    """One line per family and mature quarter at risk of mandiri: ``p``, ``event``, ``row`` (position in the scores), ``ahead``."""
    follow = follow_up(scores.index, y)
    place, ahead, event = periods_at_risk(follow, MANDIRI)
    use = ahead <= scores.horizon
    row, ahead, event = follow.row[place[use]], ahead[use].astype(int), event[use]
    step = np.diff(scores.path, axis=1)[row, ahead - 1]
    at_risk = scores.path[row, ahead - 1, 0] - step[:, 2] - step[:, 3]
    return pd.DataFrame({"p": step[:, 1] / at_risk, "event": event, "row": row, "ahead": ahead})


def measure(lines: pd.DataFrame, group: np.ndarray | None = None) -> CalibrationMeasures:
    return calibration_checks.calibration_measures(
        lines["p"].to_numpy(), lines["event"].to_numpy(), group=group, cluster=lines["row"].to_numpy()
    )


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
    office: tuple[pd.DataFrame, Snapshots, pd.DataFrame, Outcomes], recipe: Recipe, origins: list[str], kinds: list[str]
) -> pd.DataFrame:
    """One row per origin and kind."""
    X, history, dictionary, y = office
    found = []
    past: dict[str, tuple[np.ndarray, np.ndarray]] = {}
    for fold in timeline.PanelFolds(max(12, len(origins)), HORIZON).split(X, y, history):
        origin = fold.origin.isoformat()
        if origin not in origins:
            continue
        last_mature = add_tahap(fold.origin, -max(1, -(-fold.y_train.lag_days // 92)))
        coming = regime(add_tahap(fold.origin, HORIZON))
        same = regime(last_mature).mandiri_per_tahun == coming.mandiri_per_tahun
        for kind in kinds:
            began = time.process_time()
            shape = calibration.NONE if kind == PUBLISHED else kind
            model = learning.make_model(recipe, dictionary).set_params(calibration=shape)
            model.fit(X.loc[fold.train], dataclasses.replace(fold.y_train, frame=fold.y_train.frame.loc[fold.train]))
            if kind == PUBLISHED and coming.mandiri_per_tahun:
                model = at_rate(model, X.loc[fold.test], float(np.mean(coming.mandiri_per_tahun)))
            spent = time.process_time() - began
            scores = model.predict_incidence(X.loc[fold.test], HORIZON)
            lines = hazard_lines(scores, fold.y_test)
            end = fold.y_test.frame.loc[fold.test]
            left = ((end["way_out"] == MANDIRI) & (end["quarter"] <= HORIZON)).to_numpy()
            past.setdefault(origin, (scores.frame[MANDIRI].to_numpy(), left))
            place = history.frame.loc[fold.test, "kecamatan"].fillna("").to_numpy()[lines["row"]]
            whole, by_place = measure(lines), measure(lines, place)
            found.append(
                {
                    "origin": origin,
                    "regime": "same" if same else "changed",
                    "kind": kind,
                    "used": model.mandiri_.calibrator_.kind,
                    "family_quarters": whole.n,
                    "exits": whole.events,
                    "pred/obs": f"{whole.ratio:.3f} ({whole.ratio_low:.3f}-{whole.ratio_high:.3f})",
                    "slope": f"{whole.slope:.3f} ({whole.slope_low:.3f}-{whole.slope_high:.3f})",
                    "ece/limit deciles": f"{whole.ece:.5f}/{whole.ece_limit:.5f}",
                    "ece/limit kecamatan": f"{by_place.ece:.5f}/{by_place.ece_limit:.5f}",
                    "log_loss": round(log_loss(lines), 6),
                    "fit_cpu_s": round(spent, 1),
                }
            )
            print(found[-1], file=sys.stderr, flush=True)
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
    wanted = parser.parse_args()
    recipe = read_settings(wanted.settings).recipe
    print(judge(material(wanted.office, wanted.as_of, recipe), recipe, wanted.origins, wanted.kinds).to_string())


if __name__ == "__main__":
    main()
