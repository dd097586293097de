"""GraduationModel: who will leave, how and when; mandiri and administratif by hazard, alamiah by calendar."""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Integral
from typing import Self

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted
from threadpoolctl import threadpool_limits

from pkh_graduation.contracts import ExplainedPart, Outcomes, Scores, TreeMargins, check_index
from pkh_graduation.estimators.calendar_clock import ComponentCalendar
from pkh_graduation.estimators.calibration import AUTO, KINDS, NONE, Calibrator
from pkh_graduation.estimators.hazards import CauseHazard, check_features, model_matrix
from pkh_graduation.estimators.incidence import incidence_path, mandiri_by_horizon
from pkh_graduation.estimators.out_of_time import learn_calibration
from pkh_graduation.estimators.person_period import (
    FollowUp,
    PersonPeriods,
    dates_of,
    draw_periods,
    follow_up,
    marginal_hazard,
    quarter_of,
    stayers,
)
from pkh_graduation.programme.vocabulary import ADMINISTRATIF, MANDIRI

WAKTU = "waktu"
"""Owner of what time adds to a margin: no trait of a family."""
EXPLAINED_QUARTERS = 4
_ADMINISTRATIF_MEMBERS, _ADMINISTRATIF_EVENTS = 2, 5_000
"""The competing cause only thins the families at risk: a small bag of trees, from fewer lines, serves it."""


