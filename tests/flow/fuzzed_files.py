"""Files as nobody would make them on purpose, from a seed, and what the readers do with them.

Each kind makes the bytes of a file (sound, damaged or hostile) and gives them to the readers of that kind. What may happen: rows,
every one accepted or set aside; or an error of the project's own. All else is a finding: another exception, a reader that
does not come back, a row that is lost.
"""

from __future__ import annotations

import csv
import io
import random
import time
import zipfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyreadstat
import xlsxwriter

from pkh_graduation import monitoring
from pkh_graduation.monitoring.desk import ISSUED
from pkh_graduation.monitoring.feedback import no_history
from pkh_graduation.programme.returns import LAYOUT, Answer, encode
from pkh_graduation.records.archive import require_harmless
from pkh_graduation.records.checks import check
from pkh_graduation.records.columnar import read_columnar
from pkh_graduation.records.delimited import read_delimited
from pkh_graduation.records.errors import RecordsError
from pkh_graduation.records.importers import import_file
from pkh_graduation.records.income import one_income
from pkh_graduation.records.mapping import layouts, read_mapping
from pkh_graduation.records.quarantine_book import read_book
from pkh_graduation.records.raw import RawPart
from pkh_graduation.records.schemas import TABLES
from pkh_graduation.records.surveys import read_survey
from pkh_graduation.records.typed import type_table
from pkh_graduation.records.workbook import read_workbook
from pkh_graduation.workflows.settings import SettingsError, read_settings

HANG = 10.0
"""Seconds after which a file is called one that does not come back."""

CELLS = (
    "", " ", "-1", "0", "1", "2", "17", "750000", "7,5E+05", "1.250", "1.250,5", "9901010101010001", "'9901010101010001",
    "9,90101E+15", "2024-02-29", "31/02/2024", "05/06/1990", "45000", "cair", "Ya", "dtsen", "regsosek", "laki-laki", "F1",
    "=HYPERLINK(\"http://x\")", "@SUM(1)", "+1", "-2+3", "<script>alert(1)</script>", "'; DROP TABLE keluarga; --", "../x",
    "../../etc/passwd", "\u202e1000", "a\u0000b", "\ufeffx", "\u200b", "\U0001f600", "\ufffe", "e\u0301", "\u0661\u0662",
    "9" * 400, "9" * 5000, "x" * 40_000, "1e999", "nan", "inf", "-0", "0x10", "1_000", "\u00bd", "\u00b2", "Total", "NIK",
    "1900-01-01", "9999-12-31", "00000", "|".join("ab" * 30), "a|b;c,d", "\t", "\x1f", "true", "<NA>", "#REF!",
)  # fmt: skip
TOKENS = (
    b'"', b'""', b",", b";", b"\t", b"\n", b"\r", b"\r\n", b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"\xed\xa0\x80", b"\x80", b"'",
    b"=", b"|", b"[", b"]", b"{", b"}", b"[[", b"]]", b"sep=;\n", b"1e400", b"9" * 5000, b"[" * 300, b"{a=" * 300, b"</c>", b"&x;",
    b"<!DOCTYPE x [<!ENTITY a 'b'>]>", b"r='ZZZ9999999'", b"nan", b"../", b"\xe2\x80\xae", b"PKH1|", b"|=", b"/", b"-", b"true",
)  # fmt: skip


@dataclass
class Tally:
    """What became of the files: how many were read, refused, or are findings (kind, seed, what)."""

    read: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    found: list[tuple[str, int, str]] = field(default_factory=list)
    cells: int = 0
    slowest: float = 0.0

    @property
    def files(self) -> int:
        return self.read.total() + self.refused.total() + len(self.found)


class LostRowError(AssertionError):
    """A row was neither accepted nor set aside."""


def fuzz(kind: str, seed: int, folder: Path, tally: Tally) -> None:
    """Make one file and read it; what happened goes to the tally."""
    draw = random.Random(f"{kind}:{seed}")
    started = time.perf_counter()
    try:
        tally.cells += KINDS[kind](draw, folder)
        tally.read[kind] += 1
    except (RecordsError, SettingsError):
        tally.refused[kind] += 1
    except (KeyboardInterrupt, MemoryError):
        raise
    except BaseException as error:  # a panic of a reader in Rust is no Exception
        tally.found.append((kind, seed, f"{type(error).__name__}: {str(error)[:200]}"))
    took = time.perf_counter() - started
    tally.slowest = max(tally.slowest, took)
    if took > HANG:
        tally.found.append((kind, seed, f"took {took:.1f} seconds"))


