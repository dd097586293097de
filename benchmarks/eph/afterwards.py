"""What became of families that left: who is back a quarter later, and whether a score could have told."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from panel import Survey, after_exit, fell_back, quarter_end

from pkh_graduation.evaluation import BacktestReport
from pkh_graduation.evaluation.bootstrap import draw_weights, interval
from pkh_graduation.evaluation.ranking import rank
from pkh_graduation.evaluation.scores import discrimination, wilson
from pkh_graduation.programme.vocabulary import MANDIRI


def returns(survey: Survey, pairs: pd.DataFrame) -> pd.DataFrame:
    """Per way out: seen again with assistance recorded, and the share back on it, with its 95 % Wilson interval."""
    after = after_exit(survey, pairs).dropna(subset=["back"])
    by = after.groupby("way_out")["back"].agg(["size", "sum"]).astype(float)
    share = by["sum"] / by["size"]
    low, high = wilson(share.to_numpy(), by["size"].to_numpy())
    return pd.DataFrame({"seen": by["size"].astype(int), "back": by["sum"].astype(int), "share": share,
                         "low": low, "high": high})  # fmt: skip


def lasting(
    survey: Survey, pairs: pd.DataFrame, family: pd.DataFrame, report: BacktestReport, names: Sequence[str]
) -> tuple[pd.DataFrame, int, int]:
    """Among judged graduates seen again: AUC of each contender's P(mandiri) for *not* falling back, with intervals.

    ``family``: ``hh_id, t, kpm_id``, which names the judged rows.

    Returns:
        (table by contender, graduates seen again, of them fallen back).
    """
    after = after_exit(survey, pairs)
    after = after[after["way_out"] == MANDIRI].merge(
        family[["hh_id", "t", "kpm_id"]], on=["hh_id", "t"], validate="1:1"
    )
    after = after.assign(fell=fell_back(after), origin=[quarter_end(int(t)).isoformat() for t in after["t"]])
    after = after.dropna(subset=["fell"])
    found, seen, fallen = {}, 0, 0
    for name in names:
        rows = report.predictions[report.predictions["contender"] == name]
        rows = rows.assign(origin=rows["origin"].astype(str)).merge(
            after[["kpm_id", "origin", "fell"]], on=["kpm_id", "origin"]
        )
        stayed = ~rows["fell"].to_numpy(dtype=bool)
        seen, fallen = len(rows), int((~stayed).sum())
        unit, places = pd.factorize(rows["kpm_id"])
        weights = draw_weights(len(places), 1000, np.random.default_rng(0)).astype(float)[:, unit]
        ranking = rank(rows["p_mandiri"].to_numpy(), stayed)
        low, high = interval(discrimination(ranking, weights)["auc"])
        found[name] = {"auc": float(discrimination(ranking, np.ones((1, seen)))["auc"][0]), "low": low, "high": high}
    return pd.DataFrame.from_dict(found, orient="index"), seen, fallen
