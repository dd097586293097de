"""Whether the list would be the same: by another way, a tahap later, or had other families been learnt from.

Overlap is Jaccard's: families on both lists, divided by families on either. With ties a family stands on a list by chance,
and the overlap is the sum of the smaller chances divided by that of the larger; without ties it is the plain one. Two lists
of a tenth drawn by lot overlap by about one twentieth.
"""

from __future__ import annotations

import inspect
import itertools
from collections.abc import Sequence

import numpy as np
import pandas as pd

from pkh_graduation.contracts import Contender, Fold, Progress, Snapshots, quiet
from pkh_graduation.evaluation.backtest import judged_rows, pendamping_of
from pkh_graduation.evaluation.capacity import listing_chance
from pkh_graduation.evaluation.comparison import whole_scope
from pkh_graduation.evaluation.rows import rows_at
from pkh_graduation.programme.vocabulary import MANDIRI

OVERLAP_COLUMNS = ("contender", "other", "jaccard")
TAHAP_COLUMNS = ("contender", "origin", "next_origin", "families", "jaccard")


def jaccard(one: np.ndarray, other: np.ndarray) -> float:
    """Overlap of two lists given as chances (n,) of the same families; missing if both are empty.

    >>> jaccard(np.array([1.0, 1.0, 0.0]), np.array([1.0, 0.0, 1.0])) == 1 / 3
    True
    """
    either = float(np.maximum(one, other).sum())
    return float(np.minimum(one, other).sum()) / either if either else float("nan")


def overlap(predictions: pd.DataFrame, share: float) -> pd.DataFrame:
    """Overlap of every pair of contenders' lists on the same rows (`OVERLAP_COLUMNS`)."""
    scope, _ = whole_scope(predictions)
    chance = {name: listing_chance(ways[MANDIRI], scope.group, share) for name, ways in scope.probability.items()}
    lines = [(a, b, jaccard(chance[a], chance[b])) for a, b in itertools.combinations(chance, 2)]
    return pd.DataFrame(lines, columns=list(OVERLAP_COLUMNS))


def between_tahap(predictions: pd.DataFrame, share: float) -> pd.DataFrame:
    """Overlap of each contender's list with its next, among families with the same pendamping at both (`TAHAP_COLUMNS`).

    Both lists are drawn anew, each by what was learnt and known at its own origin.
    """
    lines = []
    origins = sorted(predictions["origin"].unique())
    for name, own in predictions.groupby("contender", sort=False):
        chances = {}
        for origin in origins:
            rows = own[(own["origin"] == origin) & own["pendamping_id"].notna()]
            group = pd.factorize(rows["pendamping_id"], sort=True)[0]
            chance = listing_chance(rows["p_mandiri"].to_numpy(dtype=float), group, share)
            chances[origin] = pd.Series(chance, index=pd.MultiIndex.from_frame(rows[["kpm_id", "pendamping_id"]]))
        for now, following in itertools.pairwise(origins):
            both = chances[now].index.intersection(chances[following].index)
            found = jaccard(chances[now].loc[both].to_numpy(), chances[following].loc[both].to_numpy())
            lines.append((name, now, following, len(both), found))
    return pd.DataFrame(lines, columns=list(TAHAP_COLUMNS))


def household_bootstraps(
    contender: Contender,
    fold: Fold,
    X: pd.DataFrame,
    history: Snapshots,
    *,
    share: float,
    horizon: int,
    n_boot: int = 10,
    random_state: int = 0,
    progress: Progress = quiet,
) -> pd.DataFrame:
    """Lists of one fold after learning from resampled families, against each other and against the fit on all.

    One line per resample: ``replicate``, ``jaccard_full`` (with the list learnt from all), ``jaccard_others`` (mean with
    the other resamples' lists), ``precision`` and ``precision_full`` (expected under ties). A resample is a weight per
    family, how often it was drawn, on all its rows.

    Raises:
        ValueError: the contender's ``fit`` takes no ``sample_weight``, or fewer than two resamples are asked for.
    """
    from sklearn.base import clone

    if "sample_weight" not in inspect.signature(contender.fit).parameters:
        raise ValueError(f"{type(contender).__name__}.fit takes no sample_weight, so families cannot be resampled.")
    if n_boot < 2:
        raise ValueError(f"stability needs at least two resamples, not {n_boot}.")
    rows = judged_rows(fold, history, horizon)
    learn, y = rows_at(X, fold.train, "X"), fold.y_train
    family, names = pd.factorize(fold.train.get_level_values("kpm_id"), sort=True)
    rng = np.random.default_rng([random_state, 6])
    chances: list[np.ndarray] = []
    for number in range(n_boot + 1):
        progress(f"contoh ulang {number}/{n_boot}")
        drawn = (
            np.ones(len(names))
            if number == 0
            else np.bincount(rng.integers(0, len(names), len(names)), minlength=len(names))
        )
        fitted = clone(contender)
        groups = pendamping_of(history, fold.train)
        fitted.fit(learn, y, groups=groups, sample_weight=drawn[family].astype(float))
        scores = fitted.predict_incidence(
            rows_at(X, rows.index, "X"), horizon, groups=pendamping_of(history, rows.index)
        )
        group = pd.factorize(rows["pendamping_id"], sort=True)[0]
        chances.append(listing_chance(scores.frame.loc[rows.index, MANDIRI].to_numpy(), group, share))
    return _compared(chances, rows["label"].to_numpy(dtype=float))


def _compared(chances: Sequence[np.ndarray], label: np.ndarray) -> pd.DataFrame:
    full, resampled = chances[0], chances[1:]
    pairs = np.array([[jaccard(one, other) for other in resampled] for one in resampled])
    np.fill_diagonal(pairs, 0.0)
    return pd.DataFrame(
        {
            "replicate": range(1, len(resampled) + 1),
            "jaccard_full": [jaccard(full, one) for one in resampled],
            "jaccard_others": pairs.sum(axis=1) / (len(resampled) - 1),
            "precision": [float((one * label).sum() / one.sum()) for one in resampled],
            "precision_full": float((full * label).sum() / full.sum()),
        }
    )
