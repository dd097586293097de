"""Where a model comes from: what it learned from, by which recipe, over which features, with which program.

The same facts stand in the bundle's card, in the tags of its MLflow runs, and beside the predictions of its backtest, so that
the three can be told to belong together.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from dataclasses import dataclass
from typing import Any

import pandas as pd

from pkh_graduation import estimators, stores
from pkh_graduation.contracts import Outcomes, Records, Snapshots
from pkh_graduation.workflows import featuring
from pkh_graduation.workflows.places import Places
from pkh_graduation.workflows.settings import Recipe

JUDGING = ("origins", "capacity", "bootstrap")
"""Settings of a recipe that say how it is judged, not what the model is."""
LABEL = "mandiri: first exit within the horizon, by the event; mature by the learned reporting lag"


@dataclass(frozen=True)
class Provenance:
    """Facts about one fit or one backtest.

    ``records_digest`` is that of the records, ``data_digest`` of records and model inputs together, ``features_version`` the
    fingerprint of the features' specification, ``program`` the SHA-256 of the estimators' source.
    """

    sintetis: bool
    as_of: dt.date
    recipe: Recipe
    records_digest: str
    data_digest: str
    features_version: str
    program: str
    rows: int
    first_date: str
    last_date: str
    known_by: str
    lag_days: int

    @classmethod
    def of(
        cls, places: Places, records: Records, X: pd.DataFrame, history: Snapshots, y: Outcomes, recipe: Recipe
    ) -> Provenance:
        """Facts about models learnt from these."""
        dates = history.dates
        return cls(
            sintetis=records.sintetis,
            as_of=y.known_by,
            recipe=recipe,
            records_digest=records.digest,
            data_digest=data_digest(records, X),
            features_version=features_version(places, dates),
            program=featuring.source_of(estimators),
            rows=len(X),
            first_date=dates[0].isoformat(),
            last_date=dates[-1].isoformat(),
            known_by=y.known_by.isoformat(),
            lag_days=int(y.lag_days),
        )

    @property
    def recipe_digest(self) -> str:
        """Digest of what decides the model; equal digests, equal model class and settings."""
        return recipe_digest(self.recipe.model_dump())

    def label(self) -> dict[str, Any]:
        """What is predicted, and until when it was known."""
        return {
            "cause": "mandiri",
            "definition": LABEL,
            "horizon": self.recipe.horizon,
            "known_by": self.known_by,
            "lag_days": self.lag_days,
        }

    def digests(self) -> dict[str, str]:
        """All digests by name."""
        return {
            "data_digest": self.data_digest,
            "records_digest": self.records_digest,
            "features_version": self.features_version,
            "recipe_digest": self.recipe_digest,
            "program": self.program,
        }

    def tags(self) -> dict[str, str]:
        """Tags of an MLflow run: no household, no place."""
        return {
            "sintetis": str(self.sintetis).lower(),
            "as_of": self.as_of.isoformat(),
            "label": LABEL,
            "label_horizon": str(self.recipe.horizon),
            "seed": str(self.recipe.seed),
            **self.digests(),
        }


def recipe_digest(recipe: dict[str, Any]) -> str:
    """Digest of a recipe without what only says how it is judged.

    >>> recipe_digest({"members": 5, "origins": 3}) == recipe_digest({"members": 5, "origins": 6})
    True
    """
    return stores.digest_of({name: value for name, value in recipe.items() if name not in JUDGING})


def data_digest(records: Records, X: pd.DataFrame) -> str:
    """SHA-256 over the records' digest and the model inputs: equal digests, equal data."""
    rows = pd.util.hash_pandas_object(X).to_numpy()
    return hashlib.sha256(records.digest.encode() + rows.tobytes()).hexdigest()


def features_version(places: Places, dates: list[dt.date]) -> str:
    """Fingerprint of the specification that made the features of these dates; of all, where they differ."""
    found = set()
    for day in dates:
        manifest = places.features(day) / "manifest.json"
        found.add(str(json.loads(manifest.read_text(encoding="utf-8"))["specification"]))
    return found.pop() if len(found) == 1 else stores.digest_of(sorted(found))
