"""One row, one answer: whatever the block, the order, the threads, the engine, the layout of memory or a pickle."""

import pickle
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from brute_force import awkward_rows, random_ensemble, training_data
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.ensemble import HistGradientBoostingClassifier

import pkh_graduation.explanations.fast_trees as fast_trees
from pkh_graduation.explanations.fast_trees import FastTreeExplainer, strongest


@pytest.fixture(scope="module")
def X():
    return training_data(np.random.default_rng(0), rows=2100)[0]


@pytest.fixture(scope="module")
def model(X):
    y = training_data(np.random.default_rng(0), rows=2100)[1]
    return HistGradientBoostingClassifier(max_iter=25, max_depth=6, categorical_features=[7], random_state=0).fit(X, y)


@pytest.fixture(scope="module")
def expected(model, X):
    return FastTreeExplainer(model).explain(X)


def same(found, expected):
    return all(np.array_equal(one, other) for one, other in zip(found, expected, strict=True))


@pytest.mark.parametrize("engine", ["numpy", "numba"])
@pytest.mark.parametrize("block", [1, 7, 50, None])
def test_blocks_and_engines_give_the_same_bits(model, X, expected, engine, block):
    some = slice(None, 40 * block if block else None)
    found = FastTreeExplainer(model, engine=engine, block=block).explain(X[some])
    assert same(found, [part[some] for part in expected])


def test_order_of_rows_and_single_rows(model, X, expected):
    explainer = FastTreeExplainer(model)
    order = np.random.default_rng(1).permutation(len(X))
    assert same(explainer.explain(X[order]), [part[order] for part in expected])
    for row in range(20):
        assert same(explainer.explain(X[row : row + 1]), [part[row : row + 1] for part in expected])


@pytest.mark.parametrize("threads", [2, 5])
def test_threads_side_by_side(model, X, expected, threads):
    explainer = FastTreeExplainer(model)
    with ThreadPoolExecutor(threads) as pool:
        parts = list(pool.map(explainer.explain, np.array_split(X, 3 * threads)))
    assert same([np.concatenate(part) for part in zip(*parts, strict=True)], expected)


def test_one_and_two_byte_bins_give_the_same_bits(model, X, expected):
    for engine in ("numpy", "numba"):
        assert same(FastTreeExplainer(model, two_bytes=True, engine=engine).explain(X), expected)


def test_many_thresholds_take_two_bytes_by_themselves():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(4000, 1))
    models = [
        HistGradientBoostingClassifier(max_iter=60, max_depth=5, random_state=seed).fit(
            X[seed::2], rng.random(2000) < 0.5
        )
        for seed in (0, 1)
    ]
    bag = FastTreeExplainer(models, weights=[0.5, 0.5])
    assert bag._binning.dtype == np.uint16
    margin = sum(0.5 * model.decision_function(X) for model in models)
    assert np.abs(bag.explain(X)[1] - margin).max() <= 1e-9
    assert np.abs(bag.margin(X) - margin).max() <= 1e-9


def test_layouts_of_memory(model, X, expected):
    explainer = FastTreeExplainer(model)
    columns = np.ascontiguousarray(X.T)
    before = columns.copy()
    phi, margin = explainer.explain_columns(columns)
    assert same((phi.T, margin), expected)
    assert np.array_equal(columns, before, equal_nan=True)
    assert same(explainer.explain(np.asfortranarray(X)), expected)
    assert same(explainer.explain(pd.DataFrame(X)), expected)
    assert same(explainer.explain(X[:, ::-1][:, ::-1]), expected)
    out = np.full(columns.shape, 9.0)
    assert explainer.explain_columns(columns, out=out)[0] is out
    assert np.array_equal(out, phi)
    with pytest.raises(ValueError, match="out must be"):
        explainer.explain_columns(columns, out=out[:, :5])


def test_pickles_explain_alike(model, X, expected):
    assert same(pickle.loads(pickle.dumps(FastTreeExplainer(model))).explain(X), expected)


