"""The cohort at risk: who was a member at each as-of date, as the office knew it then, and who her pendamping was.

Membership follows the events of `peristiwa_status` (entry, exits, re-entry) that were visible at the date; the last one in
the order (day, known day, record id) wins. A family without any visible event is taken to have entered on 1 July of
`tahun_masuk_pkh`, and is flagged. A family that has left, but is not yet known to have, is still in the cohort: the office
believed so (ruling 5).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from pkh_graduation.contracts import INDEX, ContractError, Records, Snapshots
from pkh_graduation.programme.calendar import EPOCH, NEVER, add_months, date_of, day_of, parse_as_of, tahap_ends
from pkh_graduation.programme.vocabulary import CAUSE_OF
from pkh_graduation.timeline.families import Families, id_of, links
from pkh_graduation.timeline.visibility import day_array, until_day

ENTRIES = ("masuk", "masuk_kembali")
EFEKTIF = "efektif"
STAGES = ("calon", "usulan", "ttd_pernyataan", "verifikasi", "disetujui")
"""Stages of a case that is still open."""
ENDED = (EFEKTIF, "ditolak", "dibatalkan")
PROSES_MONTHS = 12
"""An open case whose latest stage is older than this many months is taken to be forgotten."""

READS = {
    "keluarga": ("kpm", "kode_wilayah", "kelompok_id", "pendamping_id", "tahun_masuk_pkh"),
    "peristiwa_status": ("kpm", "jenis", "tahap_proses", "kasus_id"),
    "kelompok": ("kelompok_id", "pendamping_id", "berlaku_sampai", "tanggal_diketahui_selesai"),
    "tautan_kpm": ("kpm_baru", "kpm_lama", "berlaku_sampai", "tanggal_diketahui_selesai"),
}
"""Table -> columns that the cohort is taken from, the clock left out."""
REPEATED = ("kode_wilayah", "kelompok_id", "pendamping_id", "jenis", "tahap_proses")
"""Text columns of few different texts: as categories, they cost a fraction."""

AsOf = str | dt.date
_Codes = tuple[np.ndarray, pd.Series]
"""Codes of a text column (int64, -1 where missing), and the texts by their codes."""


def take_snapshots(
    records: Records,
    *,
    at: AsOf | Sequence[AsOf] | None = None,
    every: str | None = None,
    since: AsOf | None = None,
    until: AsOf | None = None,
) -> Snapshots:
    """Who was at risk at each as-of date, and what travels beside the model's inputs.

    Say either ``at`` (one date or several: ISO, tahap such as ``2025-T3``, or `datetime.date`) or ``every="tahap"`` with
    ``until``; ``since`` is then `watched_since`, unless given. Nothing defaults to today.

    Raises:
        ValueError: both or neither way of saying dates was used, or nobody was a member on any of them.
        ContractError: a required table is not among the records.
    """
    dates = _dates(records, at, every, since, until)
    frames = [snapshots.frame for snapshots in stream_snapshots(records, dates)]
    frame = pd.concat(frames) if frames else pd.DataFrame()
    if frame.empty:
        first, last = _known_span(records)
        asked = f"{dates[0]}..{dates[-1]}" if dates else "no date at all"
        raise ValueError(
            f"nobody was a member on {asked}: the records became known between {first} and {last}. "
            "Ask for dates inside, and check that peristiwa_status holds `masuk` or keluarga holds tahun_masuk_pkh."
        )
    return Snapshots(frame)


def stream_snapshots(records: Records, dates: Iterable[AsOf]) -> Iterator[Snapshots]:
    """The same, one date at a time and in the order given, for panels too long to hold; a date may have no members."""
    panel = _prepare(records)
    for date in dates:
        yield Snapshots(_snapshot(panel, parse_as_of(date)))


def watched_since(records: Records) -> dt.date:
    """The first day on which an exit was known, or else any family: from then on a leaving would have been recorded.

    Entries often reach much further back than exits. A snapshot from before this day holds only families that were still
    there later, and would teach that nobody ever leaves.
    """
    events = _required(records, "peristiwa_status")
    exits = events[events["jenis"].isin(list(CAUSE_OF)) & (events["tahap_proses"] == EFEKTIF)]
    return date_of(exits["known_day"].min()) if len(exits) else _known_span(records)[0]


def known_until(records: Records) -> dt.date:
    """The last day on which any row became known: of what came after it the records say nothing."""
    days = [
        table["known_day"].max() for table in records.tables.values() if "known_day" in table.columns and len(table)
    ]
    return date_of(int(max(days))) if days else EPOCH


@dataclass(frozen=True)
class _Rows:
    """Rows of one table in total order, voids left out: family number, clock, and value columns aligned with them."""

    family: np.ndarray
    day: np.ndarray
    known: np.ndarray
    until: np.ndarray
    values: dict[str, np.ndarray]

    def seen(self, day: int) -> np.ndarray:
        """Positions of the rows visible on a day, still in total order."""
        mask = (self.known <= day) & (day < self.until) & (self.day <= day)
        return np.flatnonzero(mask)


@dataclass(frozen=True)
class _Panel:
    families: Families
    events: _Rows
    keluarga: _Rows
    kelompok: _Rows
    words: dict[str, pd.Series]


def _snapshot(panel: _Panel, as_of: dt.date) -> pd.DataFrame:
    day = day_of(as_of)
    root = panel.families.roots(day)
    member, masuk, guessed = _membership(panel, root, day)
    at = np.flatnonzero(member)
    frame = pd.DataFrame({"kpm": panel.families.kpm[at]})
    for column, values in _place(panel, root, day).items():
        frame[column] = _words(panel, column, values[at])
    frame["masuk_day"] = pd.array(masuk[at], dtype="Int32")
    frame["masuk_perkiraan"] = guessed[at]
    stage, kind, since = _proses(panel, root, day, as_of)
    frame["proses"] = _words(panel, "tahap_proses", stage[at])
    frame["proses_jenis"] = _words(panel, "jenis", kind[at])
    frame["proses_day"] = pd.array(since[at], dtype="Int32")
    frame["proses_day"] = frame["proses_day"].mask(stage[at] < 0)
    stamps = np.full(len(at), np.datetime64(as_of, "s"))
    frame.index = pd.MultiIndex.from_arrays(
        [pd.array(id_of(panel.families.kpm[at]), dtype="str"), stamps], names=list(INDEX)
    )
    return frame[list(Snapshots.COLUMNS)]


def _membership(panel: _Panel, root: np.ndarray, day: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Per family: is a member, start day of the current membership, and whether that day is a guess."""
    n = len(root)
    events = panel.events
    rows = events.seen(day)
    rows = rows[events.values["moves"][rows]]
    last = _last(n, root[events.family[rows]], rows)
    inside = _pick(events.values["entry"], last, False)
    homes = panel.keluarga
    seen = homes.seen(day)
    seen = seen[homes.values["masuk"][seen] < NEVER]
    july = _pick(homes.values["masuk"], _last(n, root[homes.family[seen]], seen), NEVER)
    guessed = (last < 0) & (july <= day)
    start = np.where(guessed, july, _entry_start(n, root, events, rows))
    return inside | guessed, start, guessed


