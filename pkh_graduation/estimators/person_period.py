"""Person-periods: one line per family, as-of date and quarter ahead in which the family could still leave.

A cause-specific discrete-time hazard is a binary regression over such lines (Craig, Zhong and Tibshirani 2025, survival
stacking; Nicolaie et al. 2013, landmarking). Within one quarter the causes are asked in a fixed order, administratif,
alamiah, mandiri, and each hazard is conditional on the causes before it: a family that left by `administratif` in quarter
j contributes no line j to the hazard of `mandiri`, and is never a negative there. Censored families contribute the
quarters that were fully observed; families that had left before the date contribute none.

The calendar *year* is no input of any hazard: trees cannot extrapolate to a year they never saw. Lines carry the calendar
quarter they look at (`target`), which serves to sample negatives within it, to learn a season, and to recentre the level.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from pkh_graduation.contracts import Outcomes, check_index
from pkh_graduation.programme.vocabulary import ADMINISTRATIF, ALAMIAH, MANDIRI, SUDAH_KELUAR

CAUSE_ORDER = (ADMINISTRATIF, ALAMIAH, MANDIRI)
"""The order in which one quarter asks its causes."""

RECENT_QUARTERS = 4
MIN_RECENT_EVENTS = 20
_HALF_QUARTER = np.timedelta64(46, "D")


@dataclass(frozen=True)
class FollowUp:
    """What was seen of each family after its date, in the order of (kpm_id, as_of); every array has shape (n,).

    ``row`` is the position in X, ``household`` a code per kpm_id, ``start`` the absolute calendar quarter (4 * year +
    quarter - 1) that the date closes, ``seen`` the number of quarters at risk (the one of the exit included), ``cause``
    the position of the way out in `CAUSE_ORDER`, or -1. ``max_horizon`` is that of the outcomes.
    """

    row: np.ndarray
    household: np.ndarray
    start: np.ndarray
    seen: np.ndarray
    cause: np.ndarray
    max_horizon: int


@dataclass(frozen=True)
class PersonPeriods:
    """A sample of person-periods of one cause; every array has shape (m,).

    ``row``: position in X; ``household``: code; ``ahead``: 1 for the first quarter after the date; ``target``: the absolute
    calendar quarter looked at; ``event``: left by the cause in that quarter; ``family``: the weight of the family itself (1
    unless the caller gave weights); ``weight``: how much the line stands for, so that within each target quarter the
    weights of events and of negatives add up to what was there before sampling.
    """

    row: np.ndarray
    household: np.ndarray
    ahead: np.ndarray
    target: np.ndarray
    event: np.ndarray
    family: np.ndarray
    weight: np.ndarray

    @property
    def exits(self) -> int:
        """Distinct exits: one exit is seen from several as-of dates, and counts once."""
        lines = np.stack([self.household[self.event], self.target[self.event]])
        return int(np.unique(lines, axis=1).shape[1])


@dataclass(frozen=True)
class Stayers:
    """Families still at risk when what was seen ends, once each; every array has shape (m,).

    ``row``: position in X of the latest date; ``household``: code; ``weight``: of the family; ``end``: the absolute quarter that
    closes what was seen.
    """

    row: np.ndarray
    household: np.ndarray
    weight: np.ndarray
    end: int


def quarter_of(as_of: np.ndarray) -> np.ndarray:
    """Absolute calendar quarter that each date closes, so that quarter j ahead is this plus j.

    The quarter ahead is named by its middle; 30 June and 1 July therefore mean the same.

    >>> quarter_of(np.array(["2025-06-30", "2025-07-01"], dtype="datetime64[s]")) - 4 * 2025
    array([1, 1])
    """
    middle = as_of.astype("datetime64[D]") + _HALF_QUARTER
    months = middle.astype("datetime64[M]").astype(np.int64) + 12 * 1970
    return months // 3 - 1


def dates_of(index: pd.MultiIndex) -> np.ndarray:
    """The as-of dates of an index as ``datetime64[s]``, shape (n,)."""
    return index.get_level_values("as_of").to_numpy().astype("datetime64[s]")


def follow_up(index: pd.MultiIndex, y: Outcomes) -> FollowUp:
    """Reduce outcomes to quarters at risk and causes, independent of the order of rows.

    An exit in a quarter that is not mature does not count, whatever the label says: the family is at risk for the mature
    quarters only.

    Raises:
        ValueError: X has rows without an outcome.
    """
    frame = _aligned(index, y)
    household, _ = pd.factorize(index.get_level_values("kpm_id"), sort=True)
    dates = dates_of(index)
    order = np.lexsort((dates, household))
    way_out = frame["way_out"].to_numpy()
    quarter = frame["quarter"].to_numpy(np.int64)
    observed = frame["observed"].to_numpy(np.int64)
    cause = np.full(len(frame), -1, dtype=np.int64)
    for code, name in enumerate(CAUSE_ORDER):
        cause[(way_out == name) & (quarter <= observed)] = code
    seen = np.where(way_out == SUDAH_KELUAR, 0, np.minimum(quarter, observed))
    return FollowUp(order, household[order], quarter_of(dates)[order], seen[order], cause[order], int(y.max_horizon))


def _aligned(index: pd.MultiIndex, y: Outcomes) -> pd.DataFrame:
    check_index(pd.DataFrame(index=index), "X")
    if y.frame.index.equals(index):
        return y.frame
    place = y.frame.index.get_indexer(index)
    absent = int((place < 0).sum())
    if absent:
        raise ValueError(
            f"{absent} of {len(index)} rows of X have no outcome in y: X and y must speak of the same (kpm_id, as_of). "
            "Observe outcomes for the same snapshots, or select both by one index."
        )
    return y.frame.iloc[place]


def periods_at_risk(follow: FollowUp, cause: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Every person-period of a cause: position in the follow-up, quarter ahead, event; shapes (total,).

    Indices only, about seven bytes a line: the feature matrix is built after sampling, never for all of them.
    """
    code = CAUSE_ORDER.index(cause)
    earlier = (follow.cause >= 0) & (follow.cause < code)
    last = follow.seen - earlier
    places, aheads, events = [], [], []
    for ahead in range(1, int(last.max(initial=0)) + 1):
        place = np.flatnonzero(last >= ahead).astype(np.int32)
        places.append(place)
        aheads.append(np.full(len(place), ahead, dtype=np.int16))
        events.append((follow.cause[place] == code) & (follow.seen[place] == ahead))
    if not places:
        return np.zeros(0, np.int32), np.zeros(0, np.int16), np.zeros(0, bool)
    return np.concatenate(places), np.concatenate(aheads), np.concatenate(events)


