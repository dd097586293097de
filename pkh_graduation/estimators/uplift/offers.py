"""Offers read from the records: who was drawn for a lever, with which chance, who took it, and what happened within the horizon.

Only cases whose chance was logged (`propensi`) are read: those are the lots. Features are those of the last date before the
draw, so that nothing the offer set in motion is among them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pkh_graduation.contracts import Outcomes, check_columns
from pkh_graduation.programme.calendar import add_months, day_of
from pkh_graduation.programme.vocabulary import MANDIRI, SUDAH_KELUAR, TERSENSOR

TAKEN = ("diterima", "berjalan", "lunas", "macet", "selesai")
"""Statuses of a case that say the family has it."""

_QUARTER = 92
"""Days after its date within which a draw may still be read with a date's features."""

NEEDED = ("kpm_id", "program_key", "program", "status", "propensi", "day", "known_day", "superseded_day", "batal")


@dataclass(frozen=True)
class Offers:
    """Lots of one lever, one row per family and date: ``index`` (kpm_id, as_of), and ``treated, outcome, propensity`` (n,)."""

    index: pd.MultiIndex
    treated: np.ndarray
    outcome: np.ndarray
    propensity: np.ndarray


def read_lots(program: pd.DataFrame, programmes: Sequence[str], y: Outcomes, *, horizon: int = 4) -> Offers:
    """Lots of a lever's programmes (`programme.levers.Lever.program`) among the families and dates of ``y``.

    ``program`` is the canonical table `program_komplementer`, read as known on ``y.known_by``. A draw belongs to the last date
    of ``y`` before it; draws whose horizon is not yet mature for everyone of that date are left out, and a family's second draw.

    Raises:
        ContractError: the table lacks columns.
        ValueError: the outcomes were not observed for as long as ``horizon``, or there are none.
    """
    check_columns(program, NEEDED, "program_komplementer")
    if not 1 <= horizon <= y.max_horizon:
        raise ValueError(
            f"outcomes were observed for {y.max_horizon} quarters, not {horizon}: who left later would count as staying."
        )
    if not len(y.frame):
        raise ValueError("there is no outcome, so nothing can be said of a draw: take snapshots first.")
    today = day_of(y.known_by)
    seen = (program["known_day"] <= today) & (program["superseded_day"] > today) & ~program["batal"]
    rows = program[seen & program["program"].isin(programmes)]
    cases = rows.assign(taken=rows["status"].isin(TAKEN)).groupby("program_key", sort=True).agg(
        kpm_id=("kpm_id", "first"), day=("day", "min"), propensity=("propensi", "max"), treated=("taken", "any")
    )  # fmt: skip
    cases = cases[cases["propensity"].notna()]
    cases["as_of"] = _before(cases["day"].to_numpy(dtype=np.int64), y, today, horizon)
    cases = cases.dropna(subset=["as_of"]).sort_values(["kpm_id", "day"], kind="stable").drop_duplicates("kpm_id")
    index = pd.MultiIndex.from_frame(cases[["kpm_id", "as_of"]])
    found = y.frame.reindex(index)
    unseen = (found["way_out"] == TERSENSOR) & (found["quarter"] < horizon)
    usable = found["way_out"].notna() & (found["way_out"] != SUDAH_KELUAR) & ~unseen
    left = (found["way_out"] == MANDIRI) & (found["quarter"] <= horizon)
    keep = usable.to_numpy()
    return Offers(
        index[keep],
        cases["treated"].to_numpy(dtype=float)[keep],
        left.to_numpy(dtype=float)[keep],
        cases["propensity"].to_numpy(dtype=float)[keep],
    )


def _before(day: np.ndarray, y: Outcomes, today: int, horizon: int) -> np.ndarray:
    """The last mature date of ``y`` before each day; missing where there is none, or a later date of ``y`` lies between."""
    stamps = pd.DatetimeIndex(sorted(y.frame.index.get_level_values("as_of").unique()))
    starts = np.array([day_of(stamp.date()) for stamp in stamps], dtype=np.int64)
    ends = np.array([day_of(add_months(stamp.date(), 3 * horizon)) for stamp in stamps], dtype=np.int64)
    place = np.searchsorted(starts, day, side="left") - 1
    usable = (place >= 0) & (ends + y.lag_days <= today)[place] & (day - starts[place] <= _QUARTER)
    chosen = stamps.to_numpy()[np.maximum(place, 0)]
    return np.where(usable, chosen, np.datetime64("NaT"))
