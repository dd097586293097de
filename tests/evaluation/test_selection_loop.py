"""The feedback loop, small: without random slots and weights a forgotten group stays forgotten; with both it is found."""

import dataclasses
import importlib
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
SIZE = {"pendamping": 30, "caseload": 150, "rounds": 3}


@pytest.fixture(scope="module")
def loop() -> ModuleType:
    """The benchmark's module: a folder of scripts, no package."""
    if str(BENCHMARKS) not in sys.path:
        sys.path.append(str(BENCHMARKS))
    return importlib.import_module("feedback_loop")


def test_random_slots_with_weights_find_the_group_and_naive_lists_do_not(loop):
    arms = {arm.name: arm for arm in loop.ARMS}
    naive, naive_logs = loop.run_arm(arms["naif"], seed=0, **SIZE)
    found, logs = loop.run_arm(arms["acak+bobot"], seed=0, **SIZE)
    best, _ = loop.truth(logs[-1].cohort, SIZE["caseload"])
    assert best > loop.SHARE_OF_GROUP
    # so small a world is noisy: the full one, eight rounds of 30,000 families, is the benchmark's
    assert (naive["group"] < 0.1).all()
    assert found["group"].iloc[1:].mean() > 0.1 + naive["group"].max()
    for log in logs[1:]:
        assert log.listed.sum() == naive_logs[1].listed.sum() == 30 * 15
        assert (log.propensity[log.listed] > 0).all()
        assert not log.came[~log.listed].any()


def test_an_arm_learns_from_what_it_may_with_the_weights_it_logged(loop, monkeypatch):
    seen = []

    class Recorder:
        def __init__(self, **settings):
            pass

        def fit(self, X, y, *, sample_weight):
            seen.append((X.index, sample_weight))

    monkeypatch.setattr(loop, "GraduationModel", Recorder)
    logs = [loop.practice(loop.draw_cohort(0, 2, 50, 0), 0), loop.practice(loop.draw_cohort(1, 2, 50, 0), 0)]
    chance = np.linspace(0.1, 1, 100)
    logs[1] = dataclasses.replace(logs[1], propensity=chance)
    arms = {arm.name: arm for arm in loop.ARMS}
    for name in ("naif", "acak, hanya terdaftar", "acak+bobot"):
        loop.learn(logs, arms[name], 0)
    listed = logs[1].listed
    assert len(seen[0][0]) == 200
    assert seen[1][0].equals(logs[1].cohort.X.index[listed])
    assert (seen[0][1] == 1).all()
    assert (seen[1][1] == 1).all()
    assert (seen[2][1] == 1 / chance[listed]).all()
