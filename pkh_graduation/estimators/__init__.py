"""Estimators: contenders for the question who will leave, how and when.

An *estimator* here is anything that obeys `contracts.Contender`: it learns from features and outcomes, and answers with the
incidence of every way out. `GraduationModel` is the library's own (mandiri and administratif by hazard, alamiah by
calendar); `todays_practice` are the rules it has to beat; `reference_models` are plain models to stand beside it.

In: X (one row per family and date), `Outcomes`, the pendamping of each row. Out: `Scores`, and the additive parts of the
explained margin. May import: contracts, programme, numpy, pandas, scipy, scikit-learn. May not: any other room.
"""

from pkh_graduation.estimators.calendar_clock import ComponentCalendar
from pkh_graduation.estimators.calibration import Calibrator, choose_calibrator
from pkh_graduation.estimators.calibration_checks import CalibrationMeasures, calibration_measures, group_calibration
from pkh_graduation.estimators.glass_box import GlassBoxModel
from pkh_graduation.estimators.graduation_model import GraduationModel
from pkh_graduation.estimators.practice import todays_practice
from pkh_graduation.estimators.reference import PlainBoosting, reference_models
from pkh_graduation.estimators.regimes import at_rate, shift_to, shifted
from pkh_graduation.estimators.selection import Champion, choose_champion, model_set

__all__ = [
    "CalibrationMeasures",
    "Calibrator",
    "Champion",
    "ComponentCalendar",
    "GlassBoxModel",
    "GraduationModel",
    "PlainBoosting",
    "at_rate",
    "calibration_measures",
    "choose_calibrator",
    "choose_champion",
    "group_calibration",
    "model_set",
    "reference_models",
    "shift_to",
    "shifted",
    "todays_practice",
]
