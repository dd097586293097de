"""Plan: which listed families are visited in which month, and in which order, desa by desa.

A month takes the head of the list, or the families of as few desa as still keep `KEEP` of the head's worth: fewer trips
for nearly the same talk. Who is passed over so comes in a later month.
"""

from __future__ import annotations

from functools import cache

import numpy as np

MONTHLY = 15
"""Visits that a month's plan holds at most (programme facts, section 6)."""

KEEP = 0.975
"""Share of the best month's worth that each single plan keeps, whatever it saves on the road; all plans together keep more
than 98 % (`benchmarks/guardrails.py` prints both)."""

_TRIED = 10
"""Desa of a caseload that a month may leave out."""


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
    """Who is visited this month: the first ``monthly``, or nearly as good a choice in as few desa as there can be.

    Every set of desa is tried; where there are many desa, those with most of the first families' worth are always gone to.
    """
    head = np.arange(len(desa)) < monthly
    codes, of = np.unique(desa, return_inverse=True)
    doubtful = np.argsort(np.bincount(of[head], worth[head], len(codes)), kind="stable")[:_TRIED]
    gone_to = np.ones((2 ** len(doubtful), len(codes)), dtype=bool)
    gone_to[:, doubtful] = _subsets(len(doubtful))
    there = gone_to[:, of]
    taken = there & (np.cumsum(there, axis=1) <= monthly)
    kept = taken @ worth
    fine = np.flatnonzero((taken.sum(axis=1) == monthly) & (kept >= KEEP * worth[head].sum()))
    if not len(fine):
        return head
    found: np.ndarray = taken[fine[np.lexsort((-kept[fine], gone_to[fine].sum(axis=1)))[0]]]
    return found


@cache
def _subsets(size: int) -> np.ndarray:
    """All subsets of some things, a row each, the whole set last; shape (2**size, size)."""
    return (np.arange(2**size)[:, None] >> np.arange(size) & 1).astype(bool)
