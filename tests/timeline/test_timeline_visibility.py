import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st
from timeline_worlds import END, START, day, group, home, in_force, link, records_of, seen, table_of, worlds

from pkh_graduation.programme.calendar import NEVER
from pkh_graduation.timeline import cut, last_per, valid, visible
from pkh_graduation.timeline.families import Families, links

DAY = st.integers(START - 50, END + 400)


@settings(max_examples=25, deadline=None)
@given(world=worlds(), t=DAY)
def test_visible_rows_are_the_last_known_of_each_key(world, t):
    rows = world["peristiwa_status"]
    shown = visible(table_of("peristiwa_status", rows), t)
    place = {id(row): number for number, row in enumerate(rows)}
    assert sorted(shown["record_id"]) == sorted(place[id(row)] for row in seen(rows, t))
    assert shown.index.is_monotonic_increasing


@settings(max_examples=25, deadline=None)
@given(world=worlds(), t=DAY)
def test_rows_in_force_have_begun_and_are_not_known_to_have_ended(world, t):
    rows = world["kelompok"]
    shown = valid(table_of("kelompok", rows), t)
    assert sorted(shown["row_key"]) == sorted(row["key"] for row in in_force(rows, t))


@settings(max_examples=25, deadline=None)
@given(world=worlds(), t=DAY)
def test_the_last_row_of_a_family_is_the_last_in_the_total_order(world, t):
    rows = seen(world["peristiwa_status"], t)
    shown = last_per(visible(table_of("peristiwa_status", world["peristiwa_status"]), t), "kpm_id")
    expected = {row["kpm_id"]: row["jenis"] for row in rows}
    assert dict(zip(shown["kpm_id"], shown["jenis"], strict=True)) == expected


def test_last_per_takes_several_columns_and_skips_rows_without_the_entity():
    table = pd.DataFrame(
        {
            "a": ["x", "x", "x", None],
            "b": [1, 1, 2, 1],
            "day": [5, 5, 1, 9],
            "known_day": [6, 7, 1, 9],
            "record_id": [2, 1, 3, 4],
        }
    )
    assert sorted(last_per(table, ["a", "b"])["record_id"]) == [1, 3]


def test_a_row_without_an_event_day_is_never_visible():
    table = table_of("keluarga", [{**home(1, "2020-01-01"), "day": None}])
    assert visible(table, END).empty


# ---------------------------------------------------------------- cut
@settings(max_examples=15, deadline=None)
@given(world=worlds(), t=DAY, earlier=st.integers(0, 700))
def test_a_cut_store_shows_the_same_on_every_day_up_to_the_cut(world, t, earlier):
    records = records_of(**world)
    cropped = cut(records, t)
    for name in ("peristiwa_status", "kelompok"):
        full, small = records.tables[name], cropped.tables[name]
        assert (small["known_day"] <= t).all()
        for rows in (visible, valid):
            one, other = rows(full, t - earlier), rows(small, t - earlier)
            assert one["record_id"].to_list() == other["record_id"].to_list()


@settings(max_examples=15, deadline=None)
@given(world=worlds(), t=DAY, later=st.integers(0, 700))
def test_cutting_twice_is_cutting_once_at_the_earlier_day(world, t, later):
    records = records_of(**world)
    once, twice, back = cut(records, t), cut(cut(records, t + later), t), cut(cut(records, t), t + later)
    for name, table in once.tables.items():
        pd.testing.assert_frame_equal(table, twice.tables[name])
        pd.testing.assert_frame_equal(table, back.tables[name])
    assert once.digest == twice.digest == back.digest


def test_an_end_that_was_news_later_is_erased_and_a_known_one_stays():
    records = records_of(kelompok=[group("g1", "d1", "2020-01-01", until="2020-06-30", until_known="2020-08-01")])
    before, after = (cut(records, day(text)).tables["kelompok"] for text in ("2020-07-31", "2020-08-01"))
    assert before["berlaku_sampai"].isna().all() and before["tanggal_diketahui_selesai"].isna().all()
    assert after["berlaku_sampai"].to_list() == [day("2020-06-30")]
    assert len(valid(records.tables["kelompok"], day("2020-07-31"))) == 1
    assert valid(records.tables["kelompok"], day("2020-08-01")).empty


def test_the_closing_of_an_enterprise_is_news_of_its_own():
    table = table_of("keluarga", [home(1, "2020-01-01")])
    table["tanggal_tutup"] = pd.array([day("2020-05-01")], dtype="Int32")
    table["tanggal_diketahui_selesai"] = pd.array([day("2020-05-20")], dtype="Int32")
    records = records_of()
    cropped = cut(type(records)({"usaha": table}, True, "tes"), day("2020-05-19")).tables["usaha"]
    assert cropped["tanggal_tutup"].isna().all()


def test_an_end_without_a_known_date_of_its_own_counts_with_its_row():
    table = table_of("kelompok", [group("g1", "d1", "2020-01-01", until="2020-06-30")]).drop(
        columns="tanggal_diketahui_selesai"
    )
    assert len(valid(table, day("2020-06-30"))) == 1
    assert valid(table, day("2020-07-01")).empty


def test_a_replaced_row_counts_again_when_its_correction_is_cut_away():
    rows = [
        home(1, "2020-01-01", key=1, kelompok_id="g1"),
        home(1, "2020-01-01", "2020-09-01", key=1, kelompok_id="g2"),
    ]
    cropped = cut(records_of(keluarga=rows), day("2020-08-31")).tables["keluarga"]
    assert cropped["kelompok_id"].to_list() == ["g1"]
    assert cropped["superseded_day"].to_list() == [NEVER]


def test_the_digest_tells_contents_apart():
    one, other = (records_of(keluarga=[home(1, "2020-01-01", kelompok_id=name)]) for name in ("g1", "g2"))
    assert cut(one, END).digest != cut(other, END).digest
    assert cut(one, END).digest == cut(one, END + 1).digest


# ---------------------------------------------------------------- families
def roots(rows, t, families=(1, 2, 3, 4)):
    found = Families.among(links(records_of(tautan_kpm=rows)), np.array(families))
    return found.kpm[found.roots(t)].tolist()


def test_a_chain_of_links_leads_to_the_earliest_id():
    rows = [link(1, 2, "2020-01-01"), link(2, 3, "2021-01-01"), link(3, 4, "2022-01-01")]
    assert roots(rows, day("2019-12-31")) == [1, 2, 3, 4]
    assert roots(rows, day("2021-06-01")) == [1, 1, 1, 4]
    assert roots(rows, day("2022-06-01")) == [1, 1, 1, 1]


def test_of_two_links_to_one_id_the_first_counts():
    assert roots([link(2, 3, "2020-01-02"), link(1, 3, "2020-01-01")], END) == [1, 2, 1, 4]


def test_a_ring_of_links_proves_nothing():
    assert roots([link(1, 2, "2020-01-01"), link(2, 1, "2020-01-01"), link(2, 3, "2020-01-01")], END) == [1, 2, 3, 4]


def test_a_long_chain_is_followed_to_its_end():
    rows = [link(n, n + 1, "2020-01-01") for n in range(1, 70)]
    assert roots(rows, END, range(1, 71)) == [1] * 70


def test_a_link_announced_early_counts_from_its_day():
    rows = [link(1, 2, "2020-05-01", known="2020-04-01")]
    assert roots(rows, day("2020-04-30")) == [1, 2, 3, 4]
    assert roots(rows, day("2020-05-01")) == [1, 1, 3, 4]
