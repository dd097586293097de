import dataclasses

import numpy as np
import pandas as pd
import pytest
from evaluation_panel import ByColumn, Panel, RollingFolds

from pkh_graduation.evaluation import run_backtest, run_holdouts
from pkh_graduation.evaluation.capacity import at_capacity
from pkh_graduation.evaluation.holdouts import COLUMNS, LINES
from pkh_graduation.evaluation.shift import covariate_shift, stability_index


class Told(RollingFolds):
    """The last fold, with a third of the pendamping called new and kept out of training; one family in ten called new."""

    def split(self, X, y, history):
        for fold in super().split(X, y, history):
            who = history.frame["pendamping_id"]
            number = who.str[-1].astype(int)
            family = pd.Series(
                [int(name[1:], 16) for name in history.frame.index.get_level_values("kpm_id")], who.index
            )
            new = np.where(number < 2, "pendamping", np.where(family % 10 == 0, "kpm", ""))
            new = pd.Series(new, index=who.index)
            train = fold.train[(new.loc[fold.train] == "").to_numpy()]
            test = fold.test[(new.loc[fold.test] != "").to_numpy()]
            told = dataclasses.replace(fold.y_train, frame=fold.y_train.frame.loc[train])
            yield dataclasses.replace(fold, train=train, test=test, y_train=told, newness=new.loc[test])


@pytest.fixture(scope="module")
def found():
    panel = Panel(n_families=600)
    contenders = {"model": ByColumn("trait", 1.2), "kasar": ByColumn("coarse"), "acak": ByColumn("noise")}
    report = run_backtest(contenders, panel.X, panel.y, panel.history, RollingFolds(2, 4), n_boot=40)
    given = (report, contenders, panel.X, panel.y, panel.history)
    table = run_holdouts(*given, [Told(1, 4)], model="model", future=RollingFolds(1, 4))
    return panel, report, contenders, table


def test_one_line_per_holdout_the_future_first(found):
    _, report, _, table = found
    assert list(table.columns) == list(COLUMNS)
    assert table["holdout"].tolist() == ["masa_depan", "keluarga_baru", "pendamping_baru"]
    assert set(table["holdout"]) <= set(LINES)
    assert (table["rule"] == report.best_rule).all() and report.best_rule == "kasar"


def test_the_future_is_the_backtests_own_last_origin(found):
    _, report, _, table = found
    own = report.metrics.set_index(["contender", "origin", "metric"])["value"]
    line = table.set_index("holdout").loc["masa_depan"]
    assert line["precision"] == own[("model", report.test_origin, "precision")]
    assert line["rule_precision"] == own[("kasar", report.test_origin, "precision")]
    assert line["ratio"] == line["precision"] / line["rule_precision"]
    assert line["train_rows"] == 3 * 600 and np.isnan(line["precision_known"])


def test_a_holdout_is_judged_on_its_own_families(found):
    panel, report, _, table = found
    line = table.set_index("holdout").loc["pendamping_baru"]
    last = report.predictions[
        (report.predictions["origin"] == report.test_origin) & (report.predictions["contender"] == "model")
    ]
    mine = last[last["pendamping_id"].str[-1].astype(int) < 2]
    group = pd.factorize(mine["pendamping_id"])[0]
    trait = panel.X.loc[pd.MultiIndex.from_frame(mine[["kpm_id", "as_of"]]), "trait"].to_numpy()
    expected = at_capacity(trait, mine["label"].to_numpy(), group, report.capacity)
    assert line["families"] == len(mine) and line["pendamping"] == 2 and line["places"] == expected["places"]
    assert line["precision"] == pytest.approx(expected["precision"])
    # `ByColumn` learns nothing that orders families, so knowing them changes nothing.
    assert line["precision_known"] == pytest.approx(line["precision"])


def test_intervals_come_from_whole_pendamping(found):
    table = found[3].set_index("holdout")
    assert (table["low"] <= table["precision"]).all() and (table["precision"] <= table["high"]).all()
    assert (
        table.loc["masa_depan", "ratio_low"] < table.loc["masa_depan", "ratio"] < table.loc["masa_depan", "ratio_high"]
    )
    two = table.loc["pendamping_baru"]
    assert two["low"] < two["high"]


def test_the_same_twice_and_a_rule_against_itself(found):
    panel, report, contenders, _ = found
    given = (report, contenders, panel.X, panel.y, panel.history, [Told(1, 4)])
    once, again = (run_holdouts(*given, model="kasar") for _ in range(2))
    pd.testing.assert_frame_equal(once, again)
    assert (once[["ratio", "ratio_low", "ratio_high"]] == 1).all(axis=None)
    assert once["shift_auc"].isna().tolist() == [True, False, False]


