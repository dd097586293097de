"""Today's practice: the rules by which families are chosen without a model, and which a model has to beat.

Each rule gives a score; the score becomes a hazard through a logistic with one positive slope, so the order of the rule,
ties included, is the order of its probabilities, and proper scores can be computed. Hazards are constant over the quarters
ahead; `alamiah` and `administratif` have their marginal hazards of the most recent mature year.
Rungs R0, R1, R2, R4 and R5 of programme facts 8.1.
"""

from __future__ import annotations

import math
from typing import Self

import numpy as np
import pandas as pd
from scipy.special import expit
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from pkh_graduation.contracts import Contender, Outcomes, Scores, check_index
from pkh_graduation.estimators.incidence import incidence_path
from pkh_graduation.estimators.person_period import (
    dates_of,
    draw_periods,
    follow_up,
    marginal_hazard,
    recent_window,
)
from pkh_graduation.estimators.ridge import ridge_logistic
from pkh_graduation.programme.madiun import criteria
from pkh_graduation.programme.vocabulary import ADMINISTRATIF, ALAMIAH, MANDIRI

_LEAST_SLOPE = 1e-3
"""A rule that the data contradict keeps its order by a slope too small to matter for probabilities."""
_LOWEST_LEVEL, _LOWEST_VALUE = 1.0, 0.0


class Rule(BaseEstimator):
    """What all rules share: from a score per family to incidence. Subclasses say the score."""

    def score_families(self, X: pd.DataFrame, groups: pd.Series | None = None) -> np.ndarray:
        """The rule's score, shape (n,); higher is chosen first, equal scores are ties."""
        raise NotImplementedError(f"{type(self).__name__} must say its score.")

    def fit(self, X: pd.DataFrame, y: Outcomes, *, groups: pd.Series | None = None) -> Self:
        """Learn what a score means in probabilities; the order itself is not learned.

        Raises:
            ValueError: a column of the rule is absent, or X has rows without an outcome.
        """
        check_index(X, "X")
        follow = follow_up(X.index, y)
        score = self.score_families(X, groups)
        self.max_horizon_ = follow.max_horizon
        self.others_ = {cause: marginal_hazard(follow, cause) for cause in (ADMINISTRATIF, ALAMIAH)}
        periods = draw_periods(follow, MANDIRI)
        recent = recent_window(periods.target, periods.event)
        row, event = periods.row[recent], periods.event[recent].astype(float)
        known = score[row] if len(row) else np.zeros(1)
        self.centre_, self.scale_ = float(known.mean()), float(known.std()) or 1.0
        matrix = np.column_stack([(score[row] - self.centre_) / self.scale_, np.ones(len(row))])
        start = np.array([0.0, _log_odds(marginal_hazard(follow, MANDIRI))])
        self.slope_, self.intercept_ = ridge_logistic(
            matrix, event, periods.weight[recent], ridge=np.array([1.0, 1.0]), prior=start, start=start,
            lower=np.array([_LEAST_SLOPE, -np.inf]),
        )  # fmt: skip
        return self

    def predict_incidence(self, X: pd.DataFrame, horizon: int, *, groups: pd.Series | None = None) -> Scores:
        """Incidence of each way out after 0..horizon quarters; ``low`` and ``high`` equal the probability: a rule has no bag.

        Raises:
            ValueError: ``horizon`` is not positive, or a column of the rule is absent.
        """
        check_is_fitted(self, "others_")
        check_index(X, "X")
        if horizon < 1:
            raise ValueError(f"horizon counts quarters and must be at least 1, not {horizon!r}.")
        margin = self.intercept_ + self.slope_ * (self.score_families(X, groups) - self.centre_) / self.scale_
        shape = (len(X), horizon)
        path = incidence_path(
            np.full(shape, self.others_[ADMINISTRATIF]),
            np.full(shape, self.others_[ALAMIAH]),
            np.broadcast_to(expit(margin)[:, None], shape),
        )
        return Scores(X.index, path, margin, path[:, -1, 1].copy(), path[:, -1, 1].copy())


