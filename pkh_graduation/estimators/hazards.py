"""The hazard of one way out: a bag of shallow monotone trees, blended with ramps, on the log-odds scale.

Lines are case-control samples *matched on the calendar quarter*: within each quarter events and negatives have one fixed
ratio, so the features never learn which years had a quota (the level is restored by `levels`). Under the logistic link
such sampling moves the intercept only (Prentice and Pyke 1979). Each member of the bag is fitted on one half of the
*households* (`half_samples`). The families a member did not see give the out-of-bag signals from which the level is learned;
what the other members remember of families that stayed is then taken out of it.
"""

from __future__ import annotations

import dataclasses
import warnings
from collections.abc import Mapping, Sequence
from typing import Self

import numpy as np
import pandas as pd
from joblib import Parallel, cpu_count, delayed
from scipy.special import expit
from sklearn.base import BaseEstimator
from sklearn.ensemble import HistGradientBoostingClassifier
from threadpoolctl import threadpool_limits

from pkh_graduation.contracts import TreeMargins
from pkh_graduation.estimators.calibration import Calibrator
from pkh_graduation.estimators.half_samples import HalfSamples, draw_halves, lift_of_stayers, unseen_mean
from pkh_graduation.estimators.levels import Level, fit_level, flat_level, recent_shift
from pkh_graduation.estimators.person_period import RECENT_QUARTERS, PersonPeriods, Stayers
from pkh_graduation.estimators.ramps import RampBasis
from pkh_graduation.estimators.ridge import ridge_logistic

MIN_EXITS = 10
"""Fewer distinct exits than this teach nothing about families; the base rate is used, and said."""
_FEW_EXITS = 400
_SPREADS = (0.1, 0.2, 0.4, 0.8)
_MAX_CHOICE_ROWS = 8_000


def check_features(X: pd.DataFrame) -> None:
    """Refuse columns that no model can tell apart or read.

    Raises:
        ValueError: two columns of one name, or dates and spans of time, which pandas would count as numbers; names them.
    """
    twice = sorted({str(name) for name in X.columns[X.columns.duplicated()]})
    if twice:
        raise ValueError(f"X holds columns {twice} more than once: a feature has one name; leave one of each.")
    dates = [name for name, kind in X.dtypes.items() if kind.kind in "mM"]
    if dates:
        raise ValueError(
            f"columns {dates} of X are not numeric: features are numbers; give days or years since, not dates."
        )


def model_matrix(X: pd.DataFrame, names: list[str], rows: np.ndarray | None = None) -> np.ndarray:
    """Columns of X as float64 holding float32-representable values, shape (n, p); infinite values are kept.

    Raises:
        ValueError: columns are absent or not numeric; the message names them.
    """
    absent = [name for name in names if name not in X.columns]
    if absent:
        raise ValueError(
            f"X lacks {len(absent)} of the {len(names)} columns that the model was fitted on: {absent[:10]}. "
            "Build features with the same catalogue, or fit the model again."
        )
    part = X[names] if rows is None else X[names].iloc[rows]
    if (part.dtypes == np.float32).all():
        return part.to_numpy().astype(np.float64)
    check_features(part)
    try:
        values = part.to_numpy(dtype=np.float64, na_value=np.nan)
    except (TypeError, ValueError) as error:
        text = [name for name in names if not pd.api.types.is_numeric_dtype(part[name])]
        raise ValueError(f"columns {text} of X are not numeric: features are numbers, missing is NaN.") from error
    with np.errstate(over="ignore"):
        return values.astype(np.float32).astype(np.float64)


