"""FastMargins: what each of several models says, all in one pass over the rows.

A cluster's part of the margin depends on the row's pattern only, as its SHAP values do: it is the value of the one leaf that
the pattern reaches, or nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .binning import make_binning
from .blocks import binned_blocks
from .clusters import Cluster, cut
from .engines import choose_engine
from .ensemble import Ensemble, Tree, merge
from .inputs import check_columns
from .layout import bits_of, lay_out
from .readers import read_model


class FastMargins:
    """Margins (log-odds) of models that were fitted on the same columns, each its own.

    Args:
        models: fitted models, or `Ensemble`s; see `FastTreeExplainer`.
        output: the class of multiclass models.
        engine: ``auto``, ``numpy`` or ``numba``.
        max_bits: splits of a cluster at most.
        block: rows worked on at once, for speed only.

    A row's margins do not depend on the other rows, the block, the engine or the number of threads, to the bit.

    Raises:
        UnsupportedModelError: a model cannot be read or tabulated.
        ValueError: no model, or models of different columns.

    >>> from sklearn.ensemble import HistGradientBoostingClassifier
    >>> X = np.random.default_rng(0).normal(size=(90, 2)); y = X[:, 0] > X[:, 1]
    >>> bag = [HistGradientBoostingClassifier(max_iter=5, random_state=k).fit(X[k::2], y[k::2]) for k in (0, 1)]
    >>> bool(np.allclose(FastMargins(bag)(X.T), [model.decision_function(X) for model in bag], rtol=0, atol=1e-12))
    True
    """

    def __init__(
        self,
        models: Sequence[Any],
        *,
        output: int | None = None,
        engine: str = "auto",
        max_bits: int = 8,
        block: int | None = None,
    ) -> None:
        self.engine, self.block = engine, block
        members = [read_model(model, output) for model in models]
        ensemble = merge(members, [1.0] * len(members))
        owner = np.repeat(np.arange(len(members)), [len(member.trees) for member in members])
        self.n_features = ensemble.n_features
        self.constants = _constants(members)
        self._binning = make_binning(ensemble)
        clusters = cut(ensemble, max_bits)
        tables = [{int(owner[one.tree]): pattern_values(ensemble.trees[one.tree], one)} for one in clusters]
        bits = bits_of(ensemble, clusters, self._binning)
        trees = choose_engine(engine).trees_per_group
        self._plan, self._tables = lay_out(bits, clusters, tables, np.dtype(np.float64), trees)

    def __call__(self, columns: np.ndarray) -> np.ndarray:
        """Margins (n_models, n_rows) of feature-major float columns (n_features, n_rows)."""
        columns = check_columns(columns, self.n_features)
        kernels = choose_engine(self.engine)
        total = np.zeros((len(self.constants), columns.shape[1]))
        for first, last, bins in binned_blocks(columns, self._binning, kernels, self.block):
            kernels.add(bins, self._plan, self._tables, total, first, last)
        total += self.constants[:, None]
        return total


def pattern_values(tree: Tree, cluster: Cluster) -> np.ndarray:
    """Value of the leaf that each pattern of the cluster reaches, 0 where it reaches none of its leaves; (2**splits,)."""
    patterns = np.arange(1 << len(cluster.splits))
    goes_left = {split: (patterns >> bit & 1).astype(bool) for bit, split in enumerate(cluster.splits)}
    values = np.zeros(len(patterns))
    for leaf, path in cluster.leaves:
        reached = np.ones(len(patterns), dtype=bool)
        for split, left in path:
            reached &= goes_left[split] == left
        values[reached] = tree.value[leaf]
    return values


def _constants(members: Sequence[Ensemble]) -> np.ndarray:
    """What each model says before its first split."""
    stumps = [sum(float(tree.value[0]) for tree in member.trees if tree.is_stump) for member in members]
    return np.array([member.baseline + own for member, own in zip(members, stumps, strict=True)])
