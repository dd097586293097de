import pytest
from evaluation_panel import ByColumn, Panel, RollingFolds

from pkh_graduation.evaluation import run_backtest


def three():
    return {"model": ByColumn("trait", 1.2), "kasar": ByColumn("coarse"), "acak": ByColumn("noise")}


@pytest.fixture
def panel():
    return Panel()


@pytest.fixture
def contenders():
    return three()


@pytest.fixture(scope="session")
def report():
    """The panel and the contenders as they are, at two origins; never changed by a test."""
    panel = Panel()
    return run_backtest(three(), panel.X, panel.y, panel.history, RollingFolds(2, 4), n_boot=30)
