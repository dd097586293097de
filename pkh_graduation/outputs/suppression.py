"""Suppression: which counts a page may print, when tables of totals are sums of each other.

A *line* is a set of cells tied by a sum: a total and what it adds up, or the bands of one caseload. A line with exactly one
hidden cell gives it away by subtraction, so a second one is hidden, which may concern other lines in turn. This is the
usual primary and secondary suppression of official tables; it guards against every single subtraction, not against the
joint solution of many tables (see Hundepool et al. 2012, Statistical Disclosure Control, chapter 4).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

import numpy as np

SMALL = 5
"""Counts from 1 to below this are hidden."""


def hide(values: np.ndarray, small: np.ndarray, lines: Sequence[np.ndarray]) -> np.ndarray:
    """Which cells stay hidden: the ``small`` ones, and the smallest open count of every line that would betray a cell.

    ``values`` (n_cells,) whole numbers, ``small`` (n_cells,) booleans, each line the positions of its cells. A zero is
    never hidden: it hides nothing.

    >>> counts = np.array([23, 3, 8, 12])
    >>> hide(counts, counts < SMALL, [np.arange(4)]).tolist()
    [False, True, True, False]
    """
    hidden = small.copy()
    lines_of: dict[int, list[int]] = {}
    for number, line in enumerate(lines):
        for cell in line.tolist():
            lines_of.setdefault(cell, []).append(number)
    waiting = deque(range(len(lines)))
    while waiting:
        line = lines[waiting.popleft()]
        masked = hidden[line]
        if masked.sum() != 1:
            continue
        open_cells = line[~masked & (values[line] > 0)]
        if len(open_cells):
            cell = int(open_cells[values[open_cells].argmin()])
            hidden[cell] = True
            waiting.extend(lines_of[cell])
    return hidden
