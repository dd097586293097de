"""Referrals: programmes whose published conditions a family's records seem to meet, to be verified at the Dinsos.

A referral follows from a condition of entry, never from a score or an attribution, and promises no effect. None fitting is
an answer. Conditions: programme facts, section 5 (sources conflict on amounts and ages, so none is told).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pkh_graduation.priorities.phrases import phrases

MOST = 3
"""Referrals shown per family, in the order of the catalogue."""

HALF_A_YEAR = 0.5
"""Years that an enterprise must have run for a bank's micro credit."""


@dataclass(frozen=True)
class Referral:
    """One programme: the facts its condition reads, the condition, and what the list says."""

    columns: tuple[str, ...]
    fits: Callable[[pd.DataFrame], pd.Series]
    words: str


REFERRALS = (
    Referral(
        ("utang_rentenir",),
        lambda f: f["utang_rentenir"] > 0,
        "koperasi simpan pinjam, jalan lain selain rentenir",
    ),
    Referral(
        ("p2k2_ekonomi_lengkap",),
        lambda f: f["p2k2_ekonomi_lengkap"] == 0,
        "P2K2 modul ekonomi yang belum diikuti",
    ),
    Referral(
        ("usaha_aktif_n", "usaha_nib"),
        lambda f: (f["usaha_aktif_n"] > 0) & (f["usaha_nib"] == 0),
        "NIB lewat OSS (Diskoperindag)",
    ),
    Referral(
        ("usaha_aktif_n", "usaha_nib", "usaha_lama_tahun", "tunggakan_n"),
        lambda f: (f["usaha_nib"] > 0) & (f["usaha_lama_tahun"] >= HALF_A_YEAR) & (f["tunggakan_n"] == 0),
        "KUR super mikro atau mikro (bank Himbara)",
    ),
    Referral(
        ("usaha_aktif_n", "usia_pena_n"),
        lambda f: (f["usaha_aktif_n"] > 0) & (f["usia_pena_n"] > 0),
        "PENA atau PPSE (Kemensos)",
    ),
    Referral(
        ("usaha_aktif_n", "usia_kerja_n"),
        lambda f: (f["usaha_aktif_n"] == 0) & (f["usia_kerja_n"] > 0),
        "UEP atau KUBE untuk merintis usaha (Dinsos)",
    ),
    Referral(("masalah_rtlh",), lambda f: f["masalah_rtlh"] > 0, "RST untuk rumah tidak layak huni (Kemensos)"),
)


READ = tuple(dict.fromkeys(name for item in REFERRALS for name in item.columns))
"""Facts that the conditions read, of every family."""


def refer(values: pd.DataFrame, silent: pd.Series) -> pd.Series:
    """Referrals of each family, words joined by ``|``, at most `MOST`; none where ``silent`` (the family objects).

    A referral whose facts are not there, or unknown for a family, does not apply to it.
    """
    nothing = np.full(len(values), np.nan)
    numbers = pd.DataFrame(
        {
            name: values[name].to_numpy(dtype="float64", na_value=np.nan) if name in values.columns else nothing
            for name in READ
        }
    )
    fits = [
        item.fits(numbers).to_numpy(dtype=bool) & numbers[list(item.columns)].notna().all(axis=1).to_numpy()
        for item in REFERRALS
    ]
    speaks = ~silent.to_numpy(dtype=bool)
    said = phrases(np.column_stack(fits) & speaks[:, None], [item.words for item in REFERRALS], most=MOST)
    return said.set_axis(values.index)
