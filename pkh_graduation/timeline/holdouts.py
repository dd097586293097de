"""Hold-outs: at each origin, training that has never seen some families, some pendamping, some kabupaten.

A list is used on families, in caseloads and in kabupaten that the model did not learn from, and always after the day it
learnt on. So every hold-out lies in the future of its origin, and one fit answers for all kinds of newness: what it was not
shown is drawn once, and each family that is judged says what is new about it. Whoever belongs to a unit that is held out
takes all its rows out of training, also those from before it came there: a family is never on both sides.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd

from pkh_graduation.contracts import Fold, Outcomes, Snapshots
from pkh_graduation.timeline.folds import HOLDOUTS, PanelFolds, check_same_rows

LARGEST_FIRST = ("kabupaten", "pendamping", "kpm")
"""A family of a new kabupaten has a new pendamping too; it is counted under the largest unit that is new."""


class NewUnits:
    """Folds at the origins of ``folds`` whose test rows are new in something, and say in what (`Fold.newness`).

    Args:
        folds: gives the origins, the horizon and the first date of training.
        kinds: what is held out (`HOLDOUTS`). With several, one training set misses them all, and the pendamping are drawn
            among those of the other kabupaten, the families among those of the other pendamping.
        fraction: share of the units of each kind that is held out, rounded up.
        part: which share: part 0, 1, ... are disjoint draws in one order, so that parts can take turns. Where there are
            fewer units than parts, some parts have none of that kind; part 0 always has one.
        random_state: seed of the order.

    Units are drawn among those of the origin's own snapshot: nothing that came later decides who is held out.
    """

    def __init__(
        self,
        folds: PanelFolds,
        kinds: Sequence[str] = LARGEST_FIRST,
        *,
        fraction: float = 0.2,
        part: int = 0,
        random_state: int = 0,
    ) -> None:
        if strange := sorted(set(kinds) - set(HOLDOUTS)):
            raise ValueError(f"kinds knows {sorted(HOLDOUTS)}, not {strange}.")
        if not kinds:
            raise ValueError("kinds names nothing to hold out; plain future folds are PanelFolds.")
        if not 0 < fraction < 1:
            raise ValueError(f"fraction is a share of units between 0 and 1, not {fraction}.")
        if not 0 <= part < int(np.ceil(1 / fraction)):
            raise ValueError(
                f"part must lie within 0..{int(np.ceil(1 / fraction)) - 1} for shares of {fraction}, not {part}."
            )
        self.folds = folds
        self.kinds = tuple(kind for kind in LARGEST_FIRST if kind in kinds)
        self.fraction = fraction
        self.part = part
        self.random_state = random_state

    @property
    def horizon(self) -> int:
        """Quarters ahead at which the test rows are judged."""
        return self.folds.horizon

    def split(self, X: pd.DataFrame, y: Outcomes, history: Snapshots) -> Iterator[Fold]:
        """One fold per origin. Kinds of which there are fewer than two units, or none in this part, are left out.

        Raises:
            ValueError: X, y and history differ, the panel is too short, or nothing could be held out at an origin.
        """
        check_same_rows(X.index, y, history)
        for origin in self.folds.origins(y):
            yield self._fold(origin, y, history)

    def _fold(self, origin: dt.date, y: Outcomes, history: Snapshots) -> Fold:
        units = history.frame.reset_index()[["kpm_id", *(HOLDOUTS[kind] for kind in self.kinds if kind != "kpm")]]
        now = history.frame.index.get_level_values("as_of") == pd.Timestamp(origin)
        newness = np.full(len(units), None, dtype=object)
        held: dict[str, np.ndarray] = {}
        for kind in self.kinds:
            unit, free = units[HOLDOUTS[kind]], now & pd.isna(newness)
            held[kind] = self._draw(unit[free], kind)
            newness[free & unit.isin(held[kind]).to_numpy()] = kind
        new = ~pd.isna(newness)
        if not new.any():
            raise ValueError(
                f"at origin {origin} nothing can be new: there are fewer than two units of {self.kinds}, "
                f"or too few of them for part {self.part} in shares of {self.fraction}; part 0 has the first."
            )
        barred = _barred(units, new, held)
        index = history.frame.index
        fold = self.folds.fold_at(origin, y, pd.Series(new, index=index), pd.Series(~barred, index=index))
        return dataclasses.replace(fold, newness=pd.Series(newness, index=index, name="baru").loc[fold.test])

    def _draw(self, unit: pd.Series, kind: str) -> np.ndarray:
        """The part's share of names in the order of their keyed hash; none where there are fewer than two."""
        names = np.sort(unit.dropna().unique().astype(object))
        if len(names) < 2:
            return names[:0]
        keys = pd.util.hash_array(names, hash_key=f"{LARGEST_FIRST.index(kind)}{self.random_state:015d}"[-16:])
        begin, end = (_cut(share * self.fraction, len(names)) for share in (self.part, self.part + 1))
        return names[np.argsort(keys, kind="stable")[begin : min(end, begin + len(names) - 1)]]


def _cut(share: float, n: int) -> int:
    """Where a share of n things ends, rounded up; parts of few things are as even as they can be."""
    return int(np.ceil(min(share, 1.0) * n - 1e-9))


def _barred(units: pd.DataFrame, new: np.ndarray, held: Mapping[str, np.ndarray]) -> np.ndarray:
    """Rows kept out of training: those of a held unit, and every row of a family that is judged as new."""
    barred = units["kpm_id"].isin(units.loc[new, "kpm_id"]).to_numpy(copy=True)
    for kind, names in held.items():
        barred |= units[HOLDOUTS[kind]].isin(names).to_numpy()
    return barred
