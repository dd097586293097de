import datetime as dt

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from timeline_worlds import (
    END,
    FAMILIES,
    START,
    day,
    earliest,
    event,
    family,
    group,
    home,
    in_force,
    link,
    records_of,
    seen,
    worlds,
)  # fmt: skip

from pkh_graduation.contracts import ContractError, Records
from pkh_graduation.programme.calendar import add_months, date_of, day_of, tahap_ends
from pkh_graduation.timeline import cut, known_until, stream_snapshots, take_snapshots, watched_since

DATES = tahap_ends(date_of(START), date_of(END))
EXITS = {"mandiri", "ppse", "alamiah", "paksa", "desil", "admin"}


def members(records, at):
    return list(next(stream_snapshots(records, [at])).frame.index.get_level_values("kpm_id"))


def one(records, at, number=1):
    return next(stream_snapshots(records, [at])).frame.loc[(family(number), pd.Timestamp(at))]


# ---------------------------------------------------------------- against a row-by-row account
def latest_of(rows, column):
    found = [row[column] for row in rows if row.get(column) is not None]
    return found[-1] if found else None


def open_case(rows, t):
    fresh = day_of(add_months(date_of(t), -12))
    best = None
    for place, row in enumerate(rows):
        if row["jenis"] not in EXITS or row["tahap_proses"] not in ("calon", "usulan", "ttd_pernyataan"):
            continue
        case = row["kasus_id"] or row["kpm_id"]
        ends = [i for i, other in enumerate(rows) if other["tahap_proses"] in ("efektif", "ditolak")
                and other["jenis"] in EXITS and (other["kasus_id"] or other["kpm_id"]) == case]  # fmt: skip
        closed = any(row["kasus_id"] or i > place for i in ends)
        if not closed and row["day"] > fresh:
            best = row
    return best


def account(world, t):
    """kpm_id -> (start, guessed, kelompok, pendamping, desa, kecamatan, kabupaten, stage) of every member at t."""
    root = earliest(world["tautan_kpm"], t)
    result = {}
    for name in sorted(set(root.values())):
        events = [row for row in seen(world["peristiwa_status"], t) if root[row["kpm_id"]] == name]
        homes = [row for row in seen(world["keluarga"], t) if root[row["kpm_id"]] == name]
        start, inside = None, False
        for row in events:
            if row["tahap_proses"] != "efektif":
                continue
            if row["jenis"] in EXITS:
                inside = False
            elif not inside or row["jenis"] == "masuk_kembali":
                start, inside = row["day"], True
        guessed = not any(row["tahap_proses"] == "efektif" for row in events)
        if guessed:
            year = latest_of(homes, "tahun_masuk_pkh")
            start = None if year is None else day_of(dt.date(year, 7, 1))
            inside = start is not None and start <= t
        if not inside:
            continue
        kelompok = latest_of(homes, "kelompok_id")
        leads = [row["pendamping_id"] for row in in_force(world["kelompok"], t) if row["kelompok_id"] == kelompok]
        lead = leads[-1] if leads else latest_of(homes, "pendamping_id")
        place = {w: latest_of([{"x": r["kode_wilayah"][:w]} for r in homes if len(r["kode_wilayah"] or "") >= w], "x")
                 for w in (10, 7, 4)}  # fmt: skip
        case = open_case(events, t)
        stage = None if case is None else (case["tahap_proses"], case["jenis"], case["day"])
        result[name] = (start, guessed, kelompok, lead, place[10], place[7], place[4], stage)
    return result


def told(frame):
    none = frame.astype(object).where(frame.notna(), None)
    return {
        name: (row.masuk_day, row.masuk_perkiraan, row.kelompok_id, row.pendamping_id, row.desa, row.kecamatan, row.kabupaten,
               None if row.proses is None else (row.proses, row.proses_jenis, row.proses_day))
        for (name, _), row in none.iterrows()
    }  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(world=worlds(), t=st.integers(START, END))
def test_a_snapshot_is_what_a_clerk_would_write(world, t):
    snapshot = next(stream_snapshots(records_of(**world), [date_of(t)]))
    assert told(snapshot.frame) == account(world, t)


@settings(max_examples=30, deadline=None)
@given(world=worlds(), t=st.integers(START, END))
def test_news_after_the_date_changes_no_snapshot(world, t):
    records = records_of(**world)
    dates = [date_of(t), date_of(t - 90)]
    for full, cropped in zip(stream_snapshots(records, dates), stream_snapshots(cut(records, t), dates), strict=True):
        pd.testing.assert_frame_equal(full.frame, cropped.frame)


