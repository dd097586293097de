"""The tiles of a coordinator's page say what its tables say, and draw nothing that is hidden."""

import re

import pytest
from handmade_lists import cut, make_nation, summary
from hypothesis import given
from hypothesis import strategies as st

from pkh_graduation.outputs import words, write_lists
from pkh_graduation.outputs.charts import ring, thin
from pkh_graduation.outputs.coordinator import nation_summary, region_summary
from pkh_graduation.outputs.overview import added, band_slices, share, shown
from pkh_graduation.outputs.summary import BANDS
from pkh_graduation.outputs.totals import Totals, total


@pytest.fixture(scope="module")
def nation() -> Totals:
    return total([summary(part, f"{number}") for number, part in enumerate(cut(make_nation(families=60), 2))])


@given(st.lists(st.integers(0, 5000), max_size=6), st.booleans())
def test_a_sum_of_printed_counts_is_told_only_if_each_of_them_is(counts, hidden):
    texts = [words.number(count) for count in counts] + ["–"] * hidden
    assert shown(added(texts)) == (None if hidden else sum(counts))


def test_tiles_are_the_rows_of_the_table_in_its_order(nation):
    for made in (nation_summary(nation, {}), region_summary(nation, {}, "3301")):
        places = next(table for table in made.tables if table.total)
        assert [tile.name for tile in made.overview.tiles] == [row[0] for row in places.rows[:-1]]
        for tile, row in zip(made.overview.tiles, places.rows[:-1], strict=True):
            hidden = "dampingan tidak ditampilkan"
            assert tile.lines[1] == (hidden if row[1] == "–" else f"{row[1]} keluarga dampingan")
            if len(tile.lines) > 2:
                assert tile.lines[2] == f"{row[-1]} dari 100 di daftar"


def test_progress_is_that_of_the_places_of_the_pendamping_there(nation):
    people = nation.people[nation.people["kabupaten"] == "3301"]
    for tile in region_summary(nation, {}, "3301").overview.tiles:
        own = people[people["kecamatan"] == tile.name]
        listed, quota = added(own["terdaftar"]), added(own["kuota"])
        assert tile.lines[0] == (f"{quota} tempat kuota" if listed == "–" else f"{listed} dari {quota} tempat kuota")
        assert tile.progress == share(listed, quota)


def test_what_is_hidden_is_not_drawn(nation):
    row = dict.fromkeys(BANDS, "12")
    assert sum(part.size for part in band_slices(row)) == 36
    assert band_slices({**row, BANDS[1]: "–"}) == band_slices({**row, BANDS[0]: "–"}) == ()
    assert thin(()) == "" and "arc" not in ring(None) and "–" in ring(None)
    tiles = region_summary(nation, {}, "3301").overview.tiles
    for tile in tiles:
        assert (tile.progress is not None) == (" dari " in tile.lines[0])
    assert any(tile.progress is not None for tile in tiles)


def test_a_ring_is_as_full_as_its_share():
    assert 'stroke-dasharray="25.0 100"' in ring(0.25) and "25 %" in ring(0.25)
    assert 'stroke-dasharray="100.0 100"' in ring(1.4) and "140 %" in ring(1.4)
    assert "arc" not in ring(0.0) and "0 %" in ring(0.0)


def test_pages_carry_the_picture_and_the_nations_leads_on(tmp_path):
    write_lists(make_nation(), tmp_path, formats=("html",))
    top, below = ((tmp_path / name).read_text("utf-8") for name in ("index.html", "kabupaten/3302.html"))
    for page, tiles in ((top, 3), (below, 2)):
        assert page.count('class="ring"') == tiles and "bukan peta" in page
        assert "k0000" not in page
    leads = re.findall(r'href="(kabupaten/\d+\.html)"', top[: top.index("<table>")])
    assert leads == [f"kabupaten/330{number}.html" for number in (1, 2, 3)]
