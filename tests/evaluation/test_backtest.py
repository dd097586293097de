import dataclasses
import datetime as dt
import json
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from evaluation_panel import ByColumn, Panel, RollingFolds, snapshots
from sklearn.base import BaseEstimator
from sklearn.metrics import roc_auc_score

from pkh_graduation.contracts import ContractError
from pkh_graduation.evaluation import run_backtest
from pkh_graduation.evaluation.backtest import check_fold, choose_rule, rules_of_practice


def run(panel, contenders, n_origins=2, **kwargs):
    kwargs = {"n_boot": 30} | kwargs
    return run_backtest(contenders, panel.X, panel.y, panel.history, RollingFolds(n_origins, 4), **kwargs)


class Spy(BaseEstimator):
    """Writes down what it was shown, then behaves like `ByColumn`."""

    def __init__(self, seen):
        self.seen = seen

    def __sklearn_clone__(self):
        return Spy(self.seen)

    def fit(self, X, y, *, groups=None):
        assert not hasattr(self, "inner_"), "a contender must be fresh at every origin"
        self.inner_ = ByColumn().fit(X, y)
        self.seen.append(("fit", X.index, y, groups))
        return self

    def predict_incidence(self, X, horizon, *, groups=None):
        self.seen.append(("predict", X.index, horizon, groups))
        return self.inner_.predict_incidence(X, horizon)


def test_contenders_never_see_what_came_after_the_origin(panel):
    spy = Spy([])
    report = run(panel, {"model": spy, "aturan": ByColumn("noise")})
    fits = [call for call in spy.seen if call[0] == "fit"]
    predictions = [call for call in spy.seen if call[0] == "predict"]
    assert len(fits) == len(predictions) == 2
    for origin, (_, index, y, groups) in zip(report.origins, fits, strict=True):
        assert index.get_level_values("as_of").max() < pd.Timestamp(origin)
        assert y.known_by <= dt.date.fromisoformat(origin)
        assert y.frame.index.equals(index)
        assert groups.index.equals(index)
        assert groups.equals(panel.history.frame.loc[index, "pendamping_id"])
    for origin, (_, index, horizon, groups) in zip(report.origins, predictions, strict=True):
        assert set(index.get_level_values("as_of")) == {pd.Timestamp(origin)}
        assert horizon == 4
        assert groups.index.equals(index)
    assert not hasattr(spy, "inner_")


def test_a_changed_future_changes_no_prediction(panel, contenders):
    before = run(panel, contenders, n_boot=0)
    frame = panel.y.frame.copy()
    at_last = frame.index.get_level_values("as_of") == pd.Timestamp(before.test_origin)
    frame.loc[at_last, "way_out"] = "alamiah"
    panel.y = dataclasses.replace(panel.y, frame=frame)
    after = run(panel, contenders, n_boot=0)
    columns = ["contender", "origin", "kpm_id", "p_mandiri", "p_alamiah", "p_administratif"]
    pd.testing.assert_frame_equal(before.predictions[columns], after.predictions[columns])


class LeakyFolds(RollingFolds):
    def __init__(self, leak):
        super().__init__(1, 4)
        self.leak = leak

    def split(self, X, y, history):
        for fold in super().split(X, y, history):
            yield dataclasses.replace(fold, **self.leak(fold))


@pytest.mark.parametrize(
    ("leak", "message"),
    [
        (lambda fold: {"origin": fold.origin - dt.timedelta(days=200)}, "training rows lie after the origin"),
        (lambda fold: {"y_train": fold.y_test}, "not yet known at the origin"),
        (lambda fold: {"origin": fold.origin + dt.timedelta(days=1)}, "test rows lie before the origin"),
        (lambda fold: {"train": fold.train.append(fold.test)}, "both learnt from and judged"),
    ],
)
def test_folds_that_leak_are_refused(panel, contenders, leak, message):
    fold = next(LeakyFolds(leak).split(panel.X, panel.y, panel.history))
    with pytest.raises(ContractError, match=message):
        check_fold(fold)
    with pytest.raises(ContractError, match="leaks"):
        run_backtest(contenders, panel.X, panel.y, panel.history, LeakyFolds(leak), n_boot=0)