class GraduationModel(BaseEstimator):
    """Competing risks of leaving PKH: `mandiri` and `administratif` learned, `alamiah` by the component calendar.

    Args:
        blend: weight of the ramps (monotone piecewise linear ridge logistic) against the trees, on the log-odds scale.
        n_members: members of the bag of households; their spread gives ``low`` and ``high``.
        signs: feature name -> -1, 0 or +1: the direction that policy allows for P(mandiri), kept exactly by both halves.
            Names that X lacks are ignored.
        max_iter, learning_rate, max_leaf_nodes: of the trees.
        negatives_per_event: negatives kept per event and calendar quarter; weights restore the totals.
        max_events: lines with an event that are learned from at most, one exit being seen from several dates.
        calibration: the map from the log-odds of the mandiri hazard to its probability: ``none``, ``platt``, ``beta``, or
            ``auto``, the simplest of them within one standard error of the best on the last mature year, judged by a pilot
            that learned from the years before (see `calibration`). Costs about a second fit of that hazard.
        ramp_spread: prior standard deviation of a ramp's coefficient in log-odds (mandiri alone); None chooses it on households
            left out. The smaller, the steadier the lists when other families are learnt from.
        random_state: seed, passed all the way down.

    Attributes:
        notes_: what could not be learned and what was used instead, one sentence each.
        calibration_table_: what ``auto`` compared, by kind (see `choose_calibrator`), else None.
        mandiri_, administratif_, calendar_: the three parts. max_horizon_: quarters that can be predicted.

    The calendar year is no input: the level is recentred on the most recent mature year (`levels`), for the families that
    stayed, which are those scored next (`half_samples`); a family new to the model is lifted with them, by a few per cent
    where a small office teaches. Quarters are the periods of the outcomes, whatever their length; with outcomes of one period
    the explained margin is that of period one.

    The explained margin is the log-odds *before* calibration. Calibration is a strictly increasing map of it, one for all
    families and quarters: it moves no family past another and turns no sign of a reason, so the margin stays a sum of parts
    while the probabilities are those that came true.
    """

    def __init__(
        self,
        blend: float = 0.5,
        n_members: int = 6,
        signs: Mapping[str, int] | None = None,
        max_iter: int = 80,
        learning_rate: float = 0.08,
        max_leaf_nodes: int = 8,
        negatives_per_event: float = 4.0,
        max_events: int = 10_000,
        calibration: str = NONE,
        random_state: int = 0,
        ramp_spread: float | None = None,
    ) -> None:
        self.blend = blend
        self.n_members = n_members
        self.signs = signs
        self.max_iter = max_iter
        self.learning_rate = learning_rate
        self.max_leaf_nodes = max_leaf_nodes
        self.negatives_per_event = negatives_per_event
        self.max_events = max_events
        self.calibration = calibration
        self.random_state = random_state
        self.ramp_spread = ramp_spread

    def fit(
        self,
        X: pd.DataFrame,
        y: Outcomes,
        *,
        groups: pd.Series | None = None,
        sample_weight: np.ndarray | pd.Series | None = None,
    ) -> Self:
        """Learn from features and outcomes of the same (kpm_id, as_of).

        ``groups`` (the pendamping) is accepted for the contract and not used: the model knows families only.
        ``sample_weight`` (n,) follows the rows of X. The order of rows does not matter.

        Raises:
            ValueError: a parameter, a sign, a column or a weight is unusable, or no family was seen for a single quarter.
        """
        self._check_parameters()
        check_index(X, "X")
        check_features(X)
        follow = follow_up(X.index, y)
        if not (follow.seen > 0).any():
            raise ValueError(
                f"none of the {len(X)} rows of X was observed for a single mature quarter by {y.known_by}: "
                "take earlier snapshots, or outcomes known by a later date."
            )
        weight = _checked_weight(sample_weight, X)
        # One thread: a product of matrices has other last bits with two, and a model must not depend on who fits it.
        with threadpool_limits(limits=1, user_api="blas"):
            self._learn(X, follow, weight)
        return self

    def _learn(self, X: pd.DataFrame, follow: FollowUp, weight: np.ndarray | None) -> None:
        self.feature_names_in_ = np.array(X.columns, dtype=object)
        self.n_features_in_ = X.shape[1]
        self.max_horizon_ = follow.max_horizon
        self.calendar_ = ComponentCalendar().fit(X, follow, weight)
        calibrator, self.calibration_table_, uncalibrated = learn_calibration(
            self.calibration,
            X,
            follow,
            draw=lambda part: self._draw(part, MANDIRI, weight),
            fit=lambda part: self._fit_hazard(X, part, MANDIRI, weight),
        )
        self.mandiri_ = self._fit_hazard(X, follow, MANDIRI, weight, calibrator)
        self.administratif_ = self._fit_hazard(X, follow, ADMINISTRATIF, weight)
        notes = [self.mandiri_.note_, self.administratif_.note_, *self.calendar_.notes_, uncalibrated]
        self.notes_ = [note for note in notes if note]

    def predict_incidence(
        self,
        X: pd.DataFrame,
        horizon: int,
        *,
        groups: pd.Series | None = None,
        tree_margins: TreeMargins | None = None,
    ) -> Scores:
        """Incidence of each way out after 0..horizon quarters; the calendar quarter comes from the ``as_of`` of X.

        ``low`` and ``high`` are the 5 % and 95 % quantiles of P(mandiri by horizon) over the bag, widened to hold the
        central value.

        Raises:
            ValueError: ``horizon`` is beyond the outcomes the model was fitted on, or columns are absent.
        """
        self.check_horizon(horizon)
        check_index(X, "X")
        start = quarter_of(dates_of(X.index))
        members = self.mandiri_.signals(X, tree_margins)
        signal = members.mean(axis=0)
        others = self.administratif_.signals(X, tree_margins).mean(axis=0)
        administratif = self.administratif_.hazard(others, start, horizon)
        alamiah = self.calendar_.predict_hazard(X, horizon)
        path = incidence_path(administratif, alamiah, self.mandiri_.hazard(signal, start, horizon))
        spread = np.array(
            [mandiri_by_horizon(administratif, alamiah, self.mandiri_.hazard(one, start, horizon)) for one in members]
        )
        low, high = np.quantile(spread, [0.05, 0.95], axis=0)
        central = path[:, -1, 1]
        return Scores(X.index, path, self._margin(signal, start), np.minimum(low, central), np.maximum(high, central))

    def explained_margin(self, X: pd.DataFrame) -> np.ndarray:
        """Log-odds of the mandiri hazard, mean over quarters ahead 1..4 (as far as fitted) and over the bag; shape (n,)."""
        check_is_fitted(self, "mandiri_")
        check_index(X, "X")
        return self._margin(self.mandiri_.signals(X).mean(axis=0), quarter_of(dates_of(X.index)))

    def explained_parts(self, X: pd.DataFrame) -> list[ExplainedPart]:
        """The parts that add up to `explained_margin`: per member its trees, its ramps, and what time adds.

        The quarters ahead share one signal, so they are merged: a member's trees appear once, weighted by the mean force
        of the signal over the explained quarters. Matrices are shared between members.
        """
        check_is_fitted(self, "mandiri_")
        check_index(X, "X")
        hazard, level, ahead = self.mandiri_, self.mandiri_.level_, self._explained_ahead()
        force = float(level.gain(ahead).mean())
        share = 1.0 / hazard.n_members
        base = level.base(quarter_of(dates_of(X.index))[:, None], ahead[None, :]).mean(axis=1)
        usual = level.intercept + level.drift * float((ahead - 1).mean()) / 4.0
        parts = [
            ExplainedPart(
                "linear", share, base[:, None], (WAKTU,), member,
                coef=np.ones(1), center=np.array([usual]), intercept=-force * level.centre,
            )
            for member in range(hazard.n_members)
        ]  # fmt: skip
        if hazard.is_flat:
            return parts
        values = model_matrix(X, hazard.columns_)
        return [*parts, *self._tree_parts(values, force * share), *self._ramp_parts(values, force * share)]

    def _tree_parts(self, values: np.ndarray, share: float) -> list[ExplainedPart]:
        hazard, weight = self.mandiri_, (1.0 - self.mandiri_.blend) * share
        return [
            ExplainedPart("tree", weight, values, tuple(hazard.columns_), member, estimator=tree)
            for member, tree in enumerate(hazard.trees_)
        ]

    def _ramp_parts(self, values: np.ndarray, share: float) -> list[ExplainedPart]:
        hazard = self.mandiri_
        if hazard.blend <= 0.0:
            return []
        basis = hazard.basis_.transform(values)
        owner = tuple(hazard.columns_[place] for place in hazard.basis_.owner_)
        return [
            ExplainedPart(
                "linear", hazard.blend * share, basis, owner, member,
                coef=hazard.coef_[member], center=hazard.center_, intercept=float(hazard.offset_[member]),
            )
            for member in range(hazard.n_members)
        ]  # fmt: skip

    def _explained_ahead(self) -> np.ndarray:
        return np.arange(1, min(EXPLAINED_QUARTERS, self.max_horizon_) + 1)

    def _margin(self, signal: np.ndarray, start: np.ndarray) -> np.ndarray:
        ahead = self._explained_ahead()
        return self.mandiri_.level_.margin(signal[:, None], start[:, None], ahead[None, :]).mean(axis=1)

    def _draw(self, follow: FollowUp, cause: str, weight: np.ndarray | None) -> PersonPeriods:
        most = self.max_events if cause == MANDIRI else min(self.max_events, _ADMINISTRATIF_EVENTS)
        return draw_periods(
            follow,
            cause,
            negatives_per_event=self.negatives_per_event,
            max_events=most,
            family_weight=weight,
            random_state=self.random_state,
        )

    def _fit_hazard(
        self,
        X: pd.DataFrame,
        follow: FollowUp,
        cause: str,
        weight: np.ndarray | None,
        calibrator: Calibrator | None = None,
    ) -> CauseHazard:
        own = cause == MANDIRI
        periods = self._draw(follow, cause, weight)
        hazard = self._unfitted_mandiri() if own else self._unfitted_administratif()
        base_rate = marginal_hazard(follow, cause)
        stayed = stayers(follow, family_weight=weight)
        return hazard.fit_periods(X, periods, base_rate=base_rate, cause=cause, stayed=stayed, calibrator=calibrator)

    def _unfitted_mandiri(self) -> CauseHazard:
        return CauseHazard(
            self.blend,
            self.n_members,
            self.signs,
            self.max_iter,
            self.learning_rate,
            self.max_leaf_nodes,
            self.random_state,
            self.ramp_spread,
        )

    def _unfitted_administratif(self) -> CauseHazard:
        return CauseHazard(
            0.0,
            _ADMINISTRATIF_MEMBERS,
            None,
            self.max_iter,
            self.learning_rate,
            self.max_leaf_nodes,
            self.random_state,
        )

    def _check_parameters(self) -> None:
        if not 0.0 <= self.blend <= 1.0:
            raise ValueError(f"blend is the weight of the ramps and must lie in [0, 1], not {self.blend!r}.")
        for name in ("n_members", "max_events"):
            number = getattr(self, name)
            if not isinstance(number, Integral) or number < 1:
                raise ValueError(f"{name} must be a whole number of at least 1, not {number!r}.")
        if not self.negatives_per_event > 0:
            raise ValueError(f"negatives_per_event must be positive, not {self.negatives_per_event!r}.")
        if self.ramp_spread is not None and not self.ramp_spread > 0:
            raise ValueError(f"ramp_spread must be positive log-odds, or None, not {self.ramp_spread!r}.")
        if self.calibration not in (*KINDS, AUTO):
            raise ValueError(f"calibration is one of {', '.join((*KINDS, AUTO))}, not {self.calibration!r}.")
        strange = {name: sign for name, sign in (self.signs or {}).items() if sign not in (-1, 0, 1)}
        if strange:
            raise ValueError(f"signs must be -1, 0 or +1; given {strange}.")

    def check_horizon(self, horizon: int) -> None:
        """Refuse what cannot be predicted.

        Raises:
            ValueError: ``horizon`` is no whole number, below 1 or beyond the outcomes the model was fitted on.
        """
        check_is_fitted(self, "mandiri_")
        if not isinstance(horizon, Integral) or not 1 <= horizon <= self.max_horizon_:
            raise ValueError(
                f"horizon must be 1 to {self.max_horizon_} quarters, not {horizon!r}: the model was fitted on outcomes "
                f"observed for {self.max_horizon_}. Observe outcomes with a longer horizon and fit again."
            )


def _checked_weight(sample_weight: np.ndarray | pd.Series | None, X: pd.DataFrame) -> np.ndarray | None:
    if sample_weight is None:
        return None
    if isinstance(sample_weight, pd.Series):
        sample_weight = sample_weight.reindex(X.index).to_numpy()
    weight = np.asarray(sample_weight, dtype=float)
    if weight.shape != (len(X),) or not (np.isfinite(weight) & (weight >= 0)).all():
        raise ValueError(f"sample_weight must hold {len(X)} finite numbers of at least 0, one per row of X.")
    if not weight.any():
        raise ValueError(
            "sample_weight is 0 for every row of X, so nothing can be learned: leave it out, or weight some row."
        )
    return weight
