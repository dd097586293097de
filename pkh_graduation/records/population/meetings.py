"""Tables `p2k2_sesi` and `p2k2_kehadiran`: supply apart from attendance."""

from __future__ import annotations

import numpy as np
import pandas as pd

from .clocks import Draft, lagged
from .columns import iso, numbered, pick, whole, yes
from .labels import Labels
from .life import Life
from .sessions import HADIR

HADIR_KATA = ("hadir", "izin", "sakit", "alpa")
PEMAHAMAN = ("kurang", "cukup", "baik")


def session_labels(life: Life, labels: Labels) -> pd.Series:
    """Labels of all scheduled sessions, kelompok by kelompok and month by month."""
    return numbered(f"S99-{labels.part}", np.arange(life.schedule.day.size), 6)


def _sheets_known(life: Life) -> np.ndarray:
    """Known day of every session and its attendance sheet, which are handed in together."""
    m = life.preset.numbers
    return lagged(life.stream("lembar"), life.schedule.day.ravel(), m["tanggal_diketahui.kehadiran"], m)


def sesi(life: Life, labels: Labels) -> Draft:
    """The draft of table `p2k2_sesi`: one row per kelompok and month, held or not."""
    plan = life.schedule
    groups, months = plan.day.shape
    group = np.repeat(np.arange(groups), months)
    month = np.tile(np.arange(months), groups)
    held, day = plan.held.ravel(), plan.day.ravel()
    holder = life.staff.holder[life.staff.kelompok_post[group], month // 3]
    frame = pd.DataFrame(
        {
            "sesi_id": session_labels(life, labels),
            "kelompok_id": pick(labels.kelompok, group),
            "pendamping_id": pick(labels.pendamping, holder),
            "modul": whole(plan.modul.ravel()),
            "sesi": whole(plan.sesi.ravel()),
            "tanggal_terjadwal": iso(day),
            "tanggal_sesi": iso(day, held),
            "terlaksana": yes(held),
        }
    )
    return Draft(frame, day, _sheets_known(life), "")


def kehadiran(life: Life, labels: Labels) -> Draft:
    """The draft of table `p2k2_kehadiran`: one row per held session and family of the kelompok."""
    log = life.logs["hadir"]
    rng = life.stream("kehadiran")
    fam, month, status = log["fam"], log["bulan"], log["status"].astype(np.int64)
    session = life.fam["kelompok"][fam] * life.schedule.day.shape[1] + month
    day = life.schedule.day.ravel()[session]
    grasp = 0.5 * life.fam["terampil"][fam] + rng.normal(size=len(fam))
    level = np.where(status == HADIR, np.searchsorted([-1.0, 0.4], grasp), -1)
    frame = pd.DataFrame(
        {
            "sesi_id": pick(session_labels(life, labels), session),
            "kpm_id": pick(labels.kpm, fam),
            "hadir": pick(list(HADIR_KATA), status),
            "pemahaman": pick(list(PEMAHAMAN), level),
        }
    )
    return Draft(frame, day, _sheets_known(life)[session], "")
