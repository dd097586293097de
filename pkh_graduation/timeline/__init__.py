"""Timeline: everything that knows about time. Its noun is the *snapshot*: the members of a date, as known on that date.

In: `Records`. Out: the `spine` of window bounds, `Snapshots` (the cohort at risk), `Outcomes` (what became of it, as known by
a day), `PanelFolds` (rolling origins), `NewUnits` (hold-outs at those origins), records `cut` at a day.
May import: contracts, programme. May not: any other room; nothing here reads a file, a clock or a model input.
"""

from pkh_graduation.timeline.cohort import READS, REPEATED, known_until, stream_snapshots, take_snapshots, watched_since
from pkh_graduation.timeline.folds import PanelFolds
from pkh_graduation.timeline.holdouts import NewUnits
from pkh_graduation.timeline.outcomes import matured, observe_outcomes, outcomes_known_by
from pkh_graduation.timeline.spine import spine
from pkh_graduation.timeline.visibility import cut, last_per, valid, visible

__all__ = [
    "READS", "REPEATED", "NewUnits", "PanelFolds", "cut", "known_until", "last_per", "matured", "observe_outcomes",
    "outcomes_known_by", "spine", "stream_snapshots", "take_snapshots", "valid", "visible", "watched_since",
]  # fmt: skip
