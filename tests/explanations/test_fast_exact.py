"""The values are Shapley values: against the definition, over every coalition, in both modes."""

import numpy as np
import pytest
from brute_force import (
    awkward_rows,
    brute_force,
    ensemble_margin,
    interventional_game,
    path_dependent_game,
    random_ensemble,
    training_data,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

from pkh_graduation.explanations.fast_trees import Ensemble, FastTreeExplainer, Tree, read_model
from pkh_graduation.explanations.fast_trees.tables import shapley_tables

ENGINES = ("numpy", "numba")
SETTINGS = settings(max_examples=15, deadline=None)
seeds = st.integers(0, 2**32 - 1)


def stump(value, left=-1):
    return Tree(*(np.array([x]) for x in (left, -1, 0, 0.0, False, value, 10.0)))


@pytest.fixture(scope="module")
def data():
    return training_data(np.random.default_rng(0))


@pytest.fixture(scope="module")
def rows(data):
    X = data[0][:10].copy()
    X[0], X[1, :6], X[2, 6:], X[3, :6] = np.nan, [np.inf, -np.inf] * 3, 99, 1e-300
    return X


@pytest.fixture(scope="module", params=["numeric", "native categories"])
def model(request, data):
    native = {} if request.param == "numeric" else {"categorical_features": [6, 7]}
    return HistGradientBoostingClassifier(max_iter=6, max_depth=5, random_state=0, **native).fit(*data)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("max_bits", [1, 4, 8, 11])
def test_path_dependent_values_of_a_fitted_model(model, rows, engine, max_bits):
    values, margin = FastTreeExplainer(model, engine=engine, max_bits=max_bits).explain(rows)
    truth = brute_force(path_dependent_game(read_model(model), rows), 8)
    assert np.abs(values - truth).max() <= 1e-9
    assert np.abs(margin - model.decision_function(rows)).max() <= 1e-9


@pytest.mark.parametrize("engine", ENGINES)
def test_interventional_values_against_the_model_itself_on_mixed_rows(model, data, rows, engine):
    background = data[0][:80]
    explainer = FastTreeExplainer(model, background=background, engine=engine)
    truth = brute_force(interventional_game(model.decision_function, rows, background), 8)
    values, margin = explainer.explain(rows)
    assert np.abs(values - truth).max() <= 1e-9
    assert np.abs(margin - model.decision_function(rows)).max() <= 1e-9
    assert explainer.base == pytest.approx(model.decision_function(background).mean(), abs=1e-9)
    assert (explainer.mode, explainer.background_rows) == ("interventional", 80)


def test_the_base_is_the_mean_margin_of_the_training_rows(model, data):
    explainer = FastTreeExplainer(model)
    assert explainer.base == pytest.approx(model.decision_function(data[0]).mean(), abs=1e-9)
    assert explainer.population == "the 1500 training rows"


@SETTINGS
@given(seeds, st.integers(1, 5), st.booleans(), st.integers(1, 9))
def test_random_trees_path_dependent(seed, depth, questions, max_bits):
    rng = np.random.default_rng(seed)
    ensemble = random_ensemble(rng, depth=depth, questions=questions)
    X = awkward_rows(rng, 4)
    values, margin = FastTreeExplainer(ensemble, max_bits=max_bits).explain(X)
    assert np.abs(values - brute_force(path_dependent_game(ensemble, X), 4)).max() <= 1e-9
    assert np.abs(margin - ensemble_margin(ensemble, X)).max() <= 1e-9


@SETTINGS
@given(seeds, st.integers(1, 5), st.booleans())
def test_random_trees_interventional(seed, depth, questions):
    rng = np.random.default_rng(seed)
    ensemble = random_ensemble(rng, depth=depth, questions=questions)
    X, background = awkward_rows(rng, 4, 8), awkward_rows(rng, 4, 15)
    game = interventional_game(lambda mixed: ensemble_margin(ensemble, mixed), X, background)
    values, _ = FastTreeExplainer(ensemble, background=background).explain(X)
    assert np.abs(values - brute_force(game, 4)).max() <= 1e-9


@SETTINGS
@given(seeds)
def test_efficiency_linearity_and_unused_features(seed):
    rng = np.random.default_rng(seed)
    one, two = (random_ensemble(rng, questions=False, n=5) for _ in range(2))
    X = awkward_rows(rng, 5)
    values = [FastTreeExplainer(ensemble).explain(X)[0] for ensemble in (one, two)]
    both, margin = FastTreeExplainer([one, two], weights=[0.5, -2.0]).explain(X)
    assert np.abs(both - (0.5 * values[0] - 2.0 * values[1])).max() <= 1e-9
    assert np.abs(margin - 0.5 * ensemble_margin(one, X) + 2.0 * ensemble_margin(two, X)).max() <= 1e-9
    doubled = Ensemble(one.trees * 2, one.baseline, 5)
    assert np.abs(FastTreeExplainer(doubled).explain(X)[0] - 2 * values[0]).max() <= 1e-9
    unused = sorted(set(range(5)) - {int(c) for t in one.trees for c in t.column[t.left != -1]})
    assert (values[0][:, unused] == 0).all()


def test_float32_rows_go_the_way_the_same_numbers_go_in_float64(data):
    X = data[0].astype(np.float32)
    fine = np.random.default_rng(3).normal(size=len(X))  # thresholds that float32 cannot hold
    model = HistGradientBoostingRegressor(max_iter=20, max_depth=4).fit(np.column_stack([data[0], fine]), data[1])
    rows = np.column_stack([X, fine.astype(np.float32)])
    explainer = FastTreeExplainer(model)
    narrow, wide = explainer.explain(rows), explainer.explain(rows.astype(np.float64))
    assert (narrow[0] == wide[0]).all()
    assert (narrow[1] == wide[1]).all()


@pytest.mark.parametrize("engine", ENGINES)
def test_constants_have_no_values_and_empty_tables_no_rows(engine):
    constant = FastTreeExplainer(Ensemble((stump(1.5), stump(-0.5)), 3.0, 2), engine=engine)
    values, margin = constant.explain(np.ones((3, 2)))
    assert (values == 0).all()
    assert margin.tolist() == [4.0] * 3
    assert constant.margin(np.ones((3, 2))).tolist() == [4.0] * 3
    assert constant.explain(np.empty((0, 2)))[0].shape == (0, 2)
    assert constant.explain_columns(np.empty((2, 0)))[0].shape == (2, 0)


def test_one_split_is_known_by_hand():
    """Nine of ten go left to 0, one right to 1: going right brings 0.9, going left -0.1."""
    tree = Tree(*map(np.array, ([1, -1, -1], [2, -1, -1], [0, 0, 0], [2.0, 0, 0], [True, False, False], [0.0, 0.0, 1.0])),
                np.array([10.0, 9.0, 1.0]))  # fmt: skip
    explainer = FastTreeExplainer(Ensemble((tree,), 0.0, 1))
    values, _ = explainer.explain(np.array([[3.0], [2.0], [np.nan]]))
    assert values.ravel() == pytest.approx([0.9, -0.1, -0.1], abs=1e-15)
    assert explainer.base == pytest.approx(0.1)


def test_quadrature_is_exact_at_every_width():
    """A leaf that all d features must agree on, against a reference that never does: 1/d each."""
    for d in range(1, 13):
        weights = np.zeros((1, 1 << d))
        weights[0, 0] = 1.0
        assert shapley_tables(weights)[0, :, -1] == pytest.approx(np.full(d, 1 / d), abs=1e-13)
