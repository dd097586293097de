"""X, facts and a fitted model."""

import pandas as pd
import pytest
from fake_models import Model, make_facts, make_X
from threadpoolctl import threadpool_limits

from pkh_graduation.contracts import Facts


@pytest.fixture(scope="session", autouse=True)
def one_thread():
    """Trees this small gain nothing from threads, and lose a lot where tests run side by side."""
    with threadpool_limits(1):
        yield


@pytest.fixture(scope="session")
def X() -> pd.DataFrame:
    return make_X()


@pytest.fixture
def facts(X) -> Facts:
    return make_facts(X)


@pytest.fixture(scope="session")
def model(X) -> Model:
    return Model().fit(X)
