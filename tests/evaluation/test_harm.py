"""Harm: expected from true chances equals what comes, and the price of errors decides as said."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pkh_graduation.evaluation.harm import CostRatio, harm_by_group, harm_of_list


@given(
    st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=30),
    st.floats(0.1, 20), st.floats(0.1, 20), st.floats(0, 1),
)  # fmt: skip
def test_harm_is_the_sum_of_its_errors(rows, premature, delayed, follow):
    ready, listed = (np.array(column) for column in zip(*rows, strict=True))
    cost = CostRatio(premature, delayed)
    found = harm_of_list(ready, listed, cost=cost, follow_through=follow)
    assert found.harm == pytest.approx(premature * found.premature + delayed * found.delayed)
    assert found.harm_without == pytest.approx(delayed * ready.sum())
    nobody = harm_of_list(ready, np.zeros(len(ready), dtype=bool), cost=cost)
    assert nobody.harm == pytest.approx(found.harm_without)
    if np.isfinite(found.break_even) and found.break_even <= 1:
        even = harm_of_list(ready, listed, cost=cost, follow_through=found.break_even)
        assert even.harm == pytest.approx(even.harm_without)


def test_expected_harm_is_the_mean_of_what_comes():
    rng = np.random.default_rng(0)
    p, listed = rng.beta(1, 5, 500), rng.random(500) < 0.1
    came = [harm_of_list(rng.random(500) < p, listed).harm for _ in range(2000)]
    expected = harm_of_list(p, listed).harm
    assert abs(np.mean(came) - expected) < 4 * np.std(came) / np.sqrt(2000)


def test_listing_pays_exactly_above_the_threshold():
    cost = CostRatio(5, 1)
    for p, better in ((cost.threshold + 0.01, True), (cost.threshold - 0.01, False)):
        on, off = (harm_of_list(np.array([p]), np.array([flag]), cost=cost).harm for flag in (True, False))
        assert (on < off) is better


def test_groups_add_up_to_the_list():
    rng = np.random.default_rng(1)
    p, listed = rng.beta(1, 8, 400), rng.random(400) < 0.1
    words = pd.Series(rng.choice(["a", "b", "c"], 400))
    table = harm_by_group(p, listed, words, n_boot=50)
    whole = harm_of_list(p, listed)
    assert table["harm"].sum() == pytest.approx(whole.harm)
    assert table["listed"].sum() == whole.listed
    assert ((table["low"] <= table["per_family"]) & (table["per_family"] <= table["high"])).all()


def test_families_without_a_word_are_a_group_of_their_own():
    words = pd.Series(["a", None, "b"])
    table = harm_by_group(np.array([0.1, 0.2, 0.9]), np.array([True, False, True]), words, n_boot=5).set_index("group")
    assert table["families"].to_dict() == {"a": 1, "b": 1, "tidak tercatat": 1}


def test_missing_chances_and_free_errors_are_refused():
    with pytest.raises(ValueError, match="none missing"):
        harm_of_list(np.array([0.5, np.nan]), np.array([True, False]))
    with pytest.raises(ValueError, match="positive"):
        CostRatio(premature=0)
    with pytest.raises(ValueError, match="share"):
        harm_of_list(np.array([0.5]), np.array([True]), follow_through=2)
