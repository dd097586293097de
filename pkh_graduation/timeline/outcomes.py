"""Outcomes: how and when each family of the snapshots left, told as of a day, and only as far as that day could know.

Quarter j of a snapshot is ``(add_tahap(as_of, j - 1), add_tahap(as_of, j)]``. It is *mature* at ``known_by`` when its last day
plus the reporting lag has passed by then; an exit in a quarter that is not yet mature does not count, because the families
whose exit is not yet reported look like stayers. The lag is learnt from events known by ``known_by`` only, so outcomes told
as of an earlier day are exactly what the office could have told then.
"""

from __future__ import annotations

import dataclasses
import datetime as dt

import numpy as np
import pandas as pd

from pkh_graduation.contracts import ContractError, Outcomes, Records, Snapshots
from pkh_graduation.programme.calendar import NEVER, add_tahap, date_of, day_of, parse_as_of
from pkh_graduation.programme.rules import rule
from pkh_graduation.programme.vocabulary import (
    ADMINISTRATIF,
    ALAMIAH,
    CAUSE_OF,
    MANDIRI,
    MASIH_PESERTA,
    SUDAH_KELUAR,
    TERSENSOR,
    WAYS_OUT,
)
from pkh_graduation.timeline.cohort import EFEKTIF, ENTRIES
from pkh_graduation.timeline.families import Families, kpm_of, links
from pkh_graduation.timeline.visibility import day_array

KELUAR, MASUK, TTD, TAUTAN = "keluar", "masuk", "ttd_pernyataan", "tautan"
"""What a row of ``Outcomes.exits`` is: an exit, an entry, a signed statement, or a link between two ids of one family."""

LAG_QUANTILE = 0.95
LAG_WINDOW_FACTOR = 3
"""The lag is learnt from exits at least this many documented lags old: younger ones are known only if reported fast."""
LAG_MIN_EVENTS = 50
"""Below this many exits the documented lag is a floor."""

_COLUMNS = ("kpm", "peran", "way_out", "kasus", "kpm_lama", "record_id", "row_key",
            "day", "known_day", "superseded_day", "batal", "perkiraan")  # fmt: skip


def observe_outcomes(
    records: Records, history: Snapshots, *, horizon: int = 8, known_by: str | dt.date | None = None
) -> Outcomes:
    """Outcomes of every snapshot within ``horizon`` quarters, as known at ``known_by``.

    ``known_by`` is the latest known day of `peristiwa_status` unless given, and is kept in the result. Of the exits after the
    as-of date the first counts; on one day a mandiri exit with a signed statement comes first, then alamiah, then
    administratif, then mandiri without one (ruling 6). ``sudah_keluar``: by now it is known that the family had left on or
    before the date. ``exits`` holds every version known by then of exits, entries, signed statements and links (`peran`),
    also of families outside ``history``.

    Raises:
        ValueError: horizon below 1, or `peristiwa_status` is empty and ``known_by`` was not said.
        ContractError: no `peristiwa_status` among the records.
    """
    if horizon < 1:
        raise ValueError(f"horizon counts quarters ahead and must be at least 1, not {horizon}.")
    if "peristiwa_status" not in records.tables:
        raise ContractError("records hold no table 'peristiwa_status', from which outcomes are told.")
    table = records.tables["peristiwa_status"]
    if known_by is None:
        if table.empty:
            raise ValueError("peristiwa_status is empty: say known_by, the day on which the records were taken.")
        known_by = date_of(int(table["known_day"].max()))
    exits = pd.concat([_event_versions(table), _link_versions(records)], ignore_index=True)
    return _tell(history.frame.index, history.frame["kpm"].to_numpy(), exits, parse_as_of(known_by), horizon)


def outcomes_known_by(y: Outcomes, date: str | dt.date) -> Outcomes:
    """The same snapshots' outcomes as they could be told on an earlier day.

    Equal to observing the outcomes from records cut at that day.

    Raises:
        ValueError: the day lies after ``y.known_by``; nobody knows more than the records.
    """
    day = parse_as_of(date)
    if day > y.known_by:
        raise ValueError(
            f"outcomes are known by {y.known_by}; they cannot be told as of {day}, which is later. Observe them anew."
        )
    kpm = kpm_of(y.frame.index.get_level_values("kpm_id"))
    return _tell(y.frame.index, kpm, y.exits, day, y.max_horizon)


