"""Guardrails: rules that no score outweighs. HARD keeps a family off the list, SOFT adds a warning and what to check.

A hard guard whose value is missing is *not cleared*: missing is not ready. The family is not proposed, goes to
``belum_data_kurang`` and the list says which record has to be completed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pkh_graduation.contracts import check_columns
from pkh_graduation.priorities.phrases import phrases
from pkh_graduation.programme.vocabulary import DATA_DOUBTS

OBJECTION = "pagar_keberatan"

HARD = {
    "pagar_hanya_lansia_disabilitas": "hanya komponen lansia/disabilitas (perlindungan berkelanjutan)",
    "pagar_lansia_tunggal": "lansia tinggal sendiri",
    "pagar_disabilitas_berat": "ada anggota dengan disabilitas berat",
    "pagar_hamil": "ada ibu hamil atau nifas",
    "pagar_anak_bawah_dua": "ada anak di bawah dua tahun",
    "pagar_kematian_bencana_6": "kematian atau bencana dalam 6 bulan terakhir",
    OBJECTION: "keluarga keberatan atas pemrofilan otomatis",
}
"""Guard column of the facts (0/1) -> reason of exclusion, in the field's words (methods, section 10)."""

YEAR = 365
"""Days after which evidence of income is old, and within which the end of the last component is announced."""

STALE = 730
"""Days after which the newest record of the family itself is too old to judge by."""

SPARSE = 0.6
"""Share of missing values, among those that the cohort has at all, from which a family's data are too poor."""


@dataclass(frozen=True)
class Soft:
    """One soft guard: the facts it reads, when it fires, what it warns of, and what to check at the visit."""

    columns: tuple[str, ...]
    fires: Callable[[pd.DataFrame], pd.Series]
    warning: str
    check: str


SOFT = (
    Soft(
        ("desil",),
        lambda f: f["desil"] == 1,
        "desil 1 (kelompok paling miskin)",
        "keadaan rumah dan penghasilan sekarang",
    ),
    Soft(
        ("tunggakan_n",),
        lambda f: f["tunggakan_n"] > 0,
        "ada pinjaman yang menunggak",
        "sisa utang dan kemampuan membayar angsuran",
    ),
    Soft(
        ("utang_rentenir",),
        lambda f: f["utang_rentenir"] > 0,
        "ada utang ke rentenir",
        "besar utang ke rentenir dan jalan lain lewat koperasi",
    ),
    Soft(
        ("guncangan_n_12", "pagar_kematian_bencana_6"),
        lambda f: (f["guncangan_n_12"] > 0) & ~(f["pagar_kematian_bencana_6"] > 0),
        "ada guncangan dalam 12 bulan terakhir",
        "apakah keluarga sudah pulih dari guncangan",
    ),
    Soft(
        ("penghasilan_umur_hari",),
        lambda f: f["penghasilan_umur_hari"] > YEAR,
        "data penghasilan lebih dari 12 bulan",
        "penghasilan sekarang, lalu mutakhirkan datanya",
    ),
    Soft(
        ("penghasilan_umur_hari",),
        lambda f: f["penghasilan_umur_hari"].isna(),
        "belum ada data penghasilan",
        "penghasilan sekarang, lalu catat",
    ),
    Soft(
        ("komp_habis_hari", "komp_abadi"),
        lambda f: (f["komp_habis_hari"] > 0) & (f["komp_habis_hari"] <= YEAR) & ~(f["komp_abadi"] > 0),
        "komponen terakhir habis dalam 12 bulan: dapat keluar alamiah",
        "usia dan kelas anak terakhir",
    ),
    Soft(
        ("komp_habis_hari", "komp_abadi"),
        lambda f: (f["komp_habis_hari"] <= 0) & ~(f["komp_abadi"] > 0),
        "komponen terakhir sudah berakhir menurut catatan: dapat keluar alamiah",
        "apakah masih ada komponen, lalu mutakhirkan datanya",
    ),
)
"""Listed with a warning and a check."""

READ = tuple(dict.fromkeys([*HARD, "data_umur_hari", *(name for item in SOFT for name in item.columns)]))
"""Facts that the guards read, of every family."""

_RENEW = "mutakhirkan data keluarga dan anggotanya"


@dataclass(frozen=True)
class Guarded:
    """What the guardrails say, one value per family in the order of the facts.

    ``excluded``, ``warnings``, ``checks``: words joined by ``|``, empty if none. ``hard``, ``objects``, ``uncleared``
    (some hard guard unknown) and ``poor`` (stale or sparse data) are booleans.
    """

    excluded: pd.Series
    warnings: pd.Series
    checks: pd.Series
    hard: pd.Series
    objects: pd.Series
    uncleared: pd.Series
    poor: pd.Series

    @property
    def cleared(self) -> pd.Series:
        """Every hard guard known and silent, and data good enough to judge by."""
        return ~(self.hard | self.uncleared | self.poor)


def guard(values: pd.DataFrame, columns: Sequence[str], known: np.ndarray | None = None) -> Guarded:
    """Run all guardrails over the facts' values; missing values are counted in ``columns``: those the cohort has at all.

    ``known``: how many of them each family has (n,), where that is known; then the facts need not hold them.

    Raises:
        ContractError: the facts lack a column that a guard reads.
    """
    check_columns(values, [*dict.fromkeys([*READ, *(columns if known is None else ())])], "facts")
    # As float64 a missing value compares false: a soft guard speaks only of what is known.
    numbers = pd.DataFrame({name: values[name].to_numpy(dtype="float64", na_value=np.nan) for name in READ})
    guards = numbers[list(HARD)].to_numpy()
    unknown = np.isnan(guards).any(axis=1)
    fired = np.nan_to_num(guards) != 0
    stale = ~(numbers["data_umur_hari"].to_numpy() <= STALE)
    sparse = _missing_share(_known(values, columns) if known is None else known, len(columns)) > SPARSE
    at = list(HARD).index(OBJECTION)
    objects = fired[:, at]
    # Of an objecting family nothing else is said.
    silent = fired & objects[:, None] & (np.arange(len(HARD)) != at)
    soft = np.column_stack([item.fires(numbers).to_numpy(dtype=bool) for item in SOFT])
    speaks = ~objects[:, None]
    poor = np.column_stack([stale, sparse, unknown])
    renew = poor.any(axis=1, keepdims=True)
    series = (
        phrases(fired & ~silent, list(HARD.values())),
        phrases(np.hstack([poor, soft]) & speaks, [*DATA_DOUBTS, *(item.warning for item in SOFT)]),
        phrases(np.hstack([renew, soft]) & speaks, [_RENEW, *(item.check for item in SOFT)]),
        *(pd.Series(flag) for flag in (fired.any(axis=1), objects, unknown, stale | sparse)),
    )
    return Guarded(*(column.set_axis(values.index) for column in series))


def _known(values: pd.DataFrame, columns: Sequence[str]) -> np.ndarray:
    """How many of ``columns`` each family has."""
    found = np.zeros(len(values), dtype=np.int64)
    for name in columns:
        found += values[name].notna().to_numpy()
    return found


def _missing_share(known: np.ndarray, columns: int) -> np.ndarray:
    """Share of so many columns that is missing, per family; all of it when there are none."""
    return (columns - known) / columns if columns else np.ones(len(known))
