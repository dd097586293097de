"""The backtest: at each past origin, learn from what was known then, predict, and compare with what came.

Every contender is a fresh clone at every origin, fitted on the fold's training rows with outcomes as known at the origin.
Practice has to be beaten by its best rule, and that rule is chosen on the earlier origins, before the last is looked at.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping

import numpy as np
import pandas as pd

from pkh_graduation.contracts import (
    Contender,
    ContractError,
    Fold,
    Folds,
    Outcomes,
    Progress,
    Snapshots,
    check_index,
    quiet,
)
from pkh_graduation.evaluation.backtest_report import BacktestReport
from pkh_graduation.evaluation.capacity import at_capacity
from pkh_graduation.evaluation.comparison import metrics_and_paired, whole_scope
from pkh_graduation.evaluation.labels import GONE, IMMATURE, LABELLED, labels_at
from pkh_graduation.evaluation.rows import rows_at
from pkh_graduation.evaluation.splitters import check_is_fold, refuse_timeless
from pkh_graduation.programme.vocabulary import MANDIRI, WAYS_OUT

DEFAULT_HORIZON = 4
"""Quarters: the label of record is mandiri within twelve months."""

MODEL = "model"


def run_backtest(
    contenders: Mapping[str, Contender],
    X: pd.DataFrame,
    y: Outcomes,
    history: Snapshots,
    folds: Folds,
    *,
    capacity: float = 0.10,
    horizon: int | None = None,
    rules: Collection[str] | None = None,
    n_boot: int = 200,
    random_state: int = 0,
    progress: Progress = quiet,
) -> BacktestReport:
    """Compare contenders on the origins of ``folds``; the last origin is the test.

    Args:
        contenders: name -> scikit-learn estimator obeying `Contender`; cloned, so the given ones stay unfitted.
        X: model inputs, indexed by ``(kpm_id, as_of)``.
        y: outcomes of the same rows; handed to ``folds``, which decides what may be learnt when.
        history: snapshots of the same rows; gives each family's pendamping at the date.
        folds: cuts the panel; its attribute ``horizon``, where it has one, is the default horizon.
        capacity: share of each pendamping's caseload that fits on a list.
        horizon: quarters within which a graduation counts; else that of ``folds``, else `DEFAULT_HORIZON`.
        rules: names of rules of practice, besides contenders that say ``is_practice``; if neither names any, every
            contender except ``"model"``.
        n_boot: resamples for the intervals; 0 for none.
        random_state: seed of the resamples. Contenders keep their own.
        progress: called with one line per fit.

    Raises:
        ContractError: ``folds`` ignores time (`KFold` and its kind), or a fold would let a contender learn what was not yet
            known at its origin.
        ValueError: nothing can be compared: no contenders, no fold, no family with a pendamping, or no mature label; a
            capacity that is no share; or X or y lacks rows of a fold.
    """
    check_index(X, "X")
    refuse_timeless(folds)
    _check_request(contenders, history, n_boot, capacity)
    quarters = _horizon(folds, y, horizon)
    parts, dropped = [], []
    for fold in folds.split(X, y, history):
        check_is_fold(fold)
        check_fold(fold)
        rows = judged_rows(fold, history, quarters)
        dropped.append(_left_out(fold, y, rows, quarters))
        if len(rows):
            parts += [
                predict_fold(name, contender, fold, rows, X, history, quarters, progress)
                for name, contender in contenders.items()
            ]
    if not parts:
        raise ValueError(
            f"no origin has a label that is mature at {quarters} quarters, so nothing can be compared. "
            "Choose earlier origins or a shorter horizon."
        )
    predictions = in_order(pd.concat(parts, ignore_index=True), list(contenders))
    practice = rules_of_practice(contenders, rules)
    best_rule, chosen_on = choose_rule(predictions, practice, capacity)
    progress("membandingkan peserta uji")
    metrics, paired = metrics_and_paired(
        predictions, best_rule=best_rule, capacity=capacity, horizon=quarters, n_boot=n_boot, random_state=random_state
    )
    return BacktestReport(
        predictions=predictions, metrics=metrics, paired=paired, dropped=pd.DataFrame(dropped), best_rule=best_rule,
        chosen_on=chosen_on, practice=practice, capacity=capacity, horizon=quarters, n_boot=n_boot,
        random_state=random_state,
    )  # fmt: skip


def check_fold(fold: Fold) -> None:
    """Refuse a fold through which the future could be learnt.

    Raises:
        ContractError: says which of the conditions does not hold.
    """
    origin = pd.Timestamp(fold.origin)
    train, test = fold.train.get_level_values("as_of"), fold.test.get_level_values("as_of")
    conditions = {
        "training rows lie after the origin": bool((train > origin).any()),
        "training outcomes were not yet known at the origin": fold.y_train.known_by > fold.origin,
        "test rows lie before the origin": bool((test < origin).any()),
        "a row is both learnt from and judged": bool(fold.test.isin(fold.train).any()),
    }
    broken = [what for what, is_so in conditions.items() if is_so]
    if broken:
        raise ContractError(
            f"the fold of origin {fold.origin.isoformat()} leaks: {'; '.join(broken)}. "
            "Learn only from rows up to the origin, with outcomes as known at the origin."
        )


def rules_of_practice(contenders: Mapping[str, object], rules: Collection[str] | None) -> tuple[str, ...]:
    """Names of the contenders that are today's practice, in their given order.

    Raises:
        ValueError: ``rules`` names something that does not compete.
    """
    unknown = sorted(set(rules or ()) - set(contenders))
    if unknown:
        raise ValueError(f"rules {unknown} do not compete; contenders are {list(contenders)}.")
    named = [
        name
        for name, one in contenders.items()
        if getattr(one, "is_practice", False) is True or name in (rules if rules is not None else ())
    ]
    if not named and rules is None:
        named = [name for name in contenders if name != MODEL]
    return tuple(named)


def choose_rule(
    predictions: pd.DataFrame, practice: Collection[str], capacity: float
) -> tuple[str | None, tuple[str, ...]]:
    """The rule with the highest precision at capacity on the origins before the last, and those origins.

    With one origin there is nothing earlier: the rule is chosen on the origin itself, which favours practice, and no
    origins are returned. Equal precision is decided by the order in which the rules were given.
    """
    if not practice:
        return None, ()
    origins = sorted(predictions["origin"].unique())
    earlier = tuple(origins[:-1])
    scope, _ = whole_scope(predictions[predictions["origin"].isin(earlier or origins)])
    precision = {
        name: at_capacity(scope.probability[name][MANDIRI], scope.positive, scope.group, capacity)["precision"]
        for name in practice
    }
    return max(precision, key=lambda name: np.nan_to_num(precision[name], nan=-1.0)), earlier


def _check_request(contenders: Mapping[str, Contender], history: Snapshots, n_boot: int, capacity: float) -> None:
    if not contenders:
        raise ValueError("there are no contenders: give at least one, such as {'model': GraduationModel()}.")
    if n_boot < 0:
        raise ValueError(f"n_boot must be 0 (no intervals) or more, not {n_boot}.")
    if not 0 < capacity <= 1:
        raise ValueError(
            f"capacity must lie in (0, 1], not {capacity!r}: it is the part of a caseload that fits on a list."
        )
    if history.frame["pendamping_id"].isna().all():
        raise ValueError(
            "no family of the snapshots has a pendamping, so no list within a caseload can be drawn. "
            "Give the table that ties families to pendamping."
        )


def _horizon(folds: Folds, y: Outcomes, horizon: int | None) -> int:
    if horizon is not None:
        return int(horizon)
    return int(getattr(folds, "horizon", min(DEFAULT_HORIZON, y.max_horizon)))


def pendamping_of(history: Snapshots, index: pd.MultiIndex) -> pd.Series:
    """The pendamping of each row at its date, missing where nobody is named."""
    return history.frame["pendamping_id"].reindex(index)


def judged_rows(fold: Fold, history: Snapshots, horizon: int) -> pd.DataFrame:
    """Labelled test rows: pendamping, label, the way out by the horizon (or staying), and in which quarter."""
    labels = rows_at(labels_at(fold.y_test, horizon), fold.test, "y of the judged rows")
    rows = pd.DataFrame(
        {
            "pendamping_id": pendamping_of(history, fold.test),
            "label": labels["label"],
            "way_out": labels["end"],
            "quarter": fold.y_test.frame.loc[fold.test, "quarter"].clip(upper=horizon),
        }
    )
    return rows[(labels["status"] == LABELLED).to_numpy()].astype({"label": "int8", "quarter": "int16"})


def _left_out(fold: Fold, y: Outcomes, rows: pd.DataFrame, horizon: int) -> dict[str, object]:
    """From how many graduates the origin learns, how many families of its snapshot are judged, and why the others are not."""
    now = y.frame.index.get_level_values("as_of") == pd.Timestamp(fold.origin)
    status = labels_at(dataclasses.replace(y, frame=y.frame[now]), horizon)["status"]
    gone, immature = int((status == GONE).sum()), int((status == IMMATURE).sum())
    taught = fold.y_train.frame["way_out"] == MANDIRI
    return {
        "origin": fold.origin.isoformat(),
        "mandiri_learnt": int(taught[taught].index.get_level_values("kpm_id").nunique()),
        "families": len(status),
        "labelled": len(rows),
        "sudah_keluar": gone,
        "immature": immature,
        "held_out": max(0, len(status) - len(rows) - gone - immature),
        "without_pendamping": int(rows["pendamping_id"].isna().sum()),
    }


def predict_fold(
    name: str,
    contender: Contender,
    fold: Fold,
    rows: pd.DataFrame,
    X: pd.DataFrame,
    history: Snapshots,
    horizon: int,
    progress: Progress,
) -> pd.DataFrame:
    """Fit a fresh clone on the fold and predict its judged rows; one line per row (`PREDICTION_COLUMNS`).

    Raises:
        ValueError: X, y or the contender's scores lack rows of the fold.
    """
    from sklearn.base import clone

    progress(f"asal {fold.origin.isoformat()}: {name}")
    fitted = clone(contender)
    fitted.fit(
        rows_at(X, fold.train, "X"), _aligned(fold.y_train, fold.train), groups=pendamping_of(history, fold.train)
    )
    scores = fitted.predict_incidence(rows_at(X, fold.test, "X"), horizon, groups=pendamping_of(history, fold.test))
    incidence = rows_at(scores.frame, rows.index, f"the prediction of {name!r}")
    found = rows.reset_index()
    found.insert(0, "contender", name)
    found.insert(1, "origin", fold.origin.isoformat())
    for way in WAYS_OUT:
        found[f"p_{way}"] = incidence[way].to_numpy()
    return found


def _aligned(y: Outcomes, index: pd.MultiIndex) -> Outcomes:
    """The outcomes of exactly these rows, in this order."""
    if y.frame.index.equals(index):
        return y
    return dataclasses.replace(y, frame=rows_at(y.frame, index, "y of the training rows"))


def in_order(predictions: pd.DataFrame, contenders: list[str]) -> pd.DataFrame:
    """One order whatever the order of the inputs, so that sums round alike."""
    place = predictions["contender"].map({name: number for number, name in enumerate(contenders)})
    ordered = predictions.assign(_place=place).sort_values(["_place", "origin", "kpm_id", "as_of"])
    columns = [
        "contender", "origin", "kpm_id", "as_of", "pendamping_id", *(f"p_{way}" for way in WAYS_OUT),
        "label", "way_out", "quarter",
    ]  # fmt: skip
    return ordered[columns].reset_index(drop=True)
