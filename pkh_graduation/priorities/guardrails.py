"""Guardrails: rules that no score outweighs. HARD keeps a family off the list, SOFT adds a warning and what to check.

A hard guard whose value is missing is *not cleared*: missing is not ready. The family is not proposed, goes to
``belum_data_kurang`` and the list says which record has to be completed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pkh_graduation.contracts import check_columns

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
        lambda f: (f["komp_habis_hari"] <= YEAR) & ~(f["komp_abadi"] > 0),
        "komponen terakhir habis dalam 12 bulan: dapat keluar alamiah",
        "usia dan kelas anak terakhir",
    ),
)
"""Listed with a warning and a check."""

_POOR = ("data_umur_hari",)
_STALE = "data keluarga lebih dari dua tahun atau tanpa tanggal"
_SPARSE = "banyak data keluarga belum terisi"
_UNKNOWN = "data pengaman belum lengkap"
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


def guard(values: pd.DataFrame, model_columns: list[str]) -> Guarded:
    """Run all guardrails over the facts' values; ``model_columns`` are those in which missing values are counted.

    Raises:
        ContractError: the facts lack a column that a guard reads.
    """
    read = [*dict.fromkeys([*HARD, *_POOR, *(name for item in SOFT for name in item.columns)])]
    check_columns(values, read, "facts")
    # As float64 a missing value compares false: a soft guard speaks only of what is known.
    numbers = values[read].astype("Float64").astype("float64").reset_index(drop=True)
    guards = numbers[list(HARD)]
    fired, unknown = guards.fillna(0) != 0, guards.isna().any(axis=1)
    stale = ~(numbers["data_umur_hari"] <= STALE)
    sparse = _sparse(values, model_columns)
    objects = fired[OBJECTION]
    excluded = {words: fired[name] & (~objects | (name == OBJECTION)) for name, words in HARD.items()}
    poor = {_STALE: stale, _SPARSE: sparse, _UNKNOWN: unknown}
    soft = [(item, item.fires(numbers)) for item in SOFT]
    warnings = {**poor, **{item.warning: fires for item, fires in soft}}
    checks = {_RENEW: stale | sparse | unknown, **{item.check: fires for item, fires in soft}}
    told = [_join(flags, ~objects) for flags in (warnings, checks)]
    series = [
        pd.Series(column.to_numpy(), index=values.index)
        for column in (_join(excluded), *told, fired.any(axis=1), objects, unknown, stale | sparse)
    ]
    return Guarded(*series)


def _sparse(values: pd.DataFrame, columns: list[str]) -> pd.Series:
    known = values[[name for name in columns if name in values.columns]].notna()
    known = known.loc[:, known.any()]
    if known.shape[1] == 0:
        return pd.Series(True, index=range(len(values)))
    return (1 - known.mean(axis=1) > SPARSE).reset_index(drop=True)


def _join(flags: dict[str, pd.Series], where: pd.Series | None = None) -> pd.Series:
    """Words of the flags that are up, joined by ``|``, in the order of the flags; nothing outside ``where``."""
    matrix = np.column_stack([flag.to_numpy(dtype=bool) for flag in flags.values()])
    if where is not None:
        matrix &= where.to_numpy(dtype=bool)[:, None]
    words = np.array(list(flags), dtype=object)
    return pd.Series(["|".join(words[row]) for row in matrix], dtype="str")
