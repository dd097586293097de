"""Made-up lists and returned files for the tests of monitoring."""

import io
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd
import xlsxwriter

from pkh_graduation.programme.returns import LAYOUT, Answer, encode, list_id, row_id, seal

RUN, AS_OF = "lari-1", "2026-09-30"
LISTS = {who: list_id(RUN, who) for who in ("d1", "d2")}
FAMILIES = {"d1": [f"k{n:015x}" for n in range(4)], "d2": [f"k{n:015x}" for n in range(4, 7)]}


def row(kpm: str) -> str:
    """Row id of a family on its list of the first run."""
    who = next(who for who, families in FAMILIES.items() if kpm in families)
    return row_id(LISTS[who], kpm)


def issued() -> pd.DataFrame:
    """Register of two lists."""
    lines = [
        (LISTS[who], row_id(LISTS[who], kpm), RUN, kpm, who, AS_OF, place, "siap_dibahas", "model", 1.0)
        for who, families in FAMILIES.items()
        for place, kpm in enumerate(families, 1)
    ]
    names = [
        "list_id",
        "row_id",
        "run_id",
        "kpm_id",
        "pendamping_id",
        "tanggal_acuan",
        "urutan",
        "kategori",
        "slot",
        "propensi",
    ]
    return pd.DataFrame(lines, columns=names)


def text_file(folder: Path, name: str, who: str, rows: Sequence[Answer], before: str = "") -> Path:
    """A chat with the short text of some answers."""
    path = folder / name
    path.write_text(before + encode(LISTS[who], rows) + "\nterima kasih", encoding="utf-8")
    return path


def book_file(
    folder: Path,
    name: str,
    who: str,
    answers: Mapping[str, Mapping[str, object]],
    *,
    edited: Mapping[str, str] | None = None,
    rows: Sequence[str] | None = None,
    marks: bool = True,
) -> Path:
    """A workbook as the list's writer lays it out; ``edited``: family -> another name in its locked cell."""
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True})
    date = book.add_format({"num_format": "dd/mm/yyyy"})
    sheet = book.add_worksheet(LAYOUT.sheet)
    locked = ["No", "Nama pengurus", "Peluang 12 bln"]
    head = [*locked, *LAYOUT.answers, LAYOUT.row_column]
    sheet.write_row(2, 0, head)
    kept = []
    for number, kpm in enumerate(rows or FAMILIES[who], 1):
        cells: list[str | float] = [str(number), f"Ibu {kpm[-1]}", 0.123456 + number / 100]
        kept.append((row(kpm), seal(cells)))
        cells[1] = (edited or {}).get(kpm, str(cells[1]))
        for place, cell in enumerate(cells):
            sheet.write(2 + number, place, cell)
        said = answers.get(kpm, {})
        for place, column in enumerate(LAYOUT.answers.values(), len(locked)):
            if column in said:
                value = said[column]
                if hasattr(value, "year"):
                    sheet.write_datetime(2 + number, place, value, date)
                else:
                    sheet.write(2 + number, place, value)
        sheet.write_string(2 + number, len(head) - 1, row(kpm))
    if marks:
        hidden = book.add_worksheet(LAYOUT.marks)
        hidden.write_row(0, 0, [LAYOUT.list_key, LISTS[who]])
        hidden.write_row(1, 0, ["tanggal_acuan", AS_OF])
        hidden.write_row(2, 0, [LAYOUT.row_column, LAYOUT.seal_column])
        for place, pair in enumerate(kept, 3):
            hidden.write_row(place, 0, pair)
        hidden.very_hidden()
    book.close()
    path = folder / name
    path.write_bytes(buffer.getvalue())
    return path


def odk_file(folder: Path, name: str, records: Sequence[Mapping[str, str]]) -> Path:
    """An export of ODK: groups before the names, one line per submission."""
    path = folder / name
    titles = {
        "SubmissionDate": "SubmissionDate", "list_id": "daftar-list_id", "row_id": "daftar-row_id", "hasil": "kunjungan-hasil",
        "keputusan_keluarga": "kunjungan-keputusan_keluarga", "keputusan": "keputusan",
        "tanggal_kunjungan": "kunjungan-tanggal_kunjungan", "catatan": "catatan",
    }  # fmt: skip
    lines = [{title: record.get(own, "") for own, title in titles.items()} | {"KEY": "uuid:1"} for record in records]
    pd.DataFrame(lines).to_csv(path, index=False)
    return path
