"""What if: a model asked again with the family as it would be, with the bag's spread.

Never read off the sign of an attribution, which can do no better than guessing for such questions (Bilodeau et al. 2024, PNAS).
The answer is about similar families, not about this one, and proves nothing: grade E0.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from pkh_graduation.contracts import ContractError, Explainable, ExplainedPart, TreeMargins
from pkh_graduation.explanations.fast_trees import own_margin
from pkh_graduation.programme.levers import Change, Lever

_CHANGED: Mapping[str, Callable[[np.ndarray, float], np.ndarray]] = {
    "jadi": lambda own, value: np.full(len(own), value),
    "tambah": lambda own, value: own + value,
    "sedikitnya": np.fmax,
}


@dataclass(frozen=True)
class WhatIf:
    """A model asked again: change of the explained margin (n,), in log-odds, with the bag's smallest and largest.

    ``agreement`` (n,): share of the bag's members whose own change has the sign of the mean.
    """

    change: np.ndarray
    low: np.ndarray
    high: np.ndarray
    agreement: np.ndarray


class Inquiry:
    """A model asked about some families, lever after lever: what it says of them as they are is asked once.

    ``tree_margins``: how trees are asked (`contracts.TreeMargins`), by default themselves.
    """

    def __init__(self, model: Explainable, X: pd.DataFrame, *, tree_margins: TreeMargins | None = None) -> None:
        self.model, self.X = model, X
        self._tree_margins = tree_margins or _asked

    def what_if(self, lever: Lever, rows: np.ndarray | None = None, *, catalogue: pd.DataFrame | None = None) -> WhatIf:
        """Ask again for the families at the positions ``rows`` of X (by default all); see `what_if`."""
        _check(self.X, lever, catalogue)
        rows = np.arange(len(self.X)) if rows is None else rows
        before = self._before[:, rows]
        after = self._by_member(changed(self.X.iloc[rows], (*lever.ubah, *lever.ikut)))
        own = (after - before) * len(before)
        change = own.mean(axis=0)
        agreement = (np.sign(own) == np.sign(change)).mean(axis=0)
        return WhatIf(change, own.min(axis=0), own.max(axis=0), agreement)

    @cached_property
    def _before(self) -> np.ndarray:
        return self._by_member(self.X)

    def _by_member(self, X: pd.DataFrame) -> np.ndarray:
        """The margin's share of each member of the bag, shape (members, n); their sum is the margin."""
        parts = self.model.explained_parts(X)
        shares = {member: np.zeros(len(X)) for member in sorted({part.member for part in parts})}
        for part, margin in zip(parts, self._margins(parts), strict=True):
            shares[part.member] += part.weight * margin
        return np.array(list(shares.values()))

    def _margins(self, parts: Sequence[ExplainedPart]) -> list[np.ndarray]:
        """What each part says, unweighted. Trees over the same matrix are asked together."""
        found = [np.zeros(0) if part.kind == "tree" else _linear(part) for part in parts]
        together: dict[int, list[int]] = {}
        for place, part in enumerate(parts):
            if part.kind == "tree":
                together.setdefault(id(part.matrix), []).append(place)
        for places in together.values():
            told = self._tree_margins([parts[place].estimator for place in places], parts[places[0]].matrix)
            for place, margin in zip(places, told, strict=True):
                found[place] = margin
        return found


def what_if(model: Explainable, X: pd.DataFrame, lever: Lever, *, catalogue: pd.DataFrame | None = None) -> WhatIf:
    """Ask the model again for every family of X, with what ``lever`` changes and what follows from it.

    ``catalogue`` (of the facts) is the data dictionary: with it, a lever that changes what nobody can change is refused.

    Raises:
        ContractError: X lacks a feature that the lever changes, or such a feature is no lever by the dictionary.
    """
    return Inquiry(model, X).what_if(lever, catalogue=catalogue)


def changed(X: pd.DataFrame, changes: Sequence[Change]) -> pd.DataFrame:
    """X with the changes made; what X lacks is left out. An unknown value is set or lifted, never added to."""
    new = X.copy()
    for change in changes:
        if change.fitur in new.columns:
            new[change.fitur] = _CHANGED[change.cara](new[change.fitur].to_numpy(dtype=float), float(change.nilai))
    return new


def features_of(lever: Lever) -> list[str]:
    """Features that a lever changes; what only follows from it is not among them."""
    return [change.fitur for change in lever.ubah]


def _asked(models: Sequence[Any], matrix: np.ndarray) -> np.ndarray:
    return np.array([own_margin(model, matrix) for model in models])


def _linear(part: ExplainedPart) -> np.ndarray:
    return np.asarray(part.intercept + part.matrix @ part.coef)


def _check(X: pd.DataFrame, lever: Lever, catalogue: pd.DataFrame | None) -> None:
    lost = sorted(set(features_of(lever)) - set(X.columns))
    if lost or not lever.ubah:
        raise ContractError(f"lever {lever.kode!r} cannot be asked: X lacks {lost}." if lost else
                            f"lever {lever.kode!r} changes nothing that a model knows.")  # fmt: skip
    if catalogue is None:
        return
    fixed = [name for name in features_of(lever) if not bool(catalogue["lever"].get(name, False))]
    if fixed:
        raise ContractError(f"lever {lever.kode!r} changes {fixed}, which by the dictionary nobody can change.")
