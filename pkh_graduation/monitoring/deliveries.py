"""Deliveries: returned files as they stand, one `RawAnswer` per row, judged nowhere here.

Read are the workbook of a list (``.xlsx``), the short text of a phone page, also inside the export of a chat (``.txt``), and
submissions of ODK or KoBo (``.csv``, ``.tsv``, or the first sheet of an ``.xlsx`` that is no list) with columns ``list_id``
(or ``id_daftar``), ``row_id`` (or ``id_baris``), the answers by the names of the records, and ``SubmissionDate`` (KoBo:
``_submission_time``) and ``ReviewState`` (KoBo: ``_validation_status``) where there are such. What cannot be read becomes rows
that carry the rule they break, so that every row is accounted for.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pkh_graduation.programme.returns import LAYOUT, ReturnError, parse, seal, split_texts

ANSWERS = ("hasil", "keputusan_keluarga", "keputusan", "tanggal_kunjungan", "catatan")
"""What a pendamping may say of a row."""


@dataclass(frozen=True)
class RawAnswer:
    """One row of a returned file, its cells as text.

    ``row``: line of the sheet or table, or place of the answer in the text, from 1. ``turn``: answers of a later turn of one
    file were given later. ``rule``: what was found wrong while reading, else empty.
    """

    row: int
    list_id: str = ""
    row_id: str = ""
    hasil: str = ""
    keputusan_keluarga: str = ""
    keputusan: str = ""
    tanggal_kunjungan: str = ""
    catatan: str = ""
    turn: int = 0
    rule: str = ""

    @property
    def blank(self) -> bool:
        """Nothing was answered."""
        return not self.rule and not any(getattr(self, name) for name in ANSWERS)


@dataclass(frozen=True)
class Delivery:
    """One returned file: its name without folders, and its rows."""

    name: str
    rows: tuple[RawAnswer, ...]


def read_delivery(path: Path, unlock: Callable[[bytes], bytes] = bytes) -> Delivery:
    """Read one returned file; damage becomes rows with a rule, never an exception. ``unlock`` opens a locked workbook, or raises
    a ValueError.

    Raises:
        FileNotFoundError: there is no such file.
    """
    if not path.is_file():
        raise FileNotFoundError(f"there is no file {path}.")
    reader = _READERS.get(path.suffix.casefold())
    if reader is None:
        return Delivery(path.name, (RawAnswer(1, rule="jenis_berkas"),))
    try:
        content = unlock(path.read_bytes())
    except ValueError:
        return Delivery(path.name, (RawAnswer(1, rule="berkas_tak_terbaca"),))
    return Delivery(path.name, tuple(reader(content)))


def _read_workbook(content: bytes) -> list[RawAnswer]:
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(content))
        known = [name for name in (LAYOUT.sheet, LAYOUT.marks) if name in book.sheet_names]
        sheets = {
            name: book.get_sheet_by_name(name).to_python(skip_empty_area=False)
            for name in known or book.sheet_names[:1]
        }
    except (CalamineError, OSError, ValueError):
        return [RawAnswer(1, rule="berkas_tak_terbaca")]
    if not known:
        return _submissions(next(iter(sheets.values()), []))
    cells = sheets.get(LAYOUT.sheet, [])
    head = next((n for n, line in enumerate(cells) if LAYOUT.row_column in line), None)
    if head is None or any(name not in cells[head] for name in LAYOUT.answers):
        return [RawAnswer(1, rule="bukan_daftar")]
    name, seals = _marks(sheets.get(LAYOUT.marks, []))
    rows = [_sheet_row(n, cells[head], line, name, seals) for n, line in enumerate(cells[head + 1 :], head + 2)]
    return [row for row in rows if row.row_id or not row.blank]


def _marks(cells: Sequence[Sequence[Any]]) -> tuple[str, dict[str, str]]:
    """List id and the seal of each row, as the very hidden sheet tells them."""
    pairs = [(str(line[0]), str(line[1])) for line in cells if len(line) > 1]
    name = next((value for key, value in pairs if key == LAYOUT.list_key), "")
    head = (LAYOUT.row_column, LAYOUT.seal_column)
    return name, dict(pairs[pairs.index(head) + 1 :]) if head in pairs else {}


def _sheet_row(
    number: int, header: Sequence[Any], line: Sequence[Any], name: str, seals: Mapping[str, str]
) -> RawAnswer:
    first = min(header.index(answer) for answer in LAYOUT.answers)
    answers: dict[str, Any] = {
        column: _text(line[header.index(title)], is_date=column == _DATE) for title, column in LAYOUT.answers.items()
    }
    row = _text(line[header.index(LAYOUT.row_column)])
    raw = RawAnswer(number, name, row, **answers)
    if raw.blank:
        return raw
    locked = [cell for cell, title in zip(line[:first], header, strict=False) if title != LAYOUT.row_column]
    if not name or not seals:
        return replace(raw, rule="segel_hilang")
    if row not in seals:
        return replace(raw, rule="baris_tak_dikenal")
    return raw if seals[row] == seal(locked) else replace(raw, rule="sel_terkunci_diubah")


_SERIAL_ZERO = dt.date(1899, 12, 30)
"""Day 0 of spreadsheet dates."""
_SERIALS = range(36_526, 73_051)
"""Serial numbers of the years 2000 to 2099."""
_DATE = "tanggal_kunjungan"
"""The answer that is a day; elsewhere a number is a number, such as 50000 rupiah in a note."""


def _text(cell: Any, *, is_date: bool = False) -> str:
    """A cell as text; dates in ISO form, and where a day is asked for a bare serial number of one too."""
    if isinstance(cell, dt.datetime):
        return cell.date().isoformat()
    if isinstance(cell, dt.date):
        return cell.isoformat()
    if isinstance(cell, float) and cell.is_integer():
        whole = int(cell)
        return (_SERIAL_ZERO + dt.timedelta(days=whole)).isoformat() if is_date and whole in _SERIALS else str(whole)
    return " ".join(str(cell).split())


_WIDE = (b"\xff\xfe", b"\xfe\xff")
"""How a text in two bytes a sign begins."""


def _read_text(content: bytes) -> list[RawAnswer]:
    text = content.decode("utf-16" if content[:2] in _WIDE else "utf-8-sig", errors="replace")
    rows: list[RawAnswer] = []
    for turn, piece in enumerate(split_texts(text)):
        start = len(rows) + 1
        try:
            returned = parse(piece)
        except ReturnError as error:
            rows += [RawAnswer(start + n, turn=turn, rule=error.rule) for n in range(max(1, error.rows))]
            continue
        for n, answer in enumerate(returned.answers):
            said = {name: getattr(answer, name) for name in ANSWERS}
            rows.append(RawAnswer(start + n, returned.list_id, answer.row_id, turn=turn, **said))
    return rows


_ALIASES = {
    "id_daftar": "list_id",
    "id_baris": "row_id",
    "hasil_kunjungan": "hasil",
    "keputusan_daftar": "keputusan",
    "tanggal": "tanggal_kunjungan",
    "_submission_time": "submissiondate",
    "_validation_status": "reviewstate",
    **{head.casefold(): column for head, column in LAYOUT.answers.items()},
}
"""Other names of columns: as KoBo calls what its server notes, and as the questions are worded."""
_SENT, _REVIEW = "submissiondate", "reviewstate"
_REFUSED = {"rejected", "not approved", "validation_status_not_approved"}
"""What the office decided of a submission on its server: words of ODK Central and of KoBo."""


def _read_csv(content: bytes) -> list[RawAnswer]:
    text = _decoded(content)
    first, _, rest = text.partition("\n")
    if first.strip().casefold().startswith("sep="):
        text, first = rest, rest.split("\n", 1)[0]
    try:
        return _submissions(list(csv.reader(io.StringIO(text), delimiter=max(",;\t", key=first.count))))
    except csv.Error:
        return [RawAnswer(1, rule="berkas_tak_terbaca")]


def _decoded(content: bytes) -> str:
    """A text as servers write it, or as a spreadsheet saved it again."""
    if content[:2] in _WIDE:
        return content.decode("utf-16", errors="replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def _submissions(lines: Sequence[Sequence[Any]]) -> list[RawAnswer]:
    """Rows of a table of submissions, in the order in which they were sent."""
    header = [_bare_name(_text(title)) for title in lines[0]] if lines else []
    if not {"list_id", "row_id"} <= set(header) or not set(ANSWERS) & set(header):
        return [RawAnswer(1, rule="bukan_daftar")]
    records = [dict(zip(header, line, strict=False)) for line in lines[1:]]
    told = []
    for number, record in enumerate(records, 2):
        names = (*ANSWERS, "list_id", "row_id")
        said: dict[str, Any] = {name: _text(record.get(name, ""), is_date=name == _DATE) for name in names}
        refused = _text(record.get(_REVIEW, "")).casefold() in _REFUSED
        if any(said.values()):
            told.append((RawAnswer(number, rule="kiriman_ditolak" if refused else "", **said), record.get(_SENT, "")))
    turns = _turns([sent.isoformat() if isinstance(sent, dt.datetime) else str(sent) for _, sent in told])
    return [replace(row, turn=turn) for (row, _), turn in zip(told, turns, strict=True)]


def _turns(sent: Sequence[str]) -> list[int]:
    """Which came first, by the moments of sending; all at once where a moment is missing or no longer as a server writes it.

    A spreadsheet that opened the table writes moments as the machine likes them, day or month first: no order is read from
    those, so answers that differ are set aside rather than corrected by the wrong one.
    """
    try:
        moments = [dt.datetime.fromisoformat(text.strip()) for text in sent]
        places = {moment: place for place, moment in enumerate(sorted(set(moments)))}
    except (ValueError, TypeError):
        return [0] * len(sent)
    return [places[moment] for moment in moments]


def _bare_name(title: str) -> str:
    """Column name without the groups that ODK puts before it: ``daftar-hasil`` is ``hasil``."""
    bare = title.strip().casefold()
    for mark in "-/:.":
        bare = bare.rsplit(mark, 1)[-1]
    return _ALIASES.get(bare, bare)


_READERS: Mapping[str, Callable[[bytes], list[RawAnswer]]] = {
    ".xlsx": _read_workbook,
    ".xlsm": _read_workbook,
    ".txt": _read_text,
    ".csv": _read_csv,
    ".tsv": _read_csv,
}
