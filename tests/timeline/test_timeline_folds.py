import dataclasses
import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from timeline_worlds import START, event, family, panel, records_of

from pkh_graduation.programme.calendar import add_tahap, date_of, day_of, tahap_ends
from pkh_graduation.timeline import PanelFolds, observe_outcomes

MANY = range(1, 41)
DATES = tahap_ends(date_of(START), dt.date(2022, 12, 31))
KNOWN_BY = dt.date(2023, 6, 30)


def lead_of(number):
    return f"d{number % 8}"


HISTORY = panel(DATES, MANY, lead_of)
X = pd.DataFrame({"x": 0.0}, index=HISTORY.frame.index)
RECORDS = records_of(
    [event(n, "masuk", "2018-01-01") for n in MANY]
    + [event(n, "mandiri", START + 35 * n, START + 35 * n + 20) for n in MANY if n % 3 == 0]
    + [event(2, "desil", "2021-09-20", known="2021-11-05"), event(4, "desil", "2020-09-20", known="2020-11-05")]
)
Y = observe_outcomes(RECORDS, HISTORY, horizon=4, known_by=KNOWN_BY)


def folds_of(y=Y, X=X, history=HISTORY, n_origins=3, horizon=4, **options):
    return list(PanelFolds(n_origins, horizon, **options).split(X, y, history))


# ---------------------------------------------------------------- where the origins lie
def test_the_last_origin_is_the_latest_whose_horizon_is_mature():
    origins = [fold.origin for fold in folds_of()]
    assert Y.lag_days == 120
    ripe = [date for date in DATES if day_of(add_tahap(date, 4)) + Y.lag_days <= day_of(KNOWN_BY)]
    assert origins == ripe[-3:]


def test_the_last_origin_ripens_exactly_on_its_day():
    ripe = day_of(add_tahap(dt.date(2021, 12, 31), 4)) + 120
    on_the_day = observe_outcomes(RECORDS, HISTORY, horizon=4, known_by=date_of(ripe))
    on_the_eve = observe_outcomes(RECORDS, HISTORY, horizon=4, known_by=date_of(ripe - 1))
    assert PanelFolds(1, 4).origins(on_the_day) == [dt.date(2021, 12, 31)]
    assert PanelFolds(1, 4).origins(on_the_eve) == [dt.date(2021, 9, 30)]


def test_origins_lie_step_dates_apart():
    assert [fold.origin for fold in folds_of(step=2)] == DATES[DATES.index(folds_of()[-1].origin) - 4 :: 2][:3]


def test_training_may_begin_later():
    (fold,) = folds_of(n_origins=1, first_as_of="2020-T2")
    assert fold.train.get_level_values("as_of").min() == pd.Timestamp("2020-06-30")


# ---------------------------------------------------------------- what is learnt from, what is judged
def test_training_rows_stop_where_the_origin_could_not_yet_see():
    for fold in folds_of():
        assert fold.y_train.known_by == fold.origin
        last = fold.train.get_level_values("as_of").max().date()
        assert day_of(add_tahap(last, 1)) + fold.y_train.lag_days <= day_of(fold.origin)
        assert day_of(add_tahap(add_tahap(last, 1), 1)) + fold.y_train.lag_days > day_of(fold.origin)
        frame = fold.y_train.frame
        assert frame.index.equals(fold.train)
        assert (frame["quarter"] <= frame["observed"]).all() and (frame["observed"] > 0).all()


def test_the_test_rows_are_the_snapshot_at_the_origin_judged_later():
    for fold in folds_of():
        assert set(fold.test.get_level_values("as_of")) == {pd.Timestamp(fold.origin)}
        assert fold.y_test.known_by == KNOWN_BY
        assert (fold.y_test.frame["observed"] == 4).all()
        assert "tersensor" not in set(fold.y_test.frame["way_out"])


def test_families_already_gone_are_neither_learnt_from_nor_judged():
    (fold,) = [fold for fold in folds_of() if fold.origin == dt.date(2021, 9, 30)]
    gone = (family(2), pd.Timestamp(fold.origin))
    long_gone = (family(4), pd.Timestamp("2020-09-30"))
    assert long_gone not in fold.train and (family(2), long_gone[1]) in fold.train
    assert gone not in fold.test
    assert fold.y_test.frame.loc[gone, "way_out"] == "sudah_keluar"
    assert (
        len(fold.y_test.frame) == len(MANY) == len(fold.test) + (fold.y_test.frame["way_out"] == "sudah_keluar").sum()
    )
    assert (fold.y_test.frame.loc[fold.test, "way_out"] != "sudah_keluar").all()