class CauseHazard(BaseEstimator):
    """Discrete-time hazard of one cause. Fitted through `fit_periods`; `signals` and `level_` give the margin.

    Args:
        blend: weight of the ramps in the log-odds; 0 is trees only, 1 is ramps only.
        n_members: members of the bag.
        signs: feature name -> -1, 0 or +1; every other feature is free. Names that X lacks are ignored.
        max_iter, learning_rate, max_leaf_nodes: of the trees.
        ramp_spread: prior standard deviation of a ramp's coefficient, log-odds; None chooses it on households left out. Small
            values bring steadier lists.
        random_state: seed.

    Attributes:
        columns_: names of the features used; constant and all-missing ones are left out.
        trees_: one fitted HistGradientBoostingClassifier per member (none if ``blend`` is 1 or exits are few).
        coef_, offset_: ramps' coefficients (members, columns of the basis) and intercepts (members,).
        level_: see `levels`. calibrator_: the map from its log-odds to the hazard's.
        note_: why the base rate was used, or an empty text.
    """

    def __init__(
        self,
        blend: float = 0.5,
        n_members: int = 6,
        signs: Mapping[str, int] | None = None,
        max_iter: int = 80,
        learning_rate: float = 0.08,
        max_leaf_nodes: int = 8,
        random_state: int = 0,
        ramp_spread: float | None = None,
    ) -> None:
        self.blend = blend
        self.n_members = n_members
        self.signs = signs
        self.max_iter = max_iter
        self.learning_rate = learning_rate
        self.max_leaf_nodes = max_leaf_nodes
        self.random_state = random_state
        self.ramp_spread = ramp_spread

    def fit_periods(
        self,
        X: pd.DataFrame,
        periods: PersonPeriods,
        *,
        base_rate: float,
        cause: str,
        stayed: Stayers,
        calibrator: Calibrator | None = None,
    ) -> Self:
        """Learn from a sample of person-periods; ``base_rate`` is the fallback hazard where exits are too few.

        ``calibrator`` gives the shape of a calibration learned elsewhere; its level is set here, on the recent year.
        ``stayed`` are the families for which the mean hazard has to be right.
        """
        self.calibrator_ = Calibrator()
        self.trees_: list[HistGradientBoostingClassifier] = []
        self.columns_: list[str] = []
        self.note_ = ""
        self.level_: Level
        exits = periods.exits
        if exits < MIN_EXITS:
            self.note_ = f"{cause}: only {exits} exits to learn from ({MIN_EXITS} needed), so the base rate is used"
            return self._without_signal(base_rate)
        values = model_matrix(X, list(X.columns), periods.row)
        used = _informative(values)
        if not used.any():
            self.note_ = f"{cause}: every column of X is constant or missing, so the base rate is used"
            return self._without_signal(base_rate)
        self.columns_ = [name for name, use in zip(X.columns, used, strict=True) if use]
        values = values[:, used]
        balanced = _balanced(periods)
        halves = draw_halves(periods, self.n_members, self.random_state)
        draws = halves.saw(periods.household)
        inside = np.zeros((self.n_members, len(values)))
        if self.blend < 1.0:
            inside += (1.0 - self.blend) * self._fit_trees(values, periods, balanced, draws)
        if self.blend > 0.0:
            inside += self.blend * self._fit_ramps(values, periods, balanced, draws, exits)
        blind, judged = unseen_mean(inside, draws)
        if len(np.unique(periods.household[judged & periods.event])) < MIN_EXITS // 2:
            # too few to judge: the level of what was seen, as it is
            return self._fit_level(inside.mean(axis=0), periods, np.ones(len(judged), dtype=bool), calibrator)
        return self._fit_level(blind, periods, judged, calibrator)._forget(X, stayed, halves)

    def _fit_level(
        self, signal: np.ndarray, periods: PersonPeriods, use: np.ndarray, calibrator: Calibrator | None
    ) -> Self:
        signal, target, ahead, event, weight = (
            part[use] for part in (signal, periods.target, periods.ahead, periods.event, periods.weight)
        )
        self.level_ = fit_level(signal, target, ahead, event, weight)
        if calibrator is not None:
            calibrated = calibrator.margin(self.level_.margin(signal, target - ahead, ahead))
            self.calibrator_ = calibrator.shifted(recent_shift(calibrated, target, event, weight))
        return self

    def _forget(self, X: pd.DataFrame, stayed: Stayers, halves: HalfSamples) -> Self:
        """Take what the bag remembers of families that stayed out of the level; before calibration, which moves no margin."""
        if len(stayed.row):
            level, ahead = self.level_, np.arange(1, RECENT_QUARTERS + 1)
            lift = lift_of_stayers(
                self.signals(X.iloc[stayed.row]),
                halves,
                stayed.household,
                stayed.weight,
                lambda signal: expit(level.margin(signal[:, None], np.array([stayed.end]), ahead)).mean(axis=1),
            )
            self.level_ = dataclasses.replace(level, centre=level.centre - lift)
        return self

    @property
    def is_flat(self) -> bool:
        """True where only the base rate was learned."""
        return not self.columns_

    def signals(self, X: pd.DataFrame, tree_margins: TreeMargins | None = None) -> np.ndarray:
        """Signal f of each member, shape (n_members, n); larger means more likely to leave by the cause.

        ``tree_margins`` answers for the trees where it is given: the same margins, from a faster hand than scikit-learn's.
        """
        if self.is_flat:
            return np.zeros((self.n_members, len(X)))
        values = model_matrix(X, self.columns_)
        total = np.zeros((self.n_members, len(values)))
        if self.trees_:
            total += (1.0 - self.blend) * (tree_margins or own_margins)(self.trees_, values)
        if self.blend > 0.0:
            total += self.blend * self._ramp_signals(self.basis_.transform(values))
        return total

    def hazard(self, signal: np.ndarray, start: np.ndarray, horizon: int) -> np.ndarray:
        """Hazard in quarters 1..horizon, shape (n, horizon), of a signal (n,) at dates closing quarter ``start`` (n,)."""
        ahead = np.arange(1, horizon + 1)
        return expit(self.calibrator_.margin(self.level_.margin(signal[:, None], start[:, None], ahead[None, :])))

    def sign_of(self, names: list[str]) -> np.ndarray:
        """The policy sign of each name, 0 where none was given."""
        return np.array([(self.signs or {}).get(name, 0) for name in names], dtype=np.int64)

    def _without_signal(self, base_rate: float) -> Self:
        self.level_ = flat_level(base_rate)
        return self

    def _fit_trees(
        self, values: np.ndarray, periods: PersonPeriods, balanced: np.ndarray, draws: np.ndarray
    ) -> np.ndarray:
        signs = self.sign_of(self.columns_)
        jobs = min(self.n_members, cpu_count())
        kept = draws & (np.random.default_rng(self.random_state).random(draws.shape) < balanced / periods.family)
        weight = None if (periods.family == periods.family[0]).all() else periods.family
        # scikit-learn sets the process's warning filters aside in every thread; two at once can leave none behind
        with warnings.catch_warnings():
            self.trees_ = Parallel(n_jobs=jobs, backend="threading")(
                delayed(grow)(self._tree(signs, drawn, member), values, periods.event, weight, drawn)
                for member, drawn in enumerate(kept)
            )
        return own_margins(self.trees_, values)

    def _tree(self, signs: np.ndarray, drawn: np.ndarray, member: int) -> HistGradientBoostingClassifier:
        return HistGradientBoostingClassifier(
            learning_rate=self.learning_rate,
            max_iter=self.max_iter,
            max_leaf_nodes=self.max_leaf_nodes,
            max_depth=4,
            min_samples_leaf=int(np.clip(drawn.sum() // 60, 10, 300)),
            l2_regularization=5.0,
            monotonic_cst=signs,
            early_stopping=False,
            random_state=self.random_state + member,
        )

    def _fit_ramps(
        self, values: np.ndarray, periods: PersonPeriods, balanced: np.ndarray, draws: np.ndarray, exits: int
    ) -> np.ndarray:
        self.basis_ = RampBasis(n_ramps=1 if exits < _FEW_EXITS else 3)
        basis = self.basis_.fit(values, self.sign_of(self.columns_)).transform(values)
        matrix = np.column_stack([basis, np.ones(len(basis))])
        lower, upper = (
            np.append(bound, free) for bound, free in zip(self.basis_.bounds(), (-np.inf, np.inf), strict=True)
        )
        event = periods.event.astype(float)
        # one exit is seen from several dates: the likelihood is deflated, so that the prior means what it says
        weight = balanced * exits / periods.event.sum()
        self.spread_ = self.ramp_spread or _choose_spread(matrix, event, weight, periods.household, lower, upper)
        ridge = _penalty(matrix.shape[1], self.spread_)
        whole = ridge_logistic(matrix, event, weight, ridge=ridge, lower=lower, upper=upper)
        members = [
            ridge_logistic(
                matrix[drawn],
                event[drawn],
                weight[drawn],
                ridge=ridge,
                lower=lower,
                upper=upper,
                start=whole,
                max_iter=4,
            )
            for drawn in draws
        ]
        self.coef_ = np.array(members)[:, :-1]
        self.offset_ = np.array(members)[:, -1]
        self.center_ = np.average(basis, axis=0, weights=periods.weight)
        if self.ramp_spread is not None:
            stretch = _stretch(self._ramp_signals(basis), event, weight, draws)
            self.coef_, self.offset_ = stretch * self.coef_, stretch * self.offset_
        return self._ramp_signals(basis)

    def _ramp_signals(self, basis: np.ndarray) -> np.ndarray:
        # Column by column: a product of matrices may have other last bits for another number of rows, and a family's chance
        # must not depend on who is scored beside it.
        signals = np.zeros((len(self.coef_), len(basis)))
        term = np.empty_like(signals)
        for weights, column in zip(self.coef_.T, basis.T, strict=True):
            signals += np.multiply(weights[:, None], column, out=term)
        return signals + self.offset_[:, None]


def grow(
    tree: HistGradientBoostingClassifier,
    values: np.ndarray,
    event: np.ndarray,
    weight: np.ndarray | None,
    drawn: np.ndarray,
) -> HistGradientBoostingClassifier:
    """Fit on the drawn lines of (values, event, weight); one thread a tree, so that sums do not depend on the number of cores.

    Lines are matched by thinning, not by weights: scikit-learn bins weighted data some forty times slower.
    """
    own = None if weight is None else weight[drawn]
    rows = values[drawn]
    # scikit-learn cannot bin a column without a single value; a constant one is never split on
    rows[:, np.isnan(rows).all(axis=0)] = 0.0
    with threadpool_limits(limits=1, user_api="openmp"):
        return tree.fit(rows, event[drawn], sample_weight=own)


def own_margins(trees: Sequence[HistGradientBoostingClassifier], values: np.ndarray) -> np.ndarray:
    """scikit-learn's own margins of each tree ensemble, shape (len(trees), n)."""
    return np.array([_decide(tree, values) for tree in trees])


def _decide(tree: HistGradientBoostingClassifier, values: np.ndarray) -> np.ndarray:
    """Margins of one tree ensemble on one thread: many short parallel loops cost more than they gain."""
    if not len(values):
        return np.zeros(0)
    with threadpool_limits(limits=1, user_api="openmp"):
        return tree.decision_function(values)


def _informative(values: np.ndarray) -> np.ndarray:
    """Columns with two different values, missing counted as one of them."""
    missing = np.isnan(values)
    known = ~missing.all(axis=0)
    low = np.where(missing, np.inf, values).min(axis=0)
    high = np.where(missing, -np.inf, values).max(axis=0)
    return known & ((low < high) | missing.any(axis=0))


def _balanced(periods: PersonPeriods) -> np.ndarray:
    """Weights under which each calendar quarter has the same odds: the matching. Quarters without exits weigh nothing.

    The common ratio is that of the median event, so that lines of ordinary quarters weigh about one.
    """
    stratum = periods.target - periods.target.min()
    event, family = periods.event, periods.family
    strata = int(stratum.max()) + 1
    events = np.bincount(stratum[event], weights=family[event], minlength=strata)
    negatives = np.bincount(stratum[~event], weights=family[~event], minlength=strata)
    own = np.divide(negatives, events, out=np.zeros(strata), where=events > 0)
    ratio = np.median(own[stratum[event]])
    share = np.divide(ratio * events, negatives, out=np.zeros(strata), where=negatives > 0)
    return family * np.where(event, 1.0, share[stratum])


def _penalty(columns: int, spread: float) -> np.ndarray:
    """Ridge for a prior standard deviation of ``spread`` log-odds per ramp; the intercept, last, is free."""
    ridge = np.full(columns, spread**-2)
    ridge[-1] = 0.0
    return ridge


def _stretch(signals: np.ndarray, event: np.ndarray, weight: np.ndarray, draws: np.ndarray) -> float:
    """What all coefficients of a fixed prior are multiplied by, told by the members that did not see the household.

    A prior tighter than the data ask for holds every coefficient back, the more the fewer the exits. Its direction is what was
    asked for; its length would leave all families near one chance, and a calibration learned from fewer years would undo more
    than there is to undo. One factor for all moves no family past another.
    """
    blind, judged = unseen_mean(signals, draws)
    if not event[judged].any():
        return 1.0
    matrix = np.column_stack([blind[judged], np.ones(judged.sum())])
    least, start = np.array([1.0, -np.inf]), np.array([1.0, 0.0])
    fitted = ridge_logistic(matrix, event[judged], weight[judged], ridge=np.zeros(2), lower=least, start=start)
    return float(fitted[0])


def _choose_spread(
    matrix: np.ndarray,
    event: np.ndarray,
    weight: np.ndarray,
    household: np.ndarray,
    lower: np.ndarray,
    upper: np.ndarray,
) -> float:
    """The prior spread with the least log-loss on households left out, three folds, over about 8,000 lines."""
    step = max(1, len(matrix) // _MAX_CHOICE_ROWS)
    pick = (household // 3) % step == 0
    matrix, event, weight, fold = matrix[pick], event[pick], weight[pick] * step, household[pick] % 3
    losses = np.zeros(len(_SPREADS))
    for held in range(3):
        train, test = fold != held, fold == held
        start = None
        for place, spread in enumerate(_SPREADS):
            start = ridge_logistic(
                matrix[train], event[train], weight[train], start=start, lower=lower, upper=upper,
                ridge=_penalty(matrix.shape[1], spread), max_iter=12,
            )  # fmt: skip
            margin = matrix[test] @ start
            losses[place] += float(weight[test] @ (np.logaddexp(0.0, margin) - event[test] * margin))
    return _SPREADS[int(losses.argmin())]
