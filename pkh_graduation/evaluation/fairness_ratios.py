"""Worst against best: how far apart the groups of an axis are on the list, with the interval and what chance alone would do.

The worst of many groups looks bad even if all are alike, so two yardsticks stand beside each ratio: a bootstrap over families
that picks the worst and the best anew in each resample, and `by_chance`, the ratio that 95 of 100 lists exceed at most when the
same hits are dealt out among the listed families at random.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from pkh_graduation.evaluation.bootstrap import interval
from pkh_graduation.evaluation.fairness_groups import SMALL_GROUP, align, pool_small

RATIO_COLUMNS = ("axis", "ratio", "value", "low", "high", "by_chance", "limit", "within", "worst", "best", "groups")
FDR_RATIO, WORST_PRECISION = "fdr_worst_over_best", "precision_worst_over_all"
LIMITS = {FDR_RATIO: 1.25, WORST_PRECISION: 0.8}
"""Targets of the methods (section 12, row 13): at most, and at least."""
_FEWEST = 2


def fairness_ratios(
    rows: pd.DataFrame,
    groups: pd.DataFrame,
    *,
    listed: np.ndarray,
    n_boot: int = 200,
    random_state: int = 0,
    least: int = SMALL_GROUP,
) -> pd.DataFrame:
    """Worst over best false discovery, and worst precision over everyone's, on every axis (`RATIO_COLUMNS`).

    ``rows``: ``kpm_id, as_of, label``; ``listed`` (n,) booleans. Groups with fewer than ``least`` listed families take no
    part; ``groups`` counts those that do, and with fewer than two the ratio is missing. ``within`` says whether the point
    lies on the right side of its limit. A false discovery is a listed family that did not graduate by itself in time.
    """
    listed = np.asarray(listed, dtype=bool)
    label = rows["label"].to_numpy(dtype=float)[listed]
    table: list[dict[str, Any]] = []
    for number, (axis, words) in enumerate(align(groups, rows).items()):
        codes, names = pd.factorize(pool_small(words, least=least)[listed], sort=True)
        size = np.bincount(codes, minlength=len(names))
        member = (codes[None, :] == np.flatnonzero(size >= least)[:, None]).astype(float)
        kept = [str(names[place]) for place in np.flatnonzero(size >= least)]
        random = np.random.default_rng([random_state, number])
        table += _lines(str(axis), kept, member, label, n_boot, random)
    return pd.DataFrame(table, columns=list(RATIO_COLUMNS))


def _lines(
    axis: str, kept: list[str], member: np.ndarray, label: np.ndarray, n_boot: int, random: np.random.Generator
) -> list[dict[str, Any]]:
    if len(kept) < _FEWEST:
        nothing = dict.fromkeys(("value", "low", "high", "by_chance"), float("nan"))
        return [
            {"axis": axis, "ratio": name, **nothing, "limit": limit, "within": None, "worst": "", "best": "", "groups": len(kept)}
            for name, limit in LIMITS.items()
        ]  # fmt: skip
    n = len(label)
    precision = member @ label / member.sum(axis=1)
    weights = random.multinomial(n, np.full(n, 1 / n), size=n_boot).astype(float)
    drawn = _precisions(member, weights * label, weights)
    dealt = np.stack([random.permutation(label) for _ in range(n_boot)]) if n_boot else np.zeros((0, n))
    chance = _precisions(member, dealt, np.ones((n_boot, n)))
    worst, best = kept[int(precision.argmin())], kept[int(precision.argmax())]
    lines = []
    for name, figure, tail in ((FDR_RATIO, _fdr_ratio, 0.95), (WORST_PRECISION, _worst_precision, 0.05)):
        value = float(figure(precision[None], np.array([label.mean()]))[0])
        low, high = interval(figure(drawn, (weights @ label) / n))
        by_luck = figure(chance, np.full(len(chance), label.mean()))
        within = value <= LIMITS[name] if name == FDR_RATIO else value >= LIMITS[name]
        lines.append(
            {
                "axis": axis, "ratio": name, "value": value, "low": low, "high": high, "limit": LIMITS[name],
                "by_chance": float(np.quantile(by_luck, tail)) if n_boot else float("nan"),
                "within": bool(within) if np.isfinite(value) else None, "worst": worst, "best": best, "groups": len(kept),
            }
        )  # fmt: skip
    return lines


def _precisions(member: np.ndarray, hits: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Precision of each group in each resample, shape (resamples, groups); whole numbers, so that no rounding decides."""
    return np.asarray((hits @ member.T) / np.maximum(weights @ member.T, 1.0))


def _fdr_ratio(precision: np.ndarray, overall: np.ndarray) -> np.ndarray:
    del overall
    false = 1 - precision
    worst, best = false.max(axis=1), false.min(axis=1)
    return np.divide(worst, best, out=np.full(len(worst), np.nan), where=best > 0)


def _worst_precision(precision: np.ndarray, overall: np.ndarray) -> np.ndarray:
    return np.divide(precision.min(axis=1), overall, out=np.full(len(overall), np.nan), where=overall > 0)
