"""A part's life, while it is being lived (`Run`) and when it is over (`Life`)."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from .exits import Calibration
from .families import Columns
from .presets import PartKey, Preset
from .regions import OPEN, Field, Region, make_field, make_region
from .sessions import Schedule, make_schedule
from .streams import stream

FAR = int(OPEN)


@dataclass
class Life:
    """Everything that happened in a part. Arrays in ``fam`` run over families, in ``people`` over members.

    ``quarters`` holds arrays (families, quarters), padded with zeros before a family exists. ``logs`` are columns.
    """

    preset: Preset
    seed: int
    key: PartKey
    region: Region
    staff: Field
    fam: Columns
    people: Columns
    schedule: Schedule
    calibration: Calibration
    quarters: Columns = field(default_factory=dict)
    logs: dict[str, Columns] = field(default_factory=dict)

    @property
    def n(self) -> int:
        """Families that were ever in during the span."""
        return len(self.fam["masuk"])

    def stream(self, purpose: str) -> np.random.Generator:
        """Random numbers for one purpose in this part."""
        return stream(self.seed, purpose, self.key.kabupaten, self.key.bucket)

    def member_on(self, fam: np.ndarray, day: np.ndarray) -> np.ndarray:
        """Whether a family was in the programme on a day."""
        f = self.fam
        first = (f["masuk"][fam] <= day) & (day < f["keluar1"][fam])
        second = (f["kembali"][fam] <= day) & (day < f["keluar2"][fam])
        inside: np.ndarray = first | second
        return inside


class Run:
    """The moving state of a simulation."""

    def __init__(self, preset: Preset, seed: int, key: PartKey, calibration: Calibration | None) -> None:
        self.preset, self.seed, self.key, self.m = preset, seed, key, preset.numbers
        self.region = make_region(preset, seed, key.kabupaten)
        self.staff = make_field(preset, seed, key, self.region)
        self.calibration = calibration
        self.schedule = make_schedule(preset, self.staff, self.rng("jadwal"))
        self.fam: Columns = {}
        self.people: Columns = {}
        self.state: Columns = {}
        self.recorded: list[Columns] = []
        self.logs: dict[str, list[Columns]] = {"hadir": [], "tawaran": [], "kasus": [], "survei": [], "peringkat": []}
        self.intercepts: list[float] = []
        self.edges = calibration.edges if calibration else np.zeros(0)
        self.done = np.zeros(len(self.staff.supply), dtype=np.int64)

    def rng(self, purpose: str, quarter: int = 0) -> np.random.Generator:
        """Random numbers for one purpose in one quarter."""
        return stream(self.seed, purpose, self.key.kabupaten, self.key.bucket, quarter)
