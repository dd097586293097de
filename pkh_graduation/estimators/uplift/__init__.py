"""Uplift: what a lever changes, learned from logs of who was offered it; graded, bounded, and silent where it cannot know.

*Effect*: change of P(mandiri within the horizon) when a family takes a lever, all else equal. In: features of the families at
the day of the offer, who took it, what happened, and the chance of the offer where it was drawn by lot. Out: `Evidence`.
Confounding on what is not recorded is never excluded, only probed (`sensitivity`).
"""

from pkh_graduation.estimators.uplift.bounds import EffectBounds, calibrate_bounds
from pkh_graduation.estimators.uplift.curves import Curve, targeting_curve
from pkh_graduation.estimators.uplift.dr_learner import DRLearner
from pkh_graduation.estimators.uplift.evidence import AMATAN, PERCOBAAN_ALAMIAH, UNDIAN, Study, advised, study_lever
from pkh_graduation.estimators.uplift.gate import Gate, ask_gate
from pkh_graduation.estimators.uplift.offers import Offers, read_lots
from pkh_graduation.estimators.uplift.overlap import Overlap, check_overlap
from pkh_graduation.estimators.uplift.sensitivity import e_value, tipping_odds

__all__ = [
    "AMATAN",
    "PERCOBAAN_ALAMIAH",
    "UNDIAN",
    "Curve",
    "DRLearner",
    "EffectBounds",
    "Gate",
    "Offers",
    "Overlap",
    "Study",
    "advised",
    "ask_gate",
    "calibrate_bounds",
    "check_overlap",
    "e_value",
    "read_lots",
    "study_lever",
    "targeting_curve",
    "tipping_odds",
]
