"""Labels at a horizon: what became of a family within h quarters, if that can be known.

A positive is `mandiri` within h; every other end known by h, staying included, is negative. A family that had left before
its as-of date without the office knowing is neither, and a date whose horizon has not matured has no labels at all.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from pkh_graduation.contracts import Outcomes
from pkh_graduation.programme.calendar import add_tahap, day_of
from pkh_graduation.programme.vocabulary import MANDIRI, MASIH_PESERTA, SUDAH_KELUAR, WAYS_OUT

LABELLED, GONE, IMMATURE = "terlabel", "sudah_keluar", "belum_matang"
"""Whether a row can be judged at the horizon, and if not, why."""


def labels_at(y: Outcomes, horizon: int) -> pd.DataFrame:
    """Status, end and label of every row at a horizon of ``horizon`` quarters; indexed and ordered as ``y.frame``.

    Columns: ``status`` (`LABELLED`, `GONE` or `IMMATURE`), ``end`` (the state after ``horizon`` quarters, missing unless
    labelled), ``label`` (Int8: 1 mandiri, 0 any other end, missing unless labelled).

    Maturity belongs to the date first: on a date whose horizon is not over, those who left early are known while those
    who stay are not yet, so counting the former alone would make every rate too high.

    Raises:
        ValueError: the outcomes were not observed for as long as ``horizon``.
    """
    if not 1 <= horizon <= y.max_horizon:
        raise ValueError(
            f"horizon {horizon} cannot be judged: the outcomes were observed for 1..{y.max_horizon} quarters. "
            "Observe them with a longer horizon, or ask for a shorter one."
        )
    frame = y.frame
    left = frame["way_out"].isin(WAYS_OUT).to_numpy() & (frame["quarter"].to_numpy() <= horizon)
    seen = frame["observed"].to_numpy() >= horizon
    gone = (frame["way_out"] == SUDAH_KELUAR).to_numpy()
    known = _date_is_mature(y, horizon) & (left | seen) & ~gone
    end = np.where(left, frame["way_out"].to_numpy(dtype=object), MASIH_PESERTA)
    return pd.DataFrame(
        {
            "status": np.where(gone, GONE, np.where(known, LABELLED, IMMATURE)),
            "end": pd.Series(end, index=frame.index, dtype="str").where(known),
            "label": pd.Series(end == MANDIRI, index=frame.index).astype("Int8").where(known),
        },
        index=frame.index,
    )


def _date_is_mature(y: Outcomes, horizon: int) -> np.ndarray:
    """Per row: whether its as-of date plus the horizon and the reporting lag lies within what is known."""
    codes, dates = pd.factorize(y.frame.index.get_level_values("as_of"))
    last = day_of(y.known_by) - y.lag_days
    by_calendar = np.array([day_of(add_tahap(date.date(), horizon)) <= last for date in dates], dtype=bool)
    longest = np.zeros(len(dates), dtype=np.int64)
    np.maximum.at(longest, codes, y.frame["observed"].to_numpy(dtype=np.int64))
    return (by_calendar | (longest >= horizon))[codes]
