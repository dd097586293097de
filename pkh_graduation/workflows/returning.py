"""`feedback`: answers from the field, matched with the lists that were issued, to history, quarantine and rows for the next ingest.

Every run of lists is entered in the register ``OUT/issued`` (a folder per run, `terbitan.json` with their order), so that answers
to older lists still find their families. ``OUT/feedback`` holds ``riwayat.parquet`` (accepted answers, only ever added to),
``karantina.parquet``, ``keputusan_daftar.parquet`` and ``masukan/`` (`kunjungan`, `peristiwa_status` in the input layout), which
`ingest` reads beside the exports. All but the history and the quarantine follow from the history. No file holds a name or
a number of a card; a clock plays no part.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

from pkh_graduation import monitoring, stores
from pkh_graduation.contracts import Progress, quiet
from pkh_graduation.programme.returns import list_id, row_id
from pkh_graduation.records.archive import require_harmless
from pkh_graduation.workflows.places import Places

HISTORY_FILE = "riwayat.parquet"
RUNS = "terbitan.json"
MEMORY = 4
"""Dates of lists that the next list remembers: a year of them, one per tahap."""
ISSUED = (*monitoring.ISSUED, "urutan", "kategori", "slot", "propensi")
"""Columns of the register: ids, and what the list said of the family's place."""


def register(places: Places) -> str | None:
    """Enter the lists in ``OUT/lists`` into the register; returns the run's id, None where there are no lists.

    A run that is known keeps its number; equal lists are entered once.
    """
    parts = sorted((places.lists / "daftar").glob("bucket=*.parquet"))
    if not parts:
        return None
    runs = issued_runs(places)
    found = ""
    for path in parts:
        there = stores.columns_of(path)
        frame = _register_lines(stores.read_frame(path, columns=[name for name in ISSUED if name in there]))
        if len(frame):
            found = str(frame["run_id"].iloc[0])
            stores.write_frame(places.issued / f"run={found}" / path.name, frame)
            runs.setdefault(found, {"tanggal_acuan": frame["tanggal_acuan"].iloc[0], "nomor": len(runs) + 1})
    stores.write_json(places.issued / RUNS, {"runs": runs})
    return found or None


def _register_lines(machine: pd.DataFrame) -> pd.DataFrame:
    """Lines of the register from a machine copy; families without a pendamping are on nobody's list."""
    own = machine[machine["pendamping_id"].notna()]
    if not {"list_id", "row_id"} <= set(own.columns):
        lists = {who: list_id(run, who) for run, who in own[["run_id", "pendamping_id"]].drop_duplicates().to_numpy()}
        names = own["pendamping_id"].map(lists).astype("str")
        rows = [row_id(name, kpm) for name, kpm in zip(names, own["kpm_id"], strict=True)]
        own = own.assign(list_id=names, row_id=pd.Series(rows, index=own.index, dtype="str"))
    day = pd.to_datetime(own["tanggal_acuan"]).dt.strftime("%Y-%m-%d").astype("str")
    return own.assign(tanggal_acuan=day)[list(ISSUED)].reset_index(drop=True)


