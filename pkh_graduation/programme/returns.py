"""What a list asks and how the answers come back: ids of lists and rows, outcome codes, the short text of a phone page, and
where a workbook keeps its marks. Standard library only; the page's script does the same in JavaScript.

The short text survives being copied through WhatsApp: line breaks, spaces, smart quotes, bold marks and lower case change
nothing. It reads ``PKH1|LIST|ROW/CODES/DATE/NOTE|...|=CHECK``. LIST and ROW are `list_id` and `row_id`; CODES holds one letter
per column of `OUTCOMES` (``-`` is no answer), DATE is ``20261112`` or ``-``, NOTE is what `plain_note` leaves of a note, and
CHECK is `check_of` everything up to and without ``|=``, in the form of `canonical_body`.

Codes: domain records, 2.10. The text and the marks are this library's own design.
"""

from __future__ import annotations

import math
import re
import unicodedata
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from types import MappingProxyType

from pkh_graduation.programme.outcomes import HASIL, KEPUTUSAN_DAFTAR, KEPUTUSAN_KELUARGA, LETTERS, OUTCOMES

__all__ = [
    "ALPHABET", "CHECK_LETTERS", "HASIL", "KEPUTUSAN_DAFTAR", "KEPUTUSAN_KELUARGA", "LAYOUT", "LETTERS", "LIST_LETTERS",
    "NOTE_LETTERS", "NUMBER_GONE", "OUTCOMES", "OWN_MARK", "ROW_LETTERS", "VERSION", "Answer", "ReturnError", "Returned",
    "WorkbookLayout", "canonical_body", "check_of", "encode", "list_id", "parse", "plain_note", "row_id", "seal", "split_texts",
]  # fmt: skip

VERSION = "PKH1"
"""Mark and version of the short text."""

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Thirty-two signs without I, L, O and U, which are misread."""
_PAIRS = [first + second for first in ALPHABET for second in ALPHABET]

LIST_LETTERS, ROW_LETTERS, CHECK_LETTERS = 12, 10, 7
OWN_MARK = "pkh:"
"""Stands before a pseudonym of our own in what is given back to ingest, which then does not make another of it."""
NOTE_LETTERS = 200
"""Longest note, in signs."""
NUMBER_GONE = "(nomor dihapus)"
"""Stands in a note for what looks like a NIK, a card or a telephone number: such numbers never travel."""


@dataclass(frozen=True)
class WorkbookLayout:
    """Where a workbook keeps its answers and its marks; the writer and the reader both go by this.

    ``sheet``: the sheet that is filled in. ``row_column``: header of the hidden column with each row's `row_id`.
    ``answers``: header -> column of the records. ``marks``: the very hidden sheet: ``list_key`` and the list's id in the
    first two cells of a row; then a row with ``row_column`` and ``seal_column``, below it one row per row of the list with its
    `row_id` and the `seal` of its locked cells (all cells left of the first answer, in their order).
    """

    sheet: str = "Daftar"
    row_column: str = "id_baris"
    answers: Mapping[str, str] = field(
        default_factory=lambda: MappingProxyType(
            {
                "Tanggal kunjungan": "tanggal_kunjungan",
                "Hasil kunjungan": "hasil",
                "Keputusan keluarga": "keputusan_keluarga",
                "Keputusan daftar": "keputusan",
                "Catatan": "catatan",
            }
        )
    )
    marks: str = "_daftar"
    list_key: str = "id_daftar"
    seal_column: str = "segel"


LAYOUT = WorkbookLayout()


@dataclass(frozen=True)
class Answer:
    """What came back for one row of a list; text as it is in the records, empty where nothing was said.

    ``tanggal_kunjungan`` is an ISO date (``2026-11-12``). `parse` leaves a letter that is no code as ``?`` and the letter,
    and a date that is none as it came: whoever reads the answers sets such rows aside.
    """

    row_id: str
    hasil: str = ""
    keputusan_keluarga: str = ""
    keputusan: str = ""
    tanggal_kunjungan: str = ""
    catatan: str = ""


@dataclass(frozen=True)
class Returned:
    """One short text: the list it answers and its rows in their order."""

    list_id: str
    answers: tuple[Answer, ...]


class ReturnError(ValueError):
    """A short text is damaged; the message says in Indonesian what to do.

    ``rule`` names what is wrong (``teks_kosong``, ``teks_terpotong``, ``teks_rusak``, ``versi_teks``); ``rows`` is the number
    of rows that can still be counted in it.
    """

    def __init__(self, rule: str, message: str, rows: int = 0) -> None:
        super().__init__(message)
        self.rule, self.rows = rule, rows


def list_id(run_id: str, pendamping_id: str) -> str:
    """Name of one pendamping's list of one run: 12 signs, the same for equal inputs, saying nothing about them.

    >>> list_id("run", "d1") == list_id("run", "d1") != list_id("run", "d2")
    True
    """
    return _short("daftar", run_id, pendamping_id, letters=LIST_LETTERS)


def row_id(list_id: str, kpm_id: str) -> str:
    """Name of one family on one list: 10 signs. On another list the same family has another one."""
    return row_ids(list_id, (kpm_id,))[0]


def row_ids(list_id: str, kpm_ids: Iterable[str]) -> list[str]:
    """`row_id` of each family of a list: a nation has ten million of them.

    >>> row_ids("L", ["k1", "k2"])[1] == row_id("L", "k2")
    True
    """
    before, shift, pairs = _joined("baris", list_id, ""), 64 - 5 * ROW_LETTERS, _PAIRS
    numbers = [int.from_bytes(sha256(before + kpm.encode()).digest()[:8], "big") >> shift for kpm in kpm_ids]
    return [
        f"{pairs[n >> 40]}{pairs[n >> 30 & 1023]}{pairs[n >> 20 & 1023]}{pairs[n >> 10 & 1023]}{pairs[n & 1023]}"
        for n in numbers
    ]


def _joined(*parts: str) -> bytes:
    return "\x1f".join(("pkh-graduation", *parts)).encode()


def _short(*parts: str, letters: int) -> str:
    digest = sha256(_joined(*parts)).digest()
    return _base32(int.from_bytes(digest[:8], "big") >> (64 - 5 * letters), letters)


def _base32(number: int, letters: int) -> str:
    """Two signs at a time: a nation's lists carry tens of millions of ids."""
    even = letters + letters % 2
    return "".join([_PAIRS[number >> place & 1023] for place in range(5 * even - 10, -1, -10)])[-letters:]


