import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from timeline_worlds import END, START, day, earliest, event, family, link, panel, records_of, seen, worlds

from pkh_graduation.contracts import ContractError, Records, Snapshots
from pkh_graduation.programme.calendar import add_tahap, date_of, day_of, tahap_ends
from pkh_graduation.programme.vocabulary import CAUSE_OF
from pkh_graduation.timeline import cut, matured, observe_outcomes, outcomes_known_by, stream_snapshots
from pkh_graduation.timeline.outcomes import LAG_MIN_EVENTS, LAG_WINDOW_FACTOR, learn_lag

DATES = [dt.date(2019, 8, 5), *tahap_ends(date_of(START), date_of(END))[1::4]]
PANEL = panel(DATES)
"""Every family at every date: what is told of a family does not depend on how it came into the snapshot."""
FAR = dt.date(2026, 1, 1)
RANK = {"alamiah": 1, "administratif": 2, "mandiri": 3}


def history_of(records, dates):
    return Snapshots(pd.concat([snapshots.frame for snapshots in stream_snapshots(records, dates)]))


def told(records, at, *, known_by=FAR, horizon=8, number=1):
    """(way out, quarter, observed) of one family at one date."""
    y = observe_outcomes(records, history_of(records, [at]), horizon=horizon, known_by=known_by)
    return tuple(y.frame.loc[(family(number), pd.Timestamp(at))])


# ---------------------------------------------------------------- against a row-by-row account
def account(world, name, as_of, known_by, lag, horizon):
    t, k = day_of(as_of), day_of(known_by)
    root = earliest(world["tautan_kpm"], k)
    rows = [r for r in seen(world["peristiwa_status"], k) if root[r["kpm_id"]] == root[name]]
    signed = {r["kasus_id"] or root[r["kpm_id"]] for r in seen(world["peristiwa_status"], k)
              if r["tahap_proses"] == "ttd_pernyataan"}  # fmt: skip
    moves = [r for r in rows if r["tahap_proses"] == "efektif"]
    exits = []
    for row in moves:
        if row["jenis"] in CAUSE_OF and row["day"] > t:
            cause = CAUSE_OF[row["jenis"]]
            first = cause == "mandiri" and (row["kasus_id"] or root[row["kpm_id"]]) in signed
            exits.append((row["day"], 0 if first else RANK[cause], cause))
    ends = [day_of(add_tahap(as_of, j)) for j in range(horizon + 1)]
    observed = sum(end + lag <= k for end in ends[1:])
    before = [r for r in moves if r["day"] <= t]
    if before and before[-1]["jenis"] in CAUSE_OF:
        return "sudah_keluar", 0, observed
    if exits:
        at, _, cause = min(exits)
        quarter = 1 + sum(at > end for end in ends[1:])
        if quarter <= observed:
            return cause, quarter, observed
    return ("masih_peserta" if observed == horizon else "tersensor"), observed, observed


@settings(max_examples=40, deadline=None)
@given(world=worlds(), k=st.integers(START + 400, END + 500), horizon=st.sampled_from([1, 3, 8]))
def test_outcomes_are_what_a_clerk_would_tell(world, k, horizon):
    records = records_of(**world)
    y = observe_outcomes(records, PANEL, horizon=horizon, known_by=date_of(k))
    for (name, stamp), row in y.frame.iterrows():
        assert tuple(row) == account(world, name, stamp.date(), date_of(k), y.lag_days, horizon)


@settings(max_examples=40, deadline=None)
@given(world=worlds(), k=st.integers(START + 200, END + 400))
def test_told_as_of_a_day_equals_observed_from_records_cut_at_it(world, k):
    records = records_of(**world)
    told_then = outcomes_known_by(observe_outcomes(records, PANEL, known_by=FAR), date_of(k))
    observed = observe_outcomes(cut(records, k), PANEL, known_by=date_of(k))
    pd.testing.assert_frame_equal(told_then.frame, observed.frame)
    pd.testing.assert_frame_equal(told_then.exits, observed.exits)
    assert (told_then.lag_days, told_then.known_by) == (observed.lag_days, observed.known_by)


