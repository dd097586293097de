"""Each aggregate against plain Python: ties, gaps, leap days, month ends, late and early news, corrections, voids, ends."""

from __future__ import annotations

import datetime as dt
import itertools
import math
import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from made_tables import kpm_id, spine_of, with_superseded
from plain_oracle import AGGREGATES, CONDITIONS, known_day, states, visible, within

from pkh_graduation.contracts import Records, Snapshots
from pkh_graduation.features import (
    INT,
    REAL,
    TEXT,
    Catalogue,
    Events,
    Feature,
    Intervals,
    Peers,
    build_features,
    combine,
    ratio,
    yes,
)
from pkh_graduation.programme.calendar import add_months, day_of

AS_OF = (dt.date(2023, 2, 28), dt.date(2024, 2, 29), dt.date(2024, 8, 31))
WINDOWS = (None, 3, 6, 12, 24)
COLUMNS = {"e": INT, "x": INT, "r": REAL, "s": TEXT, "m": TEXT, "tamat": INT}
END = (("tamat", "tamat_tahu"),)
FAMILIES = (1, 2, 3, 4)

EVENTS = Events("peristiwa", COLUMNS, ends=END)
STATES = Intervals("peristiwa", COLUMNS, entity="e", ends=END)
GROUP = Events("peristiwa", COLUMNS, key="kelompok", ends=END)
SOURCES = {"events": EVENTS, "states": STATES, "group": GROUP}

EDGES = sorted(
    {day_of(add_months(t, -m)) + step for t in AS_OF for m in (0, 3, 6, 12, 24) for step in (-1, 0, 1)}
    | {day_of(dt.date(2024, 2, 29)), day_of(dt.date(2023, 8, 31))}
)

row = st.fixed_dictionaries(
    {
        "row_key": st.integers(0, 11),
        "day": st.sampled_from(EDGES),
        "lag": st.sampled_from((-9, 0, 0, 1, 3, 200)),
        "batal": st.sampled_from((False, False, False, True)),
        "x": st.sampled_from((None, -1, 0, 5, 600_000_000)),
        "r": st.sampled_from((None, -0.5, 0.25)),
        "s": st.sampled_from(("a", "b", "o'k", None)),
        "m": st.sampled_from(("a", "a|b", "ab", None)),
        "end_after": st.sampled_from((None, 0, 40, 500)),
        "end_lag": st.sampled_from((None, -400, -30, 0, 300)),
    }
)


def spec_names():
    return list(itertools.product(SOURCES, AGGREGATES, CONDITIONS, WINDOWS))


def finished(rows):
    made = []
    for number, r in enumerate(rows):
        end = None if r["end_after"] is None else r["day"] + r["end_after"]
        heard = None if end is None or r["end_lag"] is None else end + r["end_lag"]
        key = r["row_key"]
        made.append(
            {k: r[k] for k in ("row_key", "day", "batal", "x", "r", "s", "m")}
            # Record ids run against the order of the rows, so that an order by position would be caught.
            | {"record_id": len(rows) - number, "known_day": r["day"] + r["lag"], "tamat": end, "tamat_tahu": heard}
            | {"kpm": key % 3 + 1, "kelompok": key % 2 + 1, "e": key % 5}
        )
    return made


def as_table(rows):
    names = [
        "row_key",
        "day",
        "batal",
        "x",
        "r",
        "s",
        "m",
        "record_id",
        "known_day",
        "tamat",
        "tamat_tahu",
        "kpm",
        "kelompok",
        "e",
    ]
    table = pd.DataFrame(rows, columns=names)
    whole = ("row_key", "record_id", "kpm", "kelompok", "e")
    table = table.astype({**dict.fromkeys(whole, "int64"), **dict.fromkeys(("day", "tamat", "tamat_tahu"), "Int32")})
    table = table.astype({"known_day": "int32", "batal": bool, "x": "Int64", "r": "Float64", "s": "str", "m": "str"})
    return with_superseded(table)


def cohort():
    stamps = [(k, np.datetime64(t, "s")) for t in AS_OF for k in FAMILIES]
    frame = pd.DataFrame(
        {
            "kpm_id": [kpm_id(k) for k, _ in stamps], "as_of": [t for _, t in stamps], "kpm": [k for k, _ in stamps],
            "pendamping_id": None, "kelompok_id": [f"g{k % 2 + 1:015x}" if k < 4 else None for k, _ in stamps],
            "desa": ["9901" if k < 3 else "9902" for k, _ in stamps], "kecamatan": None, "kabupaten": None, "masuk_day": pd.NA,
            "masuk_perkiraan": False, "proses": None, "proses_jenis": None, "proses_day": pd.NA,
        }
    )  # fmt: skip
    return Snapshots(frame.astype({"masuk_day": "Int32", "kelompok_id": "str"}).set_index(["kpm_id", "as_of"]))