def test_float32_tables_are_near(model, X, expected):
    values, margin = FastTreeExplainer(model, dtype=np.float32).explain(X)
    assert values.dtype == np.float32
    assert np.abs(values - expected[0]).max() <= 1e-5
    assert np.abs(margin - expected[1]).max() <= 1e-5


def test_margin_alone(model, X, expected):
    assert np.abs(FastTreeExplainer(model).margin(X) - expected[1]).max() <= 1e-12


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_engines_agree_on_random_trees(seed):
    rng = np.random.default_rng(seed)
    ensemble, X = random_ensemble(rng, depth=6, trees=5), awkward_rows(rng, 4, 50)
    by_engine = [FastTreeExplainer(ensemble, engine=engine).explain(X) for engine in ("numpy", "numba")]
    assert same(*by_engine)


def by_sorting(phi, k):
    """Stable sort of the magnitudes: ties stay in the order of the features."""
    order = np.argsort(-np.abs(phi), axis=0, kind="stable")[:k]
    return order.T, np.take_along_axis(phi, order, axis=0).T.astype(np.float32)


@pytest.mark.parametrize("engine", ["numpy", "numba"])
@pytest.mark.parametrize(("features", "k"), [(1, 1), (6, 6), (100, 5), (300, 3)])
def test_strongest_is_a_stable_sort(engine, features, k):
    phi = np.random.default_rng(0).normal(size=(features, 3000)).round(1)  # rounding makes ties, also between signs
    positions, values = strongest(phi, k, engine=engine)
    expected = by_sorting(phi, k)
    assert np.array_equal(positions, expected[0])
    assert np.array_equal(values, expected[1])
    assert positions.dtype == (np.uint8 if features <= 256 else np.uint16)
    assert values.dtype == np.float32


@pytest.mark.parametrize("engine", ["numpy", "numba"])
def test_strongest_of_float32_zeros_and_no_rows(engine):
    positions, values = strongest(np.zeros((4, 3), np.float32), 2, engine=engine)
    assert positions.tolist() == [[0, 1]] * 3
    assert (values == 0).all()
    assert strongest(np.zeros((4, 0)), 2, engine=engine)[0].shape == (0, 2)
    with pytest.raises(ValueError, match="k must be 1 to 4"):
        strongest(np.zeros((4, 3)), 5, engine=engine)


def test_the_environment_chooses_for_auto(monkeypatch):
    from pkh_graduation.explanations.fast_trees.engines import choose_engine

    monkeypatch.setenv("FAST_TREES_ENGINE", "numpy")
    assert choose_engine("auto").name == "numpy"
    assert choose_engine("numba").name == "numba"
    monkeypatch.setenv("FAST_TREES_ENGINE", "fortran")
    with pytest.raises(ValueError, match="FAST_TREES_ENGINE"):
        choose_engine("auto")


def run_alone(code, folder, **environment):
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        env={"PATH": "", **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_folder_can_be_lifted_out_and_works_without_numba(tmp_path):
    """Copied elsewhere, as a read-only package, with numba impossible to import."""
    package = tmp_path / "lifted"
    shutil.copytree(Path(fast_trees.__file__).parent, package, ignore=shutil.ignore_patterns("__pycache__"))
    code = """
import sys
sys.path.insert(0, "."); sys.modules["numba"] = None; sys.dont_write_bytecode = True
import numpy as np
from sklearn.ensemble import HistGradientBoostingRegressor
from lifted import FastTreeExplainer, check_margin, strongest
X = np.random.default_rng(0).normal(size=(300, 3))
model = HistGradientBoostingRegressor(max_iter=5, max_depth=3).fit(X, X[:, 0])
phi, margin = FastTreeExplainer(model).explain_columns(np.ascontiguousarray(X.T))
check_margin(margin, model.predict(X))
strongest(phi, 2)
print([name for name in sys.modules if name.startswith(("pkh_graduation", "shap"))])
"""
    assert run_alone(code, tmp_path).strip() == "[]"
    assert sorted(path.suffix for path in package.rglob("*") if path.suffix != ".py") == []
