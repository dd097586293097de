"""Label shift: once a period's labels are mature, do as many families leave by themselves as was told?

For each calendar quarter, predictions made before it are set against what came, both only for families whose quarter is mature
(ended, and the reporting lag has passed). The shift is the change of log-odds under which predicted and observed agree; its
standard error counts pendamping, not families, because families of one pendamping share her habits. Quarters are looked at one
after the other: with ``looks`` of them in a year, each is tested at ``level / looks``, so that a calm year raises a false alarm at
most once in ``1 / level`` years, whatever the order (Bonferroni). The labels are those of record, so a new quota moves them too: an
alarm says that the level no longer holds, not why.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats
from scipy.optimize import brentq
from scipy.special import expit, logit

from pkh_graduation.contracts import check_columns

LEVEL, LOOKS = 0.05, 4
FEWEST = 10
"""Expected exits below which a period says nothing."""
_EDGE, _REACH, _HALF_EXIT = 1e-9, 30.0, 0.5
PERIOD_COLUMNS = (
    "period", "families", "pendamping", "predicted", "expected", "observed", "shift", "low", "high", "p_value", "alarm", "enough",
)  # fmt: skip


@dataclass(frozen=True)
class LabelShift:
    """``periods``: one line each, oldest first (`PERIOD_COLUMNS`); ``level`` of a single look.

    ``predicted`` is what the model said, ``expected`` the same carried through the habits of the year before (equal without them);
    shift, interval and alarm are those of ``observed`` against ``expected``.
    """

    periods: pd.DataFrame
    level: float

    @property
    def alarm(self) -> bool:
        """Whether any period raised one."""
        return bool(self.periods["alarm"].any())

    @property
    def judged(self) -> int:
        """Periods with enough expected exits to say something."""
        return int(self.periods["enough"].sum())


@dataclass(frozen=True)
class Habits:
    """What a year that is over says of the pendamping: ``factor`` (pendamping -> odds against what was told, relative to all),
    ``level`` (log-odds of all against what was told) and ``error``, the standard error of the level given the pendamping.
    """

    factor: pd.Series
    level: float
    error: float


def habits_of(rows: pd.DataFrame) -> Habits:
    """How many more or fewer families each pendamping lets go than told, in periods that are over.

    ``rows`` as in `label_shift`. Each factor is shrunk towards 1 by what her counts weigh (gamma-Poisson, spread by moments). They
    serve to see a shift of all pendamping sooner, never to rank one.

    Raises:
        ValueError: nobody left, and such a year says nothing; or chances or labels that are none, as in `label_shift`.
    """
    check_columns(rows, ("pendamping_id", "chance", "label"), "predictions with outcomes")
    _check_rows(rows)
    sums = rows.groupby("pendamping_id", sort=True)[["chance", "label"]].sum()
    told, seen = sums["chance"].to_numpy(dtype=float), sums["label"].to_numpy(dtype=float)
    if not seen.sum():
        raise ValueError("no family left by itself in the year before: habits cannot be read from it.")
    level = float(np.log(seen.sum() / told.sum()))
    told = told * np.exp(level)
    spread = max(0.0, float(((seen - told) ** 2).sum() - told.sum()) / float((told**2).sum()))
    factor = np.ones(len(told)) if spread == 0 else (1 / spread + seen) / (1 / spread + told)
    # Shrinking must not move the total: the level has its own number.
    factor = factor * told.sum() / (factor * told).sum()
    return Habits(pd.Series(factor, index=sums.index, name="factor"), level, float(1 / np.sqrt(seen.sum())))


def label_shift(
    rows: pd.DataFrame,
    *,
    habits: Habits | None = None,
    level: float = LEVEL,
    looks: int = LOOKS,
    level_error: float = 0.0,
) -> LabelShift:
    """Compare predictions with mature outcomes, period by period.

    Args:
        rows: one per family and period: ``period`` (sorts in time), ``pendamping_id``, ``chance`` (P(mandiri) within the
            period, told before it), ``label`` (1 if so). Immature families must not be among them.
        habits: of the year before these periods, see `habits_of`; then a shift is one against that year.
        level: chance of a false alarm in a year of ``looks`` periods.
        looks: periods that are tested in a year.
        level_error: standard error, in log-odds, of the level that the predictions were centred on; widens every interval.

    Families without a pendamping are their own cluster each. A period with fewer than `FEWEST` expected exits, or of fewer than
    five pendamping, is shown and not judged.

    Raises:
        ValueError: a chance is missing or no probability, or a label is neither 0 nor 1.
    """
    check_columns(rows, ("period", "pendamping_id", "chance", "label"), "predictions with outcomes")
    _check_rows(rows)
    single = level / looks
    rows = rows.assign(predicted=rows["chance"])
    if habits is not None:
        factor = rows["pendamping_id"].map(habits.factor).fillna(1.0).to_numpy(dtype=float)
        margin = logit(np.clip(rows["chance"].to_numpy(dtype=float), _EDGE, 1 - _EDGE))
        rows = rows.assign(chance=expit(margin + np.log(factor) + habits.level))
        level_error = float(np.hypot(level_error, habits.error))
    lines = [_judge(str(name), part, single, level_error) for name, part in rows.groupby("period", sort=True)]
    return LabelShift(pd.DataFrame(lines, columns=list(PERIOD_COLUMNS)), single)


def _check_rows(rows: pd.DataFrame) -> None:
    """One row without a chance would silence its whole period, and a missing label is no staying."""
    no_chance = int((~rows["chance"].astype("float64").between(0.0, 1.0)).sum())
    no_label = int((~rows["label"].isin([0, 1])).sum())
    if no_chance or no_label:
        raise ValueError(
            f"of {len(rows)} rows {no_chance} have no chance from 0 to 1 and {no_label} no label 0 or 1: leave out families that "
            "were not scored, or whose outcome is not mature."
        )


def shift_of(chance: np.ndarray, label: np.ndarray, cluster: np.ndarray) -> tuple[float, float, int]:
    """The shift of log-odds under which predicted and observed agree, its standard error, and the number of clusters.

    ``cluster`` (n,) integer codes. Half an exit is added, so that none at all is not minus infinity.
    """
    margin = logit(np.clip(chance, _EDGE, 1 - _EDGE))
    seen = float(label.sum())
    wanted = min(max(seen, _HALF_EXIT), len(label) - _HALF_EXIT)
    shift = float(brentq(lambda d: float(expit(margin + d).sum()) - wanted, -_REACH, _REACH))
    expected = expit(margin + shift)
    clusters = int(cluster.max()) + 1
    rest = np.bincount(cluster, weights=label - expected, minlength=clusters)
    information = float((expected * (1 - expected)).sum())
    # Never below what independent families would give: few clusters may agree by luck.
    variance = max(float((rest**2).sum()) * clusters / max(1, clusters - 1), information) / information**2
    return shift, float(np.sqrt(variance)), clusters


def _judge(period: str, part: pd.DataFrame, level: float, level_error: float) -> dict[str, object]:
    chance, label = part["chance"].to_numpy(dtype=float), part["label"].to_numpy(dtype=float)
    alone = part["pendamping_id"].isna().to_numpy()
    codes, names = pd.factorize(part["pendamping_id"], sort=True)
    cluster = np.where(alone, len(names) + np.cumsum(alone) - 1, codes)
    expected, observed = float(chance.sum()), int(label.sum())
    line: dict[str, object] = {
        "period": period, "families": len(part), "pendamping": len(names),
        "predicted": float(part["predicted"].sum()), "expected": expected,
        "observed": observed,
        "shift": float("nan"), "low": float("nan"), "high": float("nan"), "p_value": float("nan"), "alarm": False,
        "enough": bool(expected >= FEWEST and len(names) >= 5),
    }  # fmt: skip
    if not line["enough"]:
        return line
    shift, error, clusters = shift_of(chance, label, cluster)
    error = float(np.hypot(error, level_error))
    p_value = float(2 * stats.t.sf(abs(shift) / error, clusters - 1))
    half = float(stats.t.ppf(0.975, clusters - 1)) * error
    return line | {
        "shift": shift, "low": shift - half, "high": shift + half, "p_value": p_value, "alarm": p_value < level,
    }  # fmt: skip
