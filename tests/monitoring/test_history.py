"""What earlier lists and answers mean for the next list, told as of its date."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from made_returns import FAMILIES, LISTS, issued, row

from pkh_graduation.monitoring import HISTORY, churn, flickers, helped, reassigned, standing, story
from pkh_graduation.monitoring.history import held_out
from pkh_graduation.programme.returns import list_id, row_id

K = [*FAMILIES["d1"], *FAMILIES["d2"]]
NOW = dt.date(2026, 12, 31)
TODAY = pd.DataFrame({"kpm_id": K, "pendamping_id": ["d1"] * 4 + ["d2"] * 3})


def said(kpm: str, known: str = "2026-10-20", **words: str) -> dict[str, object]:
    who = "d1" if kpm in FAMILIES["d1"] else "d2"
    blank = dict.fromkeys(HISTORY, "")
    own = {"list_id": LISTS[who], "row_id": row(kpm), "kpm_id": kpm, "pendamping_id": who, "tanggal_diketahui": known}
    return {**blank, **own, "nomor": 1, **words}


def history(*answers: dict[str, object]) -> pd.DataFrame:
    lines = [{**answer, "nomor": number} for number, answer in enumerate(answers, 1)]
    return pd.DataFrame(lines, columns=list(HISTORY))


def later_list(day: str, families: list[str]) -> pd.DataFrame:
    name = list_id(day, "d1")
    return pd.DataFrame(
        [(name, row_id(name, kpm), day, kpm, "d1", day, n) for n, kpm in enumerate(families, 1)],
        columns=["list_id", "row_id", "run_id", "kpm_id", "pendamping_id", "tanggal_acuan", "urutan"],
    )


def test_families_of_the_last_list_get_the_bonus_and_no_others():
    register = issued()
    register.loc[register["kpm_id"] == K[3], "urutan"] = pd.NA
    given = standing(register, history(), TODAY, as_of=NOW, bonus=0.2)
    assert given["bonus"].to_dict() == {kpm: 0.0 if kpm == K[3] else 0.2 for kpm in K}
    newer = pd.concat([register, later_list("2026-12-01", [K[0], K[3]])])
    given = standing(newer, history(), TODAY, as_of=NOW, bonus=0.2)
    assert given.index[given["bonus"] > 0].tolist() == [K[0], K[3]]


def test_lists_of_the_day_itself_or_later_are_not_yet_there():
    given = story(issued(), history(), TODAY, as_of=dt.date(2026, 9, 30))
    assert (given["kali_didaftar"] == 0).all()
    assert not given["di_daftar_terakhir"].any()


@pytest.mark.parametrize(
    ("words", "unfinished"),
    [
        ({"hasil": "belum"}, True),
        ({"hasil": "tidak_ditemui", "tanggal_kunjungan": "2026-10-05"}, True),
        ({"hasil": "ditemui", "tanggal_kunjungan": "2026-10-05"}, False),
        ({"hasil": "belum", "keputusan": "ditolak"}, False),
        ({"keputusan_keluarga": "keberatan", "tanggal_kunjungan": "2026-10-05"}, False),
        ({"catatan": "besok"}, True),
    ],
)
def test_a_visit_that_is_not_done_is_carried_over(words, unfinished):
    given = standing(issued(), history(said(K[0], **words)), TODAY, as_of=NOW)
    assert given.loc[K[0], "carry_over"] == unfinished
    # The rest of that list was sent back without an answer; of the other list nobody said anything.
    assert given.loc[K[1:4], "carry_over"].all()
    assert not given.loc[K[4:], "carry_over"].any()


def test_a_visit_is_not_carried_for_ever():
    thrice = pd.concat([issued(), later_list("2026-10-31", K[:2]), later_list("2026-11-30", K[:2])])
    name = list_id("2026-11-30", "d1")
    answer = {**said(K[0], known="2026-12-05"), "list_id": name, "row_id": row_id(name, K[0]), "hasil": "belum"}
    assert not standing(thrice, history(answer), TODAY, as_of=NOW)["carry_over"].any()
    twice = thrice[thrice["tanggal_acuan"] != "2026-10-31"]
    assert standing(twice, history(answer), TODAY, as_of=NOW).loc[K[0], "carry_over"]


def test_an_objection_counts_from_the_day_it_was_known_until_another_word():
    objects = said(K[0], keputusan_keluarga="keberatan", tanggal_kunjungan="2026-10-05")
    later = {
        **said(K[0], known="2026-11-20"),
        "keputusan_keluarga": "setuju",
        "hasil": "ditemui",
        "tanggal_kunjungan": "2026-11-15",
    }
    answers = history(objects, later)
    days = {
        dt.date(2026, 10, 19): False,
        dt.date(2026, 10, 20): True,
        dt.date(2026, 11, 19): True,
        dt.date(2026, 11, 20): False,
    }
    for day, expected in days.items():
        assert standing(issued(), answers, TODAY, as_of=day).loc[K[0], "do_not_contact"] == expected, day


@pytest.mark.parametrize(("months", "rests"), [(0, False), (2, False), (3, True)])
def test_a_refusal_rests_only_where_the_office_says_so(months, rests):
    answers = history(said(K[0], hasil="ditemui", keputusan_keluarga="tolak", tanggal_kunjungan="2026-10-05"))
    found = standing(issued(), answers, TODAY, as_of=NOW, rest_months=months)
    assert found.loc[K[0], "do_not_contact"] == rests
    assert not found.drop(K[0])["do_not_contact"].any()


def test_a_family_that_changed_hands_is_told_to_the_new_pendamping():
    moved = TODAY.assign(pendamping_id=["d2", *TODAY["pendamping_id"][1:]])
    told = story(issued(), history(said(K[0], hasil="belum"), said(K[1], hasil="belum")), moved, as_of=NOW)
    assert told.index[told["pindah_pendamping"]].tolist() == [K[0]]
    assert reassigned(told)["pendamping_id"].to_dict() == {K[0]: "d2"}


@given(st.permutations(range(7)), st.permutations(range(3)))
@settings(max_examples=10, deadline=None, phases=(Phase.generate,))
def test_the_order_of_rows_plays_no_part(order, turn):
    answers = history(
        said(K[0], hasil="belum"), said(K[1], keputusan_keluarga="keberatan"), said(K[4], hasil="ditemui")
    )
    choices = {"as_of": NOW, "bonus": 0.1, "holdout": 0.3}
    whole = standing(issued(), answers, TODAY, **choices)
    mixed = standing(issued().iloc[list(order)], answers.iloc[list(turn)], TODAY.iloc[list(order)], **choices)
    pd.testing.assert_frame_equal(whole, mixed)


def test_the_holdout_is_the_share_asked_for_and_stays():
    families = pd.Index([f"k{n:015x}" for n in range(4000)])
    drawn = held_out(families, 0.05, 3)
    assert abs(drawn.mean() - 0.05) < 4 * np.sqrt(0.05 * 0.95 / 4000)
    assert drawn[100:].tolist() == held_out(families[100:], 0.05, 3).tolist()
    assert (drawn <= held_out(families, 0.10, 3)).all()
    assert drawn.tolist() != held_out(families, 0.05, 4).tolist()
    with pytest.raises(ValueError, match="shares"):
        standing(issued(), history(), TODAY, as_of=NOW, holdout=1.5)


def test_training_rows_know_who_was_helped_and_nothing_of_later():
    days = pd.to_datetime(["2026-09-29", "2026-09-30", "2026-10-20", "2027-09-29", "2027-09-30"]).astype(
        "datetime64[s]"
    )
    rows = pd.MultiIndex.from_product([[K[0], K[1]], days], names=["kpm_id", "as_of"])
    found = helped(issued(), history(said(K[0], hasil="ditemui", keputusan="diusulkan")), rows)
    assert found.loc[K[0], "didaftar"].tolist() == [False, True, True, True, False]
    assert found.loc[K[0], "diusulkan"].tolist() == [False, False, True, True, True]
    assert not found.loc[K[1], "dijawab"].any()


def test_churn_adds_up():
    before, after = issued(), issued()
    after.loc[after["kpm_id"].isin([K[0], K[4]]), "urutan"] = pd.NA
    after.loc[after["kpm_id"] == K[1], "pendamping_id"] = "d2"
    found = churn(before, after)
    assert found.loc["d1"].to_dict() == {"sebelum": 4, "sesudah": 2, "tetap": 2, "masuk": 0, "keluar": 1}
    assert found.loc["d2"].to_dict() == {"sebelum": 3, "sesudah": 3, "tetap": 3, "masuk": 0, "keluar": 1}
    total = found.sum()
    assert total["sesudah"] == total["tetap"] + total["masuk"]
    assert total["sebelum"] == total["tetap"] + total["keluar"]
    assert churn(after, before).sum()[["masuk", "keluar"]].tolist() == [2, 0]


def test_flickers_are_off_and_on_again():
    def on(*places: int) -> pd.DataFrame:
        return pd.DataFrame({"kpm_id": [K[n] for n in places], "urutan": 1})

    assert flickers([on(0, 1), on(1), on(0, 1)]) == 1
    assert flickers([on(0), on(), on(), on(0)]) == 0
    assert flickers([on(0), on(1), on(0), on(1)]) == 2
