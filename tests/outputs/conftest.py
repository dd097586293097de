"""Hand-made lists and the names behind them."""

import pandas as pd
import pytest
from handmade_lists import make_lists, make_vault

from pkh_graduation.contracts import PriorityLists


@pytest.fixture
def lists() -> PriorityLists:
    return make_lists()


@pytest.fixture
def vault(lists: PriorityLists) -> pd.DataFrame:
    return make_vault(lists)
