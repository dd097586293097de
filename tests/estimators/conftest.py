"""Worlds shared by the tests of this room."""

from __future__ import annotations

import pytest
from made_worlds import World, make_world


@pytest.fixture(scope="session")
def world() -> World:
    """Fully followed until the last date."""
    return make_world()


@pytest.fixture(scope="session")
def censored_world() -> World:
    """Sixty per cent of the families are lost at a random quarter."""
    return make_world(n=3000, seed=5, censoring=True, level=-3.6)
