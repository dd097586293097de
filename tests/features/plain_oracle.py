"""Every aggregate in the plainest Python, from the rules of the records alone; shares only the calendar with the compiler."""

from __future__ import annotations

import statistics

from pkh_graduation.programme.calendar import add_months, date_of, day_of


def visible(rows, day):
    """One row per business key, the last known by ``day``; voids vanish; what has not happened yet is left out."""
    last = {}
    for row in sorted((r for r in rows if r["known_day"] <= day), key=lambda r: (r["known_day"], r["record_id"])):
        last[row["row_key"]] = row
    return [masked(r, day) for r in last.values() if not r["batal"] and r["day"] is not None and r["day"] <= day]


def masked(row, day):
    heard = row["tamat"] is not None and row["tamat_tahu"] is not None and max(row["tamat"], row["tamat_tahu"]) <= day
    return row | {"tamat": row["tamat"] if heard else None}


def order(row):
    return row["day"], row["known_day"], row["record_id"]


def states(rows, entity):
    """The last row of each entity."""
    last = {}
    for row in sorted(rows, key=order):
        last[row[entity]] = row
    return list(last.values())


def within(rows, day, months):
    if months is None:
        return rows
    low = day_of(add_months(date_of(day), -months))
    return [r for r in rows if r["day"] > low]


def there(rows, column):
    return [r[column] for r in rows if r[column] is not None]


def std(rows, _):
    values = there(rows, "x")
    return statistics.stdev(values) if len(values) > 1 else None


def trend(rows, _):
    pairs = [(r["day"], r["x"]) for r in rows if r["x"] is not None]
    days, values = [d for d, _ in pairs], [v for _, v in pairs]
    return statistics.linear_regression(days, values).slope * 365.25 if len(set(days)) > 1 else None


def mean(values):
    return statistics.fmean(values) if values else None


AGGREGATES = {
    "count": (lambda s: s.count(), lambda rows, day: len(rows)),
    "sum": (lambda s: s.sum("x"), lambda rows, day: sum(there(rows, "x"))),
    "min": (lambda s: s.min("x"), lambda rows, day: min(there(rows, "x"), default=None)),
    "max": (lambda s: s.max("x"), lambda rows, day: max(there(rows, "x"), default=None)),
    "real": (lambda s: s.max("r"), lambda rows, day: max(there(rows, "r"), default=None)),
    "flag": (
        lambda s: s.max(s["m"].has("a")),
        lambda rows, day: max(["a" in m.split("|") for m in there(rows, "m")], default=None),
    ),
    "mean": (lambda s: s.mean("x"), lambda rows, day: mean(there(rows, "x"))),
    "std": (lambda s: s.std("x"), std),
    "trend": (lambda s: s.trend("x"), trend),
    "share": (lambda s: s.share(s["s"] == "a"), lambda rows, day: mean([r["s"] == "a" for r in rows])),
    "last": (lambda s: s.last("x"), lambda rows, day: max(rows, key=order)["x"] if rows else None),
    "last_text": (lambda s: s.last("s"), lambda rows, day: max(rows, key=order)["s"] if rows else None),
    "distinct": (lambda s: s.distinct("x"), lambda rows, day: len(set(there(rows, "x")))),
    "days_since": (lambda s: s.days_since(), lambda rows, day: day - max(rows, key=order)["day"] if rows else None),
}
"""Name -> how the algebra says it, how plain Python does it."""

CHOSEN = ("last", "last_text", "days_since")
"""Aggregates whose known day is the chosen row's."""

CONDITIONS = {
    "all": (None, lambda r, day: True),
    "is_a": (lambda s: s["s"] == "a", lambda r, day: r["s"] == "a"),
    "not_a": (lambda s: ~(s["s"] == "a"), lambda r, day: r["s"] not in ("a", None)),
    "one_of": (lambda s: s["s"].isin("o'k", "b"), lambda r, day: r["s"] in ("o'k", "b")),
    "has_b": (lambda s: s["m"].has("b"), lambda r, day: r["m"] is not None and "b" in r["m"].split("|")),
    "missing": (lambda s: s["x"].is_null() | (s["x"] < 0), lambda r, day: r["x"] is None or r["x"] < 0),
    "level": (lambda s: s["x"].steps(0, 6) >= 1, lambda r, day: r["x"] is not None and r["x"] >= 0),
    "open": (lambda s: s["tamat"].is_null(), lambda r, day: r["tamat"] is None),
}


def known_day(name, rows):
    if not rows:
        return None
    return max(rows, key=order)["known_day"] if name in CHOSEN else max(r["known_day"] for r in rows)
