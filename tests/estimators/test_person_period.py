import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_worlds import index_of, relabelled

from pkh_graduation.contracts import Outcomes
from pkh_graduation.estimators.person_period import (
    FollowUp,
    draw_periods,
    follow_up,
    marginal_hazard,
    periods_at_risk,
    quarter_of,
    recent_window,
)

DATE = "2023-12-31"


def outcomes(labels: list[tuple[str, int, int]], max_horizon: int = 4) -> tuple[pd.MultiIndex, Outcomes]:
    index = index_of([(f"k{place:015x}", DATE) for place in range(len(labels))])
    frame = pd.DataFrame(labels, columns=["way_out", "quarter", "observed"], index=index)
    return index, Outcomes(frame, pd.DataFrame(), pd.Timestamp("2025-01-01").date(), 0, max_horizon)


def lines(follow: FollowUp, cause: str) -> list[tuple[int, int, bool]]:
    place, ahead, event = periods_at_risk(follow, cause)
    return sorted(zip(follow.row[place].tolist(), ahead.tolist(), event.tolist(), strict=True))


LABELS = [("mandiri", 2, 4), ("administratif", 2, 4), ("alamiah", 1, 4), ("tersensor", 1, 1), ("masih_peserta", 4, 4)]


def test_quarters_before_an_earlier_cause_stay_and_its_own_quarter_goes():
    follow = follow_up(*outcomes(LABELS))
    stay = [(4, 1, False), (4, 2, False), (4, 3, False), (4, 4, False)]
    assert lines(follow, "mandiri") == [(0, 1, False), (0, 2, True), (1, 1, False), (3, 1, False), *stay]
    assert lines(follow, "alamiah") == [
        (0, 1, False), (0, 2, False), (1, 1, False), (2, 1, True), (3, 1, False), *stay,
    ]  # fmt: skip
    assert lines(follow, "administratif") == [
        (0, 1, False), (0, 2, False), (1, 1, False), (1, 2, True), (2, 1, False), (3, 1, False), *stay,
    ]  # fmt: skip


def test_families_already_gone_and_quarters_not_observed_give_no_lines():
    follow = follow_up(*outcomes([("sudah_keluar", 0, 4), ("tersensor", 0, 0)]))
    assert all(lines(follow, cause) == [] for cause in ("mandiri", "alamiah", "administratif"))


def test_an_exit_in_an_immature_quarter_does_not_count():
    follow = follow_up(*outcomes([("mandiri", 3, 2)]))
    assert lines(follow, "mandiri") == [(0, 1, False), (0, 2, False)]


@pytest.mark.parametrize(
    ("date", "quarter"), [("2024-03-31", 0), ("2024-04-01", 0), ("2024-06-30", 1), ("2023-12-31", -1)]
)
def test_a_date_closes_its_quarter(date: str, quarter: int):
    assert quarter_of(np.array([date], dtype="datetime64[s]"))[0] == 4 * 2024 + quarter


def test_weights_restore_the_totals_of_every_calendar_quarter(world):
    follow = follow_up(world.X.index, world.y)
    place, ahead, event = periods_at_risk(follow, "mandiri")
    drawn = draw_periods(follow, "mandiri", negatives_per_event=3, min_negatives=20, random_state=1)
    target = follow.start[place] + ahead
    for quarter in np.unique(target):
        mine = drawn.target == quarter
        assert drawn.weight[mine & drawn.event].sum() == event[target == quarter].sum()
        assert drawn.weight[mine & ~drawn.event].sum() == pytest.approx((~event)[target == quarter].sum())
    assert len(drawn.row) < len(place) / 3


def test_weighted_means_of_a_feature_are_unbiased(world):
    follow = follow_up(world.X.index, world.y)
    place, _, event = periods_at_risk(follow, "mandiri")
    w = world.X["w"].to_numpy()
    truth = w[follow.row[place[~event]]].mean()
    means = []
    for seed in range(20):
        drawn = draw_periods(follow, "mandiri", negatives_per_event=2, min_negatives=20, random_state=seed)
        negative = ~drawn.event
        means.append(np.average(w[drawn.row[negative]], weights=drawn.weight[negative]))
    assert np.mean(means) == pytest.approx(truth, abs=3 * np.std(means) / np.sqrt(20))


def test_many_events_are_thinned_and_still_add_up(world):
    drawn = draw_periods(follow_up(world.X.index, world.y), "mandiri", max_events=300, min_negatives=1)
    everyone = draw_periods(follow_up(world.X.index, world.y), "mandiri")
    assert 200 < drawn.event.sum() < 400 < everyone.event.sum()
    assert drawn.weight[drawn.event].sum() == pytest.approx(everyone.event.sum())
    assert drawn.weight[~drawn.event].sum() == pytest.approx(everyone.weight[~everyone.event].sum())
    assert (~drawn.event).sum() < 3 * drawn.event.sum()


def test_the_sample_does_not_depend_on_the_order_of_rows(world):
    shuffled = world.X.sample(frac=1, random_state=3)
    one = draw_periods(follow_up(world.X.index, world.y), "mandiri")
    other = draw_periods(follow_up(shuffled.index, world.y), "mandiri")
    assert (world.X.index[one.row] == shuffled.index[other.row]).all()
    assert (one.ahead == other.ahead).all()
    assert (one.weight == other.weight).all()


def test_families_without_weight_are_left_out(world):
    weight = (world.X["owns"] == 1).to_numpy(dtype=float)
    drawn = draw_periods(follow_up(world.X.index, world.y), "mandiri", family_weight=weight)
    assert (world.X["owns"].to_numpy()[drawn.row] == 1).all()


def test_one_exit_seen_from_several_dates_counts_once(world):
    drawn = draw_periods(follow_up(world.X.index, world.y), "mandiri")
    left = world.y.frame["way_out"] == "mandiri"
    families = world.X.index[left].get_level_values("kpm_id").nunique()
    assert drawn.exits == families < drawn.event.sum()


def test_the_recent_window_grows_until_it_holds_enough_exits():
    target = np.repeat(np.arange(20), 10)
    every = np.ones(200, dtype=bool)
    assert recent_window(target, every).sum() == 40
    early = target < 8
    assert set(target[recent_window(target, early)]) == set(range(4, 20))
    assert recent_window(target, ~every).all()


def test_marginal_hazard_without_any_line_is_a_half_in_one():
    assert marginal_hazard(follow_up(*outcomes([("tersensor", 0, 0)])), "mandiri") == 0.5


def test_rows_without_outcome_are_refused_by_number(world):
    few = relabelled(world.y, world.y.frame.iloc[:-7])
    with pytest.raises(ValueError, match=r"7 of \d+ rows of X have no outcome in y.*same snapshots"):
        follow_up(world.X.index, few)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["mandiri", "alamiah", "administratif", "tersensor", "masih_peserta", "sudah_keluar"]),
            st.integers(1, 4),
            st.integers(0, 4),
        ),
        min_size=1,
        max_size=30,
    )
)
def test_no_cause_is_counted_twice_and_no_line_lies_beyond_what_was_observed(labels):
    follow = follow_up(*outcomes(labels))
    for code, cause in enumerate(("administratif", "alamiah", "mandiri")):
        place, ahead, event = periods_at_risk(follow, cause)
        assert event.sum() == (follow.cause == code).sum()
        observed = np.array([label[2] for label in labels])
        assert (ahead <= observed[follow.row[place]]).all()
