"""A later time to be judged on: follow-up cut at a quarter, into what had happened by then and what came after.

The *pilot* learns from the first part only; its answers for dates of the second part are what a model of that day would
have said, so the shape of a calibration can be learned from them. Households appear in both parts, as they do in use.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np
import pandas as pd

from pkh_graduation.estimators.calibration import AUTO, NONE, Calibrator, choose_calibrator, fit_calibrator
from pkh_graduation.estimators.hazards import CauseHazard
from pkh_graduation.estimators.person_period import RECENT_QUARTERS, FollowUp, PersonPeriods

MIN_PILOT_EXITS, MIN_LATER_EXITS = 50, 30
"""Distinct exits without which neither a pilot nor the shape of a calibration can be learned."""


def last_year_begins(follow: FollowUp) -> int:
    """The absolute quarter that closes before the most recent mature year."""
    last = (follow.start + follow.seen)[follow.seen > 0]
    return int(last.max()) - RECENT_QUARTERS


def before(follow: FollowUp, quarter: int) -> FollowUp:
    """The same families, followed up to and including an absolute quarter: a later exit is not yet one."""
    seen = np.clip(quarter - follow.start, 0, follow.seen)
    return dataclasses.replace(follow, seen=seen, cause=np.where(seen < follow.seen, -1, follow.cause))


def dated_from(follow: FollowUp, quarter: int) -> FollowUp:
    """The families as of dates that close an absolute quarter or a later one."""
    keep = follow.start >= quarter
    arrays = {name: getattr(follow, name)[keep] for name in ("row", "household", "start", "seen", "cause")}
    return dataclasses.replace(follow, **arrays)


def learn_calibration(
    kind: str,
    X: pd.DataFrame,
    follow: FollowUp,
    draw: Callable[[FollowUp], PersonPeriods],
    fit: Callable[[FollowUp], CauseHazard],
) -> tuple[Calibrator | None, dict[str, dict[str, float]] | None, str]:
    """The shape of a calibration from a pilot's answers for the last mature year.

    ``draw`` samples person-periods, ``fit`` learns a hazard without calibration, both from the follow-up they are handed.
    Returns the calibrator (None for "none"); the table of `choose_calibrator` for ``auto``, as plain numbers by kind, which a
    bundle can hold; and why nothing was learned.
    """
    if kind == NONE:
        return None, None, ""
    cut = last_year_begins(follow)
    early, lines = before(follow, cut), draw(dated_from(follow, cut))
    exits = draw(early).exits, lines.exits
    if exits[0] < MIN_PILOT_EXITS or exits[1] < MIN_LATER_EXITS:
        return (
            None,
            None,
            (
                f"kalibrasi: {exits[0]} exits before the last mature year and {exits[1]} in it "
                f"({MIN_PILOT_EXITS} and {MIN_LATER_EXITS} needed), so no calibration was learned"
            ),
        )
    pilot = fit(early)
    if pilot.is_flat:
        return None, None, "kalibrasi: the years before the last teach nothing about families, so none was learned"
    rows, place = np.unique(lines.row, return_inverse=True)
    signal = pilot.signals(X.iloc[rows]).mean(axis=0)[place]
    margin = pilot.level_.margin(signal, lines.target - lines.ahead, lines.ahead)
    year = lines.target // 4
    if kind != AUTO:
        return fit_calibrator(kind, margin, lines.event, lines.weight, year), None, ""
    chosen, table = choose_calibrator(margin, lines.event, lines.weight, year, lines.household)
    return (None if chosen.kind == NONE else chosen), table.astype(float).T.to_dict(), ""
