"""Hand-made lists and the names behind them."""

import pandas as pd
import pytest
from browsers import ARGUMENTS, AXE, CHROMIUM
from handmade_lists import make_lists, make_vault

from pkh_graduation.contracts import PriorityLists


@pytest.fixture(scope="session")
def browser():
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        if AXE:
            raise
        pytest.skip("playwright is not installed")
    with sync_playwright() as driver:
        yield driver.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)


@pytest.fixture
def lists() -> PriorityLists:
    return make_lists()


@pytest.fixture
def vault(lists: PriorityLists) -> pd.DataFrame:
    return make_vault(lists)
