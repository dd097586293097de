"""Machine copy: the lists as one flat table without a name, a row per family of every caseload (records, 2.12)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter

import numpy as np
import pandas as pd

from pkh_graduation.contracts import PriorityLists
from pkh_graduation.outputs.facts import shown_facts
from pkh_graduation.programme.returns import list_id, row_ids

_FORMULA = r"[=+\-@\t\r]"
_SLOTS = {"mendukung": ("alasan", 3), "menahan": ("penahan", 2)}


def machine_frame(lists: PriorityLists) -> pd.DataFrame:
    """One row per family: ids of list and row (missing without a pendamping), the lists' columns, run and model, the day the
    last component ends, and the sentences as ``alasan_1..3`` and ``penahan_1..2``.
    """
    frame = lists.frame.rename(columns={"as_of": "tanggal_acuan"})
    ids = _ids(lists)
    for place, name in enumerate(("list_id", "row_id")):
        frame.insert(place, name, pd.array(ids[place], dtype="str"))
    frame.insert(0, "run_id", lists.run_id)
    frame.insert(1, "model_versi", lists.notes.get("model", ""))
    frame["tanggal_komponen_habis"] = _component_ends(lists)
    for name, texts in _sentences(lists):
        frame[name] = pd.array(texts, dtype="str")
    return frame


def _sentences(lists: PriorityLists) -> Iterator[tuple[str, np.ndarray]]:
    """A column per place on the cards: the sentence there, or None."""
    rows = pd.Index(lists.frame["kpm_id"]).get_indexer(lists.cards["kpm_id"])
    there, direction = rows >= 0, lists.cards["arah"].to_numpy(dtype=object)
    place, texts = lists.cards["urutan"].to_numpy(), lists.cards["kalimat"].to_numpy(dtype=object)
    for way, (name, most) in _SLOTS.items():
        for number in range(1, most + 1):
            chosen = there & (direction == way) & (place == number)
            column = np.full(len(lists.frame), None, dtype=object)
            column[rows[chosen]] = texts[chosen]
            yield f"{name}_{number}", column


def _ids(lists: PriorityLists) -> tuple[list[str | None], list[str | None]]:
    """Ids of list and row of every family, caseload by caseload."""
    owners, families = (lists.frame[name].fillna("").tolist() for name in ("pendamping_id", "kpm_id"))
    own_lists: list[str | None] = []
    own_rows: list[str | None] = []
    for owner, pairs in groupby(zip(owners, families, strict=True), key=itemgetter(0)):
        kpms = [kpm for _, kpm in pairs]
        name = list_id(lists.run_id, owner) if owner else None
        own_lists += [name] * len(kpms)
        own_rows += row_ids(name, kpms) if name else [None] * len(kpms)
    return own_lists, own_rows


def csv_of(frame: pd.DataFrame) -> bytes:
    """The machine copy as CSV, UTF-8 with a header; no text begins like a formula, because people open it in spreadsheets."""
    safe = frame.copy()
    for name in safe.columns[safe.dtypes == "str"]:
        texts = safe[name]
        safe[name] = texts.where(~texts.str.match(_FORMULA).fillna(False).astype(bool), "'" + texts)
    return safe.to_csv(index=False, lineterminator="\n").encode()


def _component_ends(lists: PriorityLists) -> pd.Series:
    """Date on which each family's last component ends (missing: never, or unknown), in the order of the lists."""
    days = pd.Series(shown_facts(lists)["komp_habis_day"], index=lists.frame.index)
    return pd.to_datetime(days, unit="D").astype("datetime64[s]")
