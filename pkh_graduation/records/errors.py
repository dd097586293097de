"""The room's one error: an input that cannot be taken, with what to do. Never a NIK, a No. KK, a name or a row."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class RecordsError(ValueError):
    """An export, a mapping or a key that ingest cannot work with."""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A sentence with the nearest known word, or with all of them.

    >>> did_you_mean("keluaga", ["keluarga", "anggota"])
    "Did you mean 'keluarga'?"
    """
    options = sorted(known)
    near = nearest(word, options)
    return f"Did you mean {near!r}?" if near else f"Known are {options}."


def nearest(word: str, known: Iterable[str]) -> str:
    """The known word that a word comes near to, empty when none does.

    >>> nearest("keluaga", ["keluarga", "anggota"])
    'keluarga'
    """
    return next(iter(difflib.get_close_matches(word, sorted(known), n=1, cutoff=0.6)), "")
