"""Blocks: rows binned a few thousand at a time, so that bins and sums stay in the near caches."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from .binning import Binning
from .engines import Engine


def binned_blocks(
    columns: np.ndarray, binning: Binning, kernels: Engine, block: int | None
) -> Iterator[tuple[int, int, np.ndarray]]:
    """Blocks of feature-major ``columns`` as (first, last, bins); ``block`` rows each, the engine's own choice if None.

    The same memory holds every block's bins.
    """
    n = columns.shape[1]
    width = min(block or kernels.block, max(n, 1))
    bins = np.empty((binning.n_rows, width), dtype=binning.dtype)
    turned = None if columns.flags.c_contiguous else np.empty((len(columns), width), dtype=columns.dtype)
    for first in range(0, n, width):
        last = min(first + width, n)
        if turned is None:
            binning.fill(columns, first, last, bins, kernels.count)
        else:
            turned[:, : last - first] = columns[:, first:last]
            binning.fill(turned, 0, last - first, bins, kernels.count)
        yield first, last, bins
