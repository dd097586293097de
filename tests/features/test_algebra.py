"""What the algebra says in SQL, and what it refuses to say."""

from __future__ import annotations

import pytest

from pkh_graduation.features import (
    AS_OF,
    INT,
    REAL,
    TEXT,
    Events,
    Expr,
    ExpressionError,
    FeatureError,
    Intervals,
    Peers,
    States,
    age,
    case,
    months_ago,
    ratio,
    total,
)
from pkh_graduation.features.hatch import household_feature

T = Events("tabel", {"x": INT, "y": INT, "r": REAL, "s": TEXT})


def test_conditions_are_python_and_come_out_as_quoted_sql():
    assert ((T["x"] >= 3) & ~(T["s"] == "o'k")).sql == "((x >= 3) AND (NOT (s = 'o''k')))"
    assert (T["x"] + 2 * 3 - T["y"]).sql == "((x + 6) - y)"
    assert T["s"].has("kur").sql == "(instr('|' || s || '|', '|kur|') > 0)"
    assert T["x"].isin(4, 1, 2).sql == "(((x >= 1) AND (x <= 2)) OR (x = 4))"
    assert T["x"].between(1, 5).columns == {"x"}
    assert (AS_OF - T["x"]).sql == "(:as_of - x)"


@pytest.mark.parametrize(
    ("write", "message"),
    [
        (lambda: T["z"], r"tabel has no column 'z'; it has \['day', 'r', 's', 'x', 'y'\]"),
        (lambda: T["x"] > 0.5, "engines round floats differently"),
        (lambda: T["x"] == True, "not bool"),  # noqa: E712 - the mistake under test
        (lambda: T["x"] == None, "not NoneType"),  # noqa: E711 - the mistake under test
        (lambda: T["s"] == "a\\b", "no backslash"),
        (lambda: T["s"] == ":as_of", "no colon"),
        (lambda: T["s"] == 3, "cannot be compared"),
        (lambda: (T["x"] > 1) and (T["x"] < 3), "not with and / or / not"),
        (lambda: 1 < T["x"] < 3, "chained comparisons"),
        (lambda: not (T["x"] > 1), "not with and / or / not"),
        (lambda: (T["x"] > 1) == (T["y"] > 1), "combine conditions"),
        (lambda: T["x"] & (T["y"] > 1), "join two conditions"),
        (lambda: ~T["x"], "is a value"),
        (lambda: T["r"] + 1, "only integers are calculated with"),
        (lambda: T["x"].isin(), "at least one value"),
        (lambda: T["x"].has("a"), "a set is text"),
        (lambda: T["s"].has("a|b"), "holds no"),
        (lambda: T["x"].steps(3, 1), "bounds must ascend"),
        (lambda: T["x"].number(), "is a value already"),
        (lambda: T["x"].otherwise("a"), "its stand-in"),
        (lambda: total(T["s"]), "adds integers"),
        (lambda: case(T["x"], 1), "a condition, and two values"),
        (lambda: months_ago(7), "the spine carries"),
        (lambda: T.where("x > 1"), "takes a condition"),
        (lambda: T.share(T["x"]), "takes a condition"),
    ],
)
def test_expressions_that_two_engines_would_read_differently_are_refused(write, message):
    with pytest.raises((ExpressionError, FeatureError), match=message):
        write()


@pytest.mark.parametrize(
    ("write", "message"),
    [
        (lambda: T.sum("r"), "only integers are added up"),
        (lambda: T.mean("s"), "only integers are added up"),
        (lambda: T.last("r"), "no safe stand-in"),
        (lambda: T.value("x"), r"needs States with entity='kpm'"),
        (lambda: T.count().over(7), "windows are"),
        (lambda: T.mean("x").per("y", "sum"), "integers are combined"),
        (lambda: T.count().per("y", "mean"), "by sum, min or max"),
        (lambda: T.count().per("z", "sum"), "no column 'z'"),
        (lambda: States("tabel", {"x": INT}), "need entity="),
        (lambda: Intervals("tabel", {"x": INT}, entity="x"), "need ends="),
        (lambda: Events("tabel", {"x": "INTEGER"}), "columns are INT, REAL or TEXT"),
        (lambda: Events("tabel", {"end": INT}), "no word of SQL"),
        (lambda: Events("tabel; DROP", {"x": INT}), "cannot be names"),
        (lambda: Events("tabel", {"x": INT}, key="pendamping"), "belong to one of"),
        (lambda: Peers(T.mean("x"), "desa"), "integer measure"),
        (lambda: Peers(T.count(), "kabupaten"), r"in one of \('desa', 'kelompok'\)"),
        (lambda: household_feature(T, columns=["z"], features=[]), "no column 'z'"),
    ],
)
def test_measures_that_cannot_be_right_are_refused(write, message):
    with pytest.raises(FeatureError, match=message):
        write()


def test_a_hatch_may_not_read_a_decision():
    visits = Events("kunjungan", {"keputusan_keluarga": TEXT})
    with pytest.raises(FeatureError, match="a hatch may not read it"):
        household_feature(visits, columns=["keputusan_keluarga"], features=[])


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        (T["x"].steps(0, 10), {-1: 0, 0: 1, 9: 1, 10: 2, None: None}),
        (T["x"].recode({4: [1, 2], 1: [9]}), {1: 4, 2: 4, 9: 1, 5: None, None: None}),
        ((T["x"] > 3).number(), {3: 0, 4: 1, None: None}),
        (T["x"].otherwise(7), {1: 1, None: 7}),
        (T["x"].known().number(), {1: 1, None: 0}),
        (total(T["x"], T["y"]), {2: 2, None: None}),
        (case(T["x"] > 3, 1, Expr("0", INT)), {5: 1, 3: 0, None: 0}),
        (T["x"].isin(1).number(), {1: 1, 2: 0, None: None}),
    ],
)
def test_values_with_gaps(value, wanted, engine):
    import pandas as pd

    table = pd.DataFrame(
        {"x": pd.array(list(wanted), dtype="Int64"), "y": pd.array([None] * len(wanted), dtype="Int64")}
    )
    got = engine.run(f"SELECT {value.sql} AS v FROM nilai ORDER BY x NULLS LAST", {"nilai": table})["v"]
    in_order = sorted(wanted, key=lambda x: (x is None, x))
    assert [None if pd.isna(v) else int(v) for v in got] == [wanted[x] for x in in_order]


@pytest.mark.parametrize(
    ("birth", "day", "years"),
    [(20120229, 20130228, 0), (20120229, 20130301, 1), (20000615, 20240614, 23), (20000615, 20240615, 24)],
)
def test_ages_are_completed_years(birth, day, years, engine):
    sql = age(Expr(str(birth), INT)).sql.replace(":as_of_ymd", str(day))
    assert engine.run(f"SELECT {sql} AS n", {})["n"].item() == years


def test_greatest_leaves_missing_days_out(engine):
    assert engine.run("SELECT greatest(1, CAST(NULL AS INT), 3) AS n", {})["n"].item() == 3


def test_a_ratio_over_nothing_is_missing(engine):
    built = ratio(T.count(), T.count(), 100).build(Expr("5", INT), Expr("0", INT))
    assert engine.run(f"SELECT {built.sql} AS n", {})["n"].isna().all()
