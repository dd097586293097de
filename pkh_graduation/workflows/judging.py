"""What a backtest says beyond its origins: hold-outs, and lists as they live. The corridor between folds and figures."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

import pandas as pd

from pkh_graduation import evaluation, timeline
from pkh_graduation.contracts import Contender, Outcomes, Progress, Snapshots, quiet
from pkh_graduation.evaluation import BacktestReport


def complete(
    report: BacktestReport,
    contenders: Mapping[str, Contender],
    X: pd.DataFrame,
    y: Outcomes,
    history: Snapshots,
    *,
    model: str,
    progress: Progress = quiet,
) -> BacktestReport:
    """The report with its hold-outs at the last origin (one more fit of the model and of the best rule) and its lists.

    Without a rule of practice, or with too few units to hold any out, the report has no hold-outs.
    """
    last = timeline.PanelFolds(n_origins=1, horizon=report.horizon)
    holdouts = None
    if report.best_rule is not None and history.frame["pendamping_id"].nunique() > 1:
        progress("menguji pada keluarga, pendamping dan kabupaten yang belum dikenal")
        holdouts = evaluation.run_holdouts(
            report, contenders, X, y, history, [timeline.NewUnits(last, random_state=report.random_state)],
            model=model, future=last, progress=progress,
        )  # fmt: skip
    progress("memeriksa daftar dalam setahun")
    life = evaluation.list_life(report, X, model=model)
    return dataclasses.replace(report, holdouts=holdouts, life=life)