COHORT, SPINE = cohort(), spine_of(AS_OF)


def feature(name, measure):
    return Feature(name, measure, "satuan", "arti", "meaning", "usaha", model=False)


def facts_of(rows, features, engine):
    tables = {"peristiwa": as_table(rows)}
    records = Records(tables, sintetis=True, digest="uji")
    _, facts = build_features(records, COHORT, engine=engine, spine=SPINE, catalogue=Catalogue.of(features))
    return facts


def same(got, wanted):
    if wanted is None:
        return pd.isna(got)
    if isinstance(wanted, float):
        return math.isclose(got, wanted, rel_tol=1e-9, abs_tol=1e-6)
    return not pd.isna(got) and got == wanted


def looked_at(source, rows, family, day):
    """The rows that a source shows of a family (or of its group)."""
    seen = visible(rows, day)
    if source == "states":
        seen = states(seen, "e")
    if source == "group":
        return [r for r in seen if family < 4 and r["kelompok"] == family % 2 + 1]
    return [r for r in seen if r["kpm"] == family]


def measure_of(spec):
    source, aggregate, condition, window = spec
    rows = SOURCES[source]
    if CONDITIONS[condition][0] is not None:
        rows = rows.where(CONDITIONS[condition][0](rows))
    measure = AGGREGATES[aggregate][0](rows)
    return measure if window is None else measure.over(window)


def expected(spec, rows, family, day):
    source, aggregate, condition, window = spec
    chosen = [r for r in within(looked_at(source, rows, family, day), day, window) if CONDITIONS[condition][1](r, day)]
    return AGGREGATES[aggregate][1](chosen, day), known_day(aggregate, chosen)


def wrong(rows, specs, engine):
    """Specs whose value or known day differs from the oracle's, anywhere."""
    facts = facts_of(rows, [feature(f"f{i}", measure_of(spec)) for i, spec in enumerate(specs)], engine)
    found = set()
    for (kpm, stamp), family in COHORT.frame["kpm"].items():
        day = day_of(stamp.date())
        for i, spec in enumerate(specs):
            value, known = expected(spec, rows, family, day)
            if not (
                same(facts.values.loc[(kpm, stamp), f"f{i}"], value)
                and same(facts.known.loc[(kpm, stamp), f"f{i}"], known)
            ):
                found.add(spec)
    return found


def arrays(n):
    return st.lists(row, max_size=n).map(finished)


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(rows=arrays(30), specs=st.lists(st.sampled_from(spec_names()), min_size=6, max_size=14, unique=True))
def test_every_aggregate_equals_plain_python(rows, specs, engine):
    assert wrong(rows, specs, engine) == set()