def test_predictions_are_complete_and_paired(report, panel):
    assert list(report.predictions.columns) == [
        "contender", "origin", "kpm_id", "as_of", "pendamping_id", "p_mandiri", "p_alamiah", "p_administratif",
        "label", "way_out", "quarter",
    ]  # fmt: skip
    parts = [part.reset_index(drop=True) for _, part in report.predictions.groupby("contender")]
    same = ["origin", "kpm_id", "as_of", "pendamping_id", "label", "way_out", "quarter"]
    for part in parts[1:]:
        pd.testing.assert_frame_equal(part[same], parts[0][same])
    assert len(parts[0]) == 2 * 240
    assert (parts[0]["label"] == (parts[0]["way_out"] == "mandiri")).all()


def test_metrics_are_those_of_the_predictions(report):
    table = report.metrics.set_index(["contender", "origin", "metric"])
    assert table.index.is_unique
    assert set(report.metrics["origin"]) == {*report.origins, "semua"}
    rows = report.predictions[(report.predictions["contender"] == "model")]
    assert table.loc[("model", "semua", "auc"), "value"] == pytest.approx(
        roc_auc_score(rows["label"], rows["p_mandiri"])
    )
    last = rows[rows["origin"] == report.test_origin]
    kept = last[last["way_out"] != "administratif"]
    reading = table.loc[("model", report.test_origin, "auc_tanpa_administratif")]
    assert reading["value"] == pytest.approx(roc_auc_score(kept["label"], kept["p_mandiri"]))
    assert (reading["n"], reading["n_positive"]) == (len(kept), kept["label"].sum())
    ratio = table.loc[("model", report.test_origin, "predicted_observed_alamiah")]
    assert ratio["value"] == pytest.approx(last["p_alamiah"].sum() / (last["way_out"] == "alamiah").sum())
    assert ratio["n_positive"] == (last["way_out"] == "alamiah").sum()


def test_intervals_surround_their_figures(report):
    resampled = report.metrics.dropna(subset=["low", "high", "value"])
    assert set(resampled["metric"]) >= {"precision", "recall", "lift", "auc", "log_loss", "brier", "calibration_slope"}
    core = resampled[resampled["metric"].isin(["precision", "recall", "lift", "auc", "log_loss", "brier"])]
    assert (core["low"] < core["high"]).all()
    assert ((core["low"] <= core["value"]) & (core["value"] <= core["high"])).mean() > 0.95


def test_at_capacity_agrees_with_the_metrics(report):
    lists = report.at_capacity(0.10).set_index(["contender", "origin"])
    table = report.metrics.set_index(["contender", "origin", "metric"])["value"]
    for key in lists.index:
        for metric in ("precision", "recall", "lift", "precision_best", "precision_worst"):
            assert lists.loc[key, metric] == table[(*key, metric)]
    assert (lists["places"] == [48 if origin == "semua" else 24 for _, origin in lists.index]).all()
    assert (report.at_capacity(1.0)["recall"] == 1).all()


def test_a_contender_equals_itself_exactly(panel):
    twins = {"model": ByColumn("trait"), "aturan": ByColumn("trait"), "acak": ByColumn("noise")}
    report = run(panel, twins)
    assert report.best_rule == "aturan"
    same = report.paired[report.paired["contender"].isin(["model", "aturan"])]
    assert len(same) == 2 * 2 * 7
    assert (same[["difference", "low", "high", "low_pendamping", "high_pendamping"]] == 0).all(axis=None)
    assert (same[["ratio", "ratio_low", "ratio_high"]] == 1).all(axis=None)
    other = report.paired[(report.paired["contender"] == "acak") & (report.paired["metric"] == "auc")]
    assert (other["high"] < 0).all()


def test_differences_are_those_of_the_metrics(report):
    table = report.metrics.set_index(["contender", "origin", "metric"])["value"]
    for row in report.paired.to_dict("records"):
        own, rule = (table[(name, row["origin"], row["metric"])] for name in (row["contender"], row["rule"]))
        assert row["difference"] == own - rule
    assert set(report.paired["origin"]) == {report.test_origin, "semua"}


def test_the_best_rule_is_chosen_without_the_last_origin():
    rows = []
    for origin, good in (("2022-12-31", "a"), ("2023-12-31", "b")):
        for name in ("a", "b"):
            for number in range(20):
                label = int(number < 4)
                rows.append(
                    (name, origin, f"k{number}", pd.Timestamp(origin), "d1", float(label == (name == good)), label)
                )
    columns = ["contender", "origin", "kpm_id", "as_of", "pendamping_id", "p_mandiri", "label"]
    frame = pd.DataFrame(rows, columns=columns).assign(p_alamiah=0.0, p_administratif=0.0)
    frame["way_out"] = np.where(frame["label"] == 1, "mandiri", "masih_peserta")
    assert choose_rule(frame, ["b", "a"], 0.1) == ("a", ("2022-12-31",))
    assert choose_rule(frame[frame["origin"] == "2023-12-31"], ["b", "a"], 0.1) == ("b", ())
    assert choose_rule(frame, [], 0.1) == (None, ())


