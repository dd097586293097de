"""Writing: every list to its file; names join here and are in no file's name.

A part is a set of whole caseloads. `write_part` writes one and says what it wrote; when all are written, `write_index` makes
the coordinators' pages from what the parts said. `write_lists` does both for lists that fit in memory.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pandas as pd

from pkh_graduation.contracts import PriorityLists, Progress, quiet
from pkh_graduation.outputs.files import remove_stale, write_whole
from pkh_graduation.outputs.identities import read_identities
from pkh_graduation.outputs.machine import machine_frame
from pkh_graduation.outputs.page import make_index, make_nation, make_page, page_name
from pkh_graduation.outputs.summary import PartSummary, exclusions, per_kecamatan, per_pendamping, plain
from pkh_graduation.outputs.totals import total
from pkh_graduation.outputs.views import About, Caseload, caseloads, safe_name
from pkh_graduation.outputs.workbook import make_workbook

FORMATS = ("xlsx", "html")
MADE_UP = "DATA BUATAN (sintetis)"
MACHINE = "daftar.parquet"


@dataclass(frozen=True)
class Index:
    """What `write_index` did: the coordinators' pages, and how many files of earlier runs it took away."""

    pages: tuple[Path, ...]
    removed: int


def write_lists(
    lists: PriorityLists,
    out: Path | str,
    *,
    vault: pd.DataFrame | Path | str | None = None,
    names: Mapping[str, str] | None = None,
    formats: Sequence[str] = FORMATS,
    workers: int = 1,
    progress: Progress = quiet,
) -> list[Path]:
    """Write all lists under ``out`` and return the files' paths; lists there of an earlier run are removed.

    ``pendamping/<id>.xlsx`` and ``.html`` per caseload, ``index.html`` for the coordinator (no family), ``daftar.parquet``
    (no name). With several kabupaten the lists lie in ``pendamping/<kabupaten>/``, and ``index.html`` leads to a page for
    each. ``vault``: a frame with ``kpm_id``, or the folder or file of one; without it the pseudonym stands for the name.
    ``names``: what people call a place (by code), a kelompok and a pendamping (by pseudonym); file names keep the pseudonym.
    ``lists.notes``: ``model`` names the model's version, ``sintetis`` = "ya" marks made-up data on every page. ``workers``:
    processes; the bytes are the same for any number.

    Raises:
        ValueError: an unknown format. VaultError: the vault cannot be read.
    """
    out = Path(out)
    summary = _write_part(
        lists,
        out,
        MACHINE,
        vault=vault,
        names=names or {},
        formats=formats,
        folders=None,
        workers=workers,
        progress=progress,
    )
    index = write_index([summary], out, names=names, formats=formats, progress=progress)
    return [*(out / file for file in summary.files[:-1]), *index.pages, out / MACHINE]


def write_part(
    lists: PriorityLists,
    out: Path | str,
    *,
    part: str,
    vault: pd.DataFrame | Path | str | None = None,
    names: Mapping[str, str] | None = None,
    formats: Sequence[str] = FORMATS,
    folders: bool = False,
    workers: int = 1,
    progress: Progress = quiet,
) -> PartSummary:
    """Write the lists of one part (whole caseloads) and ``daftar/bucket=<part>.parquet``; returns what `write_index` needs.

    ``folders``: put lists into a folder per kabupaten, the same for all parts of a run. The other words as in `write_lists`.
    """
    if not re.fullmatch(r"[A-Za-z0-9_-]+", part):
        raise ValueError(f"a part is named by letters, digits, - and _, not {part!r}.")
    machine = f"daftar/bucket={part}.parquet"
    return _write_part(
        lists,
        Path(out),
        machine,
        part=part,
        vault=vault,
        names=names or {},
        formats=formats,
        folders=folders,
        workers=workers,
        progress=progress,
    )


