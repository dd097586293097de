"""Engines: numba's compiled kernels where numba can be imported, numpy's everywhere; both give the same bits.

``auto`` means numba if it is there. The environment variable ``FAST_TREES_ENGINE`` (``numpy``, ``numba`` or ``auto``) decides
for every explainer that was left on ``auto``.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

VARIABLE = "FAST_TREES_ENGINE"
ENGINES = ("auto", "numpy", "numba")


@dataclass(frozen=True)
class Engine:
    """Kernels, and what suits them: how many trees share a pass, how many rows a block."""

    name: str
    count: Callable[..., None]
    add: Callable[..., None]
    strongest: Callable[..., None]
    trees_per_group: int
    block: int


def choose_engine(name: str = "auto") -> Engine:
    """The engine called ``name``.

    Raises:
        ValueError: no such engine. ImportError: numba was asked for by name and cannot be imported.
    """
    if name == "auto":
        name = os.environ.get(VARIABLE, "auto")
    if name not in ENGINES:
        raise ValueError(f"engine must be one of {ENGINES}, not {name!r} (argument, or {VARIABLE}).")
    if name == "numpy" or (name == "auto" and not _numba_is_there()):
        return _engine("numpy")
    return _engine("numba")


@cache
def _numba_is_there() -> bool:
    try:
        import numba  # noqa: F401 - asked only whether it can be imported
    except ImportError:
        return False
    return True


@cache
def _engine(name: str) -> Engine:
    kernels: Any
    if name == "numba":
        from . import kernels_numba as kernels
    else:
        from . import kernels_numpy as kernels
    trees = 32 if name == "numba" else 2
    return Engine(name, kernels.count, kernels.add, kernels.strongest, trees, block=16_384)
