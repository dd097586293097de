"""`backtest --choose`: which model of the set is champion, and what `train` then fits.

The set is judged on the precision of its lists at six origins or more, as far apart as the history allows, a year at most; the
simplest model within one standard error of the best is chosen (`estimators.choose_champion`). The choice becomes part of the
recipe (its ``blend``), which the backtest then judges against today's practice. It stands in ``metrics.json``, and `train`
takes it up as long as records, features and the rest of the recipe are those it was made on.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from collections.abc import Mapping
from typing import Any

import pandas as pd

from pkh_graduation import estimators, evaluation, timeline
from pkh_graduation.contracts import Contender, Outcomes, Progress, Snapshots, quiet
from pkh_graduation.estimators.selection import MIN_ORIGINS, RAMPS_OF
from pkh_graduation.evaluation.model_card import CardTable
from pkh_graduation.workflows.places import Places
from pkh_graduation.workflows.provenance import Provenance
from pkh_graduation.workflows.settings import Recipe

STEPS = (4, 3, 2, 1)
"""As-of dates between origins that are tried, a year first: near origins share families and labels."""
PAST = 6
"""As-of dates before the first origin at least: a year and a half to learn from."""


@dataclasses.dataclass(frozen=True)
class Choice:
    """What was chosen, or why nothing was: ``champion`` with the recipe's ``blend``, else ``reason``; ``table`` behind it."""

    champion: str | None
    best: str | None
    blend: float | None
    origins: tuple[str, ...]
    step: int
    table: pd.DataFrame
    precision: pd.DataFrame
    reason: str = ""

    def plain(self) -> dict[str, Any]:
        """For `metrics.json`; precision by model and origin stands beside the regrets."""
        lines = self.table.reset_index().astype(object).to_dict("records")
        told = self.precision.round(6).to_dict("index")
        return {
            "champion": self.champion, "best": self.best, "blend": self.blend, "origins": list(self.origins),
            "step_tahap": self.step, "table": lines, "precision": told, "reason": self.reason,
        }  # fmt: skip


def choose(
    models: Mapping[str, Contender],
    X: pd.DataFrame,
    y: Outcomes,
    history: Snapshots,
    *,
    capacity: float,
    horizon: int,
    progress: Progress = quiet,
) -> Choice:
    """Judge the models and choose; with too short a history nothing is chosen and ``reason`` says why."""
    folds = origins_of(y, history, horizon)
    if folds is None:
        dates = len(history.dates)
        return nothing(
            f"{dates} as-of dates are too few for {MIN_ORIGINS} origins whose {horizon} quarters are mature, with {PAST} dates "
            "before the first: take more tahap of history"
        )
    report = evaluation.run_backtest(
        models, X, y, history, folds, capacity=capacity, rules=(), n_boot=0, progress=progress
    )
    lists = report.at_capacity(capacity)
    lists = lists[lists["origin"].isin(report.origins)]
    precision = lists.pivot(index="origin", columns="contender", values="precision")[list(models)]
    if len(precision) < MIN_ORIGINS or precision.isna().any(axis=None):
        return nothing(
            f"only {int(precision.notna().all(axis=1).sum())} origins have lists and graduations to judge by"
        )
    won = estimators.choose_champion(precision)
    return Choice(won.name, won.best, RAMPS_OF[won.name], report.origins, folds.step, won.table, precision)


def nothing(reason: str) -> Choice:
    """No choice, and why."""
    return Choice(None, None, None, (), 0, pd.DataFrame(index=pd.Index([], name="model")), pd.DataFrame(), reason)


def origins_of(y: Outcomes, history: Snapshots, horizon: int) -> timeline.PanelFolds | None:
    """Six origins as far apart as the history allows; None where it does not allow them."""
    for step in STEPS:
        folds = timeline.PanelFolds(n_origins=MIN_ORIGINS, horizon=horizon, step=step)
        try:
            first = folds.origins(y)[0]
        except ValueError:
            continue
        if sum(day < first for day in history.dates) >= PAST:
            return folds
    return None


def models_of(recipe: Recipe, dictionary: pd.DataFrame) -> dict[str, Contender]:
    """The set that competes, each with the recipe's other settings."""
    signs = {str(name): int(sign) for name, sign in dictionary["sign"].items() if sign}
    return estimators.model_set(
        signs, n_members=recipe.members, calibration=recipe.calibration, random_state=recipe.seed,
        ramp_spread=recipe.ramp_spread,
    )  # fmt: skip


def with_choice(recipe: Recipe, choice: Choice) -> Recipe:
    """The recipe of the champion; the same recipe where nothing was chosen."""
    return recipe if choice.blend is None else recipe.model_copy(update={"blend": choice.blend})


def taken_up(places: Places, origin: Provenance) -> Provenance:
    """The provenance with the recipe that the office's last backtest chose on the same records; as it is without one."""
    path = places.report / "metrics.json"
    if not path.is_file():
        return origin
    told = json.loads(path.read_text(encoding="utf-8"))
    blend = (told.get("choice") or {}).get("blend")
    if blend is None:
        return origin
    chosen = dataclasses.replace(origin, recipe=origin.recipe.model_copy(update={"blend": float(blend)}))
    same = all(told["context"].get(name) == value for name, value in chosen.digests().items())
    return chosen if same else origin


def sentences(choice: Mapping[str, Any] | None) -> list[str]:
    """The choice for the report, in Indonesian; nothing where none was asked for."""
    return [str(table.note["id"]) for table in card_table(choice) if not isinstance(table.note, str)]


def card_table(choice: Mapping[str, Any] | None) -> list[CardTable]:
    """The choice for the model card, its regrets per hundred listed families; nothing where none was asked for."""
    if not choice:
        return []
    title = {
        "id": "Model yang dibandingkan, yang paling sederhana lebih dulu",
        "en": "Models compared, the simplest first",
    }
    if choice["champion"] is None:
        why = str(choice["reason"])
        note = {
            "id": f"Tidak ada yang dipilih ({why}); resep seperti tertulis.",
            "en": f"None was chosen: {why}. The recipe is as written.",
        }
        return [CardTable("choice", pd.DataFrame(), title=title, note=note)]
    rows = pd.DataFrame(choice["table"])
    for name in ("regret", "worse", "se"):
        rows[name] = (100 * rows[name].astype(float)).round(2)
    days = [dt.date.fromisoformat(day) for day in choice["origins"]]
    said = f"{len(days)}, {days[0]} - {days[-1]}"
    note = {
        "id": f"Juara: {choice['champion']}, yang paling sederhana dalam satu galat baku dari yang terbaik ({choice['best']}). "
        f"Kerugian terhadap yang terbaik per asal, dari 100 keluarga pada daftar; asal: {said}.",
        "en": f"Champion: {choice['champion']}, the simplest within one standard error of the best ({choice['best']}). Regret "
        f"against the best of each origin, per 100 listed families; origins: {said}.",
    }
    return [CardTable("choice", rows, title=title, note=note)]
