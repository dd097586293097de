"""Where a run keeps its things: the folders under ``--out``, named once."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Places:
    """The folders of one output folder; see the properties for what each holds."""

    out: Path

    @property
    def records(self) -> Path:
        """Raw exports of the demo."""
        return self.out / "records"

    @property
    def truth(self) -> Path:
        """Planted truth of the demo; opened only to measure how far a model is from the best possible."""
        return self.out / "truth"

    @property
    def store(self) -> Path:
        """Accepted tables and quarantine."""
        return self.out / "store"

    @property
    def vault(self) -> Path:
        """Who is behind a pseudonym."""
        return self.out / "vault"

    def features(self, as_of: dt.date) -> Path:
        """Model inputs and snapshots of one as-of date."""
        return self.out / "features" / f"as_of={as_of.isoformat()}"

    @property
    def report(self) -> Path:
        """Backtest report, metrics.json and predictions."""
        return self.out / "report"

    @property
    def models(self) -> Path:
        """Bundles, unless ``--models`` says otherwise."""
        return self.out / "models"

    def scores(self, as_of: dt.date) -> Path:
        """Incidence of every way out of each family at one date."""
        return self.out / "scores" / f"as_of={as_of.isoformat()}"

    @property
    def lists(self) -> Path:
        """Lists per pendamping and the coordinator's page."""
        return self.out / "lists"

    @property
    def issued(self) -> Path:
        """Register of all lists ever issued: which family a row of which list is."""
        return self.out / "issued"

    @property
    def feedback(self) -> Path:
        """What came back: history of answers, quarantine, decisions."""
        return self.out / "feedback"

    @property
    def returned(self) -> Path:
        """Answers as input tables, which `ingest` reads beside the exports."""
        return self.feedback / "masukan"

    @property
    def mlflow(self) -> Path:
        """MLflow's SQLite store and artifacts."""
        return self.out / "mlflow"