def test_a_shorter_horizon_judges_at_that_horizon():
    y = observe_outcomes(RECORDS, HISTORY, horizon=8, known_by=KNOWN_BY)
    (fold,) = folds_of(y=y, n_origins=1, horizon=2)
    assert fold.y_test.max_horizon == 2
    assert set(fold.y_test.frame.loc[fold.test, "quarter"]) <= {1, 2}
    assert fold.y_train.max_horizon == 8


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**31))
def test_nothing_known_after_an_origin_reaches_its_training(seed):
    """Everything known after the origin is rewritten: days, kinds, voids, corrections and new exits."""
    rng = np.random.default_rng(seed)
    rows = [random_event(rng, key, START) for key in range(40)]
    rows += [{**row, "day": row["day"] - 30, "known": row["known"] + 200} for row in rows[:10]]
    before = {fold.origin: fold for fold in folds_from(rows)}
    origin = sorted(before)[int(rng.integers(0, len(before)))]
    after = [{**random_event(rng, row["key"], day_of(origin)), "kpm_id": row["kpm_id"], "batal": bool(rng.integers(0, 2))}
             if row["known"] > day_of(origin) else row for row in rows]  # fmt: skip
    after += [random_event(rng, 100 + number, day_of(origin)) for number in range(9)]
    (again,) = [fold for fold in folds_from(after) if fold.origin == origin]
    pd.testing.assert_frame_equal(before[origin].y_train.frame, again.y_train.frame)
    pd.testing.assert_frame_equal(before[origin].y_train.exits, again.y_train.exits)
    assert before[origin].train.equals(again.train)


def random_event(rng, key, known_after):
    """An event known after a day and at most 120 days late, so that the lag, and with it every origin, stays the same."""
    known = int(rng.integers(known_after + 1, day_of(KNOWN_BY)))
    kind = str(rng.choice(["mandiri", "alamiah", "desil", "masuk_kembali"]))
    return event(int(rng.choice(MANY)), kind, known - int(rng.integers(0, 120)), known, key=key)


def folds_from(rows):
    y = observe_outcomes(records_of(rows), HISTORY, horizon=2, known_by=KNOWN_BY)
    assert y.lag_days <= 150
    return folds_of(y=y, n_origins=6, horizon=2)


# ---------------------------------------------------------------- hold-outs
@pytest.mark.parametrize("kinds", [{"kpm"}, {"pendamping"}, {"kpm", "pendamping"}])
def test_what_is_new_at_the_test_was_never_trained_on(kinds):
    folds = folds_of(holdout=kinds, fraction=0.5, random_state=3)
    plain = folds_of()
    lead = HISTORY.frame["pendamping_id"]
    for fold, whole in zip(folds, plain, strict=True):
        if "kpm" in kinds:
            assert not set(fold.test.get_level_values("kpm_id")) & set(fold.train.get_level_values("kpm_id"))
        if "pendamping" in kinds:
            assert not set(lead.loc[fold.test]) & set(lead.loc[fold.train])
        assert 0 < len(fold.test) < len(whole.test) and 0 < len(fold.train) < len(whole.train)
        assert fold.test.isin(whole.test).all() and fold.train.isin(whole.train).all()


def test_the_draw_is_a_share_fixed_by_its_seed():
    one, other = (folds_of(holdout={"pendamping"}, fraction=0.25, random_state=seed)[-1].test for seed in (0, 1))
    again = folds_of(holdout={"pendamping"}, fraction=0.25, random_state=0)[-1].test
    assert again.equals(one) and not other.equals(one)
    assert HISTORY.frame["pendamping_id"].loc[one].nunique() == 2


# ---------------------------------------------------------------- what is refused
def test_a_panel_that_is_too_short_is_refused_with_the_reason():
    with pytest.raises(ValueError, match=r"too short: 40 origins .*reporting lag 120 days"):
        folds_of(n_origins=40)
    short = panel(DATES[-1:], MANY)
    y = observe_outcomes(RECORDS, short, horizon=4, known_by=KNOWN_BY)
    with pytest.raises(ValueError, match="there are 0 of 1"):
        folds_of(y=y, X=pd.DataFrame(index=short.frame.index), history=short, n_origins=1)


def test_an_origin_without_a_past_is_refused():
    with pytest.raises(ValueError, match="has 0 rows to train on"):
        folds_of(n_origins=len(PanelFolds(1, 4).origins(Y)) + 9)


def test_rows_without_dates_are_refused():
    with pytest.raises(ValueError, match="one row per family and as-of date"):
        folds_of(X=X.reset_index(drop=True))


def test_other_families_or_dates_are_refused():
    with pytest.raises(ValueError, match="not the same"):
        folds_of(X=X.iloc[1:])
    other = dataclasses.replace(Y, frame=Y.frame.iloc[:-1])
    with pytest.raises(ValueError, match="outcomes"):
        folds_of(y=other)


def test_the_order_of_rows_does_not_matter():
    shuffled = X.sample(frac=1, random_state=1)
    for one, other in zip(folds_of(), folds_of(X=shuffled), strict=True):
        assert one.train.equals(other.train) and one.test.equals(other.test)


def test_a_horizon_beyond_the_outcomes_is_refused():
    with pytest.raises(ValueError, match="observe them with horizon=5"):
        folds_of(horizon=5)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n_origins": 0}, "n_origins"),
        ({"horizon": 0}, "horizon"),
        ({"step": 0}, "step"),
        ({"holdout": {"desa"}}, "holdout knows"),
        ({"fraction": 1.0}, "fraction"),
    ],
)
def test_impossible_settings_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        PanelFolds(**{"n_origins": 1, "horizon": 1, **options})


def test_missing_pendamping_are_never_new():
    frame = HISTORY.frame.copy()
    frame.loc[frame["pendamping_id"] == "d1", "pendamping_id"] = None
    history = dataclasses.replace(HISTORY, frame=frame)
    for fold in folds_of(history=history, holdout={"pendamping"}, fraction=0.9):
        assert frame.loc[fold.test, "pendamping_id"].notna().all()