def test_rules_of_practice():
    marked = {"model": ByColumn(), "desil": ByColumn(is_practice=True), "logit": ByColumn()}
    assert rules_of_practice(marked, None) == ("desil",)
    assert rules_of_practice(marked, ["logit"]) == ("desil", "logit")
    plain = {"model": object(), "a": object(), "b": object()}
    assert rules_of_practice(plain, None) == ("a", "b")
    assert rules_of_practice(plain, ["b"]) == ("b",)
    assert rules_of_practice(plain, []) == ()
    with pytest.raises(ValueError, match=r"\['c'\] do not compete; contenders are \['model', 'a', 'b'\]"):
        rules_of_practice(plain, ["c"])


def test_order_of_rows_changes_nothing(panel, contenders, report):
    order = np.random.default_rng(0).permutation(len(panel.X))
    panel.X = panel.X.iloc[order]
    panel.y = dataclasses.replace(panel.y, frame=panel.y.frame.iloc[order[::-1]])
    panel.history = dataclasses.replace(panel.history, frame=panel.history.frame.iloc[np.sort(order)[::-1]])
    again = run(panel, contenders)
    pd.testing.assert_frame_equal(again.predictions, report.predictions)
    pd.testing.assert_frame_equal(again.metrics, report.metrics, check_exact=True)
    pd.testing.assert_frame_equal(again.paired, report.paired, check_exact=True)


def test_same_seed_same_figures_other_seed_other_intervals(panel, contenders, report):
    again, other = run(panel, contenders), run(panel, contenders, random_state=1)
    assert json.dumps(again.to_dict()) == json.dumps(report.to_dict())
    exact = report.metrics["metric"] != "ece_limit"  # itself a simulation
    pd.testing.assert_series_equal(other.metrics.loc[exact, "value"], report.metrics.loc[exact, "value"])
    assert not other.metrics["low"].equals(report.metrics["low"])


def test_dropped_families_are_counted_by_reason(panel, contenders):
    frame = panel.y.frame.copy()
    last = np.flatnonzero(frame.index.get_level_values("as_of") == frame.index.get_level_values("as_of").max())
    frame.iloc[last[:7], 0] = "sudah_keluar"
    frame.iloc[last[7:10], [0, 1, 2]] = ["tersensor", 2, 2]
    panel.y = dataclasses.replace(panel.y, frame=frame)
    people = panel.history.frame["pendamping_id"].copy()
    people.iloc[last[10:15]] = np.nan
    panel.history = snapshots(panel.X.index, people)
    report = run(panel, contenders)
    before = panel.y.frame[panel.y.frame.index.get_level_values("as_of") < report.test_origin]
    taught = before[before["way_out"] == "mandiri"].index.get_level_values("kpm_id").nunique()
    assert 0 < taught < (before["way_out"] == "mandiri").sum()
    assert report.dropped.to_dict("records")[-1] == {
        "origin": report.test_origin, "mandiri_learnt": taught, "families": 240, "labelled": 230, "sudah_keluar": 7, "immature": 3,
        "held_out": 0, "without_pendamping": 5,
    }  # fmt: skip
    judged = report.predictions[(report.predictions["origin"] == report.test_origin)]
    assert len(judged) == 3 * 230
    assert report.at_capacity(0.1).set_index("origin").loc[report.test_origin, "without_group"].tolist() == [5] * 3


def test_to_dict_is_plain_json_without_families(report):
    text = json.dumps(report.to_dict(), allow_nan=False)
    found = json.loads(text)
    assert list(found) == sorted(found)
    assert not any(kpm in text for kpm in report.predictions["kpm_id"].unique())
    assert not any(person in text for person in report.predictions["pendamping_id"].unique())
    ece = next(row for row in found["metrics"] if row["metric"] == "ece")
    assert ece["low"] is None and isinstance(ece["value"], float)


def test_without_resamples_there_are_figures_but_no_intervals(panel, contenders):
    report = run(panel, contenders, n_boot=0)
    assert report.metrics[["low", "high"]].isna().all(axis=None)
    assert report.paired[["low", "high", "ratio_low", "high_pendamping"]].isna().all(axis=None)
    assert report.paired["difference"].notna().all()


