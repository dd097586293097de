"""A family keeps its name: what is known later, or mended in a later export, gives it no other."""

from collections.abc import Callable

import pandas as pd
import pytest
from conftest import KEY, Tables
from hypothesis import given
from hypothesis import strategies as st

from pkh_graduation.records import Ingested
from pkh_graduation.records.entities import Registry, keep_names, register

TakeIn = Callable[..., Ingested]
CARD, OTHER = "9901010101010001", "9901010101010009"
BROKEN = "9,90102E+15"

pair = st.tuples(
    st.sampled_from(["F1", "F2", "F3", CARD]), st.sampled_from([None, CARD, OTHER, "9901010101010005"]), st.integers(1, 9)
)  # fmt: skip


def registry(pairs: list[tuple[str, str | None, int]]) -> Registry:
    frame = pd.DataFrame(pairs, columns=["asal", "nomor", "diketahui"]).astype({"asal": object, "nomor": object})
    return register(frame, outside="kpm", number="kk", key=KEY)


@given(st.lists(pair, min_size=1, max_size=12), st.integers(1, 9))
def test_what_becomes_known_later_renames_nobody(pairs, day):
    known = [one for one in pairs if one[2] <= day]
    if not known:
        return
    then, now = registry(known), registry(pairs)
    numbers = {number for _, number, _ in known if number}
    for identifier in {one[0] for one in known} - {CARD}:
        assert then.name_outside(identifier) == now.name_outside(identifier)
    for number in numbers:
        assert then.name_number(number) == now.name_number(number)


def test_the_first_number_of_a_family_names_it_unless_the_family_was_known_before():
    assert registry([("F1", OTHER, 5), ("F1", CARD, 3)]).name_outside("F1") == f"kk:{CARD}"
    assert registry([("F1", None, 3), ("F1", CARD, 3)]).name_outside("F1") == f"kk:{CARD}"
    late = registry([("F1", None, 2), ("F1", CARD, 3)])
    assert late.name_outside("F1") == late.name_number(CARD) == "kpm:F1"


def ids(result: Ingested) -> dict[str, str]:
    """Outside id -> pseudonym of every family."""
    own = result.pairs[result.pairs["jenis"] == "kpm_id"]
    return dict(zip(own["asal"], own["id"], strict=True))


def test_a_number_that_is_whole_later_renames_nobody(take_in: TakeIn, tables: Tables) -> None:
    whole = dict(tables["identitas"][0])
    tables["identitas"][0]["no_kk"] = BROKEN
    before = ids(take_in(tables))
    tables["identitas"].append({**whole, "tanggal_diketahui": "2025-06-01"})
    assert ids(take_in(tables)) == before


def test_a_number_mended_in_place_renames_nobody_whom_the_vault_knows(take_in: TakeIn, tables: Tables) -> None:
    tables["penyaluran"].append(
        {**tables["penyaluran"][0], "penyaluran_id": "B9", "kpm_id": "", "no_kk": CARD, "tahap": 2}
    )
    whole = tables["identitas"][0].pop("no_kk")
    tables["identitas"][0]["no_kk"] = BROKEN
    before = take_in(tables)
    tables["identitas"][0]["no_kk"] = whole
    after = take_in(tables, earlier=before.pairs)
    assert ids(after) == ids(before)
    assert ids(take_in(tables)) != ids(before), "without the vault the number names her"
    paid = after.records.tables["penyaluran"]
    assert paid["kpm_id"].tolist().count(ids(before)["F1"]) == 2, "rows that hold her number are hers"
    again = take_in(tables, earlier=after.pairs)
    assert ids(again) == ids(before)
    assert again.records.digest == after.records.digest


def test_numbers_that_change_hands_never_make_two_families_one(take_in: TakeIn, tables: Tables) -> None:
    before = take_in(tables)
    first, second = tables["identitas"][:2]
    first["no_kk"], second["no_kk"] = second["no_kk"], first["no_kk"]
    after = ids(take_in(tables, earlier=before.pairs))
    assert len(set(after.values())) == len(after) == 3
    first["no_kk"] = OTHER
    moved = ids(take_in(tables, earlier=before.pairs))
    assert len(set(moved.values())) == 3
    assert moved["F3"] == ids(before)["F3"]


@given(st.lists(pair, min_size=1, max_size=8), st.lists(pair, min_size=1, max_size=8))
def test_names_are_kept_without_joining_families(earlier, later):
    then, now = registry(earlier), registry(later)
    asked = sorted({one[0] for one in earlier}) + (numbers := sorted({one[1] for one in earlier if one[1]}))
    is_number = [False] * (len(asked) - len(numbers)) + [True] * len(numbers)

    def names_of(one: Registry) -> list[str]:
        return [
            one.name_number(a) if number else one.name_outside(a) for a, number in zip(asked, is_number, strict=True)
        ]

    told = pd.DataFrame({"asal": asked, "nomor": is_number, "surrogat": then.surrogates_of(names_of(then))})
    kept = keep_names(now, told)
    everybody = {now.name_outside(one[0]) for one in earlier + later} | {
        now.name_number(one[1]) for one in later if one[1]
    }
    names = sorted(everybody)
    one = pd.Series(names).groupby(kept.surrogates_of(names)).apply(set)
    were = pd.Series(names_of(now)).groupby(told["surrogat"].to_numpy()).apply(set)
    for number, shared in one[one.map(len) > 1].items():
        assert shared <= were[number], "only what was one family is one under two names"
    again = keep_names(now, told.assign(surrogat=kept.surrogates_of(names_of(now))))
    assert again.surrogates_of(names).tolist() == kept.surrogates_of(names).tolist(), "the next ingest renames nobody"


@pytest.mark.parametrize("nothing", [True, False])
def test_nothing_earlier_keeps_nothing(take_in: TakeIn, tables: Tables, nothing: bool) -> None:
    result = take_in(tables)
    told = result.pairs.iloc[:0] if nothing else result.pairs
    assert take_in(tables, earlier=told).records.digest == result.records.digest
