import sys

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_worlds import make_world

from pkh_graduation.contracts import Contender, Explainable
from pkh_graduation.estimators import GlassBoxModel, choose_champion, model_set
from pkh_graduation.estimators.selection import BLEND, GLASS_BOX, LOGISTIC, SIMPLEST_FIRST, TREES


def origins(**columns: list[float]) -> pd.DataFrame:
    return pd.DataFrame(columns)


def test_a_clear_winner_wins_however_rich():
    won = choose_champion(
        origins(logistik=[0.1, 0.12, 0.11, 0.1, 0.13, 0.12], campuran=[0.2, 0.22, 0.2, 0.21, 0.22, 0.21])
    )
    assert won.name == won.best == BLEND
    assert won.table.loc[BLEND, "regret"] == 0.0
    assert won.table["eligible"].tolist() == [False, True]


def test_the_simplest_wins_where_years_decide():
    won = choose_champion(
        origins(campuran=[0.2, 0.1, 0.3, 0.1, 0.2, 0.2], logistik=[0.1, 0.2, 0.2, 0.2, 0.1, 0.25], pohon=[0.0] * 6)
    )
    assert won.best == BLEND
    assert won.name == LOGISTIC
    assert won.table.index.tolist() == [LOGISTIC, TREES, BLEND]


def test_years_that_lift_all_alike_are_no_doubt():
    # the paired difference is the same at every origin: one standard error of it is nothing
    years = np.array([0.05, 0.4, 0.1, 0.3, 0.2, 0.5])
    won = choose_champion(origins(logistik=list(years), campuran=list(years + 0.01)))
    assert won.name == BLEND


tables = st.lists(
    st.tuples(*[st.floats(0, 1, width=32)] * len(SIMPLEST_FIRST)), min_size=6, max_size=9
).map(lambda rows: pd.DataFrame(rows, columns=list(SIMPLEST_FIRST)))  # fmt: skip


@settings(deadline=None)
@given(tables, st.permutations(range(4)))
def test_neither_the_order_of_columns_nor_of_origins_decides(metrics, order):
    one = choose_champion(metrics)
    other = choose_champion(metrics.iloc[::-1, list(order)])
    assert (one.name, one.best) == (other.name, other.best)
    assert one.table.loc[one.best, "eligible"]
    simpler = one.table.iloc[: list(one.table.index).index(one.name)]
    assert not simpler["eligible"].any()


def test_what_cannot_be_chosen_from_is_said():
    five = pd.DataFrame({LOGISTIC: np.ones(5)})
    with pytest.raises(ValueError, match="at least 6 origins, not 5"):
        choose_champion(five)
    with pytest.raises(ValueError, match=r"the metrics hold .'desil'"):
        choose_champion(pd.DataFrame({"desil": np.ones(6)}))
    with pytest.raises(ValueError, match="no value at some origin"):
        choose_champion(pd.DataFrame({LOGISTIC: [1, 2, 3, 4, 5, np.nan]}))


def test_the_set_is_named_and_ordered():
    models = model_set({"w": 1}, glass_box=True, random_state=5)
    assert tuple(models) == SIMPLEST_FIRST
    for name, model in models.items():
        assert isinstance(model, Contender), name
        assert isinstance(model, Explainable), name
        assert model.get_params()["random_state"] == 5
        assert model.get_params()["signs"] == {"w": 1}
    assert GLASS_BOX not in model_set()


def test_without_the_extra_the_challenger_says_what_to_install(monkeypatch):
    world = make_world(n=300, quarters=6, seed=1, level=-3.0)
    monkeypatch.setitem(sys.modules, "interpret.glassbox", None)
    with pytest.raises(ModuleNotFoundError, match=r"pip install 'pkh-graduation\[ebm\]'"):
        GlassBoxModel().fit(world.X, world.y)
