"""What a backtest says beyond its origins: hold-outs, and lists as they live. The corridor between folds and figures."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from pkh_graduation import evaluation, timeline
from pkh_graduation.contracts import Contender, Outcomes, Progress, Snapshots, quiet
from pkh_graduation.evaluation import BacktestReport
from pkh_graduation.evaluation.fairness import AUDIT_COLUMNS, TOO_FEW, FairnessAudit, audit_outcomes, draw_listed
from pkh_graduation.evaluation.fairness_groups import fairness_groups
from pkh_graduation.evaluation.fairness_ratios import FDR_RATIO, RATIO_COLUMNS, fairness_ratios
from pkh_graduation.evaluation.model_card import CardTable
from pkh_graduation.workflows import featuring, scoring
from pkh_graduation.workflows.places import Places


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


def audit(places: Places, report: BacktestReport, *, model: str) -> tuple[FairnessAudit, pd.DataFrame]:
    """The model's list at the last origin before guardrails, group by group, and the worst against the best on each axis."""
    rows = last_rows(report, model)
    groups, listed = groups_at(places, report.test_origin), draw_listed(rows, report.capacity)
    ratios = fairness_ratios(rows, groups, listed=listed, random_state=report.random_state)
    return audit_outcomes(rows, groups, listed=listed), ratios


def last_rows(report: BacktestReport, model: str) -> pd.DataFrame:
    """Predictions of one contender at the last origin."""
    told = report.predictions
    return told[(told["contender"] == model) & (told["origin"] == report.test_origin)].reset_index(drop=True)


def groups_at(places: Places, origin: str) -> pd.DataFrame:
    """Groups of every family at a past date, over all parts."""
    day = dt.date.fromisoformat(origin)
    parts = (scoring.read_part(places, day, bucket) for bucket in featuring.part_names(places, day))
    return pd.concat([fairness_groups(facts, now) for _, facts, now in parts])


def lines_of(table: pd.DataFrame) -> list[dict[str, Any]]:
    """A table for JSON: one mapping per line, None where nothing is known."""
    return list(table.astype(object).where(table.notna(), None).to_dict("records"))


def audit_table(lines: Sequence[Mapping[str, Any]]) -> CardTable:
    """The audit for the model card: the lines of groups that differ from the others, and how many were looked at."""
    columns = {"axis": "axis", "group": "kelompok", "metric": "metric", "value": "value", "low": "value_low",
               "high": "value_high", "overall": "overall"}  # fmt: skip
    found = FairnessAudit(pd.DataFrame(lines, columns=list(AUDIT_COLUMNS)))
    differing = found.different()[list(columns)].rename(columns=columns)
    looked, few = len(found.table), int((found.table["verdict"] == TOO_FEW).sum())
    note = {
        "id": f"{looked} angka diperiksa, {few} terlalu sedikit untuk dinilai; yang terbukti berbeda ditampilkan "
        f"({len(differing)}, uji eksak dengan koreksi Holm). Berbeda belum berarti tidak adil; lihat bersama pengamannya.",
        "en": f"{looked} figures were looked at, {few} rest on too few families; those shown ({len(differing)}) differ for "
        "certain (exact tests, Holm's correction). A difference is not yet an injustice; read it beside the guards.",
    }
    return CardTable("fairness", differing, note=note)


def ratio_table(lines: Sequence[Mapping[str, Any]]) -> CardTable:
    """Worst against best for the model card: the axes with two groups or more that are large enough on the list."""
    names = {"ratio": "metric", "low": "value_low", "high": "value_high"}
    found = pd.DataFrame(lines, columns=list(RATIO_COLUMNS))
    judged = found[found["value"].notna()]
    beyond = ~judged["within"].astype(bool)
    excess = judged["value"] - judged["by_chance"]
    sure = beyond & (np.where(judged["ratio"] == FDR_RATIO, excess, -excess) > 0)
    note = {
        "id": f"{len(judged)} perbandingan, {beyond.sum()} di luar batasnya, {sure.sum()} di antaranya juga di luar yang dapat "
        "terjadi secara kebetulan. Yang terburuk dari banyak kelompok selalu tampak buruk; kolom kebetulan dilewati hanya oleh 5 "
        "dari 100 daftar bila semua kelompok sama.",
        "en": f"{len(judged)} comparisons, {beyond.sum()} beyond their limit, {sure.sum()} of them also beyond what chance does. "
        "The worst of many groups always looks bad; only 5 of 100 lists pass the column of chance if all groups are alike.",
    }
    return CardTable("fairness_ratios", judged.drop(columns=["within", "groups"]).rename(columns=names), note=note)
