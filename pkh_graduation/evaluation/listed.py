"""Who is on a list and who is not: what became of both, and in what they differ.

A family on the list with chance c (ties at the last place) counts c times as listed and 1 - c times as not listed, so every
figure is the exact expected value over the lots.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from pkh_graduation.evaluation.capacity import listing_chance
from pkh_graduation.evaluation.comparison import whole_scope
from pkh_graduation.evaluation.rows import rows_at
from pkh_graduation.programme.vocabulary import MANDIRI, STATES

OUTCOMES_COLUMNS = ("contender", "listed", "families", *STATES)
PROFILE_COLUMNS = ("feature", "mean_listed", "mean_other", "difference", "missing_listed", "missing_other")


def listed_outcomes(predictions: pd.DataFrame, share: float) -> pd.DataFrame:
    """Crosstab per contender: expected families on the list and off it, by the state at the horizon (`OUTCOMES_COLUMNS`).

    Families without a pendamping are on nobody's list and in neither line.
    """
    scope, _ = whole_scope(predictions)
    somebody = scope.group >= 0
    lines = []
    for name, ways in scope.probability.items():
        chance = listing_chance(ways[MANDIRI], scope.group, share)
        for listed, weight in ((True, chance), (False, somebody - chance)):
            ends = {state: float(weight[scope.end == state].sum()) for state in STATES}
            lines.append({"contender": name, "listed": listed, "families": float(weight.sum())} | ends)
    return pd.DataFrame(lines, columns=list(OUTCOMES_COLUMNS))


def listed_profile(X: pd.DataFrame, predictions: pd.DataFrame, contender: str, share: float) -> pd.DataFrame:
    """Means of every feature on the list and off it, most different first (`PROFILE_COLUMNS`).

    ``difference`` is in standard deviations of all families judged; means leave missing (and infinite) values out, whose
    shares stand beside. A difference says whom the list finds, and nothing about causes.

    Args:
        X: rows of the judged families, indexed by ``(kpm_id, as_of)``; others are ignored.
        predictions: of one or more origins; the contender's are used.
        contender: whose list. share: part of a caseload that fits on it.

    Raises:
        ValueError: the contender has no predictions, or X lacks rows that were judged.
    """
    rows = predictions[predictions["contender"] == contender]
    scope, _ = whole_scope(rows)
    chance = listing_chance(scope.probability[contender][MANDIRI], scope.group, share)
    values = rows_at(X, pd.MultiIndex.from_frame(rows[["kpm_id", "as_of"]]), "X").to_numpy(dtype=float)
    known = np.isfinite(values)
    filled = np.where(known, values, 0.0)
    sides = [chance, (scope.group >= 0) - chance]
    means = [_divided(np.einsum("n,np->p", side, filled), np.einsum("n,np->p", side, known)) for side in sides]
    missing = [1 - _divided(np.einsum("n,np->p", side, known), np.full(values.shape[1], side.sum())) for side in sides]
    centre = _divided(filled.sum(axis=0), known.sum(axis=0))
    spread = np.sqrt(_divided((np.where(known, values - centre, 0.0) ** 2).sum(axis=0), known.sum(axis=0)))
    table = pd.DataFrame(
        {"feature": X.columns.astype(str), "mean_listed": means[0], "mean_other": means[1],
         "difference": _divided(means[0] - means[1], spread), "missing_listed": missing[0], "missing_other": missing[1]}
    )  # fmt: skip
    order = np.lexsort((table["feature"], -table["difference"].abs().fillna(-1.0)))
    return table.iloc[order].reset_index(drop=True)


def _divided(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    return np.divide(above, below, out=np.full(len(above), np.nan), where=below > 0)
