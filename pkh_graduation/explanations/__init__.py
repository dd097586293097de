"""Explanations: why the model says what it says about one family, exactly, in words that a pendamping can check.

*Reason*: one theme whose features moved a family's log-odds, told by its strongest feature of the same sign, with the
value and the day on which it became known. In: an `Explainable` model, X, `Facts`. Out: `Reasons`. May import: contracts,
programme, shap. May not: another room. `fast_trees` is a package within, which knows nothing of PKH. Nothing here is
advice: a reason says what similar families have in common.
"""

from pkh_graduation.explanations.attributions import AdditivityError, Attribution, Attributor, attribute
from pkh_graduation.explanations.fast_trees import strongest
from pkh_graduation.explanations.margins import QuickMargins
from pkh_graduation.explanations.reasons import explain
from pkh_graduation.explanations.sentences import Phrasebook, SentenceError, read_phrasebook

__all__ = [
    "AdditivityError",
    "Attribution",
    "Attributor",
    "Phrasebook",
    "QuickMargins",
    "SentenceError",
    "attribute",
    "explain",
    "read_phrasebook",
    "strongest",
]
