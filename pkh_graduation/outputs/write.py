"""Writing: every list to its file; names join here and are in no file's name.

A part is a set of whole caseloads. `write_part` writes one and says what it wrote; when all are written, `write_index` makes
the coordinators' pages from what the parts said. `write_lists` does both for lists that fit in memory.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import pandas as pd

from pkh_graduation.contracts import PriorityLists, Progress, quiet
from pkh_graduation.outputs import issued, words
from pkh_graduation.outputs.caseloads import caseloads
from pkh_graduation.outputs.coordinator import Summary, nation_summary, page_name, region_summary
from pkh_graduation.outputs.coordinator_book import make_summary_book
from pkh_graduation.outputs.files import remove_stale, write_whole
from pkh_graduation.outputs.identities import read_identities
from pkh_graduation.outputs.locked import check_lock, locked
from pkh_graduation.outputs.machine import csv_of, machine_frame
from pkh_graduation.outputs.page import make_index, make_page
from pkh_graduation.outputs.pdf import make_pdf
from pkh_graduation.outputs.summary import PartSummary, exclusions, groups, per_kecamatan, per_pendamping, plain
from pkh_graduation.outputs.totals import Totals, total
from pkh_graduation.outputs.views import About, Caseload, safe_name
from pkh_graduation.outputs.workbook import make_workbook
from pkh_graduation.outputs.xlsform import make_form

Done = TypeVar("Done")

FORMATS = ("xlsx", "html")
"""Written unless told otherwise."""
KNOWN = (*FORMATS, "pdf", "odk", "csv")
_MAKERS: Mapping[str, Callable[[Caseload, About], bytes]] = {
    "xlsx": make_workbook,
    "html": lambda caseload, about: make_page(caseload, about).encode(),
    "pdf": make_pdf,
    "odk": make_form,
}
"""Format -> how one caseload is written in it."""
_ENDINGS = {name: {"odk": "odk.xlsx"}.get(name, name) for name in _MAKERS}
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
    password: str | None = None,
    workers: int = 1,
    progress: Progress = quiet,
) -> list[Path]:
    """Write all lists under ``out`` and return the files' paths; lists there of an earlier run are removed.

    ``pendamping/<id>.xlsx`` and ``.html`` per caseload, ``index.html`` and ``index.xlsx`` for the coordinator (no family),
    ``daftar.parquet`` (no name), and ``terbit.jsonl``, the log of which version of a list went to whom. ``formats`` may also
    hold ``pdf`` (a PDF per caseload, a page per desa; extra ``pdf``), ``odk`` (``pendamping/<id>.odk.xlsx``, an XLSForm per
    caseload with anybody on its list) and ``csv`` (``daftar.csv``). With several kabupaten the lists lie in
    ``pendamping/<kabupaten>/``, and the index leads to a page for each. ``vault``: a frame with ``kpm_id``, or the folder or
    file of one; without it the pseudonym stands for the name. ``names``: what people call a place (by code), a kelompok and
    a pendamping (by pseudonym); file names keep the pseudonym.
    ``lists.notes``: ``model`` names the model's version, ``sintetis`` = "ya" marks made-up data on every page, ``bahasa`` is the
    language of the sentences (``id`` unless told), ``kesiapan`` and ``peluang`` say what these two mean here. ``password``: lists
    open with it alone (`locked`); the log keeps the digest of each list as it was before. ``workers``: processes; the bytes are
    the same for any number.

    Raises:
        ValueError: an unknown format, or one that cannot be locked. VaultError: the vault cannot be read.
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
        password=password,
        workers=workers,
        progress=progress,
    )
    index = write_index([summary], out, names=names, formats=formats, workers=workers, progress=progress)
    machine = [file for file in summary.files if file.startswith("daftar")]
    lists_alone = [out / file for file in summary.files if file not in machine]
    return [*lists_alone, *index.pages, out / issued.LOG, *(out / file for file in machine)]


