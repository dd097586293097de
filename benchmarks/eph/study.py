"""Real households: does the library rank who will leave assistance better than the decile, and than plain boosting?

    python benchmarks/eph/study.py --data DIR [--out DIR]

Rolling origins 2022Q2, 2022Q3, 2022Q4. At each, every contender learns from base quarters whose outcome a year later was known by
then, and ranks the families of the origin. The configuration was chosen on 2021Q2 alone
(`config.toml`). Prints the tables of README.md;
with ``--out`` also writes metrics.json and report.html.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # a checkout that is not installed

from material import Material, Panel, YearAhead, make_material, read_panel, well_known
from panel import YEAR, Survey, check_figures, pair_up, quarter_end, quarter_name, read_survey, relapse
from reference import OnColumns, plain_models
from settings import ORIGINS, arguments, make_model, read_config
from survey_features import PREFIX

from pkh_graduation.contracts import Contender, Folds
from pkh_graduation.estimators import PlainBoosting, reference_models, todays_practice
from pkh_graduation.evaluation import BacktestReport, render_report, run_backtest
from pkh_graduation.evaluation.bootstrap import draw_weights, interval
from pkh_graduation.evaluation.capacity import draw_lists, list_figures
from pkh_graduation.evaluation.comparison import Scope, scopes
from pkh_graduation.evaluation.ranking import rank
from pkh_graduation.evaluation.scores import discrimination
from pkh_graduation.programme.vocabulary import ADMINISTRATIF, ALAMIAH, MANDIRI, WAYS_OUT

CAPACITY = 0.10
FIGURES = {"auc": "AUC", "average_precision": "AP", "precision": "P@10%"}
MODEL, DECILE, PLAIN = "model", "desil", "boosting_polos"
PLAIN_ALL, LOGISTIC_ALL = "boosting_semua", "logistik_semua"
POOLED, MEAN = "pooled", "mean"
"""All origins as one ranking, and the mean of each origin's own figure."""


def contenders(material: Material, config: dict[str, Any]) -> dict[str, Contender]:
    """The model, plain models on the survey's columns and on all that the model is shown, and today's practice."""
    return {
        MODEL: make_model(config["model"], material.dictionary),
        **plain_models(PREFIX),
        LOGISTIC_ALL: reference_models()["logistik"],
        PLAIN_ALL: OnColumns(PlainBoosting()),
        **todays_practice(),
    }


def run(
    survey: Survey, config: dict[str, Any], *, only: Collection[str] | None = None
) -> tuple[Material, BacktestReport]:
    """Build everything and judge the contenders, or only those named, at the origins."""
    material = build(read_panel(survey), pair_up(survey), config)
    return material, judge(material, chosen(contenders(material, config), only), origins_of(ORIGINS))


def build(panel: Panel, pairs: pd.DataFrame, config: dict[str, Any], ahead: int = YEAR) -> Material:
    """The material of pairs ``ahead`` quarters apart, with the columns that the first base quarter knew well enough."""
    built = make_material(panel, pairs, ahead)
    known = well_known(built.X, first=built.history.dates[0], least=config["columns"]["least_known"])
    practised = [name for name in built.X if name.startswith("madiun_") and name not in known]
    X = built.X[known].assign(**dict.fromkeys(practised, np.nan))  # the Madiun score asks for all its levels
    return replace(built, X=X)


def chosen(everyone: dict[str, Contender], only: Collection[str] | None) -> dict[str, Contender]:
    """Those named, or all."""
    return {name: one for name, one in everyone.items() if only is None or name in only}


def origins_of(numbers: Sequence[int], quarters: int = YEAR) -> YearAhead:
    """Rolling origins at numbered quarters."""
    return YearAhead(tuple(quarter_end(t) for t in numbers), quarters)


def judge(material: Material, who: dict[str, Contender], folds: Folds) -> BacktestReport:
    """The library's backtest of some contenders."""
    return run_backtest(
        who, material.X, material.y, material.history, folds,
        capacity=CAPACITY, rules=[DECILE], n_boot=200, random_state=0, progress=_say,
    )  # fmt: skip


