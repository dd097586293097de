"""What is said twice is calculated once, and means the same."""

import duckdb
from hypothesis import given, settings
from hypothesis import strategies as st

from pkh_graduation.features.sharing import shared

PARTS = (
    "(a > 1)",
    "((a > 1) AND (b = 2))",
    "(((a > 1) AND (b = 2)) OR (c IS NULL))",
    "(c = '(a > 1)')",
    "(abs((a - b)) > 0)",
)
ROWS = (
    "SELECT * FROM (VALUES (1, 2, 'x'), (2, 2, NULL), (3, 2, '(a > 1)'), (NULL, 2, 'y'), (2, NULL, 'x')) AS t (a, b, c)"
)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.sampled_from(PARTS), min_size=1, max_size=6),
    st.sampled_from(("count(*)", "sum(a)", "max((a + b))", "sum(abs(a))")),
)
def test_named_parts_change_no_value(conditions, aggregate):
    texts = [f"{aggregate} FILTER (WHERE {condition})" for condition in conditions]
    named, rows = shared(texts, ROWS, "e")
    said, meant = (f"SELECT {', '.join(t)} FROM ({r}) v" for t, r in ((named, rows), (texts, ROWS)))
    with duckdb.connect() as connection:
        assert connection.execute(said).fetchall() == connection.execute(meant).fetchall()


def test_a_part_that_is_said_twice_is_calculated_once():
    texts = [f"count(*) FILTER (WHERE ({PARTS[1]} AND (c = '{letter}')))" for letter in "xyz"]
    named, rows = shared(texts, "SELECT * FROM t", "e")
    assert rows.count("(a > 1)") == 1
    assert all("(a > 1)" not in text for text in named)


def test_arguments_quoted_texts_and_aggregates_are_no_parts():
    texts = ["sum(abs(a)) FILTER (WHERE c = '(a > 1)')", "CAST(sum(abs(a)) AS INT) + (1 + sum(a)) + (1 + sum(a))"]
    assert shared(texts, "SELECT * FROM t", "e") == (texts, "SELECT * FROM t")
