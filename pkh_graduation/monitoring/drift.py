"""Drift of features and scores: are the families of a date still like those the model was fitted on?

Each feature is cut into bins of equal mass on the training dates, with a bin of its own for missing values; counts per bin are all
that is kept, so parts of an office add up and no family can be read from them. The *stability index* (PSI) of a feature is
``sum((now - before) * log(now / before))`` over the shares of the bins that hold anybody, half a family added to each. By custom
0.1 is a change and 0.25 a shift; beside it stands what sampling alone would give (the index times the harmonic size is near
chi-squared), and what was usual from one training date to the next: a caseload that is renewed every year is never quite the same
(programme facts, 0.10).

A shift of features is a reason to look, not yet a reason to retrain: see `label_shift` and `advice`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from scipy import stats

BINS = 10
CHANGED, SHIFTED = 0.10, 0.25
CALM, CHANGE, SHIFT = "tenang", "berubah", "bergeser"
LEVEL = 0.05
_HALF = 0.5

Edges = Mapping[str, np.ndarray]
Counts = Mapping[str, np.ndarray]
"""Feature -> families per bin; the last bin holds those without a value."""


def edges_of(reference: pd.DataFrame, *, bins: int = BINS) -> dict[str, np.ndarray]:
    """Inner edges of each column's bins, of equal mass in ``reference``; equal values stay together.

    A feature with few values has a bin for each, and one below and one above them all: a value never seen is no value of before.
    """
    edges = {}
    for name in reference.columns:
        values = reference[name].to_numpy(dtype=float, na_value=np.nan)
        known = values[~np.isnan(values)]
        distinct = np.unique(known)
        if len(distinct) <= bins:
            edges[str(name)] = np.concatenate([np.nextafter(distinct[:1], -np.inf), distinct])
        else:
            edges[str(name)] = np.unique(np.quantile(known, np.arange(1, bins) / bins, method="lower"))
    return edges


def count_bins(frame: pd.DataFrame, edges: Edges) -> dict[str, np.ndarray]:
    """Families of ``frame`` per bin; add the counts of parts with `add_counts`.

    Raises:
        ValueError: the frame lacks a feature that has edges.
    """
    absent = [name for name in edges if name not in frame.columns]
    if absent:
        raise ValueError(
            f"the rows lack {len(absent)} features of the model, such as {absent[:5]}: use the same catalogue."
        )
    counts = {}
    for name, inner in edges.items():
        values = frame[name].to_numpy(dtype=float, na_value=np.nan)
        place = np.where(np.isnan(values), len(inner) + 1, np.searchsorted(inner, values, side="left"))
        counts[name] = np.bincount(place, minlength=len(inner) + 2)
    return counts


def add_counts(parts: Sequence[Counts]) -> dict[str, np.ndarray]:
    """The counts of all parts together."""
    return {name: np.sum([part[name] for part in parts], axis=0) for name in parts[0]} if parts else {}


def stability(before: np.ndarray, now: np.ndarray) -> float:
    """Stability index of one feature from families per bin before and now.

    >>> stability(np.array([50, 50]), np.array([500, 500]))
    0.0
    """
    used = (before + now) > 0
    shares = [(counts[used] + _HALF) / (counts.sum() + _HALF * used.sum()) for counts in (before, now)]
    return float(max(0.0, ((shares[1] - shares[0]) * np.log(shares[1] / shares[0])).sum()))


def compare(
    before: Counts, now: Counts, *, families_before: int | None = None, usual: Mapping[str, float] | None = None
) -> pd.DataFrame:
    """Every feature before and now, the largest index first.

    Args:
        before: counts of the training dates; a family counts at every date.
        now: counts of the date that is watched.
        families_before: distinct families behind ``before``, so that their repetition is not taken for evidence.
        usual: feature -> the index that was usual between training dates; see `usual_stability`.

    Columns: ``feature, psi, by_chance, usual, missing_before, missing_now, verdict``. `SHIFT` from 0.25, `CHANGE` from 0.10,
    only where the index also exceeds what chance gives (about 5 %, over all features; up to twice that with fewer than forty
    families a bin, where chi-squared is a rough limit) and what was usual.

    Raises:
        ValueError: the two dates were counted over different features or bins.
    """
    strange = [name for name, old in before.items() if name not in now or len(now[name]) != len(old)]
    if strange:
        raise ValueError(
            f"{len(strange)} features, such as {strange[:5]}, are not counted in the same bins now: count both with one `edges_of`."
        )
    lines = []
    for name, old in before.items():
        new = now[name]
        used = int(((old + new) > 0).sum())
        size = (families_before or int(old.sum())), int(new.sum())
        limit = float(
            stats.chi2.ppf(1 - LEVEL / len(before), max(1, used - 1)) * (1 / max(1, size[0]) + 1 / max(1, size[1]))
        )
        seen = float((usual or {}).get(name, 0.0))
        psi = stability(old, new)
        lines.append(
            {
                "feature": name, "psi": psi, "by_chance": limit, "usual": seen,
                "missing_before": float(old[-1] / max(1, old.sum())), "missing_now": float(new[-1] / max(1, new.sum())),
                "verdict": _verdict(psi, max(limit, seen)),
            }
        )  # fmt: skip
    columns = ["feature", "psi", "by_chance", "usual", "missing_before", "missing_now", "verdict"]
    table = pd.DataFrame(lines, columns=columns)
    return table.sort_values(["psi", "feature"], ascending=[False, True], ignore_index=True)


def usual_stability(dates: Sequence[Counts]) -> dict[str, float]:
    """The largest index of any one training date against all the others together; the newest dates tell most, so hand in those."""
    whole = add_counts(dates)
    return {
        name: max(stability(whole[name] - one[name], one[name]) for one in dates) for name in whole if len(dates) > 1
    }


def _verdict(psi: float, ordinary: float) -> str:
    if psi < CHANGED or psi <= ordinary:
        return CALM
    return SHIFT if psi >= SHIFTED else CHANGE
