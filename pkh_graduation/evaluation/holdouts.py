"""The four hold-outs in one table: a later time, and in that later time new families, new pendamping, new kabupaten.

Every line lies in the future of its origin, so ``pendamping_baru`` is the future *and* a pendamping nobody learnt from. The
line ``masa_depan`` comes from the backtest itself: its training knew most of the judged families and all their pendamping. The
other lines come from fits that knew nothing of the judged units; beside them stands how well the backtest's own fit, which
knew them and had more rows to learn from, did on the *same families*.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pkh_graduation.contracts import Contender, Fold, Folds, Outcomes, Progress, Snapshots, quiet
from pkh_graduation.evaluation.backtest import check_fold, in_order, judged_rows, predict_fold
from pkh_graduation.evaluation.backtest_report import BacktestReport
from pkh_graduation.evaluation.bootstrap import draw_weights, interval, resample, varied_interval
from pkh_graduation.evaluation.capacity import Lists, draw_lists, list_figures
from pkh_graduation.evaluation.comparison import whole_scope
from pkh_graduation.evaluation.rows import rows_at
from pkh_graduation.evaluation.shift import covariate_shift, draw_rows
from pkh_graduation.programme.vocabulary import MANDIRI

FUTURE = "masa_depan"
NEW = {"kpm": "keluarga_baru", "pendamping": "pendamping_baru", "kabupaten": "kabupaten_baru"}
"""What a fold says is new -> the name of the line."""
LINES = (FUTURE, *NEW.values())

COLUMNS = (
    "holdout", "model", "rule", "origins", "families", "n_positive", "pendamping", "places", "train_rows",
    "precision", "low", "high", "rule_precision", "ratio", "ratio_low", "ratio_high", "precision_known",
    "shift_auc", "shifted_features", "psi_median", "psi_max",
)  # fmt: skip


@dataclass(frozen=True)
class Judged:
    """Predictions under one hold-out, and how its rows differ from what was learnt from (means over its folds)."""

    predictions: pd.DataFrame
    train_rows: int
    shift: Mapping[str, float]


def run_holdouts(
    report: BacktestReport,
    contenders: Mapping[str, Contender],
    X: pd.DataFrame,
    y: Outcomes,
    history: Snapshots,
    folds: Sequence[Folds],
    *,
    model: str,
    future: Folds | None = None,
    progress: Progress = quiet,
) -> pd.DataFrame:
    """One line per hold-out (`COLUMNS`), the model against the best rule that the backtest chose on earlier origins.

    Args:
        report: the backtest of the same material; gives rule, capacity, horizon, seed, resamples, and the future's line.
        folds: folds that say what is new (`Fold.newness`), such as ``[timeline.NewUnits(PanelFolds(1, 4))]``.
        model: name of the contender the table is about.
        future: plain folds at the report's last origin, only to say how far that origin's features have shifted.

    ``precision`` is that of lists within each pendamping; its interval, and that of ``ratio`` (model over rule), come from
    resampled pendamping, the same for both, and are missing where every resample gives the same (nobody was found, say).
    Lists of ``keluarga_baru`` are drawn among each pendamping's new families only.
    ``precision_known``: the same families by the backtest's fit, where its origins cover them. A hold-out for which there
    are too few units has no line.

    Raises:
        ContractError: a fold leaks.
        ValueError: the report has no rule of practice to compare with, or ``model`` did not compete.
    """
    rule = report.best_rule
    if rule is None:
        raise ValueError("the backtest had no rule of practice, so there is nothing to compare a hold-out with.")
    if model not in report.contenders or model not in contenders:
        raise ValueError(f"{model!r} did not compete; contenders are {list(report.contenders)}.")
    pair = {name: contenders[name] for name in dict.fromkeys((model, rule))}
    found = _judge(pair, X, y, history, folds, report, progress)
    last = report.predictions[report.predictions["origin"] == report.test_origin]
    plain = next(iter(future.split(X, y, history))) if future is not None else None
    trained = 0 if plain is None else len(plain.train)
    shift = {} if plain is None else _shift_at(rows_at(X, draw_rows(plain.train), "X"), plain.test, X)
    lines = [_line(FUTURE, Judged(last, trained, shift), report, model, rule)]
    lines += [_line(NEW[kind], found[kind], report, model, rule) for kind in NEW if kind in found]
    table = pd.DataFrame(lines, columns=list(COLUMNS))
    return table.sort_values("holdout", key=lambda names: names.map(LINES.index), ignore_index=True)


def _judge(
    pair: Mapping[str, Contender],
    X: pd.DataFrame,
    y: Outcomes,
    history: Snapshots,
    several: Sequence[Folds],
    report: BacktestReport,
    progress: Progress,
) -> dict[str, Judged]:
    """Fit on every fold, and sort what was judged by what was new."""
    frames: dict[str, list[pd.DataFrame]] = {}
    trained: dict[str, list[int]] = {}
    shifts: dict[str, list[dict[str, float]]] = {}
    for folds in several:
        for fold in folds.split(X, y, history):
            check_fold(fold)
            rows = judged_rows(fold, history, report.horizon)
            newness = _newness(fold)
            if rows.empty:
                continue
            parts = [
                predict_fold(name, one, fold, rows, X, history, report.horizon, progress) for name, one in pair.items()
            ]
            predictions, learnt = pd.concat(parts, ignore_index=True), rows_at(X, draw_rows(fold.train), "X")
            kinds = newness.reindex(pd.MultiIndex.from_frame(predictions[["kpm_id", "as_of"]])).to_numpy()
            for kind in (kind for kind in NEW if (kinds == kind).any()):
                frames.setdefault(kind, []).append(predictions[kinds == kind])
                trained.setdefault(kind, []).append(len(fold.train))
                shifts.setdefault(kind, []).append(_shift_at(learnt, fold.test[(newness == kind).to_numpy()], X))
    return {
        kind: Judged(
            in_order(pd.concat(frames[kind], ignore_index=True), list(pair)),
            int(np.mean(trained[kind])),
            pd.DataFrame(shifts[kind]).mean().to_dict(),
        )
        for kind in frames
    }


def _newness(fold: Fold) -> pd.Series:
    if fold.newness is None:
        raise ValueError(
            f"the fold of origin {fold.origin} does not say what is new about its families: use NewUnits(PanelFolds(...))."
        )
    return fold.newness


def _shift_at(train: pd.DataFrame, test: pd.MultiIndex, X: pd.DataFrame) -> dict[str, float]:
    """Shift from (drawn) training rows to some test rows."""
    shift = covariate_shift(train, rows_at(X, draw_rows(test), "X"))
    return {
        "shift_auc": shift.auc, "shifted_features": float(shift.shifted),
        "psi_median": float(shift.psi.median()), "psi_max": float(shift.psi.max()),
    }  # fmt: skip


def _line(name: str, judged: Judged, report: BacktestReport, model: str, rule: str) -> dict[str, object]:
    rows = judged.predictions
    scope, _ = whole_scope(rows[rows["contender"].isin([model, rule])])
    lists = {
        who: draw_lists(scope.probability[who][MANDIRI], scope.positive, scope.group, report.capacity)
        for who in dict.fromkeys((model, rule))
    }
    point = {who: float(list_figures(one, np.ones((1, len(scope.end))))["precision"][0]) for who, one in lists.items()}
    return {
        "holdout": name,
        "model": model,
        "rule": rule,
        "origins": int(rows["origin"].nunique()),
        "families": len(scope.end),
        "n_positive": int(scope.positive.sum()),
        "pendamping": int(rows["pendamping_id"].nunique()),
        "places": int(lists[model].places.sum()),
        "train_rows": judged.train_rows or None,
        "precision": point[model],
        "rule_precision": point[rule],
        "ratio": point[model] / point[rule] if point[rule] > 0 else float("nan"),
        "precision_known": _known(rows, report, model) if name != FUTURE else float("nan"),
        **_intervals(lists, scope.pendamping, model, rule, report),
        **judged.shift,
    }


def _known(rows: pd.DataFrame, report: BacktestReport, model: str) -> float:
    """Precision on the same families of the backtest's own fit; missing where its origins do not cover them."""
    keys = ["origin", "kpm_id", "as_of"]
    asked = rows.loc[rows["contender"] == model, keys]
    own = report.predictions[report.predictions["contender"] == model].merge(asked, on=keys)
    if len(own) < len(asked):
        return float("nan")
    scope, _ = whole_scope(own)
    lists = draw_lists(scope.probability[model][MANDIRI], scope.positive, scope.group, report.capacity)
    return float(list_figures(lists, np.ones((1, len(own))))["precision"][0])


def _intervals(
    lists: Mapping[str, Lists], pendamping: np.ndarray, model: str, rule: str, report: BacktestReport
) -> dict[str, float]:
    """Percentile intervals over resampled pendamping: precision of the model, and the ratio to the rule."""
    n_units = int(pendamping.max()) + 1
    weights = draw_weights(n_units, report.n_boot, np.random.default_rng([report.random_state, 4]))
    figures = {who: (lambda w, one=one: list_figures(one, w)) for who, one in lists.items()}
    replicates = resample(figures, pendamping, weights)
    if not report.n_boot:
        return dict.fromkeys(("low", "high", "ratio_low", "ratio_high"), float("nan"))
    above, below = replicates[model]["precision"], replicates[rule]["precision"]
    low, high = varied_interval(above)
    ratios = above / np.where(below > 0, below, np.nan)
    ratio_low, ratio_high = interval(ratios) if model == rule else varied_interval(ratios)
    return {"low": low, "high": high, "ratio_low": ratio_low, "ratio_high": ratio_high}