def stayers(follow: FollowUp, most: int = 20_000, family_weight: np.ndarray | None = None) -> Stayers:
    """The families that will be scored next: each was learned from, if at all, as one that stayed.

    Of more than ``most`` families every second, third, ... is taken, in the order of their pseudonyms.
    """
    until = follow.start + follow.seen
    end = int(until[follow.seen > 0].max(initial=0))
    weight = np.ones(len(until)) if family_weight is None else family_weight[follow.row]
    place = np.flatnonzero((follow.seen > 0) & (follow.cause < 0) & (weight > 0) & (until == end))
    latest = place[np.diff(follow.household[place], append=-1) != 0]
    one = latest[:: max(1, -(-len(latest) // most))]
    return Stayers(follow.row[one], follow.household[one], weight[one], end)


def draw_periods(
    follow: FollowUp,
    cause: str,
    *,
    negatives_per_event: float = 4.0,
    min_negatives: int = 200,
    max_events: int = 20_000,
    family_weight: np.ndarray | None = None,
    random_state: int = 0,
) -> PersonPeriods:
    """All events of a cause, and a sample of its negatives within each calendar quarter.

    About ``negatives_per_event`` negatives per event of the quarter are kept, at least ``min_negatives``; fewer per event,
    but at least two, where there are more than half of ``max_events``; of more events than that a share is kept.
    Deterministic by ``random_state``.
    """
    place, ahead, event = periods_at_risk(follow, cause)
    family = np.ones(len(place)) if family_weight is None else family_weight[follow.row[place]]
    usable = family > 0
    place, ahead, event, family = place[usable], ahead[usable].astype(np.int64), event[usable], family[usable]
    target = follow.start[place] + ahead
    stratum = target - target.min(initial=2**31)
    strata = int(stratum.max(initial=0)) + 1
    events = np.bincount(stratum[event], minlength=strata)
    pool = np.bincount(stratum[~event], minlength=strata)
    kept_share = min(1.0, max_events / max(1, int(events.sum())))
    ratio = np.clip(2.0 * max_events / max(1, int(events.sum())), min(2.0, negatives_per_event), negatives_per_event)
    wanted = np.maximum(ratio * kept_share * events, min_negatives)
    share = np.where(event, kept_share, np.minimum(1.0, wanted / np.maximum(pool, 1))[stratum])
    keep = np.random.default_rng(random_state).random(len(place)) < share
    weight = (family * _restoring(stratum, event, family, keep))[keep]
    chosen = place[keep]
    return PersonPeriods(
        follow.row[chosen], follow.household[chosen], ahead[keep], target[keep], event[keep], family[keep], weight
    )


def _restoring(stratum: np.ndarray, event: np.ndarray, family: np.ndarray, keep: np.ndarray) -> np.ndarray:
    """Factor per line by which the kept lines of its quarter, events and negatives apart, make up for those left out."""
    cell = 2 * stratum + event
    before = np.bincount(cell, weights=family)
    after = np.bincount(cell[keep], weights=family[keep], minlength=len(before))
    return np.divide(before, after, out=np.ones(len(before)), where=after > 0)[cell]


def recent_window(target: np.ndarray, event: np.ndarray) -> np.ndarray:
    """Lines of the most recent mature year; of more years where that one holds too few events.

    Quota regimes move the base rate of `mandiri` tenfold within two years (programme facts 2.4), so the level of a hazard
    is taken from the latest year that is fully known. The window grows by years until it holds `MIN_RECENT_EVENTS`.
    """
    if not len(target):
        return np.zeros(0, dtype=bool)
    latest, span = int(target.max()), int(target.max() - target.min()) + 1
    quarters = RECENT_QUARTERS
    while quarters < span and event[target > latest - quarters].sum() < MIN_RECENT_EVENTS:
        quarters += RECENT_QUARTERS
    return target > latest - quarters


def marginal_hazard(follow: FollowUp, cause: str) -> float:
    """Quarterly hazard of a cause in the most recent mature year, without any feature (Jeffreys prior)."""
    place, ahead, event = periods_at_risk(follow, cause)
    recent = recent_window(follow.start[place] + ahead, event)
    return float((event[recent].sum() + 0.5) / (recent.sum() + 1.0))
