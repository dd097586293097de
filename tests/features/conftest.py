"""Fixtures shared by the tests of the features: one made-up world, and one engine."""

from __future__ import annotations

import pytest
from made_tables import DATES, Maker

from pkh_graduation.contracts import Records
from pkh_graduation.engines import DuckDBEngine


@pytest.fixture(scope="session")
def records():
    return Records(Maker(seed=11, families=45).tables(), sintetis=True, digest="uji")


@pytest.fixture(scope="session")
def history():
    return Maker(seed=11, families=45).history(DATES)


@pytest.fixture(scope="session")
def engine():
    with DuckDBEngine(threads=1) as opened:
        yield opened
