"""Exact SHAP values of the same 200 trees: the fast explainer beside shap, LightGBM's, XGBoost's and woodelf's own.

Every contender explains a model of one shape (200 trees, 31 leaves, depth 6 at most, 100 features, 15 % missing), most of
them the very same model. Rounds are interleaved; rates are rows per CPU-second on one thread, median and range over the
rounds; the ratio is taken to shap's path-dependent explainer within each round. What is not installed is named and left out.
"""

from __future__ import annotations

import argparse
import os
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from time import process_time
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier

from pkh_graduation.explanations.fast_trees import FastTreeExplainer
from pkh_graduation.explanations.fast_trees.shap_package import load_shap

TREES, LEAVES, DEPTH, FEATURES = 200, 31, 6, 100
TRAINING, BACKGROUND = 65_536, 100
BASELINE = "shap TreeExplainer, path-dependent"


def make_data(rows: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Made-up households: 40 continuous features, 20 counts, 30 flags, 10 codes; float64 holding float32 values; outcomes."""
    rng, law = np.random.default_rng(seed), np.random.default_rng(1)
    X = np.empty((rows, FEATURES), order="F")
    X[:, :40] = rng.normal(size=(rows, 40)).astype(np.float32)
    X[:, 40:60] = rng.poisson(3, size=(rows, 20))
    X[:, 60:90] = rng.random((rows, 30)) < law.uniform(0.1, 0.6, 30)
    X[:, 90:] = np.column_stack([rng.integers(0, levels, rows) for levels in np.linspace(3, 38, 10).astype(int)])
    signal = 1.2 * X[:, 0] * X[:, 1] + X[:, 2] + np.sin(2 * X[:, 3]) + 0.3 * (X[:, 40] - 3) + X[:, 60] * X[:, 4]
    signal += 0.8 * (X[:, 95] % 3 == 1) - X[:, 61]
    signal += X[:, 5:40] @ law.normal(0, 0.15, 35) + X[:, 62:90] @ law.normal(0, 0.3, 28)
    y = rng.random(rows) < 1 / (1 + np.exp(-1.5 * (signal - 3.2)))
    X[rng.random(X.shape) < 0.15] = np.nan
    return X, y


def fit_model(X: np.ndarray, y: np.ndarray) -> HistGradientBoostingClassifier:
    """The model that is explained."""
    return HistGradientBoostingClassifier(
        max_iter=TREES, max_depth=DEPTH, max_leaf_nodes=LEAVES, early_stopping=False, random_state=0
    ).fit(X, y)


@dataclass
class Contender:
    """``work`` explains ``rows`` of ``X``; ``total`` gives the margin that its values add up to, ``margin`` the model's."""

    name: str
    X: Any
    work: Callable[[Any], Any]
    total: Callable[[Any], np.ndarray]
    margin: np.ndarray
    rates: list[float] = field(default_factory=list)

    def run(self) -> None:
        """One round."""
        started = process_time()
        self.work(self.X)
        self.rates.append(len(self.X) / (process_time() - started))

    @property
    def error(self) -> float:
        """Largest difference to the model's margin, on up to 2,000 rows."""
        some = self.X[:2000]
        return float(np.abs(self.total(some) - self.margin[: len(some)]).max())


def contenders(X: np.ndarray, y: np.ndarray, rows: int) -> list[Contender]:
    """All that are installed; the sizes are such that each takes about as long as the others."""
    model = fit_model(X, y)
    margin = model.decision_function(X[:2000])
    some = np.asfortranarray(X[:rows])
    found = [_shap(model, X, margin, max(rows // 64, 100)), _shap(model, X, margin, max(rows // 1024, 20), BACKGROUND)]
    ours: list[tuple[str, Any, dict[str, Any]]] = [
        ("ours, numba, float64", some, {"engine": "numba"}),
        ("ours, numpy, float64", np.asfortranarray(X[: rows // 4]), {"engine": "numpy"}),
        ("ours, numba, float32", some.astype(np.float32), {"engine": "numba", "dtype": np.float32}),
        (f"ours, numba, interventional, all {len(X):,} rows", some, {"engine": "numba", "background": X}),
    ]
    for name, own, options in ours:
        if options["engine"] == "numba" and find_spec("numba") is None:
            print(f"numba is not installed: {name!r} is left out")
            continue
        started = process_time()
        explainer = FastTreeExplainer(model, **options)
        print(f"{name}: built in {process_time() - started:.1f} CPU-seconds")
        found.append(Contender(name, own, _streaming(explainer, len(own)), _margin_of(explainer), margin))
    for package, make in (("lightgbm", _lightgbm), ("xgboost", _xgboost), ("woodelf", _woodelf)):
        if find_spec(package) is None:
            print(f"{package} is not installed and left out")
        else:
            found.append(make(model, X, y, margin, rows))
    return found


def _streaming(explainer: FastTreeExplainer, rows: int) -> Callable[[Any], np.ndarray]:
    """Explain as a stream does, each block into the memory of the one before: first touches of memory are not counted."""
    kept = np.zeros((explainer.n_features, rows), dtype=explainer.dtype)
    return lambda own: explainer.explain_columns(own.T, out=kept if len(own) == rows else None)[0]


def _margin_of(explainer: FastTreeExplainer) -> Callable[[Any], np.ndarray]:
    return lambda own: explainer.explain(own)[1]


def _shap(model: Any, X: np.ndarray, margin: np.ndarray, rows: int, background: int = 0) -> Contender:
    mode = "interventional" if background else "tree_path_dependent"
    explainer = load_shap().TreeExplainer(model, X[:background] if background else None, feature_perturbation=mode)

    def work(own: np.ndarray) -> np.ndarray:
        return np.asarray(explainer.shap_values(own, check_additivity=False))

    name = f"shap TreeExplainer, interventional, {background} rows" if background else BASELINE
    few = np.ascontiguousarray(X[:rows])
    return Contender(name, few, work, lambda own: work(own[:200]).sum(axis=1) + explainer.expected_value, margin[:200])


def _lightgbm(model: Any, X: np.ndarray, y: np.ndarray, margin: np.ndarray, rows: int) -> Contender:
    import lightgbm

    given = {"objective": "binary", "num_leaves": LEAVES, "max_depth": DEPTH, "verbose": -1, "num_threads": 1}
    booster = lightgbm.train(given, lightgbm.Dataset(X, y.astype(float)), TREES)

    def work(own: np.ndarray) -> np.ndarray:
        return np.asarray(booster.predict(own, pred_contrib=True))

    own_margin = np.asarray(booster.predict(X[:2000], raw_score=True))
    few = np.ascontiguousarray(X[: max(rows // 64, 100)])
    return Contender("LightGBM's own contributions", few, work, lambda own: work(own).sum(axis=1), own_margin)


def _xgboost(model: Any, X: np.ndarray, y: np.ndarray, margin: np.ndarray, rows: int) -> Contender:
    import xgboost

    given = {
        "objective": "binary:logistic",
        "max_leaves": LEAVES,
        "max_depth": DEPTH,
        "grow_policy": "lossguide",
        "nthread": 1,
    }
    booster = xgboost.train(given, xgboost.DMatrix(X, y.astype(float), nthread=1), TREES)

    def work(own: np.ndarray) -> np.ndarray:
        return np.asarray(booster.predict(xgboost.DMatrix(own, nthread=1), pred_contribs=True))

    own_margin = booster.predict(xgboost.DMatrix(X[:2000]), output_margin=True)
    few = np.ascontiguousarray(X[: max(rows // 32, 100)])
    return Contender("XGBoost's own contributions", few, work, lambda own: work(own).sum(axis=1), own_margin)


def _woodelf(model: Any, X: np.ndarray, y: np.ndarray, margin: np.ndarray, rows: int) -> Contender:
    import woodelf

    frame = pd.DataFrame(X[:rows], columns=[f"f{place}" for place in range(FEATURES)])
    explainer = woodelf.WoodelfExplainer(model, feature_perturbation="tree_path_dependent")
    base = FastTreeExplainer(model).base

    def work(own: pd.DataFrame) -> np.ndarray:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return np.asarray(explainer.shap_values(own, verbose=False))

    return Contender("woodelf-explainer", frame, work, lambda own: work(own).sum(axis=1) + base, margin)


def table(found: list[Contender]) -> str:
    """Markdown: one line per contender."""
    baseline = np.array(next(contender.rates for contender in found if contender.name == BASELINE))
    lines = [
        "| explainer | rows per CPU-second | range | times shap | range | misses the margin by |",
        "|---|---|---|---|---|---|",
    ]
    for contender in found:
        rates, ratio = np.array(contender.rates), np.array(contender.rates) / baseline
        digits = 0 if np.median(ratio) >= 10 else 2
        lines.append(
            f"| {contender.name} | {np.median(rates):,.0f} | {rates.min():,.0f}-{rates.max():,.0f} "
            f"| {np.median(ratio):.{digits}f} | {ratio.min():.{digits}f}-{ratio.max():.{digits}f} | {contender.error:.0e} |"
        )
    return "\n".join(lines)


def versions() -> str:
    """Of all that takes part."""
    said = []
    for package in ("numpy", "numba", "scikit-learn", "shap", "lightgbm", "xgboost", "woodelf-explainer"):
        try:
            said.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            said.append(f"{package} not installed")
    return ", ".join(said)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--rows", type=int, default=65_536, help="rows of the fastest contenders in each round")
    given = parser.parse_args()
    X, y = make_data(max(TRAINING, given.rows))
    found = contenders(X, y, given.rows)
    for contender in found:
        contender.work(contender.X[:100])  # compile and load outside of the rounds
    for _ in range(given.rounds):
        for contender in found:
            contender.run()
    print(f"\n{TREES} trees, {LEAVES} leaves, depth {DEPTH}, {FEATURES} features, {y.mean():.1%} positives")
    print(f"{given.rounds} rounds; {versions()}\n")
    print(table(found))


if __name__ == "__main__":
    main()
