"""Explanations: why the model says what it says about one family, exactly, in words that a pendamping can check.

*Reason*: one theme whose features moved a family's log-odds, told by its strongest feature of the same sign, with the
value and the day on which it became known. In: an `Explainable` model, X, `Facts`. Out: `Reasons`, and the rows of the panel
*Apa yang bisa dilakukan* (`suggest`). May import: contracts, programme, shap. May not: another room. `fast_trees` is a package
within, which knows nothing of PKH. A reason is no advice: it says what similar families have in common. Advice needs
`Evidence`.
"""

from pkh_graduation.explanations.attributions import AdditivityError, Attribution, Attributor, attribute
from pkh_graduation.explanations.fast_trees import strongest
from pkh_graduation.explanations.levers import NEEDED_FACTS, suggest
from pkh_graduation.explanations.linter import Finding, lint, lint_phrasebook
from pkh_graduation.explanations.margins import QuickMargins
from pkh_graduation.explanations.reasons import Choice, choose, explain, tellable, word
from pkh_graduation.explanations.sentences import Phrasebook, SentenceError, languages, read_phrasebook
from pkh_graduation.explanations.what_if import WhatIf, what_if

__all__ = [
    "NEEDED_FACTS",
    "AdditivityError",
    "Attribution",
    "Attributor",
    "Choice",
    "Finding",
    "Phrasebook",
    "QuickMargins",
    "SentenceError",
    "WhatIf",
    "attribute",
    "choose",
    "explain",
    "languages",
    "lint",
    "lint_phrasebook",
    "read_phrasebook",
    "strongest",
    "suggest",
    "tellable",
    "what_if",
    "word",
]
