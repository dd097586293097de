"""Facts that a list shows beside its reasons."""

from __future__ import annotations

import numpy as np

from pkh_graduation.contracts import PriorityLists

SHOWN_FACTS = ("komp_habis_day", "komp_abadi", "kunjungan_hari")
"""Read of every family of a caseload; each may be lacking."""


def shown_facts(lists: PriorityLists) -> dict[str, np.ndarray]:
    """The shown facts in the order of the lists' families, each of shape (n,); not a number where missing or lacking."""
    values, rows = lists.facts.values, lists.facts_rows
    nothing = np.full(len(rows), np.nan)
    return {
        name: np.where(rows < 0, np.nan, values[name].to_numpy(dtype="float64", na_value=np.nan)[rows])
        if name in values.columns
        else nothing
        for name in SHOWN_FACTS
    }
