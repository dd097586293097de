"""A backtest seen as the lists it would have made: who was on them, how they change, what a year of them finds and costs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from pkh_graduation.evaluation.backtest_report import BacktestReport
from pkh_graduation.evaluation.listed import listed_outcomes, listed_profile
from pkh_graduation.evaluation.planner import capacity_plan
from pkh_graduation.evaluation.repeated import year_of_lists
from pkh_graduation.evaluation.stability import between_tahap, overlap

COST_RATIO = 5.0
"""Families missed that weigh as much as one ended too early: assumed, the ministry's to set (methods, section 10)."""
PROFILE_ROWS = 12


@dataclass(frozen=True)
class ListLife:
    """Tables about the lists: ``outcomes`` and ``profile`` (`listed`), ``year`` (`repeated`), ``overlap`` and ``tahap``
    (`stability`), ``plan`` (`planner`). All but ``year`` and ``tahap`` speak of the last origin.
    """

    outcomes: pd.DataFrame
    profile: pd.DataFrame
    year: pd.DataFrame
    overlap: pd.DataFrame
    tahap: pd.DataFrame
    plan: pd.DataFrame
    cost_ratio: float
    visits_per_family: float

    def to_dict(self) -> dict[str, Any]:
        """Plain tables; no family, no pendamping."""
        tables = ("outcomes", "profile", "year", "overlap", "tahap", "plan")
        found: dict[str, Any] = {name: getattr(self, name).to_dict("records") for name in tables}
        return found | {"cost_ratio": self.cost_ratio, "visits_per_family": self.visits_per_family}


def list_life(
    report: BacktestReport,
    X: pd.DataFrame,
    *,
    model: str,
    cost_ratio: float = COST_RATIO,
    visits_per_family: float = 1.0,
) -> ListLife:
    """All tables at once, of the model and, where there is one, the best rule of practice.

    Args:
        report: of `run_backtest`. X: its model inputs; only rows judged at the last origin are looked at.
        model: name of the contender.
        cost_ratio, visits_per_family: see `planner`.

    Raises:
        ValueError: ``model`` did not compete, or X lacks rows that were judged.
    """
    if model not in report.contenders:
        raise ValueError(f"{model!r} did not compete; contenders are {list(report.contenders)}.")
    shown = list(dict.fromkeys(name for name in (model, report.best_rule) if name is not None))
    rows = report.predictions[report.predictions["contender"].isin(shown)]
    last = rows[rows["origin"] == report.test_origin]
    every = report.predictions[report.predictions["origin"] == report.test_origin]
    beside = overlap(every, report.capacity)
    return ListLife(
        outcomes=listed_outcomes(last, report.capacity),
        profile=listed_profile(X, last, model, report.capacity).head(PROFILE_ROWS),
        year=year_of_lists(rows, report.capacity, random_state=report.random_state),
        overlap=beside[beside["contender"].eq(model) | beside["other"].eq(model)].reset_index(drop=True),
        tahap=between_tahap(rows, report.capacity),
        plan=capacity_plan(last, cost_ratio=cost_ratio, visits_per_family=visits_per_family),
        cost_ratio=cost_ratio,
        visits_per_family=visits_per_family,
    )
