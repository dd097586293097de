"""Outside identifiers of the made-up records. None is a real number: province code 99 does not exist."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from .columns import numbered
from .life import Life


@dataclass(frozen=True)
class Labels:
    """Labels of one part by position: families, members, kelompok, and holders of posts."""

    life: Life

    @property
    def part(self) -> str:
        """Part number that keeps the labels of parts apart."""
        return f"{self.life.key.index:03d}"

    @cached_property
    def kpm(self) -> pd.Series:
        """Family labels such as ``P99-000000123``: the part's number, then the family's."""
        return numbered(f"P99-{self.part}", np.arange(self.life.n), 6)

    @cached_property
    def anggota(self) -> pd.Series:
        """Member labels."""
        return numbered(f"A99-{self.part}", np.arange(len(self.life.people["fam"])), 7)

    @cached_property
    def kelompok(self) -> pd.Series:
        """Labels of kelompok."""
        return numbered(f"G99-{self.part}", np.arange(len(self.life.staff.kelompok_post)), 4)

    @cached_property
    def pendamping(self) -> pd.Series:
        """Labels of the holders of posts."""
        return numbered(f"D99-{self.part}", np.arange(len(self.life.staff.spell_post)), 3)

    @cached_property
    def nik(self) -> pd.Series:
        """NIK of members: 99, kabupaten, kecamatan, birth date (day + 40 for women), serial."""
        people = self.life.people
        serial = self.life.stream("nik").integers(1, 10_000, len(people["fam"]))
        return self._register(people["fam"], people["lahir"], people["kelamin"] == 2, serial)

    def no_kk(self, fam: np.ndarray, issued: np.ndarray, serial: np.ndarray) -> pd.Series:
        """Family card numbers: 99, kabupaten, kecamatan, date of issue, serial."""
        return self._register(fam, issued, np.zeros(len(fam), dtype=bool), serial)

    def _register(self, fam: np.ndarray, day: np.ndarray, woman: np.ndarray, serial: np.ndarray) -> pd.Series:
        kecamatan = self.life.region.desa_kecamatan[self.life.fam["desa"][fam]] + 1
        date = day.astype("datetime64[D]")
        month = date.astype("datetime64[M]")
        of_month = (date - month.astype("datetime64[D]")).astype(np.int64) + 1 + 40 * woman
        of_year = month.astype(np.int64) % 12 + 1
        year = (month.astype(np.int64) // 12 + 1970) % 100
        number = np.full(len(fam), 99 * 100 + self.life.key.kabupaten + 1)
        for part, width in ((kecamatan, 2), (of_month, 2), (of_year, 2), (year, 2), (serial, 4)):
            number = number * 10**width + part
        return numbered("", number, 16)
