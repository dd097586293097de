import numpy as np
import pytest
from handmade_cases import CATALOGUE, Case

from pkh_graduation.contracts import ContractError
from pkh_graduation.priorities import HARD, SOFT, Quota, guard, prioritise

MODEL = list(CATALOGUE.index[CATALOGUE["model"]])


@pytest.mark.parametrize("name", HARD)
def test_each_hard_guard_excludes_in_words(name):
    case = Case(5)
    case.values.iloc[2, case.values.columns.get_loc(name)] = 1.0
    guarded = guard(case.values, MODEL)
    assert list(guarded.hard) == [False, False, True, False, False]
    assert list(guarded.excluded) == ["", "", HARD[name], "", ""]
    assert not guarded.cleared.iloc[2]


def test_an_objecting_family_carries_no_other_word():
    case = Case(2)
    case.values.loc[case.index[0], ["pagar_keberatan", "pagar_hamil", "desil", "utang_rentenir"]] = [1.0, 1.0, 1.0, 1.0]
    guarded = guard(case.values, MODEL)
    assert guarded.excluded.iloc[0] == HARD["pagar_keberatan"]
    assert (guarded.warnings.iloc[0], guarded.checks.iloc[0]) == ("", "")
    assert list(guarded.objects) == [True, False]


@pytest.mark.parametrize(
    ("name", "value", "word"),
    [
        ("desil", 1.0, "desil 1"),
        ("tunggakan_n", 2.0, "menunggak"),
        ("utang_rentenir", 1.0, "rentenir"),
        ("guncangan_n_12", 1.0, "guncangan"),
        ("penghasilan_umur_hari", 366.0, "lebih dari 12 bulan"),
        ("penghasilan_umur_hari", np.nan, "belum ada data penghasilan"),
        ("komp_habis_hari", 200.0, "habis dalam 12 bulan: dapat keluar alamiah"),
        ("komp_habis_hari", 0.0, "sudah berakhir menurut catatan: dapat keluar alamiah"),
        ("komp_habis_hari", -3000.0, "sudah berakhir menurut catatan: dapat keluar alamiah"),
    ],
)
def test_each_soft_guard_warns_with_a_check_and_excludes_nobody(name, value, word):
    case = Case(3)
    case.values.iloc[0, case.values.columns.get_loc(name)] = value
    guarded = guard(case.values, MODEL)
    assert word in guarded.warnings.iloc[0]
    assert guarded.checks.iloc[0]
    assert (guarded.warnings.iloc[1], guarded.checks.iloc[1]) == ("", "")
    assert guarded.cleared.all()


def test_every_warning_brings_its_own_check():
    assert len({soft.check for soft in SOFT}) == len(SOFT)
    assert all(soft.warning and soft.check and "|" not in soft.warning + soft.check for soft in SOFT)


def test_a_shock_that_is_a_hard_guard_is_not_told_twice():
    case = Case(1)
    case.values[["guncangan_n_12", "pagar_kematian_bencana_6"]] = 1.0
    assert "guncangan" not in guard(case.values, MODEL).warnings.iloc[0]


def test_endless_components_do_not_run_out():
    case = Case(1)
    case.values[["komp_habis_hari", "komp_abadi"]] = [200.0, 1.0]
    assert guard(case.values, MODEL).warnings.iloc[0] == ""


@pytest.mark.parametrize("name", HARD)
def test_a_missing_guard_is_not_cleared(name):
    case = Case(2)
    case.values.iloc[0, case.values.columns.get_loc(name)] = np.nan
    guarded = guard(case.values, MODEL)
    assert list(guarded.cleared) == [False, True]
    assert not guarded.hard.any()
    assert "pengaman belum lengkap" in guarded.warnings.iloc[0]


@pytest.mark.parametrize("age", [731.0, np.nan])
def test_stale_or_undated_families_are_poor_in_data(age):
    case = Case(2)
    case.values.iloc[0, case.values.columns.get_loc("data_umur_hari")] = age
    guarded = guard(case.values, MODEL)
    assert list(guarded.poor) == [True, False]
    assert "mutakhirkan" in guarded.checks.iloc[0]


def test_sparse_families_are_poor_but_a_source_switched_off_is_not_their_fault():
    case = Case(3)
    case.values["tunggakan_n"] = np.nan
    case.values.iloc[0, case.values.columns.get_loc("desil")] = np.nan
    assert list(guard(case.values, ["desil"]).poor) == [True, False, False]
    # Nobody has tunggakan_n, so that the cohort does not count it.
    frame = prioritise(case.scores, None, case.facts, case.history, quota=Quota("x", 0.5, 0, "")).frame
    sparse = frame.set_index("kpm_id")["peringatan"].str.contains("belum terisi").sort_index()
    assert list(sparse) == [True, False, False]
    assert guard(case.values, []).poor.all()


def test_a_missing_guard_column_is_refused_by_name():
    case = Case(2)
    with pytest.raises(ContractError, match="pagar_hamil"):
        guard(case.values.drop(columns="pagar_hamil"), MODEL)
