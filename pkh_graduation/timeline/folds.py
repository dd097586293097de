"""Panel folds: rolling origins that never train on anything known after the origin.

At each origin the training rows carry their outcomes as told on that day: a quarter that was not yet mature then is not
observed, an exit not yet known did not happen. So the embargo between training and judging is the horizon plus the reporting
lag, row by row, and nothing has to be cut by hand.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterator

import numpy as np
import pandas as pd

from pkh_graduation.contracts import Fold, Outcomes, Snapshots, check_index
from pkh_graduation.programme.calendar import parse_as_of
from pkh_graduation.programme.vocabulary import SUDAH_KELUAR
from pkh_graduation.timeline.outcomes import matured, outcomes_known_by

HOLDOUTS = {"kpm": "kpm_id", "pendamping": "pendamping_id", "kabupaten": "kabupaten"}
"""What can be kept out of training: families, pendamping, kabupaten, and where `history` names them."""


class PanelFolds:
    """Rolling origins over a panel of snapshots.

    Args:
        n_origins: how many origins. The last is the latest as-of date whose ``horizon`` quarters are all mature at
            ``y.known_by``; the others lie ``step`` as-of dates apart before it.
        horizon: quarters ahead at which the test rows are judged.
        step: distance between origins, in as-of dates of the history.
        first_as_of: earliest as-of date used for training; all if not given.
        holdout: which units are new at test time (`HOLDOUTS`): a fraction of each is drawn by ``random_state`` once for all
            origins, never trained on, and the test rows are those that are new in every named respect. Their families are
            not trained on either, wherever they were before. `NewUnits` tells several kinds of newness from one fit.
        fraction: share of units held out.
        random_state: seed of the draw.
    """

    def __init__(
        self,
        n_origins: int,
        horizon: int,
        *,
        step: int = 1,
        first_as_of: str | dt.date | None = None,
        holdout: frozenset[str] | set[str] = frozenset(),
        fraction: float = 0.2,
        random_state: int = 0,
    ) -> None:
        for name, number in (("n_origins", n_origins), ("horizon", horizon), ("step", step)):
            if number < 1:
                raise ValueError(f"{name} must be at least 1, not {number}.")
        if strange := set(holdout) - set(HOLDOUTS):
            raise ValueError(f"holdout knows {sorted(HOLDOUTS)}, not {sorted(strange)}.")
        if not 0 < fraction < 1:
            raise ValueError(f"fraction is a share of units between 0 and 1, not {fraction}.")
        self.n_origins = n_origins
        self.horizon = horizon
        self.step = step
        self.first_as_of = parse_as_of(first_as_of) if first_as_of is not None else None
        self.holdout = frozenset(holdout)
        self.fraction = fraction
        self.random_state = random_state

    def split(self, X: pd.DataFrame, y: Outcomes, history: Snapshots) -> Iterator[Fold]:
        """Folds in the order of their origins.

        ``train``: rows of as-of dates up to the origin of which at least one quarter was mature at the origin, with
        ``y_train`` told on that day, for these rows. ``test``: the families of the snapshot at the origin, with ``y_test`` at
        ``horizon`` as known at ``y.known_by``. Families that had already left are in neither; ``y_test.frame`` still holds
        those of the origin as `sudah_keluar`, so that they can be counted.

        Raises:
            ValueError: X, y and history are not about the same families and dates, or the panel is too short.
        """
        check_same_rows(X.index, y, history)
        new, known = self._held_out(history)
        for origin in self.origins(y):
            yield self.fold_at(origin, y, new, known & ~_judged_families(origin, new) if self.holdout else known)

    def origins(self, y: Outcomes) -> list[dt.date]:
        """The origins, in order.

        Raises:
            ValueError: the outcomes are not observed for ``horizon`` quarters at enough as-of dates; says how many are.
        """
        if self.horizon > y.max_horizon:
            raise ValueError(
                f"folds judge {self.horizon} quarters ahead, but outcomes were observed for {y.max_horizon}: "
                f"observe them with horizon={self.horizon} or more."
            )
        seen = y.frame["observed"].groupby(level="as_of").max()
        ripe = [stamp.date() for stamp in seen.index[seen >= self.horizon]]
        chosen = ripe[:: -self.step][: self.n_origins][::-1]
        if len(chosen) < self.n_origins:
            raise ValueError(
                f"the panel is too short: {self.n_origins} origins every {self.step} dates need "
                f"{(self.n_origins - 1) * self.step + 1} as-of dates whose {self.horizon} quarters are mature by "
                f"{y.known_by} (reporting lag {y.lag_days} days); there are {len(ripe)} of {len(seen)}. "
                "Take earlier snapshots, fewer origins or a shorter horizon; a random split of a panel is no remedy."
            )
        return chosen

    def fold_at(self, origin: dt.date, y: Outcomes, new: pd.Series, known: pd.Series) -> Fold:
        """The fold of one origin; ``new`` and ``known`` say of each snapshot whether it may be tested on and trained on.

        Raises:
            ValueError: there is nobody to train on, or nobody to test.
        """
        stamp = pd.Timestamp(origin)
        told = outcomes_known_by(y, origin)
        dates = told.frame.index.get_level_values("as_of")
        usable = (told.frame["observed"] > 0) & (told.frame["way_out"] != SUDAH_KELUAR) & (dates <= stamp)
        if self.first_as_of is not None:
            usable &= dates >= pd.Timestamp(self.first_as_of)
        y_train = dataclasses.replace(told, frame=told.frame[usable & known.reindex(told.frame.index)])
        ripe = matured(y, self.horizon)
        now = ripe.frame.index.get_level_values("as_of") == stamp
        y_test = dataclasses.replace(ripe, frame=ripe.frame[now & new.reindex(ripe.frame.index)])
        test = y_test.frame.index[y_test.frame["way_out"] != SUDAH_KELUAR]
        if y_train.frame.empty or test.empty:
            raise ValueError(
                f"origin {origin} has {len(y_train.frame)} rows to train on and {len(test)} to test: before it no quarter "
                f"was mature (reporting lag {told.lag_days} days), or the hold-out left nobody. "
                "Take earlier snapshots, fewer origins, or another holdout."
            )
        return Fold(origin, y_train.frame.index, test, y_train, y_test)

    def _held_out(self, history: Snapshots) -> tuple[pd.Series, pd.Series]:
        """Per snapshot: whether it may be tested on (new in every respect), and trained on (new in none)."""
        index = history.frame.index
        new, known = pd.Series(True, index=index), pd.Series(True, index=index)
        for what in sorted(self.holdout):
            column = HOLDOUTS[what]
            unit = history.frame.reset_index()[column]
            held = pd.Series(unit.isin(self._draw(unit)).to_numpy(), index=index)
            new &= held
            known &= ~held
        return new, known

    def _draw(self, unit: pd.Series) -> np.ndarray:
        names = np.sort(unit.dropna().unique().astype(object))
        keys = pd.util.hash_array(names, hash_key=f"{self.random_state:016d}"[-16:])
        return names[np.argsort(keys, kind="stable")[: int(np.ceil(self.fraction * len(names)))]]


def _judged_families(origin: dt.date, new: pd.Series) -> pd.Series:
    """Every row of a family that is judged as new at the origin: it may have come from a unit that is not held out."""
    judged = new & (new.index.get_level_values("as_of") == pd.Timestamp(origin))
    families = judged.index.get_level_values("kpm_id")[judged.to_numpy()]
    return pd.Series(new.index.get_level_values("kpm_id").isin(families), index=new.index)


def check_same_rows(index: pd.Index, y: Outcomes, history: Snapshots) -> None:
    """Refuse X, outcomes and history that are not about the same families and dates.

    Raises:
        ValueError: says which differ, and what a panel's index looks like.
    """
    if list(index.names) != list(history.frame.index.names):
        raise ValueError(
            f"X must be indexed by {tuple(history.frame.index.names)}, one row per family and as-of date, not by "
            f"{tuple(index.names)}: panel folds cut in time and cannot do so without the dates."
        )
    check_index(y.frame, "outcomes")
    for what, other in (("outcomes", y.frame.index), ("history", history.frame.index)):
        if len(index) != len(other) or not (index.equals(other) or index.isin(other).all()):
            raise ValueError(
                f"X has {len(index)} families and dates, {what} {len(other)}, and they are not the same: "
                "build all three from one history."
            )
