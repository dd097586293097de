"""A known change of policy: the same model at the level of another year.

Labels of a new quota regime mature a year after it began; until then a model says the level of the year before, which may
be tenfold off. Where the office knows how many to expect (a quota, the regime's published rate), the level can be set to
that: one shift of every log-odds, so no family passes another and no reason changes.
"""

from __future__ import annotations

import copy

import numpy as np
import pandas as pd
from scipy.optimize import brentq
from sklearn.utils.validation import check_is_fitted

from pkh_graduation.contracts import check_index
from pkh_graduation.estimators.graduation_model import GraduationModel
from pkh_graduation.estimators.incidence import mandiri_by_horizon
from pkh_graduation.estimators.person_period import dates_of, quarter_of

_REACH = 30.0


def at_rate(model: GraduationModel, X: pd.DataFrame, rate: float, horizon: int = 4) -> GraduationModel:
    """A copy of a fitted model under which the mean P(mandiri within ``horizon`` quarters) over the families X is ``rate``.

    The other ways out keep their hazards. The shift is noted in ``notes_``; the explained margin is that of before.

    Raises:
        ValueError: the rate is not above 0 and below what can still leave by mandiri, or X holds no family.
    """
    check_is_fitted(model, "mandiri_")
    check_index(X, "X")
    if not len(X):
        raise ValueError("X holds no family, so no rate can be set.")
    start = quarter_of(dates_of(X.index))
    signal = model.mandiri_.signals(X).mean(axis=0)
    administratif = model.administratif_.hazard(model.administratif_.signals(X).mean(axis=0), start, horizon)
    alamiah = model.calendar_.predict_hazard(X, horizon)
    moved, hazard = copy.copy(model), copy.copy(model.mandiri_)
    calibrator = hazard.calibrator_

    def excess(shift: float) -> float:
        hazard.calibrator_ = calibrator.shifted(shift)
        return float(mandiri_by_horizon(administratif, alamiah, hazard.hazard(signal, start, horizon)).mean()) - rate

    if not (np.isfinite(rate) and excess(-_REACH) < 0.0 < excess(_REACH)):
        raise ValueError(f"rate is a share of families above 0 and below those who leave otherwise, not {rate!r}.")
    shift = float(brentq(excess, -_REACH, _REACH, xtol=1e-12))
    hazard.calibrator_ = calibrator.shifted(shift)
    moved.mandiri_ = hazard
    moved.notes_ = [
        *model.notes_,
        f"mandiri: level set to a mean of {rate:.4f} within {horizon} quarters (log-odds moved by {shift:+.3f})",
    ]
    return moved