class Chance(Rule):
    """R0: families in an order drawn by a keyed hash of (kpm_id, as_of); the order of rows plays no part.

    Args:
        random_state: seed; another seed is another draw.
    """

    def __init__(self, random_state: int = 0) -> None:
        self.random_state = random_state

    def score_families(self, X: pd.DataFrame, groups: pd.Series | None = None) -> np.ndarray:
        """Uniform numbers in [0, 1)."""
        days = dates_of(X.index).astype("datetime64[D]").astype(str).astype(object)
        names = X.index.get_level_values("kpm_id").to_numpy(dtype=object) + "|" + days
        hashed = pd.util.hash_array(names, hash_key=f"{self.random_state % 10**16:016d}", categorize=False)
        return (hashed >> np.uint64(11)).astype(np.float64) / 2.0**53


class ColumnRule(Rule):
    """Families in the order of one column of X, higher first; missing counts as 0, below every decile and tenure.

    Args:
        column: a feature name. at_least_one: only ask whether the value is positive, as "owns an enterprise" does.
    """

    def __init__(self, column: str = "desil", at_least_one: bool = False) -> None:
        self.column = column
        self.at_least_one = at_least_one

    def score_families(self, X: pd.DataFrame, groups: pd.Series | None = None) -> np.ndarray:
        """The column, or 0/1.

        Raises:
            ValueError: the column is absent or holds infinite values.
        """
        value = _numbers([self.column], X, type(self).__name__)[:, 0]
        return (value > 0).astype(float) if self.at_least_one else np.nan_to_num(value, nan=_LOWEST_VALUE)


class MadiunScore(Rule):
    """R4: the Madiun score, sum of ``weight * level / highest level in the caseload`` over ten criteria (facts 8.2).

    ``groups`` names the pendamping; her caseload is her families at one as-of date. Without groups all families of a date
    are one caseload. A missing level counts as the lowest, 1: what nobody recorded earns no points.
    """

    def score_families(self, X: pd.DataFrame, groups: pd.Series | None = None) -> np.ndarray:
        """The score, at most the sum of the weights (90).

        Raises:
            ValueError: a criterion is absent or holds infinite values, or ``groups`` does not name every row.
        """
        weights = {criterion.fitur: float(criterion.bobot) for criterion in criteria()}
        values = _numbers(list(weights), X, type(self).__name__)
        levels = pd.DataFrame(np.nan_to_num(values, nan=_LOWEST_LEVEL), index=X.index)
        date = X.index.get_level_values("as_of").to_numpy()
        caseload = np.zeros(len(X)) if groups is None else pd.factorize(_of_rows(groups, X))[0]
        highest = levels.groupby([date, caseload]).transform("max")
        # Thirds and sevenths add up to other last bits in another order of the criteria; equal scores are to stay ties.
        return ((levels / highest).to_numpy() @ np.array(list(weights.values()))).round(9)


def todays_practice(random_state: int = 0) -> dict[str, Contender]:
    """The gated rungs of the ladder: chance, longest membership, decile, owns an enterprise, Madiun score.

    >>> list(todays_practice())
    ['acak', 'kepesertaan_terlama', 'desil', 'punya_usaha', 'skor_madiun']
    """
    return {
        "acak": Chance(random_state),
        "kepesertaan_terlama": ColumnRule("kepesertaan_tahun"),
        "desil": ColumnRule("desil"),
        "punya_usaha": ColumnRule("usaha_aktif_n", at_least_one=True),
        "skor_madiun": MadiunScore(),
    }


def _numbers(columns: list[str], X: pd.DataFrame, rule: str) -> np.ndarray:
    """The columns of a rule as numbers (n, columns), missing as NaN."""
    absent = [column for column in columns if column not in X.columns]
    if absent:
        raise ValueError(
            f"{rule} needs {columns}, and X lacks {absent}: build these features, or leave this rule out of the contenders."
        )
    values = X[columns].to_numpy(dtype=float, na_value=np.nan)
    endless = [column for column, bad in zip(columns, np.isinf(values).any(axis=0), strict=True) if bad]
    if endless:
        raise ValueError(
            f"{rule}: columns {endless} of X hold infinite values, which no rule can rank: leave them missing."
        )
    return values


def _of_rows(groups: pd.Series, X: pd.DataFrame) -> pd.Series:
    if groups.index.equals(X.index):
        return groups
    if groups.index.nlevels != X.index.nlevels or not X.index.isin(groups.index).all():
        raise ValueError("groups must name the pendamping of every row of X, under the same (kpm_id, as_of).")
    return groups.reindex(X.index)


def _log_odds(chance: float) -> float:
    return math.log(chance / (1.0 - chance))
