import dataclasses
import io
import re
import textwrap

import pytest
from handmade_lists import cut, make_lists, make_nation, make_vault, summary
from hypothesis import given
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from pkh_graduation.outputs import coordinator_book, words, write_index, write_lists
from pkh_graduation.outputs.coordinator import Table, nation_summary, region_summary
from pkh_graduation.outputs.overview import shown
from pkh_graduation.outputs.summary import GROUPS, MEASURES, STAGES, groups
from pkh_graduation.outputs.totals import Totals, total

QUARANTINE = {"usaha": {"rows_in": 1200, "rows_quarantined": 3}, "anggota": {"rows_in": 900, "rows_quarantined": 40}}


@pytest.fixture(scope="module")
def nation() -> Totals:
    return total([summary(part, f"{number}") for number, part in enumerate(cut(make_nation(families=60), 2))])


def table(tables: tuple[Table, ...], name: str) -> Table:
    return next(each for each in tables if each.name == name)


def test_groups_add_up_to_their_measure():
    lists = make_nation()
    long = groups(lists)
    frame = lists.frame
    whole = {"dampingan": len(frame), "terdaftar": frame["urutan"].notna().sum(), "diproses": frame["proses"].notna().sum(),
             "siap_dibahas": (frame["kategori"] == "siap_dibahas").sum()}  # fmt: skip
    for (title, measure), rows in long.groupby(["tabel", "ukuran"]):
        assert rows["keluarga"].sum() == whole[measure], title
    assert set(long["tabel"]) == {STAGES, GROUPS["kepala_perempuan"][0]}
    assert set(long.loc[long["tabel"] != STAGES, "ukuran"]) == set(MEASURES)


def test_no_small_count_is_printed_and_none_follows_by_subtraction(nation):
    """Of each group table, with its total, never exactly one number is hidden."""
    whole = nation.nation.iloc[0]
    for (code, title, measure), rows in nation.groups.groupby(["kabupaten", "tabel", "ukuran"]):
        told = [shown(text) for text in rows["keluarga"]]
        assert all(count is None or count == 0 or count >= 5 for count in told)
        above = whole[measure] if code == "*" else nation.regions.at[code, measure]
        hidden = [text for text in [*rows["keluarga"], above] if shown(text) is None]
        assert len(hidden) != 1, (code, title, measure)


def test_pages_tell_target_fairness_reasons_and_quarantine(nation):
    made = nation_summary(nation, {}, QUARANTINE)
    assert [each.name for each in made.tables] == ["Target", "Kabupaten", "Kesetaraan", "Sebab", "Karantina"]
    target = table(made.tables, "Target")
    assert target.rows[0][:2] == ("Kuota setahun", nation.nation["kuota"].iloc[0])
    assert any(row[0] == "Kasus: usulan" for row in target.rows)
    assert [row[1:] for row in table(made.tables, "Karantina").rows] == [("900", "40"), ("1.200", "–")]
    own = region_summary(nation, {}, "3301", QUARANTINE)
    assert "Karantina" not in [each.name for each in own.tables] and own.up == "../index.html"
    places = table(own.tables, "Kecamatan")
    assert places.total and places.rows[-1][0] == "Jumlah"
    for row, bar in zip(places.rows, places.bars, strict=True):
        known = shown(row[1]) and shown(row[2]) is not None
        assert (bar is None) == (not known) and (row[-1] == "") == (not known)


def test_workbook_holds_the_tables_of_the_page(tmp_path):
    lists = make_nation()
    write_lists(lists, tmp_path, vault=make_vault(lists))
    for page in ("index", "kabupaten/3302"):
        book = CalamineWorkbook.from_filelike(io.BytesIO((tmp_path / f"{page}.xlsx").read_bytes()))
        text = (tmp_path / f"{page}.html").read_text("utf-8")
        told = [book.get_sheet_by_name(name).to_python() for name in book.sheet_names]
        assert len(told) == len(re.findall("<table>", text)) >= 4
        assert all(words.TOOL in str(sheet) for sheet in told)
        assert not re.search("Ibu Siti|Melati|k0000", str(told))
        for sheet in told:
            assert all(not isinstance(cell, float) for row in sheet for cell in row)
            for cell in sheet[-1]:
                assert cell == "" or str(cell).replace("<", "&lt;") in text


def test_lists_of_parts_that_tell_no_groups_have_pages_too():
    bare = dataclasses.replace(summary(make_lists()), golongan=[])
    made = region_summary(total([bare]), {})
    assert table(made.tables, "Kesetaraan").rows == [] and len(table(made.tables, "Target").rows) == 2


def test_quarantine_reaches_the_index(lists, vault, tmp_path):
    write_index([dataclasses.replace(summary(lists), files=[])], tmp_path, quarantine=QUARANTINE)
    assert "Karantina data" in (tmp_path / "index.html").read_text("utf-8")


@given(st.lists(st.text("ab<,", min_size=1, max_size=12), min_size=1, max_size=8).map(" ".join), st.integers(4, 40))
def test_a_row_of_the_workbook_is_high_enough_for_every_line_of_its_text(text, room):
    assert coordinator_book._lines(text, room) == len(textwrap.wrap(text, room))