def test_horizon_follows_the_folds_or_the_caller(panel, contenders):
    assert run(panel, contenders, n_boot=0).horizon == 4
    short = run(panel, contenders, n_boot=0, horizon=2)
    assert short.horizon == 2
    labels = panel.y.frame.loc[pd.IndexSlice[:, short.test_origin], :]
    expected = ((labels["way_out"] == "mandiri") & (labels["quarter"] <= 2)).sum()
    last = short.predictions[
        (short.predictions["contender"] == "model") & (short.predictions["origin"] == short.test_origin)
    ]
    assert last["label"].sum() == expected
    assert last["quarter"].max() <= 2


def test_progress_names_every_fit(panel, contenders):
    said = []
    run(panel, contenders, n_boot=0, progress=said.append)
    assert [line for line in said if line.endswith(": model")] == ["asal 2022-09-30: model", "asal 2022-12-31: model"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda panel: {"contenders": {}}, "there are no contenders"),
        (lambda panel: {"n_boot": -1}, "n_boot must be 0"),
        (lambda panel: {"X": panel.X.drop(panel.X.index[[0, 5]])}, r"^X lacks 2 of the 720 rows \(kpm_id, as_of\)"),
        (lambda panel: {"history": snapshots(panel.X.index, [np.nan] * len(panel.X))}, "has a pendamping"),
        (lambda panel: {"y": dataclasses.replace(panel.y, frame=panel.y.frame.assign(observed=np.int16(1)),
                                                 lag_days=5000)}, "no origin has a label that is mature"),
    ],
    ids=["contenders", "n_boot", "X", "pendamping", "mature"],
)  # fmt: skip
def test_what_cannot_be_compared_is_said(panel, contenders, change, message):
    given = {"contenders": contenders, "X": panel.X, "y": panel.y, "history": panel.history,
             "folds": RollingFolds(1, 4), "n_boot": 0} | change(panel)  # fmt: skip
    with pytest.raises(ValueError, match=message):
        run_backtest(**given)


def test_a_capacity_that_is_none_is_refused_before_any_fit(panel, contenders):
    said = []
    with pytest.raises(ValueError, match=r"capacity must lie in \(0, 1\], not 10"):
        run(panel, contenders, capacity=10, progress=said.append)
    assert said == []


def test_zero_positives_give_missing_figures_not_errors(contenders):
    report = run(Panel(rate=-60.0), contenders)
    values = report.metrics.set_index("metric")["value"]
    assert (values["precision"] == 0).all()
    assert values["auc"].isna().all()
    assert json.dumps(report.to_dict(), allow_nan=False)


def test_an_origin_without_mature_labels_is_left_out_and_counted(panel, contenders):
    frame = panel.y.frame.copy()
    dates = frame.index.get_level_values("as_of")
    frame.loc[dates == dates.max(), "observed"] = 1
    panel.y = dataclasses.replace(panel.y, frame=frame, known_by=dt.date(2023, 11, 1))
    report = run(panel, contenders, n_boot=0)
    assert report.origins == ("2022-09-30",)
    assert report.chosen_on == ()
    assert report.dropped[["labelled", "immature"]].to_numpy().tolist() == [[240, 0], [0, 240]]


def test_reliability_of_one_origin_or_all(report):
    whole = report.reliability()
    assert whole.groupby("contender")["n"].sum().tolist() == [480] * 3
    one = report.reliability(report.test_origin, bins=5)
    assert one.groupby("contender")["n"].sum().tolist() == [240] * 3
    assert one["bin"].max() <= 5
    with pytest.raises(ValueError, match="was not judged; there are"):
        report.reliability("1999-12-31")


def test_importing_the_room_loads_nothing_heavy():
    code = (
        "import sys, pkh_graduation.evaluation; "
        "assert not {'sklearn', 'matplotlib', 'jinja2', 'shap', 'mlflow', 'duckdb'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_list_that_finds_nobody_has_no_interval(panel):
    positive = panel.y.frame["way_out"].reindex(panel.X.index) == "mandiri"
    panel.X = panel.X.assign(blind=np.where(positive, -1.0, 1.0))
    report = run(panel, {"model": ByColumn("blind"), "kasar": ByColumn("coarse")})
    rows = report.metrics.set_index(["contender", "origin", "metric"])
    blind, coarse = (rows.loc[(name, report.test_origin, "precision")] for name in ("model", "kasar"))
    assert blind["value"] == 0 and np.isnan([blind["low"], blind["high"]]).all()
    assert coarse["low"] < coarse["value"] < coarse["high"]