_DASHES = str.maketrans(dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-"))
_GAP = "(?: ?- ?|[ .,()])?"
_LONG_NUMBER = re.compile(  # fifteen digits in any groups; mobile numbers, without prefix too; area codes; long runs, groups
    rf"\d(?:{_GAP}\d){{14,}}|(?:62|0){_GAP}8[1-9](?:{_GAP}\d){{6,}}|8[1-9](?:[ -]?\d){{7,}}|\(?0\d{{2,3}}\)?[ .-]{{0,2}}\d{{5,8}}"
    r"|\d{9,}|\d{3,5}(?:[ -]\d{3,5}){2,}"
)
_NOT_PLAIN = re.compile(r"[^A-Za-z0-9 .,()-]+")
_SEPARATED = re.compile(r" +")


def plain_note(text: str) -> str:
    """A note in the signs that every phone keeps: letters A-Z, digits, space and ``. , ( ) -``; at most `NOTE_LETTERS`.

    Accents are dropped, every other run of signs becomes one space, and long numbers become `NUMBER_GONE`. Doing it twice
    changes nothing.

    >>> plain_note("“Warung” tutup – anak sakit; tlp 081234567890")
    'Warung tutup - anak sakit tlp (nomor dihapus)'
    """
    bare = "".join(sign for sign in unicodedata.normalize("NFKD", text) if not "\u0300" <= sign <= "\u036f")
    spaced = _squeezed(_NOT_PLAIN.sub(" ", bare.translate(_DASHES)))
    return _LONG_NUMBER.sub(NUMBER_GONE, spaced)[:NOTE_LETTERS].strip()


def _squeezed(text: str) -> str:
    return _SEPARATED.sub(" ", text).strip()


def canonical_body(list_id: str, rows: Iterable[str]) -> str:
    """The text that the check sum is taken of: version, list and rows (``ROW/CODES/DATE/NOTE``), joined by ``|``."""
    return "|".join((VERSION, list_id, *rows))


def check_of(body: str) -> str:
    """Check sum of a body: the CRC-32 of its capitals (all ASCII) as 7 signs of `ALPHABET`.

    >>> check_of("PKH1|")
    '19M609Q'
    """
    return _base32(zlib.crc32(body.upper().encode()), CHECK_LETTERS)


def encode(list_id: str, rows: Sequence[Answer]) -> str:
    """Write answers as the short text, a line per row.

    Raises:
        ValueError: a code that `OUTCOMES` does not have, or a date that is not ``YYYY-MM-DD``.
    """
    lines = [_encode_row(row) for row in rows]
    return "|\n".join((VERSION, list_id, *lines, f"={check_of(canonical_body(list_id, lines))}"))


def _encode_row(row: Answer) -> str:
    codes = "".join(_letter(column, str(getattr(row, column))) for column in LETTERS)
    date = row.tanggal_kunjungan
    if date and not re.fullmatch(r"\d{4}-\d{2}-\d{2}", date):
        raise ValueError("the date of a visit is written YYYY-MM-DD.")
    return f"{row.row_id}/{codes}/{date.replace('-', '') or '-'}/{plain_note(row.catatan)}"


def _letter(column: str, code: str) -> str:
    if not code:
        return "-"
    if code not in LETTERS[column]:
        raise ValueError(f"{column} has no code {code!r}; it has {list(LETTERS[column])}.")
    return LETTERS[column][code]


_START = re.compile(r"P\s*K\s*H\s*(\d+)\s*\|", re.IGNORECASE)
_END = re.compile(r"\|\s*=\s*((?:[0-9A-Za-z]\s*){7})")
_INVISIBLE = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]")
"""Signs without a shape, such as marks of direction, which messengers and exports of chats strew in."""
_AGAIN = "Minta pendamping membuka halamannya, menekan 'Salin hasil', lalu mengirim teks itu utuh tanpa diubah."


