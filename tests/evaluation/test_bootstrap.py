import numpy as np

from pkh_graduation.evaluation.bootstrap import draw_weights, interval, resample
from pkh_graduation.evaluation.scores import prepare, probability_scores


def test_weights_draw_each_unit_once_on_average():
    weights = draw_weights(50, 400, np.random.default_rng(0))
    assert (weights.sum(axis=1) == 50).all()
    assert abs(weights.mean(axis=0) - 1).max() < 0.25
    np.testing.assert_array_equal(weights, draw_weights(50, 400, np.random.default_rng(0)))


def test_a_family_brings_all_its_rows():
    units = np.array([0, 1, 0, 2])
    weights = draw_weights(3, 20, np.random.default_rng(0))
    found = resample(
        {"a": lambda rows: {"first": rows[:, 0], "third": rows[:, 2], "all": rows.sum(axis=1)}}, units, weights
    )
    np.testing.assert_array_equal(found["a"]["first"], found["a"]["third"])
    np.testing.assert_array_equal(found["a"]["all"], weights @ [2, 1, 1])


def test_chunks_do_not_show(monkeypatch):
    units = np.arange(30) % 10
    weights = draw_weights(10, 25, np.random.default_rng(0))
    figure = {"a": lambda rows: {"sum": rows.sum(axis=1)}}
    whole = resample(figure, units, weights)["a"]["sum"]
    monkeypatch.setattr("pkh_graduation.evaluation.bootstrap._CELLS", 60)
    np.testing.assert_array_equal(whole, resample(figure, units, weights)["a"]["sum"])


def test_no_resamples_no_figures():
    assert resample(
        {"a": lambda rows: {"sum": rows.sum(axis=1)}}, np.arange(3), draw_weights(3, 0, np.random.default_rng())
    ) == {"a": {}}


def test_interval_ignores_what_is_undefined():
    assert interval(np.array([np.nan, 1.0, 1.0])) == (1.0, 1.0)
    assert np.isnan(interval(np.array([np.nan]))).all()


def test_intervals_cover_when_families_repeat():
    """150 worlds of families with three alike rows each: the household interval covers, the row interval does not."""
    rng = np.random.default_rng(5)
    covered = {"household": 0, "row": 0}
    for _ in range(150):
        p = rng.uniform(0.05, 0.6, 120)
        label = np.repeat(rng.random(120) < p, 3).astype(float)
        true = (p * (1 - p)).mean()  # expected Brier score of true probabilities
        prepared = prepare(np.repeat(p, 3), label)
        for name, units in (("household", np.repeat(np.arange(120), 3)), ("row", np.arange(360))):
            weights = draw_weights(units.max() + 1, 150, rng)
            found = resample({"a": lambda rows, prepared=prepared: probability_scores(prepared, rows)}, units, weights)
            low, high = interval(found["a"]["brier"])
            covered[name] += low <= true <= high
    assert 0.88 <= covered["household"] / 150 <= 0.99
    assert covered["row"] / 150 < 0.85
