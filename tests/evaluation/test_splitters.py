import numpy as np
import pytest
from evaluation_panel import ByColumn, RollingFolds
from sklearn.model_selection import GroupKFold, KFold, LeaveOneOut, ShuffleSplit, StratifiedKFold, TimeSeriesSplit

from pkh_graduation.contracts import ContractError
from pkh_graduation.evaluation import run_backtest
from pkh_graduation.evaluation.splitters import refuse_timeless
from pkh_graduation.timeline import NewUnits, PanelFolds


class OfMyOwn:
    """A random split that scikit-learn never heard of."""

    def split(self, X, y=None, groups=None):
        yield np.arange(3), np.arange(3, 6)


class WithThreeWords:
    """Asks for a history and ignores it."""

    def split(self, X, y, history):
        yield np.arange(3), np.arange(3, 6)


class Counts(OfMyOwn):
    def get_n_splits(self):
        return 3


@pytest.mark.parametrize(
    "folds",
    [
        KFold(3),
        StratifiedKFold(3),
        GroupKFold(3),
        ShuffleSplit(3),
        TimeSeriesSplit(3),
        LeaveOneOut(),
        OfMyOwn(),
        Counts(),
    ],
    ids=lambda folds: type(folds).__name__,
)
def test_splits_without_dates_are_refused_with_a_reason(panel, folds):
    with pytest.raises(ContractError, match=r"splits rows without their dates.*PanelFolds"):
        run_backtest({"model": ByColumn()}, panel.X, panel.y, panel.history, folds)


def test_pairs_of_rows_are_refused(panel):
    given = ({"model": ByColumn()}, panel.X, panel.y, panel.history)
    with pytest.raises(ContractError, match="pairs of indices"):
        run_backtest(*given, [(np.arange(3), np.arange(3, 6))])
    with pytest.raises(ContractError, match="yield tuple, not Fold"):
        run_backtest(*given, WithThreeWords())
    with pytest.raises(ContractError, match="int cannot cut a panel"):
        run_backtest(*given, 5)


def test_folds_that_know_time_pass():
    for folds in (PanelFolds(1, 4), NewUnits(PanelFolds(1, 4)), RollingFolds(1, 4)):
        refuse_timeless(folds)
