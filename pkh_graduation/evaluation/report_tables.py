"""The report's tables as text: what the template prints, cell by cell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from pkh_graduation.evaluation.backtest_report import BacktestReport
from pkh_graduation.evaluation.comparison import ALL_ORIGINS, OTHER_WAYS, WITHOUT
from pkh_graduation.evaluation.wording import NOTHING, SMALL, TOO_FEW, date, number, span

COLUMNS = (
    ("precision", "Ketepatan daftar", 100, 1),
    ("recall", "Daya tangkap", 100, 1),
    ("lift", "Kali lipat undian", 1, 2),
    ("auc", "AUC", 1, 3),
    ("average_precision", "Ketepatan rata-rata", 1, 3),
    ("log_loss", "Log-loss", 1, 4),
    ("brier", "Brier", 1, 4),
    ("predicted_observed", "Ramalan : kenyataan", 1, 2),
)
"""Metric, its heading, what it is multiplied by, decimals."""


@dataclass(frozen=True)
class Cell:
    """A figure with its interval; ``quiet`` when it is not a figure."""

    text: str
    interval: str = ""
    quiet: bool = False


@dataclass(frozen=True)
class Line:
    """A line of a table; ``tag`` tells what the contender is, ``role`` how it is coloured."""

    head: str
    cells: tuple[Cell, ...]
    tag: str = ""
    role: str = ""


@dataclass(frozen=True)
class Figures:
    """Look-up of figures: contender, origin, metric."""

    table: pd.DataFrame = field(repr=False)

    @classmethod
    def of(cls, report: BacktestReport) -> Figures:
        """Index the metrics of a report."""
        return cls(report.metrics.set_index(["contender", "origin", "metric"]).sort_index())

    def row(self, contender: str, origin: str, metric: str) -> Mapping[str, Any]:
        """Value, interval and sizes of one figure."""
        return self.table.loc[(contender, origin, metric)].to_dict()

    def cell(self, contender: str, origin: str, metric: str, scale: float, digits: int) -> Cell:
        """One figure as text; too few positives are said, not turned into a figure."""
        row = self.row(contender, origin, metric)
        if row["n_positive"] < SMALL:
            return Cell(TOO_FEW, quiet=True)
        text = number(scale * row["value"], digits)
        return Cell(text, span(row["low"], row["high"], digits, scale=scale), text == NOTHING)


def contender_table(
    report: BacktestReport, figures: Figures, names: Mapping[str, str], model: str, oracle: Mapping[str, float]
) -> list[Line]:
    """All figures of the last origin, model first, rules after it by precision; the oracle, if known, at the end."""
    origin = report.test_origin
    lines = [
        Line(
            names[name],
            tuple(figures.cell(name, origin, metric, scale, digits) for metric, _, scale, digits in COLUMNS),
            *_role(name, report, model),
        )
        for name in in_reading_order(report, figures, model)
    ]
    if oracle:
        cells = tuple(
            Cell(number(scale * oracle.get(metric, float("nan")), digits)) for metric, _, scale, digits in COLUMNS
        )
        lines.append(Line("batas atas", cells, "kebenaran yang ditanam", "oracle"))
    return lines


def in_reading_order(report: BacktestReport, figures: Figures, model: str) -> list[str]:
    """Model first, then by falling precision at the last origin."""
    precision = {name: figures.row(name, report.test_origin, "precision")["value"] for name in report.contenders}
    rest = [name for name in report.contenders if name != model]
    return [model, *sorted(rest, key=lambda name: -precision[name] if precision[name] == precision[name] else 1.0)]


def origin_table(
    report: BacktestReport, figures: Figures, names: Mapping[str, str], order: list[str]
) -> tuple[list[str], list[Line]]:
    """Precision at every origin; headings and lines."""
    lines, learnt = [], report.dropped.set_index("origin")["mandiri_learnt"]
    for origin in (*report.origins, ALL_ORIGINS):
        sizes = figures.row(order[0], origin, "precision")
        n, positive = int(sizes["n"]), int(sizes["n_positive"])
        few = positive < SMALL
        size_cells = (
            Cell(NOTHING, quiet=True) if origin == ALL_ORIGINS else Cell(number(int(learnt[origin]), 0)),
            Cell(number(n, 0)),
            Cell(TOO_FEW, quiet=True) if few else Cell(number(positive, 0), f"{number(100 * positive / n, 2)} %"),
        )
        cells = tuple(figures.cell(name, origin, "precision", 100, 1) for name in order)
        head = "semua asal" if origin == ALL_ORIGINS else date(origin)
        lines.append(Line(head, size_cells + cells, "uji" if origin == report.test_origin else ""))
    return ["Graduasi yang dipelajari", "Keluarga dinilai", "Graduasi mandiri", *(names[name] for name in order)], lines


def list_makeup_table(
    report: BacktestReport, figures: Figures, names: Mapping[str, str], order: list[str], model: str
) -> list[Line]:
    """What became of the listed families, in per cent, at the last origin; and precision without administrative exits."""
    origin = report.test_origin
    metrics = ("precision", *(f"list_share_{way}" for way in OTHER_WAYS))
    lines = []
    for name in order:
        rows = [figures.row(name, origin, metric) for metric in metrics]
        staying = 1 - sum(row["value"] for row in rows)
        cells = (
            *(_share_cell(row) for row in rows),
            Cell(number(100 * staying, 1)),
            figures.cell(name, origin, f"precision{WITHOUT}", 100, 1),
        )
        lines.append(Line(names[name], cells, *_role(name, report, model)))
    return lines


def ways_table(report: BacktestReport, figures: Figures, name: str) -> list[Line]:
    """Each way out on its own, for one contender at the last origin: observed, predicted, their ratio, AUC."""
    origin = report.test_origin
    lines = []
    for way, suffix in (("mandiri", ""), *((way, f"_{way}") for way in OTHER_WAYS)):
        row = figures.row(name, origin, f"predicted_observed{suffix}")
        n, few = int(row["n_positive"]), row["n_positive"] < SMALL
        cells = (
            Cell(TOO_FEW, quiet=True) if few else Cell(number(n, 0)),
            Cell(NOTHING, quiet=True) if few else Cell(number(row["value"] * n, 1)),
            figures.cell(name, origin, f"predicted_observed{suffix}", 1, 2),
            figures.cell(name, origin, f"auc{suffix}", 1, 3),
        )
        lines.append(Line(way, cells))
    return lines


def dropped_table(report: BacktestReport) -> list[Line]:
    """Who could not be judged, and which caseloads had no list, per origin."""
    lists = report.at_capacity(report.capacity)
    lists = lists[lists["contender"] == report.contenders[0]].set_index("origin")
    lines = []
    for row in report.dropped.to_dict("records"):
        counts = [
            row[key] for key in ("families", "labelled", "sudah_keluar", "immature", "held_out", "without_pendamping")
        ]
        if row["origin"] in lists.index:
            counts += lists.loc[row["origin"], ["groups", "groups_too_small"]].tolist()
        else:
            counts += [0, 0]
        lines.append(Line(date(row["origin"]), tuple(Cell(number(int(count), 0)) for count in counts)))
    return lines


def _share_cell(row: Mapping[str, Any]) -> Cell:
    return Cell(TOO_FEW, quiet=True) if row["n_positive"] < SMALL else Cell(number(100 * row["value"], 1))


def _role(name: str, report: BacktestReport, model: str) -> tuple[str, str]:
    if name == model:
        return ("model", "model")
    if name == report.best_rule:
        return ("aturan pembanding", "rule")
    return ("aturan", "") if name in report.practice else ("model lain", "")
