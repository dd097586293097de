"""A bundle as a function of a table, for other people's programs: ways out, interval and reasons of every row.

This is what MLflow's ``python_function`` and ``spark_udf`` call (`stores/pyfunc.py`). A row is a family at a date: the model's
inputs as ``pkh-graduation features`` makes them, ``as_of`` (ISO date) and ``pagar_keberatan`` (``fakta.pagar_keberatan`` of the
same parts). A family that objects to profiling, or of whom nobody knows, gets neither figure nor reason. Reasons follow the
rules of the lists (at most three that support and two that hold back, the sign shared by the bag); they name what a family's
record says, not why it will happen, and nothing here depends on which other rows are in the table. Values and dates stand on
the lists, which have the record at hand.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from pkh_graduation import explanations, stores
from pkh_graduation.contracts import Facts
from pkh_graduation.programme.vocabulary import STATES
from pkh_graduation.stores import pyfunc

SCORER = "pkh_graduation.workflows.serving:Scorer"
AS_OF, OBJECTION = "as_of", "pagar_keberatan"
SHOWN = {"mendukung": 3, "menahan": 2}
FIGURES = (*(f"p_{state}" for state in STATES), "p_mandiri_bawah", "p_mandiri_atas")
WORDS = tuple(f"{side}_{place}" for side, most in SHOWN.items() for place in range(1, most + 1))
"""Reasons, empty where there is none: name of the feature; with ``_arti`` its meaning in Bahasa Indonesia, with
``_kontribusi`` its theme's log-odds."""
BLOCK = 8_192
_REQUIREMENTS = ("mlflow", "numpy", "pandas", "scikit-learn", "shap", "skops")


class ServingError(ValueError):
    """A table that a bundle cannot judge."""


class Scorer:
    """A checked bundle, ready to judge tables.

    Raises:
        BundleError: see `stores.load_bundle`.
    """

    def __init__(self, bundle: Path) -> None:
        self.card = stores.read_card(bundle)
        # Whether the rows are made up is asked at each call; that the model may be is known here.
        self.model = stores.load_bundle(bundle, sintetis=bool(self.card["sintetis"])).model
        self.names = [str(name) for name in self.card["features"]]
        self.horizon = int(self.card["label"]["horizon"])
        self.dictionary = pd.DataFrame.from_dict(self.card["dictionary"], orient="index").reindex(self.names)

    def __call__(self, table: pd.DataFrame, *, jelaskan: bool = True, buatan: bool = False) -> pd.DataFrame:
        """Judge every row; same order and index as ``table``.

        Args:
            table: columns: all of the card's ``features`` (numbers, missing allowed), ``as_of`` (ISO date or timestamp), and
                ``pagar_keberatan`` (0: does not object; a row with anything else, or nothing, is not judged).
            jelaskan: whether reasons are wanted; their columns stay empty otherwise.
            buatan: whether the rows are made up; a bundle fitted on made-up records judges no others.

        Raises:
            ServingError: columns or dates are missing or unusable, or a made-up bundle meets real rows.
        """
        self._check(table, buatan)
        made = pd.DataFrame(np.nan, index=range(len(table)), columns=list(FIGURES))
        for column in output_columns():
            if column not in made:
                # No word is an empty one: Spark would turn a missing one into the word "nan".
                empty = np.nan if column.endswith("_kontribusi") else ""
                made[column] = pd.Series(empty, index=made.index, dtype="float64" if empty != "" else "object")
        willing = np.flatnonzero(~_silent(table))
        with threadpool_limits(limits=1):
            for start in range(0, len(willing), BLOCK):
                rows = willing[start : start + BLOCK]
                X = self._inputs(table, rows)
                self._judge(X, rows, made)
                if jelaskan:
                    self._explain(X, made)
        return made[output_columns()].set_axis(table.index, axis=0)

    def _check(self, table: pd.DataFrame, buatan: bool) -> None:
        missing = [name for name in (*self.names, AS_OF) if name not in table.columns]
        if missing:
            raise ServingError(f"the table lacks {len(missing)} of the columns that the bundle needs: {missing[:5]}.")
        if OBJECTION not in table.columns:
            raise ServingError(
                f"the table does not say who objects to profiling: add {OBJECTION}, 0 or 1 in every row (parts of features "
                f"hold it as fakta.{OBJECTION})."
            )
        if self.card["sintetis"] and not buatan:
            raise ServingError(
                "this bundle was fitted on made-up records and judges no real family: train on your own records, "
                "or say buatan=True where the rows are made up as well."
            )

    def _inputs(self, table: pd.DataFrame, rows: np.ndarray) -> pd.DataFrame:
        """Rows as the model takes them: numbers that float32 can hold, indexed by place in the table and date."""
        part = table.iloc[rows]
        try:
            days = pd.to_datetime(part[AS_OF].astype("str"), format="ISO8601", errors="raise").dt.normalize()
            values = part[self.names].to_numpy(dtype="float64", na_value=np.nan)
        except (TypeError, ValueError):
            raise ServingError(
                f"{AS_OF} must hold ISO dates and the model's inputs numbers, in every row (the rows are not shown)."
            ) from None
        index = pd.MultiIndex.from_arrays([rows, days.dt.as_unit("s")], names=["kpm_id", "as_of"])
        return pd.DataFrame(values.astype("float32").astype("float64"), index=index, columns=self.names)

    def _judge(self, X: pd.DataFrame, rows: np.ndarray, made: pd.DataFrame) -> None:
        scores = self.model.predict_incidence(X, self.horizon)
        figures = np.column_stack([scores.frame.to_numpy(), scores.low, scores.high])
        made.loc[rows, list(FIGURES)] = figures

    def _explain(self, X: pd.DataFrame, made: pd.DataFrame) -> None:
        known = pd.DataFrame(pd.NA, index=X.index, columns=self.names, dtype="Int32")
        cards = explanations.explain(self.model, X, Facts(X, known, self.dictionary)).cards
        meaning = self.dictionary["meaning_id"]
        for card in cards[["kpm_id", "arah", "urutan", "fitur", "kontribusi"]].itertuples(index=False):
            place = f"{card.arah}_{card.urutan}"
            made.at[card.kpm_id, place] = card.fitur
            made.at[card.kpm_id, f"{place}_arti"] = meaning[card.fitur]
            made.at[card.kpm_id, f"{place}_kontribusi"] = card.kontribusi


def output_columns() -> list[str]:
    """Columns of an answer, in order."""
    return [*FIGURES, *(f"{word}{more}" for word in WORDS for more in ("", "_arti", "_kontribusi"))]


def write_pyfunc(bundle: Path, folder: Path, card: Mapping[str, Any]) -> Path:
    """Write a saved bundle as an MLflow model into ``folder``, which must not exist; returns it."""
    figures = set(FIGURES)
    columns: Sequence[str] = [str(name) for name in card["features"]]
    return pyfunc.save_pyfunc(
        bundle,
        folder,
        scorer=SCORER,
        inputs=[(AS_OF, "string", True), *((name, "double", True) for name in columns), (OBJECTION, "double", True)],
        outputs=[
            (name, "double" if name in figures or name.endswith("_kontribusi") else "string")
            for name in output_columns()
        ],
        params={"jelaskan": ("boolean", True), "buatan": ("boolean", False)},
        requirements=_REQUIREMENTS,
    )


def _silent(table: pd.DataFrame) -> np.ndarray:
    """Rows (n,) of families that object to profiling, or of whom nobody knows whether they do."""
    said = pd.to_numeric(table[OBJECTION], errors="coerce")
    return np.asarray(said.to_numpy(dtype="float64", na_value=np.nan) != 0)
