import numpy as np
import pandas as pd
from handmade_cases import Case, by_name

from pkh_graduation.priorities import HARD, Quota, prioritise
from pkh_graduation.priorities.beside import CONTINUES, LASTING, NATURAL, PROTECTED, beside

TEN = Quota("instruksi_10pct", 0.10, 0, "test")


def lists_of(case: Case) -> pd.DataFrame:
    return by_name(prioritise(case.scores, None, case.facts, case.history, quota=TEN))


def test_lasting_guards_protect_and_passing_ones_do_not(case):
    for row, name in enumerate(HARD):
        case.values.loc[case.index[row], name] = 1.0
    frame = lists_of(case)
    told = frame["daftar_lain"].to_numpy()[: len(HARD)]
    assert [name for name, said in zip(HARD, told, strict=True) if PROTECTED in said] == list(LASTING)
    assert (frame.loc[frame["daftar_lain"] != "", "urutan"]).isna().all()


def test_natural_exits_are_prepared_where_the_family_is_still_poor(case):
    rows = case.index[:6]
    case.values.loc[rows, "komp_habis_hari"] = [200.0, 366.0, -30.0, 200.0, 200.0, 200.0]
    case.values.loc[rows, "desil"] = [2.0, 2.0, 2.0, 6.0, np.nan, 2.0]
    case.values.loc[rows[5], "komp_abadi"] = 1.0
    case.values["komp_sma_n"] = 0.0
    case.values.loc[rows[2], "komp_sma_n"] = 1.0
    frame = lists_of(case)
    assert [NATURAL in said for said in frame["daftar_lain"].iloc[:6]] == [True, False, True, False, True, False]
    assert frame["lanjut"].iloc[0] == "|".join(CONTINUES[:2])
    assert frame["lanjut"].iloc[2] == "|".join(CONTINUES[:3])
    assert frame["lanjut"].iloc[4] == CONTINUES[3]
    assert (frame["lanjut"] == "").sum() == 297


def test_an_objecting_family_is_on_no_list_at_all(case):
    case.values.loc[case.index[:2], "pagar_keberatan"] = 1.0
    case.values.loc[case.index[:2], "pagar_lansia_tunggal"] = 1.0
    case.values.loc[case.index[:2], "komp_habis_hari"] = 10.0
    frame = lists_of(case)
    assert frame.iloc[:2][["daftar_lain", "lanjut"]].eq("").all(axis=None)


def test_the_programmes_own_limit_decides_who_is_poor():
    values = pd.DataFrame({"komp_habis_hari": [10.0, 10.0], "komp_abadi": 0.0, "desil": [4.0, 5.0]})
    assert beside(values, np.zeros(2, dtype=bool), 4)[0].tolist() == [NATURAL, ""]
    assert beside(values, np.zeros(2, dtype=bool), 5)[0].tolist() == [NATURAL, NATURAL]
