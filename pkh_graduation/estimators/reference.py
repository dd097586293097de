"""Reference models: what a competent analyst would try first, reported beside the ladder, never gated."""

from __future__ import annotations

from typing import Self

import numpy as np
import pandas as pd
from scipy.special import logit
from sklearn.base import BaseEstimator
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.utils.validation import check_is_fitted

from pkh_graduation.contracts import Contender, Outcomes, Scores, check_index
from pkh_graduation.estimators.graduation_model import GraduationModel
from pkh_graduation.estimators.hazards import check_features, grow, model_matrix
from pkh_graduation.estimators.incidence import incidence_path
from pkh_graduation.estimators.person_period import CAUSE_ORDER, FollowUp, follow_up, marginal_hazard
from pkh_graduation.programme.vocabulary import ADMINISTRATIF, ALAMIAH, MANDIRI, STATES


class PlainBoosting(BaseEstimator):
    """Gradient boosting with scikit-learn's defaults on "mandiri by the horizon", yes or no.

    Dates whose horizon is not mature are left out with all their families, which is honest and wasteful; every other way out
    known by then is a no. Within the horizon the probability is spread evenly over the quarters.

    Args:
        horizon: quarters of the label; None means all that the outcomes hold.
        random_state: seed.
    """

    def __init__(self, horizon: int | None = None, random_state: int = 0) -> None:
        self.horizon = horizon
        self.random_state = random_state

    def fit(self, X: pd.DataFrame, y: Outcomes, *, groups: pd.Series | None = None) -> Self:
        """Learn from the families whose label is mature.

        Raises:
            ValueError: the horizon is longer than the outcomes, no label is mature, or a column is unusable.
        """
        check_index(X, "X")
        check_features(X)
        follow = follow_up(X.index, y)
        self.horizon_ = follow.max_horizon if self.horizon is None else self.horizon
        if not 1 <= self.horizon_ <= follow.max_horizon:
            raise ValueError(f"horizon must be 1 to {follow.max_horizon} quarters, not {self.horizon!r}.")
        row, label = mature_labels(follow, self.horizon_)
        if not len(row):
            raise ValueError(
                f"no label is mature at {self.horizon_} quarters by {y.known_by}: shorten the horizon or take earlier dates."
            )
        self.feature_names_in_ = np.array(X.columns, dtype=object)
        self.n_features_in_ = X.shape[1]
        self.others_ = {cause: marginal_hazard(follow, cause) for cause in (ADMINISTRATIF, ALAMIAH)}
        self.base_ = float((label.sum() + 0.5) / (len(label) + 1.0))
        self.boosting_: HistGradientBoostingClassifier | None = None
        if 0 < label.sum() < len(label):
            boosting = HistGradientBoostingClassifier(early_stopping=False, random_state=self.random_state)
            values = model_matrix(X, list(X.columns), row)
            self.boosting_ = grow(boosting, values, label, None, np.ones(len(label), dtype=bool))
        return self

    def predict_incidence(self, X: pd.DataFrame, horizon: int, *, groups: pd.Series | None = None) -> Scores:
        """Incidence after 0..horizon quarters; ``low`` and ``high`` equal the probability.

        Raises:
            ValueError: ``horizon`` is beyond the fitted one.
        """
        check_is_fitted(self, "others_")
        check_index(X, "X")
        if not 1 <= horizon <= self.horizon_:
            raise ValueError(f"horizon must be 1 to {self.horizon_} quarters, not {horizon!r}: fit with a longer one.")
        chance = np.full(len(X), self.base_)
        if self.boosting_ is not None:
            chance = self.boosting_.predict_proba(model_matrix(X, list(self.feature_names_in_)))[:, 1]
        shape = (len(X), horizon)
        without = incidence_path(
            np.full(shape, self.others_[ADMINISTRATIF]), np.full(shape, self.others_[ALAMIAH]), np.zeros(shape)
        )
        path = without * (1.0 - chance)[:, None, None]
        reached = chance[:, None] * np.arange(horizon + 1) / self.horizon_
        path[:, :, STATES.index(MANDIRI)] = reached
        path[:, :, 0] += chance[:, None] - reached
        by_horizon = path[:, -1, STATES.index(MANDIRI)]
        margin = logit(np.clip(chance, 1e-12, 1.0 - 1e-12))
        return Scores(X.index, path, margin, by_horizon.copy(), by_horizon.copy())


def mature_labels(follow: FollowUp, horizon: int) -> tuple[np.ndarray, np.ndarray]:
    """Positions in X whose "mandiri within ``horizon`` quarters" is known, and that label; both (m,).

    Maturity belongs to the date first: of a later one those who left are known and those who stay are not, so counting the
    former alone would make the rate too high. A date is mature if somebody of it, or of a date after it, was seen that long.
    """
    long = follow.seen >= horizon
    mature = follow.start <= follow.start[long].max(initial=-1)
    known = mature & (long | ((follow.cause >= 0) & (follow.seen > 0)))
    label = (follow.cause == CAUSE_ORDER.index(MANDIRI)) & (follow.seen <= horizon)
    return follow.row[known], label[known]


def reference_models(random_state: int = 0) -> dict[str, Contender]:
    """A person-period logistic (ramps only) and plain boosting, keyed by the name they carry in reports."""
    return {
        "logistik": GraduationModel(blend=1.0, random_state=random_state),
        "boosting_polos": PlainBoosting(random_state=random_state),
    }
