"""The capacity planner: what lists of 8, 10 or 12 % of each caseload would have found, cost and missed.

Harm is told in units of one missed family and as the worst case: as if everyone on the list were ended. A listed family that
does not graduate by itself within the horizon is then ended too early and weighs ``cost_ratio``; a family that graduates and is
not listed is missed and weighs one. No list ends anybody: people verify, and the family states it. The worst case
is for comparing lengths of lists and ways of making them under one ratio, never for praising a list.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from pkh_graduation.evaluation.capacity import listing_chance, places_of
from pkh_graduation.evaluation.comparison import whole_scope
from pkh_graduation.programme.vocabulary import MANDIRI

SHARES = (0.08, 0.10, 0.12)
COLUMNS = (
    "contender", "share", "pendamping", "places", "places_per_pendamping", "found", "found_predicted", "precision", "recall",
    "harm", "harm_predicted", "harm_per_100_places", "visits", "visits_per_pendamping",
)  # fmt: skip


def capacity_plan(
    predictions: pd.DataFrame,
    *,
    cost_ratio: float,
    shares: Sequence[float] = SHARES,
    visits_per_family: float = 1.0,
    contenders: Sequence[str] | None = None,
) -> pd.DataFrame:
    """One line per contender and share (`COLUMNS`), exact expected values under ties.

    Args:
        predictions: of one or more origins, as `BacktestReport.predictions`; of several origins, figures are sums.
        cost_ratio: how many missed families one family ended too early weighs. The ministry's to set; never guessed here.
        shares: parts of each pendamping's caseload.
        visits_per_family: visits that one listed family takes.
        contenders: which to tell of; all if not given.

    ``found``: listed families that graduated by themselves within the horizon; ``found_predicted``: the same by the
    contender's own probabilities, all that is known before the outcome. ``harm_predicted`` likewise.

    Raises:
        ValueError: ``cost_ratio`` or ``visits_per_family`` is negative, a share is none, or a contender did not compete.
    """
    for name, number in (("cost_ratio", cost_ratio), ("visits_per_family", visits_per_family)):
        if not number >= 0:
            raise ValueError(f"{name} must be 0 or more, not {number!r}.")
    scope, _ = whole_scope(predictions)
    strange = [name for name in contenders or () if name not in scope.probability]
    if strange:
        raise ValueError(f"{strange} did not compete; contenders are {list(scope.probability)}.")
    at_risk = scope.group >= 0
    caseload = np.unique(scope.group[at_risk], return_counts=True)[1]
    lines = []
    for name in contenders if contenders is not None else list(scope.probability):
        p = scope.probability[name][MANDIRI]
        for share in shares:
            chance = listing_chance(p, scope.group, share)
            places = float(places_of(caseload, share).sum())
            seen = _found_and_harm(chance, scope.positive.astype(float), at_risk, cost_ratio)
            expected = _found_and_harm(chance, p, at_risk, cost_ratio)
            graduates = float(scope.positive[at_risk].sum())
            lines.append(
                {
                    "contender": name, "share": share, "pendamping": len(caseload), "places": places,
                    "places_per_pendamping": places / max(len(caseload), 1), "found": seen[0], "found_predicted": expected[0],
                    "precision": _ratio(seen[0], places), "recall": _ratio(seen[0], graduates),
                    "harm": seen[1], "harm_predicted": expected[1], "harm_per_100_places": _ratio(100 * seen[1], places),
                    "visits": places * visits_per_family,
                    "visits_per_pendamping": places * visits_per_family / max(len(caseload), 1),
                }
            )  # fmt: skip
    return pd.DataFrame(lines, columns=list(COLUMNS))


def _found_and_harm(
    chance: np.ndarray, graduates: np.ndarray, at_risk: np.ndarray, cost_ratio: float
) -> tuple[float, float]:
    """``graduates`` (n,): 0 or 1 as seen, or probabilities."""
    found = float((chance * graduates).sum())
    early = float((chance * (1 - graduates)).sum())
    missed = float(((at_risk - chance) * graduates).sum())
    return found, cost_ratio * early + missed


def _ratio(above: float, below: float) -> float:
    return above / below if below > 0 else float("nan")