def write_part(
    lists: PriorityLists,
    out: Path | str,
    *,
    part: str,
    vault: pd.DataFrame | Path | str | None = None,
    names: Mapping[str, str] | None = None,
    formats: Sequence[str] = FORMATS,
    folders: bool = False,
    password: str | None = None,
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
        password=password,
        workers=workers,
        progress=progress,
    )


def write_index(
    summaries: Iterable[PartSummary],
    out: Path | str,
    *,
    names: Mapping[str, str] | None = None,
    formats: Sequence[str] = FORMATS,
    quarantine: Mapping[str, Mapping[str, int]] | None = None,
    locked: bool = False,
    workers: int = 1,
    progress: Progress = quiet,
) -> Index:
    """Write the coordinators' pages and workbooks of all parts of a run, add to the log of lists issued, and remove lists of
    earlier runs that this one did not write.

    One kabupaten: ``index.html`` and ``index.xlsx``. Several: a row for each there, and ``kabupaten/<code>``. Counts under
    five are hidden, and others that would betray them, over all pages at once. ``quarantine``: per table of the exports its
    ``rows_in`` and ``rows_quarantined``. Removed are our own files alone: see `files.remove_stale`.
    ``locked``: the lists need a password, so formats that this run did not write go as well: earlier ones may lie open.
    ``workers`` as in `write_lists`.

    Raises:
        ValueError: no part, parts of different runs, one pendamping in two parts, or a log that cannot be read.
    """
    out, parts, names = Path(out), list(summaries), names or {}
    totals = total(parts)
    about = About(dt.date.fromisoformat(parts[0].as_of), parts[0].run_id, parts[0].model, parts[0].tag)
    endings = [ending for ending in _SUMMARIES if ending in formats]
    pages = _write_pages(totals, names, quarantine, about, out, endings, workers)
    issued.record(out, (line for part in parts for line in part.terbit))
    written = {file for part in parts for file in part.files}
    # Writing the same run in another format leaves what there is of it; of another run, a page would contradict a form.
    others = set() if locked else issued.still_there(out, about.run_id, written)
    kept = {ending for ending in FORMATS if ending in formats or any(file.endswith(f".{ending}") for file in others)}
    removed = remove_stale(out, {*written, *others, *(f"{stem}.{ending}" for stem in pages for ending in kept)})
    if removed:
        progress(f"{removed} berkas dari proses sebelumnya dihapus")
    return Index(tuple(out / f"{stem}.{ending}" for ending in endings for stem in pages), removed)


def _write_pages(
    totals: Totals,
    names: Mapping[str, str],
    quarantine: Mapping[str, Mapping[str, int]] | None,
    about: About,
    out: Path,
    endings: Sequence[str],
    workers: int,
) -> list[str]:
    """Write the page and workbook of every kabupaten, and those above them all; their places without ending."""
    stems = {code: f"kabupaten/{page_name(code)}" if totals.several else "index" for code in totals.regions.index}
    region = partial(region_summary, totals, names, quarantine=quarantine)
    # Few large tasks: each is handed all totals.
    shares = [dict(list(stems.items())[first::workers]) for first in range(min(workers, len(stems)))]
    list(_done(partial(_write_regions, region, out, about, endings), ((share,) for share in shares), workers))
    if not totals.several:
        return list(stems.values())
    _write_summary(nation_summary(totals, names, quarantine), out, "index", about, endings)
    return ["index", *stems.values()]


def _write_regions(
    region: Callable[[str], Summary], out: Path, about: About, endings: Sequence[str], stems: Mapping[str, str]
) -> None:
    for code, stem in stems.items():
        _write_summary(region(code), out, stem, about, endings)


def _write_summary(summary: Summary, out: Path, stem: str, about: About, endings: Sequence[str]) -> None:
    for ending in endings:
        write_whole(out / f"{stem}.{ending}", _SUMMARIES[ending](summary, about))


