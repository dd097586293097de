"""Off-policy value: right on average under logged chances, right if either model is, and silent about what was never tried."""

import numpy as np
import pytest

from pkh_graduation.evaluation.off_policy import list_value


def logged(seed, n=6000, wrong=0.0):
    """A cohort with its truth: the logged list prefers ``x``, the target prefers ``z``; outcome if listed depends on both."""
    rng = np.random.default_rng(seed)
    x, z = rng.normal(size=(2, n))
    truth = 1 / (1 + np.exp(-(-1 + 0.5 * x + z)))
    chance = np.where(x > 1.3, 0.9, 0.06)
    listed = rng.random(n) < chance
    outcome = np.where(listed, rng.random(n) < truth, np.nan)
    target = (z > np.quantile(z, 0.9)).astype(float)
    model = np.clip(truth + wrong, 0, 1)
    return outcome, listed, chance, target, truth, model


def test_both_estimators_recover_the_truth_on_average():
    errors = {"snips": [], "dr": [], "naive": []}
    for seed in range(40):
        outcome, listed, chance, target, truth, model = logged(seed, wrong=0.2)
        told = list_value(outcome, listed, chance, target, expected=model, n_boot=0)
        real = (target * truth).sum() / target.sum()
        errors["snips"].append(told.snips / real - 1)
        errors["dr"].append(told.dr / real - 1)
        errors["naive"].append(np.nanmean(outcome[listed]) / real - 1)
    off = {name: abs(np.mean(found)) for name, found in errors.items()}
    for name in ("snips", "dr"):
        assert off[name] < min(0.1, 4 * np.std(errors[name]) / np.sqrt(40))
    assert off["naive"] > 0.3


def test_wrong_chances_are_mended_by_a_right_model_only():
    found = {"snips": [], "dr": []}
    for seed in range(20):
        outcome, listed, chance, target, truth, model = logged(seed)
        mistaken = np.full(len(chance), listed.mean())
        told = list_value(outcome, listed, mistaken, target, expected=model, n_boot=0)
        real = (target * truth).sum() / target.sum()
        found["snips"].append(told.snips / real - 1)
        found["dr"].append(told.dr / real - 1)
    noise = {name: 4 * np.std(errors) / np.sqrt(20) for name, errors in found.items()}
    assert abs(np.mean(found["dr"])) < noise["dr"]
    assert abs(np.mean(found["snips"])) > noise["snips"]


def test_the_interval_covers_and_the_logged_list_is_worth_what_it_got():
    inside = 0
    for seed in range(40):
        outcome, listed, chance, target, truth, model = logged(seed, n=3000)
        told = list_value(outcome, listed, chance, target, expected=model, n_boot=100, random_state=seed)
        real = (target * truth).sum() / target.sum()
        inside += told.dr_low <= real <= told.dr_high
        assert told.snips_low <= told.snips <= told.snips_high
    assert inside >= 34
    own = list_value(outcome, listed, np.where(listed, 1.0, 0.0), listed.astype(float), n_boot=0)
    assert own.snips == pytest.approx(np.mean(outcome[listed]))
    assert own.effective == pytest.approx(listed.sum())
    assert np.isnan(own.dr)


def test_places_that_were_never_tried_are_counted_and_bounded():
    outcome, listed, chance, target, _, model = logged(3)
    never = (np.arange(len(target)) % 4 == 0) & ~listed
    told = list_value(outcome, listed, np.where(never, np.nan, chance), target, expected=model, n_boot=0)
    assert told.unsupported == target[never].sum()
    assert told.high_bound - told.low_bound == pytest.approx(told.unsupported / told.places)
    assert told.low_bound < told.dr < told.high_bound


def test_a_log_without_chances_is_refused():
    outcome, listed, chance, target, _, _ = logged(4, n=200)
    with pytest.raises(ValueError, match="logged propensity"):
        list_value(outcome, listed, np.zeros(200), target)
    with pytest.raises(ValueError, match="lists nobody"):
        list_value(outcome, listed, chance, np.zeros(200))
    with pytest.raises(ValueError, match="target"):
        list_value(outcome, listed, chance, target * 2)
