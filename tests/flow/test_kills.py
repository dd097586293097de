"""Killed at any moment and started again: the same bytes, and no finished part is done twice.

One kill of each step by default; ``PKH_KILLS=30`` asks for more (`benchmarks/kills.py`).
"""

import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pkh_graduation import stores
from pkh_graduation.workflows import ingesting
from pkh_graduation.workflows.places import Places
from pkh_graduation.workflows.settings import read_settings

KILLS = int(os.environ.get("PKH_KILLS", "1"))
TAHAP = "2026-T4"
SETTINGS = """
[recipe]
history_tahap = 4
[machine]
families_per_bucket = 1100
workers = 2
"""
COMMAND = str(Path(sys.executable).with_name("pkh-graduation"))


def start(out: Path, step: str) -> subprocess.Popen:
    words = [COMMAND, step, "--as-of", TAHAP, "--out", str(out), "--settings", str(out.parent / "pkh.toml"), "--json"]
    words += ["--models", str(out.parent / "models")] if step == "score" else []
    return subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, start_new_session=True)


def finish(out: Path, step: str) -> dict:
    process = start(out, step)
    said, told = process.communicate(timeout=300)
    assert process.returncode == 0, told[-1000:]
    return json.loads(said.splitlines()[-1])


def content(folder: Path) -> dict[str, str]:
    """Every file and its hash, hidden ones too: litter would be seen."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def finished(folder: Path) -> dict[str, int]:
    """Parts whose mark is written, with the moment their file was."""
    marks = list(folder.rglob("bucket=*.json")) if folder.exists() else []
    return {str(mark): mark.with_suffix(".parquet").stat().st_mtime_ns for mark in marks}


@pytest.fixture(scope="module")
def small_office(office, tmp_path_factory):
    """A small office with a store in buckets, its features, and its scores by another's bundle; and how long each step took."""
    out = tmp_path_factory.mktemp("mati") / "o"
    (out.parent / "pkh.toml").write_text(SETTINGS)
    (out.parent / "models").symlink_to(office.places.models)
    places = Places(out)
    read = read_settings(out.parent / "pkh.toml")
    ingesting.ingest(office.places.records, places, key=stores.demo_key(7), settings=read)
    seconds = {}
    for step in ("features", "score"):
        began = time.perf_counter()
        finish(out, step)
        seconds[step] = time.perf_counter() - began
    return out, seconds


@pytest.mark.parametrize("step", ["features", "score"])
def test_a_killed_run_ends_with_the_same_bytes(small_office, step):
    out, seconds = small_office
    folder = out / {"features": "features", "score": "scores"}[step]
    expected = content(folder)
    chance = random.Random(step)
    alive = kept = 0
    for kill in range(KILLS):
        shutil.rmtree(folder)
        process = start(out, step)
        if kill % 2:
            time.sleep(chance.uniform(0.05, 0.95) * seconds[step])
        else:
            after_the_first_part(process, folder, chance)
        alive += process.poll() is None
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        before = finished(folder)
        kept += len(before)
        finish(out, step)
        after = finished(folder)
        assert {mark: after[mark] for mark in before} == before, "a finished part was written again"
        assert content(folder) == expected
    assert alive, "no run was killed before it ended"
    print(f"{step}: {KILLS} runs, {alive} killed at work, {kept} finished parts kept")


def after_the_first_part(process: subprocess.Popen, folder: Path, chance: random.Random) -> None:
    """Wait until something is finished, and then a little."""
    while process.poll() is None and not finished(folder):
        time.sleep(0.002)
    time.sleep(chance.uniform(0.0, 0.2))