def _entry_start(n: int, root: np.ndarray, events: _Rows, rows: np.ndarray) -> np.ndarray:
    """Day of the entry after the last exit; a repeated `masuk` does not restart a membership, a `masuk_kembali` does."""
    family = root[events.family[rows]]
    order = np.argsort(family, kind="stable")
    entry = events.values["entry"][rows[order]]
    starts = events.values["again"][rows[order]] | (entry & np.r_[True, np.diff(family[order]) != 0])
    starts[1:] |= entry[1:] & ~entry[:-1]
    first = np.sort(order[starts])
    return _pick(events.day, _last(n, family[first], rows[first]), NEVER)


def _place(panel: _Panel, root: np.ndarray, day: int) -> dict[str, np.ndarray]:
    """Per family: codes of desa, kecamatan, kabupaten, kelompok and pendamping, -1 where not known."""
    homes, groups = panel.keluarga, panel.kelompok
    n = len(root)
    seen = homes.seen(day)

    def last_of(column: str) -> np.ndarray:
        codes = homes.values[column]
        rows = seen[codes[seen] >= 0]
        return _pick(codes, _last(n, root[homes.family[rows]], rows), -1)

    place = {column: last_of(column) for column in ("desa", "kecamatan", "kabupaten", "kelompok_id")}
    open_groups = groups.seen(day)
    head = _last(len(panel.words["kelompok_id"]) + 1, groups.family[open_groups], open_groups)
    by_group = _pick(_pick(groups.values["pendamping_id"], head, -1), place["kelompok_id"], -1)
    place["pendamping_id"] = np.where(by_group >= 0, by_group, last_of("pendamping_id"))
    return place


