"""Rules on typed rows: answers and codes under the row's coding, lists, ranges, required cells, row rules, exact duplicates."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
import pandas as pd

from pkh_graduation.records.rules import CATAT, KOSONGKAN, RULES, row_rules
from pkh_graduation.records.schemas import Column
from pkh_graduation.records.typed import Typed

HARMONISED: Mapping[tuple[str, str], Mapping[int, int]] = MappingProxyType(
    {("jenis_atap", "regsosek"): {5: 6, 6: 5}, ("bahan_bakar", "regsosek"): {12: 0}}
)
"""Column and coding -> its code -> the house's code (DTSEN's)."""

_FAMILY_REFERENCE = ("kpm_id", "anggota_id")


def check(typed: Typed) -> Typed:
    """Judge the typed rows of one table; what breaks a rule is reported in ``typed.findings``.

    Answers become booleans, codes those of the house. A voided row needs no more than its key, its family and its dates.
    """
    frame = typed.frame.copy(deep=False)
    for column in typed.schema.columns:
        if column.name in typed.given:
            frame[column.name] = _judged(typed, column, frame[column.name])
        elif column.kind == "bool":
            frame[column.name] = frame[column.name].astype("boolean")
    if "umur_bulan" in typed.given:
        frame["tanggal_lahir"] = _births(typed, frame)
    judged = typed.with_frame(frame)
    _check_required(judged)
    for rule in row_rules(typed.schema.name):
        if rule.predicate is not None and set(rule.columns) & typed.given:
            mask = rule.predicate(frame)
            if rule.action == CATAT:  # of a row that is set aside nothing more needs noting
                judged.findings.add(rule.name, rule.columns[0], np.flatnonzero(mask & judged.accepted))
            else:
                judged.report(rule.name, rule.columns[0], mask)
    judged.findings.add("ganda_identik", "", _duplicates(judged))
    return judged


def _judged(typed: Typed, column: Column, values: pd.Series) -> pd.Series:
    if column.kind == "bool":
        return _answers(typed, column, values)
    if column.kind == "code":
        return _codes(typed, column, values)
    if column.kind in ("int", "money", "float"):
        return _numbers(typed, column, values)
    return values


def _coding(typed: Typed) -> pd.Series:
    """The row's ``versi_kode``; missing where the table has none."""
    if "versi_kode" in typed.frame:
        return typed.frame["versi_kode"]
    return pd.Series(np.nan, index=typed.frame.index, dtype="str")


def _answers(typed: Typed, column: Column, values: pd.Series) -> pd.Series:
    """Numbers of `answers.read_answers` -> booleans, missing where not known."""
    raw = values.fillna(-1).to_numpy(dtype=np.int64)
    coded = _coding(typed).notna().to_numpy() if column.raw else np.zeros(len(raw), dtype=bool)
    yes = np.isin(raw, (101, 1))
    no = (raw == 100) | ((raw == 0) & ~coded) | ((raw == 2) & coded)
    unknown = np.isin(raw, (-1, *column.unknown))
    strange = ~(yes | no | unknown)
    zero, two = strange & (raw == 0), strange & (raw == 2) & column.raw
    typed.report("aset_nol", column.name, zero)
    typed.report("kode_dua_tanpa_versi", column.name, two)
    typed.report("ya_tidak_tak_terbaca", column.name, strange & ~zero & ~two)
    return pd.Series(pd.arrays.BooleanArray(yes, ~(yes | no)), index=values.index)


def _codes(typed: Typed, column: Column, values: pd.Series) -> pd.Series:
    codes = values.fillna(-1).to_numpy(dtype=np.int64)
    listed = np.array(sorted(column.code_labels), dtype=np.int64)
    for (name, coding), changes in HARMONISED.items():
        if name == column.name:
            codes = _recoded(codes, (_coding(typed) == coding).to_numpy(dtype=bool), changes)
    unknown = np.isin(codes, (-1, *column.unknown))
    strange = ~unknown & ~np.isin(codes, listed)
    typed.report("kode_tak_dikenal", column.name, strange)
    return pd.Series(pd.arrays.IntegerArray(codes, unknown | strange), index=values.index)


def _recoded(codes: np.ndarray, rows: np.ndarray, changes: Mapping[int, int]) -> np.ndarray:
    changed = codes.copy()
    for old, new in changes.items():
        changed[rows & (codes == old)] = new
    return changed


def _numbers(typed: Typed, column: Column, values: pd.Series) -> pd.Series:
    if column.unknown:
        values = values.mask(values.isin(column.unknown))
    low = _truth(values < column.low) if column.low is not None else np.zeros(len(values), dtype=bool)
    high = _truth(values > column.high) if column.high is not None else np.zeros(len(values), dtype=bool)
    zero_rank = _truth(values == 0) if column.name == "desil_nasional" else np.zeros(len(values), dtype=bool)
    money = column.kind == "money"
    typed.report("desil_nol", column.name, zero_rank)
    typed.report("nominal_negatif" if money else "di_luar_rentang", column.name, low & ~zero_rank)
    typed.report("nominal_terlalu_besar" if money else "di_luar_rentang", column.name, high)
    return values


