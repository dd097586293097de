"""Retention: families of whom nothing has been heard for longer than the office may keep their data.

The office decides how long that is (no period is set here); time is counted back from the newest news in the records, never from
a clock, so that the same exports always give the same store.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from pkh_graduation.programme.calendar import add_months, date_of, day_of


def silent_families(tables: Mapping[str, pd.DataFrame], years: int) -> np.ndarray:
    """Families (``kpm``, int64, sorted) whose last news became known more than ``years`` before the newest news of all.

    >>> table = pd.DataFrame({"kpm": [1, 2, 2], "known_day": [10_000, 10_000, 12_000]})
    >>> silent_families({"keluarga": table}, 5).tolist()
    [1]
    """
    last: list[pd.Series] = [
        table.groupby("kpm")["known_day"].max() for table in tables.values() if "kpm" in table.columns and len(table)
    ]
    if not last:
        return np.empty(0, dtype=np.int64)
    known = pd.concat(last).groupby(level=0).max()
    limit = day_of(add_months(date_of(int(known.max())), -12 * years))
    return np.sort(known.index[known < limit].to_numpy(dtype=np.int64))
