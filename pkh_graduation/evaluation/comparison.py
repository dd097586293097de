"""From predictions to tables: every contender's figures with intervals, and differences on the same resamples.

Figures about the lists and about P(mandiri) have plain names (`CORE`). A suffix tells another reading of the same rows:
``_tanpa_administratif`` leaves out families that left administratively; ``_alamiah`` and ``_administratif`` judge the
probability of that way out; ``list_share_*`` is the part of the listed families that took it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pkh_graduation.evaluation.bootstrap import Figures, draw_weights, interval, resample, varied_interval
from pkh_graduation.evaluation.capacity import at_capacity, draw_lists, list_figures
from pkh_graduation.evaluation.scores import (
    calibration_error_limit,
    expected_calibration_error,
    prepare,
    probability_scores,
)
from pkh_graduation.programme.vocabulary import ADMINISTRATIF, ALAMIAH, MANDIRI

ALL_ORIGINS = "semua"
LISTS = ("precision", "recall", "lift")
PROPER = ("auc", "average_precision", "log_loss", "brier")
CORE = (*LISTS, *PROPER, "predicted_observed", "calibration_intercept", "calibration_slope")
PAIRED = (*LISTS, *PROPER)
OTHER_WAYS = (ALAMIAH, ADMINISTRATIF)
WITHOUT = "_tanpa_administratif"
METRICS_COLUMNS = ("contender", "origin", "horizon", "metric", "value", "low", "high", "n", "n_positive")
PAIRED_COLUMNS = (
    "contender", "rule", "origin", "metric", "difference", "low", "high", "low_pendamping", "high_pendamping",
    "ratio", "ratio_low", "ratio_high",
)  # fmt: skip


@dataclass(frozen=True)
class Scope:
    """The judged rows of one origin, or of all: what is the same for every contender, and each one's probabilities.

    ``family`` and ``pendamping`` are codes across all origins; ``group`` codes a caseload (pendamping at an origin), -1
    where nobody is named; ``probability`` maps contender -> way out -> (n,).
    """

    name: str
    family: np.ndarray
    pendamping: np.ndarray
    group: np.ndarray
    end: np.ndarray
    probability: Mapping[str, Mapping[str, np.ndarray]]

    @property
    def positive(self) -> np.ndarray:
        """Whether each row's family graduated by itself within the horizon."""
        return self.end == MANDIRI

    def where(self, keep: np.ndarray, name: str) -> Scope:
        """Keep some rows."""
        probability = {
            who: {way: values[keep] for way, values in ways.items()} for who, ways in self.probability.items()
        }
        return Scope(name, self.family[keep], self.pendamping[keep], self.group[keep], self.end[keep], probability)


def whole_scope(predictions: pd.DataFrame) -> tuple[Scope, np.ndarray]:
    """The scope of all origins, and the origin of each of its rows: those of the first contender, in their order.

    Raises:
        ValueError: there are no predictions, or the contenders were not judged on the same rows, each once.
    """
    if predictions.empty:
        raise ValueError(
            "there are no predictions to judge: name a contender that competed, and an origin of the backtest."
        )
    contenders = predictions["contender"].unique().tolist()
    parts = _paired(dict(iter(predictions.groupby("contender", sort=False))))
    rows = parts[contenders[0]]
    caseload = rows.groupby(["as_of", "pendamping_id"], sort=False, dropna=False).ngroup().to_numpy()
    probability = {
        name: {way: parts[name][f"p_{way}"].to_numpy(dtype=float) for way in (MANDIRI, *OTHER_WAYS)}
        for name in contenders
    }
    scope = Scope(
        name=ALL_ORIGINS,
        family=pd.factorize(rows["kpm_id"], sort=True)[0],
        pendamping=pd.factorize(rows["pendamping_id"], sort=True, use_na_sentinel=False)[0],
        group=np.where(rows["pendamping_id"].notna(), caseload, -1),
        end=rows["way_out"].to_numpy(dtype=object).astype(str),
        probability=probability,
    )
    return scope, rows["origin"].to_numpy(dtype=object).astype(str)


