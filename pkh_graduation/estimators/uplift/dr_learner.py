"""A cross-fitted doubly robust learner of effects (Kennedy 2020, "Towards optimal doubly robust estimation").

Step one, per fold: chance of treatment and chance of the outcome with and without it, learned on the other folds, make a
pseudo-outcome whose mean is the effect if either is right. Step two: regress the pseudo-outcome on the features.
"""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, RidgeCV
from sklearn.model_selection import GroupKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.validation import check_is_fitted

FEWEST = 20
"""Families of the rarer outcome that each arm needs."""

_ALPHAS = np.logspace(1, 5, 9)
_LEAF = 50
"""Smallest leaf of the final trees is the number of rows over this, and never below this."""


class DRLearner(BaseEstimator):
    """Effect of a yes/no treatment on a yes/no outcome, per family, with nuisances and effects all out of fold.

    Args:
        n_folds: folds by group; a household lies in one fold only.
        clip: propensities, logged or learned, are held inside [clip, 1 - clip], so that no family counts for fifty.
        random_state: seed of the folds and of the trees.

    Attributes:
        pseudo_: (n,) doubly robust pseudo-outcome; its mean estimates the average effect.
        effect_: (n,) effect per row, from a regression that has not seen the row's fold.
        propensity_, untreated_, treated_: (n,) chance of treatment, and of the outcome without and with it.
        finals_: the fitted regressions, one per fold. fold_: (n,) fold of each row.
    """

    def __init__(self, n_folds: int = 5, clip: float = 0.02, random_state: int = 0) -> None:
        self.n_folds = n_folds
        self.clip = clip
        self.random_state = random_state

    def fit(
        self,
        X: pd.DataFrame,
        treated: np.ndarray,
        outcome: np.ndarray,
        *,
        propensity: np.ndarray | None = None,
        groups: np.ndarray | None = None,
    ) -> Self:
        """Learn from features at the offer, who took it (0/1) and the outcome (0/1).

        ``propensity``: the logged chance of treatment where it was drawn by lot; without it, it is learned.
        ``groups``: household of each row, default each row its own.

        Raises:
            ValueError: lengths differ, an arm lacks either outcome, values are no yes/no, X holds infinite values, a logged
                chance is not inside (0, 1), groups are fewer than folds, or one of them holds all of an arm.
        """
        a, y = _yes_no(treated, len(X), "treated"), _yes_no(outcome, len(X), "outcome")
        for arm in (0, 1):
            rarer = min(int(y[a == arm].sum()), int((1 - y[a == arm]).sum()))
            if rarer < FEWEST:
                raise ValueError(
                    f"arm {arm} has {int((a == arm).sum())} families and only {rarer} of the rarer outcome; {FEWEST} are "
                    "needed: nothing can be learned about this lever yet; wait for more families."
                )
        chance = None if propensity is None else _logged(propensity, len(X))
        values = _finite(X)
        self.feature_names_in_ = np.array(X.columns, dtype=object)
        self.fold_ = self._folds(a, groups)
        self._nuisances(values, a, y, chance)
        weighted = a / self.propensity_ * (y - self.treated_) - (1 - a) / (1 - self.propensity_) * (y - self.untreated_)
        self.pseudo_ = self.treated_ - self.untreated_ + weighted
        self.finals_, self.effect_ = [], np.empty(len(X))
        for fold in range(self.n_folds):
            own = self.fold_ == fold
            final = _final(int((~own).sum()), self.random_state).fit(values[~own], self.pseudo_[~own])
            self.effect_[own] = final.predict(values[own])
            self.finals_.append(final)
        return self

    def predict(self, X: pd.DataFrame) -> np.ndarray:
        """Effect (n,) in probability for families that were not learned from: the mean of the folds' regressions.

        Raises:
            ValueError: columns differ from those of the fit, or hold infinite values.
        """
        check_is_fitted(self, "finals_")
        if list(X.columns) != list(self.feature_names_in_):
            raise ValueError("X must have the columns of the fit, in their order.")
        values = _finite(X)
        return np.asarray(np.mean([final.predict(values) for final in self.finals_], axis=0))

    def _folds(self, a: np.ndarray, groups: np.ndarray | None) -> np.ndarray:
        n = len(a)
        group = np.arange(n) if groups is None else np.asarray(groups)
        many = len(np.unique(group))
        if many < self.n_folds:
            raise ValueError(
                f"{many} groups are too few for {self.n_folds} folds: take fewer folds, or lots of more groups."
            )
        splitter = GroupKFold(n_splits=self.n_folds, shuffle=True, random_state=self.random_state)
        fold = np.empty(n, dtype=np.int64)
        for number, (_, test) in enumerate(splitter.split(np.zeros(n), groups=group)):
            fold[test] = number
        for number in range(self.n_folds):
            if len(np.unique(a[fold != number])) < 2:
                raise ValueError(
                    f"outside fold {number} all families are of one arm, as few groups hold all of the other: nothing can be "
                    "learned about this lever yet; take fewer folds, or lots of more groups."
                )
        return fold

    def _nuisances(self, values: np.ndarray, a: np.ndarray, y: np.ndarray, propensity: np.ndarray | None) -> None:
        n = len(values)
        self.untreated_, self.treated_ = np.empty(n), np.empty(n)
        self.propensity_ = np.empty(n) if propensity is None else propensity.copy()
        for fold in range(self.n_folds):
            own = self.fold_ == fold
            for arm, into in ((0, self.untreated_), (1, self.treated_)):
                rows = ~own & (a == arm)
                into[own] = _Chance(self.random_state).fit(values[rows], y[rows]).predict(values[own])
            if propensity is None:
                self.propensity_[own] = _Chance(self.random_state).fit(values[~own], a[~own]).predict(values[own])
        self.propensity_ = np.clip(self.propensity_, self.clip, 1 - self.clip)


