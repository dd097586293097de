import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit

from pkh_graduation.estimators.calibration_checks import calibration_measures, group_calibration, shrunken_error


def drawn(n: int = 20_000, seed: int = 0, *, slope: float = 1.0, factor: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities said, and events of a truth that is steeper or rarer."""
    random = np.random.default_rng(seed)
    margin = random.normal(-2.5, 1.0, n)
    return expit(margin), random.random(n) < expit(slope * margin) * factor


def test_a_true_model_passes_every_gate_about_as_often_as_promised():
    inside = np.zeros((40, 3))
    for seed in range(40):
        p, event = drawn(2000, seed=seed)
        got = calibration_measures(p, event, draws=100, random_state=seed)
        inside[seed] = [
            got.ratio_low <= 1 <= got.ratio_high, got.slope_low <= 1 <= got.slope_high, got.ece <= got.ece_limit
        ]  # fmt: skip
    # 95 % each; 40 tries leave a standard error of 3.4 points
    assert (inside.mean(axis=0) >= 0.95 - 3 * 0.034).all()


def test_a_wrong_level_and_a_wrong_slope_are_seen():
    rare = calibration_measures(*drawn(factor=0.6))
    assert rare.ratio_low > 1.3
    assert rare.ece > rare.ece_limit
    flat = calibration_measures(*drawn(slope=0.6))
    assert flat.slope_high < 0.8


def test_lines_repeated_within_households_widen_the_interval_as_they_should():
    p, event = drawn(2000)
    once = calibration_measures(p, event, draws=10)
    four = calibration_measures(np.tile(p, 4), np.tile(event, 4), cluster=np.tile(np.arange(2000), 4), draws=10)
    assert four.ratio_high == pytest.approx(once.ratio_high)
    assert four.slope_low == pytest.approx(once.slope_low, abs=1e-6)
    assert calibration_measures(np.tile(p, 4), np.tile(event, 4), draws=10).ratio_high < once.ratio_high


def test_an_event_foretold_twice_is_one_event():
    p, event = drawn(2000)
    once = calibration_measures(p, event, draws=50)
    told = {"cluster": np.tile(np.arange(2000), 2), "outcome": np.tile(np.arange(2000), 2), "draws": 50}
    twice = calibration_measures(np.tile(p, 2), np.tile(event, 2), **told)
    assert (twice.ece, twice.ece_limit) == pytest.approx((once.ece, once.ece_limit))
    assert calibration_measures(np.tile(p, 2), np.tile(event, 2), draws=50).ece_limit < 0.85 * once.ece_limit


def test_groups_of_the_callers_choice_are_judged():
    p, event = drawn()
    group = np.arange(len(p)) % 4
    event = event & ~((group == 2) & (np.random.default_rng(1).random(len(p)) < 0.7))
    ours = calibration_measures(p, event, group=group)
    assert ours.ece == pytest.approx(
        sum(abs((p - event)[group == one].sum()) for one in range(4)) / len(p)
    )  # fmt: skip
    assert ours.ece > ours.ece_limit


def test_groups_shrink_towards_all_and_small_ones_most():
    random = np.random.default_rng(3)
    sizes = np.array([5, 50, 5000] * 8)
    truth = random.gamma(20, 1 / 20, len(sizes))
    group = np.repeat(np.arange(len(sizes)), sizes)
    p = np.full(len(group), 0.05)
    event = random.random(len(group)) < p * truth[group]
    table = group_calibration(p, event, group)
    assert table["n"].tolist() == sizes.tolist()
    assert table["observed"].sum() == event.sum()
    raw = table["observed"] / table["predicted"]
    overall = event.sum() / p.sum()
    assert (abs(table["ratio"] - overall) <= abs(raw - overall) + 0.02).all()
    assert (table["low"] < table["ratio"]).all()
    assert (table["ratio"] < table["high"]).all()
    width = (table["high"] - table["low"]).to_numpy()
    assert width[sizes == 5000].max() < width[sizes == 5].min()
    large = sizes == 5000
    assert table["ratio"].to_numpy()[large] == pytest.approx(truth[large], rel=0.25)


@pytest.mark.parametrize("spread", [0.0, 0.05, 0.25])
def test_the_intervals_of_groups_hold_the_truth_as_often_as_promised(spread):
    """With equal groups too, where the most likely strength is without end and would leave no width at all."""
    held = []
    for seed in range(20):
        random = np.random.default_rng(seed)
        truth = random.gamma(1 / spread, spread, 8) if spread else np.ones(8)
        p, group = random.beta(1, 25, 3000), random.integers(0, 8, 3000)
        table = group_calibration(p, random.random(3000) < p * truth[group], group)
        held += ((table["low"] <= truth) & (truth <= table["high"])).tolist()
    assert np.mean(held) >= 0.95 - 3 * np.sqrt(0.95 * 0.05 / len(held)), "beyond three standard errors of 160 intervals"


def test_equal_groups_are_told_equal():
    random = np.random.default_rng(4)
    group = np.repeat(np.arange(40), 500)
    p = np.full(len(group), 0.04)
    table = group_calibration(p, random.random(len(group)) < p, group)
    assert table["ratio"].max() - table["ratio"].min() < 0.1
    assert (table["low"] < 1.1).all()


def test_a_true_model_stays_below_the_shrunken_limit_about_as_often_as_promised():
    below = []
    for seed in range(20):
        p, event = drawn(1000, seed=seed)
        error, limit = shrunken_error(p, event, np.arange(1000) % 20, draws=40, random_state=seed)
        below.append(error <= limit)
    assert np.mean(below) >= 0.95 - 3 * 0.049


def test_groups_that_really_differ_are_above_the_shrunken_limit_and_noise_is_taken_out():
    random = np.random.default_rng(5)
    group = np.arange(40_000) % 40
    p = np.full(len(group), 0.02)
    event = random.random(len(p)) < p * random.gamma(4, 1 / 4, 40)[group]
    error, limit = shrunken_error(p, event, group)
    raw = calibration_measures(p, event, group=group)
    assert error > 1.5 * limit
    assert error < raw.ece
    assert limit < 0.6 * raw.ece_limit


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**31), st.floats(0.01, 0.5))
def test_the_order_of_lines_changes_nothing(seed, rate):
    random = np.random.default_rng(seed)
    p, group = random.uniform(0.001, rate, 60), random.integers(0, 3, 60)
    event = np.zeros(60, bool)
    event[:4] = True
    mixed = random.permutation(60)
    one, other = group_calibration(p, event, group), group_calibration(p[mixed], event[mixed], group[mixed])
    assert other["ratio"].to_numpy() == pytest.approx(one["ratio"].to_numpy(), rel=1e-6)


def test_what_cannot_be_measured_is_said():
    p = np.full(5, 0.1)
    with pytest.raises(ValueError, match="lines with the event and lines without"):
        calibration_measures(p, np.zeros(5))
    with pytest.raises(ValueError, match=r"must lie in \[0, 1\]"):
        calibration_measures(p + 1, np.array([0, 0, 0, 0, 1]))
    with pytest.raises(ValueError, match="every group needs a probability above zero"):
        shrunken_error(np.zeros(5), np.zeros(5), np.zeros(5))
    with pytest.raises(ValueError, match="every group needs a probability above zero"):
        group_calibration(np.zeros(5), np.zeros(5), np.zeros(5))
