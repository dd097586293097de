"""Time in a table: news from after the as-of date, and labels that nobody could know yet."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from pkh_graduation.evaluation.leakage import MODERATE, NOTE, SEVERE, Checked, Finding, read_dates
from pkh_graduation.programme.calendar import add_tahap

PLANNED = ("perkiraan", "rencana", "target", "jatuh_tempo", "berlaku_sampai", "terjadwal", "due", "planned", "expected")
"""Words in the name of a date that may lie ahead and yet be known: a plan."""
LEAST_DATES, LEAST_POSITIVES = 4, 30
HALVED, IN_DOUBT = 0.5, -3.0


def findings(table: pd.DataFrame, checked: Checked) -> Iterator[Finding]:
    """Known dates and other dates after the as-of date, and immature labels; nothing without an as-of date."""
    if checked.as_of is None:
        yield Finding(
            "no_as_of", NOTE, "", "No as-of date was named, so nothing could be said about time.",
            "Name the column with the date on which each row's features were known (--as-of-column).",
        )  # fmt: skip
        return
    undated = int(checked.as_of.isna().sum())
    if undated:
        yield Finding(
            "undated", SEVERE, str(checked.roles.as_of),
            f"{undated} of {len(table)} rows have no as-of date: nobody can say what was known then.",
            "Give each row its date, or leave it out.", {"rows": undated},
        )  # fmt: skip
    for name, days in checked.known.items():
        yield from _known(name, days, checked.as_of)
    for name in checked.features:
        yield from _dated(name, table[name], checked.as_of)
    if checked.label is not None:
        yield from _immature(checked, checked.as_of, checked.label)


def _known(name: str, days: pd.Series, as_of: pd.Series) -> Iterator[Finding]:
    later, missing = int((days > as_of).sum()), int(days.isna().sum())
    if later:
        yield Finding(
            "known_later", SEVERE, name,
            f"In {later} of {len(days)} rows {name!r} lies after the as-of date: the row holds news that nobody had then.",
            "Build the features from what was known on the as-of date; filter on the date of knowledge, not of the event.",
            {"rows": later, "share": later / len(days)},
        )  # fmt: skip
    if missing:
        yield Finding(
            "known_missing", MODERATE, name,
            f"In {missing} of {len(days)} rows {name!r} is missing: whether the row was known in time cannot be told.",
            "Fill the date of knowledge from the file's date, or with the event's date plus the source's lag, and say so.",
            {"rows": missing, "share": missing / len(days)},
        )  # fmt: skip


def _dated(name: str, column: pd.Series, as_of: pd.Series) -> Iterator[Finding]:
    days = read_dates(column)
    later = 0 if days is None else int((days > as_of).sum())
    if not later:
        return
    planned = any(word in str(name).lower() for word in PLANNED)
    yield Finding(
        "date_later", NOTE if planned else SEVERE, name,
        f"In {later} of {len(column)} rows the date {name!r} lies after the as-of date"
        + (", as the date of a plan may." if planned else ": it, or what it stands for, had not happened yet."),
        "Keep it only if the plan itself was known on the as-of date." if planned
        else "Leave the column out, or blank the dates that were not yet known on the as-of date.",
        {"rows": later, "share": later / len(column)},
    )  # fmt: skip


def _immature(checked: Checked, as_of: pd.Series, label: pd.Series) -> Iterator[Finding]:
    roles = checked.roles
    if roles.horizon is not None and roles.cutoff is not None:
        last = pd.Timestamp(roles.cutoff) - pd.Timedelta(days=roles.lag_days)
        dates = as_of.dropna().unique()
        ripe = {date: pd.Timestamp(add_tahap(pd.Timestamp(date).date(), roles.horizon)) <= last for date in dates}
        young = int((label.notna() & as_of.notna() & ~as_of.map(ripe).fillna(True).astype(bool)).sum())
        if young:
            yield Finding(
                "immature_label", SEVERE, str(roles.label),
                f"{young} of {int(label.notna().sum())} labels belong to dates whose {roles.horizon} tahap and reporting lag of "
                f"{roles.lag_days} days are not over at {roles.cutoff}: families whose exit is not yet reported look as if they "
                "stayed.",
                "Blank these labels, or stop the rows at the last mature date.", {"rows": young},
            )  # fmt: skip
        return
    yield from _fading(roles.label, as_of, label)


def _fading(name: str | None, as_of: pd.Series, label: pd.Series) -> Iterator[Finding]:
    """Without horizon and cut-off: does the rate of positives break down at the end, as unreported exits make it?"""
    by_date = label.groupby(as_of).agg(["sum", "count"])
    by_date = by_date[by_date["count"] > 0]
    if len(by_date) < LEAST_DATES:
        return
    before, last = by_date.iloc[:-1].tail(LEAST_DATES).sum(), by_date.iloc[-1]
    if before["sum"] < LEAST_POSITIVES:
        return
    rate, late = before["sum"] / before["count"], last["sum"] / last["count"]
    error = np.sqrt(rate * (1 - rate) / last["count"])
    if late < HALVED * rate and (late - rate) / max(error, 1e-12) < IN_DOUBT:
        yield Finding(
            "fading_label", MODERATE, str(name),
            f"At the last as-of date the share of positives is {late / rate:.2f} times that of the dates before, as it is when "
            "exits have happened that are not yet reported.",
            "Say --horizon and --cutoff (and --lag-days), so that immature labels can be told; leave them out.",
            {"rate_before": float(rate), "rate_last": float(late)},
        )  # fmt: skip
