"""Kernels compiled with numba: importing this module needs it. No parallel runtime; the interpreter lock is released.

Machine code is kept beside this file where that is writable, or where ``NUMBA_CACHE_DIR`` says; elsewhere nothing is
written and each process compiles for some seconds.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import numba
import numpy as np

_TILE = 4096
"""Values of one column that are binned together, so that they stay in the nearest cache."""
_ROWS = 1024
"""Rows whose strongest features are sought together."""


def _cache_is_safe() -> bool:
    here = Path(__file__).parent
    kept = here / "__pycache__"
    return "NUMBA_CACHE_DIR" in os.environ or os.access(kept if kept.exists() else here, os.W_OK)


def _compile(function: Any) -> Any:
    return numba.njit(nogil=True, cache=_cache_is_safe())(function)


def _count_tile(values: Any, cuts: Any, missing: Any, row: Any) -> None:
    for r in range(values.size):
        row[r] = missing if values[r] != values[r] else 0
    for k in range(cuts.size):
        threshold = cuts[k]
        for r in range(values.size):  # a counting loop runs in vectors, a binary search does not
            row[r] += values[r] > threshold


_count_tile = _compile(_count_tile)


def _count(columns: Any, first: Any, last: Any, cuts: Any, offset: Any, wrapped: Any, missing: Any, bins: Any) -> None:
    n = columns.shape[0]
    for c in range(n):
        if offset[c] == offset[c + 1]:
            continue
        own = cuts[offset[c] : offset[c + 1]]
        for start in range(first, last, _TILE):
            stop = min(start + _TILE, last)
            row = bins[c, start - first : stop - first]
            _count_tile(columns[c, start:stop], own, missing, row)
            if wrapped[c]:
                raised = bins[n + c, start - first : stop - first]
                for r in range(row.size):
                    raised[r] = row[r] + 1


_count = _compile(_count)


def count(columns: Any, first: int, last: int, cuts: Any, offset: Any, wrapped: Any, bins: Any) -> None:
    """Fill ``bins[c]``, and ``bins[n + c]`` where wrapped, from ``columns[c, first:last]``."""
    _count(columns, first, last, cuts, offset, wrapped, bins.dtype.type(np.iinfo(bins.dtype).max), bins)


def _fill_pattern(bins: Any, bit_row: Any, bit_limit: Any, first: Any, last: Any, bits: Any, out: Any) -> None:
    n = out.size
    out[:] = 0
    for b in range(first, last):
        row, limit, bit = bins[bit_row[b], :n], bit_limit[b], bits[b - first]
        for r in range(n):
            out[r] = out[r] | bit if row[r] <= limit else out[r]


_fill_pattern = _compile(_fill_pattern)


def _add1(total: Any, table: Any, pattern: Any) -> None:
    for r in range(total.size):
        total[r] += table[pattern[r]]


def _add2(total: Any, table1: Any, pattern1: Any, table2: Any, pattern2: Any) -> None:
    for r in range(total.size):
        total[r] = total[r] + table1[pattern1[r]] + table2[pattern2[r]]


def _add4(
    total: Any,
    table1: Any,
    pattern1: Any,
    table2: Any,
    pattern2: Any,
    table3: Any,
    pattern3: Any,
    table4: Any,
    pattern4: Any,
) -> None:
    for r in range(total.size):
        total[r] = total[r] + table1[pattern1[r]] + table2[pattern2[r]] + table3[pattern3[r]] + table4[pattern4[r]]


def _add4_words(
    total: Any,
    table1: Any,
    words1: Any,
    table2: Any,
    words2: Any,
    table3: Any,
    words3: Any,
    table4: Any,
    words4: Any,
) -> None:
    """`_add4` where eight patterns of one byte are fetched at once: fetching is what look-ups spend their time on."""
    byte, whole = np.uint64(255), total.size >> 3
    for w in range(whole):
        a, b, c, d = words1[w], words2[w], words3[w], words4[w]
        for k in range(8):
            r, low = w * 8 + k, np.uint64(8 * k)
            i1, i2, i3, i4 = (a >> low) & byte, (b >> low) & byte, (c >> low) & byte, (d >> low) & byte
            total[r] = total[r] + table1[i1] + table2[i2] + table3[i3] + table4[i4]
    for r in range(whole * 8, total.size):
        low = np.uint64(8 * (r - whole * 8))
        i1, i2 = (words1[whole] >> low) & byte, (words2[whole] >> low) & byte
        i3, i4 = (words3[whole] >> low) & byte, (words4[whole] >> low) & byte
        total[r] = total[r] + table1[i1] + table2[i2] + table3[i3] + table4[i4]


_add1, _add2, _add4, _add4_words = _compile(_add1), _compile(_add2), _compile(_add4), _compile(_add4_words)


def _add_pass(total: Any, tables: Any, entries: Any, e: Any, last: Any, patterns: Any, words: Any) -> None:
    """Several tables in one pass over the sums, added one after the other so that the order never varies.

    ``words`` are the patterns eight at a time, or None: numba then compiles the other branch only.
    """
    while e + 4 <= last:
        (i, i0, i1), (j, j0, j1), (k, k0, k1), (m, m0, m1) = entries[e], entries[e + 1], entries[e + 2], entries[e + 3]
        t1, t2, t3, t4 = tables[i0:i1], tables[j0:j1], tables[k0:k1], tables[m0:m1]
        if words is None:
            _add4(total, t1, patterns[i], t2, patterns[j], t3, patterns[k], t4, patterns[m])
        else:
            _add4_words(total, t1, words[i], t2, words[j], t3, words[k], t4, words[m])
        e += 4
    if e + 2 <= last:
        (i, i0, i1), (j, j0, j1) = entries[e], entries[e + 1]
        _add2(total, tables[i0:i1], patterns[i], tables[j0:j1], patterns[j])
        e += 2
    if e < last:
        i, i0, i1 = entries[e]
        _add1(total, tables[i0:i1], patterns[i])


_add_pass = _compile(_add_pass)


def _add(
    bins: Any, plan: Any, tables: Any, phi: Any, first: Any, last: Any, bits: Any, patterns: Any, words: Any
) -> None:
    n = last - first
    for g in range(plan.group_clusters.size - 1):
        begin = plan.group_clusters[g]
        for c in range(begin, plan.group_clusters[g + 1]):
            out = patterns[c - begin, :n]
            _fill_pattern(bins, plan.bit_row, plan.bit_limit, plan.cluster_bits[c], plan.cluster_bits[c + 1], bits, out)
        for p in range(plan.group_passes[g], plan.group_passes[g + 1]):
            total = phi[plan.pass_feature[p], first:last]
            _add_pass(total, tables, plan.entries, plan.pass_entries[p], plan.pass_entries[p + 1], patterns, words)


_add = _compile(_add)


def add(bins: Any, plan: Any, tables: Any, phi: Any, first: int, last: int) -> None:
    """Add the SHAP values of the rows in ``bins[:, : last - first]`` to ``phi[:, first:last]``."""
    widest = plan.widest
    dtype = np.uint8 if widest <= 8 else np.uint16
    patterns = np.empty((plan.most_clusters, (last - first + 7) // 8 * 8), dtype=dtype)
    words = patterns.view(np.uint64) if dtype == np.uint8 and sys.byteorder == "little" else None
    _add(bins, plan, tables, phi, first, last, (1 << np.arange(widest)).astype(dtype), patterns, words)


def _insert(size: Any, value: Any, feature: Any, sizes: Any, values: Any, features: Any) -> None:
    """Keep a magnitude that is larger than the smallest one kept; equal ones keep their order."""
    place = sizes.size - 1
    while place > 0 and size > sizes[place - 1]:
        sizes[place], values[place], features[place] = sizes[place - 1], values[place - 1], features[place - 1]
        place -= 1
    sizes[place], values[place], features[place] = size, value, feature


_insert = _compile(_insert)


def _strongest(phi: Any, positions: Any, values: Any) -> None:
    k = positions.shape[1]
    sizes = np.empty((_ROWS, k), phi.dtype)
    for start in range(0, phi.shape[1], _ROWS):
        stop = min(start + _ROWS, phi.shape[1])
        sizes[:] = -1
        for f in range(phi.shape[0]):
            for r in range(start, stop):
                size = abs(phi[f, r])
                if size > sizes[r - start, k - 1]:
                    _insert(size, phi[f, r], f, sizes[r - start], values[r], positions[r])


strongest = _compile(_strongest)
"""Fill the features with the largest magnitudes, and their values, of every row."""
