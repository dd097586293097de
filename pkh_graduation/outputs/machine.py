"""Machine copy: the lists as one flat table without a name, a row per family of every caseload (records, 2.12)."""

from __future__ import annotations

import pandas as pd

from pkh_graduation.contracts import PriorityLists
from pkh_graduation.outputs.facts import shown_facts

_SLOTS = {"mendukung": ("alasan", 3), "menahan": ("penahan", 2)}


def machine_frame(lists: PriorityLists) -> pd.DataFrame:
    """One row per family: the lists' columns, run and model, the day the last component ends, and the sentences as
    ``alasan_1..3`` and ``penahan_1..2``.
    """
    frame = lists.frame.rename(columns={"as_of": "tanggal_acuan"})
    frame.insert(0, "run_id", lists.run_id)
    frame.insert(1, "model_versi", lists.notes.get("model", ""))
    frame["tanggal_komponen_habis"] = _component_ends(lists)
    for direction, (name, most) in _SLOTS.items():
        cards = lists.cards[lists.cards["arah"] == direction]
        for number in range(1, most + 1):
            chosen = cards[cards["urutan"] == number].set_index("kpm_id")["kalimat"]
            frame[f"{name}_{number}"] = frame["kpm_id"].map(chosen).astype("str")
    return frame


def _component_ends(lists: PriorityLists) -> pd.Series:
    """Date on which each family's last component ends (missing: never, or unknown), in the order of the lists."""
    days = pd.Series(shown_facts(lists)["komp_habis_day"], index=lists.frame.index)
    return pd.to_datetime(days, unit="D").astype("datetime64[s]")