def test_a_list_that_finds_nobody_has_no_interval(found):
    panel, report, _, _ = found
    positive = panel.y.frame["way_out"].reindex(panel.X.index) == "mandiri"
    blind = {"model": ByColumn("blind"), "kasar": ByColumn("coarse")}
    X = panel.X.assign(blind=np.where(positive, -1.0, 1.0))
    table = run_holdouts(report, blind, X, panel.y, panel.history, [Told(1, 4)], model="model").set_index("holdout")
    for line in table.loc[["keluarga_baru", "pendamping_baru"]].itertuples():
        assert line.precision == 0 and line.ratio == 0
        assert np.isnan([line.low, line.high, line.ratio_low, line.ratio_high]).all()


def test_what_cannot_be_told_is_said(found):
    panel, report, contenders, _ = found
    given = (contenders, panel.X, panel.y, panel.history)
    with pytest.raises(ValueError, match="does not say what is new"):
        run_holdouts(report, *given, [RollingFolds(1, 4)], model="model")
    with pytest.raises(ValueError, match="did not compete"):
        run_holdouts(report, *given, [Told(1, 4)], model="lain")
    with pytest.raises(ValueError, match="no rule of practice"):
        run_holdouts(dataclasses.replace(report, best_rule=None), *given, [Told(1, 4)], model="model")


# ---------------------------------------------------------------- how far the rows have moved
def rows(n, shift=0.0, seed=0, dates=("2023-12-31",)):
    rng = np.random.default_rng(seed)
    index = pd.MultiIndex.from_product(
        [[f"k{i:015x}" for i in range(n)], pd.to_datetime(list(dates))], names=["kpm_id", "as_of"]
    )
    frame = pd.DataFrame(
        {"a": rng.normal(shift, size=len(index)), "b": rng.normal(size=len(index)), "kosong": np.nan}, index=index
    )
    return frame.mask(pd.DataFrame(rng.random(frame.shape) < 0.1, index=index, columns=frame.columns))


def test_rows_of_one_kind_cannot_be_told_apart_and_moved_ones_can():
    calm = covariate_shift(rows(600), rows(600, seed=1, dates=("2024-12-31",)))
    moved = covariate_shift(rows(600), rows(600, shift=2.0, seed=1, dates=("2024-12-31",)))
    assert abs(calm.auc - 0.5) < 0.1 < moved.auc - 0.6
    assert calm.shifted == 0 and moved.shifted == 1
    assert moved.psi.index[0] == "a" and moved.psi["kosong"] == 0


def test_a_family_met_again_and_again_is_no_shift():
    """Few families with many rows against many with one, all of one kind: only who remembers families tells them apart."""
    dates = [f"20{year}-12-31" for year in range(10, 22)]
    few = rows(150, dates=dates)
    few = few.groupby(level="kpm_id").transform("first").fillna(0.0)
    many = rows(1800, seed=1).fillna(0.0)
    many.index = many.index.set_levels([f"m{i:015x}" for i in range(1800)], level="kpm_id")
    assert abs(covariate_shift(few, many).auc - 0.5) < 0.15


def test_order_changes_no_shift():
    one, other = rows(300), rows(300, shift=0.5, seed=3)
    a, b = covariate_shift(one, other), covariate_shift(one.iloc[::-1], other.sample(frac=1, random_state=0))
    assert a.auc == b.auc
    pd.testing.assert_series_equal(a.psi, b.psi)


def test_stability_index_grows_with_the_move():
    base = pd.Series(np.random.default_rng(0).normal(size=2000))
    sizes = [stability_index(base, base + move) for move in (0.0, 0.1, 0.5, 2.0)]
    assert sizes[0] == 0 and sizes == sorted(sizes) and sizes[1] < 0.1 and sizes[3] > 1
    assert stability_index(base, base.mask(base.index % 2 == 0)) > 0.25


def test_infinite_values_stop_no_shift():
    far = rows(600).assign(a=lambda frame: frame["a"].where(frame["a"] < 1, np.inf))
    moved = covariate_shift(far, rows(600, shift=2.0, seed=1, dates=("2024-12-31",)).assign(b=-np.inf))
    assert moved.auc > 0.9 and np.isfinite(moved.psi).all()


def test_a_shift_needs_two_sides_of_one_kind():
    with pytest.raises(ValueError, match="different columns"):
        covariate_shift(rows(9), rows(9)[["a"]])
    with pytest.raises(ValueError, match="needs both"):
        covariate_shift(rows(9), rows(9).iloc[:0])
