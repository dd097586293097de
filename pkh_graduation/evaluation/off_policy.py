"""What a list would be worth that was never used, told from a list that was: off-policy value by logged propensities.

The log says of each family whether it was listed and how likely that was (``propensi``; random slots make it positive for others
than the model's favourites). A *target* says how likely a new list would list it. The value is per listed family: the mean
outcome of those whom the target lists, had they been listed.

*SNIPS* weighs logged listed families by target / propensity and divides by the sum of weights (Swaminathan and Joachims 2015).
*DR* adds a model of the outcome, and is right if either the propensities or the model are (Dudik, Langford and Li 2011); fit it on
other families than those it is asked about. Places of the target whose families could never have been listed have no value in the
log: they are counted, and `low_bound`/`high_bound` give them the worst and the best outcome.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pkh_graduation.evaluation.bootstrap import draw_weights, interval
from pkh_graduation.evaluation.ranking import ratio


@dataclass(frozen=True)
class ListValue:
    """Value per listed family of a target list.

    ``snips``, ``dr`` with 95 % intervals over resampled units; ``dr`` is missing without a model of the outcome. ``effective``:
    effective number of logged listed families behind ``snips`` (Kish). ``places``: expected places of the target;
    ``unsupported``: the part of them without a logged chance. ``low_bound``, ``high_bound``: ``snips`` (``dr`` where there is
    one) of the supported places, with outcome 0 or 1 in the others.
    """

    snips: float
    snips_low: float
    snips_high: float
    dr: float
    dr_low: float
    dr_high: float
    effective: float
    places: float
    unsupported: float
    low_bound: float
    high_bound: float


def list_value(
    outcome: np.ndarray,
    listed: np.ndarray,
    propensity: np.ndarray,
    target: np.ndarray,
    *,
    expected: np.ndarray | None = None,
    units: np.ndarray | None = None,
    n_boot: int = 200,
    random_state: int = 0,
) -> ListValue:
    """Value of the list ``target``, per place.

    Args:
        outcome: 0 to 1, what came of each family, shape (n,); read only where listed, so it may be missing elsewhere.
        listed: (n,) booleans, who was on the logged list.
        propensity: (n,), the logged chance of being listed; missing or 0 where that could not happen.
        target: (n,), chance of each family under the new list, 0 or 1 for a fixed one.
        expected: (n,), outcome expected if listed, by a model that did not see the family; makes ``dr``.
        units: (n,), what is resampled, such as the pendamping's code; families by default.
        n_boot: resamples of the intervals.
        random_state: their seed.

    Raises:
        ValueError: a listed family with a propensity of zero, numbers outside [0, 1], or a target that lists nobody.
    """
    listed, target = np.asarray(listed, dtype=bool), np.asarray(target, dtype=float)
    chance = np.nan_to_num(np.asarray(propensity, dtype=float), nan=0.0)
    came = np.where(listed, np.asarray(outcome, dtype=float), 0.0)
    _check(came, listed, chance, target)
    supported = chance > 0
    weight = np.where(listed, np.divide(target, chance, out=np.zeros(len(target)), where=supported), 0.0)
    parts = {"snips": np.stack([weight * came, weight])}
    if expected is not None:
        model = np.where(supported, np.asarray(expected, dtype=float), 0.0)
        parts["dr"] = np.stack([target * model * supported + weight * (came - model), target * supported])
    codes = np.arange(len(target)) if units is None else np.unique(units, return_inverse=True)[1]
    drawn = draw_weights(int(codes.max()) + 1, n_boot, np.random.default_rng(random_state)).astype(float)
    told: dict[str, tuple[float, float, float]] = {"dr": (float("nan"),) * 3}
    for name, terms in parts.items():
        # Sums per unit first: a resample weighs units, not families.
        sums = np.stack([np.bincount(codes, weights=term) for term in terms])
        replicates = np.einsum("ru,ku->kr", drawn, sums)
        told[name] = (float(ratio(*sums.sum(axis=1))), *interval(ratio(replicates[0], replicates[1])))
    places, lost = float(target.sum()), float(target[~supported].sum())
    best = told["dr"][0] if expected is not None else told["snips"][0]
    known = 0.0 if lost == places else (places - lost) / places * best
    return ListValue(
        *told["snips"], *told["dr"],
        effective=float(ratio(weight.sum() ** 2, (weight**2).sum())), places=places, unsupported=lost,
        low_bound=known, high_bound=known + lost / places,
    )  # fmt: skip


def _check(came: np.ndarray, listed: np.ndarray, chance: np.ndarray, target: np.ndarray) -> None:
    if (listed & (chance <= 0)).any():
        raise ValueError(
            f"{int((listed & (chance <= 0)).sum())} listed families have no logged propensity above 0: "
            "a value can only be told from a list whose chances were logged."
        )
    numbers = {"outcome of the listed": came, "propensity": chance, "target": target}
    wrong = [name for name, values in numbers.items() if not ((values >= 0) & (values <= 1)).all()]
    if wrong:
        raise ValueError(f"{wrong} must lie from 0 to 1, none missing.")
    if target.sum() <= 0:
        raise ValueError("the target lists nobody, so it has no value per place.")
