import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pkh_graduation.evaluation.repeated import FORGETFUL, ONCE, REPEATED, consecutive_origins, year_of_lists

DATES = ["2023-03-31", "2023-06-30", "2023-09-30", "2023-12-31"]


def predictions(scores, labels, pendamping, dates=DATES, name="model"):
    """``scores`` and ``labels`` of shape (families, dates); everybody stays with one pendamping."""
    rows = [
        (name, date, f"k{k:015x}", pd.Timestamp(date), pendamping[k], float(scores[k][t]), int(labels[k][t]))
        for t, date in enumerate(dates) for k in range(len(scores))
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["contender", "origin", "kpm_id", "as_of", "pendamping_id", "p_mandiri", "label"])


def figures(frame, capacity, **options):
    return year_of_lists(frame, capacity, **options).set_index("cara")


def test_a_year_by_hand():
    """Four families, one pendamping, four places a year, one each tahap. The best family stays best, and is listed once."""
    scores = [[9, 9, 9, 9], [8, 7, 7, 7], [1, 8, 1, 1], [2, 2, 2, 8]]
    labels = [[0, 0, 0, 0], [1, 1, 1, 1], [0, 1, 1, 1], [1, 0, 0, 1]]
    found = figures(predictions(scores, labels, ["d1"] * 4), 1.0)
    assert found.loc[ONCE, ["places", "families", "hits"]].tolist() == [4, 4, 2]
    # tahap 1: family 0; 2: family 2 (score 8); 3: family 1; 4: family 3.
    assert found.loc[REPEATED, ["places", "families", "hits", "listed_again"]].tolist() == [4, 4, 3, 0]
    assert found.loc[FORGETFUL, ["places", "families", "hits", "listed_again"]].tolist() == [4, 1, 0, 3]
    assert found["graduates"].tolist() == [3, 3, 3] and found.loc[REPEATED, "recall"] == 1.0


@settings(max_examples=40)
@given(st.integers(0, 10**6), st.integers(5, 25), st.sampled_from([0.1, 0.2, 0.5, 1.0]), st.booleans())
def test_nobody_twice_and_never_more_than_the_years_places(seed, families, capacity, ties):
    rng = np.random.default_rng(seed)
    scores = rng.integers(0, 3, (families, 4)) if ties else rng.random((families, 4))
    labels = rng.random((families, 4)) < 0.3
    pendamping = [f"d{k % 2}" for k in range(families)]
    found = figures(predictions(scores, labels, pendamping), capacity, plays=3)
    per_year = sum(np.floor(capacity * sum(p == d for p in pendamping) + 1e-9) for d in set(pendamping))
    assert (found["places"] <= per_year).all() and found.loc[ONCE, "places"] == per_year
    assert found.loc[[ONCE, REPEATED], "listed_again"].abs().max() == 0
    assert found.loc[REPEATED, "places"] == per_year or capacity == 1.0
    assert (found["hits"] <= found["families"]).all() and (found["hits"] <= found["graduates"]).all()
    assert found.loc[FORGETFUL, "families"] <= found.loc[FORGETFUL, "places"]


def test_without_ties_lots_play_no_part():
    rng = np.random.default_rng(1)
    frame = predictions(rng.random((40, 4)), rng.random((40, 4)) < 0.2, [f"d{k % 2}" for k in range(40)])
    pd.testing.assert_frame_equal(
        year_of_lists(frame, 0.2, plays=1), year_of_lists(frame, 0.2, plays=9, random_state=5)
    )


def test_with_ties_the_mean_over_lots_is_the_expected_value():
    """One tahap of ties: four tied families for two places. The lots' mean nears the exact value, which orders give."""
    scores, labels = [[1, 1]] * 4, [[1, 0], [0, 0], [0, 0], [0, 0]]
    frame = predictions(scores, labels, ["d1"] * 4, DATES[:2])
    exact = np.mean([0 in order[:2] for order in itertools.permutations(range(4))])
    assert figures(frame, 0.5, plays=1000).loc[ONCE, "hits"] == pytest.approx(exact, abs=4 * 0.5 / np.sqrt(1000))


def test_order_of_rows_changes_nothing():
    rng = np.random.default_rng(2)
    frame = predictions(rng.integers(0, 4, (30, 4)), rng.random((30, 4)) < 0.2, [f"d{k % 3}" for k in range(30)])
    pd.testing.assert_frame_equal(
        year_of_lists(frame, 0.2, plays=3), year_of_lists(frame.sample(frac=1, random_state=0), 0.2, plays=3)
    )


def test_only_tahap_that_follow_each_other_make_a_year():
    assert consecutive_origins(DATES) == DATES
    assert consecutive_origins([*DATES, "2022-12-31"]) == DATES
    assert consecutive_origins(["2023-03-31", "2023-12-31"]) == ["2023-12-31"]
    alone = predictions([[1.0]], [[1]], ["d1"], DATES[:1])
    assert year_of_lists(alone, 0.5).empty


def test_impossible_years_are_refused():
    frame = predictions([[1.0] * 4], [[1] * 4], ["d1"])
    for options in ({"rounds": 0}, {"plays": 0}):
        with pytest.raises(ValueError, match="count from 1"):
            year_of_lists(frame, 0.5, **options)
    with pytest.raises(ValueError, match="share must lie"):
        year_of_lists(frame, 0.0)
