"""Quota: how many families of a caseload a year's list has room for, by the rules of the day."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass
from numbers import Integral

from pkh_graduation.programme.calendar import parse_as_of
from pkh_graduation.programme.rules import regime, rule


@dataclass(frozen=True)
class Quota:
    """Places on a list: ``share`` of the caseload rounded down, at least ``minimum``; ``source`` says on whose word."""

    regime: str
    share: float
    minimum: int
    source: str

    def __post_init__(self) -> None:
        if not 0 <= self.share <= 1 or not isinstance(self.minimum, Integral) or self.minimum < 0:
            raise ValueError(
                "a quota needs a share from 0 to 1 and a whole minimum of 0 or more families, "
                f"not {self.share!r} and {self.minimum!r}."
            )

    def of(self, caseload_size: int) -> int:
        """Places for a caseload of this many families.

        >>> Quota("instruksi_10pct", 0.10, 0, "").of(289), Quota("min10_2025", 0.10, 10, "").of(60)
        (28, 10)
        """
        # Rounded first: 0.29 * 100 is 28.999999999999996, and nobody loses a place to that.
        share = math.floor(round(self.share * caseload_size, 9))
        return min(caseload_size, max(self.minimum, share))


def quota_on(date: dt.date | str, target: int | None = None) -> Quota:
    """The quota that holds on a day (ISO date or tahap); ``target``: families per pendamping that the office set instead.

    Without a share of its own, a regime (a national target, a number per pendamping, none published) takes the size of the
    year's list, 10 % of the caseload.

    >>> quota = quota_on("2025-09-30")
    >>> quota.regime, quota.share, quota.minimum
    ('min10_2025', 0.1, 10)

    Raises:
        ValueError: the date cannot be read, or the target is negative or not a whole number.
    """
    day = parse_as_of(date)
    held = regime(day)
    if target is not None:
        return Quota(held.nama, 0.0, target, "target yang ditetapkan kantor")
    size, dated = rule("ukuran_daftar", on=day), rule("regime", on=day)
    own_share = held.kuota is not None and held.kuota_cara == "bagian_kasus"
    least = held.kuota is not None and held.kuota_cara == "per_pendamping"
    return Quota(
        regime=held.nama,
        share=float(held.kuota or 0) if own_share else float(size.nilai),
        minimum=int(held.kuota or 0) if least else 0,
        source=dated.sumber if own_share else f"{dated.sumber}; {size.sumber}",
    )
