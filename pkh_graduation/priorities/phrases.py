"""Phrases: which words are said of which family, joined by ``|``. Families share few combinations, so each is joined once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd


def phrases(flags: np.ndarray, words: Sequence[str], *, most: int | None = None) -> pd.Series:
    """Words whose flag is up, in their order, at most ``most`` of them; ``flags`` has shape (n_families, n_words).

    >>> phrases(np.array([[True, True], [False, True], [False, False]]), ["a", "b"]).to_list()
    ['a|b', 'b', '']
    """
    combination = flags.astype(np.int64) @ (1 << np.arange(len(words), dtype=np.int64))
    seen, which = np.unique(combination, return_inverse=True)
    said = ["|".join([word for bit, word in enumerate(words) if code >> bit & 1][:most]) for code in seen.tolist()]
    return pd.Series(pd.array(said, dtype="str").take(which))
