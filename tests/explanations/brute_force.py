"""Shapley values from the definition, and small models to try them on; shares no code with the fast explainer."""

import math

import numpy as np

from pkh_graduation.explanations.fast_trees import Coding, Ensemble, Question, Tree


def brute_force(worth_of, n):
    """Over every coalition of n features: shape (rows, n)."""
    worth = [worth_of(frozenset(i for i in range(n) if mask >> i & 1)) for mask in range(1 << n)]
    phi = np.zeros((len(worth[0]), n))
    for i in range(n):
        for mask in (m for m in range(1 << n) if not m >> i & 1):
            size = mask.bit_count()
            weight = math.factorial(size) * math.factorial(n - 1 - size) / math.factorial(n)
            phi[:, i] += weight * (worth[mask | 1 << i] - worth[mask])
    return phi


def goes_left(ensemble, tree, node, X):
    column = tree.column[node]
    if column < ensemble.n_features:
        x = X[:, column]
        return np.array([bool(tree.missing_left[node]) if v != v else v <= tree.threshold[node] for v in x])
    question = ensemble.questions[column - ensemble.n_features]
    coding = ensemble.codings[question.coding]
    levels = coding.levels.tolist()
    codes = [levels.index(v) if v in levels else len(levels) for v in X[:, coding.feature]]
    return np.array([question.right[code] == 0 for code in codes])


def path_dependent_game(ensemble, X):
    """Worth of a coalition: follow the splits of its features, average the others by cover."""

    def walk(tree, node, coalition):
        if tree.left[node] == -1:
            return np.full(len(X), tree.value[node])
        left, right = (walk(tree, child, coalition) for child in (tree.left[node], tree.right[node]))
        share = tree.cover[tree.left[node]] / tree.cover[node]
        if ensemble.owner[tree.column[node]] in coalition:
            share = goes_left(ensemble, tree, node, X)
        return share * left + (1 - share) * right

    return lambda coalition: ensemble.baseline + sum(walk(tree, 0, coalition) for tree in ensemble.trees)


def interventional_game(margin, X, background):
    """Worth of a coalition: the model's own mean margin, the other features taken from the background."""

    def worth(coalition):
        mixed = np.repeat(background[None], len(X), axis=0)
        own = sorted(coalition)
        mixed[:, :, own] = X[:, None, own]
        return margin(mixed.reshape(-1, X.shape[1])).reshape(len(X), -1).mean(axis=1)

    return worth


def ensemble_margin(ensemble, X):
    """Follow every row down every tree."""
    return path_dependent_game(ensemble, X)(frozenset(range(ensemble.n_features)))


def random_ensemble(rng, *, trees=3, depth=4, n=4, questions=True):
    """Trees with ties, repeated features, both missing directions, infinite thresholds and, on feature 0, level sets."""
    codings = (Coding(0, np.array([0.0, 1.0, 2.0, 5.0])),) if questions else ()
    asked = tuple(Question(0, rng.integers(0, 2, 5).astype(np.uint8)) for _ in range(3)) if questions else ()
    made = tuple(_random_tree(rng, depth, n, len(asked)) for _ in range(trees))
    return Ensemble(made, float(rng.normal()), n, codings, asked)


def _random_tree(rng, depth, n, asked):
    rows = []

    def grow(left_depth, cover):
        here = len(rows)
        rows.append([-1, -1, 0, 0.0, False, rng.normal(), cover])
        if left_depth and cover > 1 and rng.random() < 0.85:
            column = int(rng.integers(1 if asked else 0, n + asked))
            rows[here][2:5] = [column, rng.choice([-1.0, 0.0, 0.5, 1.0, np.inf]), bool(rng.integers(2))]
            if column >= n:
                rows[here][3:5] = [0.5, False]
            part = int(rng.integers(1, cover))
            rows[here][0], rows[here][1] = grow(left_depth - 1, part), grow(left_depth - 1, cover - part)
        return here

    grow(depth, 100)
    left, right, column, threshold, missing_left, value, cover = map(np.array, zip(*rows, strict=True))
    return Tree(left, right, column, threshold.astype(float), missing_left, value, cover.astype(float))


def awkward_rows(rng, n, count=24):
    """Values exactly at thresholds, missing, infinite, tiny and never seen."""
    X = rng.choice([-1.0, 0.0, 0.25, 0.5, 1.0, 2.0, 5.0, 7.0, np.nan, np.inf, -np.inf, 1e-300], size=(count, n))
    X[0] = np.nan
    return X


def training_data(rng, rows=1500, n=8, decimals=1):
    """Rounded values, so that rows lie on thresholds; features 6 and 7 are codes; 15 % missing."""
    X = rng.normal(size=(rows, n)).round(decimals)
    X[:, 6], X[:, 7] = rng.integers(0, 12, rows), rng.integers(0, 5, rows) * 2 + 1
    X[rng.random(X.shape) < 0.15] = np.nan
    z = np.nan_to_num(X)
    signal = z[:, 0] * z[:, 1] - z[:, 2] + np.sin(3 * z[:, 6]) + (z[:, 7] == 5) - 1
    return X, rng.random(rows) < 1 / (1 + np.exp(-signal))
