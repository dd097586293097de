"""A part is there whole, or not at all; what was made from other inputs does not count."""

import os
import subprocess
import sys

import pandas as pd
import pytest

from pkh_graduation.stores import Parts, clear_litter, digest_of

FRAME = pd.DataFrame({"nilai": [1.0, 2.0]})


def test_a_part_is_done_for_its_inputs_only(tmp_path):
    parts = Parts(tmp_path)
    assert not parts.done("00", "a")
    parts.write("00", FRAME, "a", kpm=3)
    assert parts.done("00", "a")
    assert not parts.done("00", "b")
    mark = parts.mark("00")
    assert (mark["rows"], mark["kpm"]) == (2, 3)
    pd.testing.assert_frame_equal(parts.read("00"), FRAME)


def test_a_part_without_mark_or_cut_short_is_not_done(tmp_path):
    parts = Parts(tmp_path)
    parts.write("00", FRAME, "a")
    parts.path("00").write_bytes(parts.path("00").read_bytes()[:-1])
    assert not parts.done("00", "a")
    with pytest.raises(FileNotFoundError, match="never finished"):
        parts.read("00")
    parts.write("00", FRAME, "a")
    (tmp_path / "bucket=00.json").unlink()
    assert parts.names() == []


def test_a_part_whose_mark_was_emptied_is_made_again(tmp_path):
    parts = Parts(tmp_path)
    parts.write("00", FRAME, "a")
    (tmp_path / "bucket=00.json").write_text("")
    assert not parts.done("00", "a") and parts.names() == []
    parts.write("00", FRAME, "a")
    assert parts.done("00", "a")


def test_equal_content_gives_equal_bytes(tmp_path):
    first, second = Parts(tmp_path / "a"), Parts(tmp_path / "b")
    first.write("00", FRAME, "x")
    second.write("00", FRAME, "x")
    assert first.path("00").read_bytes() == second.path("00").read_bytes()
    assert first.mark("00") == second.mark("00")


def test_parts_of_an_earlier_run_are_taken_away(tmp_path):
    parts = Parts(tmp_path)
    for name in ("00", "01"):
        parts.write(name, FRAME, "x")
    (tmp_path / "lain.parquet").write_bytes(b"x")
    parts.keep_only(["00"])
    assert parts.names() == ["00"]
    assert (tmp_path / "lain.parquet").is_file()


def test_litter_of_dead_processes_is_cleared_and_that_of_the_living_is_not(tmp_path):
    dead = subprocess.run(
        [sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, text=True, check=True
    )
    left = tmp_path / "sub" / f".bucket=00.parquet.{dead.stdout.strip()}.part"
    left.parent.mkdir()
    left.write_bytes(b"x")
    kept = tmp_path / f".bucket=01.parquet.{os.getpid()}.part"
    kept.write_bytes(b"x")
    assert clear_litter(tmp_path) == 1
    assert kept.exists()
    assert not left.exists()


def test_a_digest_tells_inputs_apart():
    assert digest_of({"a": 1, "b": 2}) == digest_of({"b": 2, "a": 1})
    assert digest_of("ab", "c") != digest_of("a", "bc")