def damage(data: bytes, draw: random.Random) -> bytes:
    """Bytes with some of them flipped, taken out, put in, doubled or cut off; sometimes none."""
    content = bytearray(data)
    for _ in range(draw.choice((0, 1, 1, 2, 4, 12))):
        place = draw.randrange(len(content) + 1)
        what = draw.randrange(6)
        if what == 0 and place < len(content):
            content[place] ^= 1 << draw.randrange(8)
        elif what == 1:
            del content[place : place + draw.choice((1, 2, 30))]
        elif what == 2:
            content[place:place] = draw.choice(TOKENS)
        elif what == 3:
            content[place:place] = content[place : place + draw.choice((1, 20, 200))]
        elif what == 4 and draw.random() < 0.3:
            del content[place:]
        else:
            content[place:place] = draw.choice(CELLS).encode("utf-8", "replace")
    return bytes(content)


def _table(draw: random.Random) -> str:
    return draw.choice(list(TABLES))


def _lines(draw: random.Random, table: str) -> list[list[str]]:
    names = draw.sample(TABLES[table].names, draw.randint(1, min(8, len(TABLES[table].names))))
    names += draw.sample(CELLS, draw.choice((0, 0, 0, 1)))
    return [names, *([draw.choice(CELLS) for _ in names] for _ in range(draw.choice((0, 1, 5, 20, 150))))]


def _judged(table: str, part: RawPart) -> int:
    """Cells of a part, every row of which must be accepted or set aside with a reason."""
    typed = check(type_table(TABLES[table], [one_income(part)]))
    rejected = typed.findings.rejected()
    if len(rejected) != part.rows_in or int(typed.accepted.sum()) + int(rejected.sum()) != part.rows_in:
        raise LostRowError(f"{part.rows_in} rows in, {len(rejected)} judged")
    lines = typed.findings.lines([part.name])
    if lines.quarantine["baris"].nunique() > rejected.sum():
        raise LostRowError("a quarantine of rows that are not there")
    return part.rows_in * part.table.num_columns