def _paired(parts: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Every contender's rows in the order of the first's."""
    keys = {name: pd.MultiIndex.from_frame(part[["origin", "kpm_id", "as_of"]]) for name, part in parts.items()}
    first = next(iter(keys.values()))
    for name, key in keys.items():
        if key.equals(first):
            continue
        place = (
            key.get_indexer(first) if key.is_unique and first.is_unique and len(key) == len(first) else np.array([-1])
        )
        if (place < 0).any():
            raise ValueError(
                f"contender {name!r} was not judged on the same rows (origin, kpm_id, as_of) as the first, each once: hand over "
                "the predictions of one backtest."
            )
        parts[name] = parts[name].iloc[place]
    return parts


def scopes(predictions: pd.DataFrame) -> Iterator[Scope]:
    """One scope for each origin in order, then all together."""
    whole, origin = whole_scope(predictions)
    for name in sorted(set(origin)):
        yield whole.where(origin == name, name)
    yield whole


def metrics_and_paired(
    predictions: pd.DataFrame, *, best_rule: str | None, capacity: float, horizon: int, n_boot: int, random_state: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Tables of figures (`METRICS_COLUMNS`) and of differences to the best rule (`PAIRED_COLUMNS`).

    Differences are told for the last origin and for all together; ``low`` and ``high`` come from resampled families,
    ``low_pendamping`` and ``high_pendamping`` from resampled pendamping. Without resamples they are missing.
    """
    all_scopes = list(scopes(predictions))
    whole, last = all_scopes[-1], all_scopes[-2].name
    families = draw_weights(int(whole.family.max()) + 1, n_boot, np.random.default_rng([random_state, 1]))
    workers = draw_weights(int(whole.pendamping.max()) + 1, n_boot, np.random.default_rng([random_state, 2]))
    metrics: list[pd.DataFrame] = []
    paired: list[pd.DataFrame] = []
    for scope in all_scopes:
        figures = {name: _figures(scope, name, capacity) for name in scope.probability}
        replicates = resample(figures, scope.family, families)
        metrics.append(_metrics_table(scope, figures, replicates, capacity, random_state))
        if best_rule is not None and scope.name in (last, ALL_ORIGINS):
            core = {name: _core_figures(scope, name, capacity) for name in scope.probability}
            by_worker = resample(core, scope.pendamping, workers)
            paired.append(_paired_table(scope.name, best_rule, _point(core, scope), replicates, by_worker))
    table = pd.concat(metrics, ignore_index=True)
    table.insert(2, "horizon", horizon)
    differences = pd.concat(paired, ignore_index=True) if paired else pd.DataFrame(columns=list(PAIRED_COLUMNS))
    return table[list(METRICS_COLUMNS)], differences[list(PAIRED_COLUMNS)]


def _core_figures(scope: Scope, contender: str, capacity: float) -> Figures:
    """Lists and P(mandiri)."""
    p, positive = scope.probability[contender][MANDIRI], scope.positive
    lists, prepared = draw_lists(p, positive, scope.group, capacity), prepare(p, positive)
    return lambda weights: list_figures(lists, weights) | probability_scores(prepared, weights)


def _figures(scope: Scope, contender: str, capacity: float) -> Figures:
    """Lists and P(mandiri), the same without administrative exits, and the other ways out."""
    core = _core_figures(scope, contender, capacity)
    keep = scope.end != ADMINISTRATIF
    without = _core_figures(scope.where(keep, scope.name), contender, capacity)
    p = scope.probability[contender]
    ways = {way: prepare(p[way], scope.end == way) for way in OTHER_WAYS}
    shares = {way: draw_lists(p[MANDIRI], scope.end == way, scope.group, capacity) for way in OTHER_WAYS}

    def figures(weights: np.ndarray) -> dict[str, np.ndarray]:
        found = dict(core(weights))
        reading = without(weights[:, keep])
        found |= {f"{name}{WITHOUT}": reading[name] for name in PAIRED}
        for way, prepared in ways.items():
            scores = probability_scores(prepared, weights)
            found |= {f"{name}_{way}": scores[name] for name in ("auc", "brier", "predicted_observed")}
            found[f"list_share_{way}"] = list_figures(shares[way], weights)["precision"]
        return found

    return figures


def _point(figures: Mapping[str, Figures], scope: Scope) -> dict[str, dict[str, float]]:
    ones = np.ones((1, len(scope.end)))
    return {
        name: {metric: float(value[0]) for metric, value in figure(ones).items()} for name, figure in figures.items()
    }


def _metrics_table(
    scope: Scope,
    figures: Mapping[str, Figures],
    replicates: Mapping[str, Mapping[str, np.ndarray]],
    capacity: float,
    random_state: int,
) -> pd.DataFrame:
    rows = []
    for name, values in _point(figures, scope).items():
        for metric, value in values.items():
            low, high = varied_interval(replicates[name][metric]) if replicates[name] else (np.nan, np.nan)
            rows.append((name, scope.name, metric, value, low, high, *_sizes(scope, metric)))
        for metric, value in _only_unweighted(scope, name, capacity, random_state).items():
            rows.append((name, scope.name, metric, value, np.nan, np.nan, *_sizes(scope, metric)))
    return pd.DataFrame(rows, columns=[column for column in METRICS_COLUMNS if column != "horizon"])


def _only_unweighted(scope: Scope, contender: str, capacity: float, random_state: int) -> dict[str, float]:
    """Figures for which resampling means nothing: luck in ties, and ECE, which any resample makes larger."""
    p, positive = scope.probability[contender][MANDIRI], scope.positive
    lists = at_capacity(p, positive, scope.group, capacity)
    return {
        "precision_best": lists["precision_best"],
        "precision_worst": lists["precision_worst"],
        "ece": expected_calibration_error(p, positive),
        "ece_limit": calibration_error_limit(p, np.random.default_rng([random_state, 3])),
    }


def _sizes(scope: Scope, metric: str) -> tuple[int, int]:
    """Rows and positives that a figure rests on."""
    way = next((way for way in OTHER_WAYS if metric.endswith(f"_{way}") and not metric.endswith(WITHOUT)), MANDIRI)
    n = int((scope.end != ADMINISTRATIF).sum()) if metric.endswith(WITHOUT) else len(scope.end)
    return n, int((scope.end == way).sum())


def _paired_table(
    origin: str,
    rule: str,
    point: Mapping[str, Mapping[str, float]],
    by_family: Mapping[str, Mapping[str, np.ndarray]],
    by_worker: Mapping[str, Mapping[str, np.ndarray]],
) -> pd.DataFrame:
    rows = []
    for name, values in point.items():
        for metric in PAIRED:
            against = point[rule][metric]
            row = [name, rule, origin, metric, values[metric] - against]
            row += _paired_interval(by_family, name, rule, metric) + _paired_interval(by_worker, name, rule, metric)
            row += [_divide(values[metric], against), *_ratio_interval(by_family, name, rule, metric)]
            rows.append(row)
    return pd.DataFrame(rows, columns=list(PAIRED_COLUMNS))


def _paired_interval(
    replicates: Mapping[str, Mapping[str, np.ndarray]], name: str, rule: str, metric: str
) -> list[float]:
    if not replicates[name]:
        return [np.nan, np.nan]
    return list(interval(replicates[name][metric] - replicates[rule][metric]))


def _ratio_interval(
    replicates: Mapping[str, Mapping[str, np.ndarray]], name: str, rule: str, metric: str
) -> list[float]:
    if not replicates[name]:
        return [np.nan, np.nan]
    below = replicates[rule][metric]
    return list(interval(replicates[name][metric] / np.where(below > 0, below, np.nan)))


def _divide(above: float, below: float) -> float:
    return above / below if below > 0 else float("nan")
