"""Evidence that a promotion rests on: the model's predictions of each backtest, kept with what they were made from.

``OUT/report/bukti/ID.parquet`` holds the judged families of the backtest's model (pseudonyms, as in
``predictions.parquet``), ``ID.json`` the digests: recipe, records, features, folds, of the file itself, and how the model did
against the best rule of practice. ``ID`` follows from these, so the same backtest lies in the same place. Bundles hold none
of it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from pkh_graduation import evaluation, stores
from pkh_graduation.evaluation.comparison import ALL_ORIGINS
from pkh_graduation.evaluation.rivals import KEYS, folds_digest
from pkh_graduation.workflows.places import Places
from pkh_graduation.workflows.provenance import Provenance

MODEL = "model"


class EvidenceError(ValueError):
    """Kept predictions are damaged or gone."""


@dataclass(frozen=True)
class Evidence:
    """What is kept of one backtest."""

    folder: Path
    name: str
    facts: Mapping[str, Any]

    def predictions(self) -> pd.DataFrame:
        """The judged families.

        Raises:
            EvidenceError: the file is gone or not the one that was kept.
        """
        path = self.folder / f"{self.name}.parquet"
        if not path.is_file() or hashlib.sha256(path.read_bytes()).hexdigest() != self.facts["predictions_sha256"]:
            raise EvidenceError(
                f"{path} is gone or was changed after its backtest: run `pkh-graduation backtest` again."
            )
        return stores.read_frame(path)


def folder_of(places: Places) -> Path:
    """Where the evidence of an office lies."""
    return places.report / "bukti"


def keep(places: Places, report: evaluation.BacktestReport, origin: Provenance) -> Evidence:
    """Keep what a later promotion needs of a backtest."""
    own = report.predictions[report.predictions["contender"] == MODEL]
    own = own[[*KEYS, "p_mandiri"]].sort_values(["origin", "kpm_id"]).reset_index(drop=True)
    facts = {
        **origin.digests(),
        "sintetis": origin.sintetis,
        "as_of": origin.as_of.isoformat(),
        "origins": list(report.origins),
        "capacity": report.capacity,
        "horizon": report.horizon,
        "folds": folds_digest(own),
        "rows": len(own),
        "gate": gate_of(report),
    }
    name = stores.digest_of(facts)[:16]
    path = stores.write_frame(folder_of(places) / f"{name}.parquet", own)
    facts["predictions_sha256"] = hashlib.sha256(path.read_bytes()).hexdigest()
    stores.write_json(folder_of(places) / f"{name}.json", facts)
    return Evidence(folder_of(places), name, facts)


def gate_of(report: evaluation.BacktestReport) -> dict[str, Any] | None:
    """Precision of the lists against the best rule of practice, all origins together; None where there is no rule."""
    paired = report.paired
    row = paired[(paired["contender"] == MODEL) & (paired["metric"] == "precision") & (paired["origin"] == ALL_ORIGINS)]
    if row.empty or report.best_rule in (None, MODEL):
        return None
    wanted = ("difference", "low", "high", "low_pendamping", "high_pendamping")
    figures = {name: float(row[name].iloc[0]) for name in wanted}
    return {"rule": report.best_rule, **{k: v if pd.notna(v) else None for k, v in figures.items()}}


def find(places: Places, **wanted: str) -> list[Evidence]:
    """Evidence whose facts have these values, in the order of names; damaged marks are passed over."""
    found = []
    for path in sorted(folder_of(places).glob("*.json")):
        try:
            facts = json.loads(path.read_text(encoding="utf-8"))
        except ValueError:
            continue
        if isinstance(facts, dict) and all(facts.get(name) == value for name, value in wanted.items()):
            found.append(Evidence(path.parent, path.stem, facts))
    return found
