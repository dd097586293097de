"""Referrals: programmes whose published conditions a family's records seem to meet, to be verified at the Dinsos.

A referral follows from a condition of entry, never from a score or an attribution, and promises no effect. None fitting is
an answer. The programmes, their conditions and sources are those of `programme.levers`.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from pkh_graduation.priorities.phrases import phrases
from pkh_graduation.programme.levers import Lever, levers

MOST = 3
"""Referrals shown per family, in the order of the catalogue."""

REFERRALS = tuple(lever for lever in levers() if lever.rujukan)
"""Rows of the catalogue with words for the list."""

READ = tuple(dict.fromkeys(name for item in REFERRALS for name in item.facts))
"""Facts that the conditions read, of every family."""


def refer(values: pd.DataFrame, silent: pd.Series) -> pd.Series:
    """Referrals of each family, words joined by ``|``, at most `MOST`; none where ``silent`` (the family objects).

    A condition on a fact that is not there, or unknown for a family, is not met. Where ``values`` are indexed by ``as_of``,
    only rows of the catalogue that hold on that day are used.
    """
    nothing = np.full(len(values), np.nan)
    numbers = {
        name: values[name].to_numpy(dtype="float64", na_value=np.nan) if name in values.columns else nothing
        for name in READ
    }
    fits = [np.asarray(item.fits(numbers.__getitem__), dtype=bool) & _valid(values, item) for item in REFERRALS]
    speaks = ~silent.to_numpy(dtype=bool)
    said = phrases(np.column_stack(fits) & speaks[:, None], [item.rujukan for item in REFERRALS], most=MOST)
    return said.set_axis(values.index)


def _valid(values: pd.DataFrame, item: Lever) -> np.ndarray:
    """Families (n,) at whose date the row holds."""
    if "as_of" not in values.index.names:
        return np.ones(len(values), dtype=bool)
    codes, days = pd.factorize(values.index.get_level_values("as_of"))
    return np.array([item.valid_on(day.date()) for day in days], dtype=bool)[codes]
