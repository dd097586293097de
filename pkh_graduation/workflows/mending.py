"""Groups that a list leaves behind: what floors would mend it and what they cost (`backtest`), and floors in use (`lists`).

A group is behind where its families come onto the list at less than `RATIO` of the common rate. Only families that could be
listed are counted: a guardrail is a protection, not a disadvantage to be made up for. Whether a group is owed a floor is policy;
nothing here decides it. With ``[lists] exposure_axis`` the office decides, and every list keeps exactly its places.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from pkh_graduation import priorities
from pkh_graduation.contracts import INDEX, Facts, Snapshots
from pkh_graduation.evaluation import BacktestReport
from pkh_graduation.evaluation.exact_tests import fisher_mid_p, holm
from pkh_graduation.evaluation.fairness import LEVEL
from pkh_graduation.evaluation.fairness_groups import (
    AXES,
    SMALL_GROUP,
    UNRECORDED,
    align,
    missing_facts,
    pool_small,
    words_of,
)
from pkh_graduation.evaluation.model_card import CardTable
from pkh_graduation.evaluation.model_card_words import NOTHING, Words, read_words
from pkh_graduation.priorities.mitigation import floors_of, mitigate
from pkh_graduation.workflows import discovering, judging, scoring
from pkh_graduation.workflows.places import Places

RATIO = 0.8
"""Least share of the common rate at which a group should be listed (four fifths, the usual bound)."""
NOT_OWED = ("desil",)
"""Axes without floors: that the poorest come later is what readiness means, and a floor would press them out first."""
COLUMNS = ("axis", "group", "could_be_listed", "listed", "ratio", "certain", "floor", "listed_after", "unmet")
COSTS = ("precision", "precision_after", "expected", "expected_after")


@dataclass(frozen=True)
class Mended:
    """Groups that are behind, one line each (`COLUMNS`), and per axis what its floors cost (`COSTS`).

    ``precision`` is what the list of the last origin found, ``expected`` the mean chance on it; both without and with floors.
    """

    origin: str
    lines: pd.DataFrame
    costs: Mapping[str, Mapping[str, float]]

    def plain(self) -> dict[str, Any]:
        """For `metrics.json`."""
        lines = self.lines.astype(object).to_dict("records")
        return {
            "origin": self.origin,
            "least_ratio": RATIO,
            "behind": lines,
            "costs": {k: dict(v) for k, v in self.costs.items()},
        }

    def sentences(self) -> list[str]:
        """For the report, in Indonesian: one sentence per axis with a group that is behind for certain."""
        said = []
        for axis, own in self.lines[self.lines["certain"].astype(bool)].groupby("axis", sort=True):
            groups = ", ".join(
                f"{row.group} ({row.listed} dari sekurangnya {row.floor} tempat)" for row in own.itertuples()
            )
            cost = self.costs[str(axis)]
            said.append(
                f"Menurut {words_of(str(axis))}, kelompok yang tertinggal di daftar: {groups}. Lantai untuk itu mengubah "
                f"ketepatan daftar dari {_percent(cost['precision'])} menjadi {_percent(cost['precision_after'])}; dipakai "
                f'bila kantor menetapkan exposure_axis = "{axis}".'
            )
        return said


def mend(places: Places, report: BacktestReport, *, model: str) -> Mended:
    """Look at the model's list of the last origin on every axis of the fairness audit but those `NOT_OWED`.

    Families whose answer is not recorded are no group that could be owed anything: their record is to be completed.
    """
    rows, groups = judging.last_rows(report, model), judging.groups_at(places, report.test_origin)
    groups = align(groups, rows)
    clear = discovering.could_be_listed_at(places, dt.date.fromisoformat(report.test_origin))
    could = pd.Series(pd.MultiIndex.from_frame(rows[list(INDEX)]).isin(clear)) & rows["pendamping_id"].notna()
    sizes = rows["pendamping_id"].value_counts()
    room = {str(name): int(np.floor(report.capacity * size + 1e-9)) for name, size in sizes.items()}
    lines: list[dict[str, Any]] = []
    costs: dict[str, Mapping[str, float]] = {}
    for axis, words in groups.drop(columns=[name for name in NOT_OWED if name in groups]).items():
        found, costs_of_axis = look(rows, pool_small(words), could, room)
        lines += [{"axis": str(axis), **line} for line in found]
        if found:
            costs[str(axis)] = costs_of_axis
    return Mended(report.test_origin, pd.DataFrame(lines, columns=list(COLUMNS)), costs)


def look(
    rows: pd.DataFrame, words: pd.Series, could: pd.Series, room: Mapping[str, int]
) -> tuple[list[dict[str, Any]], dict[str, float]]:
    """Groups of one axis that are behind (`COLUMNS` without the axis), and what their floors cost (`COSTS`).

    ``rows``: ``pendamping_id, p_mandiri, label``; ``words``: the group of each; ``could``: who could be listed; ``room``:
    pendamping -> places.
    """
    chance, owner = rows["p_mandiri"], rows["pendamping_id"]
    plain = mitigate(chance, owner, room, words, {}, eligible=could)
    sizes = words[could].value_counts().sort_index()
    sizes = sizes[(sizes >= SMALL_GROUP) & (sizes.index != UNRECORDED)]
    places, total = int(plain.listed.sum()), int(could.sum())
    rate = places / max(1, total)
    behind = [name for name, size in sizes.items() if plain.before[str(name)] < RATIO * rate * size]
    floors = {name: floor for name, floor in floors_of(words, could, places, ratio=RATIO).items() if name in behind}
    done = mitigate(chance, owner, room, words, floors, eligible=could)
    sure = _sure(plain.before, sizes, places, total)
    lines = [
        {
            "group": str(name), "could_be_listed": int(sizes[name]), "listed": plain.before[str(name)],
            "ratio": round(plain.before[str(name)] / sizes[name] / rate, 4), "certain": sure[str(name)],
            "floor": floors[str(name)], "listed_after": done.after[str(name)], "unmet": name in done.unmet,
        }
        for name in behind
    ]  # fmt: skip
    found = {
        "precision": float(rows["label"][plain.listed].mean()),
        "precision_after": float(rows["label"][done.listed].mean()),
    }
    return lines, {**found, "expected": done.precision_before, "expected_after": done.precision_after}


def _sure(listed: Mapping[str, int], sizes: pd.Series, places: int, total: int) -> dict[str, bool]:
    """Whether a group's rate differs from that of all others for certain (exact tests, Holm's correction)."""
    p_values = [
        fisher_mid_p(listed[str(name)], int(size), places - listed[str(name)], total - int(size))
        for name, size in sizes.items()
    ]
    return {str(name): bool(p < LEVEL) for name, p in zip(sizes.index, holm(np.array(p_values)), strict=True)}


def card_table(told: Mapping[str, Any] | None) -> list[CardTable]:
    """Groups that are behind, for the model card; nothing where nobody looked."""
    if not told:
        return []
    title = {
        "id": "Kelompok yang tertinggal di daftar, dan lantainya",
        "en": "Groups the list leaves behind, and their floors",
    }
    share = f"{100 * told['least_ratio']:.0f} %"
    cost = {language: _cost_words(told["costs"], read_words(language)) for language in title}
    note = {
        "id": f"Tertinggal: masuk daftar kurang dari {share} laju bersama, di antara keluarga yang dapat didaftar. Biaya lantai, "
        f"graduasi dari 100: {cost['id']}. Lantai dipakai bila kantor menetapkannya (exposure_axis).",
        "en": f"Behind: listed at less than {share} of the common rate, among families that could be listed. Cost of the floors, "
        f"graduations of 100: {cost['en']}. Floors are in use where the office sets exposure_axis.",
    }
    frame = pd.DataFrame(told["behind"], columns=list(COLUMNS)).drop(columns="unmet")
    return [CardTable("mitigation", frame, title=title, note=note)]


def _cost_words(costs: Mapping[str, Mapping[str, float | None]], words: Words) -> str:
    """Per axis, graduations of 100 without and with its floors; a figure that the backtest could not give is a dash."""
    said = []
    for axis, cost in costs.items():
        shares = (cost[name] for name in COSTS[:2])
        before, after = (words.number(None if share is None else 100 * share, 1) for share in shares)
        said.append(f"{words.data['axes'].get(axis, axis)} {before} → {after}")
    return "; ".join(said) or NOTHING


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %".replace(".", ",") if np.isfinite(share) else NOTHING


@dataclass(frozen=True)
class Lift:
    """Floors in use: what is added to the chance of each group of one axis, in the order of the list and nowhere else."""

    axis: str = ""
    offsets: Mapping[str, float] | None = None
    before: Mapping[str, int] | None = None
    after: Mapping[str, int] | None = None
    unmet: tuple[str, ...] = ()
    cost: float = 0.0

    def of(self, facts: Facts, now: Snapshots) -> pd.Series:
        """The lift of every family of a part, by ``kpm_id``; 0 where there is none."""
        ids = now.frame.index.get_level_values("kpm_id")
        if not self.offsets:
            return pd.Series(0.0, index=ids, name="lift")
        lifted = group_of(self.axis, facts, now).map(self.offsets).fillna(0.0).to_numpy(dtype=float)
        return pd.Series(lifted, index=ids, name="lift")

    def figures(self) -> dict[str, Any] | None:
        """For the command's answer: places per group before and after; None where no axis is set."""
        if not self.axis:
            return None
        return {
            "axis": self.axis, "offsets": dict(self.offsets or {}), "before": dict(self.before or {}),
            "after": dict(self.after or {}), "unmet": list(self.unmet), "cost": self.cost,
        }  # fmt: skip