class _Chance:
    """A chance: mean of a logistic regression and shallow trees, which err in different ways."""

    def __init__(self, random_state: int) -> None:
        self.linear: Any = make_pipeline(
            SimpleImputer(strategy="median", keep_empty_features=True), StandardScaler(), LogisticRegression(C=1.0)
        )
        self.trees: Any = HistGradientBoostingClassifier(
            max_iter=60, learning_rate=0.08, max_leaf_nodes=8, min_samples_leaf=100, early_stopping=False,
            random_state=random_state,
        )  # fmt: skip
        self.constant: float | None = None
        self.known: np.ndarray = np.zeros(0, dtype=np.int64)

    def fit(self, values: np.ndarray, y: np.ndarray) -> _Chance:
        if y.min() == y.max():
            self.constant = float(y[0])
            return self
        self.known = _known(values)
        self.linear.fit(values[:, self.known], y)
        self.trees.fit(values[:, self.known], y)
        return self

    def predict(self, values: np.ndarray) -> np.ndarray:
        if self.constant is not None:
            return np.full(len(values), self.constant)
        own = values[:, self.known]
        return np.asarray((self.linear.predict_proba(own)[:, 1] + self.trees.predict_proba(own)[:, 1]) / 2)


def _known(values: np.ndarray) -> np.ndarray:
    """Columns with any value at all: trees cannot be grown on one without."""
    return np.flatnonzero(np.isfinite(values).any(axis=0))


class _Final:
    """The regression of the pseudo-outcome: mean of a ridge and shallow trees."""

    def __init__(self, ridge: Any, trees: Any) -> None:
        self.ridge, self.trees = ridge, trees
        self.known: np.ndarray = np.zeros(0, dtype=np.int64)

    def fit(self, values: np.ndarray, pseudo: np.ndarray) -> _Final:
        self.known = _known(values)
        self.ridge.fit(values[:, self.known], pseudo)
        self.trees.fit(values[:, self.known], pseudo)
        return self

    def predict(self, values: np.ndarray) -> np.ndarray:
        own = values[:, self.known]
        return np.asarray((self.ridge.predict(own) + self.trees.predict(own)) / 2)


def _final(n: int, random_state: int) -> _Final:
    ridge = make_pipeline(
        SimpleImputer(strategy="median", keep_empty_features=True), StandardScaler(), RidgeCV(alphas=_ALPHAS)
    )
    trees = HistGradientBoostingRegressor(
        max_iter=40, learning_rate=0.08, max_leaf_nodes=6, min_samples_leaf=max(n // _LEAF, _LEAF), early_stopping=False,
        random_state=random_state,
    )  # fmt: skip
    return _Final(ridge, trees)


def _finite(X: pd.DataFrame) -> np.ndarray:
    """Features as numbers (n, p), missing as NaN."""
    values = X.to_numpy(dtype=float, na_value=np.nan)
    endless = [name for name, bad in zip(X.columns, np.isinf(values).any(axis=0), strict=True) if bad]
    if endless:
        raise ValueError(f"columns {endless} of X hold infinite values: leave what is not known missing.")
    return values


def _logged(propensity: np.ndarray, n: int) -> np.ndarray:
    """The logged chances (n,); where one is 0 or 1 nothing was drawn."""
    chance = np.asarray(propensity, dtype=float)
    if chance.shape != (n,):
        raise ValueError(f"propensity must hold {n} chances, one per row of X, not shape {chance.shape}.")
    wrong = int((~((chance > 0) & (chance < 1))).sum())
    if wrong:
        raise ValueError(
            f"propensity of {wrong} of {n} rows is missing or not inside (0, 1): a lot has a logged chance above 0 and below "
            "1; leave out families who were not drawn."
        )
    return chance


def _yes_no(values: np.ndarray, n: int, what: str) -> np.ndarray:
    found = np.asarray(values, dtype=float)
    if found.shape != (n,) or not np.isin(found, (0.0, 1.0)).all():
        raise ValueError(f"{what} must hold {n} values of 0 or 1, one per row of X.")
    return found