@settings(max_examples=10, deadline=None)
@given(world=worlds(), seed=st.randoms(use_true_random=False))
def test_row_order_in_the_tables_does_not_matter(world, seed):
    records = records_of(**world)
    shuffled = {}
    for name, table in records.tables.items():
        order = list(range(len(table)))
        seed.shuffle(order)
        shuffled[name] = table.iloc[order]
    again = Records(tables=shuffled, sintetis=True, digest="tes")
    for one_way, other in zip(stream_snapshots(records, DATES[::5]), stream_snapshots(again, DATES[::5]), strict=True):
        pd.testing.assert_frame_equal(one_way.frame, other.frame)


# ---------------------------------------------------------------- cases with names
def test_leaving_and_coming_back():
    records = records_of(
        [event(1, "masuk", "2019-02-01"), event(1, "mandiri", "2020-02-10"), event(1, "masuk_kembali", "2021-05-05")]
    )
    assert members(records, dt.date(2019, 1, 31)) == []
    assert one(records, dt.date(2019, 12, 31))["masuk_day"] == day("2019-02-01")
    assert members(records, dt.date(2020, 2, 10)) == []
    assert one(records, dt.date(2021, 6, 30))["masuk_day"] == day("2021-05-05")


def test_an_exit_counts_from_the_day_it_is_known():
    records = records_of([event(1, "masuk", "2019-02-01"), event(1, "alamiah", "2020-02-10", known="2020-04-01")])
    assert members(records, dt.date(2020, 3, 31)) == [family(1)]
    assert members(records, dt.date(2020, 4, 1)) == []


def test_a_voided_exit_brings_the_family_back():
    rows = [event(1, "masuk", "2019-02-01"), event(1, "desil", "2020-02-10", key=9),
            event(1, "desil", "2020-02-10", known="2020-08-01", key=9, batal=True)]  # fmt: skip
    assert members(records_of(rows), dt.date(2020, 7, 31)) == []
    assert members(records_of(rows), dt.date(2020, 8, 1)) == [family(1)]


def test_a_correction_moves_an_exit_to_another_day():
    rows = [event(1, "masuk", "2019-02-01"), event(1, "desil", "2020-02-10", key=9),
            event(1, "desil", "2020-09-10", known="2020-08-01", key=9)]  # fmt: skip
    assert members(records_of(rows), dt.date(2020, 8, 31)) == [family(1)]
    assert members(records_of(rows), dt.date(2020, 9, 10)) == []


def test_a_repeated_entry_does_not_restart_a_membership():
    records = records_of([event(1, "masuk", "2019-02-01"), event(1, "masuk", "2020-02-01")])
    assert one(records, dt.date(2020, 12, 31))["masuk_day"] == day("2019-02-01")


def test_without_an_entry_event_the_year_is_taken_and_flagged():
    records = records_of(keluarga=[home(1, "2019-03-01", tahun_masuk_pkh=2019)])
    assert members(records, dt.date(2019, 6, 30)) == []
    row = one(records, dt.date(2019, 7, 1))
    assert row["masuk_perkiraan"] and row["masuk_day"] == day("2019-07-01")


def test_the_guess_never_undoes_an_exit():
    records = records_of([event(1, "mandiri", "2019-03-01")], [home(1, "2019-02-01", tahun_masuk_pkh=2019)])
    assert members(records, dt.date(2019, 12, 31)) == []


def test_the_pendamping_follows_the_kelompok_and_its_validity():
    groups = [group("g1", "d1", "2019-01-01", until="2020-03-31", until_known="2020-05-15"), group("g1", "d2", "2020-06-01"),
              group("g2", "d3", "2019-01-01")]  # fmt: skip
    homes = [home(1, "2019-01-05", kelompok_id="g1"), home(1, "2021-01-05", kelompok_id="g2"),
             home(1, "2021-06-05", kelompok_id=None)]  # fmt: skip
    records = records_of([event(1, "masuk", "2019-01-02")], homes, groups)
    dates = ["2019-06-30", "2020-05-14", "2020-05-15", "2020-06-30", "2021-03-31", "2021-06-30"]
    lead = [one(records, dt.date.fromisoformat(date))["pendamping_id"] for date in dates]
    assert lead[:2] == ["d1", "d1"]
    assert pd.isna(lead[2])
    assert lead[3:] == ["d2", "d3", "d3"]


def test_where_no_kelompok_is_kept_the_family_names_its_pendamping():
    records = records_of([event(1, "masuk", "2019-01-02")], [home(1, "2019-01-05", pendamping_id="d9")])
    bare = Records({k: v for k, v in records.tables.items() if k in ("keluarga", "peristiwa_status")}, True, "tes")
    assert one(bare, dt.date(2019, 3, 31))["pendamping_id"] == "d9"


def test_a_link_counts_once_it_is_known():
    records = records_of(
        [event(1, "masuk", "2019-01-02"), event(2, "masuk", "2020-01-02")],
        [home(2, "2020-01-05", kelompok_id="g1")],
        [group("g1", "d1", "2019-01-01")],
        [link(1, 2, "2020-01-02", known="2020-06-01")],
    )
    assert members(records, dt.date(2020, 3, 31)) == [family(1), family(2)]
    assert members(records, dt.date(2020, 6, 30)) == [family(1)]
    row = one(records, dt.date(2020, 6, 30))
    assert row["pendamping_id"] == "d1" and row["masuk_day"] == day("2019-01-02")