def _proses(panel: _Panel, root: np.ndarray, day: int, as_of: dt.date) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Per family: codes of stage and kind (-1: no open case) and day of the latest stage of a case without a visible end."""
    events = panel.events
    rows = events.seen(day)
    case = events.values["kasus"]
    ends = rows[events.values["ended"][rows]]
    closed = np.full(case.max(initial=-1) + 1, -1)
    closed[case[ends]] = ends
    # A case with a number is closed by any end; rows without one share the family's case, which a later stage reopens.
    closed[case[ends[events.values["numbered"][ends]]]] = len(events.day)
    fresh = day_of(add_months(as_of, -PROSES_MONTHS))
    stages = rows[events.values["stage"][rows] & (events.day[rows] > fresh)]
    stages = stages[stages > closed[case[stages]]]
    last = _last(len(root), root[events.family[stages]], stages)
    stage, kind = (_pick(events.values[column], last, -1) for column in ("tahap_proses", "jenis"))
    return stage, kind, _pick(events.day, last, NEVER)


def _last(n: int, group: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Last row of each of n groups, -1 where there is none; rows must come in order (of repeated places the last stays)."""
    last = np.full(n, -1)
    last[group] = rows
    return last


def _pick(values: np.ndarray, position: np.ndarray, otherwise: int | bool) -> np.ndarray:
    """``values`` at the positions, and ``otherwise`` where a position is -1."""
    return np.append(values, np.array([otherwise], dtype=values.dtype))[position]


def _words(panel: _Panel, name: str, codes: np.ndarray) -> Any:
    return pd.api.extensions.take(panel.words[name].array, codes, allow_fill=True)


def _prepare(records: Records) -> _Panel:
    events, homes = _required(records, "peristiwa_status"), _required(records, "keluarga")
    groups = records.tables.get("kelompok")
    families = Families.among(links(records), events["kpm"].to_numpy(), homes["kpm"].to_numpy())
    words: dict[str, pd.Series] = {}
    own, of_groups = _leads(homes, groups)
    event_rows = _event_rows(events, families, words)
    home_rows = _home_rows(homes, own, families, words)
    return _Panel(families, event_rows, home_rows, _group_rows(groups, of_groups, words), words)


def _event_rows(table: pd.DataFrame, families: Families, words: dict[str, pd.Series]) -> _Rows:
    code = families.code(table["kpm"].to_numpy())
    kind, kinds = _coded(table["jenis"])
    stage, stages = _coded(table["tahap_proses"])
    words |= {"jenis": kinds, "tahap_proses": stages}
    case, cases = _coded(table["kasus_id"]) if "kasus_id" in table else (np.full(len(table), -1), kinds.iloc[:0])
    exits = _among(kind, kinds, CAUSE_OF)
    entry, final = _among(kind, kinds, ENTRIES), _among(stage, stages, [EFEKTIF])
    values = {
        "entry": entry & final,
        "again": _among(kind, kinds, ["masuk_kembali"]) & final,
        "moves": (entry | exits) & final,
        "stage": _among(stage, stages, STAGES) & exits,
        "ended": _among(stage, stages, ENDED) & exits,
        "numbered": case >= 0,
        # Rows without a number share the family's case.
        "kasus": np.where(case >= 0, case, len(cases) + code),
        "jenis": kind,
        "tahap_proses": stage,
    }
    return _rows(table, code, values)


def _home_rows(table: pd.DataFrame, leads: _Codes, families: Families, words: dict[str, pd.Series]) -> _Rows:
    place, places = _coded(_column(table, "kode_wilayah"))
    values = {"pendamping_id": leads[0]}
    for column, width in (("desa", 10), ("kecamatan", 7), ("kabupaten", 4)):
        own, words[column] = _coded(places.str[:width].where(places.str.len() >= width))
        values[column] = _pick(own, place, -1)
    values["kelompok_id"], words["kelompok_id"] = _coded(_column(table, "kelompok_id"))
    words["pendamping_id"] = leads[1]
    values["masuk"] = _first_july(table)
    return _rows(table, families.code(table["kpm"].to_numpy()), values)


def _group_rows(table: pd.DataFrame | None, leads: np.ndarray, words: dict[str, pd.Series]) -> _Rows:
    if table is None:
        none = np.empty(0, dtype="int64")
        return _Rows(none, none, none, none, {"pendamping_id": none})
    names = words["kelompok_id"]
    own, theirs = _coded(table["kelompok_id"])
    group = _pick(pd.Index(names).get_indexer(theirs), own, -1)
    # A group that no family names gets the code after the last, so that it meets nobody.
    return _rows(table, np.where(group < 0, len(names), group), {"pendamping_id": leads})


