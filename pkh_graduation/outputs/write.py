"""Writing: every list to its file, each whole or not at all; names join here and are in no file's name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from pkh_graduation.contracts import PriorityLists, Progress, quiet
from pkh_graduation.outputs.identities import read_identities
from pkh_graduation.outputs.machine import machine_frame
from pkh_graduation.outputs.page import make_index, make_page
from pkh_graduation.outputs.views import About, caseloads, safe_name
from pkh_graduation.outputs.workbook import make_workbook

FORMATS = ("xlsx", "html")
MADE_UP = "DATA BUATAN (sintetis)"


def write_lists(
    lists: PriorityLists,
    out: Path | str,
    *,
    vault: pd.DataFrame | Path | str | None = None,
    names: Mapping[str, str] | None = None,
    formats: Sequence[str] = FORMATS,
    progress: Progress = quiet,
) -> list[Path]:
    """Write all lists under ``out`` and return the files' paths.

    ``pendamping/<id>.xlsx`` and ``.html`` per caseload, ``index.html`` for the coordinator (no family), ``daftar.parquet``
    (no name). ``vault``: a frame with ``kpm_id``, or the folder or file of one; without it the pseudonym stands for the
    name. ``names``: what people call a place (by code), a kelompok and a pendamping (by pseudonym); file names keep the
    pseudonym. ``lists.notes``: ``model`` names the model's version, ``sintetis`` = "ya" marks made-up data on every page.

    Raises:
        ValueError: an unknown format. VaultError: the vault cannot be read.
    """
    strange = sorted(set(formats) - set(FORMATS))
    if strange:
        raise ValueError(f"lists are written as {list(FORMATS)}, not as {strange}.")
    identities = read_identities(vault)
    out = Path(out)
    (out / "pendamping").mkdir(parents=True, exist_ok=True)
    tag = MADE_UP if lists.notes.get("sintetis") == "ya" else ""
    about = About(lists.as_of, lists.run_id, lists.notes.get("model", ""), tag)
    written = []
    for caseload in caseloads(lists, identities, names or {}):
        stem = out / "pendamping" / safe_name(caseload.pendamping_id)
        if "xlsx" in formats:
            written.append(_write(stem.with_name(f"{stem.name}.xlsx"), make_workbook(caseload, about)))
        if "html" in formats:
            written.append(_write(stem.with_name(f"{stem.name}.html"), make_page(caseload, about).encode()))
        progress(f"daftar {caseload.pendamping_id}")
    if "html" in formats:
        written.append(_write(out / "index.html", make_index(lists, about, names or {}).encode()))
    written.append(_write(out / "daftar.parquet", machine_frame(lists).to_parquet(index=False)))
    return written


def _write(path: Path, content: bytes) -> Path:
    """Write beside the file, then rename: a reader sees the old file or the new one, never half."""
    part = path.with_name(f".{path.name}.part")
    part.write_bytes(content)
    return part.replace(path)