def parse(text: str) -> Returned:
    """Read one short text, whatever stands before and behind it.

    Raises:
        ReturnError: there is none, its end is missing, it was changed on its way, or another version wrote it.
    """
    text = _INVISIBLE.sub("", text)
    start = _START.search(text)
    if start is None:
        raise ReturnError("teks_kosong", f"Tidak ada teks hasil kunjungan ('{VERSION}|...') di berkas ini. {_AGAIN}")
    rest = text[start.end() :]
    end = _END.search(rest)
    rows = (rest[: end.start()] if end else rest).split("|")[1:]
    if f"PKH{start[1]}" != VERSION:
        message = f"Teks ini dibuat versi lain (PKH{start[1]}); yang dikenal {VERSION}. Buka daftar yang terbaru."
        raise ReturnError("versi_teks", message, len(rows))
    if end is None:
        message = f"Teks terpotong: penutup '|=...' tidak ada. {_AGAIN}"
        raise ReturnError("teks_terpotong", message, len([row for row in rows if row.strip()]))
    name = _signs(rest[: end.start()].split("|")[0])
    lines = [_canonical_row(row) for row in rows]
    if check_of(canonical_body(name, lines)) != _signs(end[1]):
        raise ReturnError("teks_rusak", f"Teks berubah di jalan: angka pengaman tidak cocok. {_AGAIN}", len(rows))
    return Returned(name, tuple(_answer(line) for line in lines))


def split_texts(text: str) -> list[str]:
    """Cut a text that holds several short texts, as a chat does, before each of them; one piece at least.

    >>> split_texts("halo PKH1|A|=1 lalu PKH1|B|=2")
    ['halo PKH1|A|=1 lalu ', 'PKH1|B|=2']
    """
    text = _INVISIBLE.sub("", text)
    starts = [match.start() for match in _START.finditer(text)][1:]
    return [text[begin:end] for begin, end in zip([0, *starts], [*starts, len(text)], strict=True)]


def _signs(text: str) -> str:
    """Signs of `ALPHABET` and dashes alone: capitals, no spaces, O read as 0, I and L as 1."""
    capitals = text.translate(_DASHES).upper().replace("O", "0").replace("I", "1").replace("L", "1")
    return "".join(sign for sign in capitals if sign in ALPHABET or sign == "-")


def _canonical_row(row: str) -> str:
    name, codes, date, note = [*row.split("/", 3), "", "", ""][:4]
    letters = "".join(sign for sign in codes.translate(_DASHES).upper() if sign.isalnum() or sign == "-")
    return f"{_signs(name)}/{letters}/{_signs(date)}/{plain_note(note)}"


_CODES: Mapping[str, Mapping[str, str]] = {
    column: {"-": "", **{letter: code for code, letter in letters.items()}} for column, letters in LETTERS.items()
}


def _answer(row: str) -> Answer:
    name, letters, date, note = row.split("/", 3)
    said = dict(zip(LETTERS, letters.ljust(len(LETTERS), "-"), strict=False))
    codes = {column: _CODES[column].get(letter, f"?{letter}") for column, letter in said.items()}
    day = f"{date[:4]}-{date[4:6]}-{date[6:]}" if len(date) == 8 and date.isdigit() else date.strip("-")
    return Answer(row_id=name, tanggal_kunjungan=day, catatan=note, **codes)


def seal(cells: Sequence[str | float | None]) -> str:
    """Fingerprint of a row's locked cells, by which an edit is noticed; 10 signs.

    Numbers count to four decimals, whole ones without any; white space does not count, nor whether a spreadsheet program
    stored a number as text.

    >>> seal(["1", "Ibu  A\\n", 0.25]) == seal([1.0, "Ibu A", 0.250000004]) != seal(["1", "Ibu B", 0.25])
    True
    """
    return _short("segel", *[_cell(cell) for cell in cells], letters=ROW_LETTERS)


def _cell(cell: str | float | None) -> str:
    if cell is None:
        return ""
    if isinstance(cell, str):
        return " ".join((cell if cell.isascii() else unicodedata.normalize("NFC", cell)).split())
    if not math.isfinite(cell):
        return ""
    return str(int(cell)) if float(cell).is_integer() else f"{cell:.4f}"
