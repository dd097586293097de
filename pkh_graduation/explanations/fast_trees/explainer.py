"""FastTreeExplainer: exact SHAP values of tree models by table look-up, as many rows as memory holds at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from .binning import make_binning
from .blocks import binned_blocks
from .clusters import WIDEST, Cluster, cut
from .engines import Engine, choose_engine
from .ensemble import merge
from .inputs import as_columns, check_columns
from .kernels_numpy import fill_pattern
from .layout import Bits, Plan, bits_of, lay_out
from .readers import read_model
from .tables import check_size, solve


class _Tabulated(NamedTuple):
    plan: Plan
    tables: np.ndarray


class FastTreeExplainer:
    """Exact SHAP values on the margin (log-odds), and the margin itself.

    Args:
        models: one fitted model or a bag, explained in one pass as the sum of weight * margin. HistGradientBoosting, with
            native categories; LightGBM with numeric splits; or an `Ensemble`.
        weights: of a bag's members; all 1 if not given.
        background: rows to compare with (interventional SHAP against all of them, at no cost per explained row). None compares
            with the training rows by the trees' own counts (path-dependent SHAP).
        output: the class of a multiclass model.
        engine: ``auto``, ``numpy`` or ``numba``; see `engines`.
        dtype: of tables and values. float64 adds up to 1e-9; float32 to about 1e-5 and saves memory.
        max_bits: splits of a cluster at most; up to 8 make patterns of one byte.
        two_bytes: use wide bins where narrow ones would do; wide ones are taken by themselves where they are needed.
        block: rows worked on at once, for speed only; the engine's own choice if not given.

    Attributes:
        base: the mean margin of ``population``. mode: ``path-dependent`` or ``interventional``.
        background_rows: how many rows are compared with; None if path-dependent.

    Deterministic to the bit: a row's values do not depend on the other rows, their order, the block, the engine or the number
    of threads. Calls may run side by side in threads. Neither mode is causal.

    Raises:
        UnsupportedModelError: the model cannot be read or tabulated; `tree_explainer` then falls back.
    """

    def __init__(
        self,
        models: Any,
        *,
        weights: Sequence[float] | None = None,
        background: Any = None,
        output: int | None = None,
        engine: str = "auto",
        dtype: Any = np.float64,
        max_bits: int = 8,
        block: int | None = None,
        two_bytes: bool = False,
    ) -> None:
        if not 1 <= max_bits <= WIDEST or (block is not None and block < 1):
            raise ValueError(f"max_bits must be 1 to {WIDEST} and block at least 1, not {max_bits} and {block}.")
        self.engine, self.dtype, self.max_bits, self.block = engine, _checked_dtype(dtype), max_bits, block
        kernels = self._kernels
        members = list(models) if isinstance(models, Sequence) else [models]
        self.ensemble = merge(
            [read_model(model, output) for model in members], [1.0] * len(members) if weights is None else list(weights)
        )
        self._binning = make_binning(self.ensemble, two_bytes=two_bytes)
        clusters = cut(self.ensemble, max_bits)
        check_size(self.ensemble, clusters)
        bits = bits_of(self.ensemble, clusters, self._binning)
        self.background_rows: int | None = None
        shares = None if background is None else self._pattern_shares(background, bits, clusters)
        tables, self.base = solve(self.ensemble, clusters, shares)
        self._values = _Tabulated(*lay_out(bits, clusters, tables, self.dtype, kernels.trees_per_group))
        sums = [{0: np.sum(list(own.values()), axis=0)} for own in tables]
        self._sums = _Tabulated(*lay_out(bits, clusters, sums, np.dtype(np.float64), kernels.trees_per_group))

    @property
    def mode(self) -> str:
        """Which law the reference follows."""
        return "path-dependent" if self.background_rows is None else "interventional"

    @property
    def population(self) -> str:
        """Whose mean margin the base is."""
        if self.background_rows is None:
            return self.ensemble.population
        return f"the {self.background_rows} background rows"

    @property
    def n_features(self) -> int:
        """Features of the model, and rows of the values."""
        return self.ensemble.n_features

    def explain(self, X: Any) -> tuple[np.ndarray, np.ndarray]:
        """SHAP values (n_rows, n_features) and margins (n_rows,) of a matrix or frame; the values lie column by column."""
        phi, margin = self.explain_columns(as_columns(X, self.ensemble))
        return phi.T, margin

    def explain_columns(self, columns: np.ndarray, *, out: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
        """SHAP values (n_features, n_rows), written to ``out`` if given, and margins of feature-major float columns."""
        columns = check_columns(columns, self.n_features)
        phi = np.empty(columns.shape, dtype=self.dtype) if out is None else self._checked_out(out, columns.shape)
        margin = np.empty(columns.shape[1])
        used = np.unique(self._values.plan.pass_feature)
        for first, last, bins in self._bins(columns):
            phi[:, first:last] = 0
            self._add(self._values, bins, phi, first, last)
            margin[first:last] = self.base
            for feature in used:  # one after the other: numpy's own sum would depend on the shape
                margin[first:last] += phi[feature, first:last]
        return phi, margin

    def margin(self, X: Any) -> np.ndarray:
        """Margins (n_rows,) alone: one look-up per cluster, several times faster than explaining."""
        columns = as_columns(X, self.ensemble)
        total = np.zeros((1, columns.shape[1]))
        for first, last, bins in self._bins(columns):
            self._add(self._sums, bins, total, first, last)
        return np.asarray(total[0] + self.base)

    def __call__(self, X: Any) -> Any:
        """A ``shap.Explanation`` of X, for shap's plots."""
        from .shap_package import load_shap

        values, margin = self.explain(X)
        names = list(map(str, X.columns)) if hasattr(X, "columns") else self.ensemble.names
        return load_shap().Explanation(
            values=np.ascontiguousarray(values),
            base_values=np.full(len(margin), self.base),
            data=X.to_numpy() if hasattr(X, "columns") else np.asarray(X),
            feature_names=None if names is None else list(names),
        )

    def __repr__(self) -> str:
        return (
            f"FastTreeExplainer({len(self.ensemble.trees)} trees, {self.n_features} features, {self.mode}, "
            f"base {self.base:.6g}: mean margin of {self.population})"
        )

    @property
    def _kernels(self) -> Engine:
        """Found anew where an explainer was unpickled: numba may be on one machine only."""
        return choose_engine(self.engine)

    def _bins(self, columns: np.ndarray) -> Iterator[tuple[int, int, np.ndarray]]:
        """Blocks of rows: (first, last, bins)."""
        return binned_blocks(columns, self._binning, self._kernels, self.block)

    def _add(self, what: _Tabulated, bins: np.ndarray, phi: np.ndarray, first: int, last: int) -> None:
        self._kernels.add(bins, what.plan, what.tables, phi, first, last)

    def _pattern_shares(self, background: Any, bits: Bits, clusters: Sequence[Cluster]) -> list[np.ndarray]:
        """How often the background shows each pattern of each cluster."""
        columns = as_columns(background, self.ensemble)
        self.background_rows = columns.shape[1]
        if not self.background_rows:
            raise ValueError("the background has no rows to compare with.")
        plan, _ = lay_out(bits, clusters, [{}] * len(clusters), self.dtype, 1)
        seen = [np.zeros(1 << len(cluster.splits), dtype=np.int64) for cluster in clusters]
        for first, last, bins in self._bins(columns):
            pattern = np.empty(last - first, dtype=np.intp)
            for number, own in enumerate(seen):
                fill_pattern(bins, plan, number, pattern)
                own += np.bincount(pattern, minlength=len(own))
        return [own / self.background_rows for own in seen]

    def _checked_out(self, out: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
        if out.shape != shape or out.dtype != self.dtype or not out.flags.c_contiguous:
            raise ValueError(
                f"out must be a C-ordered {self.dtype} array of shape {shape}, not {out.dtype} {out.shape}."
            )
        return out


def _checked_dtype(dtype: Any) -> np.dtype:
    if np.dtype(dtype) not in (np.float32, np.float64):
        raise ValueError(f"dtype must be float32 or float64, not {np.dtype(dtype)}.")
    return np.dtype(dtype)
