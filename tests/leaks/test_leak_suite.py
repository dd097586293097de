"""Each seeded leak twice: the check passes with the defence, and fails without it."""

import pytest
from seeded_leaks import LEAKS

ids = [leak.name for leak in LEAKS]


@pytest.mark.parametrize("leak", LEAKS, ids=ids)
def test_the_defence_holds(leak):
    leak.check()


@pytest.mark.parametrize("leak", LEAKS, ids=ids)
def test_without_its_defence_the_leak_is_caught(leak, monkeypatch):
    leak.plant(monkeypatch)
    with pytest.raises((AssertionError, pytest.fail.Exception)):
        leak.check()


def test_every_kind_is_there():
    assert len(LEAKS) >= 9 and len({leak.name for leak in LEAKS}) == len(LEAKS)
