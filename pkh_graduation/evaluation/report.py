"""The report of a backtest as one HTML page: opens offline, prints, asks nothing of any other place."""

from __future__ import annotations

import importlib.resources
from collections.abc import Mapping
from typing import Any

from pkh_graduation.evaluation.backtest_report import BacktestReport
from pkh_graduation.evaluation.capacity import at_capacity
from pkh_graduation.evaluation.comparison import ALL_ORIGINS, Scope, whole_scope
from pkh_graduation.evaluation.figures import Difference, capture_chart, paired_chart, reliability_chart
from pkh_graduation.evaluation.report_life import HOLDOUT_HEADS, PLAN_HEADS, YEAR_HEADS, holdout_lines, life_view
from pkh_graduation.evaluation.report_tables import (
    COLUMNS,
    Cell,
    Figures,
    contender_table,
    dropped_table,
    in_reading_order,
    list_makeup_table,
    origin_table,
    ways_table,
)
from pkh_graduation.evaluation.scores import reliability
from pkh_graduation.evaluation.wording import SMALL, date, display, headline, months, number, percent, plain, span
from pkh_graduation.programme.vocabulary import MANDIRI

SHARES = (0.01, 0.02, 0.03, 0.05, 0.075, 0.10, 0.125, 0.15, 0.20, 0.25, 0.30, 0.40, 0.50)
_SHOWN_APART = ("sintetis", "notes", "oracle", "names", "meanings")
_FACT_NAMES = {
    "records_digest": "Sidik catatan (SHA-256)", "data_digest": "Sidik data (SHA-256)", "as_of": "Diketahui sampai",
    "cutoff": "Tanggal batas pengetahuan",
    "lag_days": "Keterlambatan pelaporan (hari)", "families": "Keluarga", "rows": "Baris keluarga per tanggal",
    "features": "Masukan model", "n_features": "Masukan model",
    "model": "Model", "seed": "Benih acak", "version": "Versi perangkat lunak",
}  # fmt: skip


def render_report(report: BacktestReport, *, title: str, facts: Mapping[str, Any], language: str = "id") -> str:
    """One HTML page, in Bahasa Indonesia; the same report and facts give the same bytes.

    Args:
        report: what `run_backtest` found.
        title: heading of the page.
        facts: context, shown as given in a table at the end. Known by the page: ``sintetis`` (bool: a banner says that
            the records are made up), ``notes`` (sentences added to the limits), ``oracle`` (metric -> value: best possible
            figures where the truth is known), ``names`` (contender -> name to print), ``meanings`` (model column -> what
            it says, in words), and the keys of common figures (``records_digest, data_digest, as_of, cutoff, lag_days, families,
            rows, features, model, seed, version``), which get a name.
        language: ``"id"``.

    Raises:
        ValueError: another language is asked for.
    """
    import jinja2
    from markupsafe import Markup

    if language != "id":
        raise ValueError(f"the report is written in 'id' (Bahasa Indonesia) only, not in {language!r}.")
    view = _view(report, facts)
    view["charts"] = {name: Markup(chart) for name, chart in view["charts"].items()}
    source = importlib.resources.files("pkh_graduation.evaluation").joinpath("templates", "report.html.j2")
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.from_string(source.read_text(encoding="utf-8")).render(title=title, **view)


