"""The glass-box challenger: an explainable boosting machine (Lou, Caruana and Gehrke 2012) in the place of the mandiri hazard.

A sum of one curve per feature and no interaction, so that every contribution can be read off. Needs the extra ``ebm``
(interpret-core). It competes and explains like the library's own model; bundles refuse its types, so it is never deployed.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from pkh_graduation.contracts import ExplainedPart, TreeMargins
from pkh_graduation.estimators.calibration import NONE
from pkh_graduation.estimators.graduation_model import GraduationModel
from pkh_graduation.estimators.hazards import CauseHazard, model_matrix
from pkh_graduation.estimators.person_period import PersonPeriods

_LEAST_LEAF = 20


class GlassBoxHazard(CauseHazard):
    """A bag of explainable boosting machines; ``trees_`` holds them, ``usual_`` the mean contribution of each feature."""

    def signals(self, X: pd.DataFrame, tree_margins: TreeMargins | None = None) -> np.ndarray:
        """Signal of each member, shape (n_members, n). ``tree_margins`` knows other trees and is not asked."""
        if self.is_flat:
            return np.zeros((self.n_members, len(X)))
        values = model_matrix(X, self.columns_)
        return np.array([machine.decision_function(values) for machine in self.trees_]).reshape(self.n_members, len(X))

    def _fit_trees(
        self, values: np.ndarray, periods: PersonPeriods, balanced: np.ndarray, draws: np.ndarray
    ) -> np.ndarray:
        self.trees_ = [self._machine(values, periods, balanced, drawn, member) for member, drawn in enumerate(draws)]
        self.usual_ = np.array(
            [np.average(machine.eval_terms(values), axis=0, weights=periods.weight) for machine in self.trees_]
        )
        return np.array([machine.decision_function(values) for machine in self.trees_])

    def _machine(
        self, values: np.ndarray, periods: PersonPeriods, balanced: np.ndarray, drawn: np.ndarray, member: int
    ) -> Any:
        booster = explainable_booster()
        machine = booster(
            feature_types=["continuous"] * values.shape[1],
            interactions=0,
            max_bins=64,
            max_leaves=3,
            max_rounds=self.max_iter,
            learning_rate=self.learning_rate,
            min_samples_leaf=_LEAST_LEAF,
            monotone_constraints=self.sign_of(self.columns_).tolist(),
            outer_bags=1,
            validation_size=0,
            n_jobs=1,
            random_state=self.random_state + member,
        )
        use = drawn & (balanced > 0)
        with warnings.catch_warnings():
            # its pictures leave out the missing; ours are drawn from contributions, which hold them
            warnings.filterwarnings("ignore", message="Missing values detected")
            machine.fit(values[use], periods.event[use].astype(int), sample_weight=balanced[use])
        return machine


class GlassBoxModel(GraduationModel):
    """`GraduationModel` with an explainable boosting machine for `mandiri`; everything else is the same.

    Args:
        n_members, signs, negatives_per_event, max_events, calibration, random_state: as in `GraduationModel`.
        max_iter: rounds over all features. learning_rate: of each step.

    Raises:
        ModuleNotFoundError: at ``fit``, if the extra ``ebm`` is not installed.
    """

    def __init__(
        self,
        n_members: int = 4,
        signs: Mapping[str, int] | None = None,
        max_iter: int = 200,
        learning_rate: float = 0.04,
        negatives_per_event: float = 4.0,
        max_events: int = 10_000,
        calibration: str = NONE,
        random_state: int = 0,
    ) -> None:
        super().__init__(
            blend=0.0,
            n_members=n_members,
            signs=signs,
            max_iter=max_iter,
            learning_rate=learning_rate,
            negatives_per_event=negatives_per_event,
            max_events=max_events,
            calibration=calibration,
            random_state=random_state,
        )

    def _unfitted_mandiri(self) -> CauseHazard:
        explainable_booster()
        return GlassBoxHazard(
            0.0, self.n_members, self.signs, self.max_iter, self.learning_rate, random_state=self.random_state
        )

    def _tree_parts(self, values: np.ndarray, share: float) -> list[ExplainedPart]:
        hazard = self.mandiri_
        return [
            ExplainedPart(
                "linear", share, machine.eval_terms(values), tuple(hazard.columns_), member,
                coef=np.ones(len(hazard.columns_)), center=hazard.usual_[member], intercept=float(machine.intercept_[0]),
            )
            for member, machine in enumerate(hazard.trees_)
        ]  # fmt: skip


def explainable_booster() -> Any:
    """The class ``ExplainableBoostingClassifier``.

    Raises:
        ModuleNotFoundError: interpret-core is not installed; the message says how to get it.
    """
    try:
        from interpret.glassbox import ExplainableBoostingClassifier
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "the glass-box challenger needs interpret-core, which is not installed: pip install 'pkh-graduation[ebm]', "
            "or leave it out of the contenders."
        ) from error
    return ExplainableBoostingClassifier