@settings(max_examples=12, deadline=None)
@given(world=worlds(), early=st.integers(START, END), late=st.integers(START, END))
def test_telling_as_of_two_days_is_telling_as_of_the_earlier(world, early, late):
    early, late = sorted((early, late))
    records = records_of(**world)
    y = observe_outcomes(records, PANEL, known_by=FAR)
    direct = outcomes_known_by(y, date_of(early))
    by_way = outcomes_known_by(outcomes_known_by(y, date_of(late)), date_of(early))
    pd.testing.assert_frame_equal(direct.frame, by_way.frame)


# ---------------------------------------------------------------- cases with names
ENTRY = event(1, "masuk", "2018-05-01")


def test_the_quarter_of_an_exit_includes_its_last_day():
    assert told(records_of([ENTRY, event(1, "mandiri", "2020-06-30")]), dt.date(2020, 3, 31))[:2] == ("mandiri", 1)
    assert told(records_of([ENTRY, event(1, "mandiri", "2020-07-01")]), dt.date(2020, 3, 31))[:2] == ("mandiri", 2)


def test_quarters_are_counted_from_the_date_itself():
    records = records_of([ENTRY, event(1, "alamiah", "2020-08-15")])
    assert told(records, dt.date(2020, 2, 15))[:2] == ("alamiah", 2)
    assert told(records, dt.date(2020, 2, 14))[:2] == ("alamiah", 3)


def test_staying_is_seen_only_for_all_of_the_horizon():
    records = records_of([ENTRY])
    assert told(records, dt.date(2020, 3, 31), horizon=4) == ("masih_peserta", 4, 4)
    assert told(records, dt.date(2020, 3, 31), horizon=4, known_by=dt.date(2020, 12, 31)) == ("tersensor", 1, 1)


def test_a_quarter_matures_exactly_on_its_day():
    records = records_of([ENTRY, event(1, "mandiri", "2020-06-10", known="2020-06-12")])
    lag = observe_outcomes(records, PANEL, known_by=FAR).lag_days
    assert lag == 120
    ripe = date_of(day("2020-06-30") + lag)
    assert told(records, dt.date(2020, 3, 31), known_by=ripe) == ("mandiri", 1, 1)
    eve = ripe - dt.timedelta(days=1)
    assert told(records, dt.date(2020, 3, 31), known_by=eve) == ("tersensor", 0, 0)


def test_gone_but_not_yet_known_is_neither_positive_nor_negative():
    records = records_of([ENTRY, event(1, "mandiri", "2020-03-10", known="2020-05-20")])
    assert told(records, dt.date(2020, 3, 31))[0] == "sudah_keluar"
    assert told(records, dt.date(2020, 3, 31), known_by=dt.date(2020, 5, 19))[0] == "tersensor"


def test_gone_and_back_before_the_date_is_a_member():
    rows = [ENTRY, event(1, "desil", "2020-01-10", known="2020-05-20"), event(1, "masuk_kembali", "2020-02-10", "2020-05-21"),
            event(1, "mandiri", "2020-08-10")]  # fmt: skip
    assert told(records_of(rows), dt.date(2020, 3, 31))[:2] == ("mandiri", 2)


def test_the_first_exit_counts_whatever_follows():
    rows = [
        ENTRY,
        event(1, "desil", "2020-05-10"),
        event(1, "masuk_kembali", "2020-06-10"),
        event(1, "mandiri", "2020-08-10"),
    ]
    assert told(records_of(rows), dt.date(2020, 3, 31))[:2] == ("administratif", 1)
    assert told(records_of(rows), dt.date(2020, 6, 30))[:2] == ("mandiri", 1)


