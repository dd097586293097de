import numpy as np
import pandas as pd
import pytest
from handmade_cases import Case, by_name

from pkh_graduation.features import dictionary
from pkh_graduation.priorities import REFERRALS, Quota, prioritise, refer

NONE = dict.fromkeys({name for item in REFERRALS for name in item.facts}, np.nan)
FREE = {"tunggakan_n": 0, "utang_rentenir": 0, "pinjaman_berjalan_n": 0}


def said(**facts) -> list[str]:
    values = pd.DataFrame([{**NONE, **facts}])
    return [word for word in refer(values, pd.Series([False])).iloc[0].split("|") if word]


@pytest.mark.parametrize(
    ("facts", "word"),
    [
        ({"utang_rentenir": 1}, "koperasi"),
        ({"p2k2_ekonomi_lengkap": 0}, "modul ekonomi"),
        ({"usaha_aktif_n": 1, "usaha_nib": 0}, "NIB"),
        ({"usaha_aktif_n": 1, "usaha_nib": 1, "usaha_lama_tahun": 0.5} | FREE, "KUR"),
        ({"usaha_aktif_n": 1, "usia_pena_n": 1, "program_pena": 0, "program_ppse": 0}, "PENA"),
        ({"usaha_aktif_n": 0, "usia_kerja_n": 2, "program_uep": 0, "program_kube": 0}, "UEP"),
        ({"masalah_rtlh": 1, "program_rumah": 0}, "RST"),
        ({"luas_per_orang": 6, "program_rumah": 0}, "RST"),
        ({"komp_smp_n": 1, "program_pip": 0}, "PIP"),
        ({"desil": 2, "program_pbi_jkn": 0, "pbi_nasional": 0, "pbi_pemda": 0}, "PBI"),
    ],
)
def test_each_condition_opens_its_own_programme(facts, word):
    assert len(said(**facts)) == 1
    assert word in said(**facts)[0]


@pytest.mark.parametrize(
    "facts",
    [{}, {"usaha_aktif_n": 1}, {"usaha_aktif_n": 0, "usaha_nib": 0}, {"utang_rentenir": 0},
     {"usaha_aktif_n": 1, "usaha_nib": 1, "usaha_lama_tahun": 3} | FREE | {"tunggakan_n": 1},
     {"usaha_aktif_n": 1, "usaha_nib": 1, "usaha_lama_tahun": 3} | FREE | {"pinjaman_berjalan_n": 1},
     {"usaha_aktif_n": 1, "usaha_nib": 1, "usaha_lama_tahun": 3} | FREE | {"utang_rentenir": np.nan},
     {"usaha_aktif_n": 1, "usia_pena_n": 1, "program_pena": 1, "program_ppse": 0}],
)  # fmt: skip
def test_unknown_or_unmet_conditions_refer_nowhere(facts):
    assert said(**facts) == []


def test_at_most_three_and_none_for_an_objecting_family():
    everything = {
        "utang_rentenir": 1,
        "p2k2_ekonomi_lengkap": 0,
        "usaha_aktif_n": 1,
        "usaha_nib": 0,
        "usia_pena_n": 1,
        "masalah_rtlh": 1,
    }
    assert len(said(**everything)) == 3
    case = Case(2)
    case.values["utang_rentenir"] = 1.0
    case.values["pagar_keberatan"] = [1.0, 0.0]
    frame = by_name(prioritise(case.scores, None, case.facts, case.history, quota=Quota("x", 0.5, 0, "")))
    assert list(frame["rujukan"]) == ["", "koperasi simpan pinjam, jalan lain selain rentenir"]


def test_conditions_read_features_that_exist():
    assert set(NONE) <= set(dictionary().index)


def test_a_programme_is_named_only_once_it_exists():
    facts = NONE | {"usaha_aktif_n": 1, "usia_pena_n": 1, "program_pena": 0, "program_ppse": 0}
    days = pd.to_datetime(["2022-12-31", "2023-12-31"])
    index = pd.MultiIndex.from_arrays([["a", "b"], days], names=["kpm_id", "as_of"])
    words = refer(pd.DataFrame([facts, facts], index=index), pd.Series([False, False]))
    assert ["PENA" in text for text in words] == [False, True]
