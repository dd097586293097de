"""What may cut a panel: folds that know the date of every row; what shuffles rows is refused, with the reason.

The same families stand in a panel once per tahap. A split by row puts a family's next tahap beside its last one, so that a
model is judged on families and months that it was fitted on, and the estimate becomes memory. Grouping by family mends half
of it: the future is still in training. Neither can be seen in the figures, which only look better.
"""

from __future__ import annotations

import inspect
from typing import Any

from pkh_graduation.contracts import ContractError, Fold

REMEDY = (
    "Use PanelFolds(n_origins, horizon), which learns only from what was known at each origin, and NewUnits for families, "
    "pendamping and kabupaten that training never saw."
)


def refuse_timeless(folds: Any) -> None:
    """Refuse a splitter that does not ask for the history of the panel, whatever it is called.

    scikit-learn's splitters, their look-alikes and lists of index pairs cut rows by number: they cannot know when a label
    became known. `TimeSeriesSplit` cuts rows in the order in which they happen to lie, so it is refused too.

    Raises:
        ContractError: says what was given, why it misleads, and what to use.
    """
    split = getattr(folds, "split", None)
    if not callable(split):
        given = (
            f"{type(folds).__name__} (pairs of indices, perhaps)"
            if hasattr(folds, "__iter__")
            else type(folds).__name__
        )
        raise ContractError(f"{given} cannot cut a panel: it has no split(X, y, history). {REMEDY}")
    if _is_of_sklearn(folds) or hasattr(folds, "get_n_splits") or not _asks_for_history(split):
        raise ContractError(
            f"{type(folds).__name__} splits rows without their dates. A family stands in the panel once per tahap, so its "
            "later rows, and labels that were not yet known, would be learnt from before its earlier rows are judged: the "
            f"figures would look better than any list can be. {REMEDY}"
        )


def check_is_fold(fold: Any) -> None:
    """Refuse what a splitter yields if it is not a `Fold` with an origin: pairs of row numbers say nothing of time.

    Raises:
        ContractError: names what was yielded.
    """
    if not isinstance(fold, Fold):
        raise ContractError(
            f"the folds yield {type(fold).__name__}, not Fold(origin, train, test, y_train, y_test): without an origin nobody "
            f"can tell what was known. {REMEDY}"
        )


def _is_of_sklearn(folds: Any) -> bool:
    return any(kind.__module__.split(".")[0] == "sklearn" for kind in type(folds).__mro__)


def _asks_for_history(split: Any) -> bool:
    """Whether ``split`` takes three things of its own, and the third is no ``groups``."""
    try:
        parameters = list(inspect.signature(split).parameters.values())
    except (TypeError, ValueError):
        return True
    if any(one.kind is one.VAR_POSITIONAL for one in parameters):
        return True
    return len(parameters) >= 3 and parameters[2].name != "groups"