@pytest.mark.parametrize(
    ("kinds", "signed", "way_out"),
    [
        (("desil", "alamiah", "mandiri"), True, "mandiri"),
        (("desil", "alamiah", "ppse"), True, "mandiri"),
        (("desil", "alamiah", "mandiri"), False, "alamiah"),
        (("mandiri", "desil"), False, "administratif"),
        (("alamiah", "admin"), False, "alamiah"),
        (("paksa",), False, "administratif"),
        (("mandiri",), False, "mandiri"),
    ],
)
def test_on_one_day_the_signed_statement_comes_first(kinds, signed, way_out):
    rows = [
        ENTRY,
        *(event(1, kind, "2020-05-10", case="c1" if kind in ("mandiri", "ppse") else "c2") for kind in kinds),
    ]
    if signed:
        rows.append(event(1, "mandiri", "2020-05-02", stage="ttd_pernyataan", case="c1"))
    assert told(records_of(rows), dt.date(2020, 3, 31))[0] == way_out


def test_a_correction_moves_the_label_and_a_void_removes_it():
    first = event(1, "mandiri", "2020-05-10", key=5)
    moved = event(1, "mandiri", "2020-11-10", known="2020-06-20", key=5)
    void = event(1, "mandiri", "2020-11-10", known="2021-02-01", key=5, batal=True)
    records = records_of([ENTRY, first, moved, void])
    y = observe_outcomes(records, history_of(records, [dt.date(2020, 3, 31)]), known_by=FAR)
    assert y.frame["way_out"].to_list() == ["masih_peserta"]
    assert outcomes_known_by(y, "2021-01-31").frame["way_out"].to_list() == ["tersensor"]
    again = records_of([ENTRY, first, moved])
    assert told(again, dt.date(2020, 3, 31))[:2] == ("mandiri", 3)


def test_labels_follow_the_earliest_id():
    rows = [ENTRY, event(2, "alamiah", "2020-08-10")]
    assert told(records_of(rows), dt.date(2020, 3, 31))[0] == "masih_peserta"
    linked = records_of(rows, tautan_kpm=[link(1, 2, "2020-07-01")])
    assert told(linked, dt.date(2020, 3, 31))[:2] == ("alamiah", 2)


def test_a_statement_without_a_case_number_counts_for_all_ids_of_the_family():
    signed = event(1, "mandiri", "2020-05-02", stage="ttd_pernyataan")
    moves = (("masuk", "2020-06-15"), ("mandiri", "2020-08-10"), ("alamiah", "2020-08-10"))
    rows = [ENTRY, signed, *(event(2, kind, on) for kind, on in moves)]
    linked = records_of(rows, tautan_kpm=[link(1, 2, "2020-07-01")])
    assert told(linked, dt.date(2020, 3, 31))[:2] == ("mandiri", 2)
    assert told(records_of(rows), dt.date(2020, 6, 30), number=2)[0] == "alamiah"


# ---------------------------------------------------------------- the reporting lag
def many_exits(lags):
    start = day("2019-01-01")
    rows = [event(1, "alamiah", start + i, start + i + lag, key=i) for i, lag in enumerate(lags)]
    return records_of([event(1, "masuk", "2018-01-01", key=10**6), *rows])


def lag_of(records, known_by):
    y = observe_outcomes(records, history_of(records, [dt.date(2018, 6, 30)]), known_by=known_by)
    return y.lag_days


def test_the_lag_is_the_95_percent_quantile_of_many_exits():
    lags = list(range(1, 101))
    assert lag_of(many_exits(lags), FAR) == np.quantile(lags, 0.95, method="higher")


def test_few_exits_can_raise_the_documented_lag_but_not_lower_it():
    assert lag_of(many_exits([3] * (LAG_MIN_EVENTS - 1)), FAR) == 120
    assert lag_of(many_exits([3] * LAG_MIN_EVENTS), FAR) == 3
    assert lag_of(many_exits([400] * 10), FAR) == 400


