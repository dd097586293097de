"""ODS sheets that repeat cells: what a reader would hold is told without holding it."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from pkh_graduation.records import RecordsError
from pkh_graduation.records.archive import require_harmless
from pkh_graduation.records.ods_bounds import Repetitions
from pkh_graduation.records.schemas import TABLES
from pkh_graduation.records.workbook import read_workbook

HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?><office:document-content '
    'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
    'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body><office:spreadsheet>'
)
TAIL = "</office:spreadsheet></office:body></office:document-content>"
EMPTY = '<table:table-cell table:number-columns-repeated="{times}"/>'
FULL = (
    '<table:table-cell office:value-type="string" table:number-columns-repeated="{times}"><text:p>{said}</text:p>'
    "</table:table-cell>"
)
ROW = '<table:table-row table:number-rows-repeated="{times}">{cells}</table:table-row>'
MANIFEST = '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>'
Lines = list[tuple[int, list[tuple[int, bool]]]]


def cell(times: int, said: str = "x") -> str:
    return FULL.format(times=times, said=said)


def content(*rows: str) -> str:
    return f'{HEAD}<table:table table:name="Data">{"".join(rows)}</table:table>{TAIL}'


def book(path: Path, text: str) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet", zipfile.ZIP_STORED)
        archive.writestr("content.xml", text)
        archive.writestr("META-INF/manifest.xml", MANIFEST)
    return path


def written(lines: Lines) -> str:
    return content(
        *(
            ROW.format(times=rows, cells="".join(cell(n) if says else EMPTY.format(times=n) for n, says in cells))
            for rows, cells in lines
        )
    )


def seen(text: str, size: int) -> Repetitions:
    found, data = Repetitions(), text.encode()
    for start in range(0, len(data), size):
        found.see(data[start : start + size])
    return found


LINES = st.lists(
    st.tuples(st.integers(1, 4), st.lists(st.tuples(st.integers(1, 4), st.booleans()), max_size=4)), max_size=5
)


@settings(max_examples=60, deadline=None)
@given(LINES, st.integers(1, 400))
def test_the_rectangle_is_that_of_the_sheet_written_out(lines: Lines, size: int) -> None:
    plain = [[says for times, says in cells for _ in range(times)] for rows, cells in lines for _ in range(rows)]
    widths = [max((at + 1 for at, says in enumerate(row) if says), default=0) for row in plain]
    height = max((at + 1 for at, width in enumerate(widths) if width), default=0)
    found = seen(written(lines), size)
    assert not found.damaged
    assert found.cells == height * max(widths, default=0)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(LINES)
def test_a_reader_holds_no_more_than_was_told(tmp_path: Path, lines: Lines) -> None:
    held = CalamineWorkbook.from_path(str(book(tmp_path / "a.ods", written(lines)))).get_sheet_by_index(0)
    assert held.height * held.width <= seen(written(lines), 1 << 20).cells


@pytest.mark.parametrize(
    "rows",
    [
        [ROW.format(times=1_048_576, cells=cell(16_384))],
        [ROW.format(times=40_000, cells=cell(2_000))],
        [ROW.format(times=1, cells=cell(1)), *[ROW.format(times=1_000, cells=cell(1_000))] * 60],
        [ROW.format(times=1_000_000, cells=EMPTY.format(times=900) + cell(1))],
        [
            ROW.format(
                times=1, cells="<table:table-cell table:number-columns-repeated='999999999' office:value-type='b'/>"
            )
        ],
        [ROW.format(times="many", cells=cell(1))],
    ],
)
def test_a_few_bytes_that_ask_for_billions_of_cells_are_refused(tmp_path: Path, rows: list[str]) -> None:
    path = book(tmp_path / "a.ods", content(*rows))
    assert path.stat().st_size < 5_000
    with pytest.raises(RecordsError, match="more than 48,000,000 cells"):
        require_harmless(path, "a.ods")


@pytest.mark.parametrize(
    "text",
    [
        content(cell(1))[:200] + "<" * 40,
        '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]>' + content(ROW.format(times=1, cells="&b;")),
        "",
    ],
)
def test_text_that_is_none_or_declares_its_own_is_no_workbook(tmp_path: Path, text: str) -> None:
    path = book(tmp_path / "identitas.ods", text)
    with pytest.raises(RecordsError, match="Save it again"):
        read_workbook(path, path.name, set(TABLES["identitas"].names))


def test_the_empty_rest_of_a_sheet_counts_for_nothing_and_the_table_is_read(tmp_path: Path) -> None:
    head = "".join(cell(1, name) for name in ("kpm_id", "nama_pengurus"))
    line = "".join(cell(1, said) for said in ("F1", "Ibu Contoh"))
    rest = EMPTY.format(times=16_382)
    rows = [ROW.format(times=1, cells=head + rest), ROW.format(times=2, cells=line + rest)]
    path = book(
        tmp_path / "identitas.ods", content(*rows, ROW.format(times=1_048_573, cells=EMPTY.format(times=16_384)))
    )
    part = read_workbook(path, path.name, set(TABLES["identitas"].names))
    assert part.table.column("kpm_id").to_pylist() == ["F1", "F1"]
