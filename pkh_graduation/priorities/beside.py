"""Beside the list: two lists apart, for families who are no candidates and must not be forgotten.

*Perlindungan berkelanjutan*: protected by what does not pass with time; they stay under protection, never under graduation.
*Persiapan alamiah*: the last component ends within the year, or has ended, and the family is still poor: what continues for it.
Both are rules on the record, no scores; a family that objects to profiling is on neither.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from pkh_graduation.priorities.guardrails import YEAR
from pkh_graduation.priorities.phrases import phrases

PROTECTED, NATURAL = "perlindungan_berkelanjutan", "persiapan_alamiah"
LISTS = (PROTECTED, NATURAL)

LASTING = ("pagar_hanya_lansia_disabilitas", "pagar_lansia_tunggal", "pagar_disabilitas_berat")
"""Hard guards that do not pass with time; pregnancy, a small child or a recent blow protect for as long as they last."""

CONTINUES = (
    "PBI-JKN (desil 1 sampai 4)",
    "Sembako/BPNT (menurut desil)",
    "PIP atau KIP Kuliah bila anak masih bersekolah",
    "desil belum tercatat: minta Dinsos memeriksa DTSEN",
)
"""What may continue, in the programmes' own conditions (programme facts, sections 1 and 5); always to be verified at the Dinsos."""

READ = (*LASTING, "komp_habis_hari", "komp_abadi", "desil", "komp_sd_n", "komp_smp_n", "komp_sma_n")
_OPTIONAL = ("komp_sd_n", "komp_smp_n", "komp_sma_n")


def beside(values: pd.DataFrame, silent: np.ndarray, poorest_deciles: int) -> tuple[pd.Series, pd.Series]:
    """The lists apart on which each family stands, and what continues for it; words joined by ``|``, empty if none.

    ``silent`` (n,): objecting families. ``poorest_deciles``: the highest decile at which the programme aims; a family whose
    decile is not recorded counts as still poor, and the list asks for it.
    """
    read = {
        name: values[name].to_numpy(dtype="float64", na_value=np.nan)
        if name in values.columns
        else np.full(len(values), np.nan)
        for name in READ
    }
    protected = np.any([np.nan_to_num(read[name]) > 0 for name in LASTING], axis=0) & ~silent
    unknown = np.isnan(read["desil"])
    ends = (read["komp_habis_hari"] <= YEAR) & ~(np.nan_to_num(read["komp_abadi"]) > 0)
    natural = ends & (unknown | (read["desil"] <= poorest_deciles)) & ~silent
    schooling = np.sum([np.nan_to_num(read[name]) for name in _OPTIONAL], axis=0) > 0
    said = np.column_stack([natural & ~unknown, natural & ~unknown, natural & schooling, natural & unknown])
    lists = phrases(np.column_stack([protected, natural]), LISTS)
    return lists.set_axis(values.index), phrases(said, CONTINUES).set_axis(values.index)
