"""Rows: the same family and date twice, families on both sides of a split, and an order of rows that tells something."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from pkh_graduation.evaluation.leakage import MODERATE, NOTE, SEVERE, Checked, Finding
from pkh_graduation.evaluation.ranking import finite

ORDER_GAP, ORDER_ERRORS = 0.05, 4.0
"""Row order is named when it ranks the label this far from one half, and this many standard errors."""
LEAST_FEATURES, LEAST_ROWS = 3, 50
MANY_TWINS = 0.001
"""Sets of twins, as a share of the entities, from which on they are more than a curiosity."""


def findings(table: pd.DataFrame, checked: Checked) -> Iterator[Finding]:
    """Duplicates, families across folds, twins, and the order of the rows."""
    yield from _duplicates(checked, len(table))
    yield from _across_folds(table, checked)
    yield from _twins(table, checked)
    yield from _order(checked, len(table))
    yield from _running(table, checked)


def _duplicates(checked: Checked, rows: int) -> Iterator[Finding]:
    if checked.entity is None or checked.as_of is None:
        return
    twice = int(pd.DataFrame({"entity": checked.entity, "as_of": checked.as_of}).duplicated().sum())
    if twice:
        yield Finding(
            "duplicate", SEVERE, str(checked.roles.entity),
            f"{twice} of {rows} rows repeat an entity and date that the table already has: whatever splits the rows puts "
            "copies on both sides.",
            "Keep one row per entity and as-of date, the last known; find out where the copies come from.", {"rows": twice},
        )  # fmt: skip


def _across_folds(table: pd.DataFrame, checked: Checked) -> Iterator[Finding]:
    fold = checked.roles.fold
    if fold is None or checked.entity is None:
        return
    several = table[fold].groupby(checked.entity).nunique() > 1
    if several.any():
        yield Finding(
            "entity_across_folds", SEVERE, fold,
            f"{int(several.sum())} of {len(several)} entities lie in several folds: a model is judged on families it was "
            "fitted on.",
            "Hold out whole families, and cut in time: PanelFolds and NewUnits do both.", {"entities": int(several.sum())},
        )  # fmt: skip


def _twins(table: pd.DataFrame, checked: Checked) -> Iterator[Finding]:
    """Different entities with the same features on the same date, where features are fine enough to tell them apart."""
    fine = [name for name in checked.features if table[name].nunique() > max(20, len(table) // 20)]
    if checked.entity is None or len(fine) < LEAST_FEATURES:
        return
    frame = table[checked.features].assign(**{"\0as_of": checked.as_of if checked.as_of is not None else 0})
    alike = frame.duplicated(keep=False)
    people = checked.entity[alike].groupby(pd.util.hash_pandas_object(frame[alike], index=False)).nunique()
    several = int((people > 1).sum())
    severity = MODERATE if several > MANY_TWINS * checked.entity.nunique() else NOTE
    if several:
        yield Finding(
            "twins", severity, str(checked.roles.entity),
            f"{several} sets of entities have the very same features on the same date, though the features tell nearly all "
            "others apart: one family may stand under two ids.",
            "Link the ids of one family before splitting, or it will lie on both sides.", {"sets": several},
        )  # fmt: skip


def _order(checked: Checked, rows: int) -> Iterator[Finding]:
    """Does the place of a row within its date rank the label? A sorted export hands the answer to whoever keeps the order."""
    if checked.label is None:
        return
    frame = pd.DataFrame({"label": checked.label, "row": np.arange(rows)})
    frame["date"] = checked.as_of if checked.as_of is not None else pd.Timestamp(0)
    above = pairs = variance = 0.0
    for _, part in frame.dropna().groupby("date"):
        positive = part["label"].to_numpy() == 1
        n, m = float(positive.sum()), float((~positive).sum())
        if n and m:
            above += np.flatnonzero(positive).sum() - n * (n - 1) / 2
            pairs += n * m
            variance += n * m * (n + m + 1) / 12
    if not pairs:
        return
    auc, error = above / pairs, np.sqrt(variance) / pairs
    if abs(auc - 0.5) > max(ORDER_GAP, ORDER_ERRORS * error):
        yield Finding(
            "row_order", MODERATE, "",
            f"The order of the rows ranks the label (AUC {max(auc, 1 - auc):.2f}): the table seems to be sorted by something "
            "that became known later.",
            "Shuffle the rows, and use nothing that depends on their order (row numbers, unshuffled folds, files by status).",
            {"auc": float(max(auc, 1 - auc))},
        )  # fmt: skip


def _running(table: pd.DataFrame, checked: Checked) -> Iterator[Finding]:
    """A column that never falls, or never rises, from row to row, and is no date of the table."""
    for name in checked.features:
        column = table[name]
        if not pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column) or column.isna().any():
            continue
        steps = np.diff(finite(column.to_numpy(dtype=float)))
        if (
            len(steps) >= LEAST_ROWS
            and column.nunique() > len(column) // 2
            and ((steps >= 0).all() or (steps <= 0).all())
        ):
            yield Finding(
                "running_number", SEVERE, str(name), f"{name!r} runs with the order of the rows, as an index column does.",
                "Leave it out: it repeats how the table was sorted.",
            )  # fmt: skip
