import numpy as np
import pytest
import skops.io
from hypothesis import given
from hypothesis import strategies as st
from made_worlds import World, make_world
from scipy.special import expit, logit
from sklearn.base import clone

from pkh_graduation.estimators import GraduationModel
from pkh_graduation.estimators.calibration import (
    BETA,
    KINDS,
    NONE,
    PLATT,
    Calibrator,
    choose_calibrator,
    fit_calibrator,
)
from pkh_graduation.estimators.levels import recent_shift
from pkh_graduation.estimators.out_of_time import before, dated_from, last_year_begins
from pkh_graduation.estimators.person_period import draw_periods, follow_up, periods_at_risk
from pkh_graduation.programme.vocabulary import MANDIRI
from pkh_graduation.stores.bundles import is_trusted


def lines(n: int, truth, years: tuple[float, ...] = (0.0,), seed: int = 0) -> tuple[np.ndarray, ...]:
    """Log-odds that a model says, events by ``truth`` of them, weights one, a year each with a level of its own, households."""
    random = np.random.default_rng(seed)
    said = random.normal(-2.5, 1.2, n)
    year = np.arange(n) % len(years)
    event = random.random(n) < expit(truth(said) + np.array(years)[year])
    return said, event, np.ones(n), year, np.arange(n) // 2


weights = st.floats(0.05, 5.0)


@given(weights, st.floats(0.0, 5.0), st.floats(-5, 5))
def test_every_map_keeps_the_order_strictly(low, high, shift):
    grid = np.linspace(-12, 12, 500)
    assert (np.diff(Calibrator(BETA, low, high, shift).margin(grid)) > 0).all()


def test_the_map_is_that_of_kull_and_others():
    p = np.array([0.001, 0.2, 0.5, 0.97])
    q = expit(Calibrator(BETA, 0.7, 1.4, -0.2).margin(logit(p)))
    assert q / (1 - q) == pytest.approx(np.exp(-0.2) * p**0.7 / (1 - p) ** 1.4)


def test_none_is_the_identity_to_the_last_bit():
    margin = np.random.default_rng(0).normal(size=100)
    assert np.array_equal(Calibrator().margin(margin), margin)


def test_a_too_steep_model_is_flattened_whatever_its_years_level():
    # the years differ tenfold in odds; the slope must not learn that
    said, event, weight, year, _ = lines(20_000, lambda m: 0.6 * m, years=(0.0, 2.3, -1.0))
    fitted = fit_calibrator(PLATT, said, event, weight, year)
    assert fitted.low == fitted.high == pytest.approx(0.6, abs=0.04)
    assert fitted.shift == 0.0


def test_beta_finds_its_own_weights():
    truth = Calibrator(BETA, 0.6, 2.0, 0.3).margin
    said, event, weight, year, _ = lines(20_000, truth)
    fitted = fit_calibrator(BETA, said, event, weight, year)
    assert fitted.low == pytest.approx(0.6, abs=0.05)
    assert fitted.high == pytest.approx(2.0, abs=0.4)


@pytest.mark.parametrize(
    ("truth", "chosen"),
    [
        (lambda m: m, NONE),
        (lambda m: m - 1.0, NONE),  # a wrong level is no reason to bend the curve
        (lambda m: 0.6 * m, PLATT),
        (Calibrator(BETA, 0.5, 3.0).margin, BETA),
    ],
)
def test_the_simplest_that_serves_is_chosen(truth, chosen):
    calibrator, table = choose_calibrator(*lines(20_000, truth, years=(0.0, 1.0)))
    assert calibrator.kind == chosen
    assert table.index.tolist() == list(KINDS)
    assert table["chosen"].sum() == 1
    assert table["worse"].min() == 0.0
    simpler = table.iloc[: KINDS.index(chosen)]
    assert (simpler["worse"] > simpler["se"]).all()


def test_few_households_seen_often_are_no_proof():
    said, event, weight, year, _ = lines(300, lambda m: 0.5 * m, seed=1)
    often = [np.tile(part, 30) for part in (said, event, weight, year)]
    _, honest = choose_calibrator(*often, np.tile(np.arange(300), 30))
    _, fooled = choose_calibrator(*often, np.arange(9000))
    assert honest.loc[NONE, "se"] > 3 * fooled.loc[NONE, "se"]


def test_weights_count_as_repeated_lines():
    said, event, weight, year, _ = lines(2000, lambda m: 0.8 * m)
    double = fit_calibrator(PLATT, said, event, np.where(event, 2.0, 1.0), year)
    repeated = [np.concatenate([part, part[event]]) for part in (said, event, weight, year)]
    assert double.low == pytest.approx(fit_calibrator(PLATT, *repeated).low, abs=1e-6)


def test_an_unknown_kind_is_named():
    with pytest.raises(ValueError, match=r"one of none, platt, beta, not 'isotonic'"):
        fit_calibrator("isotonic", *lines(10, lambda m: m)[:4])