def matured(y: Outcomes, horizon: int) -> Outcomes:
    """Outcomes at a shorter horizon, of those rows only whose every quarter up to it is mature; no row is censored.

    An exit after the horizon becomes `masih_peserta`; `sudah_keluar` stays what it is.

    Raises:
        ValueError: the horizon is not within 1..``y.max_horizon``.
    """
    if not 1 <= horizon <= y.max_horizon:
        raise ValueError(f"horizon must lie within 1..{y.max_horizon}, the quarters observed, not {horizon}.")
    frame = y.frame[y.frame["observed"] >= horizon].copy()
    kept = frame["way_out"].isin([*WAYS_OUT, SUDAH_KELUAR]) & (frame["quarter"] <= horizon)
    frame["way_out"] = frame["way_out"].where(kept, MASIH_PESERTA)
    frame["quarter"] = frame["quarter"].where(kept, horizon).astype("int16")
    frame["observed"] = np.full(len(frame), horizon, dtype="int16")
    return dataclasses.replace(y, frame=frame, max_horizon=horizon)


def learn_lag(exits: pd.DataFrame, known_by: dt.date) -> int:
    """Days within which 95 % of exits become known, learnt from the exits as they were known by ``known_by``.

    The lag of an exit runs from its day (as last known) to the first day on which any version of it was known. Only exits old
    enough that a slow report would have arrived are used; without that, fast reports are over-counted (right truncation).
    Exits whose known date was itself filled in teach nothing. With fewer than `LAG_MIN_EVENTS` the documented lag of the
    table is a floor.
    """
    documented = int(rule("lag_peristiwa_q95", on=known_by).nilai)
    day = day_of(known_by)
    known = exits[(exits["peran"] == KELUAR) & ~exits["perkiraan"]]
    first = known.groupby("row_key")["known_day"].min()
    standing = known[(known["superseded_day"] == NEVER) & ~known["batal"]].set_index("row_key")
    old = standing[standing["day"] <= day - LAG_WINDOW_FACTOR * documented]
    lags = (first.reindex(old.index) - old["day"]).clip(lower=0).to_numpy()
    learnt = int(np.quantile(lags, LAG_QUANTILE, method="higher")) if len(lags) else documented
    return learnt if len(lags) >= LAG_MIN_EVENTS else max(learnt, documented)


def _tell(index: pd.MultiIndex, kpm: np.ndarray, exits: pd.DataFrame, known_by: dt.date, horizon: int) -> Outcomes:
    day = day_of(known_by)
    exits = _as_known(exits, day)
    lag = learn_lag(exits, known_by)
    families = Families.among(exits[exits["peran"] == TAUTAN], exits["kpm"].to_numpy(), kpm)
    root = families.roots(day)
    seen = exits[(day < exits["superseded_day"]) & ~exits["batal"] & (exits["day"] <= day)]
    family = root[families.code(kpm)]
    as_of = index.get_level_values("as_of")
    dates, which = np.unique(as_of, return_inverse=True)
    ends = _quarter_ends(dates, horizon)
    exit_day, cause = _first_exit(seen, root, families, family, ends[which, 0])
    gone = _had_left(seen, root, families, family, ends[which, 0])
    observed = (ends[:, 1:] + lag <= day).sum(axis=1)[which]
    quarter = 1 + (exit_day[:, None] > ends[which, 1:]).sum(axis=1)
    left = quarter <= observed
    stayed = np.where(observed == horizon, MASIH_PESERTA, TERSENSOR)
    frame = pd.DataFrame(
        {
            "way_out": pd.array(np.where(gone, SUDAH_KELUAR, np.where(left, cause, stayed)), dtype="str"),
            "quarter": np.where(gone, 0, np.where(left, quarter, observed)).astype("int16"),
            "observed": observed.astype("int16"),
        },
        index=index,
    )
    return Outcomes(frame=frame, exits=exits, known_by=known_by, lag_days=lag, max_horizon=horizon)


def _quarter_ends(dates: np.ndarray, horizon: int) -> np.ndarray:
    """Epoch days, shape (n_dates, horizon + 1): position 0 is the as-of date, j the last day of quarter j ahead."""
    starts = [pd.Timestamp(date).date() for date in dates]
    ends = [[day_of(add_tahap(start, j)) for j in range(horizon + 1)] for start in starts]
    return np.array(ends, dtype="int64").reshape(-1, horizon + 1)


