"""Echoes of the label: columns, gaps and shallow trees that know the answer too well.

How well is too well? With everything recorded and the planted truth itself as the score, graduation of made-up families can be
ranked with an AUC of about .85 (`domain`: ceilings of the sketch), and public studies of comparable exits report about the
same. A single column beyond .90 is therefore suspicious, beyond .95 hardly to be explained by anything but the label.
Trees, and the rates of a column's values, are learnt on one half of the entities and judged on the other.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from pkh_graduation.evaluation.leakage import MODERATE, NOTE, SEVERE, Checked, Finding, read_dates
from pkh_graduation.evaluation.ranking import finite, rank
from pkh_graduation.evaluation.scores import discrimination

SUSPICIOUS, CERTAIN = 0.90, 0.95
GAP_SUSPICIOUS, GAP_CERTAIN = 0.50, 0.80
"""Difference in the share of missing values between positives and negatives."""
PURE, LEAST_PURE = 0.98, 20
"""A value after which nearly all are positive, among at least so many rows; looked for where positives are rarer than a half."""
TREE_DEPTH, TREE_CERTAIN = 3, 0.95
LEAST_EACH = 20


def findings(table: pd.DataFrame, checked: Checked) -> Iterator[Finding]:
    """Echoes in single columns, in what is missing, in single values, and in a shallow tree over all columns."""
    if checked.label is None:
        return
    there = checked.label.notna()
    positive = (checked.label[there] == 1).to_numpy()
    if min(positive.sum(), (~positive).sum()) < LEAST_EACH:
        yield Finding(
            "few_labels", NOTE, str(checked.roles.label),
            f"There are {int(positive.sum())} positive and {int((~positive).sum())} negative labels, too few to look for echoes.",
            f"Bring at least {LEAST_EACH} of each.",
        )  # fmt: skip
        return
    rows, half = table[there], _half(checked, there)
    named: list[str] = []
    for name in checked.features:
        column = _numbers(rows[name], positive, half)
        single = (
            _ranks(str(name), column, positive),
            _gap(str(name), rows[name], positive),
            _pure(str(name), rows[name], positive),
        )
        for finding in single:
            if finding is not None:
                named.append(str(name))
                yield finding
    rest = [name for name in checked.features if str(name) not in named]
    yield from _tree({str(name): _numbers(rows[name], positive, half) for name in rest}, positive, half)


def auc_of(score: np.ndarray, positive: np.ndarray) -> float:
    """AUC of a score, ties counting half."""
    return float(discrimination(rank(score, positive), np.ones((1, len(score))))["auc"][0])


def _half(checked: Checked, there: pd.Series) -> np.ndarray:
    """One half of the entities, or of the rows where no entity is named; by a hash, not by order."""
    keys = checked.entity[there] if checked.entity is not None else pd.Series(np.flatnonzero(there))
    return (pd.util.hash_array(keys.to_numpy()) >> np.uint64(11)) % 2 == 0


def _numbers(column: pd.Series, positive: np.ndarray, half: np.ndarray) -> np.ndarray:
    """A column as numbers: dates as days, words as the rate of positives that the other half shows for them."""
    if pd.api.types.is_numeric_dtype(column):
        return column.astype("Float64").to_numpy(dtype=float, na_value=np.nan)
    dates = read_dates(column)
    if dates is not None:
        return (
            dates.astype("datetime64[s]").astype("int64").where(dates.notna(), np.nan).to_numpy(dtype=float) / 86400.0
        )
    words = column.astype("str").fillna("\0").to_numpy(dtype=object)
    encoded = np.full(len(words), float(positive.mean()))
    for learnt in (half, ~half):
        rates = pd.Series(positive[learnt].astype(float)).groupby(words[learnt]).mean()
        encoded[~learnt] = pd.Series(words[~learnt]).map(rates).fillna(positive.mean()).to_numpy(dtype=float)
    return encoded


def _ranks(name: str, values: np.ndarray, positive: np.ndarray) -> Finding | None:
    known = ~np.isnan(values)
    if min((positive & known).sum(), (~positive & known).sum()) < LEAST_EACH:
        return None
    auc = auc_of(values[known], positive[known])
    auc = max(auc, 1 - auc)
    if auc < SUSPICIOUS:
        return None
    return Finding(
        "echo", SEVERE if auc >= CERTAIN else MODERATE, name,
        f"{name!r} alone ranks the label with an AUC of {auc:.2f}, more than an honest column can.",
        "Find out when the column is written. If at or after the decision, leave it out; if before, date it and keep the proof.",
        {"auc": auc},
    )  # fmt: skip


def _gap(name: str, column: pd.Series, positive: np.ndarray) -> Finding | None:
    missing = column.isna().to_numpy()
    gap = float(abs(missing[positive].mean() - missing[~positive].mean()))
    if gap < GAP_SUSPICIOUS:
        return None
    return Finding(
        "missing_echo", SEVERE if gap >= GAP_CERTAIN else MODERATE, name,
        f"Whether {name!r} is missing tells the label: the shares of missing values differ by {gap:.2f} between positives and "
        "negatives.",
        "It is probably filled at or after the decision. Leave the column out, its gaps included.", {"gap": gap},
    )  # fmt: skip


def _pure(name: str, column: pd.Series, positive: np.ndarray) -> Finding | None:
    """A value that only positives have, though most positives may lack it: a signed paper, a stage of the case."""
    if positive.mean() > 0.5 or column.nunique() > 50:
        return None
    by_value = (
        pd.Series(positive.astype(float)).groupby(column.reset_index(drop=True), observed=True).agg(["mean", "count"])
    )
    pure = by_value[(by_value["mean"] >= PURE) & (by_value["count"] >= LEAST_PURE)]
    if pure.empty:
        return None
    rows = int(pure["count"].sum())
    return Finding(
        "pure_value", SEVERE, name,
        f"In {rows} rows {name!r} has a value that (nearly) only positives have, while {positive.mean():.3f} of all are positive.",
        "It is written when the decision is known. Leave the column out.", {"rows": rows},
    )  # fmt: skip


def _tree(columns: dict[str, np.ndarray], positive: np.ndarray, half: np.ndarray) -> Iterator[Finding]:
    """A tree of few questions over the columns not yet named, learnt on half of the entities."""
    from sklearn.tree import DecisionTreeClassifier

    if not columns or min(positive[half].sum(), positive[~half].sum()) < LEAST_EACH // 2:
        return
    matrix = finite(np.column_stack(list(columns.values())))
    score, weight = np.full(len(matrix), np.nan), np.zeros(matrix.shape[1])
    for learnt in (half, ~half):
        tree = DecisionTreeClassifier(max_depth=TREE_DEPTH, min_samples_leaf=LEAST_EACH // 2, random_state=0)
        score[~learnt] = tree.fit(matrix[learnt], positive[learnt]).predict_proba(matrix[~learnt])[:, 1]
        weight += tree.feature_importances_
    auc = float(np.mean([auc_of(score[part], positive[part]) for part in (half, ~half)]))
    if auc >= TREE_CERTAIN:
        names = list(columns)
        used = [names[place] for place in np.argsort(-weight, kind="stable")[:3] if weight[place] > 0]
        yield Finding(
            "echo_together", SEVERE, used[0],
            f"A tree of {TREE_DEPTH} questions, mostly about {used}, ranks the label with an AUC of {auc:.2f} among entities "
            "that it has not seen: together these columns tell the answer.",
            "Find out when each of them is written, and leave out those of the decision.", {"auc": auc},
        )  # fmt: skip
