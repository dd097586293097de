"""`backtest` and `train`: one recipe, judged at rolling origins, then fitted on everything known and bundled."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from pkh_graduation import estimators, evaluation, stores, timeline
from pkh_graduation.contracts import Contender, Outcomes, Progress, Records, Snapshots, quiet
from pkh_graduation.stores import tracking
from pkh_graduation.workflows import featuring
from pkh_graduation.workflows.places import Places
from pkh_graduation.workflows.settings import Recipe

MODEL = "model"


def make_model(recipe: Recipe, dictionary: pd.DataFrame) -> estimators.GraduationModel:
    """Make the unfitted model of a recipe; signs come from the data dictionary."""
    signs = {str(name): int(sign) for name, sign in dictionary["sign"].items() if sign}
    return estimators.GraduationModel(
        n_members=recipe.members, blend=recipe.blend, signs=signs, random_state=recipe.seed
    )


def contenders(recipe: Recipe, dictionary: pd.DataFrame) -> dict[str, Contender]:
    """Everything that is compared: the recipe's model and today's practice."""
    return {MODEL: make_model(recipe, dictionary), **estimators.todays_practice()}


def _material(
    places: Places, as_of: dt.date, recipe: Recipe
) -> tuple[Records, pd.DataFrame, Snapshots, pd.DataFrame, Outcomes]:
    records = stores.read_store(places.store, timeline.READS)
    X, history, dictionary = featuring.load(places, as_of=as_of, recipe=recipe)
    y = timeline.observe_outcomes(records, history, horizon=recipe.horizon, known_by=as_of)
    return records, X, history, dictionary, y


def data_digest(records: Records, X: pd.DataFrame) -> str:
    """SHA-256 over the records' digest and the model inputs: equal digests, equal data."""
    rows = pd.util.hash_pandas_object(X).to_numpy()
    return hashlib.sha256(records.digest.encode() + rows.tobytes()).hexdigest()


def backtest(places: Places, *, as_of: dt.date, recipe: Recipe, progress: Progress = quiet) -> dict[str, Any]:
    """Judge the recipe and today's practice at rolling origins, write the report, log an MLflow run."""
    records, X, history, dictionary, y = _material(places, as_of, recipe)
    report = evaluation.run_backtest(
        contenders(recipe, dictionary),
        X,
        y,
        history,
        timeline.PanelFolds(n_origins=recipe.origins, horizon=recipe.horizon),
        capacity=recipe.capacity,
        n_boot=recipe.bootstrap,
        random_state=recipe.seed,
        progress=progress,
    )
    digest = data_digest(records, X)
    context = {
        "sintetis": records.sintetis,
        "data_digest": digest,
        "as_of": as_of.isoformat(),
        "lag_days": y.lag_days,
        "n_features": X.shape[1],
        "rows": len(X),
        **{f"recipe.{name}": value for name, value in recipe.model_dump().items()},
    }
    figures = report.to_dict()
    html = stores.write_text(
        places.report / "backtest.html",
        evaluation.render_report(report, title="Uji mundur graduasi mandiri", facts=context),
    )
    metrics = stores.write_json(places.report / "metrics.json", {"context": context, **figures})
    stores.write_frame(places.report / "predictions.parquet", report.predictions)
    run = tracking.log_run(
        places.mlflow,
        name="backtest",
        params=recipe.model_dump(),
        metrics=_flat_metrics(report),
        tags=_tags(records, digest, as_of),
        artifacts=[html, metrics],
    )
    return {"report": str(html), "metrics": str(metrics), "mlflow_run": run, **headline(report)}


def headline(report: evaluation.BacktestReport) -> dict[str, Any]:
    """The figures one asks for first: the model and the best rule of practice at the last origin, and their difference."""
    rule = report.best_rule
    figures: dict[str, Any] = {
        "test_origin": report.test_origin,
        "auc_mandiri": _value(report, MODEL, "auc"),
        "precision_at_quota": _value(report, MODEL, "precision"),
        "best_rule": rule,
        "best_rule_precision_at_quota": _value(report, rule, "precision") if rule else None,
    }
    paired = report.paired
    chosen = paired[(paired["contender"] == MODEL) & (paired["metric"] == "precision")].set_index("origin")
    for origin, name in ((report.test_origin, "precision_difference"), ("semua", "precision_difference_all_origins")):
        if origin in chosen.index:
            figures[name] = [_rounded(chosen.loc[origin, column]) for column in ("difference", "low", "high")]
    return figures


def _value(report: evaluation.BacktestReport, contender: str, metric: str) -> float | None:
    frame = report.metrics
    found = frame[
        (frame["contender"] == contender) & (frame["origin"] == report.test_origin) & (frame["metric"] == metric)
    ]
    return _rounded(found["value"].iloc[0]) if len(found) else None


def _rounded(value: float) -> float | None:
    return round(float(value), 4) if pd.notna(value) else None


def _flat_metrics(report: evaluation.BacktestReport) -> dict[str, float]:
    frame = report.metrics
    frame = frame[frame["contender"] == MODEL]
    return {f"{row.metric}.{row.origin}": float(row.value) for row in frame.itertuples() if pd.notna(row.value)}


def _tags(records: Records, digest: str, as_of: dt.date) -> dict[str, str]:
    return {
        "sintetis": str(records.sintetis).lower(),
        "data_digest": digest,
        "as_of": as_of.isoformat(),
        "label": "mandiri: first exit within the horizon, by the event; mature by the learned reporting lag",
    }


def train(
    places: Places,
    *,
    as_of: dt.date,
    recipe: Recipe,
    models: Path | None = None,
    name: str | None = None,
    progress: Progress = quiet,
) -> dict[str, Any]:
    """Fit the recipe on everything known at ``as_of``, save a bundle, log an MLflow run."""
    records, X, history, dictionary, y = _material(places, as_of, recipe)
    progress("melatih model")
    model = make_model(recipe, dictionary).fit(X, y, groups=history.frame["pendamping_id"])
    digest = data_digest(records, X)
    name = name or f"graduasi-{as_of.isoformat()}"
    folder = stores.save_bundle(model, (models or places.models) / name, _card(records, recipe, as_of, digest, X, y))
    run = tracking.log_run(
        places.mlflow,
        name="train",
        params=recipe.model_dump(),
        metrics={"rows": float(len(X)), "exits_mandiri": float((y.frame["way_out"] == "mandiri").sum())},
        tags=_tags(records, digest, as_of),
        artifacts=[folder],
    )
    return {"bundle": str(folder), "mlflow_run": run, "rows": len(X), "n_features": X.shape[1], "data_digest": digest}


def _card(
    records: Records, recipe: Recipe, as_of: dt.date, digest: str, X: pd.DataFrame, y: Outcomes
) -> Mapping[str, Any]:
    return {
        "sintetis": records.sintetis,
        "as_of": as_of.isoformat(),
        "data_digest": digest,
        "recipe": recipe.model_dump(),
        "features": list(X.columns),
        "label": {
            "cause": "mandiri",
            "horizon": recipe.horizon,
            "known_by": y.known_by.isoformat(),
            "lag_days": y.lag_days,
        },
        "explained": "log-odds of the mandiri hazard, mean over quarters ahead 1..4 and over the bag; path-dependent",
    }
