"""Values too uniform or too large to be true: defaults that an app filled in, sheets nobody marked, payments above the cap.

Every judgement uses constants and the row's own sheet or file only, never a rate over all records: what becomes known later may
not change what an earlier row says.
"""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from pkh_graduation.records.schemas import ASET
from pkh_graduation.records.typed import Typed

FULL_SHEET = 15
"""People from which a sheet without a single absence is taken for unmarked: at 80 % attendance (assumed) it has 3.5 % chance."""

FULL_FILE = 20
"""Rows from which a file with one RT and one RW throughout is taken for defaults."""

RARE_ASSETS = ("ac", "pemanas_air", "telepon_rumah", "komputer", "mobil", "perahu_motor")
"""Assets of which a family on the programme may own one or two; all but one of them together mean an inverted answer."""

_BANK = re.compile(r"\b(?:bank|kcp|kc|cabang|unit|bri|bni|btn|bsi|mandiri)\b", re.IGNORECASE)
_DEFAULT_RT = {"001", "01", "1"}
_DEFAULT_RW = {"001", "01", "1", "002", "02", "2"}


def unmarked_sheets(typed: Typed, session: np.ndarray, known: pd.Series) -> Typed:
    """Attendance sheets (one session as known on one day) where nobody is missing, and understanding that never varies."""
    frame = typed.frame.copy(deep=False)
    sheet = pd.Series(session).groupby([session, known.fillna(-1).to_numpy()]).ngroup().to_numpy()
    kept = typed.accepted
    for column, rule, default, value in (
        ("hadir", "hadir_seragam", "hadir", "tidak_tercatat"),
        ("pemahaman", "pemahaman_seragam", "baik", None),
    ):
        suspect = kept & _uniform(sheet, kept, (frame[column] == default).to_numpy(dtype=bool))
        if suspect.any():
            typed.findings.add(rule, column, np.flatnonzero(suspect))
            frame[column] = frame[column].astype("str").mask(suspect, value if value else np.nan).astype("category")
    return typed.with_frame(frame)


def _uniform(sheet: np.ndarray, kept: np.ndarray, default: np.ndarray) -> np.ndarray:
    """Mask of rows on sheets of at least `FULL_SHEET` kept rows that all hold the default."""
    size = np.bincount(sheet[kept], minlength=sheet.max(initial=-1) + 1)
    same = np.bincount(sheet[kept & default], minlength=len(size))
    return ((size >= FULL_SHEET) & (same == size))[sheet]


def inverted_assets(typed: Typed) -> Typed:
    """Families that seem to own every asset a poor family hardly ever owns: 1 and 2 were swapped, so no asset is known."""
    frame = typed.frame.copy(deep=False)
    claimed = sum(frame[f"aset_{name}"].fillna(False).to_numpy(dtype=np.int64) for name in RARE_ASSETS)
    rows = typed.accepted & (claimed >= len(RARE_ASSETS) - 1)
    if rows.any():
        typed.findings.add("aset_terbalik", "aset_mobil", np.flatnonzero(rows))
        for name in (f"aset_{name}" for name in ASET):
            frame[name] = frame[name].mask(rows)
    return typed.with_frame(frame)


def vault_defaults(typed: Typed) -> Typed:
    """Names that are a bank's, and RT and RW that a whole file shares."""
    frame = typed.frame.copy(deep=False)
    names = frame["nama_pengurus"]
    banks = [category for category in names.cat.categories if _BANK.search(category)]
    bank = names.isin(banks).to_numpy()
    typed.report("nama_bank", "nama_pengurus", bank & typed.accepted)
    frame["nama_pengurus"] = names.cat.remove_categories(banks)
    files = typed.findings.files[: len(frame)]
    for number in np.unique(files):
        rows = files == number
        rt, rw = frame.loc[rows, "rt"], frame.loc[rows, "rw"]
        if rows.sum() >= FULL_FILE and rt.isin(_DEFAULT_RT).all() and rw.isin(_DEFAULT_RW).all() and _single(rt, rw):
            typed.findings.add("rt_rw_seragam", "rt", np.flatnonzero(rows & typed.accepted))
            frame["rt"], frame["rw"] = frame["rt"].mask(rows), frame["rw"].mask(rows)
    return typed.with_frame(frame)


def _single(*columns: pd.Series) -> bool:
    return all(column.nunique(dropna=False) == 1 for column in columns)


def above_cap(typed: Typed, index: Typed | None) -> None:
    """Report PKH payments above a quarter of four of the dearest yearly amounts of the index; they are kept.

    The index valid on the payment's date is not needed for a bound that no payment may pass: the dearest ever is taken.
    """
    if index is None or not index.accepted.any():
        return
    dearest = index.frame.loc[index.accepted, "rp_per_tahun"].max()
    if pd.isna(dearest):
        return
    over = (typed.frame["nominal"] > int(dearest)).fillna(False).to_numpy(dtype=bool)
    pkh = (typed.frame["bansos"] != "BPNT").to_numpy(dtype=bool)
    typed.report("nominal_di_atas_batas", "nominal", over & pkh & typed.accepted)