def write_index(
    summaries: Iterable[PartSummary],
    out: Path | str,
    *,
    names: Mapping[str, str] | None = None,
    formats: Sequence[str] = FORMATS,
    progress: Progress = quiet,
) -> Index:
    """Write the coordinators' pages of all parts of a run, and remove lists of earlier runs that this one did not write.

    One kabupaten: ``index.html``. Several: ``index.html`` with a row for each, and ``kabupaten/<code>.html``. Counts under
    five are hidden, and others that would betray them, over all pages at once. Removed are our own files alone: see
    `files.remove_stale`.

    Raises:
        ValueError: no part, parts of different runs, or one pendamping in two parts.
    """
    out, parts, names = Path(out), list(summaries), names or {}
    totals = total(parts)
    about = About(dt.date.fromisoformat(parts[0].as_of), parts[0].run_id, parts[0].model, parts[0].tag)
    regions = {f"kabupaten/{page_name(code)}.html": code for code in totals.regions.index if totals.several}
    pages = []
    if "html" in formats:
        for file, code in regions.items():
            pages.append(write_whole(out / file, make_index(totals, about, names, code).encode()))
        top = make_nation(totals, about, names) if totals.several else make_index(totals, about, names)
        pages.append(write_whole(out / "index.html", top.encode()))
    # A run of one format leaves what another format says of the same caseloads.
    lists = {f"{line['berkas']}.{ending}" for part in parts for line in part.pendamping for ending in FORMATS}
    removed = remove_stale(out, lists.union(regions, *(part.files for part in parts)))
    if removed:
        progress(f"{removed} berkas dari proses sebelumnya dihapus")
    return Index(tuple(pages), removed)


def _write_part(
    lists: PriorityLists,
    out: Path,
    machine: str,
    *,
    vault: pd.DataFrame | Path | str | None,
    names: Mapping[str, str],
    formats: Sequence[str],
    folders: bool | None,
    workers: int,
    progress: Progress,
    part: str = "",
) -> PartSummary:
    strange = sorted(set(formats) - set(FORMATS))
    if strange:
        raise ValueError(f"lists are written as {list(FORMATS)}, not as {strange}.")
    identities = read_identities(vault, lists.frame["kpm_id"].tolist())
    tag = MADE_UP if lists.notes.get("sintetis") == "ya" else ""
    about = About(lists.as_of, lists.run_id, lists.notes.get("model", ""), tag)
    people = per_pendamping(lists)
    if folders is None:
        folders = people.loc[people["kabupaten"] != "", "kabupaten"].nunique() > 1
    people["berkas"] = [_stem(name, home if folders else None) for name, home in people["kabupaten"].items()]
    files = [f"{stem}.{ending}" for stem in people["berkas"] for ending in FORMATS if ending in formats]
    write = partial(_write_caseload, about=about, formats=tuple(formats))
    jobs = (
        (caseload, out / people.at[caseload.pendamping_id, "berkas"])
        for caseload in caseloads(lists, identities, names)
    )
    for name in _done(write, jobs, workers):
        progress(f"daftar {name}")
    write_whole(out / machine, machine_frame(lists).to_parquet(index=False))
    return PartSummary(
        part=part,
        as_of=lists.as_of.isoformat(),
        run_id=lists.run_id,
        model=about.model,
        tag=tag,
        pendamping=plain(people),
        kecamatan=plain(per_kecamatan(lists)),
        sebab=plain(exclusions(lists).to_frame()),
        files=[*files, machine],
    )


def _stem(pendamping: str, kabupaten: str | None) -> str:
    """Place of a list below the folder of the lists, without its ending."""
    folder = "pendamping" if kabupaten is None else f"pendamping/{page_name(kabupaten)}"
    return f"{folder}/{safe_name(pendamping)}"


def _write_caseload(caseload: Caseload, stem: Path, *, about: About, formats: tuple[str, ...]) -> str:
    """Write one caseload's files; returns whose it was."""
    if "xlsx" in formats:
        write_whole(stem.with_name(f"{stem.name}.xlsx"), make_workbook(caseload, about))
    if "html" in formats:
        write_whole(stem.with_name(f"{stem.name}.html"), make_page(caseload, about).encode())
    return caseload.pendamping_id


def _done(write: partial[str], jobs: Iterator[tuple[Caseload, Path]], workers: int) -> Iterator[str]:
    """Run the jobs here, or in processes of their own; who is done, in the order of the jobs."""
    if workers == 1:
        yield from (write(*job) for job in jobs)
        return
    from joblib import Parallel, delayed

    yield from Parallel(n_jobs=workers, return_as="generator")(delayed(write)(*job) for job in jobs)
