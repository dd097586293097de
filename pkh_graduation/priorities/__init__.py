"""Priorities: whom a pendamping discusses graduation with first, who must not be on the list, and why.

*List*: the places of a year's quota inside one pendamping's caseload, filled from the top of readiness and never from
families that are not ready. In: `Scores`, `Reasons`, `Facts`, `Snapshots`, a `Quota`. Out: `PriorityLists`. May import:
contracts, programme. May not: another room. Guardrails are rules, run after ranking and never learned.
"""

from pkh_graduation.priorities.allocate import NEEDED_FACTS, add_reasons, prioritise
from pkh_graduation.priorities.bands import Bands
from pkh_graduation.priorities.cohort import Cohort, could_be_listed
from pkh_graduation.priorities.discovery import Discovery, PastYear
from pkh_graduation.priorities.floors import Floors
from pkh_graduation.priorities.goals import GOALS
from pkh_graduation.priorities.guardrails import HARD, SOFT, Guarded, guard
from pkh_graduation.priorities.quota import Quota, quota_on
from pkh_graduation.priorities.referrals import REFERRALS, refer

__all__ = [
    "GOALS",
    "HARD",
    "NEEDED_FACTS",
    "REFERRALS",
    "SOFT",
    "Bands",
    "Cohort",
    "Discovery",
    "Floors",
    "Guarded",
    "PastYear",
    "Quota",
    "add_reasons",
    "could_be_listed",
    "guard",
    "prioritise",
    "quota_on",
    "refer",
]
