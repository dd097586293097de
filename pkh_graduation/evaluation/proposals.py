"""Who is proposed: the chance that a pendamping proposes a family, given its features, and where that chance is too small.

A family that is never proposed never graduates, whatever it could do. The propensity is fitted on folds of whole pendamping, so
that each family's comes from pendamping other than her own; where it is near zero the records say nothing about what a proposal
would lead to, and no weighting can mend that (positivity). `overlap` says how much of the cohort that is, and for whom.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier
from threadpoolctl import threadpool_limits

from pkh_graduation.contracts import check_index
from pkh_graduation.evaluation.exact_tests import share_interval

RARE = 0.005
"""A propensity below this is no overlap: fewer than one such family in 200 is ever proposed. Assumed."""
FEWEST = 20
"""Proposals needed to learn from."""


@dataclass(frozen=True)
class Overlap:
    """``auc``: how well features tell who is proposed. ``without``: share of families below `RARE`. ``effective``: effective
    number of proposed families under inverse weights (Kish), of ``proposed``. ``groups``: the share without overlap in each
    group, with its interval: columns ``group, families, without, low, high``.
    """

    families: int
    proposed: int
    auc: float
    without: float
    effective: float
    groups: pd.DataFrame


def proposal_propensity(
    X: pd.DataFrame, proposed: np.ndarray, pendamping: pd.Series, *, folds: int = 4, random_state: int = 0
) -> pd.Series:
    """Cross-fitted chance of being proposed, one value per row of X.

    Args:
        X: model inputs, indexed by (kpm_id, as_of), known before the proposal.
        proposed: (n,) booleans, whether a proposal followed.
        pendamping: whose family, indexed as X; whole pendamping are left out in turn.
        folds: groups of pendamping.
        random_state: seed of the folds and of the trees.

    Raises:
        ValueError: fewer than `FEWEST` proposals, fewer than two folds, or fewer pendamping than folds.
    """
    check_index(X, "X")
    if folds < 2:
        raise ValueError(f"folds must be 2 or more, not {folds!r}: nobody is judged by what was learned from her.")
    proposed = np.asarray(proposed, dtype=bool)
    if proposed.sum() < FEWEST:
        raise ValueError(f"only {int(proposed.sum())} proposals; {FEWEST} are needed to learn who is proposed.")
    order = X.index.argsort()
    who, names = pd.factorize(pendamping.reindex(X.index).fillna("").iloc[order], sort=True)
    if len(names) < folds:
        raise ValueError(f"{len(names)} pendamping cannot be left out in {folds} groups: ask for fewer folds.")
    fold = np.random.default_rng(random_state).permutation(len(names))[who] % folds
    values, target = X.to_numpy(dtype=float, na_value=np.nan)[order], proposed[order]
    chance = np.empty(len(X))
    for held in range(folds):
        learn = fold != held
        tree = HistGradientBoostingClassifier(
            max_iter=60, learning_rate=0.1, max_leaf_nodes=8, min_samples_leaf=50, l2_regularization=5.0,
            early_stopping=False, random_state=random_state,
        )  # fmt: skip
        if target[learn].all() or not target[learn].any():
            chance[order[~learn]] = (target[learn].sum() + 0.5) / (learn.sum() + 1.0)
            continue
        rows = values[learn]
        # scikit-learn cannot bin a column without a single value; a constant one is never split on
        rows[:, np.isnan(rows).all(axis=0)] = 0.0
        # One thread, so that no sum depends on how many there are.
        with threadpool_limits(limits=1, user_api="openmp"):
            tree.fit(rows, target[learn])
            chance[order[~learn]] = tree.predict_proba(values[~learn])[:, 1]
    return pd.Series(chance, index=X.index, name="propensi")


def overlap(propensity: pd.Series, proposed: np.ndarray, groups: pd.Series) -> Overlap:
    """Where proposals are too rare to learn from; ``groups``: one word per row, such as an axis of `fairness_groups`."""
    from sklearn.metrics import roc_auc_score

    chance, proposed = propensity.to_numpy(dtype=float), np.asarray(proposed, dtype=bool)
    absent = chance < RARE
    weight = 1 / np.clip(chance[proposed], RARE, None)
    counts = pd.DataFrame({"families": 1, "absent": absent}).groupby(groups.to_numpy(), sort=True).sum()
    low, high = share_interval(counts["absent"].to_numpy(), counts["families"].to_numpy())
    table = pd.DataFrame(
        {
            "group": counts.index.astype(str), "families": counts["families"].to_numpy(),
            "without": (counts["absent"] / counts["families"]).to_numpy(), "low": low, "high": high,
        }
    )  # fmt: skip
    return Overlap(
        len(chance),
        int(proposed.sum()),
        float(roc_auc_score(proposed, chance)) if 0 < proposed.sum() < len(proposed) else float("nan"),
        float(absent.mean()),
        float(weight.sum() ** 2 / (weight**2).sum()) if len(weight) else 0.0,
        table,
    )