def test_follow_up_is_cut_into_before_and_after(world):
    follow = follow_up(world.X.index, world.y)
    cut = last_year_begins(follow)
    early, late = before(follow, cut), dated_from(follow, cut)
    assert (early.start + early.seen)[early.seen > 0].max() == cut
    assert late.start.min() == cut
    # no event is lost or told twice
    place, ahead, event = periods_at_risk(follow, MANDIRI)
    target = follow.start[place] + ahead
    assert periods_at_risk(early, MANDIRI)[2].sum() == event[target <= cut].sum()
    assert periods_at_risk(late, MANDIRI)[2].sum() == event[follow.start[place] >= cut].sum()
    # an exit after the cut is nobody's exit before it
    assert (early.cause[early.start + follow.seen > cut] == -1).all()


@pytest.fixture(scope="module")
def stretched() -> World:
    return make_world(n=1000, quarters=12, seed=11, level=-3.0)


def fitted(world, **parameters) -> GraduationModel:
    return GraduationModel(n_members=2, max_iter=8, **parameters).fit(world.X, world.y)


@pytest.fixture(scope="module")
def models(stretched) -> dict[str, GraduationModel]:
    return {kind: fitted(stretched, calibration=kind) for kind in (*KINDS, "auto")}


def test_calibration_moves_no_family_past_another_and_no_reason(stretched, models):
    plain, beta = models[NONE], models[BETA]
    assert beta.mandiri_.calibrator_.kind == BETA
    assert plain.mandiri_.calibrator_ == Calibrator()
    now = stretched.X.iloc[-800:]
    assert np.array_equal(plain.explained_margin(now), beta.explained_margin(now))
    signal = np.sort(plain.mandiri_.signals(now).mean(axis=0))
    hazards = [model.mandiri_.hazard(signal, np.full(len(now), 8090), 4) for model in (plain, beta)]
    assert (np.diff(hazards[1], axis=0) >= 0).all()
    assert np.abs(hazards[0] - hazards[1]).max() > 1e-3
    path = beta.predict_incidence(now, 4).path
    assert np.abs(path.sum(axis=2) - 1).max() <= 1e-9


def test_the_recent_year_keeps_its_level_under_every_shape(stretched, models):
    recent = draw_periods(follow_up(stretched.X.index, stretched.y), MANDIRI)
    off = []
    for model in (models[kind] for kind in KINDS):
        hazard = model.mandiri_
        signal = hazard.signals(stretched.X.iloc[recent.row]).mean(axis=0)
        margin = hazard.calibrator_.margin(hazard.level_.margin(signal, recent.target - recent.ahead, recent.ahead))
        off.append(recent_shift(margin, recent.target, recent.event, recent.weight))
    # the level is set out of bag, measured here in the bag: all shapes are off by the same over-fitting
    assert np.ptp(off) < 0.05
    assert models[PLATT].mandiri_.calibrator_.shift != 0.0


def test_auto_is_the_kind_it_chose(stretched, models):
    auto = models["auto"]
    assert list(auto.calibration_table_) == list(KINDS)
    [kind] = [kind for kind, row in auto.calibration_table_.items() if row["chosen"]]
    now = stretched.X.iloc[:300]
    twin = models[kind].predict_incidence(now, 4)
    assert np.array_equal(auto.predict_incidence(now, 4).path, twin.path)


@pytest.mark.parametrize("kind", [BETA, "auto"])
def test_a_calibrated_model_fits_into_a_bundle(stretched, models, kind):
    written = skops.io.dumps(models[kind])
    kinds = skops.io.get_untrusted_types(data=written)
    assert all(is_trusted(name) for name in kinds)
    again = skops.io.loads(written, trusted=kinds)
    now = stretched.X.iloc[:100]
    assert np.array_equal(again.predict_incidence(now, 4).path, models[kind].predict_incidence(now, 4).path)


def test_weights_reach_the_calibration(stretched, models):
    weight = np.where(stretched.X["w"] < 0, 0.2, 1.0)
    weighted = GraduationModel(n_members=2, max_iter=8, calibration=PLATT)
    weighted.fit(stretched.X, stretched.y, sample_weight=weight)
    assert weighted.mandiri_.calibrator_.low != models[PLATT].mandiri_.calibrator_.low


def test_no_order_of_rows_changes_the_calibration(stretched, models):
    mixed = stretched.X.sample(frac=1, random_state=3)
    again = clone(models[BETA]).fit(mixed, stretched.y)
    assert again.mandiri_.calibrator_ == models[BETA].mandiri_.calibrator_


def test_too_short_a_history_says_so():
    world = make_world(n=300, quarters=5, seed=2)
    model = GraduationModel(n_members=2, max_iter=5, calibration="auto").fit(world.X, world.y)
    assert model.calibration_table_ is None
    assert model.mandiri_.calibrator_ == Calibrator()
    assert any(note.startswith("kalibrasi: ") for note in model.notes_)


def test_an_unknown_calibration_is_refused(world):
    with pytest.raises(ValueError, match="calibration is one of none, platt, beta, auto, not 'isotonic'"):
        GraduationModel(calibration="isotonic").fit(world.X, world.y)
