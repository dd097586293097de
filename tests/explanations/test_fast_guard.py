"""The guards: a wrong reader is caught, what cannot be tabulated is said, nothing falls back in silence."""

import dataclasses
import warnings

import numpy as np
import pytest
from brute_force import training_data
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestRegressor

from pkh_graduation.explanations.fast_trees import (
    AdditivityError,
    Ensemble,
    FastTreeExplainer,
    ShapTreeExplainer,
    SlowExplanationWarning,
    Tree,
    UnsupportedModelError,
    check_margin,
    read_model,
    tree_explainer,
)
from pkh_graduation.explanations.fast_trees import binning as binning_module
from pkh_graduation.explanations.fast_trees import fallback as fallback_module
from pkh_graduation.explanations.fast_trees import tables as tables_module

OPTIONS = {"max_iter": 10, "max_depth": 4, "random_state": 0}


@pytest.fixture(scope="module")
def data():
    return training_data(np.random.default_rng(0))


@pytest.fixture(scope="module")
def model(data):
    return HistGradientBoostingClassifier(**OPTIONS).fit(*data)


@pytest.fixture(scope="module")
def deep(data):
    return HistGradientBoostingClassifier(max_iter=3, max_leaf_nodes=None, min_samples_leaf=1, random_state=0).fit(
        *data
    )


def swapped_thresholds(tree):
    threshold = tree.threshold.copy()
    one, two = np.flatnonzero((tree.left != -1) & (tree.column == tree.column[0]))[[0, -1]]
    threshold[[one, two]] = threshold[[two, one]]
    if one == two:
        threshold[one] += 1.0
    return dataclasses.replace(tree, threshold=threshold)


def without_missing_directions(tree):
    return dataclasses.replace(tree, missing_left=np.zeros_like(tree.missing_left))


@pytest.mark.parametrize("spoil", [swapped_thresholds, without_missing_directions])
def test_a_corrupted_reader_trips_the_guard(model, data, spoil):
    ensemble = read_model(model)
    _, margin = FastTreeExplainer(ensemble).explain(data[0])
    check_margin(margin, model.decision_function(data[0]))
    spoiled = dataclasses.replace(ensemble, trees=tuple(map(spoil, ensemble.trees)))
    _, margin = FastTreeExplainer(spoiled).explain(data[0])
    with pytest.raises(AdditivityError, match=r"in \d+ of 1500 rows, by up to"):
        check_margin(margin, model.decision_function(data[0]))


@pytest.mark.parametrize("wrong", [np.nan, np.inf, 2e-9])
def test_the_guard_counts_and_catches_what_is_no_number(wrong):
    with pytest.raises(AdditivityError, match="in 1 of 3 families"):
        check_margin(np.zeros(3), np.array([0.0, wrong, 1e-12]), what="families")
    check_margin(np.zeros(0), np.zeros(0))


def test_deep_trees_fall_back_with_one_sentence_and_the_right_values(deep, data):
    rows = data[0][:60]
    with pytest.raises(UnsupportedModelError, match=r"leaf \d+ splits deep; at most 16.*max_depth=8"):
        FastTreeExplainer(deep)
    with pytest.warns(SlowExplanationWarning, match=r"splits deep.*max_depth=8") as said:
        explainer = tree_explainer(deep)
    assert len(said) == 1
    assert isinstance(explainer, ShapTreeExplainer)
    values, margin = explainer.explain(rows)
    assert np.abs(margin - deep.decision_function(rows)).max() <= 1e-6
    phi, again = explainer.explain_columns(rows.T)
    assert np.array_equal(phi.T, values)
    assert np.array_equal(again, margin)
    assert explainer.explain(rows[:0])[0].shape == (0, 8)
    assert np.allclose(explainer(rows).values, values)
    assert explainer.mode == "path-dependent"


def test_a_fallback_compares_with_the_whole_background(data):
    X = data[0].astype(np.float32).astype(float)
    deep = HistGradientBoostingClassifier(max_iter=3, max_leaf_nodes=None, min_samples_leaf=1, random_state=0)
    deep.fit(X, data[1])
    with pytest.warns(SlowExplanationWarning):
        explainer = tree_explainer(deep, background=X[:300])
    assert (explainer.mode, explainer.population) == ("interventional", "the 300 background rows")
    assert explainer.base == pytest.approx(deep.decision_function(X[:300]).mean(), abs=1e-6)
    assert np.abs(explainer.explain(X[:20])[1] - deep.decision_function(X[:20])).max() <= 1e-6


