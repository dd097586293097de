"""Workbook: one caseload as XLSX, to be filled in with a thumb, printed on A4 and handed back.

All text is written as text: nothing that starts like a formula, a link or a number is ever one. Locked cells guide, they
hide nothing. The file's date is the list's as-of date, so that equal lists are equal bytes. Where answers and marks stand is
`programme.returns.LAYOUT`, by which the importer reads. All but the rows is `blank_book`.
"""

from __future__ import annotations

from collections.abc import Sequence

from pkh_graduation.outputs import words
from pkh_graduation.outputs.blank_book import (
    ALL,
    BESIDE,
    CHANCE_PLACE,
    IN_PROCESS,
    LIST,
    PLAN,
    SHEETS,
    TOP,
    Blank,
    blank_book,
)
from pkh_graduation.outputs.cells import LINE_POINTS, figure, row_of
from pkh_graduation.outputs.columns import ALL_COLUMNS, BESIDE_COLUMNS, LIST_COLUMNS, PLAN_COLUMNS, Answer, Column
from pkh_graduation.outputs.moulds import HIGHEST, LAST_RULED, Filling
from pkh_graduation.outputs.views import About, Caseload, Family
from pkh_graduation.programme.returns import LAYOUT, seal

NATURAL = words.BESIDE[1][0]
_HEAD_POINTS = 2 * LINE_POINTS + 6


def make_workbook(caseload: Caseload, about: About) -> bytes:
    """Write one caseload as a workbook.

    ``Daftar``: the list with columns to fill in; ``Rencana``: the visits month by month; ``Lain``: the lists apart, if anybody
    is on them; ``Dampingan``: everyone. Ids of list and rows, by which the importer matches answers (never by row number), and
    seals of the locked cells stand on a sheet that no menu shows.
    """
    plan, beside = caseload.rencana, any(family.lain for family in caseload.semua)
    blank = blank_book(about, min(len(caseload.daftar), 2), min(sum(map(len, plan)), 2), beside)
    tag = f" · {about.tag}" if about.tag else ""
    title = f"Daftar prioritas pendamping {caseload.pendamping}, per {words.date(about.as_of)}{tag}"
    listed, marks = _listed(blank, caseload, title, about)
    return blank.mould.pour(
        [
            listed,
            *([_planned(blank, plan, title)] if plan else []),
            *([_beside(blank, caseload, title)] if beside else []),
            _everyone(blank, caseload, title),
            _marks(caseload, about, marks),
        ]
    )


def _listed(blank: Blank, caseload: Caseload, title: str, about: About) -> tuple[Filling, list[tuple[str, str]]]:
    """The list; and id and seal of each of its rows."""
    filled = f"Kuota setahun: {caseload.kuota} keluarga. Terisi: {len(caseload.daftar)}." + (
        f" Sebab: {caseload.sebab}." if caseload.sebab else ""
    )
    floors = f"Lantai yang tidak terpenuhi: {caseload.lantai}." if caseload.lantai else ""
    above = [(words.TOOL, "tool"), (f"{about.ranking} {filled}", "note")]
    above += [(line, "note") for line in (words.SIMILAR, words.APPEAL, floors)]
    rows = [*_lines(blank, [(title, "title"), *above]), _heads(blank, LIST, _HEAD_POINTS)]
    look, style = blank.looks[LIST], blank.styles["chance"]
    columns = _columns(LIST_COLUMNS, caseload.daftar)
    chances = [None if family.p is None else round(family.p, 6) for family in caseload.daftar]
    ids = [family.baris for family in caseload.daftar]
    bars = [None if chance is None else figure(style, chance) for chance in chances]
    rows += look.rows(len(rows), [*columns, ids], {CHANCE_PLACE: bars})
    shown = [
        *columns[:CHANCE_PLACE],
        [text if chance is None else chance for text, chance in zip(columns[CHANCE_PLACE], chances, strict=True)],
        *columns[CHANCE_PLACE + 1 :],
    ]
    marks = [(name, seal(cells)) for name, cells in zip(ids, zip(*shown, strict=True), strict=True)]
    told = {LAST_RULED: len(rows), HIGHEST: max([0.01, *(family.p or 0.0 for family in caseload.daftar)])}
    last = len(rows)
    if caseload.diproses:
        rows += _in_process(blank, caseload.diproses, last + 1)
        last += 2 + len(caseload.diproses)
    return Filling(rows, last, told), marks


