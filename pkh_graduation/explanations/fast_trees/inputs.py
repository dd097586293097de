"""Inputs: what a caller hands over, as one row of numbers per feature."""

from __future__ import annotations

from typing import Any

import numpy as np

from .ensemble import Ensemble


def as_columns(X: Any, ensemble: Ensemble) -> np.ndarray:
    """Rows to (n_features, n_rows), float32 or float64, without a copy where X allows.

    A frame's columns must be the model's, in order. Levels that are no numbers become their codes, unknown ones NaN.

    Raises:
        ValueError: another number of columns, other names, or something that is no number.
    """
    names = tuple(map(str, X.columns)) if hasattr(X, "columns") else None
    if names is not None and ensemble.names is not None and names != ensemble.names:
        other = [name for name, wanted in zip(names, ensemble.names, strict=False) if name != wanted]
        raise ValueError(
            f"the columns of X are not those of the model: {len(names)} given, {len(ensemble.names)} expected, first "
            f"difference at {other[:1]}. Give the model's columns in its order."
        )
    columns = _coded(X, ensemble) if ensemble.categories else _matrix(X).T
    return check_columns(columns, ensemble.n_features)


def check_columns(columns: Any, n_features: int) -> np.ndarray:
    """A feature-major matrix as float32 or float64.

    Raises:
        ValueError: not two-dimensional, or another number of features.
    """
    columns = np.asarray(columns)
    if columns.ndim != 2 or len(columns) != n_features:
        raise ValueError(f"expected {n_features} features, got an array of shape {columns.shape} (features first).")
    return columns if columns.dtype in (np.float32, np.float64) else columns.astype(np.float64)


def _matrix(X: Any) -> np.ndarray:
    if not hasattr(X, "columns"):
        return np.atleast_2d(np.asarray(X))
    if len(set(X.dtypes)) == 1 and X.dtypes.iloc[0] in (np.float32, np.float64):
        return np.asarray(X)
    return np.asarray(X.to_numpy(dtype=np.float64, na_value=np.nan))


def _coded(X: Any, ensemble: Ensemble) -> np.ndarray:
    """Column by column, because some hold words."""
    frame = X.iloc if hasattr(X, "iloc") else np.asarray(X, dtype=object)
    columns = np.empty((frame[:, :].shape[1], len(X)))
    for place in range(len(columns)):
        levels = ensemble.categories.get(place)
        values = np.asarray(frame[:, place], dtype=object if levels else None)
        if levels:
            code = {level: number for number, level in enumerate(levels)}
            columns[place] = [code.get(value, np.nan) for value in values.tolist()]
        else:
            columns[place] = values.astype(np.float64)
    return columns
