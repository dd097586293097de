"""`backtest` and `train`: one recipe, judged at rolling origins, then fitted on everything known and bundled."""

from __future__ import annotations

import datetime as dt
import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from pkh_graduation import estimators, evaluation, stores, timeline
from pkh_graduation.contracts import Contender, Outcomes, Progress, Records, Snapshots, quiet
from pkh_graduation.evaluation.model_card import CardTable, card_documents, tables_in
from pkh_graduation.stores import tracking
from pkh_graduation.workflows import choosing, discovering, evidence, featuring, judging, mending, serving, studying
from pkh_graduation.workflows.places import Places
from pkh_graduation.workflows.provenance import Provenance
from pkh_graduation.workflows.settings import Recipe

MODEL = "model"


def make_model(recipe: Recipe, dictionary: pd.DataFrame) -> estimators.GraduationModel:
    """Make the unfitted model of a recipe; signs come from the data dictionary."""
    signs = {str(name): int(sign) for name, sign in dictionary["sign"].items() if sign}
    return estimators.GraduationModel(
        n_members=recipe.members,
        blend=recipe.blend,
        signs=signs,
        calibration=recipe.calibration,
        random_state=recipe.seed,
        ramp_spread=recipe.ramp_spread,
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


def backtest(
    places: Places, *, as_of: dt.date, recipe: Recipe, choose: bool = False, progress: Progress = quiet
) -> dict[str, Any]:
    """Judge the recipe and today's practice at rolling origins, write the report, log an MLflow run.

    ``choose``: first choose the model of the recipe among the set (`choosing`).
    """
    records, X, history, dictionary, y = _material(places, as_of, recipe)
    choice = None
    if choose:
        models = choosing.models_of(recipe, dictionary)
        choice = choosing.choose(
            models, X, y, history, capacity=recipe.capacity, horizon=recipe.horizon, progress=progress
        )
        recipe = choosing.with_choice(recipe, choice)
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
    report = judging.complete(report, contenders(recipe, dictionary), X, y, history, model=MODEL, progress=progress)
    origin = Provenance.of(places, records, X, history, y, recipe)
    context = {
        "sintetis": records.sintetis,
        **origin.digests(),
        "as_of": as_of.isoformat(),
        "lag_days": y.lag_days,
        "n_features": X.shape[1],
        "rows": len(X),
        **{f"recipe.{name}": value for name, value in recipe.model_dump().items()},
    }
    audit, ratios = judging.audit(places, report, model=MODEL)
    mended = mending.mend(places, report, model=MODEL)
    figures = {
        **report.to_dict(),
        "fairness_audit": judging.lines_of(audit.table),
        "fairness_ratios": judging.lines_of(ratios),
        "mitigation": mended.plain(),
        "choice": choice.plain() if choice else None,
    }
    notes = [*choosing.sentences(figures["choice"]), *mended.sentences()]
    facts = {**context, "notes": notes, "meanings": dictionary["meaning_id"].to_dict()}
    page = evaluation.render_report(report, title="Uji mundur graduasi mandiri", facts=facts)
    html = stores.write_text(places.report / "backtest.html", page)
    metrics = stores.write_json(places.report / "metrics.json", {"context": context, **figures})
    stores.write_frame(places.report / "predictions.parquet", report.predictions)
    evidence.keep(places, report, origin)
    told = {**figures, "context": context}
    documents = card_documents(_card(origin, X, history, y, dictionary), told, tables=_tables(told))
    cards = [stores.write_text(places.report / name, text) for name, text in documents.items()]
    run = tracking.log_run(
        places.mlflow,
        name="backtest",
        params=recipe.model_dump(),
        metrics=_flat_metrics(report),
        tags=origin.tags(),
        sources=_sources(origin, "validation"),
        artifacts=[html, metrics, *cards],
    )
    chosen = {"champion": choice.champion, "not_chosen": choice.reason or None} if choice else {}
    return {"report": str(html), "metrics": str(metrics), "mlflow_run": run, **headline(report), **chosen}


def _tables(told: Mapping[str, Any] | None) -> list[CardTable]:
    """Tables of a model card from the figures of its backtest."""
    if told is None:
        return []
    own = [judging.audit_table(told["fairness_audit"])] if told.get("fairness_audit") else []
    own += [judging.ratio_table(told["fairness_ratios"])] if told.get("fairness_ratios") else []
    return [
        *own,
        *mending.card_table(told.get("mitigation")),
        *choosing.card_table(told.get("choice")),
        *tables_in(told),
    ]


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


def train(
    places: Places,
    *,
    as_of: dt.date,
    recipe: Recipe,
    models: Path | None = None,
    name: str | None = None,
    progress: Progress = quiet,
) -> dict[str, Any]:
    """Fit the recipe on everything known at ``as_of``, save a bundle, log an MLflow run.

    A model that the office's backtest chose on the same data takes the place of the recipe's own (`choosing.taken_up`).
    """
    records, X, history, dictionary, y = _material(places, as_of, recipe)
    origin = choosing.taken_up(places, Provenance.of(places, records, X, history, y, recipe))
    recipe = origin.recipe
    progress("melatih model")
    model = make_model(recipe, dictionary).fit(X, y, groups=history.frame["pendamping_id"])
    name = name or f"graduasi-{as_of.isoformat()}"
    card = {**_card(origin, X, history, y, dictionary), "notes": list(model.notes_)}
    judged = _figures_of(places, origin)
    effects = studying.study(places, X, y, history, seed=recipe.seed, progress=progress)
    tables = [*_tables(judged), *studying.card_table(effects)]
    documents = card_documents(card, judged, name=name, tables=tables)
    documents[studying.FILE] = effects.text()
    year, why = discovering.past_year(places, origin)
    if year is not None:
        documents[discovering.FILE] = json.dumps(year, sort_keys=True) + "\n"
    folder = stores.save_bundle(model, (models or places.models) / name, card, documents=documents)
    sealed = stores.read_sealed(folder)
    with tempfile.TemporaryDirectory() as room:
        run = tracking.log_run(
            places.mlflow,
            name="train",
            params=recipe.model_dump(),
            metrics={"rows": float(len(X)), "exits_mandiri": float(card["data"]["exits_mandiri"])},
            tags={**origin.tags(), "bundle": name, "bundle_sha256": sealed.digest},
            sources=_sources(origin, "training"),
            artifacts=[serving.write_pyfunc(folder, Path(room) / "pyfunc", sealed.card)],
        )
    return {
        "bundle": str(folder),
        "bundle_sha256": sealed.digest,
        "signature": sealed.signature,
        "mlflow_run": run,
        "rows": len(X),
        "n_features": X.shape[1],
        "data_digest": origin.data_digest,
        "judged": judged is not None,
        "blend": recipe.blend,
        "effects": effects.figures(),
        "past_year": {"origin": year["origin"], "families": year["families"]} if year else why,
    }


def _sources(origin: Provenance, context: str) -> list[tracking.Source]:
    """The data of a run, for MLflow: digests and sizes."""
    return [
        tracking.Source("catatan", context, origin.records_digest, origin.rows),
        tracking.Source("masukan", context, origin.data_digest, origin.rows),
    ]


def _figures_of(places: Places, origin: Provenance) -> dict[str, Any] | None:
    """Figures of the office's backtest, if it judged the same recipe on the same data."""
    path = places.report / "metrics.json"
    if not path.is_file():
        return None
    told: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    context = told.get("context", {})
    same = all(context.get(key) == value for key, value in origin.digests().items())
    return told if same else None


def _card(
    origin: Provenance, X: pd.DataFrame, history: Snapshots, y: Outcomes, dictionary: pd.DataFrame
) -> Mapping[str, Any]:
    """The facts of a bundle's card; no family, no place."""
    listed = json.loads(dictionary.loc[list(X.columns)].to_json(orient="index"))
    return {
        "sintetis": origin.sintetis,
        "as_of": origin.as_of.isoformat(),
        **origin.digests(),
        **stores.versions(),
        "recipe": origin.recipe.model_dump(),
        "features": list(X.columns),
        "dictionary": listed,
        "label": origin.label(),
        "data": {
            "rows": len(X),
            "families": int(X.index.get_level_values("kpm_id").nunique()),
            "pendamping": int(history.frame["pendamping_id"].nunique()),
            "exits_mandiri": int((y.frame["way_out"] == "mandiri").sum()),
            "first_date": origin.first_date,
            "last_date": origin.last_date,
        },
        "explained": "log-odds of the mandiri hazard, mean over quarters ahead 1..4 and over the bag; path-dependent",
    }
