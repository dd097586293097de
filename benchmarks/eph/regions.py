"""Regions nobody learned from: a contender that judges each region by a model that has seen only the others."""

from __future__ import annotations

from dataclasses import replace
from typing import Self

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, clone

from pkh_graduation.contracts import Contender, Outcomes, Scores


class NewRegions(BaseEstimator):
    """One clone of the contender per region, fitted without that region, predicting for it alone.

    Args:
        contender: what is cloned.
        region: region of each row, indexed like X; rows of a later X must be in it.
    """

    def __init__(self, contender: Contender, region: pd.Series) -> None:
        self.contender = contender
        self.region = region

    def fit(self, X: pd.DataFrame, y: Outcomes, *, groups: pd.Series | None = None) -> Self:
        """Fit the clones."""
        place = self.region.loc[X.index].to_numpy()
        self.fitted_: dict[int, Contender] = {}
        for region in np.unique(self.region):
            others = X.index[place != region]
            learnt = replace(y, frame=y.frame.loc[others])
            self.fitted_[int(region)] = clone(self.contender).fit(X.loc[others], learnt, groups=groups)
        return self

    def predict_incidence(self, X: pd.DataFrame, horizon: int, *, groups: pd.Series | None = None) -> Scores:
        """Incidence of each row by the clone that has not seen its region."""
        place = self.region.loc[X.index].to_numpy()
        rows = [np.flatnonzero(place == region) for region in self.fitted_]
        parts = [
            one.predict_incidence(X.iloc[own], horizon, groups=groups)
            for own, one in zip(rows, self.fitted_.values(), strict=True)
        ]
        back = np.argsort(np.concatenate(rows))
        path, margin, low, high = (
            np.concatenate([getattr(part, name) for part in parts])[back] for name in ("path", "margin", "low", "high")
        )
        return Scores(X.index, path, margin, low, high)