_SUMMARIES: Mapping[str, Callable[[Summary, About], bytes]] = {
    "html": lambda summary, about: make_index(summary, about).encode(),
    "xlsx": make_summary_book,
}


def _write_part(
    lists: PriorityLists,
    out: Path,
    machine: str,
    *,
    vault: pd.DataFrame | Path | str | None,
    names: Mapping[str, str],
    formats: Sequence[str],
    folders: bool | None,
    password: str | None,
    workers: int,
    progress: Progress,
    part: str = "",
) -> PartSummary:
    strange = sorted(set(formats) - set(KNOWN))
    if strange:
        raise ValueError(f"lists are written as {list(KNOWN)}, not as {strange}.")
    identities = read_identities(vault, lists.frame["kpm_id"].tolist())
    tag = MADE_UP if lists.notes.get("sintetis") == "ya" else ""
    notes = lists.notes
    said = words.sentences(notes[name] for name in ("kesiapan", "peluang") if name in notes)
    about = About(lists.as_of, lists.run_id, notes.get("model", ""), tag, notes.get("bahasa", "id"), said)
    people = per_pendamping(lists)
    if folders is None:
        folders = people.loc[people["kabupaten"] != "", "kabupaten"].nunique() > 1
    people["berkas"] = [_stem(name, home if folders else None) for name, home in people["kabupaten"].items()]
    if password is not None:
        check_lock(password, tuple(formats))
    write = partial(_write_caseload, out=out, about=about, formats=tuple(formats), password=password)
    jobs = (
        (caseload, str(people.at[caseload.pendamping_id, "berkas"])) for caseload in caseloads(lists, identities, names)
    )
    lines = []
    for name, told in _done(write, jobs, workers):
        lines += told
        progress(f"daftar {name}")
    flat = machine_frame(lists)
    write_whole(out / machine, flat.to_parquet(index=False))
    copies = [machine]
    if "csv" in formats:
        copies.append(f"{machine.removesuffix('.parquet')}.csv")
        write_whole(out / copies[-1], csv_of(flat))
    return PartSummary(
        part=part,
        as_of=lists.as_of.isoformat(),
        run_id=lists.run_id,
        model=about.model,
        tag=tag,
        pendamping=plain(people),
        kecamatan=plain(per_kecamatan(lists)),
        sebab=plain(exclusions(lists).to_frame()),
        files=[*(line["berkas"] for line in lines), *copies],
        golongan=plain(groups(lists).set_index("kabupaten")),
        terbit=lines,
    )


def _stem(pendamping: str, kabupaten: str | None) -> str:
    """Place of a list below the folder of the lists, without its ending."""
    folder = "pendamping" if kabupaten is None else f"pendamping/{page_name(kabupaten)}"
    return f"{folder}/{safe_name(pendamping)}"


def _write_caseload(
    caseload: Caseload, stem: str, *, out: Path, about: About, formats: tuple[str, ...], password: str | None
) -> tuple[str, list[dict[str, Any]]]:
    """Write one caseload's files; returns whose it was and the lines of the log."""
    lines = []
    for name, make in _MAKERS.items():
        # A form has to offer a family.
        if name in formats and (caseload.daftar or name != "odk"):
            content, file = make(caseload, about), f"{stem}.{_ENDINGS[name]}"
            write_whole(out / file, locked(name, content, password, about.run_id))
            lines.append(issued.line(file, content, caseload.pendamping_id, about))
    return caseload.pendamping_id, lines


def _done(task: Callable[..., Done], calls: Iterable[tuple[Any, ...]], workers: int) -> Iterator[Done]:
    """Results of the task, made here or in processes of their own, in the order of the calls."""
    if workers == 1:
        yield from (task(*call) for call in calls)
        return
    from joblib import Parallel, delayed

    yield from Parallel(n_jobs=workers, return_as="generator")(delayed(task)(*call) for call in calls)
