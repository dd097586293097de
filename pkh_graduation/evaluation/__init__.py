"""Evaluation: how good lists and probabilities would have been, against what is done today.

In: contenders, X, `Outcomes`, `Snapshots` and folds, each handed in. Out: a `BacktestReport`, its figures as plain numbers,
and one HTML page for people. May import: contracts, programme, numpy, pandas, scikit-learn, matplotlib, jinja2.
May not: any other room; learn anything from after an origin.
"""

from pkh_graduation.evaluation.backtest import run_backtest
from pkh_graduation.evaluation.backtest_report import BacktestReport
from pkh_graduation.evaluation.holdouts import run_holdouts
from pkh_graduation.evaluation.labels import labels_at
from pkh_graduation.evaluation.list_life import ListLife, list_life
from pkh_graduation.evaluation.report import render_report

__all__ = ["BacktestReport", "ListLife", "labels_at", "list_life", "render_report", "run_backtest", "run_holdouts"]
