"""Table `peringkat`: yearly deciles to 2024, quarterly ones from 2025, known about 90 days later."""

from __future__ import annotations

import numpy as np
import pandas as pd

from .clocks import Draft, lagged
from .columns import decimal, pick, whole
from .labels import Labels
from .life import Life


def peringkat(life: Life, labels: Labels) -> Draft:
    """The draft of table `peringkat`; families that left keep being ranked for about a year."""
    log = life.logs["peringkat"]
    rng = life.stream("tabel_peringkat")
    since = life.preset.numbers["peringkat.triwulanan_sejak"]
    years, tahap = np.array([life.preset.year_tahap(q) for q in range(life.preset.quarters)]).T
    names = [f"v{y - since + 1}-{y}T{t}" if y >= since else f"DTKS-{y}" for y, t in zip(years, tahap, strict=True)]
    day = log["hari"]
    frame = pd.DataFrame(
        {
            "kpm_id": pick(labels.kpm, log["fam"]),
            "desil_nasional": whole(log["desil"]),
            "skor_dtsen": decimal(log["skor"].astype(np.float64), 3),
            "versi_dtsen": pick(names, log["triwulan"]),
        }
    )
    known = lagged(rng, day, life.preset.numbers["tanggal_diketahui.peringkat"], life.preset.numbers)
    return Draft(frame, day, known, "tanggal_desil")
