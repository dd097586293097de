"""Suppression: which counts a page may print, when tables of totals are sums of each other.

A *line* is a set of cells tied by a sum: a total and what it adds up, or the bands of one caseload. A line with exactly one
hidden cell gives it away by subtraction; a line with more gives away what they add up to, and so each of them when that is
little more than one apiece. Further cells are then hidden, which may concern other lines in turn. All hidden cells look alike:
a mark for "small" beside another for "hidden for its sake" would tell the bounds from which the rest is solved.
This is primary and secondary suppression of official tables; it guards against every single sum, not against the joint solution
of many tables (see Hundepool et al. 2012, Statistical Disclosure Control, chapter 4).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

import numpy as np

SMALL = 5
"""Counts from 1 to below this are hidden."""
HIDDEN = "–"
"""What is printed for a hidden count."""


def hide(
    values: np.ndarray, small: np.ndarray, lines: Sequence[np.ndarray], public: np.ndarray | None = None
) -> np.ndarray:
    """Which cells stay hidden: the ``small`` ones, and the smallest open counts of every line that would betray a cell.

    ``values`` (n_cells,) whole numbers, ``small`` (n_cells,) booleans, each line the positions of its cells, the total first.
    ``public`` (n_cells,): what everybody knows anyway, which can neither be hidden nor hide another. A zero is never hidden: it
    hides nothing. Where the total of a line is told, each of its hidden cells could be anything from 1 to `SMALL`, as far as
    there are cells to hide.

    >>> counts = np.array([23, 3, 8, 12])
    >>> hide(counts, counts < SMALL, [np.arange(4)]).tolist()
    [False, True, True, False]
    """
    hidden = small.copy()
    known = np.zeros(len(values), dtype=bool) if public is None else public
    lines_of: dict[int, list[int]] = {}
    for number, line in enumerate(lines):
        for cell in line.tolist():
            lines_of.setdefault(cell, []).append(number)
    waiting = deque(range(len(lines)))
    while waiting:
        line = lines[waiting.popleft()]
        masked = hidden[line] & ~known[line]
        if not _betrays(values[line], masked):
            continue
        open_cells = line[~masked & ~known[line] & (values[line] > 0)]
        if len(open_cells):
            cell = int(open_cells[values[open_cells].argmin()])
            hidden[cell] = True
            waiting.extend(lines_of[cell])
    return hidden


def _betrays(values: np.ndarray, masked: np.ndarray) -> bool:
    """Whether one line says too much of its masked cells. The total is its first cell."""
    count = int(masked.sum())
    if count < 2:
        return count == 1
    return not masked[0] and int(values[masked].sum()) < count - 1 + SMALL
