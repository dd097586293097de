"""Monitoring: what comes back from the field, how a list lives from month to month, and whether the world has moved.

In: returned files (`deliveries`), the register of issued lists, earlier answers, machine copies of lists. Out: accepted answers and
quarantine (`feedback`), rows for the next ingest (`rows`), each family's standing (`history`), answers to "why" (`why`). May
import: contracts, programme, python-calamine. May not: another room.
"""

from pkh_graduation.monitoring.answers import OBJECTS, read_day
from pkh_graduation.monitoring.deliveries import Delivery, RawAnswer, read_delivery
from pkh_graduation.monitoring.desk import HISTORY, ISSUED
from pkh_graduation.monitoring.feedback import Feedback, lists_asked, no_history, take_in
from pkh_graduation.monitoring.history import churn, flickers, helped, reassigned, standing, story
from pkh_graduation.monitoring.readiness import WANTED, Office, first_steps
from pkh_graduation.monitoring.rows import decisions, event_rows, visit_rows
from pkh_graduation.monitoring.why import LIMITS, UnknownFamilyError, explain_place, find_caseload

__all__ = [
    "HISTORY",
    "ISSUED",
    "LIMITS",
    "OBJECTS",
    "WANTED",
    "Delivery",
    "Feedback",
    "Office",
    "RawAnswer",
    "UnknownFamilyError",
    "churn",
    "decisions",
    "event_rows",
    "explain_place",
    "find_caseload",
    "first_steps",
    "flickers",
    "helped",
    "lists_asked",
    "no_history",
    "read_day",
    "read_delivery",
    "reassigned",
    "standing",
    "story",
    "take_in",
    "visit_rows",
]