def group_of(axis: str, facts: Facts, now: Snapshots) -> pd.Series:
    """The group of every family of a part on an axis, in the order of ``now``."""
    question = next(one for one in AXES if one.name == axis)
    missing = missing_facts(question, facts.values)
    if missing:
        raise ValueError(f"exposure_axis {axis!r} reads {missing}, which the features lack: choose another axis.")
    words = question.answer(facts.values.reindex(now.frame.index), now.frame)
    return words.set_axis(now.frame.index).fillna(UNRECORDED)


def rivals_of_part(
    run: scoring.ScoreRun, bucket: str, cohort: priorities.Cohort, axis: str
) -> tuple[pd.DataFrame, pd.Series]:
    """Task of a worker: who may take places (``pendamping_id, chance, group`` by kpm_id), and the size of every caseload."""
    _, facts, now = scoring.read_part(run.places, run.as_of, bucket)
    scored = scoring.scores_of(run.parts.read(bucket), run.horizon)
    chance = priorities.could_be_listed(scored, facts, now, cohort)
    nobody = np.zeros(len(chance), dtype=bool)
    may = priorities.Bands().may_be_listed(chance.to_numpy(), cohort.base, hard=nobody, judged=~nobody)
    families = now.frame.loc[chance.index]
    frame = pd.DataFrame(
        {
            "pendamping_id": families["pendamping_id"],
            "chance": chance,
            "group": group_of(axis, facts, now).loc[chance.index],
        }
    )
    free = may & families["proses"].isna().to_numpy() & families["pendamping_id"].notna().to_numpy()
    return frame[free].droplevel("as_of"), now.frame["pendamping_id"].value_counts()


def lift_of(
    parts: Callable[[], Sequence[tuple[pd.DataFrame, pd.Series]]],
    axis: str,
    ratio: float,
    places_of: Callable[[int], int],
) -> Lift:
    """The least lifts under which every group is listed at ``ratio`` of the common rate; no axis, no lift.

    ``parts()``: `rivals_of_part` in any cut and order; ``places_of``: size of a caseload -> places filled by order.
    """
    if not axis:
        return Lift()
    found = parts()
    rivals = pd.concat([frame for frame, _ in found]).sort_index()
    sizes = pd.concat([size for _, size in found]).groupby(level=0).sum()
    room = {str(name): places_of(int(size)) for name, size in sizes.items()}
    plain = mitigate(rivals["chance"], rivals["pendamping_id"], room, rivals["group"], {})
    everyone = pd.Series(True, index=rivals.index)
    floors = floors_of(rivals["group"], everyone, int(plain.listed.sum()), ratio=ratio)
    floors.pop(UNRECORDED, None)
    done = mitigate(rivals["chance"], rivals["pendamping_id"], room, rivals["group"], floors)
    return Lift(axis, done.offsets, done.before, done.after, done.unmet, done.cost)
