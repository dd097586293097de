"""Solver, ramps, level and recursion: the arithmetic under a hazard."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.special import expit, logit
from sklearn.linear_model import LogisticRegression

from pkh_graduation.estimators.hazards import CauseHazard
from pkh_graduation.estimators.incidence import incidence_path, mandiri_by_horizon
from pkh_graduation.estimators.levels import fit_level, flat_level
from pkh_graduation.estimators.ramps import RampBasis
from pkh_graduation.estimators.ridge import ridge_logistic


@pytest.fixture(scope="module")
def sample() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    matrix = np.column_stack([random.normal(size=(600, 3)), np.ones(600)])
    event = (random.random(600) < expit(matrix @ [1.0, -1.0, 0.0, -1.0])).astype(float)
    return matrix, event, random.uniform(0.5, 2.0, 600)


def test_the_solver_agrees_with_scikit_learn(sample):
    matrix, event, weight = sample
    ours = ridge_logistic(matrix, event, weight, ridge=np.array([2.0, 2.0, 2.0, 0.0]))
    theirs = LogisticRegression(C=0.5, tol=1e-10, max_iter=1000).fit(matrix[:, :3], event, sample_weight=weight)
    assert ours[:3] == pytest.approx(theirs.coef_[0], abs=1e-5)
    assert ours[3] == pytest.approx(theirs.intercept_[0], abs=1e-5)


def test_bounds_hold_and_the_rest_adapts(sample):
    matrix, event, weight = sample
    bounded = ridge_logistic(
        matrix, event, weight, ridge=np.zeros(4), lower=np.array([-np.inf, 0, 0, -np.inf]), upper=np.full(4, np.inf)
    )
    assert bounded[1] == 0.0
    without = ridge_logistic(
        matrix[:, [0, 2, 3]], event, weight, ridge=np.zeros(3), lower=np.array([-np.inf, 0, -np.inf])
    )
    assert bounded[[0, 2, 3]] == pytest.approx(without, abs=1e-5)


def test_a_strong_prior_is_kept(sample):
    matrix, event, weight = sample
    prior = np.array([0.3, 0.2, 0.1, 0.0])
    assert ridge_logistic(matrix, event, weight, ridge=np.full(4, 1e9), prior=prior) == pytest.approx(prior, abs=1e-5)


def test_ramps_are_monotone_flat_outside_and_fill_the_missing():
    values = np.column_stack([np.linspace(0, 1, 101), np.repeat([0.0, 1.0], [100, 1])])
    values[3, 0] = np.nan
    basis = RampBasis().fit(values, np.array([1, -1]))
    probe = np.array([[-np.inf, 0.0], [0.2, 0.0], [0.9, 1.0], [np.inf, 1.0], [np.nan, np.nan]])
    ramps = basis.transform(probe)
    assert basis.owner_.tolist() == [0, 0, 0, 1, 0]
    rows = ramps[:4, :3].sum(axis=1)
    assert rows[0] == 0.0
    assert rows[3] == 3.0
    assert (np.diff(rows) > 0).all()
    assert ramps[:, 4].tolist() == [0, 0, 0, 0, 1]
    middle = basis.transform(np.array([[np.median(values[~np.isnan(values[:, 0]), 0]), 0.0]]))
    assert (ramps[4, :4] == middle[0, :4]).all()


def test_ramps_carry_the_bounds_of_their_sign():
    basis = RampBasis(n_ramps=1).fit(np.random.default_rng(0).normal(size=(50, 3)), np.array([1, -1, 0]))
    lower, upper = basis.bounds()
    assert lower.tolist() == [0, -np.inf, -np.inf]
    assert upper.tolist() == [np.inf, 0, np.inf]


def test_constant_and_missing_columns_have_no_ramp():
    values = np.column_stack([np.full(20, 3.0), np.full(20, np.nan)])
    assert RampBasis().fit(values, np.zeros(2, dtype=int)).transform(values).shape == (20, 0)


def panel(level: list[float], per_quarter: int = 4000, slope: float = 1.0, seed: int = 0) -> tuple[np.ndarray, ...]:
    """Signals and events of quarters 8096, 8097, ... (the first of 2024), one log-odds level each."""
    random = np.random.default_rng(seed)
    target = np.repeat(np.arange(len(level)) + 8096, per_quarter)
    signal = random.normal(size=len(target))
    ahead = random.integers(1, 5, size=len(target))
    event = random.random(len(target)) < expit(np.repeat(level, per_quarter) + slope * signal)
    return signal, target, ahead, event, np.ones(len(target))


def test_the_level_follows_the_last_year_not_the_long_run():
    level = fit_level(*panel([-5.0] * 8 + [-2.0] * 4))
    signal, target, ahead, event, _ = panel([-2.0] * 4, seed=9)
    assert expit(level.margin(signal, target - ahead, ahead)).mean() == pytest.approx(event.mean(), rel=0.05)


def test_the_recent_mean_is_observed_exactly():
    signal, target, ahead, event, weight = panel([-3.0] * 12)
    level = fit_level(signal, target, ahead, event, weight)
    last = target >= target.max() - 3
    predicted = expit(level.margin(signal, target - ahead, ahead))[last]
    assert predicted.sum() == pytest.approx(event[last].sum(), rel=0.01)


def test_an_overfitted_signal_is_shrunk_and_a_season_learned():
    season = np.log([0.6, 0.8, 1.0, 1.6])
    signal, target, ahead, event, weight = panel([-3.0 + season[k % 4] for k in range(12)], slope=0.5)
    level = fit_level(signal, target, ahead, event, weight)
    assert level.slope == pytest.approx(0.5, abs=0.07)
    assert level.season == pytest.approx(season - season.mean(), abs=0.15)


def test_one_year_teaches_no_season():
    assert (fit_level(*panel([-3.0, -2.0, -3.0, -2.0])).season == 0).all()


def test_a_useless_signal_never_turns_round():
    level = fit_level(*panel([-2.0] * 8, slope=-1.0))
    assert (level.gain(np.arange(1, 9)) > 0).all()


def test_a_flat_level_is_its_rate():
    level = flat_level(0.02)
    assert level.margin(np.zeros(3), np.arange(3), np.ones(3, dtype=int)) == pytest.approx(logit(0.02))


hazards = arrays(np.float64, (5, 6), elements=st.floats(0, 1))


@given(hazards, hazards, hazards)
def test_states_sum_to_one_and_no_incidence_ever_falls(administratif, alamiah, mandiri):
    path = incidence_path(administratif, alamiah, mandiri)
    assert np.abs(path.sum(axis=2) - 1).max() <= 1e-9
    assert (np.diff(path[:, :, 1:], axis=1) >= 0).all()
    assert path.min() >= 0
    assert mandiri_by_horizon(administratif, alamiah, mandiri) == pytest.approx(path[:, -1, 1], abs=1e-12)


@given(hazards, hazards)
def test_without_alamiah_more_families_can_leave_by_mandiri(alamiah, mandiri):
    none = np.zeros_like(mandiri)
    fewer, more = incidence_path(none, alamiah, mandiri), incidence_path(none, none, mandiri)
    assert (more[:, -1, 1] >= fewer[:, -1, 1] - 1e-12).all()


@pytest.mark.parametrize("members", [1, 8])
def test_a_familys_signal_does_not_depend_on_how_many_are_scored_beside_her(members):
    random = np.random.default_rng(members)
    hazard = CauseHazard()
    hazard.coef_, hazard.offset_ = random.normal(size=(members, 37)), random.normal(size=members)
    basis = np.asfortranarray(random.random((301, 37)))
    whole = hazard._ramp_signals(basis)
    np.testing.assert_allclose(whole, hazard.coef_ @ basis.T + hazard.offset_[:, None], rtol=0, atol=1e-12)
    for size in (1, 2, 7, 100, 300):
        part = np.asfortranarray(basis[-size:])
        np.testing.assert_array_equal(hazard._ramp_signals(part), whole[:, -size:])
