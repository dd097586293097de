import dataclasses
import json

import pandas as pd
from handmade_lists import make_lists, summary

from pkh_graduation.outputs import PartSummary
from pkh_graduation.outputs.summary import BANDS, exclusions, per_kecamatan, per_pendamping


def test_counts_add_up_to_the_caseload():
    lists = make_lists()
    for table in (per_pendamping(lists), per_kecamatan(lists)):
        assert (table[BANDS].sum(axis=1) == table["dampingan"]).all()
        assert table["dampingan"].sum() == 60
        assert table["terdaftar"].sum() == 14
        assert table["diproses"].sum() == 2
        assert table["dikecualikan"].sum() == 2
    assert per_pendamping(lists).loc["d000000000000001", ["kabupaten", "kecamatan", "kuota", "sebab"]].tolist() == [
        "3302",
        "3302010",
        12,
        "",
    ]


def test_a_family_with_two_reasons_counts_under_both():
    assert exclusions(make_lists()).droplevel("kabupaten").to_dict() == {
        "keluarga keberatan atas pemrofilan otomatis": 1, "lansia tinggal sendiri": 1, "ada ibu hamil": 1,
    }  # fmt: skip


def test_home_is_where_most_of_the_caseload_lives():
    lists = make_lists()
    lists.frame.loc[:12, "kecamatan"] = "3302020"
    lists.frame.loc[:5, "kabupaten"] = pd.NA
    assert per_pendamping(lists).loc["d000000000000001", ["kabupaten", "kecamatan"]].tolist() == ["3302", "3302010"]
    assert ("", "3302020") in per_kecamatan(lists).index


def test_summary_is_json_and_back():
    made = summary(make_lists())
    assert PartSummary(**json.loads(json.dumps(dataclasses.asdict(made)))) == made
