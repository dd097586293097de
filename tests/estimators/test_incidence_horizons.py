"""Horizons of two, four and eight quarters; and the mean incidence when families are lost from sight."""

import numpy as np
import pandas as pd
import pytest
from made_worlds import World, make_world

from pkh_graduation.estimators import GraduationModel, PlainBoosting, todays_practice
from pkh_graduation.estimators.incidence import incidence_path

SIGNS = {"w": 1, "owns": 1}


@pytest.fixture(scope="module")
def far() -> World:
    return make_world(n=1200, quarters=14, horizon=8, seed=21, level=-3.4)


@pytest.fixture(scope="module")
def model(far) -> GraduationModel:
    return GraduationModel(n_members=2, max_iter=15, signs=SIGNS, calibration="platt").fit(far.X, far.y)


@pytest.fixture(scope="module")
def now(far) -> pd.DataFrame:
    return far.X[far.X.index.get_level_values("as_of") == far.X.index.get_level_values("as_of").max()]


@pytest.mark.parametrize("horizon", [2, 4, 8])
def test_the_ways_out_and_staying_sum_to_one_and_grow(model, now, horizon):
    scores = model.predict_incidence(now, horizon)
    assert scores.path.shape == (len(now), horizon + 1, 4)
    assert np.abs(scores.path.sum(axis=2) - 1).max() <= 1e-9
    assert (np.diff(scores.path[:, :, 1:], axis=1) >= 0).all()
    assert scores.path.min() >= 0
    assert (scores.low <= scores.path[:, -1, 1]).all()
    assert (scores.high >= scores.path[:, -1, 1]).all()


def test_a_longer_look_begins_like_a_shorter_one(model, now):
    paths = {horizon: model.predict_incidence(now, horizon) for horizon in (2, 4, 8)}
    for horizon in (2, 4):
        assert np.array_equal(paths[8].path[:, : horizon + 1], paths[horizon].path)
        assert np.array_equal(paths[8].margin, paths[horizon].margin)


@pytest.mark.parametrize("scale", [0.0, 1.0, -1.0, 30.0])
def test_no_input_breaks_the_sum(model, now, scale):
    strange = now.iloc[:40] * scale
    path = model.predict_incidence(strange, 8).path
    assert np.abs(path.sum(axis=2) - 1).max() <= 1e-9
    assert (np.diff(path[:, :, 1:], axis=1) >= 0).all()


@pytest.mark.parametrize("name", ["kepesertaan_terlama", "desil", "polos"])
def test_others_answer_for_eight_quarters_too(far, now, name):
    contender = PlainBoosting() if name == "polos" else todays_practice()[name]
    X = far.X.assign(kepesertaan_tahun=far.X["derau"])
    path = contender.fit(X, far.y).predict_incidence(now.assign(kepesertaan_tahun=now["derau"]), 8).path
    assert np.abs(path.sum(axis=2) - 1).max() <= 1e-9
    assert (np.diff(path[:, :, 1:], axis=1) >= 0).all()


def planted(world: World, now: pd.DataFrame, first: int, horizon: int) -> np.ndarray:
    rows, span = world.places(now.index), slice(first, first + horizon)
    return incidence_path(world.administratif[rows, span], world.alamiah[rows, span], world.mandiri[rows, span])


@pytest.mark.parametrize("censoring", ["random", "informative"])
def test_the_mean_incidence_is_the_planted_one_although_families_are_lost(censoring):
    predicted, true, crude = [], [], []
    for seed in range(2):
        world = make_world(n=6000, quarters=8, horizon=8, seed=30 + seed, censoring=censoring, level=-3.0)
        model = GraduationModel(blend=1.0, n_members=2, signs=SIGNS, random_state=seed).fit(world.X, world.y)
        first = world.X[world.X.index.get_level_values("as_of") == "2019-03-31"]
        predicted.append(model.predict_incidence(first, 8).path.mean(axis=0))
        true.append(planted(world, first, 0, 8).mean(axis=0))
        crude.append((world.y.frame.loc[first.index, "way_out"] == "mandiri").mean())
    said, truth = np.mean(predicted, axis=0), np.mean(true, axis=0)
    for horizon in (2, 4, 8):
        assert said[horizon, 1] == pytest.approx(truth[horizon, 1], rel=0.05)
    # those who are lost do not stay: counting them so fails the same test by far
    assert np.mean(crude) < 0.9 * truth[8, 1]