@settings(
    max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(rows=arrays(30))
def test_two_levels_combinations_and_neighbours_equal_plain_python(rows, engine):
    n = EVENTS.count()
    features = [
        feature("terburuk", EVENTS.sum("x").over(12).per("e", "max")),
        feature("tersedikit", EVENTS.where(EVENTS["s"] == "a").count().per("e", "min")),
        feature("akhir", EVENTS.last("x").per("e", "sum")),
        feature("satu", EVENTS.count().at("e", 2)),
        feature("bagian", EVENTS.share(EVENTS["s"] == "a").at("e", 3)),
        feature("rasio", ratio(EVENTS.sum("x"), n, 100)),
        feature("selisih", combine(lambda a, b: a - b, EVENTS.max("x"), EVENTS.min("x"))),
        feature("ada", yes(EVENTS.where(EVENTS["s"] == "a").count())),
        feature("tetangga", Peers(n, "desa")),
        feature("sekelompok", Peers(EVENTS.max("x"), "kelompok")),
    ]
    facts = facts_of(rows, features, engine)
    for (kpm, stamp), family in COHORT.frame["kpm"].items():
        day = day_of(stamp.date())
        wanted = two_levels(rows, family, day)
        got = facts.values.loc[(kpm, stamp)]
        assert dict.fromkeys(wanted, True) == {name: same(got[name], w) for name, w in wanted.items()}


def two_levels(rows, family, day):
    mine = looked_at("events", rows, family, day)
    year = within(mine, day, 12)

    def of(e, among):
        return [r for r in among if r["e"] == e]

    def values(among):
        return [r["x"] for r in among if r["x"] is not None]

    sums = [sum(values(of(e, year))) for e in {r["e"] for r in year}]
    lasts = [
        max(of(e, mine), key=lambda r: (r["day"], r["known_day"], r["record_id"]))["x"] for e in {r["e"] for r in mine}
    ]
    lasts = [x for x in lasts if x is not None]
    third = of(3, mine)
    named = [sum(r["s"] == "a" for r in of(e, mine)) for e in {r["e"] for r in mine}]
    village = [k for k in FAMILIES if k != family and (k < 3) == (family < 3)]
    group = [k for k in FAMILIES if k != family and k < 4 and family < 4 and k % 2 == family % 2]
    tops = [max(v) for k in group if (v := values(looked_at("events", rows, k, day)))]
    return {
        "terburuk": max(sums, default=0),
        "tersedikit": min((n for n in named if n), default=0),
        "akhir": sum(lasts) if lasts else None,
        "satu": len(of(2, mine)),
        "bagian": sum(r["s"] == "a" for r in third) / len(third) if third else None,
        "rasio": 100 * sum(values(mine)) / len(mine) if mine else None,
        "selisih": max(values(mine)) - min(values(mine)) if values(mine) else None,
        "ada": int(any(r["s"] == "a" for r in mine)),
        "tetangga": sum(len(looked_at("events", rows, k, day)) for k in village) / len(village),
        "sekelompok": sum(tops) / len(tops) if tops else None,
    }


class MutatingEngine:
    """An engine that spoils the text before it runs it."""

    def __init__(self, engine, pattern, replacement):
        self.engine, self.pattern, self.replacement, self.hits = engine, pattern, replacement, 0

    def run(self, sql, tables):
        spoilt, hits = re.subn(self.pattern, self.replacement, sql)
        self.hits += hits
        return self.engine.run(spoilt, tables)


MUTANTS = {
    "known": (r"t\.known_day <= \d+ AND ", ""),
    "superseded": (r"t\.superseded_day > \d+ AND ", ""),
    "superseded on the day": (r"t\.superseded_day > ", "t.superseded_day >= "),
    "void": (r"t\.batal = 0 AND ", ""),
    "happened": (r" AND t\.day <= \d+", ""),
    "window": (r" (?:AND|WHERE) t\.day > \d+", ""),
    "window's edge": (r"t\.day > ", "t.day >= "),
    "end known": (r"t\.tamat_tahu <= \d+", "true"),
    "end happened": (r"t\.tamat <= \d+", "true"),
    "order by day": (r"CAST\(day AS BIGINT\) \* 281474976710656 \+ ", ""),
    "order by known day": (r" \+ CAST\(known_day AS BIGINT\) \* 8589934592", ""),
    "order by record": (r"8589934592 \+ record_id", "8589934592 - record_id"),
}


@pytest.fixture(scope="module")
def seeded():
    """Enough rows that every clause matters to some cell."""
    rng = np.random.default_rng(8)

    def pick(*values):
        return values[rng.integers(len(values))]

    return finished(
        [
            {
                "row_key": int(rng.integers(0, 60)), "day": int(rng.choice(EDGES)), "lag": pick(-9, 0, 0, 1, 3, 200),
                "batal": pick(False, False, False, True), "x": pick(None, -1, 0, 5, 600_000_000), "r": pick(None, -0.5, 0.25),
                "s": pick("a", "b", "o'k", None), "m": pick("a", "a|b", "ab", None), "end_after": pick(None, 0, 40, 500),
                "end_lag": pick(None, -400, -30, 0, 300),
            }
            for _ in range(240)
        ]
    )  # fmt: skip


SENTINELS = [
    ("events", "count", "all", None), ("events", "sum", "all", 12), ("events", "last", "all", None),
    ("events", "count", "open", None),
    ("states", "count", "open", None), ("states", "last_text", "all", None), ("states", "count", "all", 6),
    ("group", "count", "all", 3), ("events", "last_text", "all", 24),
]  # fmt: skip


def test_the_seeded_rows_pass_unspoilt(seeded, engine):
    assert wrong(seeded, SENTINELS, engine) == set()


@pytest.mark.parametrize("name", MUTANTS)
def test_dropping_a_clause_is_caught(name, seeded, engine):
    spoilt = MutatingEngine(engine, *MUTANTS[name])
    assert wrong(seeded, SENTINELS, spoilt)
    assert spoilt.hits > 0
