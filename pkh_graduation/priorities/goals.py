"""Goals: in which order ready families take the places. The goal never moves the line between ready and not ready."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
import pandas as pd

GOALS: Mapping[str, float] = MappingProxyType({"readiness": 0.0, "hybrid": 0.5, "need_weighted": 1.0})
"""Goal -> power of need beside the chance: order by ``chance * need ** power``. A choice of the ministry's, not a fact."""

READ = ("desil",)

UNKNOWN_DESIL = 4.0
"""An unknown decile counts as the highest at which the programme aims: missing data make nobody needier (assumption)."""

STANDING = ("bonus", "carry_over", "do_not_contact", "holdout")
"""Columns of a family's standing, see `stand`; each may be lacking."""
LIFT = "lift"
"""One more: what is added to a chance in the order."""


def need(desil: np.ndarray) -> np.ndarray:
    """Need by decile of welfare, from 1 (decile 1) to 0.1 (decile 10); shape (n,).

    >>> need(np.array([1.0, 10.0, np.nan])).round(2).tolist()
    [1.0, 0.1, 0.7]
    """
    known = np.where(np.isnan(desil), UNKNOWN_DESIL, desil)
    return (11.0 - np.clip(known, 1.0, 10.0)) / 10.0


def worth(
    p: np.ndarray, values: pd.DataFrame, goal: str, bonus: np.ndarray | None = None, lift: np.ndarray | float = 0.0
) -> np.ndarray:
    """What the goal orders by, shape (n,); missing where there is no chance.

    ``bonus``: share by which a chance counts higher; ``lift``: what is added to it, in probability.

    Raises:
        ValueError: an unknown goal.
    """
    if goal not in GOALS:
        raise ValueError(f"goal is one of {list(GOALS)}, not {goal!r}.")
    found = (p if bonus is None else p * (1.0 + bonus)) + lift
    power = GOALS[goal]
    if not power:
        return found
    desil = values["desil"].to_numpy(dtype="float64", na_value=np.nan)
    return found * need(desil) ** power


def stand(standing: pd.DataFrame | None, families: pd.Index) -> pd.DataFrame:
    """Standing of each family from earlier lists, in the order of ``families`` (ids); nothing known is nothing said.

    ``bonus`` (share from 0 to 1 by which her chance counts higher in the order, never in what is shown), ``carry_over`` (her
    visit of the last list is not done: first in the order, if she is still ready), ``do_not_contact`` (she asked for no
    visit), ``holdout`` (drawn to be left out, so that lists can be judged) and ``lift`` (added to her chance in the order alone,
    so that her group reaches its floor: `mitigation`).

    Raises:
        ValueError: a family twice, a strange column, a bonus outside 0 to 1, or a flag that is neither true nor false.
    """
    given = pd.DataFrame(index=pd.Index([], dtype="str")) if standing is None else standing
    strange = sorted(set(given.columns) - {*STANDING, LIFT})
    if strange or not given.index.is_unique:
        raise ValueError(f"standing has one line per kpm_id and columns of {[*STANDING, LIFT]}, not also {strange}.")
    found = given.reindex(families)
    bonus = found["bonus"].fillna(0.0).to_numpy(dtype=float) if "bonus" in found else np.zeros(len(families))
    if ((bonus < 0) | (bonus > 1)).any():
        raise ValueError("bonus of a standing is a share from 0 to 1.")
    flags = {
        name: _flag(found[name]) if name in found else np.zeros(len(families), dtype=bool) for name in STANDING[1:]
    }
    lift = found[LIFT].fillna(0.0).to_numpy(dtype=float) if LIFT in found else np.zeros(len(families))
    return pd.DataFrame({"bonus": bonus, **flags, LIFT: lift}, index=families)


def _flag(values: pd.Series) -> np.ndarray:
    """A yes or no per family, missing meaning no. Words are refused: 'ya' taken for no would send a visit that was declined."""
    given = values.dropna()
    wrong = given[~given.isin([True, False])]
    if len(wrong):
        raise ValueError(
            f"{values.name} of a standing is true or false (or 1 or 0, or missing); {len(wrong)} families have another value "
            f"({type(wrong.iloc[0]).__name__}): read the column as booleans."
        )
    return np.asarray(values.eq(True).fillna(False), dtype=bool)
