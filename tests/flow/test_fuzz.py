"""A short run of the fuzzing of `benchmarks/fuzz.py`: no reader breaks, hangs or loses a row, whatever the file."""

from __future__ import annotations

from pathlib import Path

import pytest
from fuzzed_files import KINDS, Tally, fuzz

FILES = 25


@pytest.mark.parametrize("kind", KINDS)
def test_readers_read_or_refuse_whatever_comes(kind: str, tmp_path: Path) -> None:
    tally = Tally()
    for seed in range(FILES):
        fuzz(kind, seed, tmp_path, tally)
    assert not tally.found
    assert tally.files == FILES and tally.read[kind], "a kind of which no file is read proves nothing"


def test_a_finding_is_a_finding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> int:
        raise KeyError("row")

    monkeypatch.setitem(KINDS, "text", broken)
    tally = Tally()
    fuzz("text", 1, tmp_path, tally)
    assert [(kind, seed) for kind, seed, _ in tally.found] == [("text", 1)]