def test_an_open_case_is_shown_until_it_ends_or_grows_old():
    rows = [event(1, "masuk", "2019-01-02"), event(1, "mandiri", "2020-01-10", stage="usulan", case="c1"),
            event(1, "mandiri", "2020-02-10", stage="ttd_pernyataan", case="c1"),
            event(1, "ppse", "2021-05-10", stage="calon", case="c2"),
            event(1, "ppse", "2021-08-10", stage="ditolak", case="c2")]  # fmt: skip
    records = records_of(rows)
    row = one(records, dt.date(2020, 3, 31))
    assert (row["proses"], row["proses_jenis"], row["proses_day"]) == ("ttd_pernyataan", "mandiri", day("2020-02-10"))
    assert one(records, dt.date(2021, 2, 9))["proses"] == "ttd_pernyataan"
    assert pd.isna(one(records, dt.date(2021, 2, 10))["proses"])
    assert one(records, dt.date(2021, 6, 30))["proses"] == "calon"
    assert pd.isna(one(records, dt.date(2021, 8, 10))["proses"])


def test_a_numbered_case_stays_closed_and_an_unnumbered_one_reopens():
    for case, stage in (("c1", None), (None, "usulan")):
        rows = [event(1, "masuk", "2019-01-02"), event(1, "mandiri", "2020-02-10", stage="ditolak", case=case),
                event(1, "mandiri", "2020-03-10", stage="usulan", case=case)]  # fmt: skip
        shown = one(records_of(rows), dt.date(2020, 3, 31))["proses"]
        assert (None if pd.isna(shown) else shown) == stage


# ---------------------------------------------------------------- how dates are said
@pytest.fixture
def small():
    return records_of([event(n, "masuk", "2019-02-01") for n in FAMILIES])


def test_dates_can_be_said_in_three_ways(small):
    assert take_snapshots(small, at="2019-T2").dates == [dt.date(2019, 6, 30)]
    assert take_snapshots(small, at=["2019-T3", dt.date(2019, 5, 4)]).dates == [
        dt.date(2019, 5, 4),
        dt.date(2019, 9, 30),
    ]
    assert take_snapshots(small, every="tahap", until="2019-T3").dates == tahap_ends(
        dt.date(2019, 2, 1), dt.date(2019, 9, 30)
    )
    assert take_snapshots(small, every="tahap", since="2019-T2", until="2019-T3").dates[0] == dt.date(2019, 6, 30)


def test_a_panel_begins_when_leaving_was_first_recorded(small):
    rows = [event(1, "masuk", "2010-02-01"), event(2, "masuk", "2010-02-01"), event(2, "alamiah", "2019-04-20", "2019-06-02"),
            event(1, "mandiri", "2019-03-02", stage="usulan")]  # fmt: skip
    records = records_of(rows, [home(1, "2018-01-01")])
    assert watched_since(records) == dt.date(2019, 6, 2)
    assert take_snapshots(records, every="tahap", until="2019-T4").dates[0] == dt.date(2019, 6, 30)
    assert take_snapshots(records, every="tahap", since="2012-T1", until="2019-T4").dates[0] == dt.date(2012, 3, 31)
    assert watched_since(small) == dt.date(2019, 2, 1)


def test_what_is_known_ends_with_the_last_row_of_any_table():
    rows = [event(1, "masuk", "2010-02-01"), event(1, "mandiri", "2019-04-20", "2019-06-02")]
    assert known_until(records_of(rows, [home(1, "2018-01-01")])) == dt.date(2019, 6, 2)
    assert known_until(records_of(rows, [home(1, "2019-07-01")])) == dt.date(2019, 7, 1)
    assert known_until(Records({}, True, "tanpa")) == dt.date(1970, 1, 1)


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({}, "either at="),
        ({"at": "2019-T2", "every": "tahap", "until": "2019-T3"}, "either at="),
        ({"every": "tahap"}, "nothing defaults to today"),
        ({"every": "bulan", "until": "2019-T3"}, 'must be "tahap"'),
        ({"at": "2019-T2", "until": "2019-T3"}, "belong to every"),
        ({"at": "2015-T2"}, "nobody was a member on 2015-06-30"),
        ({"every": "tahap", "since": "2019-T3", "until": "2019-T1"}, "no date at all"),
    ],
)
def test_what_cannot_be_meant_is_refused(small, how, message):
    with pytest.raises(ValueError, match=message):
        take_snapshots(small, **how)


def test_records_without_status_events_are_refused(small):
    bare = Records({"keluarga": small.tables["keluarga"]}, True, "tes")
    with pytest.raises(ContractError, match="peristiwa_status"):
        take_snapshots(bare, at="2019-T2")
