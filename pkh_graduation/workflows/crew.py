"""The crew: how many processes work, and how much memory each may use. Tasks are parts; results do not depend on the crew."""

from __future__ import annotations

import gc
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from joblib import Parallel, delayed

from pkh_graduation.contracts import Progress, quiet
from pkh_graduation.stores import Store

SMALL = 2_000_000
"""Rows of a store below which starting processes costs more than they save."""
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([KMGT])B", re.IGNORECASE)

_COLLECT = (100_000, 20, 100)
"""Objects made between two searches for cycles. A task makes millions of objects and next to no cycles; with CPython's own
numbers, which are hundreds, much of its time would go into the search."""


@dataclass(frozen=True)
class Crew:
    """``workers`` processes (or threads, where there is little to do) share ``memory_limit``, such as ``"4GB"``."""

    workers: int = 2
    memory_limit: str = "4GB"

    @property
    def memory_per_worker(self) -> str:
        """Each one's share.

        >>> Crew(2, "4GB").memory_per_worker
        '2048MB'
        """
        found = _SIZE.fullmatch(self.memory_limit.strip())
        if found is None:
            raise ValueError(
                f"memory_limit is a number with KB, MB, GB or TB, such as '4GB', not {self.memory_limit!r}."
            )
        megabytes = float(found[1]) * {"K": 1 / 1024, "M": 1, "G": 1024, "T": 1024**2}[found[2].upper()]
        return f"{max(1, int(megabytes / self.workers))}MB"

    def processes(self, store: Store) -> int:
        """Processes worth starting for a store."""
        return self.workers if sum(store.manifest["tables"].values()) >= SMALL else 1

    def threads(self, store: Store) -> int:
        """Threads of the engine inside each process."""
        return max(1, self.workers // self.processes(store))

    def each(
        self,
        store: Store,
        task: Callable[..., Any],
        calls: Sequence[tuple[Any, ...]],
        *,
        label: str,
        progress: Progress = quiet,
    ) -> list[Any]:
        """Results of ``task(*call)``, in the order of the calls."""
        jobs = min(self.processes(store), len(calls))
        work = Parallel(n_jobs=jobs, return_as="generator", pre_dispatch="all")(
            delayed(_at_work)(task, *call) for call in calls
        )
        results = []
        for result in work:
            results.append(result)
            progress(f"{label} {len(results)}/{len(calls)}")
        return results


def _at_work(task: Callable[..., Any], *call: Any) -> Any:
    """``task(*call)`` with cycles searched for rarely, and afterwards as often as before."""
    before = gc.get_threshold()
    gc.set_threshold(*_COLLECT)
    try:
        return task(*call)
    finally:
        gc.set_threshold(*before)
