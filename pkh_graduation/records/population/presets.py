"""Sizes of made-up populations, and how each is cut into parts that can be made alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Any

import numpy as np

from .marginals import Marginals, marginals
from .streams import stream

YEAR = 365.25
EPOCH_YEAR = 1970


def first_of_month(months: np.ndarray) -> np.ndarray:
    """Epoch day of the first day of a month, counted in months since January 1970."""
    return months.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)


@dataclass(frozen=True)
class PartKey:
    """One kabupaten, or a bucket of pendamping within it: what one worker makes at a time."""

    index: int
    kabupaten: int
    bucket: int
    slots: int


@dataclass(frozen=True)
class Preset:
    """Size and span of a made-up population.

    ``kpm`` active families in all, spread over ``kabupaten``; ``quarters`` from ``first`` (year, tahap) on; at most
    ``bucket`` families in one part. ``ganti`` replaces numbers of marginals.toml (lists as tuples).

    Drift switches: ``beban_2026`` (share of
    the caseload kept from 2026 on) and ``geser_logit_2026`` (shift of the mandiri log-odds from 2026 on).
    """

    name: str
    kpm: int
    kabupaten: int = 1
    first: tuple[int, int] = (2018, 1)
    quarters: int = 36
    bucket: int = 10_000
    bulan_verifikasi: int = 3
    beban_2026: float = 1.0
    geser_logit_2026: float = 0.0
    ganti: tuple[tuple[str, Any], ...] = ()

    def __post_init__(self) -> None:
        if self.kpm < 200 * self.kabupaten:
            raise ValueError(f"preset {self.name!r}: {self.kpm} families are too few; give each kabupaten 200 or more.")
        if self.quarters < 1 or self.bulan_verifikasi not in (1, 3) or self.first[0] < 2018:
            raise ValueError(
                f"preset {self.name!r}: needs 1 or more quarters, a first quarter from 2018 on, bulan_verifikasi 1 or 3."
            )

    @cached_property
    def numbers(self) -> Marginals:
        """The numbers this population is made with."""
        return marginals(self.ganti)

    @cached_property
    def starts(self) -> np.ndarray:
        """First day of each quarter and, last, the day after the span; shape (quarters + 1,)."""
        year, tahap = self.first
        month = (year - EPOCH_YEAR) * 12 + 3 * (tahap - 1)
        return first_of_month(month + 3 * np.arange(self.quarters + 1))

    @property
    def cutoff(self) -> int:
        """Day of the export: what became known later is not in it."""
        return int(self.starts[-1]) - 1

    def year_tahap(self, quarter: int) -> tuple[int, int]:
        """Calendar year and tahap of a quarter of the span."""
        years, tahap = divmod(self.first[1] - 1 + quarter, 4)
        return self.first[0] + years, tahap + 1

    def parts(self, seed: int) -> list[PartKey]:
        """The parts, in order; sizes of kabupaten are skewed as in Central Java 2018."""
        keys: list[PartKey] = []
        for kabupaten, size in enumerate(self._sizes(seed)):
            buckets = -(-size // self.bucket)
            for bucket in range(buckets):
                slots = size // buckets + (bucket < size % buckets)
                keys.append(PartKey(len(keys), kabupaten, bucket, slots))
        return keys

    def _sizes(self, seed: int) -> list[int]:
        if self.kabupaten == 1:
            return [self.kpm]
        spread = self.numbers["wilayah.ukuran_kabupaten_sd"]
        mean = self.kpm / self.kabupaten
        weight = np.exp(stream(seed, "ukuran").normal(0.0, spread, self.kabupaten))
        sizes = np.maximum(200, np.clip(weight / weight.mean(), 0.35, 2.2) * mean)
        return [int(size) for size in np.maximum(200, np.round(sizes * self.kpm / sizes.sum()))]


PRESETS: Mapping[str, Preset] = MappingProxyType(
    {
        "mini": Preset("mini", 2_000, first=(2024, 1), quarters=12, bucket=1_000),
        "demo": Preset("demo", 20_000),
        "studi": Preset("studi", 96_000, kabupaten=12),
    }
)
"""`mini` for tests, `demo` one kabupaten of about 70 pendamping over nine years, `studi` twelve kabupaten."""
