"""Random slots: seeded draws that depend on a family alone, and the chance with which each family could be drawn.

Every draw is a keyed hash of (seed, purpose, family or pendamping, date): the order of rows, and who else is in the data,
change nothing, and a draw can be checked years later from the log.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import numpy as np


def uniform(seed: int, purpose: str, names: Iterable[str], date: str) -> np.ndarray:
    """Numbers in [0, 1), one per name.

    >>> draw = uniform(0, "acak", ["a", "b"], "2025-09-30")
    >>> bool((draw == uniform(0, "acak", ["b", "a"], "2025-09-30")[::-1]).all())
    True
    """
    start = hashlib.blake2b(f"{seed}|{purpose}|{date}|".encode(), digest_size=8)
    found = bytearray()
    for name in names:
        state = start.copy()
        state.update(name.encode())
        found += state.digest()
    return (np.frombuffer(found, dtype=">u8") >> 11).astype(float) / 2.0**53


def inclusion(
    rank: np.ndarray, ready: np.ndarray, quota: np.ndarray, n_ready: np.ndarray, n_pool: np.ndarray, exploration: float
) -> np.ndarray:
    """Chance of each eligible family of being on its list, over both roundings of the number of random slots.

    All arrays (n,), one value per eligible family: ``rank`` its place among the ready families of its pendamping (from 1,
    ignored unless ``ready``), ``n_ready`` and ``n_pool`` how many ready and how many drawable families its pendamping has.
    With k random slots, ready families of rank <= quota - k are on the list for certain; the rest of the pool is drawn
    without replacement, each with chance k / (what is left of the pool).
    """
    expected = exploration * quota
    fewer = np.floor(expected)
    chance = np.zeros(len(rank))
    for slots, weight in ((fewer, 1 - (expected - fewer)), (fewer + 1, expected - fewer)):
        certain = np.minimum(quota - slots, n_ready)
        left = n_pool - certain
        drawn = np.divide(np.minimum(slots, left), left, out=np.zeros(len(rank)), where=left > 0)
        chance += weight * np.where(ready & (rank <= quota - slots), 1.0, drawn)
    return np.clip(chance, 0.0, 1.0)
