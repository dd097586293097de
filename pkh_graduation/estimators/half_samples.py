"""Half-samples of households: which of them each member of a bag has seen, and what it remembers of those who stayed.

All lines of a household go together, drawn separately among households with and without the event: half-samples vary as
bootstraps do (Efron 1982) at half the cost and without repeated lines. A member that saw a household knows how it ended, so
only the others speak for it while a level is learned. The families scored next are in the same position: they were learned
from, as families that stayed, and members that saw them stay call them a little less likely to leave than they are. How much
less is told by the members that did not see them (`lift_of_stayers`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq

from pkh_graduation.estimators.person_period import PersonPeriods

_REACH = 1e4


@dataclass(frozen=True)
class HalfSamples:
    """``households`` (h,): codes learned from, ascending; ``drawn`` (n_members, h): whether a member saw the household."""

    households: np.ndarray
    drawn: np.ndarray

    def saw(self, household: np.ndarray) -> np.ndarray:
        """Whether each member saw the household of each line, shape (n_members, m); none saw one that is not in the sample."""
        return self.drawn[:, self._place(household)] & self.hold(household)

    def hold(self, household: np.ndarray) -> np.ndarray:
        """Whether each household is in the sample at all, shape (m,)."""
        return np.asarray(self.households[self._place(household)] == household)

    def _place(self, household: np.ndarray) -> np.ndarray:
        return np.searchsorted(self.households, household).clip(max=len(self.households) - 1)


def draw_halves(periods: PersonPeriods, n_members: int, random_state: int) -> HalfSamples:
    """One half of the households for each member, leavers and others apart."""
    households, code = np.unique(periods.household, return_inverse=True)
    leaver = np.zeros(len(households), dtype=bool)
    leaver[code[periods.event]] = True
    random = np.random.default_rng(random_state)
    drawn = np.zeros((n_members, len(households)), dtype=bool)
    for member in range(n_members):
        for group in (np.flatnonzero(leaver), np.flatnonzero(~leaver)):
            drawn[member, random.permutation(group)[: (len(group) + 1) // 2]] = True
    return HalfSamples(households, drawn)


def unseen_mean(signals: np.ndarray, saw: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean signal of the members that never saw the household, and where there is such a member; both (m,).

    ``signals`` and ``saw`` have shape (n_members, m); the mean is 0 where every member saw it.
    """
    judges = (~saw).sum(axis=0)
    return (signals * ~saw).sum(axis=0) / np.maximum(judges, 1), judges > 0


def lift_of_stayers(
    signals: np.ndarray,
    halves: HalfSamples,
    household: np.ndarray,
    weight: np.ndarray,
    hazard: Callable[[np.ndarray], np.ndarray],
) -> float:
    """What to add to a bag's signal so that families that stayed get the mean hazard said by members blind to them.

    ``signals`` (n_members, m) of the families still at risk when learning ended, their ``household`` and ``weight`` (m,);
    ``hazard`` maps signals (m,) to hazards (m,), increasing. Families are compared with themselves: as blind members see them,
    and as half a bag of each kind does, which is what the whole bag is on average. Those outside the sample are remembered by
    nobody. One number for all: it moves a level, never an order. Zero where no family has members of both kinds.
    """
    saw = halves.saw(household)
    blind, unseen = unseen_mean(signals, saw)
    seeing, seen = unseen_mean(signals, ~saw)
    both, outside = seen & unseen, ~halves.hold(household)
    if not both.any():
        return 0.0
    # a sampled household has members of both kinds with this chance, whoever it is: such households stand for the others
    chance = 1.0 - 2.0 * 0.5 ** len(signals)
    weight = np.where(both, weight / chance, weight * outside)
    bag = np.where(both, (blind + seeing) / 2.0, blind)
    wanted = float(weight @ hazard(blind))

    def excess(lift: float) -> float:
        return float(weight @ hazard(bag + lift)) - wanted

    return float(brentq(excess, -_REACH, _REACH))
