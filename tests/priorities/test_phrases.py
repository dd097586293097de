import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pkh_graduation.priorities.phrases import phrases

WORDS = [f"kata {number}" for number in range(12)]


@given(st.lists(st.lists(st.booleans(), min_size=12, max_size=12), max_size=20), st.sampled_from([None, 0, 3]))
def test_words_are_said_in_order_and_not_too_many(rows, most):
    flags = np.array(rows, dtype=bool).reshape(-1, 12)
    said = phrases(flags, WORDS, most=most).tolist()
    assert said == ["|".join([word for word, flag in zip(WORDS, row, strict=True) if flag][:most]) for row in rows]
