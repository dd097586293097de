import copy
import re
import tomllib
from importlib.resources import files

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pkh_graduation.features import dictionary
from pkh_graduation.programme.levers import (
    CONFIDENCE,
    HAK,
    TINDAKAN,
    Condition,
    LeverError,
    cautions,
    levers,
    read_catalogue,
)
from pkh_graduation.records.schemas import TABLES

DICTIONARY = dictionary()
RAW = tomllib.loads(files("pkh_graduation.programme").joinpath("levers.toml").read_text(encoding="utf-8"))
BY_CODE = {lever.kode: lever for lever in levers()}


def test_every_row_is_dated_sourced_and_graded():
    for lever in levers():
        assert lever.keyakinan in CONFIDENCE
        assert lever.sumber
        assert lever.lembaga
        assert re.fullmatch(r"20\d\d-[01]\d", lever.diperiksa)
        assert set(lever.nama) == set(lever.cek) == {"id", "en"}
        assert bool(lever.serupa) == (lever.jenis == TINDAKAN)


def test_conditions_and_changes_are_of_features_that_exist():
    read = {name for lever in levers() for name in lever.facts}
    read |= {condition.fakta for caution in cautions() for condition in caution.syarat}
    changed = {change.fitur for lever in levers() for change in (*lever.ubah, *lever.ikut)}
    assert read | changed <= set(DICTIONARY.index)


def test_what_nobody_chooses_is_never_changed():
    """A step changes only what the dictionary calls a lever; what follows from it stays within money, work and sessions."""
    steps = {change.fitur for lever in levers() for change in lever.ubah}
    assert DICTIONARY.loc[sorted(steps), "lever"].all()
    follows = {change.fitur for lever in levers() for change in lever.ikut}
    assert set(DICTIONARY.loc[sorted(follows | steps), "theme"]) <= {"usaha", "keuangan", "p2k2", "program"}


def test_programmes_are_those_of_the_records():
    column = next(column for column in TABLES["program_komplementer"].columns if column.name == "program")
    assert {program for lever in levers() for program in lever.program} <= set(column.values)


@pytest.mark.parametrize("debt", ["utang_rentenir", "tunggakan_n", "pinjaman_berjalan_n"])
def test_no_loan_fits_beside_a_debt_or_where_debts_are_unknown(debt):
    for lever in (lever for lever in levers() if lever.pinjaman):
        met = {condition.fakta: _meeting(condition) for condition in lever.syarat}
        assert lever.fits(met.__getitem__)
        assert not lever.fits((met | {debt: 1.0}).__getitem__)
        assert not lever.fits((met | {debt: float("nan")}).__getitem__)


def _meeting(condition: Condition) -> float:
    return {"<": condition.nilai - 1, ">": condition.nilai + 1}.get(condition.banding, condition.nilai)


@given(value=st.floats(-10, 10), bound=st.integers(-5, 5))
def test_a_condition_is_its_comparison_for_numbers_and_arrays(value, bound):
    for sign, expected in (
        ("<", value < bound),
        ("<=", value <= bound),
        ("==", value == bound),
        (">=", value >= bound),
    ):
        condition = Condition("x", sign, float(bound))
        assert condition.holds(value) == expected
        assert condition.holds(np.array([value, np.nan])).tolist() == [expected, False]


def test_one_of_several_conditions_is_enough_and_unknown_ones_do_not_matter():
    rst = BY_CODE["rst"]
    facts = {"program_rumah": 0.0, "masalah_rtlh": float("nan"), "luas_per_orang": 5.0}
    assert rst.fits(facts.__getitem__)
    assert not rst.fits((facts | {"luas_per_orang": 7.2}).__getitem__)
    assert not rst.fits((facts | {"program_rumah": 1.0}).__getitem__)


def test_rows_hold_between_their_days():
    pena = BY_CODE["pena_ppse"]
    assert [pena.valid_on(day) for day in ("2022-12-31", "2023-01-01", "2030-12-31")] == [False, True, True]
    assert {lever.kode for lever in levers()} - {lever.kode for lever in levers(on="2022-T4")} == {
        "pena_ppse", "sekolah_rakyat",
    }  # fmt: skip


def test_families_in_pkh_are_not_sent_to_what_excludes_them():
    assert not any("BLT" in lever.nama["id"] for lever in levers())
    assert not any(code in lever.program for lever in levers() for code in ("blt_dd",))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"warna": "biru"}, "unknown keys"),
        ({"jenis": "saran"}, "tindakan or hak"),
        ({"keyakinan": "yakin"}, "confidence"),
        ({"ubah": []}, "says what it changes"),
        ({"jenis": HAK}, "changes nothing"),
        ({"syarat": [["desil", "!=", 1]]}, "no comparison"),
        ({"ubah": [["usaha_nib", "kali", 1]]}, "no change"),
    ],
)
def test_a_broken_row_is_refused(change, message):
    raw = copy.deepcopy(RAW)
    raw["tuas"]["nib"] |= change
    with pytest.raises(LeverError, match=message):
        read_catalogue(raw)
