"""Feedback: returned answers matched with the lists that were issued, each accepted, set aside with its rule, or no news.

The history of answers is only added to. A later answer to the same row of a list is a correction: a new version of the same
row, known from the day it was received. The same file again is no news. Every row that comes in is accounted for:
``rows_in = accepted + quarantined + unchanged``.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pandas as pd

from pkh_graduation.contracts import check_columns
from pkh_graduation.monitoring.deliveries import Delivery
from pkh_graduation.monitoring.desk import HISTORY, ISSUED, SET_ASIDE, Desk, Sheet

_COUNTS = ("rows_in", "rows_accepted", "rows_quarantined", "rows_unchanged")


@dataclass(frozen=True)
class Feedback:
    """What one taking-in did.

    ``history``: all accepted answers, old and new (`HISTORY`). ``added``: the new ones. ``quarantine``: rows set aside now
    (`SET_ASIDE`). ``rows``: per file ``rows_in, rows_accepted, rows_quarantined, rows_unchanged``. ``waiting``: objections
    among the rows set aside, which somebody has to look at soon.
    """

    history: pd.DataFrame
    added: pd.DataFrame
    quarantine: pd.DataFrame
    rows: pd.DataFrame
    waiting: int


def no_history() -> pd.DataFrame:
    """A history without answers."""
    return pd.DataFrame({name: pd.Series(dtype="int64" if name == "nomor" else "str") for name in HISTORY})


def lists_asked(deliveries: Iterable[Delivery]) -> list[str]:
    """Ids of the lists that the answers name, sorted."""
    return sorted({row.list_id for delivery in deliveries for row in delivery.rows if row.list_id})


def take_in(
    deliveries: Sequence[Delivery], issued: pd.DataFrame, history: pd.DataFrame, *, received: dt.date
) -> Feedback:
    """Judge every row of the deliveries against the register of issued lists and all earlier answers.

    ``issued``: register of (at least) the lists named, `ISSUED`. ``history``: earlier answers, or `no_history`. ``received``:
    the day on which the files came in, from which on their answers are known. The order of the files plays no part.

    Raises:
        ContractError: a frame lacks a column.
    """
    check_columns(issued, ISSUED, "register of issued lists")
    check_columns(history, HISTORY, "history of answers")
    desk = Desk(issued, history, received)
    sheets = sorted((Sheet.of(delivery) for delivery in deliveries), key=lambda sheet: (sheet.digest, sheet.name))
    for sheet in sheets:
        desk.read(sheet)
    desk.confront(sheets)
    for sheet in sheets:
        desk.file(sheet)
    added = pd.DataFrame(desk.accepted, columns=list(HISTORY)).astype(no_history().dtypes)
    whole = pd.concat([history[list(HISTORY)].astype(no_history().dtypes), added], ignore_index=True)
    aside = pd.DataFrame(desk.aside, columns=list(SET_ASIDE))
    aside = aside.astype({name: "int64" if name == "baris" else "str" for name in SET_ASIDE})
    return Feedback(whole, added, aside, _rows(sheets), desk.waiting)


def _rows(sheets: Sequence[Sheet]) -> pd.DataFrame:
    """Rows per file; files of one name are counted together."""
    counts: dict[str, Counter[str]] = {}
    for sheet in sheets:
        own = counts.setdefault(sheet.name, Counter())
        own["rows_in"] += len(sheet.lines)
        own.update(line.fate for line in sheet.lines)
    lines = [[own[name] for name in _COUNTS] for own in counts.values()]
    return pd.DataFrame(lines, index=pd.Index(list(counts), name="berkas"), columns=list(_COUNTS), dtype="int64")