def _leads(homes: pd.DataFrame, groups: pd.DataFrame | None) -> tuple[_Codes, np.ndarray]:
    """Codes of the pendamping of both sources by one list, so that their codes mean the same."""
    own, names = _coded(_column(homes, "pendamping_id"))
    if groups is None:
        return (own, names), np.empty(0, dtype="int64")
    theirs, others = _coded(groups["pendamping_id"])
    shared, every = _coded(pd.concat([names, others]))
    return (_pick(shared[: len(names)], own, -1), every), _pick(shared[len(names) :], theirs, -1)


def _rows(table: pd.DataFrame, family: np.ndarray, values: dict[str, np.ndarray]) -> _Rows:
    """The rows that are visible on some day, in total order. Only their codes are moved about: texts are many times as dear."""
    day, known, until = day_array(table["day"]), day_array(table["known_day"]), until_day(table)
    ever = np.flatnonzero(~table["batal"].to_numpy(dtype=bool) & (day < NEVER) & (known < until))
    order = ever[_total_order(day[ever], known[ever], table["record_id"].to_numpy()[ever])]
    return _Rows(
        family[order], day[order], known[order], until[order], {n: column[order] for n, column in values.items()}
    )


def _total_order(day: np.ndarray, known: np.ndarray, record: np.ndarray) -> np.ndarray:
    """Positions in the order (day, known day, record id); as one number where it fits, which sorts many times as fast."""
    if len(day) and (
        abs(day).max() < 2**15 and 0 <= known.min() <= known.max() < 2**15 and 0 <= record.min() <= record.max() < 2**33
    ):
        return np.argsort((day << 48) + (known << 33) + record)
    return np.lexsort((record, known, day))


def _column(table: pd.DataFrame, name: str) -> pd.Series:
    return table[name] if name in table else pd.Series(np.nan, index=table.index, dtype="str")


def _coded(column: pd.Series) -> _Codes:
    """Integer codes of a text column, -1 where it is missing, and the texts that they stand for."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        return column.cat.codes.to_numpy(dtype="int64"), pd.Series(column.cat.categories, dtype="str")
    codes, names = pd.factorize(column)
    return codes.astype("int64"), pd.Series(names, dtype="str")


def _among(codes: np.ndarray, names: pd.Series, wanted: Iterable[str]) -> np.ndarray:
    """Whether each coded text is one of those wanted; a missing one never is."""
    return _pick(names.isin(list(wanted)).to_numpy(dtype=bool), codes, False)


def _first_july(homes: pd.DataFrame) -> np.ndarray:
    """1 July of `tahun_masuk_pkh` as epoch days, a day that never comes where the year is missing."""
    if "tahun_masuk_pkh" not in homes:
        return np.full(len(homes), NEVER)
    codes, years = pd.factorize(homes["tahun_masuk_pkh"])
    days = np.array([(dt.date(int(year), 7, 1) - EPOCH).days for year in years], dtype="int64")
    return _pick(days, codes, NEVER)


def _dates(
    records: Records, at: AsOf | Sequence[AsOf] | None, every: str | None, since: AsOf | None, until: AsOf | None
) -> list[dt.date]:
    if (at is None) == (every is None):
        raise ValueError('say either at="2025-09-30" (one date or a list) or every="tahap" with until="2025-T3".')
    if at is not None:
        if since is not None or until is not None:
            raise ValueError('since and until belong to every="tahap"; with `at`, list the dates themselves.')
        given = [at] if isinstance(at, str | dt.date) else at
        return sorted({parse_as_of(date) for date in given})
    if every != "tahap":
        raise ValueError(f'every must be "tahap", not {every!r}; for other dates list them in `at`.')
    if until is None:
        raise ValueError('every="tahap" needs until, such as until="2025-T3": nothing defaults to today.')
    first = parse_as_of(since) if since is not None else watched_since(records)
    return tahap_ends(first, parse_as_of(until))


def _known_span(records: Records) -> tuple[dt.date, dt.date]:
    days = [_required(records, name)["known_day"] for name in ("keluarga", "peristiwa_status")]
    known = pd.concat([column for column in days if len(column)] or days)
    return (date_of(known.min()), date_of(known.max())) if len(known) else (EPOCH, EPOCH)


def _required(records: Records, name: str) -> pd.DataFrame:
    if name not in records.tables:
        raise ContractError(f"records hold no table {name!r}, without which nobody's membership is known.")
    return records.tables[name]
