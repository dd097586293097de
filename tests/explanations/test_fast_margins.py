"""Margins from tables are the models' own: any bag, any engine, any block."""

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

from pkh_graduation.explanations import AdditivityError, QuickMargins
from pkh_graduation.explanations.fast_trees import FastMargins


@pytest.fixture(scope="module")
def world():
    draw = np.random.default_rng(3)
    X = draw.normal(size=(700, 6)).round(1)
    X[draw.random(X.shape) < 0.2] = np.nan
    y = np.nan_to_num(X[:, 0]) * np.nan_to_num(X[:, 1]) + draw.normal(size=700) > 0.3
    return X, y


@pytest.fixture(scope="module")
def bag(world):
    X, y = world
    sizes = [(12, 8), (1, 4), (30, 15)]
    return [
        HistGradientBoostingClassifier(max_iter=trees, max_leaf_nodes=leaves, random_state=k).fit(X[k::2], y[k::2])
        for k, (trees, leaves) in enumerate(sizes)
    ]


def asked(bag, X):
    return np.array([model.decision_function(X) for model in bag])


@pytest.mark.parametrize("engine", ["numpy", "numba"])
@pytest.mark.parametrize("max_bits", [3, 8])
def test_each_model_of_a_bag_says_what_it_says_alone(bag, world, engine, max_bits):
    X, _ = world
    found = FastMargins(bag, engine=engine, max_bits=max_bits)(X.T)
    np.testing.assert_allclose(found, asked(bag, X), rtol=0, atol=1e-12)


def test_no_bit_depends_on_engine_block_or_other_rows(bag, world):
    X, _ = world
    whole = FastMargins(bag, engine="numpy")(X.T)
    for other in (FastMargins(bag, engine="numba"), FastMargins(bag, engine="numpy", block=7)):
        assert (other(X.T) == whole).all()
    assert (FastMargins(bag)(X[:50].T) == whole[:, :50]).all()


def test_a_model_without_a_split_is_its_constant(world):
    X, _ = world
    flat = HistGradientBoostingRegressor(max_iter=3, min_samples_leaf=10_000).fit(X, np.full(len(X), 2.5))
    np.testing.assert_allclose(FastMargins([flat])(X.T), np.full((1, len(X)), 2.5))


def test_models_are_asked_themselves_where_no_table_can_be_made():
    deep = HistGradientBoostingRegressor(max_iter=1, max_leaf_nodes=None, min_samples_leaf=1)
    deep.fit(np.arange(300.0)[:, None], 2.0 ** np.arange(300) / 1e60)
    rows = np.arange(0, 300, 0.5)[:, None]
    np.testing.assert_array_equal(QuickMargins()([deep], rows)[0], deep.predict(rows))
    assert QuickMargins()([deep], rows[:0]).shape == (1, 0)


def test_a_table_that_differs_from_its_model_is_refused(bag, world):
    X, _ = world
    quick = QuickMargins()
    quick(bag, X)
    ((_, tables),) = quick._kept.values()
    tables.constants[1] += 1e-6
    with pytest.raises(AdditivityError, match="miss the model's margin"):
        quick(bag, X)
