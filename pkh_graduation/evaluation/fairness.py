"""Fairness of a list, group by group: who is on it, who should have been, and how sure that is.

Two audits with one table. `audit_list` needs no outcome: it tells exposure (share listed), bands, guardrails and gaps in the
data of a list before anybody acts on it. `audit_outcomes` is for past origins: precision, recall and calibration, by
fairlearn's MetricFrame. Each line is one figure of one group with its interval and an exact test against everyone else on the
axis, corrected over all groups of that figure (Holm). Tests take families for independent, so rows must be of one date.

A figure resting on fewer than `SMALL_GROUP` families is not told ("terlalu sedikit"); its counts stay in the table.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from pkh_graduation.contracts import ContractError, check_columns
from pkh_graduation.evaluation.capacity import places_of
from pkh_graduation.evaluation.exact_tests import binomial_mid_p, count_interval, fisher_mid_p, holm, share_interval
from pkh_graduation.evaluation.fairness_groups import SMALL_GROUP, align, pool_small, words_of
from pkh_graduation.evaluation.ranking import ratio
from pkh_graduation.programme.vocabulary import BELUM, PERLU_PENDAMPINGAN, SIAP_DIBAHAS

AUDIT_COLUMNS = (
    "axis", "group", "metric", "value", "low", "high", "overall", "numerator", "denominator", "p_value", "p_holm", "verdict",
)  # fmt: skip
TOO_FEW, DIFFERENT, ALIKE = "terlalu sedikit", "berbeda dari yang lain", "tidak terbukti berbeda"
LEVEL = 0.05
CALIBRATION = "predicted_observed"
SHARES: Mapping[str, tuple[str, str]] = {
    "exposure": ("listed", "n"),
    "precision": ("hits", "listed"),
    "recall": ("hits", "positives"),
}
"""Figure of past lists -> the counts that it divides."""


@dataclass(frozen=True)
class FairnessAudit:
    """``table``: one line per axis, group and figure (`AUDIT_COLUMNS`); ``notes``: what could not be audited, in words."""

    table: pd.DataFrame
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check_columns(self.table, AUDIT_COLUMNS, "fairness table")

    def different(self) -> pd.DataFrame:
        """Lines whose group differs from the others on its axis, the surest first."""
        return self.table[self.table["verdict"] == DIFFERENT].sort_values(["p_holm", "axis", "group"], kind="stable")


def draw_listed(rows: pd.DataFrame, share: float, *, chance: str = "p_mandiri") -> np.ndarray:
    """Who is on the list of the top ``share`` of each caseload (pendamping at a date); ties by a hash of the family's id.

    ``rows``: ``kpm_id, as_of, pendamping_id`` and the column ``chance``. Shape (n,), booleans; nobody lists a family
    without a pendamping.

    Raises:
        ValueError: ``share`` does not lie in (0, 1], or a chance is missing.
    """
    check_columns(rows, ("kpm_id", "as_of", "pendamping_id", chance), "rows of a list")
    _refuse_missing(rows, chance)
    caseload = rows.groupby(["as_of", "pendamping_id"], sort=False, dropna=False).ngroup().to_numpy()
    luck = pd.util.hash_array(rows["kpm_id"].to_numpy(dtype=object))
    order = np.lexsort((luck, -rows[chance].to_numpy(dtype=float), caseload))
    owner = caseload[order]
    rank = np.empty(len(rows), dtype=np.int64)
    rank[order] = np.arange(len(rows)) - np.searchsorted(owner, owner) + 1
    size = np.bincount(caseload)[caseload]
    return (rank <= places_of(size, share)) & rows["pendamping_id"].notna().to_numpy()


def audit_outcomes(
    rows: pd.DataFrame, groups: pd.DataFrame, *, listed: np.ndarray, chance: str = "p_mandiri", least: int = SMALL_GROUP
) -> FairnessAudit:
    """Exposure, precision, recall and calibration of a past list in every group.

    Args:
        rows: judged families of one date: ``kpm_id, as_of, label`` (1 mandiri) and the column ``chance``.
        groups: one column of words per axis, indexed by (kpm_id, as_of); see `fairness_groups`.
        listed: (n,) booleans, who was on the list; `draw_listed` makes them.
        chance: column of P(mandiri); its sum against the number of positives is the calibration.
        least: families under a figure below which it is not told.

    Calibration is tested relative to everyone's: the year's level belongs to the regime, not to a group.

    Raises:
        ContractError: several dates, rows without a group, or fairlearn is not installed.
        ValueError: labels or chances are missing.
    """
    check_columns(rows, ("kpm_id", "as_of", "label", chance), "judged rows")
    if rows["as_of"].nunique() > 1:
        raise ContractError("an exact test takes each family once: audit the rows of one date, not of several origins.")
    _refuse_missing(rows, "label", chance)
    label = rows["label"].to_numpy(dtype=int)
    listed = np.asarray(listed, dtype=bool)
    material = {"chance": rows[chance].to_numpy(dtype=float)}
    lines: list[dict[str, Any]] = []
    for axis, words in align(groups, rows).items():
        counted = _by_fairlearn(label, listed, material["chance"], pool_small(words, least=least))
        for metric, (above, below) in SHARES.items():
            lines += _share_lines(str(axis), metric, counted[above], counted[below], least)
        lines += _calibration_lines(str(axis), counted, least)
    return FairnessAudit(_finish(lines))


def _refuse_missing(rows: pd.DataFrame, *columns: str) -> None:
    """A missing chance has no rank and a missing label no side, so neither is guessed."""
    for name in columns:
        lost = int(rows[name].isna().sum())
        if lost:
            raise ValueError(
                f"column {name!r} is missing in {lost} of the {len(rows)} rows: leave out families without score or outcome."
            )


def audit_list(
    frame: pd.DataFrame, groups: pd.DataFrame, *, missing: pd.Series | None = None, least: int = SMALL_GROUP
) -> FairnessAudit:
    """What a list does to every group before any outcome exists: exposure, bands, guardrails, warnings, gaps in the data.

    Args:
        frame: the list, one line per family (`PriorityLists.frame`).
        groups: see `audit_outcomes`.
        missing: share of the model's inputs that is missing, indexed as ``groups``; adds the figure ``data_kurang``, the
            families above the list's median.
        least: families under a figure below which it is not told.

    Figures: ``listed`` of all families; ``listed_of_ready`` of those *siap dibahas*; ``random`` (listed by lot) of the
    listed; each band, ``guarded`` (a hard guardrail), ``warned`` and ``unscored`` of all; ``rule: ...`` for each guardrail.
    """
    check_columns(frame, ("kpm_id", "as_of", "urutan", "kategori", "slot", "dikecualikan_karena", "peringatan"), "list")
    whole = np.ones(len(frame), dtype=bool)
    listed, ready = frame["urutan"].notna().to_numpy(), (frame["kategori"] == SIAP_DIBAHAS).to_numpy()
    excluded = frame["dikecualikan_karena"].fillna("").astype("str")
    flags: dict[str, tuple[np.ndarray, np.ndarray]] = {
        "listed": (listed, whole),
        "listed_of_ready": (listed & ready, ready),
        "random": (listed & (frame["slot"] == "acak").fillna(False).to_numpy(dtype=bool), listed),
        **{band: ((frame["kategori"] == band).to_numpy(), whole) for band in (SIAP_DIBAHAS, PERLU_PENDAMPINGAN, BELUM)},
        "guarded": (excluded.ne("").to_numpy(), whole),
        "warned": (frame["peringatan"].fillna("").ne("").to_numpy(), whole),
        "unscored": (frame["p_mandiri_12m"].isna().to_numpy(), whole),
    }
    for rule in sorted({word for joined in excluded.unique() for word in joined.split("|") if word}):
        flags[f"rule: {rule}"] = (np.array([rule in said.split("|") for said in excluded]), whole)
    if missing is not None:
        gaps = align(missing.rename("gaps").to_frame().astype(object), frame)["gaps"].to_numpy(dtype=float)
        flags["data_kurang"] = (gaps > np.median(gaps), whole)
    lines: list[dict[str, Any]] = []
    for axis, words in align(groups, frame).items():
        pooled = pool_small(words, least=least)
        for metric, (hit, of) in flags.items():
            counts = pd.DataFrame({"hit": hit & of, "of": of}).groupby(pooled.to_numpy(), sort=True).sum()
            lines += _share_lines(str(axis), metric, counts["hit"], counts["of"], least)
    return FairnessAudit(_finish(lines))


def for_coordinators(audit: FairnessAudit, hide: Callable[..., np.ndarray], *, small: int = 5) -> pd.DataFrame:
    """The table as a coordinator may see it: counts from 1 to below ``small`` hidden, with what would betray them.

    ``hide(values, small, lines)`` is the house's rule of suppression: within each axis and figure the groups' counts add up,
    so a line with one hidden count loses another. A hidden count takes its figure, interval and test along.
    """
    table = audit.table.reset_index(drop=True).copy()
    lines = [place.to_numpy() for place in table.groupby(["axis", "metric"], sort=False).groups.values()]
    numerator, denominator = (table[name].to_numpy(dtype=np.int64) for name in ("numerator", "denominator"))
    values = np.concatenate([numerator, denominator, denominator - numerator])
    n = len(table)
    own = [np.array([row, row + n, row + 2 * n]) for row in range(n)]
    sums = [line + shift for line in lines for shift in (0, n, 2 * n)]
    hidden = hide(values, (values > 0) & (values < small), [*sums, *own]).reshape(3, n)
    table[["numerator", "denominator"]] = table[["numerator", "denominator"]].astype("Int64")
    table.loc[hidden[0], "numerator"] = pd.NA
    table.loc[hidden[1], "denominator"] = pd.NA
    quiet = hidden.any(axis=0)
    table.loc[quiet, ["value", "low", "high", "p_value", "p_holm"]] = np.nan
    table.loc[quiet, "verdict"] = f"<{small}, disembunyikan"
    return table


def sentences(audit: FairnessAudit, words: Mapping[str, str]) -> list[str]:
    """The lines that differ, in Bahasa Indonesia; ``words`` names each figure."""
    return [
        f"{words.get(row.metric, row.metric)} untuk {words_of(row.axis)} = {row.group}: {_percent(row.value)} "
        f"(95 %: {_percent(row.low)} sampai {_percent(row.high)}), semua keluarga {_percent(row.overall)}."
        for row in audit.different().itertuples()
    ]


def _percent(value: float) -> str:
    return f"{100 * value:.1f} %".replace(".", ",")


def _by_fairlearn(label: np.ndarray, listed: np.ndarray, chance: np.ndarray, words: pd.Series) -> pd.DataFrame:
    """Counts of every group: n, listed, positives, hits, predicted.

    Families alike in group, label and listing are one weighted row: the same figures, and fairlearn is spared the crowd.
    """
    try:
        from fairlearn.metrics import MetricFrame
    except ImportError as error:
        raise ContractError(
            "fairlearn is not installed, so fairness cannot be judged by outcome: install the package `fairlearn`."
        ) from error
    rows = pd.DataFrame({"group": words.to_numpy(), "y": label, "on": listed.astype(int), "chance": chance, "w": 1})
    cells = rows.groupby(["group", "y", "on"], sort=True, as_index=False).sum()
    metrics: dict[str, Callable[..., Any]] = {
        "n": lambda y, on, w: w.sum(),
        "listed": lambda y, on, w: (on * w).sum(),
        "positives": lambda y, on, w: (y * w).sum(),
        "hits": lambda y, on, w: (y * on * w).sum(),
        "predicted": lambda y, on, w: w.sum(),
    }
    weight = {name: {"w": cells["chance" if name == "predicted" else "w"]} for name in metrics}
    frame = MetricFrame(
        metrics=metrics, y_true=cells["y"], y_pred=cells["on"], sensitive_features=cells["group"], sample_params=weight
    )
    counted = frame.by_group.sort_index()
    return counted.astype(dict.fromkeys(("n", "listed", "positives", "hits"), "int64"))


def _share_lines(axis: str, metric: str, above: pd.Series, below: pd.Series, least: int) -> list[dict[str, Any]]:
    hits, n = above.to_numpy(dtype=np.int64), below.to_numpy(dtype=np.int64)
    low, high = share_interval(hits, n)
    total_hits, total = int(hits.sum()), int(n.sum())
    return [
        {
            "axis": axis, "group": str(group), "metric": metric, "value": float(ratio(hits[at], n[at])),
            "low": float(low[at]), "high": float(high[at]), "overall": float(ratio(total_hits, total)),
            "numerator": int(hits[at]), "denominator": int(n[at]), "enough": bool(n[at] >= least),
            "p_value": fisher_mid_p(int(hits[at]), int(n[at]), total_hits - int(hits[at]), total - int(n[at])),
        }
        for at, group in enumerate(above.index)
    ]  # fmt: skip


def _calibration_lines(axis: str, counted: pd.DataFrame, least: int) -> list[dict[str, Any]]:
    """Predicted over observed; the share of positives that fell into the group against the share that was predicted."""
    observed, predicted = counted["positives"].to_numpy(dtype=np.int64), counted["predicted"].to_numpy(dtype=float)
    low, high = count_interval(observed)
    total, expected = int(observed.sum()), float(predicted.sum())
    return [
        {
            "axis": axis, "group": str(group), "metric": CALIBRATION, "value": float(ratio(predicted[at], observed[at])),
            "low": float(ratio(predicted[at], high[at])), "high": float(ratio(predicted[at], low[at])),
            "overall": float(ratio(expected, total)), "numerator": int(observed[at]),
            "denominator": int(counted["n"].iloc[at]), "enough": bool(counted["n"].iloc[at] >= least and observed[at] >= 5),
            "p_value": binomial_mid_p(int(observed[at]), total, float(ratio(predicted[at], expected))),
        }
        for at, group in enumerate(counted.index)
    ]  # fmt: skip


def _finish(lines: list[dict[str, Any]]) -> pd.DataFrame:
    """Correct over the groups of each figure and say what follows."""
    table = pd.DataFrame(lines, columns=[*AUDIT_COLUMNS[:-2], "enough"])
    table["p_holm"] = np.nan
    enough = table["enough"].to_numpy(dtype=bool)
    for _, place in table[enough].groupby("metric", sort=False).groups.items():
        table.loc[place, "p_holm"] = holm(table.loc[place, "p_value"].to_numpy(dtype=float))
    table.loc[~enough, ["value", "low", "high", "p_value"]] = np.nan
    differs = (table["p_holm"] < LEVEL).to_numpy()
    table["verdict"] = np.where(~enough, TOO_FEW, np.where(differs, DIFFERENT, ALIKE))
    return table[list(AUDIT_COLUMNS)]
