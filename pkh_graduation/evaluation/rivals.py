"""Two models on the same families: would a list by the challenger have found more than a list by the champion?

Both sides bring their predictions for the same families at the same origins. The figure is the precision of the lists within
each pendamping, and its difference is paired: every resample of families (and, apart, of pendamping) counts both lists alike.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pkh_graduation.contracts import check_columns
from pkh_graduation.evaluation.bootstrap import draw_weights, interval, resample
from pkh_graduation.evaluation.capacity import draw_lists, list_figures
from pkh_graduation.programme.vocabulary import MANDIRI

KEYS = ("origin", "kpm_id", "as_of", "pendamping_id", "way_out")
CHAMPION, CHALLENGER = "juara", "penantang"


@dataclass(frozen=True)
class Rivalry:
    """Precision of the lists of both, and challenger minus champion with the wider of two 95 % intervals on either side.

    ``low``, ``high``: the wider of resampled families and resampled pendamping. All are shares of the listed families.
    """

    champion: float
    challenger: float
    difference: float
    low: float
    high: float
    rows: int


def folds_digest(predictions: pd.DataFrame) -> str:
    """SHA-256 of who is judged where and what became of them; equal digests, equal folds, whatever the order of rows.

    Raises:
        ContractError: a column of `KEYS` is missing.
    """
    check_columns(predictions, KEYS, "predictions")
    keys = predictions[list(KEYS)].astype(dict.fromkeys(KEYS, "str"))
    rows = keys.sort_values(list(KEYS)).to_csv(index=False, lineterminator="\n")
    return hashlib.sha256(rows.encode()).hexdigest()


def compare_rivals(
    champion: pd.DataFrame, challenger: pd.DataFrame, *, capacity: float, n_boot: int = 400, random_state: int = 0
) -> Rivalry:
    """Compare two sets of predictions (`KEYS` and ``p_mandiri``) over all origins together.

    Raises:
        ValueError: they do not judge the same families, so nothing can be paired, or a side lacks chances.
    """
    both = [_in_order(frame, name) for frame, name in ((champion, "champion"), (challenger, "challenger"))]
    if folds_digest(both[0]) != folds_digest(both[1]):
        raise ValueError(
            "champion and challenger judge other families or outcomes: run both backtests on the same folds."
        )
    rows = both[0]
    positive = (rows["way_out"] == MANDIRI).to_numpy()
    caseload = rows.groupby(["origin", "pendamping_id"], sort=True).ngroup().to_numpy()
    group = np.where(rows["pendamping_id"].notna(), caseload, -1)
    figures = {}
    for name, frame in zip((CHAMPION, CHALLENGER), both, strict=True):
        lists = draw_lists(frame["p_mandiri"].to_numpy(dtype=float), positive, group, capacity)
        figures[name] = lambda weights, lists=lists: {"precision": list_figures(lists, weights)["precision"]}
    point = {name: float(figure(np.ones((1, len(rows))))["precision"][0]) for name, figure in figures.items()}
    bounds = []
    for number, unit in enumerate(("kpm_id", "pendamping_id"), start=1):
        codes = pd.factorize(rows[unit], sort=True, use_na_sentinel=False)[0]
        weights = draw_weights(int(codes.max()) + 1, n_boot, np.random.default_rng([random_state, number]))
        drawn = resample(figures, codes, weights)
        bounds.append(interval(drawn[CHALLENGER]["precision"] - drawn[CHAMPION]["precision"]))
    return Rivalry(
        champion=point[CHAMPION],
        challenger=point[CHALLENGER],
        difference=point[CHALLENGER] - point[CHAMPION],
        low=min(low for low, _ in bounds),
        high=max(high for _, high in bounds),
        rows=len(rows),
    )


def _in_order(predictions: pd.DataFrame, side: str) -> pd.DataFrame:
    check_columns(predictions, (*KEYS, "p_mandiri"), "predictions")
    lost = int(predictions["p_mandiri"].isna().sum())
    if lost:
        raise ValueError(
            f"the {side} has no chance (p_mandiri) for {lost} of {len(predictions)} families: run its backtest again, or leave "
            "them out on both sides."
        )
    return predictions.sort_values(["origin", "kpm_id", "as_of"]).reset_index(drop=True)
