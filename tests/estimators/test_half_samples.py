"""Who of the bag saw whom, and that what it remembers of families that stayed is not in the chances."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_worlds import make_world
from scipy.special import expit

from pkh_graduation.estimators import GraduationModel, hazards
from pkh_graduation.estimators.half_samples import HalfSamples, draw_halves, lift_of_stayers, unseen_mean
from pkh_graduation.estimators.hazards import CauseHazard
from pkh_graduation.estimators.person_period import FollowUp, draw_periods, follow_up, stayers
from pkh_graduation.programme.vocabulary import MANDIRI

CODES = np.array([2, 3, 5, 8])
HALVES = HalfSamples(CODES, np.array([[True, False, True, False], [True, True, False, False]]))


def test_a_household_outside_the_sample_was_seen_by_nobody():
    asked = np.array([1, 2, 3, 4, 5, 8, 9])
    assert HALVES.hold(asked).tolist() == [False, True, True, False, True, True, False]
    assert HALVES.saw(asked).tolist() == [
        [False, True, False, False, True, False, False],
        [False, True, True, False, False, False, False],
    ]


@pytest.mark.parametrize("n_members", [1, 2, 5])
def test_every_member_sees_half_of_the_leavers_and_half_of_the_others(world, n_members):
    periods = draw_periods(follow_up(world.X.index, world.y), MANDIRI)
    halves = draw_halves(periods, n_members, random_state=3)
    leaver = np.isin(halves.households, periods.household[periods.event])
    for group in (leaver, ~leaver):
        assert (halves.drawn[:, group].sum(axis=1) == (group.sum() + 1) // 2).all()
    assert halves.hold(periods.household).all()


def test_only_members_that_did_not_see_a_household_speak_for_it():
    mean, judged = unseen_mean(
        np.array([[1.0, 2.0, 3.0], [5.0, 6.0, 7.0]]), np.array([[1, 0, 1], [0, 0, 1]], dtype=bool)
    )
    assert mean.tolist() == [5.0, 4.0, 0.0]
    assert judged.tolist() == [True, True, False]


@given(st.integers(0, 2**31), st.integers(2, 6), st.floats(0.0, 0.5))
def test_what_members_remember_is_taken_out(seed, n_members, remembered):
    """Members know the signal but lower it for whom they saw; half of the families are in the sample, as in the bag's half."""
    random = np.random.default_rng(seed)
    households = np.arange(2000)
    halves = HalfSamples(households[::2], random.random((n_members, 1000)) < 0.5)
    truth, weight = random.normal(-3.0, 0.5, 2000), random.uniform(0.5, 2.0, 2000)
    saw = halves.saw(households)
    lift = lift_of_stayers(truth - remembered * saw, halves, households, weight, expit)
    assert lift == pytest.approx(remembered / 4, abs=0.1 * remembered + 1e-9)
    # members that remember nothing are left alone
    assert lift_of_stayers(truth + 0.0 * saw, halves, households, weight, expit) == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize("drawn", [np.ones((2, 4), dtype=bool), np.zeros((1, 4), dtype=bool)])
def test_without_members_of_both_kinds_the_level_is_left_alone(drawn):
    halves = HalfSamples(CODES, drawn)
    assert lift_of_stayers(np.zeros(drawn.shape), halves, CODES, np.ones(4), expit) == 0.0


def followed(rows: list[tuple[int, int, int, int]]) -> FollowUp:
    """From (household, start, seen, cause), in order."""
    household, start, seen, cause = np.array(rows).T
    return FollowUp(np.arange(len(rows))[::-1], household, start, seen, cause, 4)


def test_stayers_are_those_still_at_risk_when_learning_ends():
    follow = followed([
        (0, 10, 4, -1), (0, 13, 2, -1), (0, 14, 1, -1),  # stayed: its latest date stands for it
        (1, 12, 3, -1), (1, 15, 0, -1),  # stayed; the later date has seen nothing yet
        (2, 13, 2, 2), (3, 12, 2, -1), (4, 13, 2, -1),  # left; lost a quarter earlier; stayed
    ])  # fmt: skip
    found = stayers(follow)
    assert found.household.tolist() == [0, 1, 4]
    assert found.row.tolist() == [follow.row[2], follow.row[3], follow.row[7]]
    assert found.end == 15
    weight = np.ones(8)
    weight[found.row[1]] = 0.0
    assert stayers(follow, family_weight=weight).household.tolist() == [0, 4]
    assert stayers(follow, most=2).household.tolist() == [0, 4]


def test_nobody_stayed_is_no_error():
    assert not len(stayers(followed([(0, 10, 1, 2), (1, 10, 0, -1)])).row)


def test_families_that_stayed_are_told_what_blind_members_say(monkeypatch):
    world = make_world(n=2000, quarters=12, seed=21, level=-3.6)
    follow = follow_up(world.X.index, world.y)
    stayed = stayers(follow)
    model = GraduationModel(blend=0.0, n_members=4, max_iter=40).fit(world.X, world.y)
    monkeypatch.setattr(hazards, "lift_of_stayers", lambda *_: 0.0)
    remembering = GraduationModel(**model.get_params()).fit(world.X, world.y)
    told, unlifted = model.mandiri_, remembering.mandiri_
    signals = told.signals(world.X.iloc[stayed.row])
    assert np.array_equal(signals, unlifted.signals(world.X.iloc[stayed.row]))
    halves = draw_halves(model._draw(follow, MANDIRI, None), 4, model.random_state)
    blind, judged = unseen_mean(signals, halves.saw(stayed.household))

    def mean(of: CauseHazard, signal: np.ndarray, among: np.ndarray) -> float:
        margin = of.level_.margin(signal[among, None], np.array([stayed.end]), np.arange(1, 5))
        return float(expit(margin).mean())

    everybody = np.ones(len(judged), dtype=bool)
    honest = mean(unlifted, blind, judged)
    whole = signals.mean(axis=0)
    assert mean(told, whole, everybody) == pytest.approx(honest, rel=0.015)
    # the bag does remember: without the lift the same families are several per cent less likely to leave
    assert mean(unlifted, whole, everybody) < 0.97 * honest