def issued_runs(places: Places) -> dict[str, dict[str, Any]]:
    """Runs in the register: run id -> ``tanggal_acuan`` (ISO) and ``nomor``, the order in which they were entered."""
    path = places.issued / RUNS
    if not path.is_file():
        return {}
    runs: dict[str, dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["runs"]
    return runs


def digest_before(places: Places, as_of: dt.date) -> str:
    """Digest of all that `standing` reads: the lists of earlier dates, and every answer."""
    runs = {run: about for run, about in issued_runs(places).items() if about["tanggal_acuan"] < as_of.isoformat()}
    history = places.feedback / HISTORY_FILE
    return stores.digest_of(runs, history.read_bytes().hex() if history.is_file() else "")


def read_register(
    places: Places,
    *,
    lists: Sequence[str] | None = None,
    runs: Sequence[str] | None = None,
    families: Sequence[str] | None = None,
) -> pd.DataFrame:
    """Lines of the register (`ISSUED`), of the lists, the runs or the families named."""
    files = [str(path) for path in sorted(places.issued.glob("run=*/bucket=*.parquet"))]
    if runs is not None:
        files = [file for file in files if Path(file).parent.name.removeprefix("run=") in runs]
    if not files:
        return pd.DataFrame({name: pd.Series(dtype="str") for name in ISSUED})
    wanted = pc.scalar(True)
    for column, values in (("list_id", lists), ("kpm_id", families)):
        if values is not None:
            # The type is said: an empty list has none of its own.
            wanted = wanted & pc.field(column).isin(pa.array(list(values), pa.string()))
    return ds.dataset(files, format="parquet").to_table(columns=list(ISSUED), filter=wanted).to_pandas()


def read_history(places: Places) -> pd.DataFrame:
    """All accepted answers (`monitoring.HISTORY`)."""
    path = places.feedback / HISTORY_FILE
    return stores.read_frame(path) if path.is_file() else monitoring.no_history()


def standing(places: Places, families: pd.DataFrame, *, as_of: dt.date, seed: int, **choices: Any) -> pd.DataFrame:
    """Standing of today's families (``kpm_id``, ``pendamping_id``) from earlier lists and all answers, for `priorities.prioritise`.

    Read are the lists of the last `MEMORY` dates before ``as_of``; of several runs of one date the last that was entered
    counts. ``families`` may be a part of them: each one's standing is the same. ``choices``: see `monitoring.standing`.
    """
    last: dict[str, str] = {}
    for run, about in sorted(issued_runs(places).items(), key=lambda item: int(item[1]["nomor"])):
        last[str(about["tanggal_acuan"])] = run
    days = sorted(day for day in last if day < as_of.isoformat())[-MEMORY:]
    issued = read_register(places, runs=[last[day] for day in days], families=families["kpm_id"].tolist())
    newest = days[-1] if days else ""
    answers = read_history(places)
    return monitoring.standing(issued, answers, families, as_of=as_of, newest=newest, seed=seed, **choices)


def feedback(
    files: Sequence[Path],
    places: Places,
    *,
    received: dt.date,
    limit: float = 0.05,
    unlock: Callable[[bytes], bytes] = bytes,
    progress: Progress = quiet,
) -> dict[str, Any]:
    """Take in returned files; see the module. ``limit``: share of the rows, above which the quarantine is too large;
    ``unlock``: what opens a locked workbook.

    Raises:
        FileNotFoundError: a file is not there, or no list was ever issued from this output folder.
    """
    register(places)
    if not issued_runs(places):
        raise FileNotFoundError(
            f"no list was issued from {places.out}: run `lists` there, or give the --out of the lists."
        )
    deliveries = []
    for path in files:
        progress(f"membaca {path.name}")
        deliveries.append(monitoring.read_delivery(path, _harmless(unlock)))
    issued = read_register(places, lists=monitoring.lists_asked(deliveries))
    done = monitoring.take_in(deliveries, issued, read_history(places), received=received)
    visits, events = _write(places, done)
    total = {str(name): int(number) for name, number in done.rows.sum().items()}
    return {
        **total,
        "files": {str(name): {k: int(v) for k, v in row.items()} for name, row in done.rows.iterrows()},
        "lists": int(done.added["list_id"].nunique()),
        "keberatan": int(done.added.loc[done.added["keputusan_keluarga"] == monitoring.OBJECTS, "kpm_id"].nunique()),
        "keberatan_di_karantina": done.waiting,
        "kunjungan": visits,
        "peristiwa_status": events,
        "rules": {str(rule): int(n) for rule, n in done.quarantine["aturan"].value_counts().sort_index().items()},
        "above_limit": total["rows_quarantined"] > limit * max(total["rows_in"], 1),
        "received": received.isoformat(),
    }


def _harmless(unlock: Callable[[bytes], bytes]) -> Callable[[bytes], bytes]:
    """What opens a workbook, and refuses one that would unpack to more than a workbook holds."""

    def opened(content: bytes) -> bytes:
        plain = unlock(content)
        require_harmless(plain, "The workbook")
        return plain

    return opened


def _write(places: Places, done: monitoring.Feedback) -> tuple[int, int]:
    """Write the history, and all that follows from it; returns the numbers of visits and events handed to the next ingest."""
    log = places.feedback / "karantina.parquet"
    aside = pd.concat([stores.read_frame(log), done.quarantine]) if log.is_file() else done.quarantine
    what = [name for name in aside.columns if name != "tanggal_diterima"]
    stores.write_frame(log, aside.drop_duplicates(what, ignore_index=True))
    stores.write_frame(places.feedback / HISTORY_FILE, done.history)
    stores.write_frame(places.feedback / "keputusan_daftar.parquet", monitoring.decisions(done.history))
    visits, events = monitoring.visit_rows(done.history), monitoring.event_rows(done.history)
    for name, rows in (("kunjungan", visits), ("peristiwa_status", events)):
        path = places.returned / f"{name}.parquet"
        if len(rows):
            stores.write_frame(path, rows)
        else:
            path.unlink(missing_ok=True)
    return len(visits), len(events)
