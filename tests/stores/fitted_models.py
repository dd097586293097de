"""Small fitted models: forty quarters of nobody in particular, enough for every part of a `GraduationModel` to be fitted."""

from functools import cache

import numpy as np
import pandas as pd

from pkh_graduation.contracts import Outcomes
from pkh_graduation.estimators import GraduationModel
from pkh_graduation.programme.calendar import tahap_end

QUARTERS = 6


def material(n=300, seed=0, events=True):
    """X and outcomes of ``n`` families at `QUARTERS` dates; without ``events`` nobody leaves."""
    rng = np.random.default_rng(seed)
    dates = [np.datetime64(tahap_end(2022 + k // 4, k % 4 + 1), "s") for k in range(QUARTERS)]
    index = pd.MultiIndex.from_product(
        [[f"k{number:015x}" for number in range(n)], np.array(dates)], names=["kpm_id", "as_of"]
    )
    rows = len(index)
    X = (
        pd.DataFrame(
            {
                "w": rng.normal(size=rows),
                "punya_usaha": (rng.random(rows) < 0.3) * 1.0,
                "komp_habis_hari": np.where(rng.random(rows) < 0.8, rng.integers(-200, 2000, rows), np.nan),
                "komp_abadi": (rng.random(rows) < 0.2) * 1.0,
            },
            index=index,
        )
        .astype("float32")
        .astype("float64")
    )
    way = rng.choice(["mandiri", "administratif", "alamiah", "masih_peserta"], rows, p=[0.15, 0.1, 0.05, 0.7])
    way = way if events else np.full(rows, "masih_peserta")
    quarter = np.where(way == "masih_peserta", 4, rng.integers(1, 5, rows))
    frame = pd.DataFrame(
        {"way_out": way, "quarter": quarter.astype("int16"), "observed": np.full(rows, 4, dtype="int16")}, index=index
    )
    return X, Outcomes(frame, pd.DataFrame(), tahap_end(2024, 4), 30, 4)


@cache
def fitted(blend=0.5, events=True, members=2):
    X, y = material(events=events)
    return GraduationModel(
        blend=blend, n_members=members, max_iter=10, signs={"w": 1, "tidak_ada": -1}, random_state=3
    ).fit(X, y)
