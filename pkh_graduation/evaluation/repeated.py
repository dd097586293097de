"""A year of lists: one list for the whole year, or one each tahap on which nobody stands twice.

A pendamping has her year's places once. *Sekali*: all of them are filled at the first date. *Berulang*: they are spread evenly
over consecutive tahap, each list is drawn anew from what is then known, and a family that was listed is not listed again that
year. *Tanpa ingatan*: the same short lists, but nobody remembers who was listed; it shows what memory is worth. A listed
family is a hit if it graduated by itself within the horizon counted from the date on which it was listed.

Ties are drawn by lot. One list alone has an exact expected value (`capacity`); here who is left for the next list depends on
earlier lots, so the year is played several times with lots that follow from the seed, and the mean is told. Without ties all
plays are equal, and one is enough.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from pkh_graduation.evaluation.capacity import places_of
from pkh_graduation.programme.calendar import add_tahap

ONCE, REPEATED, FORGETFUL = "sekali", "berulang", "tanpa_ingatan"
ROUNDS = 4
"""Tahap in a year."""
PLAYS = 20

COLUMNS = (
    "contender", "cara", "tahap", "places", "families", "hits", "graduates", "precision", "recall", "listed_again",
)  # fmt: skip


@dataclass(frozen=True)
class Round:
    """One tahap of one contender: who could be listed; arrays of shape (n,), ``caseload`` and ``places`` of each row's group."""

    family: np.ndarray
    group: np.ndarray
    score: np.ndarray
    positive: np.ndarray
    caseload: np.ndarray


def consecutive_origins(origins: list[str], rounds: int = ROUNDS) -> list[str]:
    """The last origins that follow each other tahap by tahap, at most ``rounds`` of them, in order.

    >>> consecutive_origins(["2023-12-31", "2024-06-30", "2024-09-30"])
    ['2024-06-30', '2024-09-30']
    """
    kept = sorted(origins)[-1:]
    for origin in reversed(sorted(origins)[:-1]):
        if len(kept) == rounds or add_tahap(pd.Timestamp(origin).date(), 1).isoformat() != kept[0]:
            break
        kept.insert(0, origin)
    return kept


def year_of_lists(
    predictions: pd.DataFrame, capacity: float, *, rounds: int = ROUNDS, plays: int = PLAYS, random_state: int = 0
) -> pd.DataFrame:
    """One line per contender and way of listing (`COLUMNS`), over the last consecutive origins; empty with fewer than two.

    ``families``: different families listed; ``hits``: of them, those that graduated within the horizon of their (first)
    listing; ``graduates``: different families that did so counted from any of the dates, the same for all ways;
    ``precision`` = hits / families, ``recall`` = hits / graduates; ``listed_again``: places spent on a family that was
    listed before. Figures are means over ``plays`` where ties are drawn by lot.

    Raises:
        ValueError: ``capacity`` is no share, or ``rounds`` or ``plays`` is below one.
    """
    if rounds < 1 or plays < 1:
        raise ValueError(f"rounds and plays count from 1; got {rounds} and {plays}.")
    places_of(np.ones(1), capacity)
    origins = consecutive_origins(predictions["origin"].unique().tolist(), rounds)
    lines = []
    for name, own in predictions.groupby("contender", sort=False):
        tahap = _rounds(own, origins) if len(origins) > 1 else []
        for way in (ONCE, REPEATED, FORGETFUL) if tahap else ():
            lines.append(
                {"contender": name, "cara": way, "tahap": len(tahap)} | _play(tahap, capacity, way, plays, random_state)
            )
    return pd.DataFrame(lines, columns=list(COLUMNS))


def _rounds(own: pd.DataFrame, origins: list[str]) -> list[Round]:
    """The contender's judged families at each origin; families without a pendamping can be on no list."""
    own = own[own["origin"].isin(origins) & own["pendamping_id"].notna()]
    codes = pd.Series(pd.factorize(own["kpm_id"], sort=True)[0], index=own.index)
    found = []
    for origin in origins:
        rows = own[own["origin"] == origin]
        group = pd.factorize(rows["pendamping_id"], sort=True)[0]
        found.append(
            Round(
                family=codes.loc[rows.index].to_numpy(),
                group=group,
                score=rows["p_mandiri"].to_numpy(dtype=float),
                positive=rows["label"].to_numpy() == 1,
                caseload=np.bincount(group)[group],
            )
        )
    return found


def _play(tahap: list[Round], capacity: float, way: str, plays: int, random_state: int) -> dict[str, float]:
    n_families = 1 + max(int(one.family.max(initial=-1)) for one in tahap)
    graduates = np.zeros(n_families, dtype=bool)
    for one in tahap:
        graduates[one.family[one.positive]] = True
    needed = plays if any(_has_ties(one) for one in tahap) else 1
    played = [
        _year(tahap, capacity, way, n_families, np.random.default_rng([random_state, 5, play]))
        for play in range(needed)
    ]
    places, families, hits = np.mean(played, axis=0)
    total = int(graduates.sum())
    return {
        "places": places, "families": families, "hits": hits, "graduates": total,
        "precision": hits / families if families else float("nan"), "recall": hits / total if total else float("nan"),
        "listed_again": places - families,
    }  # fmt: skip


def _year(
    tahap: list[Round], capacity: float, way: str, n_families: int, lots: np.random.Generator
) -> tuple[float, float, float]:
    """Places used, different families listed, and hits by the first listing."""
    listed, hit = np.zeros(n_families, dtype=bool), np.zeros(n_families, dtype=bool)
    used = 0
    for number, one in enumerate(tahap):
        lot = lots.random(n_families)[one.family]
        free = np.ones(len(one.family), dtype=bool) if way == FORGETFUL else ~listed[one.family]
        chosen = _top(one, _places(one.caseload, capacity, number, len(tahap), way), free, lot)
        first = chosen & ~listed[one.family]
        used += int(chosen.sum())
        hit[one.family[first & one.positive]] = True
        listed[one.family[chosen]] = True
    return float(used), float(listed.sum()), float(hit.sum())


def _places(caseload: np.ndarray, capacity: float, number: int, rounds: int, way: str) -> np.ndarray:
    """Places of a tahap, per row: all at the first for `ONCE`; else spread so that equal caseloads add up to the year's."""
    if way == ONCE:
        return places_of(caseload, capacity) if number == 0 else np.zeros(len(caseload))
    before = places_of(caseload, capacity * number / rounds) if number else np.zeros(len(caseload))
    return places_of(caseload, capacity * (number + 1) / rounds) - before


def _top(one: Round, places: np.ndarray, free: np.ndarray, lot: np.ndarray) -> np.ndarray:
    """Whether each row is among the first of its group that are free."""
    order = np.lexsort((lot, -one.score, ~free, one.group))
    group = one.group[order]
    start = np.r_[0, np.flatnonzero(group[1:] != group[:-1]) + 1] if len(group) else np.zeros(0, dtype=int)
    place = np.arange(len(group)) - np.repeat(start, np.diff(np.append(start, len(group))))
    chosen = np.zeros(len(group), dtype=bool)
    chosen[order] = (place < places[order]) & free[order]
    return chosen


def _has_ties(one: Round) -> bool:
    order = np.lexsort((one.score, one.group))
    same = (np.diff(one.score[order]) == 0) & (np.diff(one.group[order]) == 0)
    return bool(same.any())
