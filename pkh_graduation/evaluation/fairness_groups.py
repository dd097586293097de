"""Groups of the fairness audit: who a family is to the programme, read from facts and snapshots as of the date.

An *axis* is one question with one answer for each family ("who heads it?"); a *group* is one answer. A family whose answer is
not recorded is in the group `UNRECORDED`: it is counted and shown, never dropped. ``named`` says whether the programme facts
(section 7) name the axis; the others are asked for by the methods, and the bounds that we chose are marked as assumed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pkh_graduation.contracts import INDEX, ContractError, Facts, Snapshots

UNRECORDED = "tidak tercatat"
OTHERS = "kelompok kecil digabung"
LARGE_FAMILY = 7
"""Members from which a family is called large: assumed; a poor household has 4.7 on average."""
SPARSE_QUARTER = 0.75
"""Caseloads above this quantile of missing values are called sparse: assumed."""
SMALL_GROUP = 30
"""Families below which a group says nothing by itself: assumed, the usual floor for a share with an interval."""

NOT_RECORDED = {"adat": "keluarga di wilayah adat (PKH Akses) tidak ada dalam catatan, jadi tidak dapat diaudit"}
"""Axes that the programme facts name and the records do not hold."""

Answer = Callable[[pd.DataFrame, pd.DataFrame], pd.Series]
"""Facts' values and snapshots' frame, row by row alike, to one word per family, missing where nothing is recorded."""


@dataclass(frozen=True)
class Axis:
    """One question of the audit: its name, the words for people, what it reads, and whether the programme names it."""

    name: str
    words: str
    reads: tuple[str, ...]
    answer: Answer
    named: bool


def _flag(column: str, yes: str, no: str) -> Answer:
    def answer(values: pd.DataFrame, places: pd.DataFrame) -> pd.Series:
        del places
        known = _number(values, column)
        return _words(np.where(known > 0, yes, no), np.isnan(known))

    return answer


def _protected(values: pd.DataFrame, places: pd.DataFrame) -> pd.Series:
    del places
    old, disabled = _number(values, "komp_lansia_n"), _number(values, "komp_disabilitas_n")
    word = np.select([disabled > 0, old > 0], ["ada disabilitas", "ada lansia"], "tanpa keduanya")
    return _words(word, np.isnan(old) | np.isnan(disabled))


def _size(values: pd.DataFrame, places: pd.DataFrame) -> pd.Series:
    del places
    n = _number(values, "anggota_n")
    return _words(np.where(n >= LARGE_FAMILY, f"{LARGE_FAMILY} orang atau lebih", "lebih kecil"), np.isnan(n))


def _desil(values: pd.DataFrame, places: pd.DataFrame) -> pd.Series:
    del places
    desil = _number(values, "desil")
    word = np.where(desil >= 5, "desil 5 ke atas", np.char.add("desil ", np.nan_to_num(desil).astype(int).astype(str)))
    return _words(word, np.isnan(desil))


def _kabupaten(values: pd.DataFrame, places: pd.DataFrame) -> pd.Series:
    del values
    return places["kabupaten"].astype("str")


def _provinsi(values: pd.DataFrame, places: pd.DataFrame) -> pd.Series:
    del values
    return places["kabupaten"].astype("str").str[:2]


def _sparse(values: pd.DataFrame, places: pd.DataFrame) -> pd.Series:
    """Pendamping whose families lack more values than three quarters of pendamping."""
    numbers = values.select_dtypes("number")
    missing = numbers.loc[:, numbers.notna().any()].isna().mean(axis=1)
    who = places["pendamping_id"]
    caseload = missing.groupby(who.to_numpy()).mean()
    limit = caseload.quantile(SPARSE_QUARTER) if len(caseload) else np.nan
    share = who.map(caseload).to_numpy(dtype=float)
    return _words(np.where(share > limit, "data jarang terisi", "data lebih lengkap"), np.isnan(share))


AXES = (
    Axis("kepala", "kepala keluarga", ("kepala_perempuan",), _flag("kepala_perempuan", "perempuan", "laki-laki"), True),
    Axis("komponen", "lansia atau disabilitas", ("komp_lansia_n", "komp_disabilitas_n"), _protected, True),
    Axis("lansia_tunggal", "lansia tinggal sendiri", ("pagar_lansia_tunggal",),
         _flag("pagar_lansia_tunggal", "lansia tunggal", "bukan"), True),
    Axis("wilayah_sulit", "wilayah sulit (3T)", ("wilayah_sulit",), _flag("wilayah_sulit", "sulit", "biasa"), True),
    Axis("perkotaan", "kota atau desa", ("perkotaan",), _flag("perkotaan", "perkotaan", "perdesaan"), True),
    Axis("provinsi", "provinsi", (), _provinsi, True),
    Axis("keluarga_besar", "besar keluarga", ("anggota_n",), _size, True),
    Axis("data_pendamping", "kelengkapan data pendamping", (), _sparse, True),
    Axis("kabupaten", "kabupaten", (), _kabupaten, False),
    Axis("desil", "desil kesejahteraan", ("desil",), _desil, False),
)  # fmt: skip
"""All axes, those that the programme facts name first."""


def fairness_groups(facts: Facts, history: Snapshots, *, axes: Sequence[Axis] = AXES) -> pd.DataFrame:
    """The group of every family of ``history`` on every axis: one column of words per axis, indexed as ``history.frame``.

    An axis whose facts are not there at all is left out, and so is one on which everybody is alike: nothing can be compared.

    Raises:
        ContractError: ``facts`` lack families of ``history``.
    """
    rows = facts.values.index.get_indexer(history.frame.index)
    lost = int((rows < 0).sum())
    if lost:
        raise ContractError(
            f"facts lack {lost} of the {len(rows)} families of history: build both of the same families."
        )
    values = facts.values.take(rows)
    found = {
        axis.name: axis.answer(values, history.frame).set_axis(history.frame.index).fillna(UNRECORDED)
        for axis in axes
        if not missing_facts(axis, values)
    }
    told = {name: words for name, words in found.items() if words[words != UNRECORDED].nunique() > 1}
    return pd.DataFrame(told, index=history.frame.index)


def missing_facts(axis: Axis, values: pd.DataFrame) -> list[str]:
    """What an axis reads and the facts do not hold."""
    return [name for name in axis.reads if name not in values.columns]


def pool_small(groups: pd.Series, *, least: int = SMALL_GROUP) -> pd.Series:
    """The same series with groups of fewer than ``least`` families joined into `OTHERS`, where there are two of them or more.

    A single small group stays as it is: joined with nothing it would only lose its name. Nobody is dropped.

    >>> pool_small(pd.Series(["a"] * 3 + ["b"] + ["c"]), least=2).tolist()
    ['a', 'a', 'a', 'kelompok kecil digabung', 'kelompok kecil digabung']
    """
    sizes = groups.value_counts()
    small = [name for name, size in sizes.items() if size < least and name != UNRECORDED]
    return groups if len(small) < 2 else groups.mask(groups.isin(small), OTHERS)


def words_of(axis: str) -> str:
    """The axis in words for people; its own name where it is none of ours."""
    return next((one.words for one in AXES if one.name == axis), axis)


def align(groups: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """Groups in the order of ``rows``, which carry `INDEX` as columns; missing answers become `UNRECORDED`.

    Raises:
        ContractError: rows without a group.
    """
    place = groups.index.get_indexer(pd.MultiIndex.from_frame(rows[list(INDEX)]))
    lost = int((place < 0).sum())
    if lost:
        raise ContractError(
            f"groups lack {lost} of the {len(rows)} judged rows: make groups of the same families and dates."
        )
    return groups.take(place).fillna(UNRECORDED).reset_index(drop=True)


def _number(values: pd.DataFrame, column: str) -> np.ndarray:
    return np.asarray(values[column].to_numpy(dtype="float64", na_value=np.nan))


def _words(word: np.ndarray, missing: np.ndarray) -> pd.Series:
    return pd.Series(word, dtype="str").mask(missing)
