"""Evidence about one lever: effect, bounds, checks, and the grade that decides how it may be worded.

A grade is lost, never won, by the checks: random slots give E3, a natural experiment E2 (its design is the caller's claim), logs
of what was observed E1. Overlap that fails, a placebo that moves, or an effect that a weak hidden trait would explain: E0,
which is no evidence. A lever that is not shown to help anybody (`gate`) keeps its grade and its figures, and is advised to nobody.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pkh_graduation.contracts import Evidence
from pkh_graduation.estimators.uplift.bounds import EffectBounds, calibrate_bounds
from pkh_graduation.estimators.uplift.curves import Curve, targeting_curve
from pkh_graduation.estimators.uplift.dr_learner import DRLearner
from pkh_graduation.estimators.uplift.gate import Gate, ask_gate
from pkh_graduation.estimators.uplift.overlap import Overlap, check_overlap
from pkh_graduation.estimators.uplift.sensitivity import e_value, tipping_odds

UNDIAN, PERCOBAAN_ALAMIAH, AMATAN = "undian", "percobaan_alamiah", "amatan"
"""How families came to be treated: drawn by lot with a logged chance, by a rule unrelated to them, or as it happened."""

GRADE_OF: Mapping[str, str] = {UNDIAN: "E3", PERCOBAAN_ALAMIAH: "E2", AMATAN: "E1"}

STURDY = 1.25
"""E-value below which an observed effect is too easily explained by a trait that was not recorded."""

_STRATA = 10
_PLACEBO_Z = 2.576
"""A placebo that differs from 0 by more standard errors than this (99 %) speaks against the design."""


@dataclass(frozen=True)
class Study:
    """What was learned about one lever.

    ``grade``: E0 to E3. ``reasons``: why the grade is not the design's, one sentence each. ``e_value`` and ``tipping``: of the
    bound of the effect that lies nearer to none. ``placebo``: name -> effect in standard errors. ``gate``: whether the lever
    helps anybody at all.
    """

    lever: str
    design: str
    grade: str
    reasons: tuple[str, ...]
    learner: DRLearner
    bounds: EffectBounds
    overlap: Overlap
    curve: Curve
    e_value: float
    tipping: float
    placebo: Mapping[str, float]
    gate: Gate

    def bounds_of(self, X: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Effect, lower and upper bound (n,), in probability; no lower bound above 0 unless the lever passed its gate."""
        effect, low, high = self.bounds.of(self.learner.predict(X))
        return effect, low if self.gate.passed else np.minimum(low, 0.0), high

    def evidence(self, X: pd.DataFrame, population: str) -> Evidence | None:
        """Evidence for families (index ``(kpm_id, as_of)``) with the features of the study; None at grade E0.

        ``population``: whom it was learned from, in the words of the panel.
        """
        if self.grade == "E0":
            return None
        effect, low, high = self.bounds_of(X)
        families = pd.DataFrame({"effect": effect, "low": low, "high": high}, index=X.index)
        low_average, high_average = self.bounds.interval
        average = self.bounds.average
        return Evidence(self.lever, self.grade, average, low_average, high_average, population, families)


def advised(study: Study, X: pd.DataFrame) -> np.ndarray:
    """Families (n,) that may be advised the lever: there is evidence, it helps somebody, and their own lower bound is above 0."""
    if study.grade == "E0":
        return np.zeros(len(X), dtype=bool)
    return np.asarray(study.bounds_of(X)[1] > 0)


