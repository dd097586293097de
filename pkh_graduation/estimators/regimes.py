"""A known change of policy: the same model at the level of another year.

Labels of a new quota regime mature a year after it began; until then a model says the level of the year before, which may
be tenfold off. Where the office knows how many to expect (a quota, the regime's published rate), the level can be set to
that: one shift of every log-odds of the mandiri hazard, so no reason changes and no family passes another that is as likely
to leave otherwise (among the others, chances within twelve months that lie very near each other may change places).
"""

from __future__ import annotations

import copy

import numpy as np
import pandas as pd
from scipy.optimize import brentq

from pkh_graduation.contracts import check_index
from pkh_graduation.estimators.graduation_model import GraduationModel
from pkh_graduation.estimators.incidence import mandiri_by_horizon
from pkh_graduation.estimators.person_period import dates_of, quarter_of

_REACH = 30.0


def at_rate(model: GraduationModel, X: pd.DataFrame, rate: float, horizon: int = 4) -> GraduationModel:
    """A copy of a fitted model under which the mean P(mandiri within ``horizon`` quarters) over the families X is ``rate``.

    The other ways out keep their hazards. The shift is noted in ``notes_``; the explained margin is that of before.

    Raises:
        ValueError: the rate is not above 0 and below what can still leave by mandiri, X holds no family, or ``horizon`` is
            beyond the outcomes the model was fitted on.
    """
    shift = shift_to(model, X, rate, horizon)
    moved = shifted(model, shift)
    moved.notes_ = [
        *model.notes_,
        f"mandiri: level set to a mean of {rate:.4f} within {horizon} quarters (log-odds moved by {shift:+.3f})",
    ]
    return moved


def shift_to(model: GraduationModel, X: pd.DataFrame, rate: float, horizon: int = 4) -> float:
    """The shift of the log-odds of the mandiri hazard that `at_rate` finds.

    Raises:
        ValueError: as `at_rate`.
    """
    model.check_horizon(horizon)
    check_index(X, "X")
    if not len(X):
        raise ValueError("X holds no family, so no rate can be set.")
    start = quarter_of(dates_of(X.index))
    signal = model.mandiri_.signals(X).mean(axis=0)
    administratif = model.administratif_.hazard(model.administratif_.signals(X).mean(axis=0), start, horizon)
    alamiah = model.calendar_.predict_hazard(X, horizon)

    def excess(shift: float) -> float:
        hazard = shifted(model, shift).mandiri_.hazard(signal, start, horizon)
        return float(mandiri_by_horizon(administratif, alamiah, hazard).mean()) - rate

    if not (np.isfinite(rate) and excess(-_REACH) < 0.0 < excess(_REACH)):
        raise ValueError(f"rate is a share of families above 0 and below those who leave otherwise, not {rate!r}.")
    return float(brentq(excess, -_REACH, _REACH, xtol=1e-12))


def shifted(model: GraduationModel, shift: float) -> GraduationModel:
    """A copy of a fitted model whose log-odds of the mandiri hazard are moved by ``shift``, after calibration."""
    moved, hazard = copy.copy(model), copy.copy(model.mandiri_)
    hazard.calibrator_ = model.mandiri_.calibrator_.shifted(shift)
    moved.mandiri_ = hazard
    return moved
