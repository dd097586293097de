"""The explainable booster as challenger: it needs the extra ``ebm``."""

import numpy as np
import pandas as pd
import pytest
from made_worlds import World, make_world
from sklearn.base import clone

from pkh_graduation.estimators import GlassBoxModel

pytest.importorskip("interpret.glassbox", reason="the extra ebm is not installed")


@pytest.fixture(scope="module")
def small_world() -> World:
    world = make_world(n=700, quarters=8, seed=13, level=-3.0)
    holes = world.X["w"].mask(np.random.default_rng(0).random(len(world.X)) < 0.1)
    return World(world.X.assign(w=holes), world.y, world.households, world.mandiri, world.alamiah, world.administratif)


@pytest.fixture(scope="module")
def model(small_world) -> GlassBoxModel:
    return GlassBoxModel(n_members=2, max_iter=60, signs={"w": 1, "owns": 1}).fit(small_world.X, small_world.y)


def test_it_ranks_families_and_its_states_sum_to_one(model, small_world):
    now = small_world.X.iloc[-400:]
    path = model.predict_incidence(now, 4).path
    assert np.abs(path.sum(axis=2) - 1).max() <= 1e-9
    assert (np.diff(path[:, :, 1:], axis=1) >= 0).all()
    known = now["w"].notna().to_numpy()
    truth = pd.Series(small_world.mandiri[small_world.places(now.index), 7])[known]
    assert pd.Series(model.explained_margin(now))[known].corr(truth, method="spearman") > 0.7


def test_every_part_is_a_feature_and_parts_add_up(model, small_world):
    now = small_world.X.iloc[:200]
    parts = model.explained_parts(now)
    total = sum(part.weight * (part.intercept + part.matrix @ part.coef) for part in parts)
    assert np.abs(total - model.explained_margin(now)).max() <= 1e-9
    assert {part.kind for part in parts} == {"linear"}
    assert {name for part in parts for name in part.owner} == {"waktu", *model.mandiri_.columns_}


def test_signs_are_kept(model, small_world):
    few = small_world.X.iloc[:30]
    margins = np.array([model.explained_margin(few.assign(w=value)) for value in np.linspace(-3, 3, 13)])
    assert (np.diff(margins, axis=0) >= -1e-12).all()
    assert np.ptp(margins, axis=0).min() > 0.3


def test_a_clone_fits_the_same_in_any_order_of_rows(model, small_world):
    now = small_world.X.iloc[:50]
    again = clone(model).fit(small_world.X.sample(frac=1, random_state=1), small_world.y)
    assert np.array_equal(again.explained_margin(now), model.explained_margin(now))
