"""What the model card says about how good the model is: sentences and tables from the figures of a backtest."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from pkh_graduation.evaluation.comparison import ALL_ORIGINS
from pkh_graduation.evaluation.model_card_words import NOTHING, Words
from pkh_graduation.evaluation.wording import SMALL

MODEL = "model"
BAND = (0.9, 1.1)
"""Predicted over observed: outside it, with its whole interval, chances are said to be off."""
_CALIBRATION_DIGITS = {"ece": 4, "ece_limit": 4}


@dataclass(frozen=True)
class Table:
    """A table as text: heading, columns, rows of cells, a note."""

    key: str
    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    note: str = ""

    def plain(self) -> dict[str, Any]:
        """For JSON and templates."""
        return {
            "key": self.key,
            "title": self.title,
            "columns": list(self.columns),
            "rows": [list(row) for row in self.rows],
            "note": self.note,
        }


@dataclass(frozen=True)
class Figures:
    """The figures of one backtest as ``metrics.json`` holds them (`BacktestReport.to_dict`)."""

    metrics: Mapping[str, Any]

    @property
    def test(self) -> str:
        """The last origin."""
        return str(self.metrics["test_origin"])

    def row(self, contender: str, origin: str, metric: str) -> Mapping[str, Any] | None:
        """One figure with its interval and sizes; None if it was not computed."""
        wanted = (contender, origin, metric)
        return next(
            (row for row in self.metrics["metrics"] if (row["contender"], row["origin"], row["metric"]) == wanted), None
        )

    def paired(self, origin: str) -> dict[str, float | None] | None:
        """Precision of the model minus the best rule's, per 100 listed, with the wider of its two intervals."""
        for row in self.metrics["paired"]:
            if (row["contender"], row["origin"], row["metric"]) == (MODEL, origin, "precision"):
                lows, highs = [row["low"], row["low_pendamping"]], [row["high"], row["high_pendamping"]]
                known = None not in lows + highs
                return {
                    "difference": 100 * row["difference"],
                    "low": 100 * min(lows) if known else None,
                    "high": 100 * max(highs) if known else None,
                }
        return None

    def lists(self) -> Mapping[str, Any]:
        """Sizes of the model's lists at the last origin."""
        found = (row for row in self.metrics["lists"] if (row["contender"], row["origin"]) == (MODEL, self.test))
        return next(found, {})


def answer(figures: Figures, words: Words) -> list[str]:
    """How good the model is, in sentences: against today's practice, by lot, all origins, sizes, chances."""
    own = figures.row(MODEL, figures.test, "precision")
    metrics = figures.metrics
    fields = {"origin": words.date(figures.test), "months": 3 * int(metrics["horizon"])}
    if own is None or own["value"] is None or own["n_positive"] < SMALL:
        return [words.say("good", "too_few", **fields)]
    first = words.say(
        "good", "answer", capacity=words.percent(metrics["capacity"]), model=_of_hundred(own, words), **fields
    )
    said = [first + " " + _against(figures, words) + _by_lot(figures, own, words)]
    said.append(_verdict(figures.paired(figures.test), words, metrics["best_rule"]))
    said.append(words.say("good", "most", rest=words.number(100 - 100 * own["value"]), **fields))
    pooled = figures.paired(ALL_ORIGINS)
    if pooled is not None and pooled["low"] is not None and len(metrics["origins"]) > 1:
        signed = {key: words.number(value, 1, signed=True) for key, value in pooled.items()}
        said.append(words.say("good", "pooled", n=len(metrics["origins"]), **signed))
    lists = figures.lists()
    if lists:
        sizes = {"families": words.number(lists["n"]), "pendamping": words.number(lists["groups"])}
        said.append(words.say("good", "size", origin=words.date(figures.test), **sizes))
    learnt = {row["origin"]: row.get("mandiri_learnt") for row in metrics["dropped"]}.get(figures.test)
    if learnt is not None:
        said.append(words.say("good", "learnt", families=words.number(learnt), **fields))
    ratio = figures.row(MODEL, figures.test, "predicted_observed")
    if ratio is not None and ratio["value"] is not None:
        span = _with_interval(words.number(ratio["value"], 2), words.span(ratio["low"], ratio["high"], 2), words)
        low, high = (ratio[key] if ratio[key] is not None else ratio["value"] for key in ("low", "high"))
        apart = high < BAND[0] or low > BAND[1]
        said.append(words.say("good", "calibration_off" if apart else "calibration", ratio=span))
    return [sentence for sentence in said if sentence]


def contenders(figures: Figures, words: Words) -> Table:
    """All ways that were compared, at the last origin."""
    rows = []
    for name in figures.metrics["contenders"]:
        cells = [figures.row(name, figures.test, metric) for metric in ("precision", "lift", "auc")]
        own = cells[0]
        few = own is None or own["n_positive"] < SMALL
        texts = [
            _cell(cell, scale, digits, words)
            for cell, (scale, digits) in zip(cells, ((100, 1), (1, 2), (1, 3)), strict=True)
        ]
        span = "" if own is None else _span(own, 100, 1, words)
        rows.append([words.name(name), *([words.label("too_few")] * 4 if few else [texts[0], span, *texts[1:]])])
    heads = [words.label(key) for key in ("contender", "precision", "interval", "lift", "auc")]
    return Table("contenders", words.say("tables", "contenders"), heads, rows, words.date(figures.test))