def text(draw: random.Random, folder: Path) -> int:
    table = _table(draw)
    memory = io.StringIO(newline="")
    ends = draw.choice(("\n", "\r\n", "\r"))
    csv.writer(memory, delimiter=draw.choice(",;\t|"), lineterminator=ends).writerows(_lines(draw, table))
    encoding = draw.choice(("utf-8", "utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252", "latin-1"))
    data = damage(memory.getvalue().encode(encoding, "replace"), draw)
    path = folder / f"{table}.csv"
    path.write_bytes(data)
    part = read_delimited(path, path.name, set(TABLES[table].names))
    if (
        data.isascii()
        and not {b'"', b"\x00"} & {data[i : i + 1] for i in range(len(data))}
        and not data.startswith(b"sep=")
    ):
        filled = sum(bool(line) for line in data.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n"))
        above = next((int(notice.split()[1]) for notice in part.notices if "di atas kepala" in notice), 0)
        if part.rows_in + above + 1 != filled:
            raise LostRowError(f"{filled} lines, {part.rows_in} rows, {above} above the header")
    return _judged(table, part)


def _book(sheets: dict[str, list[list[Any]]]) -> bytes:
    memory = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(memory, options) as book:
        for title, lines in sheets.items():
            sheet = book.add_worksheet(title)
            for row, cells in enumerate(lines):
                for column, cell in enumerate(cells):
                    if isinstance(cell, str):
                        sheet.write_string(row, column, "".join(c for c in cell if c.isprintable())[:32_000])
                    else:
                        sheet.write(row, column, cell)
    return memory.getvalue()


def _damaged_book(data: bytes, draw: random.Random) -> bytes:
    """A workbook damaged as a packed file, or in the text of one of its members."""
    if draw.random() < 0.3:
        return damage(data, draw)
    memory = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(memory, "w", zipfile.ZIP_DEFLATED) as new:
        chosen = draw.choice(old.namelist())
        for member in old.namelist():
            content = old.read(member)
            if member == chosen or member.endswith("sheet1.xml"):
                content = damage(content, draw)
            new.writestr(member, content)
    return memory.getvalue()


def workbook(draw: random.Random, folder: Path) -> int:
    table = _table(draw)
    lines: list[list[Any]] = [
        [cell if draw.random() < 0.8 else draw.choice((1, 2.5, 1e20, True, 45_000)) for cell in line] if row else line
        for row, line in enumerate(_lines(draw, table)[:12])
    ]
    path = folder / f"{table}.xlsx"
    path.write_bytes(_damaged_book(_book({"Data": lines}), draw))
    return _judged(table, read_workbook(path, path.name, set(TABLES[table].names)))


def parquet(draw: random.Random, folder: Path) -> int:
    table = _table(draw)
    head, *lines = _lines(draw, table)
    columns = {name: [line[i] for line in lines] for i, name in enumerate(head)}
    numbers = {
        name: draw.choice((values, list(range(len(values))), [0.5] * len(values))) for name, values in columns.items()
    }
    path = folder / f"{table}.parquet"
    pd.DataFrame(numbers).to_parquet(path)
    path.write_bytes(damage(path.read_bytes(), draw))
    return _judged(table, read_columnar(path, path.name))


def survey(draw: random.Random, folder: Path) -> int:
    table = _table(draw)
    head, *lines = _lines(draw, table)
    numbers = {
        name: [float(len(line[i])) for line in lines]
        for i, name in enumerate(head[:4])
        if name.isidentifier() and len(name) < 30
    }
    words = {f"teks_{i}": ["".join(filter(str.isprintable, line[0]))[:200] for line in lines] for i in range(2)}
    kind = draw.choice((".dta", ".sav", ".zsav"))
    path = folder / f"{table}{kind}"
    if kind == ".dta":
        pyreadstat.write_dta(pd.DataFrame(numbers | words), str(path))
    else:
        pyreadstat.write_sav(pd.DataFrame(numbers | words), str(path), compress=kind == ".zsav")
    path.write_bytes(damage(path.read_bytes(), draw))
    return _judged(table, read_survey(path, path.name))


def cells(draw: random.Random, folder: Path) -> int:
    table = _table(draw)
    columns = {}
    length = draw.choice((1, 3, 30))
    for name in draw.sample(TABLES[table].names, draw.randint(1, len(TABLES[table].names))):
        values = [draw.choice(CELLS) if draw.random() < 0.9 else chr(draw.randrange(0xD7FF)) for _ in range(length)]
        columns[name] = pa.array(values, type=pa.large_string())
    return _judged(table, RawPart("sel.csv", pa.table(columns), np.arange(2, length + 2)))


_MAPPING = """
[perlu]
tanggal = "tanggal data"
[[tabel]]
nama = "penyaluran"
berkas = "*.csv"
wajib = ["nokk"]
[tabel.kolom]
nokk = "no_kk"
[tabel.nilai.tahap]
"Tahap 1" = "1"
[tabel.gabung]
penyaluran_id = ["no_kk", "tahap"]
[tabel.tetap]
tanggal_diketahui = "{tanggal}"
"""


def mapping(draw: random.Random, folder: Path) -> int:
    path = folder / "peta.toml"
    path.write_bytes(damage(_MAPPING.encode(), draw))
    fill = {"tanggal": draw.choice(("2025-09-30", "x", "{tanggal}", "9" * 50))}
    if draw.random() < 0.5:
        read_mapping(path, fill)
        return 0
    data = folder / "daftar.csv"
    data.write_bytes(damage(b"nokk,tahap,nominal\n9901010101010001,Tahap 1,600000\n9901010101010002,2,750000\n", draw))
    return _imported(data, path, fill)


_SHEETS = (
    ("verkom", b",NIK PENGURUS,,,,,,,JULI,,,,,Agustus,,,,,SEPTEMBER,,,,,,\n"
               b"1,9901014110000001,,9901014110000008,,,,,1,0,0,1,96%,,,,,,2,0,0,2,92%,ket,p\n" * 2),
    ("daftar_hadir", b"Modul 2 - Sesi 1\nDesa A - Kelompok B\n12 Mei 2025\nNo,No KK,Status Kehadiran\n"
                     b"1,9901010101010001,Hadir\n2,9901010101010002,Izin\n"),
    ("dtsen", b"nomor_kartu_keluarga;kode_kelurahan_desa;desil_nasional;aset_bergerak_mobil\n9901010101010001;9901010001;3;2\n"),
    ("penyaluran", b"nokk,tahap,nominal,bansos\n9901010101010001,Tahap 1,600000,PKH\n"),
    ("regsosek", b"no_kk,nik,tanggal_lahir,r405\n9901010101010001,9901014110000001,01/02/1990,1\n"),
)  # fmt: skip
_FILL = dict.fromkeys(("tanggal", "diketahui"), "2025-09-30") | {"tahun": "2025", "versi": "v2", "status": "cair"}


def layout(draw: random.Random, folder: Path) -> int:
    name, content = draw.choice(_SHEETS)
    path = folder / f"{name}.csv"
    path.write_bytes(damage(content * draw.choice((1, 1, 80)), draw))
    return _imported(path, name if name in layouts() else "dtsen", _FILL)


def _imported(path: Path, name: str | Path, fill: dict[str, str]) -> int:
    done = import_file(path, name, fill=fill)
    counts = done.quarantine.rows
    if (counts["rows_in"] != counts["rows_accepted"] + counts["rows_quarantined"]).any():
        raise LostRowError("rows in are not rows accepted and set aside")
    return int(counts["rows_in"].sum())


_SETTINGS = b"""
[recipe]
horizon = 4
capacity = 0.1
[ingest]
strict = true
quarantine_limit = 0.05
[lists]
goal = "hybrid"
monthly = 15
[machine]
workers = 2
memory_limit = "4GB"
[retention]
names_years = 5
"""


def settings(draw: random.Random, folder: Path) -> int:
    path = folder / "pkh.toml"
    path.write_bytes(damage(_SETTINGS, draw))
    read_settings(path)
    return 0


_LIST = "ABCDEFGHJKMN"
_ROWS = ("0123456789", "ABCDEFGHJK", "KMNPQRSTVW")


def _issued() -> pd.DataFrame:
    lines = [(_LIST, row, "run1", f"k{i:015x}", "d000000000000001", "2026-09-30") for i, row in enumerate(_ROWS)]
    return pd.DataFrame(lines, columns=list(ISSUED), dtype="str")


def feedback(draw: random.Random, folder: Path) -> int:
    kind = draw.choice((".xlsx", ".txt", ".csv"))
    path = folder / f"kembali{kind}"
    path.write_bytes(_ANSWERS[kind](draw))
    content = path.read_bytes()
    if kind == ".xlsx":
        require_harmless(content, path.name)
    delivery = monitoring.read_delivery(path)
    done = monitoring.take_in([delivery], _issued(), no_history(), received=date(2026, 11, 22))
    rows = done.rows.sum()
    parts = int(rows["rows_accepted"] + rows["rows_quarantined"] + rows["rows_unchanged"])
    if int(rows["rows_in"]) != len(delivery.rows) or parts != len(delivery.rows):
        raise LostRowError(f"{len(delivery.rows)} answers, {parts} accounted for")
    return len(delivery.rows)


def _answer_text(draw: random.Random) -> bytes:
    answers = [Answer(row, hasil="", tanggal_kunjungan="2026-11-12", catatan="baik") for row in _ROWS]
    return damage(encode(_LIST, answers).encode(), draw)


def _answer_csv(draw: random.Random) -> bytes:
    head = [
        "SubmissionDate",
        "daftar-list_id",
        "daftar-row_id",
        "hasil",
        "keputusan_keluarga",
        "tanggal_kunjungan",
        "catatan",
    ]
    memory = io.StringIO(newline="")
    lines = [["2026-11-12", _LIST, row, *(draw.choice(CELLS) for _ in head[3:])] for row in _ROWS]
    csv.writer(memory, delimiter=draw.choice(",;")).writerows([head, *lines])
    return damage(memory.getvalue().encode("utf-8", "replace"), draw)


def _answer_book(draw: random.Random) -> bytes:
    head = ["Nama", *LAYOUT.answers, LAYOUT.row_column]
    lines: list[list[Any]] = [["Judul"], head]
    lines += [["Ibu Contoh", *(draw.choice((*CELLS, 46_000, True)) for _ in LAYOUT.answers), row] for row in _ROWS]
    marks: list[list[Any]] = [[LAYOUT.list_key, _LIST], [LAYOUT.row_column, LAYOUT.seal_column]]
    return _damaged_book(_book({LAYOUT.sheet: lines, LAYOUT.marks: marks + [[row, "x"] for row in _ROWS]}), draw)


_ANSWERS: dict[str, Callable[[random.Random], bytes]] = {
    ".xlsx": _answer_book, ".txt": _answer_text, ".csv": _answer_csv
}  # fmt: skip


def quarantine(draw: random.Random, folder: Path) -> int:
    from pkh_graduation.records.quarantine_book import CELLS as EMPTIED
    from pkh_graduation.records.quarantine_book import HEADER, ROWS

    lines = [list(HEADER), *([draw.choice(CELLS) for _ in HEADER] for _ in range(3))]
    path = folder / "karantina.xlsx"
    path.write_bytes(_damaged_book(_book({ROWS: lines, EMPTIED: [list(HEADER)]}), draw))
    done = read_book(path)
    if len(done.frame) + len(done.problems) != done.filled:
        raise LostRowError("a filled line is neither taken nor a problem")
    return done.filled


KINDS: dict[str, Callable[[random.Random, Path], int]] = {
    "text": text, "cells": cells, "layout": layout, "mapping": mapping, "settings": settings, "feedback": feedback,
    "workbook": workbook, "parquet": parquet, "survey": survey, "quarantine": quarantine,
}  # fmt: skip
"""Kind of file -> what makes and reads one, and counts its cells (for kinds without columns, its rows)."""
