"""Summary: what the coordinators' pages need of one part, small enough to keep until every part is written; no family."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from pkh_graduation.contracts import PriorityLists
from pkh_graduation.programme.vocabulary import BELUM, PERLU_PENDAMPINGAN, SIAP_DIBAHAS

BANDS = [SIAP_DIBAHAS, PERLU_PENDAMPINGAN, BELUM]
COUNTS = ["dampingan", "terdaftar", *BANDS, "dikecualikan", "diproses"]


@dataclass(frozen=True)
class PartSummary:
    """Totals of one part, plain values only: ``dataclasses.asdict`` is JSON, ``PartSummary(**json)`` reads it back.

    ``pendamping``: per caseload its id, ``kabupaten`` and ``kecamatan`` (where most of its families live), ``kuota``,
    ``sebab`` (why places stayed empty), ``berkas`` (its list's place without ending) and `COUNTS`. ``kecamatan``: `COUNTS`
    per ``kabupaten`` and ``kecamatan`` of the families, empty codes where none is recorded. ``sebab``: families per
    ``kabupaten`` and reason of exclusion. ``files``: all that was written, relative to the folder of the lists.
    """

    part: str
    as_of: str
    run_id: str
    model: str
    tag: str
    pendamping: Sequence[dict[str, Any]]
    kecamatan: Sequence[dict[str, Any]]
    sebab: Sequence[dict[str, Any]]
    files: Sequence[str]


def per_pendamping(lists: PriorityLists) -> pd.DataFrame:
    """Counts of each pendamping (index), with ``kabupaten``, ``kecamatan``, ``kuota`` and ``sebab``."""
    places = lists.frame[["pendamping_id", "kabupaten", "kecamatan"]].fillna({"kabupaten": "", "kecamatan": ""})
    sizes = places.groupby(list(places.columns)).size().rename("n").reset_index()
    main = sizes.sort_values(["n", "kabupaten", "kecamatan"], ascending=[False, True, True], kind="stable")
    home = main.drop_duplicates("pendamping_id").set_index("pendamping_id")[["kabupaten", "kecamatan"]]
    told = lists.shortfalls.set_index("pendamping_id")[["kuota", "sebab"]]
    return _count(lists.frame, [lists.frame["pendamping_id"]]).join(home).join(told)


def per_kecamatan(lists: PriorityLists) -> pd.DataFrame:
    """Counts by ``kabupaten`` and ``kecamatan`` (index); families without a place are under empty codes."""
    return _count(lists.frame, [lists.frame[name].fillna("") for name in ("kabupaten", "kecamatan")])


def exclusions(lists: PriorityLists) -> pd.Series:
    """Families by ``kabupaten`` and reason of exclusion (``sebab``); a family may have several."""
    said = lists.frame.loc[lists.frame["dikecualikan_karena"] != "", ["kabupaten", "dikecualikan_karena"]]
    each = said.assign(sebab=said["dikecualikan_karena"].str.split("|"), kabupaten=said["kabupaten"].fillna(""))
    return each.explode("sebab").groupby(["kabupaten", "sebab"]).size().rename("keluarga")


def _count(frame: pd.DataFrame, by: list[pd.Series]) -> pd.DataFrame:
    flags = pd.DataFrame(
        {
            "dampingan": 1,
            "terdaftar": frame["urutan"].notna().astype(int),
            **{band: (frame["kategori"] == band).astype(int) for band in BANDS},
            "dikecualikan": (frame["dikecualikan_karena"] != "").astype(int),
            "diproses": frame["proses"].notna().astype(int),
        }
    )
    return flags.groupby(by).sum().sort_index()


def plain(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows, index included, as plain values."""
    return [
        {name: value.item() if isinstance(value, np.generic) else value for name, value in row.items()}
        for row in frame.reset_index().to_dict("records")
    ]