def _in_process(blank: Blank, families: Sequence[Family], row: int) -> list[str]:
    line = "Sedang diproses (bukan usulan baru, tidak dihitung dalam kuota)"
    told = [[getattr(family, name) for family in families] for name in IN_PROCESS]
    return [row_of(row, [line], [blank.styles["tool"]]), *blank.in_process.rows(row + 1, told)]


def _planned(blank: Blank, plan: Sequence[Sequence[Family]], title: str) -> Filling:
    """Visits month by month, desa by desa, with the work result under which each is reported."""
    families = [family for month in plan for family in month]
    note = (
        f"Rencana kerja kunjungan: {len(families)} keluarga, paling banyak {max(map(len, plan))} sebulan, "
        "berurut per desa. Kegiatan menurut RHK; laporkan yang sudah terlaksana."
    )
    rows = [*_lines(blank, [(title, "title"), (note, "note")]), _heads(blank, PLAN, _HEAD_POINTS)]
    rows += blank.looks[PLAN].rows(len(rows), _columns(PLAN_COLUMNS, families))
    ruled = len(rows)
    rows.append(row_of(ruled + 1, ["Jumlah kunjungan yang direncanakan"], [blank.styles["tool"]]))
    for row, (number, month) in enumerate(enumerate(plan, 1), ruled + 2):
        rows.append(row_of(row, [f"Bulan ke-{number}", f"{len(month)} kunjungan"], [blank.styles["cell"]] * 2))
    return Filling(rows, ruled + 2 + len(plan), {LAST_RULED: ruled})


def _beside(blank: Blank, caseload: Caseload, title: str) -> Filling:
    """The lists apart: protection that goes on, and natural exits to prepare for."""
    rows, look = [*_lines(blank, [(title, "title")]), _heads(blank, BESIDE)], blank.looks[BESIDE]
    row = len(rows)
    for name, head, note in words.BESIDE:
        families = caseload.beside(name)
        rows.append(row_of(row, [f"{head}: {len(families)} keluarga. {note}"], [blank.styles["tool"]]))
        columns = _columns(BESIDE_COLUMNS, families)
        rows += look.rows(row + 1, columns if name == NATURAL else [*columns[:-1], [""] * len(families)])
        row += len(families) + 2
    return Filling(rows, row - 1)


def _everyone(blank: Blank, caseload: Caseload, title: str) -> Filling:
    note = f"Seluruh keluarga dampingan: {words.number(len(caseload.semua))}. {words.TOOL}"
    rows = [*_lines(blank, [(title, "title"), (note, "note")]), _heads(blank, ALL, _HEAD_POINTS)]
    rows += blank.looks[ALL].rows(len(rows), _columns(ALL_COLUMNS, caseload.semua))
    return Filling(rows, len(rows))


def _marks(caseload: Caseload, about: About, marks: Sequence[tuple[str, str]]) -> Filling:
    head = [
        (LAYOUT.list_key, caseload.list_id),
        ("run_id", about.run_id),
        ("tanggal_acuan", about.as_of.isoformat()),
        ("model_versi", about.model),
        (LAYOUT.row_column, LAYOUT.seal_column),
    ]
    rows = [row_of(row, cells, [0, 0]) for row, cells in enumerate([*head, *marks])]
    return Filling(rows, len(rows))


def _columns(columns: Sequence[Column], families: Sequence[Family]) -> list[list[str]]:
    """What each column says of each family."""
    return [[column.text(family) for family in families] for column in columns]


def _lines(blank: Blank, lines: Sequence[tuple[str, str]]) -> list[str]:
    """Lines of text from the first row, each in its style."""
    return [row_of(row, [line], [blank.styles[style]]) for row, (line, style) in enumerate(lines)]


def _heads(blank: Blank, sheet: str, height: float | None = None) -> str:
    """The names of a sheet's columns; those to be filled in stand out."""
    columns = SHEETS[sheet]
    looks = [blank.styles["ask" if isinstance(column, Answer) else "head"] for column in columns]
    return row_of(TOP[sheet], [column.name for column in columns], looks, height)