def _view(report: BacktestReport, facts: Mapping[str, Any]) -> dict[str, Any]:
    """Everything that the template prints."""
    names = {name: display(name, facts.get("names", {})) for name in report.contenders}
    figures, model = Figures.of(report), champion(report)
    order = in_reading_order(report, figures, model)
    rule = None if report.best_rule is None else names[report.best_rule]
    origin_heads, origin_lines = origin_table(report, figures, names, order)
    return {
        "answer": _answer(report, figures, names, model),
        "bars": _bars(report, figures, names, model),
        "caveats": _caveats(report, rule),
        "charts": _charts(report, names, order, model),
        "columns": [heading for _, heading, _, _ in COLUMNS],
        "contenders": contender_table(report, figures, names, model, facts.get("oracle", {})),
        "dropped": dropped_table(report),
        "holdout_heads": HOLDOUT_HEADS,
        "holdouts": holdout_lines(report),
        "life": life_view(report, names, model, facts.get("meanings", {})),
        "plan_heads": PLAN_HEADS,
        "year_heads": YEAR_HEADS,
        "facts": [(_FACT_NAMES.get(key, key.replace("_", " ")), plain(value))
                  for key, value in facts.items() if key not in _SHOWN_APART],
        "calibration": _calibration(report, figures, model),
        "makeup": list_makeup_table(report, figures, names, order, model),
        "model": names[model],
        "notes": list(facts.get("notes", ())),
        "origin_heads": origin_heads,
        "origins": origin_lines,
        "rule": rule,
        "run": _run_words(report),
        "small": SMALL,
        "synthetic": bool(facts.get("sintetis", False)),
        "ways": ways_table(report, figures, model),
    }  # fmt: skip


def champion(report: BacktestReport) -> str:
    """The contender that the report is about: ``model``, else the first that is no rule, else the first."""
    others = [name for name in report.contenders if name not in report.practice]
    return "model" if "model" in others else (others or list(report.contenders))[0]


def _run_words(report: BacktestReport) -> dict[str, str]:
    return {
        "capacity": percent(report.capacity), "horizon": months(report.horizon), "test": date(report.test_origin),
        "origins": number(len(report.origins), 0), "resamples": number(report.n_boot, 0),
        "seed": str(report.random_state),
    }  # fmt: skip


def _answer(report: BacktestReport, figures: Figures, names: Mapping[str, str], model: str) -> tuple[str, str]:
    own = figures.row(model, report.test_origin, "precision")
    found = {"n_positive": own["n_positive"], "model": own["value"], "model_low": own["low"], "model_high": own["high"]}
    rule = report.best_rule if report.best_rule != model else None
    if rule is not None:
        against = figures.row(rule, report.test_origin, "precision")
        found |= {"rule": against["value"], "rule_low": against["low"], "rule_high": against["high"]}
        found |= _widest(report, model)
    return headline(
        names[model], None if rule is None else names[rule], found, origin=report.test_origin,
        capacity=report.capacity, horizon=report.horizon,
    )  # fmt: skip


def _widest(report: BacktestReport, model: str) -> dict[str, float]:
    """Difference in precision at the last origin, under the wider of the two resamplings on either side."""
    _, row = next(_paired(report, model, report.test_origin).iterrows())
    return {
        "difference": row["difference"], "low": row[["low", "low_pendamping"]].min(skipna=False),
        "high": row[["high", "high_pendamping"]].max(skipna=False),
    }  # fmt: skip


def _paired(report: BacktestReport, name: str, origin: str) -> Any:
    table = report.paired
    return table[(table["contender"] == name) & (table["origin"] == origin) & (table["metric"] == "precision")]


def _bars(report: BacktestReport, figures: Figures, names: Mapping[str, str], model: str) -> list[dict[str, str]]:
    """The headline as three bars: model, best rule, drawing lots."""
    own = figures.row(model, report.test_origin, "precision")
    lift = figures.row(model, report.test_origin, "lift")["value"]
    if own["n_positive"] < SMALL or not lift > 0:
        return []
    bars = [(names[model], own["value"], own["low"], own["high"], "model")]
    if report.best_rule not in (None, model):
        row = figures.row(str(report.best_rule), report.test_origin, "precision")
        bars.append((names[str(report.best_rule)], row["value"], row["low"], row["high"], "rule"))
    bars.append(("diundi", own["value"] / lift, float("nan"), float("nan"), "chance"))
    longest = max(value for _, value, _, _, _ in bars)
    return [
        {"name": name, "value": number(100 * value, 1), "interval": span(low, high, 1, scale=100),
         "width": f"{100 * value / longest:.1f}", "role": role}
        for name, value, low, high, role in bars
    ]  # fmt: skip


