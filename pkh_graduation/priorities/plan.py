"""Plan: which listed families are visited in which month, and in which order, desa by desa.

The first month takes the head of the list. A desa that would be visited for a few families only may wait for the next
month, if the families who come instead keep at least `KEEP` of the month's worth: fewer trips for nearly the same talk.
"""

from __future__ import annotations

import numpy as np

MONTHLY = 15
"""Visits that a month's plan holds at most (programme facts, section 6)."""

KEEP = 0.98
"""Share of the best month's worth that a plan keeps, whatever it saves on the road (methods, section 12, row 14)."""


def plan(
    place: np.ndarray,
    group: np.ndarray,
    desa: np.ndarray,
    kelompok: np.ndarray,
    worth: np.ndarray,
    monthly: int = MONTHLY,
) -> tuple[np.ndarray, np.ndarray]:
    """Month (from 1) and visit within the month (from 1) of each family, 0 where it is on no list; arrays of shape (n,).

    ``place`` (0: not listed), ``group`` the caseload, ``desa`` and ``kelompok`` codes as whole numbers, ``worth`` what the
    list is ordered by.

    Raises:
        ValueError: a month of no visits.
    """
    if monthly < 1:
        raise ValueError(f"a month's plan holds at least one visit, not {monthly!r}.")
    month, visit = np.zeros(len(place), dtype=np.int64), np.zeros(len(place), dtype=np.int64)
    rows = np.flatnonzero(place > 0)
    rows = rows[np.lexsort((place[rows], group[rows]))]
    starts = np.flatnonzero(np.diff(group[rows], prepend=-1))
    if not len(rows):
        return month, visit
    for start, stop in zip(starts.tolist(), [*starts[1:].tolist(), len(rows)], strict=True):
        own = rows[start:stop]
        month[own] = _months(desa[own], worth[own], monthly)
    best = _first(place, month, group, desa, rows)
    best_group = _first(place, month, group, kelompok, rows)
    order = rows[np.lexsort((place[rows], best_group, best, month[rows], group[rows]))]
    begins = np.flatnonzero(np.diff(group[order] * (month.max(initial=0) + 1) + month[order], prepend=-1))
    sizes = np.diff([*begins, len(order)])
    visit[order] = np.arange(len(order)) - np.repeat(begins, sizes) + 1
    return month, visit


def _first(place: np.ndarray, month: np.ndarray, group: np.ndarray, code: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Best place of anybody with the same code in the same month and caseload, for each of ``rows``."""
    keys = np.column_stack([group[rows], month[rows], code[rows]])
    _, where = np.unique(keys, axis=0, return_inverse=True)
    best = np.full(where.max(initial=0) + 1, np.iinfo(np.int64).max)
    np.minimum.at(best, where.ravel(), place[rows].astype(np.int64))
    return best[where.ravel()]


def _months(desa: np.ndarray, worth: np.ndarray, monthly: int) -> np.ndarray:
    """Month of each of one list's families, which stand in the order of their places."""
    month = np.zeros(len(desa), dtype=np.int64)
    left = np.arange(len(desa))
    number = 1
    while len(left) > monthly:
        taken = _gather(desa[left], worth[left], monthly)
        month[left[taken]] = number
        left, number = left[~taken], number + 1
    month[left] = number
    return month


def _gather(desa: np.ndarray, worth: np.ndarray, monthly: int) -> np.ndarray:
    """Who is visited this month: the first ``monthly``, or nearly as good a choice in fewer desa."""
    taken = np.arange(len(desa)) < monthly
    least = KEEP * worth[taken].sum()
    while True:
        codes = np.unique(desa[taken])
        others = [other for code in codes if (other := _without(taken, desa, codes, code)) is not None]
        kept = [float(worth[other].sum()) for other in others]
        if not kept or max(kept) < least:
            return taken
        taken = others[int(np.argmax(kept))]


def _without(taken: np.ndarray, desa: np.ndarray, codes: np.ndarray, code: int) -> np.ndarray | None:
    """The same number of visits in the other desa of the month; None if there are too few families in them."""
    leaving = taken & (desa == code)
    coming = np.flatnonzero(~taken & np.isin(desa, codes[codes != code]))[: int(leaving.sum())]
    if len(coming) < leaving.sum():
        return None
    other = taken & ~leaving
    other[coming] = True
    return other
