"""A family cut out of texts and JSON files. What is not ours, or is about the family as a whole, is left as it is: with the
lines that name the family gone, the rest would still be about it, and nobody could find it any more.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from pathlib import Path
from typing import Any

from pkh_graduation.stores.files import write_bytes

LINES = (".csv", ".jsonl", ".txt", ".md")
_OURS = ("features", "feedback", "issued", "lists", "mlflow", "models", "report", "scores", "watch")
"""Folders of an output folder in which commands write JSON."""


def erase_text(path: Path, out: Path, families: Collection[str]) -> bool:
    """Cut lines, or members of a JSON file of ours, that name a family; says whether the file was changed.

    Raises:
        ValueError: a JSON file names a family and cannot be read. DiskError: it cannot be written.
    """
    text = path.read_text(encoding="utf-8", errors="surrogateescape")
    if not any(family in text for family in families):
        return False
    if path.suffix != ".json":
        kept = [line for line in text.splitlines(keepends=True) if not any(family in line for family in families)]
        rewrite(path, "".join(kept).encode("utf-8", errors="surrogateescape"))
        return True
    content = json.loads(text) if path.relative_to(out).parts[0] in _OURS else None
    if content is None or _is_about(content, families):
        return False
    pruned = json.dumps(_pruned(content, families), indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False)
    rewrite(path, (pruned + "\n").encode("utf-8", errors="surrogateescape"))
    return True


def rewrite(path: Path, content: bytes) -> None:
    """Put other content in a file; who may read it stays as it was, and is nobody else on the way.

    Raises:
        DiskError: the disk is full, or the folder may not be written.
    """
    mode = path.stat().st_mode & 0o7777
    write_bytes(path, content, private=True).chmod(mode)


def _is_about(content: Any, families: Collection[str]) -> bool:
    """Whether a file says at its top whom it is about, as a subject export does: lines that name nobody are the family's too."""
    if not isinstance(content, dict):
        return False
    said = [item for value in content.values() for item in (value if isinstance(value, list) else [value])]
    return any(isinstance(item, str) and _names(item, families) for item in said)


def _pruned(content: Any, families: Collection[str]) -> Any:
    """JSON content without the entries of lists and the members of objects that name a family."""
    if isinstance(content, list):
        return [_pruned(item, families) for item in content if not _names(item, families)]
    if isinstance(content, dict):
        return {
            key: _pruned(value, families)
            for key, value in content.items()
            if key not in families and not (isinstance(value, str) and _names(value, families))
        }
    return content


def _names(item: Any, families: Collection[str]) -> bool:
    text = json.dumps(item, ensure_ascii=False)
    return any(family in text for family in families)
