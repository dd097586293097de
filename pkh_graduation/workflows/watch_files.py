"""The files of `watch`: everything for machines, the answer in two languages for people, the audit of the list."""

from __future__ import annotations

import dataclasses
import datetime as dt
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pkh_graduation import stores
from pkh_graduation.evaluation.fairness import DIFFERENT, FairnessAudit, for_coordinators
from pkh_graduation.monitoring.advice import Advice
from pkh_graduation.monitoring.label_shift import LabelShift
from pkh_graduation.outputs.suppression import hide


def write(
    target: Path,
    advice: Advice,
    features: pd.DataFrame,
    scores: pd.DataFrame,
    labels: LabelShift,
    audit: FairnessAudit | None,
    bundle: str,
    trained: dt.date,
    as_of: dt.date,
) -> None:
    """Write the answer for machines and for people, and the audit of the list with small cells shut."""
    content = {
        "as_of": as_of.isoformat(),
        "bundle": bundle,
        "trained": trained.isoformat(),
        "answer": dataclasses.asdict(advice),
        "features": _plain(features),
        "scores": _plain(scores),
        "labels": {"level_of_a_look": labels.level, "alarm": labels.alarm, "periods": _plain(labels.periods)},
    }
    if audit is not None:
        shown = for_coordinators(audit, hide)
        stores.write_frame(target / "fairness.parquet", shown)
        content["fairness"] = _plain(shown[shown["verdict"] == DIFFERENT])
    stores.write_json(target / "watch.json", content)
    title = f"Pemantauan model {bundle} per {as_of.isoformat()}", f"Watching model {bundle} on {as_of.isoformat()}"
    for language, head, said in zip(("id", "en"), title, (advice.indonesian, advice.english), strict=True):
        stores.write_text(target / f"watch.{language}.txt", "\n".join([head, "", *said]) + "\n")


def _plain(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Lines as plain values: figures rounded, missing ones null."""
    return [{str(name): _value(value) for name, value in line.items()} for line in table.to_dict("records")]


def _value(value: Any) -> Any:
    if pd.isna(value):
        return None
    if isinstance(value, np.generic):
        value = value.item()
    return round(value, 6) if isinstance(value, float) else value
