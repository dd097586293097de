"""Workbooks are packed files: whether one may be unpacked at all is decided here, before a reader of workbooks sees it.

Sizes are taken from the table of contents first; then every member is unpacked once, in small pieces none of which is kept, to
see that the table tells the truth and that no sheet asks for more than it holds (`sheet_bounds`).
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from pkh_graduation.records.errors import RecordsError
from pkh_graduation.records.limits import MAX_MEMBERS, MAX_RATIO, MAX_SHEET, MAX_UNPACKED, RATIO_FROM
from pkh_graduation.records.odd_sheets import Places
from pkh_graduation.records.ods_bounds import Repetitions
from pkh_graduation.records.sheet_bounds import Rectangle, SharedTexts

MARK = b"PK\x03\x04"
"""First bytes of a packed file."""

_PIECE = 1 << 20
_SHEET = re.compile(r"worksheets/[^/]+\.(?:xml|bin)$|^content\.xml$", re.IGNORECASE)
_ODS = re.compile(r"^content\.xml$", re.IGNORECASE)
_TEXTS = re.compile(r"sharedstrings\.xml$", re.IGNORECASE)


def require_harmless(source: Path | bytes, name: str) -> None:
    """Refuse a packed workbook (a file, or its bytes) that would unpack to more than `limits` allow; what is not packed passes.

    Raises:
        RecordsError: the archive is damaged or locked, unpacks to too much, or a sheet spans too many cells.
    """
    try:
        with io.BytesIO(source) if isinstance(source, bytes) else source.open("rb") as file:
            if file.read(len(MARK)) != MARK:
                return
            with zipfile.ZipFile(file) as archive:
                _check_sizes(archive.infolist(), name)
                _check_members(archive, name)
    except RecordsError:
        raise
    # all that zipfile and zlib raise over damaged bytes; the reason is kept as the cause
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, NotImplementedError, ValueError) as error:
        raise RecordsError(f"{name} cannot be opened as a workbook. Save it again as .xlsx or as CSV.") from error


def _check_sizes(members: list[zipfile.ZipInfo], name: str) -> None:
    if len(members) > MAX_MEMBERS:
        raise RecordsError(f"{name} holds {len(members)} parts; a workbook has at most {MAX_MEMBERS}. Save it again.")
    if sum(member.file_size for member in members) > MAX_UNPACKED:
        raise RecordsError(f"{name} unpacks to more than {MAX_UNPACKED >> 30} GB. Split it, or export it as CSV.")
    for member in members:
        if member.file_size > RATIO_FROM and member.file_size > MAX_RATIO * max(member.compress_size, 1):
            raise RecordsError(
                f"{name} unpacks to more than {MAX_RATIO} times its size, as no table of people does. Export it as CSV."
            )


def _check_members(archive: zipfile.ZipFile, name: str) -> None:
    """Unpack the members: their true sizes, and how much the sheets ask for."""
    shared = SharedTexts()
    sheets = [member for member in archive.infolist() if _SHEET.search(member.filename)]
    for member in archive.infolist():
        if member not in sheets:
            for piece in _unpacked(archive, member, name):
                if _TEXTS.search(member.filename):
                    shared.see_texts(piece)
    longest, named = shared.longest, 0
    for member in sheets:
        named += _check_reach(archive, member, name, bool(longest))
    if named * longest > MAX_UNPACKED:
        _check_copies(archive, sheets, shared, name)


def _check_reach(archive: zipfile.ZipFile, member: zipfile.ZipInfo, name: str, shared: bool) -> int:
    """How often a sheet names shared texts, if it does not span too many cells."""
    usual, named = Rectangle(), 0
    reach: Rectangle | Repetitions | Places = usual
    if _ODS.search(member.filename):
        reach = Repetitions()
    for piece in _unpacked(archive, member, name):
        reach.see(piece)
        named += piece.count(b'"s"') + piece.count(b"'s'") if shared else 0
    if usual.odd:
        reach = Places()
        for piece in _unpacked(archive, member, name):
            reach.see(piece)
    if isinstance(reach, Repetitions | Places) and reach.damaged:
        raise zipfile.BadZipFile("a sheet is no sheet, or a cell has a place that is none")
    if reach.cells > MAX_SHEET:
        raise RecordsError(
            f"{name}: a sheet reaches to row {reach.rows} and column {reach.columns}, more than {MAX_SHEET:,} cells. "
            "Delete what stands far from the table, or export it as CSV."
        )
    return named


def _check_copies(archive: zipfile.ZipFile, sheets: list[zipfile.ZipInfo], shared: SharedTexts, name: str) -> None:
    for member in sheets:
        tail = b""
        for piece in _unpacked(archive, member, name):
            text = tail + piece
            end = text.rfind(b"<") + 1  # a cell cut in two is looked at with the next piece
            start = max(text.rfind(b"</", 0, max(end - 1, 0)), 0)
            shared.see_sheet(text[:start])
            tail = text[start:]
        shared.see_sheet(tail)
    if shared.copied > MAX_UNPACKED:
        raise RecordsError(f"{name} unpacks to more than {MAX_UNPACKED >> 30} GB. Split it, or export it as CSV.")


def _unpacked(archive: zipfile.ZipFile, member: zipfile.ZipInfo, name: str) -> Iterator[bytes]:
    """The member's bytes in pieces, by its packed bytes and not by the size it declares."""
    if member.flag_bits & 1:
        raise RecordsError(f"{name} is locked with a password. Save it without one, or export it as CSV.")
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise zipfile.BadZipFile("packed in a way that workbooks do not use")
    inflate = zlib.decompressobj(-15) if member.compress_type == zipfile.ZIP_DEFLATED else None
    size = 0
    for packed in _packed(archive, member):
        rest = packed
        while rest:
            piece = inflate.decompress(rest, _PIECE) if inflate else rest
            rest = inflate.unconsumed_tail if inflate else b""
            size += len(piece)
            if size > member.file_size:
                raise RecordsError(f"{name} holds more than it declares. Do not open it; ask for it again.")
            yield piece


def _packed(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Iterator[bytes]:
    file = archive.fp
    if file is None:
        raise ValueError("closed")
    file.seek(member.header_offset)
    head = file.read(30)
    if len(head) < 30 or not head.startswith(MARK):
        raise zipfile.BadZipFile("a member has no header")
    names = int.from_bytes(head[26:28], "little") + int.from_bytes(head[28:30], "little")
    file.seek(member.header_offset + 30 + names)
    left = member.compress_size
    while left > 0 and (packed := file.read(min(_PIECE, left))):
        left -= len(packed)
        yield packed
