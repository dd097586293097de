"""Summary: totals for the coordinator, without families and without counts under five."""

from __future__ import annotations

import numpy as np
import pandas as pd

from pkh_graduation.contracts import PriorityLists
from pkh_graduation.outputs import words
from pkh_graduation.programme.vocabulary import BELUM, PERLU_PENDAMPINGAN, SIAP_DIBAHAS

SMALL = 5
"""Counts from 1 to below this are hidden."""

BANDS = [SIAP_DIBAHAS, PERLU_PENDAMPINGAN, BELUM]
COUNTS = ["dampingan", "terdaftar", *BANDS, "dikecualikan", "diproses"]


def per_pendamping(lists: PriorityLists) -> pd.DataFrame:
    """Counts of each pendamping (index), with ``kecamatan`` (where most of her families live), ``kuota`` and ``sebab``."""
    counts = _count(lists.frame, "pendamping_id")
    main = lists.frame.groupby("pendamping_id")["kecamatan"].agg(lambda places: min(places.mode(), default=""))
    told = lists.shortfalls.set_index("pendamping_id")[["kuota", "sebab"]]
    return counts.join(main).join(told)


def per_kecamatan(lists: PriorityLists) -> pd.DataFrame:
    """Counts of each kecamatan (index); families without a place are under an empty code."""
    return _count(lists.frame.assign(kecamatan=lists.frame["kecamatan"].fillna("")), "kecamatan")


def exclusions(lists: PriorityLists) -> pd.Series:
    """Families per reason of exclusion, most frequent first; a family may have several."""
    said = lists.frame["dikecualikan_karena"]
    return said[said != ""].str.split("|").explode().value_counts().rename("keluarga")


def _count(frame: pd.DataFrame, by: str) -> pd.DataFrame:
    flags = pd.DataFrame(
        {
            "dampingan": 1,
            "terdaftar": frame["urutan"].notna().astype(int),
            **{band: (frame["kategori"] == band).astype(int) for band in BANDS},
            "dikecualikan": (frame["dikecualikan_karena"] != "").astype(int),
            "diproses": frame["proses"].notna().astype(int),
        }
    )
    return flags.groupby(frame[by]).sum().sort_index()


def suppress(counts: pd.DataFrame, groups: pd.Series) -> pd.DataFrame:
    """Counts as text: 1 to 4 as ``<5``; a count that would give one of them away by subtraction as ``–``.

    A hidden count is given away when it is the only hidden one among the bands of a row (they add up to the caseload), or
    in a column of a group of rows whose total is shown. In both cases the smallest other count is hidden too.
    """
    values = counts[COUNTS].to_numpy(dtype=int)
    small = (values > 0) & (values < SMALL)
    hidden = small.copy()
    bands = [COUNTS.index(band) for band in BANDS]
    lines = [(np.array([row]), np.array(bands)) for row in range(len(values))]
    for group in pd.unique(groups):
        rows = np.flatnonzero((groups == group).to_numpy())
        lines += [(rows, np.array([column])) for column in range(len(COUNTS))]
    while any(_hide_another(hidden, values, rows, columns) for rows, columns in lines):
        pass
    text = np.where(small, f"<{SMALL}", np.where(hidden, "–", [[words.number(v) for v in row] for row in values]))
    return pd.DataFrame(text.reshape(values.shape), index=counts.index, columns=COUNTS)


def _hide_another(hidden: np.ndarray, values: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> bool:
    """Hide the smallest open count of a line (rows x columns) with exactly one hidden count; whether it did."""
    line = np.ix_(rows, columns)
    if hidden[line].sum() != 1:
        return False
    open_values = np.where(hidden[line] | (values[line] == 0), np.iinfo(int).max, values[line])
    if open_values.min() == np.iinfo(int).max:
        return False
    row, column = np.unravel_index(open_values.argmin(), open_values.shape)
    hidden[rows[row], columns[column]] = True
    return True