def _first_exit(
    seen: pd.DataFrame, root: np.ndarray, families: Families, family: np.ndarray, after: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Day and way out of each family's first exit after a day; `NEVER` and `masih_peserta` where there is none."""
    exits = seen[seen["peran"] == KELUAR]
    signed = _case(exits, root, families).isin(_case(seen[seen["peran"] == TTD], root, families))
    rank = (
        exits["way_out"].map({ALAMIAH: 1, ADMINISTRATIF: 2, MANDIRI: 3}).mask(signed & (exits["way_out"] == MANDIRI), 0)
    )
    who = root[families.code(exits["kpm"].to_numpy())]
    order = np.lexsort((rank.to_numpy(), exits["day"].to_numpy(), who))
    # A family and a day in one number, so that the first exit after a day is one binary search; no day reaches 2^31.
    keys = (who[order] << 32) + exits["day"].to_numpy()[order]
    place = np.searchsorted(keys, (family << 32) + after, side="right")
    found = np.append(who[order], -1)[place] == family
    day = np.append(exits["day"].to_numpy()[order], NEVER)[place]
    cause = np.append(exits["way_out"].to_numpy(dtype=object)[order], MASIH_PESERTA)[place]
    return np.where(found, day, NEVER), np.where(found, cause, MASIH_PESERTA)


def _case(events: pd.DataFrame, root: np.ndarray, families: Families) -> pd.Series:
    """The case of each event; without a number it is the family's own, whichever of its ids the event carries."""
    own = pd.Series(root[families.code(events["kpm"].to_numpy())], index=events.index)
    return events["kasus"].where(events["kasus"].notna(), "keluarga " + own.astype("str"))


def _had_left(
    seen: pd.DataFrame, root: np.ndarray, families: Families, family: np.ndarray, by: np.ndarray
) -> np.ndarray:
    """Whether the last event of each family on or before a day is an exit."""
    moves = seen[seen["peran"].isin([KELUAR, MASUK])].sort_values(["day", "known_day", "record_id"], kind="stable")
    who = root[families.code(moves["kpm"].to_numpy())]
    order = np.argsort(who, kind="stable")
    keys = (who[order] << 32) + moves["day"].to_numpy()[order]
    place = np.searchsorted(keys, (family << 32) + by, side="right")
    same = np.append(-1, who[order])[place] == family
    is_exit = np.append(False, (moves["peran"] == KELUAR).to_numpy()[order])[place]
    return same & is_exit


def _as_known(exits: pd.DataFrame, day: int) -> pd.DataFrame:
    kept = exits[exits["known_day"] <= day].reset_index(drop=True)
    kept["superseded_day"] = kept["superseded_day"].mask(kept["superseded_day"] > day, NEVER)
    return kept


def _event_versions(table: pd.DataFrame) -> pd.DataFrame:
    """Versions of exits, entries and signed statements; a version that turns one into another kind ends it all the same."""
    kind, stage = table["jenis"], table["tahap_proses"]
    exits = kind.isin(list(CAUSE_OF))
    role = pd.Series(np.nan, index=table.index, dtype="str")
    role = role.mask(exits & (stage == EFEKTIF), KELUAR).mask(kind.isin(ENTRIES) & (stage == EFEKTIF), MASUK)
    role = role.mask(exits & (stage == TTD), TTD)
    case = table["kasus_id"] if "kasus_id" in table else pd.Series(np.nan, index=table.index, dtype="str")
    guessed = table["diketahui_perkiraan"] if "diketahui_perkiraan" in table else pd.Series(False, index=table.index)
    frame = pd.DataFrame(
        {
            "kpm": table["kpm"].astype("int64"),
            "peran": role,
            "way_out": kind.map(dict(CAUSE_OF)).where(role == KELUAR).astype("str"),
            "kasus": case.astype("str"),
            "kpm_lama": np.int64(-1),
            "record_id": table["record_id"].astype("int64"),
            "row_key": table["row_key"].astype("int64"),
            "day": day_array(table["day"]),
            "known_day": day_array(table["known_day"]),
            "superseded_day": day_array(table["superseded_day"]),
            "batal": table["batal"].to_numpy(dtype=bool),
            "perkiraan": guessed.fillna(False).to_numpy(dtype=bool),
        }
    )
    return frame.loc[role.notna(), list(_COLUMNS)]


def _link_versions(records: Records) -> pd.DataFrame:
    rows = links(records)
    rows["peran"] = pd.Series(TAUTAN, index=rows.index, dtype="str")
    rows["way_out"] = pd.Series(np.nan, index=rows.index, dtype="str")
    rows["kasus"] = pd.Series(np.nan, index=rows.index, dtype="str")
    rows["perkiraan"] = np.zeros(len(rows), dtype=bool)
    return rows[list(_COLUMNS)]
