"""The few strongest features of every row: all that need be kept of millions of explanations."""

from __future__ import annotations

import numpy as np

from .engines import choose_engine

_BLOCK = 8192


def strongest(phi: np.ndarray, k: int, *, engine: str = "auto") -> tuple[np.ndarray, np.ndarray]:
    """Per row the k features with the largest absolute value, strongest first; ties fall to the lowest feature.

    ``phi`` has shape (n_features, n_rows), as `FastTreeExplainer.explain_columns` gives it. Returns positions (n_rows, k), in
    the smallest unsigned type that holds them, and signed values (n_rows, k) in float32: 25 bytes a row for k = 5.

    Raises:
        ValueError: k is not between 1 and the number of features.

    >>> strongest(np.array([[1.0, 0.0], [-3.0, 0.0], [2.0, 0.5]]), 2)[0].tolist()
    [[1, 2], [2, 0]]
    """
    if not 1 <= k <= len(phi):
        raise ValueError(f"k must be 1 to {len(phi)}, the number of features, not {k}.")
    kernels = choose_engine(engine)
    n = phi.shape[1]
    positions = np.empty((n, k), dtype=np.min_scalar_type(len(phi) - 1))
    values = np.empty((n, k), dtype=np.float32)
    for start in range(0, n, _BLOCK):
        own = slice(start, start + _BLOCK)
        kernels.strongest(np.ascontiguousarray(phi[:, own]), positions[own], values[own])
    return positions, values
