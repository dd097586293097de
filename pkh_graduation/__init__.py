"""pkh_graduation: from household records to an explained, fair, short list for each pendamping of PKH.

The public words are those of ``__all__``; each is loaded from its room when first used, so importing this package is light.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pkh_graduation.estimators import GraduationModel, todays_practice
    from pkh_graduation.evaluation import run_backtest
    from pkh_graduation.explanations import explain
    from pkh_graduation.outputs import write_lists
    from pkh_graduation.priorities import prioritise, quota_on
    from pkh_graduation.records import read_records
    from pkh_graduation.timeline import PanelFolds, observe_outcomes, take_snapshots
    from pkh_graduation.workflows.demonstrating import make_population
    from pkh_graduation.workflows.featuring import build_features

__version__ = "0.1.0"

_ROOM_OF = {
    "GraduationModel": "estimators",
    "PanelFolds": "timeline",
    "build_features": "workflows.featuring",
    "explain": "explanations",
    "make_population": "workflows.demonstrating",
    "observe_outcomes": "timeline",
    "prioritise": "priorities",
    "quota_on": "priorities",
    "read_records": "records",
    "run_backtest": "evaluation",
    "take_snapshots": "timeline",
    "todays_practice": "estimators",
    "write_lists": "outputs",
}

__all__ = [
    "GraduationModel",
    "PanelFolds",
    "build_features",
    "explain",
    "make_population",
    "observe_outcomes",
    "prioritise",
    "quota_on",
    "read_records",
    "run_backtest",
    "take_snapshots",
    "todays_practice",
    "write_lists",
]


def __getattr__(name: str) -> Any:
    if name not in _ROOM_OF:
        raise AttributeError(f"pkh_graduation has no {name!r}; its public words are {__all__}.")
    word = getattr(import_module(f"pkh_graduation.{_ROOM_OF[name]}"), name)
    globals()[name] = word
    return word


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
