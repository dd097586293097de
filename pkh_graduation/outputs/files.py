"""Files of the lists: written whole or not at all, and taken away again when a later run has no use for them."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable, Collection, Iterator
from pathlib import Path

TITLE = "Daftar prioritas"
"""Begins the title of every list, page and workbook alike."""
FORM_TITLE = "Formulir kunjungan"
"""Begins the title of every form for ODK."""
INDEX_TITLE = "Ringkasan daftar prioritas"
"""Begins the title of every coordinator's page."""
GUIDE, GUIDE_TITLE = "mulai.md", "Daftar tanpa model"
"""The guide beside lists without a model, and how its heading begins; lists with a model have none."""

_HEAD = 2000
"""Bytes within which a page has told its title."""
_NAME = r"[A-Za-z0-9_-]+"
_CORE = "docProps/core.xml"


def write_whole(path: Path, content: bytes) -> Path:
    """Write beside the file, then rename: a reader sees the old file or the new one, never half."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    try:
        part.write_bytes(content)
        return part.replace(path)
    finally:  # on a full disk no half list, with names in it, is left behind
        part.unlink(missing_ok=True)


def remove_stale(out: Path, written: Collection[str]) -> int:
    """Remove what an earlier run wrote under ``out`` and this one did not; returns how many files.

    Only files whose name, place and content are those of our own, untouched since: a workbook that somebody has filled in
    and saved stays, and so does everything else that people keep there. ``written``: paths relative to ``out``.
    """
    removed = 0
    for path, ours in _candidates(out):
        if path.relative_to(out).as_posix() not in written and ours(path):
            path.unlink()
            removed += 1
    for folder in sorted((out / "pendamping").glob("*/")):
        if re.fullmatch(_NAME, folder.name) and not any(folder.iterdir()):
            folder.rmdir()
    return removed


def _candidates(out: Path) -> Iterator[tuple[Path, Callable[[Path], bool]]]:
    """Files at the places where we write, by name alone, each with the look inside that tells whether it is ours."""
    known: tuple[tuple[str, str, Callable[[Path], bool]], ...] = (
        ("pendamping", rf"{_NAME}\.html", lambda path: _is_page(path, TITLE)),
        ("pendamping", rf"{_NAME}\.xlsx", lambda path: _is_untouched(path, TITLE)),
        ("pendamping", rf"{_NAME}\.odk\.xlsx", lambda path: _is_untouched(path, FORM_TITLE)),
        ("pendamping", rf"{_NAME}\.pdf", _is_list_pdf),
        ("pendamping", rf"\.{_NAME}\.((odk\.)?xlsx|html|pdf)\.part", lambda path: True),
        ("kabupaten", rf"{_NAME}\.html", lambda path: _is_page(path, INDEX_TITLE)),
        ("kabupaten", rf"{_NAME}\.xlsx", lambda path: _is_untouched(path, INDEX_TITLE)),
        ("daftar", rf"bucket={_NAME}\.(parquet|csv)", lambda path: True),
        (".", r"index\.html", lambda path: _is_page(path, INDEX_TITLE)),
        (".", r"index\.xlsx", lambda path: _is_untouched(path, INDEX_TITLE)),
        (".", r"daftar\.(parquet|csv)", lambda path: True),
        (".", re.escape(GUIDE), lambda path: path.read_bytes().startswith(f"# {GUIDE_TITLE}".encode())),
    )
    for place, pattern, ours in known:
        folders = [out / place, *((out / place).glob("*/") if place == "pendamping" else ())]
        for folder in folders:
            for path in sorted(folder.iterdir()) if folder.is_dir() else ():
                if re.fullmatch(pattern, path.name) and path.is_file() and not path.is_symlink():
                    yield path, ours


def _is_page(path: Path, title: str) -> bool:
    with path.open("rb") as page:
        return f"<title>{title}".encode() in page.read(_HEAD)


def _is_list_pdf(path: Path) -> bool:
    """Whether a PDF says in its own title that it is a list; nothing can be filled in there."""
    content = path.read_bytes()
    return f"({TITLE}".encode() in content or TITLE.encode("utf-16-be") in content


def _is_untouched(path: Path, title: str) -> bool:
    """Whether a workbook is a list as we wrote it: whoever saves it anew changes its day of modification."""
    try:
        with zipfile.ZipFile(path) as book:
            core = book.read(_CORE).decode("utf-8", "replace")
    except (zipfile.BadZipFile, KeyError):
        return False
    stamps = re.findall(r">(\d{4}-\d\d-\d\dT[^<]*)<", core)
    return f">{title}<" in core and len(stamps) == 2 and stamps[0] == stamps[1]