def figures_of(scope: Scope, contender: str, way: str, weights: np.ndarray) -> dict[str, np.ndarray]:
    """AUC, average precision and precision at 10 % of all families, for one way out, under weights (resamples, n)."""
    chance, took = scope.probability[contender][way], scope.end == way
    everyone = np.zeros(len(took), dtype=int)
    lists = list_figures(draw_lists(chance, took, everyone, CAPACITY), weights)
    return discrimination(rank(chance, took), weights) | {"precision": lists["precision"]}


def replicate(
    report: BacktestReport, contender: str, way: str, weights: np.ndarray
) -> dict[str, dict[str, np.ndarray]]:
    """Figures of every origin, of all pooled and of the mean over origins, under household weights (resamples, families)."""
    *each, whole = scopes(report.predictions)
    found = {one.name: figures_of(one, contender, way, weights[:, one.family]) for one in each}
    mean = {name: np.mean([found[one.name][name] for one in each], axis=0) for name in FIGURES}
    return found | {POOLED: figures_of(whole, contender, way, weights[:, whole.family]), MEAN: mean}


def table(report: BacktestReport, way: str) -> pd.DataFrame:
    """Every contender's figures for a way out: rows contenders, columns (origin, figure)."""
    ones = _weights(report, None)
    rows = {}
    for name in report.contenders:
        found = replicate(report, name, way, ones)
        rows[name] = {(origin, figure): float(found[origin][figure][0]) for origin in found for figure in FIGURES}
    return pd.DataFrame.from_dict(rows, orient="index")


def differences(report: BacktestReport, others: Sequence[str], *, of: str = MODEL, n_boot: int = 2000) -> pd.DataFrame:
    """Model (or the contender ``of``) minus others, for `mandiri`.

    Households are drawn with all their rows of all origins, the same for both.
    """
    ones, weights = _weights(report, None), _weights(report, n_boot)
    point = {name: replicate(report, name, MANDIRI, ones) for name in (of, *others)}
    drawn = {name: replicate(report, name, MANDIRI, weights) for name in (of, *others)}
    rows = []
    for other in others:
        for over in (POOLED, MEAN):
            for figure in FIGURES:
                gap = float(point[of][over][figure][0] - point[other][over][figure][0])
                low, high = interval(drawn[of][over][figure] - drawn[other][over][figure])
                rows.append((other, over, figure, gap, low, high))
    return pd.DataFrame(rows, columns=["against", "over", "figure", "difference", "low", "high"])


def targets(gaps: pd.DataFrame) -> dict[str, bool]:
    """The two targets, in AUC: above the decile, and not below plain boosting by more than .01."""
    low = gaps[gaps["figure"] == "auc"].set_index(["against", "over"])["low"]
    return {
        "lower bound to today's decile > 0": bool((low[DECILE] > 0).all()),
        "lower bound to plain boosting > -0.01": bool((low[PLAIN] > -0.01).all()),
    }


def main() -> None:
    """Run the study, print it, and write it where asked."""
    options = arguments(__doc__)
    config = read_config()
    survey = read_survey(options.data)
    pairs = pair_up(survey)
    material, report = run(survey, config)
    tables = {way: table(report, way) for way in WAYS_OUT}
    for way in (ALAMIAH, ADMINISTRATIF):  # of these, today's practice says nothing
        tables[way] = tables[way].drop(index=list(todays_practice()))
    gaps = differences(report, [DECILE, PLAIN, PLAIN_ALL, LOGISTIC_ALL])
    seen, fallen = relapse(survey, pairs)
    _print_study(config, pairs, material, report, tables, gaps)
    share = f"{fallen} ({fallen / seen:.0%}) were back on assistance or below decile 4"
    print(f"\nRelapse: of {seen} graduates seen one quarter later, {share}.")
    print("\nTargets:", *(f"{'met' if met else 'MISSED':7} {name}" for name, met in targets(gaps).items()), sep="\n  ")
    if options.out is not None:
        extra = {
            "check_figures": check_figures(pairs),
            "relapse": {"seen": seen, "fallen": fallen},
            "tried": config["choice"]["tried"],
            "tried_by_hand_at_least": config["choice"]["by_hand"],
            "differences": gaps.to_dict("records"),
            "tables": {way: {name: _flat(row) for name, row in one.iterrows()} for way, one in tables.items()},
        }
        _write(options.out, report, material, config, extra)