def _births(typed: Typed, frame: pd.DataFrame) -> pd.Series:
    """Birth dates, those missing counted back from the age in months (calendar months, the day clamped to the month's end)."""
    (age,) = (column for column in typed.schema.columns if column.name == "umur_bulan")
    # An age out of range is set aside by its own rule; a date counted from it may be one that no calendar has.
    known = _truth(frame["umur_bulan"].between(age.low, age.high))
    wanted = (frame["tanggal_lahir"].isna() & frame["tanggal_pemutakhiran"].notna()).to_numpy(dtype=bool)
    rows = np.flatnonzero(wanted & known)
    when = frame["tanggal_pemutakhiran"].iloc[rows].to_numpy(dtype=np.int64).astype("datetime64[D]")
    month = when.astype("datetime64[M]")
    born = month - frame["umur_bulan"].iloc[rows].to_numpy(dtype=np.int64)
    last = (born + 1).astype("datetime64[D]") - 1
    births = frame["tanggal_lahir"].copy()
    births.iloc[rows] = np.minimum(born.astype("datetime64[D]") + (when - month), last).astype(np.int64)
    typed.findings.add("lahir_dari_umur", "umur_bulan", rows)
    return births


def _truth(condition: pd.Series) -> np.ndarray:
    return condition.fillna(False).to_numpy(dtype=bool)


def _check_required(typed: Typed) -> None:
    """Required cells. References to a family or a person are resolved, and judged, elsewhere."""
    unreadable = _unreadable(typed)
    void = typed.frame["batal"].fillna(False).to_numpy(dtype=bool)
    needed_by_void = {*typed.schema.key, typed.schema.entity, typed.schema.event}
    for column in typed.schema.columns:
        if not column.required or column.name in _FAMILY_REFERENCE:
            continue
        empty = typed.frame[column.name].isna().to_numpy() & ~unreadable.get(
            column.name, np.zeros(len(void), dtype=bool)
        )
        if column.name not in needed_by_void:
            empty &= ~void
        typed.findings.add("wajib_kosong", column.name, np.flatnonzero(empty))


def _unreadable(typed: Typed) -> dict[str, np.ndarray]:
    """Per column, the rows whose cell already has a reason of its own."""
    masks: dict[str, np.ndarray] = {}
    for hit in typed.findings.hits:
        if hit.column and hit.column in typed.frame:
            mask = masks.setdefault(hit.column, np.zeros(len(typed.frame), dtype=bool))
            mask[hit.positions[hit.positions < len(mask)]] = True
    return masks


def _duplicates(typed: Typed) -> np.ndarray:
    """Positions of accepted rows that equal an earlier accepted row in every declared column."""
    kept = np.flatnonzero(typed.accepted)
    digest = np.zeros(len(kept), dtype=np.uint64)
    for column in typed.schema.columns:
        if column.name in typed.given:
            digest = _mixed(digest, _numbered(typed.frame[column.name])[kept])
    digest = _mixed(digest, _emptied(typed)[kept])
    return kept[pd.Series(digest).duplicated().to_numpy()]


def _emptied(typed: Typed) -> np.ndarray:
    """A number per row for what stood in its emptied cells: two damaged numbers are missing both, but not the same."""
    total = np.zeros(len(typed.frame), dtype=np.uint64)
    for hit in typed.findings.hits:
        if RULES[hit.rule].action == KOSONGKAN:
            texts = pd.util.hash_array(np.array([text or "" for text in hit.originals], dtype=object))
            total[hit.positions] = _mixed(total[hit.positions], texts)
    return total


def _numbered(values: pd.Series) -> np.ndarray:
    """A column as 64-bit numbers, equal where the values are equal."""
    if isinstance(values.dtype, pd.CategoricalDtype):
        return values.cat.codes.to_numpy().astype(np.int64).view(np.uint64)
    if values.dtype == "Float64":
        return values.to_numpy(dtype=np.float64, na_value=np.nan).view(np.uint64)
    return values.astype("Int64").to_numpy(dtype=np.int64, na_value=np.iinfo(np.int64).min).view(np.uint64)


def _mixed(digest: np.ndarray, values: np.ndarray) -> np.ndarray:
    """One round of the splitmix64 finaliser over the running digest and the next column."""
    mixed = (digest * np.uint64(0x9E3779B97F4A7C15)) ^ (values + np.uint64(0x632BE59BD9B4E019))
    mixed ^= mixed >> np.uint64(30)
    mixed *= np.uint64(0xBF58476D1CE4E5B9)
    mixed ^= mixed >> np.uint64(27)
    mixed *= np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))
