"""Bertahan: which graduations last. A secondary study, because its label matures a year after the exit.

``bertahan`` is a mandiri exit without re-entry within twelve months after leaving (programme facts 3). It exists only once those
months and the reporting lag have passed; before that the exit is *not yet mature*, never lasting. Re-entry is read as the office
knew it on the day the outcomes were told.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from pkh_graduation.contracts import Outcomes, check_columns
from pkh_graduation.evaluation.exact_tests import share_interval
from pkh_graduation.programme.calendar import add_months, date_of, day_of
from pkh_graduation.programme.vocabulary import MANDIRI

MONTHS = 12
_LEAVES, _ENTERS = "keluar", "masuk"


@dataclass(frozen=True)
class Lasting:
    """``exits``: one line per mandiri exit, ``kpm, day, bertahan`` (boolean, missing while immature); ``share`` of the mature."""

    exits: pd.DataFrame
    mature: int
    immature: int
    share: float
    low: float
    high: float


def lasting_exits(y: Outcomes, *, months: int = MONTHS) -> Lasting:
    """How many mandiri exits lasted, as known at ``y.known_by``.

    A family is followed by its number (``kpm``); one that came back under another number counts as lasting, so the share is an
    upper bound where numbers change.
    """
    columns = ("kpm", "peran", "way_out", "day", "known_day", "superseded_day", "batal")
    check_columns(y.exits, columns, "exits of the outcomes")
    now = day_of(y.known_by)
    rows = y.exits
    seen = rows[(rows["known_day"] <= now) & (now < rows["superseded_day"]) & ~rows["batal"] & (rows["day"] <= now)]
    left = seen[(seen["peran"] == _LEAVES) & (seen["way_out"] == MANDIRI)].sort_values(["kpm", "day"], kind="stable")
    back = seen[seen["peran"] == _ENTERS]
    day = left["day"].to_numpy(dtype=np.int64)
    until = np.array([day_of(add_months(date_of(int(one)), months)) for one in day], dtype=np.int64)
    # Numbers of families are as wide as they are: codes leave room for a day beside them.
    codes = pd.factorize(pd.concat([left["kpm"], back["kpm"]]))[0].astype(np.int64)
    own = codes[: len(left)] << 32
    keys = np.sort((codes[len(left) :] << 32) + back["day"].to_numpy(dtype=np.int64))
    returned = np.searchsorted(keys, own + until, side="right") > np.searchsorted(keys, own + day, side="right")
    mature = until + y.lag_days <= now
    lasted = pd.array(~returned, dtype="boolean")
    lasted[~mature] = pd.NA
    exits = pd.DataFrame({"kpm": left["kpm"].to_numpy(), "day": day, "bertahan": lasted})
    n, good = int(mature.sum()), int((mature & ~returned).sum())
    low, high = share_interval(np.array([good]), np.array([n]))
    return Lasting(exits, n, int((~mature).sum()), good / n if n else float("nan"), float(low[0]), float(high[0]))


def lasting_by_score(lasting: Lasting, score: pd.Series, *, bands: int = 4) -> pd.DataFrame:
    """Whether families that the model found likelier also stay out: share lasting in each quarter of the scores.

    ``score``: indexed by ``kpm``, the chance told before the exit. Columns ``band`` (1 lowest), ``exits, lasting, share, low,
    high``; exits without a score or not mature are left out.
    """
    exits = lasting.exits.dropna(subset="bertahan")
    told = score.reindex(exits["kpm"]).to_numpy(dtype=float)
    known = np.isfinite(told)
    stays, told = exits["bertahan"].to_numpy(dtype=bool)[known], told[known]
    edges = np.quantile(told, np.arange(1, bands) / bands) if len(told) else np.zeros(bands - 1)
    band = np.searchsorted(edges, told, side="right")
    n, good = np.bincount(band, minlength=bands), np.bincount(band, weights=stays, minlength=bands)
    low, high = share_interval(good, n)
    share = np.divide(good, n, out=np.full(bands, np.nan), where=n > 0)
    return pd.DataFrame(
        {
            "band": np.arange(1, bands + 1),
            "exits": n,
            "lasting": good.astype(int),
            "share": share,
            "low": low,
            "high": high,
        }
    )
