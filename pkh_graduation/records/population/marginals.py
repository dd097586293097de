"""The numbers behind the made-up kabupaten: ``marginals.toml``, each with its unit and its source or assumption."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from functools import lru_cache
from importlib.resources import files
from typing import Any

Override = tuple[str, Any]


class Marginals(Mapping[str, Any]):
    """Numbers by dotted name (``"keluar.w"``), with the entry's other fields in `entries`."""

    def __init__(self, entries: Mapping[str, Mapping[str, Any]]) -> None:
        self.entries = dict(entries)
        self._values = {name: entry["nilai"] for name, entry in self.entries.items()}

    def __getitem__(self, name: str) -> Any:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def section(self, name: str) -> dict[str, Any]:
        """Numbers of one section under their short names."""
        start = f"{name}."
        return {key[len(start) :]: value for key, value in self._values.items() if key.startswith(start)}


@lru_cache(maxsize=8)
def marginals(replaced: tuple[Override, ...] = ()) -> Marginals:
    """Read the numbers; ``replaced`` holds pairs of dotted name and another value.

    >>> marginals()["keluar.target_pendamping"]
    10
    >>> marginals((("keluar.w", 1.2),))["keluar.w"]
    1.2

    Raises:
        KeyError: a replaced name does not exist.
    """
    text = files(__package__).joinpath("marginals.toml").read_text(encoding="utf-8")
    entries = {
        f"{section}.{name}": dict(entry)
        for section, lines in tomllib.loads(text).items()
        for name, entry in lines.items()
    }
    for name, value in replaced:
        if name not in entries:
            raise KeyError(f"no number is called {name!r} in marginals.toml; names are section.name, such as keluar.w.")
        entries[name] = {**entries[name], "nilai": value, "asumsi": "replaced by the caller"}
    return Marginals(entries)
