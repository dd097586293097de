"""Issued: which version of which list went to whom. A line per file, with its digest, and no clock.

The log grows: a later run adds its lines and takes none away, also when its files replace those of the run before.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any

from pkh_graduation.outputs.files import write_whole
from pkh_graduation.outputs.views import About
from pkh_graduation.programme.returns import list_id

LOG = "terbit.jsonl"
_ORDER = ("tanggal_acuan", "run_id", "berkas", "sha256")


def line(file: str, content: bytes, pendamping: str, about: About) -> dict[str, Any]:
    """What the log says of one file: list, run, model, whose it is, its place under the lists, SHA-256 and size in bytes."""
    return {
        "tanggal_acuan": about.as_of.isoformat(),
        "run_id": about.run_id,
        "model_versi": about.model,
        "list_id": list_id(about.run_id, pendamping),
        "pendamping_id": pendamping,
        "berkas": file,
        "sha256": _digest(content),
        "ukuran": len(content),
    }


def record(out: Path, lines: Iterable[dict[str, Any]]) -> Path:
    """Add lines to the log under ``out``; a line that is there already is not written twice.

    Raises:
        ValueError: the log there cannot be read; it is kept as it is.
    """
    known = _read(out / LOG)
    for each in lines:
        known.setdefault(json.dumps(each, ensure_ascii=False, sort_keys=True), each)
    texts = sorted(known, key=lambda text: (*(str(known[text].get(name, "")) for name in _ORDER), text))
    return write_whole(out / LOG, "".join(f"{text}\n" for text in texts).encode())


def still_there(out: Path, run_id: str, written: Collection[str]) -> set[str]:
    """Files of a run that lie under ``out`` as they were issued, in formats other than those ``written`` (paths under ``out``).

    Of the caseloads of ``written`` only: the run may have left the others out since.

    Raises:
        ValueError: see `record`.
    """
    stems = {_stem(file) for file in written}
    lines = [line for line in _read(out / LOG).values() if line.get("run_id") == run_id]
    issued = {(str(line.get("berkas")), str(line.get("sha256"))) for line in lines}
    others = {file for file, _ in issued if _stem(file) in stems and file not in written and (out / file).is_file()}
    return {file for file in others if (file, _digest((out / file).read_bytes())) in issued}


def _stem(file: str) -> str:
    folder, _, name = file.rpartition("/")
    return f"{folder}/{name.partition('.')[0]}"


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _read(path: Path) -> dict[str, dict[str, Any]]:
    known: dict[str, dict[str, Any]] = {}
    for number, text in enumerate(path.read_text("utf-8").splitlines() if path.is_file() else [], 1):
        try:
            known[text] = json.loads(text)
        except json.JSONDecodeError as error:
            message = f"{path} line {number} is no JSON: move the log away (it is the record of lists issued), then write again."
            raise ValueError(message) from error
    return known