def study_lever(
    lever: str,
    X: pd.DataFrame,
    treated: np.ndarray,
    outcome: np.ndarray,
    *,
    design: str,
    together: int,
    propensity: np.ndarray | None = None,
    groups: np.ndarray | None = None,
    placebo: Mapping[str, np.ndarray] | None = None,
    n_folds: int = 5,
    random_state: int = 0,
) -> Study:
    """Learn one lever's effect, check it and grade it.

    ``X``: features on the day of the offer. ``together``: how many levers are studied at the same time, this one included: the
    more, the stronger the evidence that each needs before it is advised to anybody. ``propensity``: the logged chance,
    required for `UNDIAN`. ``groups``: household or pendamping of each row, by which folds are cut and errors clustered.
    ``placebo``: outcomes (0/1) that the lever cannot have changed, such as those of the year before.

    Raises:
        ValueError: an unknown design, a lot without its logged chance, an arm nothing can be learned from, or
            ``together`` below 1.
    """
    if design not in GRADE_OF or (design == UNDIAN and propensity is None):
        raise ValueError(f"design must be one of {sorted(GRADE_OF)}, and {UNDIAN!r} needs the logged propensity.")
    learner = DRLearner(n_folds, random_state=random_state)
    learner.fit(X, treated, outcome, propensity=propensity, groups=groups)
    overlap = check_overlap(X, treated, learner.propensity_, by_lot=design == UNDIAN)
    kept = overlap.kept
    group = None if groups is None else np.asarray(groups)[kept]
    pseudo, effect = learner.pseudo_[kept], learner.effect_[kept]
    bounds = calibrate_bounds(pseudo, effect, group)
    gate = ask_gate(pseudo, effect, group, together=together)
    curve = targeting_curve(effect, pseudo, groups=group, random_state=random_state)
    moved = {name: _placebo(learner, X, treated, y, kept, group) for name, y in (placebo or {}).items()}
    strength, tipping = _strength(learner, bounds, kept, np.asarray(treated), np.asarray(outcome))
    reasons = _doubts(design, overlap, moved, strength, bounds)
    grade = "E0" if reasons else GRADE_OF[design]
    return Study(lever, design, grade, reasons, learner, bounds, overlap, curve, strength, tipping, moved, gate)


def _doubts(
    design: str, overlap: Overlap, moved: Mapping[str, float], strength: float, bounds: EffectBounds
) -> tuple[str, ...]:
    found = []
    if not overlap.holds:
        found.append(
            f"only {overlap.share:.0%} of the families overlap, or the arms still differ by {overlap.difference:.2f} "
            "standard deviations in some feature"
        )
    found += [f"placebo {name!r} moves by {z:.1f} standard errors" for name, z in moved.items() if abs(z) > _PLACEBO_Z]
    if design == AMATAN and abs(bounds.average) > bounds.reach * bounds.average_se and strength < STURDY:
        found.append(f"a hidden trait with a risk ratio of {strength:.2f} would explain the effect")
    return tuple(found)


def _placebo(
    learner: DRLearner, X: pd.DataFrame, treated: np.ndarray, y: np.ndarray, kept: np.ndarray, groups: np.ndarray | None
) -> float:
    """Effect on an outcome that cannot have changed, in standard errors, by the same folds and propensities."""
    known = learner.propensity_
    other = DRLearner(learner.n_folds, learner.clip, learner.random_state)
    other.fit(X, treated, y, propensity=known, groups=learner.fold_)
    found = calibrate_bounds(other.pseudo_[kept], other.effect_[kept], groups)
    return found.average / found.average_se


def _strength(
    learner: DRLearner, bounds: EffectBounds, kept: np.ndarray, treated: np.ndarray, outcome: np.ndarray
) -> tuple[float, float]:
    """E-value of the bound nearer to none, and the tipping odds; 1 and 1 where the interval holds 0."""
    base = float(learner.untreated_[kept].mean())
    near = abs(bounds.average) - bounds.reach * bounds.average_se
    if near <= 0 or base <= 0:
        return 1.0, 1.0
    shift = near if bounds.average > 0 else -near
    ratio = max((base + shift) / base, 1e-6)
    edges = np.quantile(learner.propensity_[kept], np.linspace(0, 1, _STRATA + 1)[1:-1])
    strata = np.searchsorted(np.unique(edges), learner.propensity_[kept], side="right")
    event = outcome[kept] if bounds.average > 0 else 1 - outcome[kept]
    return e_value(ratio), tipping_odds(treated[kept], event, strata)
