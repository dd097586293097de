"""Random slots: seeded draws that depend on a family alone, and the chance with which each family could be drawn.

Every draw is a keyed hash of (seed, purpose, family or pendamping, date): the order of rows, and who else is in the data,
change nothing, and a draw can be checked years later from the log.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

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


def inclusion(certain: Sequence[np.ndarray], left: Sequence[np.ndarray], expected: np.ndarray) -> np.ndarray:
    """Chance of each drawable family of being on its list, over both roundings of the number of random slots.

    ``expected`` (n,) is how many slots its list should have on average. ``certain`` and ``left`` hold two arrays (n,) each,
    for that number rounded down and for one more: who is on the list without any lot, and how many families of the caseload
    are then in the draw, which is without replacement.
    """
    fewer = np.floor(expected)
    chance = np.zeros(len(expected))
    for slots, weight, sure, pool in zip(
        (fewer, fewer + 1), (1 - (expected - fewer), expected - fewer), certain, left, strict=True
    ):
        drawn = np.divide(np.minimum(slots, pool), pool, out=np.zeros(len(expected)), where=pool > 0)
        chance += weight * np.where(sure, 1.0, drawn)
    return np.clip(chance, 0.0, 1.0)
