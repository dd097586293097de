"""When things became known: reporting lags, the heap on the 25th, corrections and voids."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from .columns import iso
from .marginals import Marginals

Wrong = Callable[[np.random.Generator, pd.Series], pd.Series]
"""Makes a wrong value of each value of a column."""

Mistake = Callable[[np.random.Generator, np.ndarray, pd.DataFrame], pd.DataFrame]
"""Puts a wrong identifier into copies of rows; is given their positions and the copies."""


@dataclass(frozen=True)
class Draft:
    """A table before export: ``frame`` of raw columns, event days and known days (epoch), both of the frame's length.

    ``day_column`` is the raw event date, rewritten from ``day``; empty where the table takes it from elsewhere.
    """

    frame: pd.DataFrame
    day: np.ndarray
    known: np.ndarray
    day_column: str


def lagged(rng: np.random.Generator, day: np.ndarray, lag: float, m: Marginals) -> np.ndarray:
    """Known days: ``lag`` days on average after the event, then a share moved to the next 25th of a month."""
    spread = rng.lognormal(0.0, m["tanggal_diketahui.ragam"], len(day))
    return to_25th(rng, day + np.maximum(1, np.round(lag * spread)).astype(np.int64), m)


def lagged_event(rng: np.random.Generator, day: np.ndarray, m: Marginals) -> np.ndarray:
    """Known days of status events: lognormal lag with the given median and 95 % quantile."""
    median, q95 = m["tanggal_diketahui.peristiwa_median"], m["tanggal_diketahui.peristiwa_q95"]
    lag = rng.lognormal(np.log(median), np.log(q95 / median) / 1.645, len(day))
    return to_25th(rng, day + np.maximum(1, np.round(lag)).astype(np.int64), m)


def to_25th(rng: np.random.Generator, day: np.ndarray, m: Marginals) -> np.ndarray:
    """Move a share of the days to the next 25th, when the month's file is closed."""
    month = day.astype("datetime64[D]").astype("datetime64[M]")
    heap = month.astype("datetime64[D]").astype(np.int64) + 24
    following = (month + 1).astype("datetime64[D]").astype(np.int64) + 24
    heap = np.where(day <= heap, heap, following)
    return np.where(rng.random(len(day)) < m["tanggal_diketahui.ke_tanggal_25"], heap, day)


def revise(
    rng: np.random.Generator,
    draft: Draft,
    column: str,
    wrong: Wrong,
    m: Marginals,
    *,
    mistake: Mistake,
    move: bool = True,
) -> tuple[Draft, pd.DataFrame]:
    """Plant corrections and voids.

    A corrected row first stands with a wrong value of ``column`` and is followed by a row of the same key with the right one
    (some twice). A voided row is an entry under a wrong date (``move``) or a wrong id (``mistake``): it stands, is voided
    later, and in half of the cases the right row is only then written. Returns the draft and a log of what changed.
    """
    k = m.section("tanggal_diketahui")
    u = rng.random(len(draft.frame))
    once = np.flatnonzero(u < k["koreksi"])
    twice = np.flatnonzero(u < k["koreksi_dua"])
    void = np.flatnonzero(u > 1.0 - k["batal"])
    frame = draft.frame.copy()
    frame["versi"] = 1
    frame["batal"] = False
    right = frame[column]
    first_wrong = wrong(rng, right.iloc[once])
    second_wrong = wrong(rng, right.iloc[twice])
    known = draft.known
    again = known[once] + rng.integers(20, 200, len(once))
    middle = known[twice] + rng.integers(5, 20, len(twice))
    frame[column] = _put(right, once, first_wrong)
    final = _later(draft.frame, once, right.iloc[once], column, np.where(np.isin(once, twice), 3, 2))
    between = _later(draft.frame, twice, second_wrong, column, np.full(len(twice), 2))
    mistakes, mistake_day, voided, known = _voids(rng, draft, void, known, mistake, move)
    out = Draft(
        pd.concat([frame, final, between, mistakes, mistakes.assign(batal=True, versi=2)], ignore_index=True),
        np.concatenate([draft.day, draft.day[once], draft.day[twice], mistake_day, mistake_day]),
        np.concatenate([known, again, middle, draft.known[void], voided]),
        draft.day_column,
    )
    log = pd.DataFrame(
        {
            "kunci": draft.frame.iloc[once, 0].astype("str").to_numpy(), "kolom": column,
            "nilai_awal": first_wrong.astype("str").to_numpy(),
            "nilai_akhir": right.iloc[once].astype("str").to_numpy(), "hari": draft.day[once],
            "diketahui_awal": draft.known[once], "diketahui_akhir": again,
        }
    )  # fmt: skip
    return out, log


