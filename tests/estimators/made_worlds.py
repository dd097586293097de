"""A small world with known hazards: families, three ways out, and outcomes as far as they were seen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from pkh_graduation.contracts import Outcomes
from pkh_graduation.programme.calendar import tahap_end
from pkh_graduation.programme.vocabulary import ADMINISTRATIF, ALAMIAH, MANDIRI, MASIH_PESERTA, TERSENSOR

SEASON = np.log([0.7, 0.9, 1.0, 1.4])


@dataclass(frozen=True)
class World:
    """Features, outcomes, and the true hazards (families, quarters) behind them, in the order of ``households``."""

    X: pd.DataFrame
    y: Outcomes
    households: np.ndarray
    mandiri: np.ndarray
    alamiah: np.ndarray
    administratif: np.ndarray

    def places(self, index: pd.MultiIndex) -> np.ndarray:
        """Row of the true hazards for each entry of an index."""
        return pd.Index(self.households).get_indexer(index.get_level_values("kpm_id"))


def make_world(
    n: int = 1500,
    quarters: int = 12,
    horizon: int = 4,
    seed: int = 0,
    *,
    censoring: bool | str = False,
    level: float = -4.2,
) -> World:
    """Simulate: wealth w drives mandiri, v drives administratif, the calendar drives alamiah.

    ``censoring``: True loses sixty per cent of the families at a random quarter; ``random`` loses one in eighteen each quarter,
    ``informative`` as many on the whole, the poor and those without enterprise sooner.
    """
    random = np.random.default_rng(seed)
    w, v, noise = random.normal(size=(3, n))
    owns = (random.random(n) < 0.3).astype(float)
    ends = random.integers(-200, 2500, size=n).astype(float)
    never = random.random(n) < 0.2
    dates = [tahap_end(2019 + k // 4, k % 4 + 1) for k in range(quarters + 1)]  # the date that opens quarter k
    step = np.arange(quarters)
    season = SEASON[(step + 1) % 4]
    mandiri = 1 / (1 + np.exp(-(level + season + (0.9 * w + 0.9 * owns)[:, None])))
    administratif = np.repeat(1 / (1 + np.exp(-(-4.6 + 0.6 * v)))[:, None], quarters, axis=1)
    left_days = ends[:, None] - 365.25 / 4 * step
    past = np.where(never[:, None], 0.0, np.clip(1 - left_days / (365.25 / 4), 0, 1))
    alamiah = -np.expm1(-0.25 * past)
    leaving, cause = np.full(n, 10**6), np.full(n, MASIH_PESERTA, dtype=object)
    for k in step:
        for name, hazard in ((ADMINISTRATIF, administratif), (ALAMIAH, alamiah), (MANDIRI, mandiri)):
            goes = (leaving == 10**6) & (random.random(n) < hazard[:, k])
            leaving[goes], cause[goes] = k, name
    until = np.full(n, quarters)
    if censoring is True:
        until = np.where(random.random(n) < 0.6, random.integers(1, quarters + 1, n), quarters)
    elif censoring:
        tilt = -0.8 * w - 0.8 * owns if censoring == "informative" else 0.0
        until = np.minimum(quarters, random.geometric(1 / (1 + np.exp(2.8 - tilt * np.ones(n)))))
    names = np.array([f"k{code:015x}" for code in random.choice(16**6, n, replace=False)])
    parts, labels = [], []
    for k in step:
        here = np.flatnonzero((leaving >= k) & (until > k))
        seen = np.minimum(horizon, until[here] - k)
        ahead = leaving[here] - k + 1
        gone = ahead <= seen
        parts.append(
            pd.DataFrame(
                {
                    "w": w[here], "v": v[here], "derau": noise[here], "owns": owns[here], "desil": np.floor(w[here]) + 4,
                    "komp_habis_hari": np.where(never[here], np.nan, left_days[here, k]), "komp_abadi": never[here] * 1.0,
                },
                index=pd.MultiIndex.from_arrays(
                    [names[here], np.full(len(here), np.datetime64(dates[k], "s"))], names=["kpm_id", "as_of"]
                ),
            )
        )  # fmt: skip
        stay = np.where(seen == horizon, MASIH_PESERTA, TERSENSOR)
        way_out = np.where(gone, cause[here], stay)
        labels.append(pd.DataFrame({"way_out": way_out, "quarter": np.where(gone, ahead, seen), "observed": seen}))
    X = pd.concat(parts).astype(np.float32).astype(np.float64)
    frame = pd.concat(labels).astype({"quarter": np.int16, "observed": np.int16})
    frame.index = X.index
    y = Outcomes(frame, pd.DataFrame(), dates[-1], 0, horizon)
    return World(X, y, names, mandiri, alamiah, administratif)


def relabelled(y: Outcomes, frame: pd.DataFrame) -> Outcomes:
    """The same outcomes with another frame."""
    return Outcomes(frame, y.exits, y.known_by, y.lag_days, y.max_horizon)


def index_of(rows: list[tuple[str, str]]) -> pd.MultiIndex:
    """An index from (kpm_id, ISO date) pairs."""
    names, dates = zip(*rows, strict=True)
    return pd.MultiIndex.from_arrays([list(names), np.array(dates, dtype="datetime64[s]")], names=["kpm_id", "as_of"])
