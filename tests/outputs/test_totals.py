import numpy as np
import pandas as pd
import pytest
from handmade_lists import cut, make_lists, make_nation, summary
from hypothesis import given, settings
from hypothesis import strategies as st

from pkh_graduation.outputs.summary import BANDS, COUNTS
from pkh_graduation.outputs.totals import EVERYWHERE, Totals, total


def read(texts: pd.DataFrame) -> np.ndarray:
    """Printed numbers, hidden ones as not a number."""
    plain_text = texts.map(lambda text: text.replace(".", ""))
    return plain_text.map(lambda text: float(text) if text.isdigit() else np.nan).to_numpy()


def owned(told: Totals, table: pd.DataFrame, keys: list[str]) -> tuple[list[dict], list[pd.Series]]:
    """Rows of a table, and which pendamping are at home in each."""
    rows = table.to_dict("records")
    return rows, [(told.people[keys] == [row[key] for key in keys]).all(axis=1) for row in rows]


def worked_out(text: str, known: pd.Series, own: pd.Series) -> str:
    """What is printed, or the sum of the lists when all of them are known."""
    return str(known.astype(int).sum()) if 0 < own.sum() == len(known) else text


def test_parts_add_up_to_the_whole():
    lists = make_nation()
    whole, parts = total([summary(lists)]), total([summary(part, str(n)) for n, part in enumerate(cut(lists, 3))])
    assert whole.several
    for name in ("nation", "regions", "districts", "people", "reasons"):
        one, other = (getattr(each, name).reset_index(drop=True) for each in (whole, parts))
        pd.testing.assert_frame_equal(one, other)


def test_families_without_a_place_are_still_counted():
    lists = make_nation()
    lists.frame.loc[:9, ["pendamping_id", "kabupaten", "kecamatan"]] = pd.NA
    told = total([summary(lists)])
    assert told.regions.loc["", "dampingan"] == "10"
    assert told.nation["dampingan"].iloc[0] == "480"
    lists = make_lists()
    lists.frame.loc[:9, ["kabupaten", "kecamatan"]] = pd.NA
    told = total([summary(lists)])
    assert not told.several
    assert (told.regions.index, told.regions["dampingan"].tolist()) == ([""], ["60"])


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 4), st.integers(1, 4), st.sampled_from([12, 40, 90]))
def test_no_page_betrays_a_small_count(seed, kabupaten, pendamping, families):
    """Whoever reads all pages and subtracts once, in any sum there is, finds no count from 1 to 4."""
    lists = make_nation(kabupaten, pendamping, families, seed)
    told, open_told = total([summary(lists)]), summary(lists)
    true = {
        "people": pd.DataFrame(open_told.pendamping).sort_values("pendamping_id"),
        "districts": pd.DataFrame(open_told.kecamatan),
    }
    for name, counts in true.items():
        text, values = getattr(told, name)[COUNTS], counts[COUNTS].to_numpy()
        shown = read(text)
        assert (shown[~np.isnan(shown)] == values[~np.isnan(shown)]).all()
        assert not ((shown > 0) & (shown < 5)).any()
        assert (text.to_numpy()[(values > 0) & (values < 5)] == "–").all()
    # A reader knows that a list without a shortfall is as long as its quota, and so what such lists add up to.
    full = told.people["sebab"] == ""
    listed = told.people["terdaftar"].mask(full, told.people["kuota"])
    people = told.people[COUNTS].assign(terdaftar=listed)
    districts, regions, nation = (
        table[COUNTS].assign(
            terdaftar=[
                worked_out(row["terdaftar"], listed[own & (full | (listed == "0"))], own)
                for row, own in zip(*rows, strict=True)
            ]
        )
        for table, rows in (
            (told.districts, owned(told, told.districts, ["kabupaten", "kecamatan"])),
            (told.regions, owned(told, told.regions.reset_index(), ["kabupaten"])),
            (told.nation, ([told.nation.iloc[0]], [full | True])),
        )
    )
    groups = [
        (districts.iloc[[row]], people[own])
        for row, own in enumerate(owned(told, told.districts, ["kabupaten", "kecamatan"])[1])
    ]
    groups += [(regions.loc[[code]], districts[told.districts["kabupaten"] == code]) for code in regions.index]
    for above, below in [*groups, (nation, regions)]:
        assert (np.isnan(np.vstack([read(above), read(below)])).sum(axis=0) != 1).all()
    for table in (told.nation, told.regions, told.districts, told.people):
        assert (np.isnan(read(table[["dampingan", *BANDS]])).sum(axis=1) != 1).all()


def test_a_reason_cannot_be_worked_out_from_the_others():
    lists = make_lists()
    lists.frame["dikecualikan_karena"] = ["a"] * 30 + ["b"] * 20 + ["c"] * 3 + [""] * 7
    said = dict(total([summary(lists)]).reasons.query("kabupaten == ''")[["sebab", "keluarga"]].itertuples(index=False))
    assert said == {"a": "30", "b": "–", "c": "–"}
    assert set(total([summary(lists)]).reasons["kabupaten"]) == {"", EVERYWHERE}


def test_parts_that_do_not_belong_together_are_refused():
    lists = make_lists()
    with pytest.raises(ValueError, match="of 2: hand every part"):
        total([summary(lists), summary(lists, run_id="other")])
    with pytest.raises(ValueError, match="in two parts"):
        total([summary(lists), summary(lists, "01")])
    with pytest.raises(ValueError, match="these 0 parts"):
        total([])
