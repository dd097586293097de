"""Placebos: labels of other families teach nothing, and the folds' estimate is what the future brings."""

import importlib
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator

from pkh_graduation.contracts import Scores
from pkh_graduation.evaluation import labels_at
from pkh_graduation.evaluation.leakage_echoes import auc_of
from pkh_graduation.timeline import PanelFolds, observe_outcomes

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"


@pytest.fixture(scope="module")
def splitter():
    """The benchmark, which is a script and no package."""
    if str(BENCHMARKS) not in sys.path:
        sys.path.append(str(BENCHMARKS))
    return importlib.import_module("splitter")


class LeastSquares(BaseEstimator):
    """The cheapest contender that learns: a straight line through mature labels."""

    def fit(self, X, y, *, groups=None):
        label = labels_at(y, y.max_horizon)["label"]
        known = label.notna().to_numpy()
        target = (label[known] == 1).to_numpy(dtype=float)
        self.centre_, self.level_ = X[known].to_numpy().mean(axis=0), target.mean()
        self.slope_ = np.linalg.lstsq(X[known].to_numpy() - self.centre_, target - self.level_)[0]
        return self

    def predict_incidence(self, X, horizon, *, groups=None):
        chance = np.clip(self.level_ + (X.to_numpy() - self.centre_) @ self.slope_, 0, 1)
        path = np.zeros((len(X), horizon + 1, 4))
        path[:, :, 0], path[:, -1, 0], path[:, -1, 1] = 1, 1 - chance, chance
        return Scores(X.index, path, chance, chance, chance)


def auc_at(fold, X):
    fitted = LeastSquares().fit(X.loc[fold.train], fold.y_train)
    label = labels_at(fold.y_test, 4).loc[fold.test, "label"]
    return auc_of(fitted.predict_incidence(X.loc[fold.test], 4).frame["mandiri"].to_numpy(), (label == 1).to_numpy())


def test_features_of_other_families_rank_nothing(splitter):
    """Twenty times, every family is given another's whole history of features; the mean AUC is one half within 3 SE."""
    world = splitter.make_world(5, 600)
    y = observe_outcomes(world.records, world.history, horizon=4, known_by=splitter.NOW)
    (fold,) = PanelFolds(1, 4).split(world.X, y, world.history)
    honest = auc_at(fold, world.X)
    rng = np.random.default_rng(0)
    found = []
    values = world.X.to_numpy().reshape(600, -1, world.X.shape[1])
    for _ in range(20):
        shuffled = values[rng.permutation(600)].reshape(world.X.shape)
        found.append(auc_at(fold, pd.DataFrame(shuffled, index=world.X.index, columns=world.X.columns)))
    error = np.std(found, ddof=1) / np.sqrt(len(found))
    assert abs(np.mean(found) - 0.5) <= 3 * error
    assert error < 0.02, "a check that would miss an AUC of .56 is worth nothing"
    assert honest > 0.5 + 5 * error, "there must be something to find where nothing was shuffled"


def test_the_folds_tell_the_future_and_random_rows_do_not(splitter):
    """The benchmark's promise on few small worlds: the mean gap is within .02 AUC, give or take three standard errors."""
    cheap = LeastSquares()
    found = pd.DataFrame([splitter.one_world(seed, 1200, ("panel",), cheap) for seed in range(100, 105)])
    gap = found["panel"] - found["masa depan"]
    error = gap.std(ddof=1) / np.sqrt(len(gap))
    assert abs(gap.mean()) <= 0.02 + 3 * error
    flattered = splitter.one_world(100, 300, ways=("baris acak",))
    assert flattered["baris acak"] - flattered["masa depan"] > 0.02 + 3 * error
