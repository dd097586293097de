"""What a backtest found: predictions, figures with intervals, differences to the best rule, and what was left out."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from pkh_graduation.contracts import check_columns
from pkh_graduation.evaluation.capacity import at_capacity
from pkh_graduation.evaluation.comparison import ALL_ORIGINS, METRICS_COLUMNS, PAIRED_COLUMNS, scopes
from pkh_graduation.evaluation.scores import BINS, reliability
from pkh_graduation.programme.vocabulary import MANDIRI

if TYPE_CHECKING:
    from pkh_graduation.evaluation.list_life import ListLife

PREDICTION_COLUMNS = (
    "contender", "origin", "kpm_id", "as_of", "pendamping_id", "p_mandiri", "p_alamiah", "p_administratif",
    "label", "way_out", "quarter",
)  # fmt: skip


@dataclass(frozen=True)
class BacktestReport:
    """Everything that a backtest found.

    ``predictions``: one line per contender and judged family at an origin (`PREDICTION_COLUMNS`; ``way_out`` is the state
    at the horizon, ``quarter`` that of the exit, else the horizon). ``metrics``: tidy figures (`comparison` explains the
    names); ``origin`` is an ISO date or ``semua``; intervals are 95 %. ``paired``: contender minus best rule on the same
    resamples, for the last origin and ``semua``. ``dropped``: per origin, ``mandiri_learnt`` (families known at the origin to
    have graduated, of whom contenders learn), ``families`` at risk, ``labelled`` ones, and those not judged:
    ``sudah_keluar``, ``immature``, ``held_out`` (the folds test others); ``without_pendamping`` are judged but on nobody's
    list.

    ``best_rule`` is the rule of ``practice`` that had the highest precision on the origins ``chosen_on``; an empty
    ``chosen_on`` means that there was only one origin, so that the choice could not be made earlier.

    ``holdouts`` (`run_holdouts`) and ``life`` (`list_life`) are there if they were asked for.
    """

    predictions: pd.DataFrame
    metrics: pd.DataFrame
    paired: pd.DataFrame
    dropped: pd.DataFrame
    best_rule: str | None
    chosen_on: tuple[str, ...]
    practice: tuple[str, ...]
    capacity: float
    horizon: int
    n_boot: int
    random_state: int
    holdouts: pd.DataFrame | None = None
    life: ListLife | None = None

    def __post_init__(self) -> None:
        check_columns(self.predictions, PREDICTION_COLUMNS, "predictions")
        check_columns(self.metrics, METRICS_COLUMNS, "metrics")
        check_columns(self.paired, PAIRED_COLUMNS, "paired")

    @property
    def contenders(self) -> tuple[str, ...]:
        """Names in the order given."""
        return tuple(self.predictions["contender"].unique().tolist())

    @property
    def origins(self) -> tuple[str, ...]:
        """Origins that could be judged, as ISO dates in order."""
        return tuple(sorted(self.predictions["origin"].unique().tolist()))

    @property
    def test_origin(self) -> str:
        """The last origin."""
        return self.origins[-1]

    def at_capacity(self, share: float) -> pd.DataFrame:
        """Lists of the top ``share`` within each pendamping's caseload: one line per contender and origin, and ``semua``.

        Columns besides these two: ``precision, recall, lift`` (expected under ties), ``precision_best,
        precision_worst`` (luck in ties), ``places, hits, n, n_positive, groups, groups_too_small, without_group``.
        """
        rows = [
            {"contender": name, "origin": scope.name} | at_capacity(ways[MANDIRI], scope.positive, scope.group, share)
            for scope in scopes(self.predictions)
            for name, ways in scope.probability.items()
        ]
        counts = ["places", "n", "n_positive", "groups", "groups_too_small", "without_group"]
        return pd.DataFrame(rows).astype(dict.fromkeys(counts, np.int64))

    def reliability(self, origin: str = ALL_ORIGINS, *, bins: int = BINS) -> pd.DataFrame:
        """Predicted against observed P(mandiri) over bins of equal mass, for each contender."""
        found = []
        for scope in scopes(self.predictions):
            if scope.name == origin:
                for name, ways in scope.probability.items():
                    table = reliability(ways[MANDIRI], scope.positive, bins=bins)
                    found.append(table.assign(contender=name, bin=range(1, len(table) + 1)))
        if not found:
            raise ValueError(f"origin {origin!r} was not judged; there are {[*self.origins, ALL_ORIGINS]}.")
        return pd.concat(found, ignore_index=True)

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready figures: plain numbers, missing as None, keys sorted; no family, no pendamping."""
        more: dict[str, Any] = {}
        if self.holdouts is not None:
            more["holdouts"] = self.holdouts.to_dict("records")
        if self.life is not None:
            more["list_life"] = self.life.to_dict()
        return _plain(
            more
            | {
                "best_rule": self.best_rule,
                "capacity": self.capacity,
                "chosen_on": list(self.chosen_on),
                "contenders": list(self.contenders),
                "dropped": self.dropped.to_dict("records"),
                "horizon": self.horizon,
                "lists": self.at_capacity(self.capacity).to_dict("records"),
                "metrics": self.metrics.to_dict("records"),
                "n_boot": self.n_boot,
                "origins": list(self.origins),
                "paired": self.paired.to_dict("records"),
                "practice": list(self.practice),
                "random_state": self.random_state,
                "reliability": self.reliability().to_dict("records"),
                "test_origin": self.test_origin,
            }
        )


def _plain(value: Any) -> Any:
    """Numpy out, missing to None, keys sorted."""
    if isinstance(value, dict):
        return {str(key): _plain(value[key]) for key in sorted(value)}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, np.generic):
        value = value.item()
    if value is pd.NA or (isinstance(value, float) and not math.isfinite(value)):
        return None
    return value
