"""Harm of a list: what it costs families if it is wrong, in one unit, with the price of each error said aloud.

Two errors. *Premature*: a family on the list leaves although it was not ready; it loses the transfer and what hangs on it
(programme facts 7: up to about Rp 2.9 million a year). *Delayed*: a ready family is not on the list and waits. The unit is one
delayed family; a premature one weighs `CostRatio.premature` of them, by default five: assumed, to be set by the ministry.

A list is a list of talks, not of exits. How many listed families that are not ready would be led to leave all the same is not
known (``follow_through``), so the default 1 is the worst case, and `HarmOfList.break_even` says below which share the list
still does less harm than no list at all.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from pkh_graduation.evaluation.bootstrap import interval
from pkh_graduation.evaluation.fairness_groups import UNRECORDED


@dataclass(frozen=True)
class CostRatio:
    """What one error costs: ``premature`` against ``delayed``; 5 to 1 is assumed, no ruling of the programme."""

    premature: float = 5.0
    delayed: float = 1.0

    def __post_init__(self) -> None:
        if not (self.premature > 0 and self.delayed > 0):
            raise ValueError(f"costs are positive numbers, not {self.premature!r} and {self.delayed!r}.")

    @property
    def threshold(self) -> float:
        """Chance of being ready above which *deciding* that a family leaves would do less harm than waiting.

        >>> round(CostRatio().threshold, 4)
        0.8333
        """
        return self.premature / (self.premature + self.delayed)


@dataclass(frozen=True)
class HarmOfList:
    """Expected errors and harm of one list, in delayed families; see the module.

    ``listed``, ``families``: counts. ``premature``: listed families expected not to be ready, times follow-through.
    ``delayed``: ready families expected outside the list. ``harm``: their cost. ``harm_without``: the cost of no list, all
    ready families delayed. ``break_even``: the follow-through at which both are equal (above 1: never).
    """

    families: int
    listed: int
    premature: float
    delayed: float
    harm: float
    harm_without: float
    break_even: float

    @property
    def per_listed(self) -> float:
        """Harm per listed family; missing for an empty list."""
        return self.harm / self.listed if self.listed else float("nan")


def harm_of_list(
    ready: np.ndarray, listed: np.ndarray, *, cost: CostRatio | None = None, follow_through: float = 1.0
) -> HarmOfList:
    """Harm of a list by ``ready`` (n,): chances before the outcome, or what came (0 and 1); ``listed`` (n,) booleans.

    To count families that leave and fall back as premature, hand in P(mandiri) times P(bertahan | mandiri).

    >>> harm_of_list(np.array([1, 0, 1, 0]), np.array([True, True, False, False])).harm
    6.0

    Raises:
        ValueError: chances outside [0, 1] or missing (families without a score are on no list: leave them out).
    """
    cost = cost or CostRatio()
    ready, listed = np.asarray(ready, dtype=float), np.asarray(listed, dtype=bool)
    if not ((ready >= 0) & (ready <= 1)).all():
        raise ValueError("ready holds chances from 0 to 1, none missing: leave out families that carry no score.")
    if not 0 <= follow_through <= 1:
        raise ValueError(f"follow_through is a share from 0 to 1, not {follow_through!r}.")
    wrong, missed = float((1 - ready)[listed].sum()), float(ready[~listed].sum())
    caught = float(ready[listed].sum())
    return HarmOfList(
        families=len(ready),
        listed=int(listed.sum()),
        premature=wrong * follow_through,
        delayed=missed,
        harm=cost.premature * wrong * follow_through + cost.delayed * missed,
        harm_without=cost.delayed * (missed + caught),
        break_even=cost.delayed * caught / (cost.premature * wrong) if wrong else float("inf"),
    )


def harm_by_group(
    ready: np.ndarray,
    listed: np.ndarray,
    words: pd.Series,
    *,
    cost: CostRatio | None = None,
    follow_through: float = 1.0,
    n_boot: int = 200,
    random_state: int = 0,
) -> pd.DataFrame:
    """Harm per family of each group of ``words`` (n,), with its 95 % interval over resampled families.

    One line per group: ``families, listed, premature, delayed, harm, per_family, low, high``. Who bears the errors is as
    much a question as how many there are, so families without a word are the group `UNRECORDED`.

    Raises:
        ValueError: see `harm_of_list`.
    """
    cost = cost or CostRatio()
    ready, listed = np.asarray(ready, dtype=float), np.asarray(listed, dtype=bool)
    codes, names = pd.factorize(words.astype(object).where(words.notna(), UNRECORDED), sort=True)
    price = _price(ready, listed, cost, follow_through)
    lines = []
    for code, name in enumerate(names):
        own = codes == code
        found = harm_of_list(ready[own], listed[own], cost=cost, follow_through=follow_through)
        random = np.random.default_rng([random_state, code])
        drawn = np.array([price[own][random.integers(0, own.sum(), own.sum())].mean() for _ in range(n_boot)])
        low, high = interval(drawn)
        lines.append(
            {
                "group": str(name), "families": found.families, "listed": found.listed, "premature": found.premature,
                "delayed": found.delayed, "harm": found.harm, "per_family": found.harm / found.families,
                "low": low, "high": high,
            }
        )  # fmt: skip
    return pd.DataFrame(lines)


def _price(ready: np.ndarray, listed: np.ndarray, cost: CostRatio, follow_through: float) -> np.ndarray:
    """What each family adds to the harm, shape (n,)."""
    return np.where(listed, cost.premature * follow_through * (1 - ready), cost.delayed * ready)
