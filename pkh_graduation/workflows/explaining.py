"""`lists --explain`: why a family is, or is not, on the list of a date; read from the lists as they were written."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pandas as pd

from pkh_graduation import monitoring, priorities, stores
from pkh_graduation.workflows.places import Places


def explain(places: Places, *, as_of: dt.date, family: str) -> dict[str, Any]:
    """The answer in sentences (``penjelasan``), with place and quota as figures.

    Raises:
        FileNotFoundError: there are no lists, or they are of another date. UnknownFamilyError: no list holds the family.
    """
    parts = sorted((places.lists / "daftar").glob("bucket=*.parquet"))
    if not parts:
        raise FileNotFoundError(f"{places.lists} holds no lists: run `lists --as-of {as_of.isoformat()}` first.")
    lists = pd.concat([stores.read_frame(path) for path in parts], ignore_index=True)
    dates = sorted({stamp.date().isoformat() for stamp in pd.to_datetime(lists["tanggal_acuan"]).unique()})
    if dates != [as_of.isoformat()]:
        raise FileNotFoundError(
            f"the lists in {places.lists} are of {', '.join(dates)}, not of {as_of.isoformat()}: "
            "ask for that date, or run `lists` again."
        )
    kpm_id, caseload = monitoring.find_caseload(lists, family)
    quota = priorities.quota_on(as_of).of(len(caseload))
    line = caseload.set_index("kpm_id").loc[kpm_id]
    return {
        "kpm_id": kpm_id,
        "pendamping_id": None if pd.isna(line["pendamping_id"]) else str(line["pendamping_id"]),
        "urutan": None if pd.isna(line["urutan"]) else int(line["urutan"]),
        "kuota": quota,
        "terisi": int(caseload["urutan"].notna().sum()),
        "dampingan": len(caseload),
        "penjelasan": "\n".join(monitoring.explain_place(caseload, kpm_id, quota=quota)),
        "as_of": as_of.isoformat(),
    }
