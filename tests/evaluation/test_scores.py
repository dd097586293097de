import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, brier_score_loss, log_loss, roc_auc_score

from pkh_graduation.evaluation.scores import (
    calibration_error_limit,
    expected_calibration_error,
    prepare,
    probability_scores,
    recalibrate,
    reliability,
    wilson,
)

pairs = st.lists(st.tuples(st.integers(1, 9), st.integers(0, 1), st.integers(1, 3)), min_size=4, max_size=60).filter(
    lambda rows: len({row[1] for row in rows}) == 2
)


@given(pairs)
def test_identities_with_sklearn_under_ties_and_weights(rows):
    tenth, label, weight = (np.array(column) for column in zip(*rows, strict=True))
    p = tenth / 10
    found = probability_scores(prepare(p, label), weight[None, :].astype(float))
    expected = {
        "auc": roc_auc_score(label, p, sample_weight=weight),
        "average_precision": average_precision_score(label, p, sample_weight=weight),
        "log_loss": log_loss(label, p, sample_weight=weight),
        "brier": brier_score_loss(label, p, sample_weight=weight),
        "predicted_observed": (weight * p).sum() / (weight * label).sum(),
    }
    for name, value in expected.items():
        assert found[name][0] == pytest.approx(value, abs=1e-12), name


def world(n=4000, seed=0, a=0.4, b=0.7):
    rng = np.random.default_rng(seed)
    x = rng.normal(-1, 1.5, n)
    y = rng.random(n) < 1 / (1 + np.exp(-(a + b * x)))
    return x, 1 / (1 + np.exp(-x)), y.astype(float)


def test_recalibration_equals_unpenalised_logistic_regression():
    x, p, y = world()
    reference = LogisticRegression(C=np.inf, tol=1e-10).fit(x[:, None], y)
    fit = recalibrate(x, y)
    np.testing.assert_allclose(fit, [reference.intercept_[0], reference.coef_[0, 0]], atol=1e-5)
    found = probability_scores(prepare(p, y), np.ones((1, len(y))))
    np.testing.assert_allclose([found["calibration_intercept"][0], found["calibration_slope"][0]], fit, atol=1e-9)


def test_one_step_is_close_to_a_full_refit_of_a_resample():
    x, p, y = world()
    rng = np.random.default_rng(1)
    weights = np.bincount(rng.integers(0, len(y), len(y)), minlength=len(y))
    found = probability_scores(prepare(p, y), weights[None, :].astype(float))
    full = recalibrate(np.repeat(x, weights), np.repeat(y, weights))
    step = np.array([found["calibration_intercept"][0], found["calibration_slope"][0]])
    moved = np.abs(full - recalibrate(x, y)).max()
    assert np.abs(step - full).max() < 0.1 * moved


@pytest.mark.parametrize(
    ("p", "label"),
    [([0.2] * 4, [0, 1, 0, 1]), ([0.1, 0.2, 0.8, 0.9], [0, 0, 1, 1]), ([0.1, 0.4], [0, 0])],
    ids=["constant", "separated", "no positives"],
)
def test_recalibration_is_missing_where_it_does_not_exist(p, label):
    found = probability_scores(prepare(np.array(p), np.array(label)), np.ones((1, len(p))))
    assert np.isnan(found["calibration_slope"][0])
    assert np.isnan(found["calibration_intercept"][0])


def test_sure_errors_cost_much_but_not_infinity():
    found = probability_scores(prepare(np.array([0.0, 1.0]), np.array([1, 0])), np.ones((1, 2)))
    assert 30 < found["log_loss"][0] < 40


def test_reliability_bins_have_equal_mass_and_keep_the_totals():
    _, p, y = world(1000)
    table = reliability(p, y)
    assert table["n"].tolist() == [100] * 10
    assert (table["n"] * table["predicted"]).sum() == pytest.approx(p.sum())
    assert table["n_positive"].sum() == y.sum()
    assert table["predicted"].is_monotonic_increasing
    assert ((table["low"] <= table["observed"]) & (table["observed"] <= table["high"])).all()


def test_equal_probabilities_share_a_bin():
    table = reliability(np.repeat([0.1, 0.2], 50), np.zeros(100))
    assert table["predicted"].tolist() == pytest.approx([0.1, 0.2])


def test_calibration_error_by_hand_and_against_its_limit():
    p = np.repeat([0.1, 0.5], 100)
    label = np.concatenate([np.arange(100) < 20, np.arange(100) < 50]).astype(float)
    assert expected_calibration_error(p, label) == pytest.approx(0.05)
    rng = np.random.default_rng(0)
    p = rng.uniform(0.01, 0.3, 5000)
    limit = calibration_error_limit(p, np.random.default_rng(1))
    inside = [expected_calibration_error(p, rng.random(5000) < p) <= limit for _ in range(200)]
    assert 0.90 <= np.mean(inside) <= 0.99
    assert expected_calibration_error(p * 0.7, rng.random(5000) < p) > limit


def test_wilson_interval_known_value():
    low, high = wilson(np.array([0.1]), np.array([100]))
    np.testing.assert_allclose([low[0], high[0]], [0.05523, 0.17437], atol=5e-5)