def origins(figures: Figures, words: Words) -> Table:
    """Precision of the model, of the best rule, origin by origin."""
    rule = figures.metrics["best_rule"]
    names = [MODEL, *([rule] if rule not in (None, MODEL) else [])]
    rows = []
    for origin in (*figures.metrics["origins"], ALL_ORIGINS):
        cells = [figures.row(name, origin, "precision") for name in names]
        head = words.label("origins_all") if origin == ALL_ORIGINS else words.date(origin)
        rows.append([head, *(_cell(cell, 100, 1, words) for cell in cells)])
    heads = [words.label("origin"), *(words.name(name) for name in names)]
    return Table("origins", words.say("tables", "origins"), heads, rows, words.label("precision"))


def calibration(figures: Figures, words: Words) -> Table:
    """Whether the chances are right, at the last origin."""
    rows = []
    for metric, (name, wanted) in words.data["calibration"].items():
        row, digits = figures.row(MODEL, figures.test, metric), _CALIBRATION_DIGITS.get(metric, 2)
        if row is not None:
            rows.append([name, _cell(row, 1, digits, words), _span(row, 1, digits, words), wanted])
    heads = [words.label(key) for key in ("figure", "value", "interval", "meaning")]
    return Table("calibration", words.say("tables", "calibration"), heads, rows, words.date(figures.test))


def of_frame(key: str, title: str, frame: pd.DataFrame, note: str, words: Words) -> Table:
    """Any frame as a table; a named index becomes its first columns."""
    if any(name is not None for name in frame.index.names):
        frame = frame.reset_index()
    digits = [_digits(frame[column]) for column in frame.columns]
    cells = frame.astype("object").itertuples(index=False, name=None)
    rows = [
        [
            _any_cell(cell, words, column, places)
            for cell, column, places in zip(row, frame.columns, digits, strict=True)
        ]
        for row in cells
    ]
    heads = [str(words.data["columns"].get(column, str(column).replace("_", " "))).strip() for column in frame.columns]
    return Table(key, title, heads, rows, note)


def _digits(column: pd.Series) -> int:
    """Decimals of a column's numbers: three figures of the largest, and no more than any of them has."""
    numbers = [abs(cell) for cell in column if isinstance(cell, float) and math.isfinite(cell)]
    most = 3 - sum(max(numbers, default=0.0) >= bound for bound in (1, 10))
    return next((digits for digits in range(most) if all(round(one, digits) == one for one in numbers)), most)


def _any_cell(cell: Any, words: Words, column: str, digits: int) -> str:
    """A cell of a handed-in table: axes, groups, contenders and hold-outs as words, dates as dates, numbers with ``digits``.

    What a name means depends on its column: `desil` is an axis, and a way of listing.
    """
    if isinstance(cell, str):
        named = words.data["axes"] if column == "axis" else _cell_words(words)
        known = named.get(cell)
        return str(known) if known is not None else words.date(cell)
    if isinstance(cell, float) and math.isfinite(cell):
        return words.number(cell, digits)
    return words.plain(None if not isinstance(cell, list | tuple) and pd.isna(cell) else cell)


def _cell_words(words: Words) -> dict[str, str]:
    return {**words.data["names"], **words.data["values"], **words.data["groups"]}


def _of_hundred(row: Mapping[str, Any], words: Words) -> str:
    return _with_interval(words.number(100 * row["value"], 1), _span(row, 100, 1, words), words)


def _with_interval(value: str, span: str, words: Words) -> str:
    return words.say("good", "of_hundred" if span else "of_hundred_bare", value=value, span=span)


def _against(figures: Figures, words: Words) -> str:
    rule = figures.metrics["best_rule"]
    row = None if rule in (None, MODEL) else figures.row(rule, figures.test, "precision")
    if row is None or row["value"] is None:
        return words.say("good", "no_rule")
    return words.say("good", "rule", rule=words.name(rule), value=_of_hundred(row, words))


def _by_lot(figures: Figures, own: Mapping[str, Any], words: Words) -> str:
    lift = figures.row(MODEL, figures.test, "lift")
    if lift is None or not lift["value"]:
        return ""
    return " " + words.say("good", "chance", value=words.number(100 * own["value"] / lift["value"], 1))


def _verdict(paired: Mapping[str, float | None] | None, words: Words, rule: str | None) -> str:
    if paired is None or rule in (None, MODEL):
        return ""
    signed = {key: words.number(value, 1, signed=True) for key, value in paired.items()}
    low, high = paired["low"], paired["high"]
    if low is None or high is None:
        return words.say("good", "no_interval", **signed)
    return words.say("good", "better" if low > 0 else "worse" if high < 0 else "unproven", **signed)


def _cell(row: Mapping[str, Any] | None, scale: float, digits: int, words: Words) -> str:
    if row is None or row["value"] is None:
        return NOTHING
    return words.label("too_few") if row["n_positive"] < SMALL else words.number(scale * row["value"], digits)


def _span(row: Mapping[str, Any], scale: float, digits: int, words: Words) -> str:
    if row["low"] is None or row["high"] is None or row["n_positive"] < SMALL:
        return ""
    return words.span(scale * row["low"], scale * row["high"], digits)