def test_other_forests_fall_back_and_are_checked(data, monkeypatch):
    X = np.nan_to_num(data[0]).astype(np.float32)
    forest = RandomForestRegressor(5, max_depth=4, random_state=0).fit(X, data[1])
    with pytest.warns(SlowExplanationWarning, match="RandomForestRegressor is no HistGradientBoosting"):
        explainer = tree_explainer(forest)
    assert np.abs(explainer.margin(X) - forest.predict(X)).max() <= 1e-6
    monkeypatch.setattr(fallback_module, "own_margin", lambda model, rows, output: model.predict(rows) + 1e-3)
    with pytest.raises(AdditivityError):
        explainer.explain(X)


def test_a_fast_model_gives_no_warning(model):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert isinstance(tree_explainer(model), FastTreeExplainer)


def test_native_categories_are_never_handed_to_shap(data, monkeypatch):
    deep = HistGradientBoostingClassifier(
        max_iter=2, max_leaf_nodes=None, min_samples_leaf=1, categorical_features=[7], random_state=0
    ).fit(*data)
    with pytest.raises(UnsupportedModelError, match=r"max_depth=8.*misreads native categories"):
        tree_explainer(deep)
    shallow = HistGradientBoostingClassifier(**OPTIONS, categorical_features=[6, 7]).fit(*data)
    monkeypatch.setattr(fallback_module, "load_shap", lambda: pytest.fail("shap was asked"))
    assert isinstance(tree_explainer(shallow), FastTreeExplainer)


def test_xgboost_is_refused_for_its_covers(data):
    xgboost = pytest.importorskip("xgboost")
    model = xgboost.XGBClassifier(n_estimators=2, max_depth=2, n_jobs=1).fit(*data)
    for way in (FastTreeExplainer, tree_explainer):
        with pytest.raises(UnsupportedModelError, match="second derivatives where SHAP needs counts"):
            way(model)


def test_what_nobody_can_read_is_said():
    class Unknown:
        pass

    with (
        pytest.raises(UnsupportedModelError, match="neither the fast explainer nor shap can read Unknown"),
        pytest.warns(SlowExplanationWarning),
    ):
        tree_explainer(Unknown())
    with pytest.raises(UnsupportedModelError, match="not fitted yet"):
        FastTreeExplainer(HistGradientBoostingClassifier())


def test_tables_and_thresholds_have_a_limit(model, monkeypatch):
    monkeypatch.setattr(tables_module, "MOST_ENTRIES", 1000)
    with pytest.raises(UnsupportedModelError, match=r"million numbers.*max_depth=8"):
        FastTreeExplainer(model)
    monkeypatch.undo()
    monkeypatch.setattr(binning_module, "MOST_THRESHOLDS", 3)
    with pytest.raises(UnsupportedModelError, match="thresholds; at most 3"):
        FastTreeExplainer(model)


def test_a_scikit_learn_that_stores_models_otherwise_is_named(model):
    class Changed:
        def __init__(self, predictors):
            self.__dict__.update({name: value for name, value in vars(model).items() if name != "_predictors"})
            if predictors is not None:
                self._predictors = predictors

        _raw_predict = HistGradientBoostingClassifier._raw_predict

    from pkh_graduation.explanations.fast_trees.hist_gradient_boosting import read_hist_gradient_boosting

    with pytest.raises(
        UnsupportedModelError, match=r"keeps Changed in another way than 1.7 to 1.9 did: \['_predictors'\]"
    ):
        read_hist_gradient_boosting(Changed(None))

    class Predictor:
        nodes = np.zeros(1, dtype=[("value", float), ("count", int)])

    with pytest.raises(UnsupportedModelError, match="num_threshold"):
        read_hist_gradient_boosting(Changed([[Predictor()]]))


def test_wrong_inputs_are_refused(model, data):
    explainer = FastTreeExplainer(model)
    with pytest.raises(ValueError, match="expected 8 features"):
        explainer.explain(data[0][:, :5])
    with pytest.raises(ValueError, match="no rows to compare"):
        FastTreeExplainer(model, background=data[0][:0])
    for options in ({"max_bits": 0}, {"max_bits": 17}, {"block": 0}, {"dtype": np.int32}, {"engine": "gpu"}):
        with pytest.raises(ValueError, match=next(iter(options))):
            FastTreeExplainer(model, **options)
    node = (np.array([x]) for x in (-1, -1, 0, 0.0, False, 1.0, 0.0))
    with pytest.raises(UnsupportedModelError, match="without training rows"):
        Ensemble((Tree(*node),), 0.0, 1)


def test_it_says_what_it_is(model):
    text = repr(FastTreeExplainer(model))
    assert "10 trees, 8 features, path-dependent" in text
    assert "mean margin of the 1500 training rows" in text
