"""Whether the probabilities came true: calibration per origin, and every way out beside the shares that were learned."""

from __future__ import annotations

import numpy as np
import pandas as pd
from panel import YEAR, quarter_end

from pkh_graduation.estimators import calibration_measures
from pkh_graduation.evaluation import BacktestReport
from pkh_graduation.evaluation.bootstrap import draw_weights, interval
from pkh_graduation.evaluation.ranking import rank
from pkh_graduation.evaluation.scores import discrimination
from pkh_graduation.programme.vocabulary import WAYS_OUT

ALL = "pooled"


def judged(report: BacktestReport, contender: str) -> pd.DataFrame:
    """Judged rows of one contender, ``origin`` as a date in words."""
    rows = report.predictions
    return rows[rows["contender"] == contender].reset_index(drop=True)


def calibration(report: BacktestReport, contender: str, way: str) -> pd.DataFrame:
    """Predicted over observed, slope and ECE of one way out per origin and pooled; intervals by household."""
    rows = judged(report, contender)
    parts = {str(origin): part for origin, part in rows.groupby("origin")} | {ALL: rows}
    found = {}
    for name, part in parts.items():
        took = (part["way_out"] == way).to_numpy()
        if took.any():
            measured = calibration_measures(part[f"p_{way}"].to_numpy(), took, cluster=part["kpm_id"].to_numpy())
            found[name] = vars(measured)
    return pd.DataFrame.from_dict(found, orient="index")


def learnt_shares(pairs: pd.DataFrame, origins: tuple[int, ...], ahead: int = YEAR) -> pd.DataFrame:
    """Share of each way out among what each numbered origin could learn from (index: the origin's date in words)."""
    known = pairs[pairs["way_out"].notna()]
    shares = {
        quarter_end(t).isoformat(): known.loc[known["t"] + ahead <= t, "way_out"].value_counts(normalize=True)
        for t in origins
    }
    return pd.DataFrame(shares).reindex(list(WAYS_OUT)).fillna(0.0).T


def ways_out(report: BacktestReport, contender: str, shares: pd.DataFrame, *, n_boot: int = 1000) -> pd.DataFrame:
    """Each way out, all origins pooled: exits, predicted over observed, AUC, and Brier skill with intervals by household.

    Brier skill: one minus the Brier score over that of telling every family the share learned at the origin.
    """
    rows = judged(report, contender)
    unit, places = pd.factorize(rows["kpm_id"])
    weights = draw_weights(len(places), n_boot, np.random.default_rng(0)).astype(float)[:, unit]
    found = {}
    for way in WAYS_OUT:
        p, took = rows[f"p_{way}"].to_numpy(), (rows["way_out"] == way).to_numpy()
        share = rows["origin"].astype(str).map(shares[way]).to_numpy()
        told, naive = (p - took) ** 2, (share - took) ** 2
        skills = 1.0 - (weights @ told) / (weights @ naive)
        ranking = rank(p, took)
        point = discrimination(ranking, np.ones((1, len(p))))["auc"][0]
        found[way] = {
            "exits": int(took.sum()), "ratio": p.sum() / took.sum(), "auc": float(point),
            "auc_low": interval(discrimination(ranking, weights)["auc"])[0],
            "auc_high": interval(discrimination(ranking, weights)["auc"])[1],
            "skill": 1.0 - told.sum() / naive.sum(), "skill_low": interval(skills)[0], "skill_high": interval(skills)[1],
        }  # fmt: skip
    return pd.DataFrame.from_dict(found, orient="index")