def _caveats(report: BacktestReport, rule: str | None) -> list[str]:
    """What must be known before the answer is repeated."""
    learnt = int(report.dropped.set_index("origin").loc[report.test_origin, "mandiri_learnt"])
    said = [
        f"Sampai {date(report.test_origin)} diketahui {number(learnt, 0)} keluarga graduasi mandiri; dari merekalah model "
        "yang diuji di sini belajar."
    ]
    if rule is not None and not report.chosen_on:
        said.append(
            f"Hanya ada satu asal, jadi aturan terbaik ({rule}) tidak dapat dipilih lebih awal: ia dipilih pada asal "
            "yang sama. Ini menguntungkan aturan, bukan model."
        )
    elif rule is not None:
        said.append(
            f"Aturan terbaik ({rule}) dipilih pada asal sebelumnya ({', '.join(map(date, report.chosen_on))}), "
            "sebelum asal terakhir dilihat."
        )
    if report.n_boot == 0:
        said.append("Tidak ada pengundian ulang, jadi tidak ada selang ketidakpastian.")
    return said


def _calibration(report: BacktestReport, figures: Figures, model: str) -> list[tuple[str, Cell, str]]:
    """Calibration of the model in words: name, figure, what it should be."""
    wanted = (
        ("predicted_observed", "Ramalan : kenyataan", 2, "1 = jumlahnya tepat"),
        ("calibration_slope", "Kemiringan", 2, "1 = tidak terlalu yakin dan tidak terlalu ragu"),
        ("calibration_intercept", "Titik potong", 2, "0 = tidak bergeser"),
        ("ece", "Galat kalibrasi (ECE)", 4, "di bawah batas = kebetulan saja"),
        ("ece_limit", "Batas ECE", 4, "terlampaui 5 dari 100 kali bila peluangnya benar"),
    )
    return [
        (name, figures.cell(model, report.test_origin, metric, 1, digits), meaning)
        for metric, name, digits, meaning in wanted
    ]


def _charts(report: BacktestReport, names: Mapping[str, str], order: list[str], model: str) -> dict[str, str]:
    """SVG of the charts, empty where one cannot be drawn: there is no rule, or there are too few positives."""
    charts = {"paired": "", "reliability": "", "capture": ""}
    test = report.predictions[report.predictions["origin"] == report.test_origin]
    scope, _ = whole_scope(test)
    if scope.positive.sum() < SMALL:
        return charts
    table = reliability(scope.probability[model][MANDIRI], scope.positive)
    charts["reliability"] = reliability_chart(table, name=names[model])
    charts["capture"] = capture_chart(
        _captured(scope, order), SHARES, model=model, rule=report.best_rule, names=names, capacity=report.capacity
    )
    others = [name for name in order if name != report.best_rule]
    if report.best_rule is not None and others:
        lines = [_difference(report, name, names, model) for name in others]
        charts["paired"] = paired_chart(lines, rule=names[report.best_rule])
    return charts


def _captured(scope: Scope, order: list[str]) -> dict[str, list[float]]:
    """Recall of every contender over list lengths; last to first, so that the model is drawn on top."""
    return {
        name: [
            at_capacity(scope.probability[name][MANDIRI], scope.positive, scope.group, share)["recall"]
            for share in SHARES
        ]
        for name in reversed(order)
    }


def _difference(report: BacktestReport, name: str, names: Mapping[str, str], model: str) -> Difference:
    columns = ["difference", "low", "high", "low_pendamping", "high_pendamping"]
    last = 100 * _paired(report, name, report.test_origin)[columns].iloc[0]
    pooled = 100 * _paired(report, name, ALL_ORIGINS)[columns].iloc[0] if len(report.origins) > 1 else None
    return Difference(names[name], name == model, last.tolist(), None if pooled is None else pooled.tolist())
