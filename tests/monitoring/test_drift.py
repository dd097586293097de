"""Drift: calm data stay calm, planted shifts are seen, parts add up, and the answer follows the evidence."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit

from pkh_graduation.monitoring import advice as words
from pkh_graduation.monitoring.advice import advise
from pkh_graduation.monitoring.drift import (
    CALM,
    SHIFT,
    add_counts,
    compare,
    count_bins,
    edges_of,
    stability,
    usual_stability,
)
from pkh_graduation.monitoring.label_shift import habits_of, label_shift, shift_of

WHO, EACH, SPREAD = 100, 150, 0.6


def frame(seed, n=2000, **moved):
    rng = np.random.default_rng(seed)
    made = pd.DataFrame(
        {"a": rng.normal(size=n), "b": rng.integers(0, 3, n).astype(float), "c": rng.exponential(size=n)}
    )
    made.loc[rng.random(n) < 0.1, "c"] = np.nan
    return made.assign(**{name: made[name] + by for name, by in moved.items()})


@given(st.lists(st.one_of(st.none(), st.floats(-5, 5)), min_size=1, max_size=60), st.integers(0, 2**16))
@settings(max_examples=40, deadline=None)
def test_bins_hold_everybody_whatever_the_order_and_the_parts(values, seed):
    whole = pd.DataFrame({"x": np.array([np.nan if one is None else one for one in values])})
    edges = edges_of(whole)
    counts = count_bins(whole, edges)
    assert counts["x"].sum() == len(whole)
    assert counts["x"][-1] == whole["x"].isna().sum()
    cut = seed % len(whole)
    mixed = whole.iloc[np.random.default_rng(seed).permutation(len(whole))]
    parts = add_counts([count_bins(mixed.iloc[:cut], edges), count_bins(mixed.iloc[cut:], edges)])
    assert (parts["x"] == counts["x"]).all()
    assert stability(counts["x"], counts["x"]) == 0


def test_calm_features_stay_calm_and_moved_ones_are_named():
    before = frame(0, 6000)
    edges = edges_of(before)
    old = count_bins(before, edges)
    false = [compare(old, count_bins(frame(seed), edges))["verdict"].ne(CALM).any() for seed in range(1, 41)]
    assert sum(false) <= 5
    table = compare(old, count_bins(frame(1, a=1.0), edges)).set_index("feature")
    assert table.index[0] == "a"
    assert table.loc["a", "verdict"] == SHIFT
    assert (table.loc[["b", "c"], "verdict"] == CALM).all()


def test_values_that_go_missing_are_a_shift():
    before = frame(0)
    edges = edges_of(before)
    now = frame(1)
    now.loc[: len(now) // 2, "b"] = np.nan
    table = compare(count_bins(before, edges), count_bins(now, edges)).set_index("feature")
    assert table.loc["b", "verdict"] == SHIFT
    assert table.loc["b", "missing_now"] > 0.5 > table.loc["b", "missing_before"] == 0
    with pytest.raises(ValueError, match="lack 1 features"):
        count_bins(now.drop(columns="a"), edges)


@pytest.mark.parametrize("value", [1.0, 2.0, 100.0, -1.0])
@pytest.mark.parametrize("before", [[0.0], [0.0, 3.0]])
def test_values_never_seen_before_are_a_shift(before, value):
    """Nobody had it and now most do: a feature that was constant, or that had a few codes."""
    old = pd.DataFrame({"x": np.resize(before, 2000)})
    edges = edges_of(old)
    now = old.assign(x=np.where(np.arange(2000) % 5 < 3, value, old["x"]))
    (line,) = compare(count_bins(old, edges), count_bins(now, edges)).itertuples()
    assert line.verdict == SHIFT
    (calm,) = compare(count_bins(old, edges), count_bins(old.iloc[:100], edges)).itertuples()
    assert calm.psi < 0.01, "bins that nobody was ever in weigh nothing, in a small office too"


def test_counts_of_other_features_or_bins_are_refused():
    old = count_bins(frame(0), edges_of(frame(0)))
    with pytest.raises(ValueError, match=r"1 features, such as \['b'\]"):
        compare(old, {name: counts for name, counts in old.items() if name != "b"})
    with pytest.raises(ValueError, match=r"1 features, such as \['a'\]"):
        compare(old, old | {"a": old["a"][1:]})


@pytest.mark.parametrize("column", ["chance", "label"])
@pytest.mark.parametrize("wrong", [np.nan, -0.5, 2.0])
def test_what_is_no_chance_or_no_label_is_refused(column, wrong):
    rows = office(1)(1).astype({"label": float})
    rows.loc[3, column] = wrong
    for read in (label_shift, habits_of):
        with pytest.raises(ValueError, match=f"of {len(rows)} rows .* leave out families"):
            read(rows)


def test_what_was_usual_or_is_chance_is_no_alarm():
    edges = edges_of(frame(0))
    dates = [count_bins(frame(seed, a=0.9 * (seed % 2)), edges) for seed in range(6)]
    usual = usual_stability(dates)
    now = count_bins(frame(8, a=0.9), edges)
    first = compare(add_counts(dates), now).iloc[0]
    assert first["feature"] == "a"
    assert first["verdict"] != CALM
    seen = {name: 1.2 * value for name, value in usual.items()}
    assert (compare(add_counts(dates), now, usual=seen)["verdict"] == CALM).all()
    few = count_bins(frame(10, 30, a=0.3), edges)
    assert compare(add_counts(dates), few)["verdict"].iloc[0] == CALM


def office(seed):
    """Chances that are right on average over pendamping, and a maker of quarters."""
    rng = np.random.default_rng(seed)
    nodes, weights = np.polynomial.hermite_e.hermegauss(15)
    who = np.repeat(np.arange(WHO), EACH)
    margin = -4.6 + rng.normal(size=len(who))
    chance = expit(margin[:, None] + SPREAD * nodes) @ (weights / weights.sum())
    habit = rng.normal(0, SPREAD, WHO)

    def rows(quarters, shift=0.0):
        came = rng.random((quarters, len(who))) < expit(margin + habit[who] + shift)
        return pd.DataFrame(
            {
                "period": np.repeat([f"2026-T{number + 1}" for number in range(quarters)], len(who)),
                "pendamping_id": np.tile(who, quarters),
                "chance": np.tile(chance, quarters),
                "label": came.ravel().astype(int),
            }
        )

    return rows


def test_a_planted_shift_is_alarmed_by_its_first_quarter_and_a_calm_year_is_not():
    found = false = 0
    for seed in range(30):
        rows = office(seed)
        habits = habits_of(rows(4))
        found += label_shift(rows(1, -0.5), habits=habits).alarm
        false += label_shift(rows(4), habits=habits).alarm
    # both at 5 %: more than 4 of 30 would come less than twice in a hundred times
    assert found >= 26
    assert false <= 4


def test_the_shift_is_recovered_and_immature_periods_are_not_invented():
    rng = np.random.default_rng(3)
    chance = rng.beta(1, 20, 60_000)
    margin = np.log(chance) - np.log1p(-chance)
    label = (rng.random(60_000) < expit(margin - 0.5)).astype(float)
    shift, error, clusters = shift_of(chance, label, np.arange(60_000) // 100)
    assert clusters == 600
    assert abs(shift + 0.5) < 4 * error
    assert error < 0.1
    nobody = label_shift(pd.DataFrame({"period": [], "pendamping_id": [], "chance": [], "label": []}))
    assert nobody.judged == 0
    assert not nobody.alarm
    few = label_shift(pd.DataFrame({"period": ["q"] * 4, "pendamping_id": list("abcd"), "chance": 0.01, "label": 0}))
    assert few.periods["observed"].tolist() == [0]
    assert few.judged == 0


def test_row_order_and_a_missing_pendamping_change_nothing_that_they_should_not():
    rows = office(5)(2)
    rows["pendamping_id"] = rows["pendamping_id"].astype(float).where(rows["pendamping_id"] > 0)
    first = label_shift(rows).periods
    second = label_shift(rows.sample(frac=1, random_state=1)).periods
    pd.testing.assert_frame_equal(first, second)
    assert (first["families"] == WHO * EACH).all()


def table(verdict, n=10):
    return pd.DataFrame(
        {"feature": [f"f{i}" for i in range(n)], "psi": 0.3, "verdict": [verdict] * 3 + [CALM] * (n - 3)}
    )


def test_the_answer_follows_the_evidence():
    calm, moved = table(CALM), table(SHIFT)
    rows = office(6)
    fine, bad = label_shift(rows(4).assign(label=lambda f: f["label"])), label_shift(rows(1, -1.5))
    none = label_shift(rows(1).iloc[:0])
    assert bad.alarm
    assert not fine.alarm
    score = calm.iloc[:1]
    cases = {
        words.RETRAIN: advise(moved, score, bad, months=3),
        words.CHECK_DATA: advise(moved, score, fine, months=3),
        words.ROUTINE: advise(calm, score, fine, months=14),
        words.WAIT: advise(calm, score, none, months=1),
        words.NOT_YET: advise(calm, score, fine, months=6),
    }
    for code, told in cases.items():
        assert told.code == code
        assert len(told.indonesian) == len(told.english)
    assert any("f0, f1, f2" in line for line in cases[words.CHECK_DATA].indonesian)
    assert any("berbeda dari perkiraan" in line for line in cases[words.RETRAIN].indonesian)
