"""Cohort: what all families together decide for each of them. Measured part by part, the parts add up exactly.

Two things are relative to everyone: readiness (a band is a multiple of the cohort's mean chance) and sparse data (a source
that nobody has is no family's fault). Whoever allocates a nation part by part measures every part first, adds, and hands
the sum to each part; then parts say what the whole would have said.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import cast

import numpy as np
import pandas as pd

from pkh_graduation.contracts import ContractError, Facts, Scores, Snapshots
from pkh_graduation.priorities.guardrails import OBJECTION, guard
from pkh_graduation.programme.vocabulary import ADMINISTRATIF, ALAMIAH, MANDIRI, STATES

YEAR = 4
"""Quarters in the twelve months that a list looks ahead."""

CHANCES = ("p_mandiri_12m", "p_bawah", "p_atas", "p_alamiah_12m", "p_administratif_12m")

_UNIT, _HALF = 52, 26


@dataclass(frozen=True)
class Cohort:
    """Families that carry a score, the sum of their chances in units of 2**-52, and the model's columns somebody has.

    Whole numbers add up exactly in any order, so that no cut of the cohort moves a band.

    >>> (Cohort(1, 2**51, ("desil",)) + Cohort(1, 2**50, ("aset_n",))).base
    0.375
    """

    scored: int = 0
    chances: int = 0
    columns: tuple[str, ...] = ()

    @classmethod
    def of(cls, scores: Scores, facts: Facts, history: Snapshots) -> Cohort:
        """Measure one part (or all) of the families; add parts with ``sum(parts, Cohort())``.

        Raises:
            ContractError: several dates in ``history``, families that ``facts`` lack, or a horizon below four quarters.
        """
        one_date(history)
        families = with_chances(scores, history)
        rows = facts_rows(facts, families.index)
        chance = np.where(objecting(facts, rows), np.nan, families["p_mandiri_12m"].to_numpy(dtype=float))
        return measure(chance, facts, rows)

    def __add__(self, other: Cohort) -> Cohort:
        columns = tuple(sorted({*self.columns, *other.columns}))
        return Cohort(self.scored + other.scored, self.chances + other.chances, columns)

    @property
    def base(self) -> float:
        """The mean chance; infinite without a score, so that nobody is ready."""
        return self.chances / self.scored / 2**_UNIT if self.scored else float("inf")


def measure(chance: np.ndarray, facts: Facts, rows: np.ndarray) -> Cohort:
    """Cohort of the families at ``rows`` of the facts; ``chance`` (n,) is missing where a family carries no score."""
    carried = chance[~np.isnan(chance)]
    units = np.rint(carried * 2.0**_UNIT).astype(np.int64)
    # Halves, because a million chances of 52 bits outgrow 64.
    high, low = int((units >> _HALF).sum()), int((units & (2**_HALF - 1)).sum())
    names = [name for name in model_columns(facts) if facts.values[name].notna().to_numpy()[rows].any()]
    return Cohort(len(carried), (high << _HALF) + low, tuple(sorted(names)))


def could_be_listed(
    scores: Scores, facts: Facts, history: Snapshots, cohort: Cohort, known: pd.Series | None = None
) -> pd.Series:
    """Chances, by family, of those of a part whom every guard clears and whose data suffice; ``cohort`` is the whole one.

    What earlier lists mean for a family, or that it has no pendamping, is not asked: that bars a place, not a readiness.
    ``known``: how many of the model's columns each scored family has; then the facts need not hold these columns.

    Raises:
        ContractError: see `Cohort.of`.
    """
    one_date(history)
    families = with_chances(scores, history)
    values = values_at(facts, facts_rows(facts, families.index), list(facts.values.columns))
    chance = families["p_mandiri_12m"].astype(float)
    # A column that somebody has is one of the cohort's, so that what a family has at all it has among these.
    counted = None if known is None else known.reindex(families.index, fill_value=0).to_numpy()
    cleared = guard(values, cohort.columns, counted).cleared.to_numpy()
    return chance[cleared & chance.notna().to_numpy()]


def model_columns(facts: Facts) -> list[str]:
    """The model's columns that the facts hold."""
    model = facts.catalogue.index[facts.catalogue["model"].astype(bool)]
    return [name for name in model if name in facts.values.columns]


def one_date(history: Snapshots) -> dt.date:
    """The date of the list."""
    dates = history.dates
    if len(dates) != 1:
        raise ContractError(
            f"a list is of one date; history holds {len(dates)}: take snapshots at the list's date alone."
        )
    return dates[0]


def facts_rows(facts: Facts, index: pd.Index) -> np.ndarray:
    """Where each family of the index stands in the facts."""
    rows = facts.values.index.get_indexer(index)
    lost = int((rows < 0).sum())
    if lost:
        raise ContractError(
            f"facts lack {lost} of the {len(index)} families of history: build features of the same history."
        )
    return cast(np.ndarray, rows)


def values_at(facts: Facts, rows: np.ndarray, columns: list[str]) -> pd.DataFrame:
    """``columns`` of the facts at ``rows``; where these are all rows in their order, the facts' own table, not copied."""
    if np.array_equal(rows, np.arange(len(facts.values))):
        return facts.values
    return facts.values[columns].take(rows)


def objecting(facts: Facts, rows: np.ndarray) -> np.ndarray:
    """Families that object to automated profiling, or of whom nobody knows whether they do: they carry no number."""
    if OBJECTION not in facts.values.columns:
        raise ContractError(f"facts lack {OBJECTION!r}: without it nobody knows who must not be scored.")
    return facts.values[OBJECTION].to_numpy(dtype="float64", na_value=1.0)[rows] != 0


def with_chances(scores: Scores, history: Snapshots) -> pd.DataFrame:
    """One row per family of every caseload, sorted by id, with what the model says about the next twelve months."""
    if scores.horizon < YEAR:
        raise ContractError(
            f"a list looks {YEAR} quarters ahead; the scores reach {scores.horizon}: predict with horizon=4."
        )
    families = history.frame.sort_index()
    at = families.index.get_indexer(scores.index)
    unknown = int((at < 0).sum())
    if unknown:
        raise ContractError(f"{unknown} scored families are not in history: both must be of the same date.")
    year = scores.path[:, YEAR, :]
    # The bag's range belongs to the last quarter; for a longer horizon it says nothing about these twelve months.
    low, high = (scores.low, scores.high) if scores.horizon == YEAR else (np.nan, np.nan)
    said = np.full((len(families), len(CHANCES)), np.nan)
    columns = (
        year[:, STATES.index(MANDIRI)], low, high, year[:, STATES.index(ALAMIAH)], year[:, STATES.index(ADMINISTRATIF)],
    )  # fmt: skip
    for position, column in enumerate(columns):
        said[at, position] = column
    return families.assign(**{name: said[:, position] for position, name in enumerate(CHANCES)})
