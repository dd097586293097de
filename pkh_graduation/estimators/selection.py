"""The set of models that compete, from the simplest to the richest, and who is champion among them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pkh_graduation.contracts import Contender
from pkh_graduation.estimators.glass_box import GlassBoxModel
from pkh_graduation.estimators.graduation_model import GraduationModel

LOGISTIC, GLASS_BOX, TREES, BLEND = "logistik", "kotak_kaca", "pohon", "campuran"
SIMPLEST_FIRST = (LOGISTIC, GLASS_BOX, TREES, BLEND)
"""Ramps only; one curve per feature; shallow monotone trees; trees and ramps together."""

RAMPS_OF = {LOGISTIC: 1.0, TREES: 0.0, BLEND: 0.5}
"""Weight of the ramps in each model that a recipe can name (`GraduationModel.blend`)."""

MIN_ORIGINS = 6


@dataclass(frozen=True)
class Champion:
    """Who was chosen, who was best, and the table behind it (one row per model, simplest first).

    ``table``: ``regret`` (mean over origins of the distance to the origin's best), ``worse`` (its mean difference to the
    best model's), ``se`` (standard error of that paired difference), ``eligible`` (worse by no more than one of it).
    """

    name: str
    best: str
    table: pd.DataFrame


def model_set(
    signs: Mapping[str, int] | None = None,
    *,
    n_members: int = 6,
    glass_box: bool = False,
    calibration: str = "auto",
    random_state: int = 0,
    ramp_spread: float | None = None,
) -> dict[str, Contender]:
    """The contenders by the name they carry in reports, simplest first.

    ``glass_box`` adds the explainable boosting machine, which needs the extra ``ebm`` and several times the others' time.

    >>> list(model_set())
    ['logistik', 'pohon', 'campuran']
    """
    found: dict[str, Contender] = {
        name: GraduationModel(
            blend=weight,
            n_members=n_members,
            signs=signs,
            calibration=calibration,
            random_state=random_state,
            ramp_spread=ramp_spread,
        )
        for name, weight in RAMPS_OF.items()
    }
    if glass_box:
        found[GLASS_BOX] = GlassBoxModel(signs=signs, calibration=calibration, random_state=random_state)
    return {name: found[name] for name in SIMPLEST_FIRST if name in found}


def choose_champion(metrics: pd.DataFrame, *, simplest_first: Sequence[str] = SIMPLEST_FIRST) -> Champion:
    """The simplest model whose mean regret is within one standard error of the best.

    Args:
        metrics: one row per origin, one column per model; higher is better (precision at capacity; a loss with its sign
            turned). Every model needs a value at every origin.
        simplest_first: the models from the simplest on; columns of other names are refused.

    The standard error is that of the paired difference in regret to the best model over origins: models rise and fall
    together with the year, and a best model that is best at every origin would have no error of its own. Neighbouring origins
    share families and labels, so the error is still small; let origins lie a year apart where the history allows.

    Raises:
        ValueError: fewer than six origins, unknown models, or missing values.
    """
    unknown = [name for name in metrics.columns if name not in simplest_first]
    if unknown or not len(metrics.columns):
        raise ValueError(f"models to choose from are {list(simplest_first)}; the metrics hold {list(metrics.columns)}.")
    if len(metrics) < MIN_ORIGINS:
        raise ValueError(
            f"a champion needs at least {MIN_ORIGINS} origins, not {len(metrics)}: one good year proves nothing. "
            "Backtest with more origins."
        )
    values = metrics[[name for name in simplest_first if name in metrics.columns]].to_numpy(dtype=float)
    if not np.isfinite(values).all():
        raise ValueError("some model has no value at some origin: judge all models at the same origins.")
    names = [name for name in simplest_first if name in metrics.columns]
    regret = values.max(axis=1, keepdims=True) - values
    mean = regret.mean(axis=0)
    best = int(mean.argmin())
    difference = regret - regret[:, [best]]
    error = difference.std(axis=0, ddof=1) / np.sqrt(len(difference))
    eligible = mean - mean[best] <= error + 1e-12
    table = pd.DataFrame(
        {"regret": mean, "worse": mean - mean[best], "se": error, "eligible": eligible},
        index=pd.Index(names, name="model"),
    )
    return Champion(names[int(np.flatnonzero(eligible)[0])], names[best], table)