def _weights(report: BacktestReport, n_boot: int | None) -> np.ndarray:
    families = report.predictions["kpm_id"].nunique()
    if n_boot is None:
        return np.ones((1, families))
    return draw_weights(families, n_boot, np.random.default_rng(0)).astype(float)


def _flat(row: pd.Series) -> dict[str, float]:
    return {f"{origin} {figure}": round(float(value), 6) for (origin, figure), value in row.items()}


def _print_study(
    config: dict[str, Any],
    pairs: pd.DataFrame,
    material: Material,
    report: BacktestReport,
    tables: dict[str, pd.DataFrame],
    gaps: pd.DataFrame,
) -> None:
    print("Check figures:", ", ".join(f"{name} {value}" for name, value in check_figures(pairs).items()))
    print(
        f"Model inputs: {material.X.shape[1]} columns. Configurations tried, on 2021Q2 only: "
        f"{config['choice']['tried']} in the grid, at least {config['choice']['by_hand']} by hand."
    )
    print(f"Chosen: {', '.join(f'{name} = {value}' for name, value in config['model'].items())}\n")
    for t, origin in zip(ORIGINS, report.origins, strict=True):
        judged = report.predictions[
            (report.predictions["origin"] == origin) & (report.predictions["contender"] == MODEL)
        ]
        learnt = pairs[(pairs["t"] + 4 <= t) & pairs["way_out"].notna()]
        print(
            f"{quarter_name(t)}: learnt from {len(learnt)} pairs ({(learnt['way_out'] == MANDIRI).sum()} graduates), "
            f"judged {len(judged)} ({judged['label'].sum()})"
        )
    for way, one in tables.items():
        print(f"\n{way}: AUC / average precision / precision at 10 % of all\n")
        print(_as_markdown(one))
    print("\nmandiri, model minus other, 95 % household bootstrap over all origins together\n")
    print("| against | over | " + " | ".join(FIGURES.values()) + " |")
    print("|---|---|" + "---|" * len(FIGURES))
    for (other, over), rows in gaps.groupby(["against", "over"], sort=False):
        cells = [f"{r.difference:+.3f} ({r.low:+.3f}, {r.high:+.3f})" for r in rows.itertuples()]
        print(f"| {other} | {over} | " + " | ".join(cells) + " |")


def _as_markdown(one: pd.DataFrame) -> str:
    places = list(dict.fromkeys(origin for origin, _ in one.columns))
    heads = [place if place in (POOLED, MEAN) else place[:4] + "Q" + str(int(place[5:7]) // 3) for place in places]
    lines = ["| contender | " + " | ".join(heads) + " |", "|---|" + "---|" * len(places)]
    for name, row in one.iterrows():
        cells = [" / ".join(f"{row[(place, figure)]:.3f}" for figure in FIGURES) for place in places]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _write(
    out: Path, report: BacktestReport, material: Material, config: dict[str, Any], extra: dict[str, Any]
) -> None:
    out.mkdir(parents=True, exist_ok=True)
    content = {"study": extra, "config": config, "backtest": report.to_dict()}
    (out / "metrics.json").write_text(json.dumps(content, indent=1, sort_keys=True), encoding="utf-8")
    facts = {
        "sintetis": False,
        "lag_days": 0,
        "families": int(report.predictions["kpm_id"].nunique()),
        "features": material.X.shape[1],
        "model": "GraduationModel",
        "notes": [
            "EPH Argentina (INDEC), bukan PKH: satu periode berarti empat triwulan, pendamping berarti aglomerado."
        ],
        "names": {
            PLAIN: "boosting polos",
            "logistik_polos": "logistik polos",
            "rataan_polos": "rataan keduanya",
            PLAIN_ALL: "boosting, semua kolom",
            LOGISTIC_ALL: "logistik, semua kolom",
        },
    }
    page = render_report(report, title="Rumah tangga nyata: EPH Argentina 2021-2023", facts=facts)
    (out / "report.html").write_text(page, encoding="utf-8")


def _say(message: str) -> None:
    print(message, file=sys.stderr)


if __name__ == "__main__":
    main()
