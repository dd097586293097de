import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from pkh_graduation.priorities.draws import inclusion, uniform


def test_draws_are_uniform_and_belong_to_the_name():
    names = [f"k{number}" for number in range(4000)]
    draw = uniform(3, "acak", names, "2025-09-30")
    counts = np.histogram(draw, bins=10, range=(0, 1))[0]
    assert counts.min() > 330
    assert counts.max() < 470
    assert (uniform(3, "acak", names[::-1], "2025-09-30") == draw[::-1]).all()


def test_seed_purpose_and_date_all_matter():
    draws = [
        uniform(*key, ["k1"], date)[0]
        for key in ((0, "a"), (1, "a"), (0, "b"))
        for date in ("2025-06-30", "2025-09-30")
    ]
    assert len(set(draws)) == 6


@settings(max_examples=200)
@given(st.integers(0, 40), st.integers(0, 60), st.integers(0, 60), st.floats(0, 0.9))
def test_chances_add_up_to_the_expected_number_of_places(quota, n_ready, others, exploration):
    """Horvitz-Thompson: the inclusion probabilities of a design sum to its expected sample size."""
    n = n_ready + others
    ready = np.arange(n) < n_ready
    expected = exploration * quota
    fewer = np.floor(expected)
    certain = [ready & (np.arange(n) < quota - slots) for slots in (fewer, fewer + 1)]
    left = [np.full(n, float(n - sure.sum())) for sure in certain]
    chance = inclusion(certain, left, np.full(n, expected))
    sizes = [min(quota - k, n_ready) + min(k, n - min(quota - k, n_ready)) for k in (fewer, fewer + 1)]
    weights = 1 - (expected - fewer), expected - fewer
    assert np.isclose(chance.sum(), sum(w * size for w, size in zip(weights, sizes, strict=True) if w), atol=1e-9)
    assert ((chance >= 0) & (chance <= 1)).all()