def _put(values: pd.Series, where: np.ndarray, new: pd.Series) -> pd.Series:
    out = values.array.copy()
    out[where] = new.array
    return pd.Series(out)


def _later(frame: pd.DataFrame, rows: np.ndarray, values: pd.Series, column: str, version: np.ndarray) -> pd.DataFrame:
    return frame.iloc[rows].assign(**{column: values.array, "versi": version, "batal": False})


def _voids(
    rng: np.random.Generator, draft: Draft, rows: np.ndarray, known: np.ndarray, mistake: Mistake, move: bool
) -> tuple[pd.DataFrame, np.ndarray, np.ndarray, np.ndarray]:
    """Mistaken rows, their days and void days, and known days of the right rows (half of them written only at the void)."""
    mistakes = mistake(rng, rows, draft.frame.iloc[rows].assign(versi=1, batal=False))
    day = draft.day[rows] - (rng.integers(15, 60, len(rows)) if move else 0)
    voided = draft.known[rows] + rng.integers(20, 200, len(rows))
    anew = rng.random(len(rows)) < 0.5
    known = known.copy()
    known[rows[anew]] = voided[anew]
    return mistakes, day, voided, known


def finish(draft: Draft, cutoff: int) -> pd.DataFrame:
    """Rows known by the export's day, in the order in which they became known, with both dates written out."""
    order = np.argsort(draft.known, kind="stable")
    order = order[draft.known[order] <= cutoff]
    frame = draft.frame.iloc[order].reset_index(drop=True)
    if draft.day_column:
        frame[draft.day_column] = iso(draft.day[order])
    frame["tanggal_diketahui"] = iso(draft.known[order])
    return frame


def same_id(rng: np.random.Generator, rows: np.ndarray, copies: pd.DataFrame) -> pd.DataFrame:
    """Leave identifiers alone: the mistake is the date."""
    return copies


def wrong_id(column: str) -> Mistake:
    """Give mistaken rows an identifier of their own."""

    def spoil(rng: np.random.Generator, rows: np.ndarray, copies: pd.DataFrame) -> pd.DataFrame:
        return copies.assign(**{column: (copies[column] + "X").array})

    return spoil


def shifted_date(rng: np.random.Generator, values: pd.Series) -> pd.Series:
    """Wrong dates: one to eleven months too early."""
    days = pd.to_datetime(values).to_numpy().astype("datetime64[D]").astype(np.int64)
    return iso(days - rng.integers(28, 330, len(days)))


def flipped(rng: np.random.Generator, values: pd.Series) -> pd.Series:
    """Wrong answers: the other one."""
    return ~values


def other_word(words: tuple[str, ...]) -> Wrong:
    """Wrong values of a coded word: the next one of the list."""

    def wrong(rng: np.random.Generator, values: pd.Series) -> pd.Series:
        position = pd.Series(pd.Categorical(values, categories=list(words))).cat.codes.to_numpy()
        step = rng.integers(1, len(words), len(values))
        return pd.Series(pd.array(np.array(words, dtype=object)[(position + step) % len(words)], dtype="str"))

    return wrong


def other_number(low: int, high: int) -> Wrong:
    """Wrong values of a whole number within ``low..high``."""

    def wrong(rng: np.random.Generator, values: pd.Series) -> pd.Series:
        plain = values.fillna(low).to_numpy(dtype=np.int64)
        moved = low + (plain - low + rng.integers(1, high - low + 1, len(values))) % (high - low + 1)
        return pd.Series(pd.array(moved, dtype="Int64"))

    return wrong


def scaled_amount(rng: np.random.Generator, values: pd.Series) -> pd.Series:
    """Wrong amounts: half as much, or a quarter more, in whole thousands."""
    factor = np.where(rng.random(len(values)) < 0.5, 0.5, 1.25)
    amount = np.round(values.fillna(0).to_numpy(dtype=np.float64) * factor / 1000) * 1000 + 1000
    return pd.Series(pd.array(amount.astype(np.int64), dtype="Int64"))