def test_young_exits_teach_nothing_because_only_fast_reports_are_in():
    start, slow = day("2019-01-01"), 60
    rows = [event(1, "alamiah", start + i, start + i + 200, key=i) for i in range(slow)]
    rows += [event(1, "alamiah", start + slow, start + slow, key=slow + i) for i in range(2000)]
    records = records_of([event(1, "masuk", "2018-01-01", key=10**6), *rows])
    window = LAG_WINDOW_FACTOR * 120
    assert lag_of(records, date_of(start + slow - 1 + window)) == 200
    assert lag_of(records, date_of(start + slow + window)) == 0


def test_the_lag_runs_to_the_first_news_and_from_the_corrected_day():
    rows = [event(1, "masuk", "2018-01-01", key=10**6)]
    for i in range(LAG_MIN_EVENTS):
        rows.append(event(1, "alamiah", "2019-03-01", "2019-04-10", key=i))
        rows.append(event(1, "alamiah", "2019-03-11", "2020-01-10", key=i))
    assert lag_of(records_of(rows), FAR) == 30


def test_dates_that_were_filled_in_teach_nothing():
    rows = [event(1, "alamiah", day("2019-01-01") + i, day("2019-01-01") + i + 5, key=i) for i in range(100)]
    guessed = records_of([ENTRY, *({**row, "perkiraan": True} for row in rows)])
    assert lag_of(guessed, FAR) == 120
    y = observe_outcomes(records_of([ENTRY, *rows]), history_of(guessed, [dt.date(2018, 6, 30)]), known_by=FAR)
    assert learn_lag(y.exits, FAR) == 5


# ---------------------------------------------------------------- matured, and what is refused
def test_matured_tells_the_same_at_a_shorter_horizon():
    rows = [event(n, "masuk", "2018-05-01") for n in (1, 2, 3)]
    rows += [
        event(1, "mandiri", "2020-05-10"),
        event(2, "alamiah", "2021-02-10"),
        event(3, "desil", "2020-03-10", "2020-04-10"),
    ]
    records = records_of(rows)
    history = history_of(records, [dt.date(2020, 3, 31), dt.date(2023, 12, 31)])
    y = observe_outcomes(records, history, horizon=8, known_by=dt.date(2024, 2, 1))
    short = matured(y, 2)
    assert short.max_horizon == 2
    assert short.frame["way_out"].to_list() == ["mandiri", "masih_peserta", "sudah_keluar"]
    assert short.frame["quarter"].to_list() == [1, 2, 0]
    direct = observe_outcomes(
        records, history_of(records, [dt.date(2020, 3, 31)]), horizon=2, known_by=dt.date(2024, 2, 1)
    )
    pd.testing.assert_frame_equal(short.frame, direct.frame)


def test_known_by_is_the_last_news_unless_said():
    records = records_of([ENTRY, event(1, "mandiri", "2020-06-10", known="2020-09-12")])
    assert observe_outcomes(records, history_of(records, [dt.date(2019, 3, 31)])).known_by == dt.date(2020, 9, 12)


def test_what_cannot_be_told_is_refused():
    records = records_of([ENTRY])
    history = history_of(records, [dt.date(2019, 3, 31)])
    y = observe_outcomes(records, history, horizon=4, known_by=FAR)
    with pytest.raises(ValueError, match="at least 1"):
        observe_outcomes(records, history, horizon=0, known_by=FAR)
    with pytest.raises(ValueError, match="say known_by"):
        observe_outcomes(records_of(), history)
    with pytest.raises(ContractError, match="peristiwa_status"):
        observe_outcomes(Records({"keluarga": records.tables["keluarga"]}, True, "tes"), history)
    with pytest.raises(ValueError, match="which is later"):
        outcomes_known_by(y, "2026-01-02")
    with pytest.raises(ValueError, match=r"1\.\.4"):
        matured(y, 5)
