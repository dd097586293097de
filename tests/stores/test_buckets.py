"""Families lie together where they must, the same whatever comes later, and nothing is lost."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pkh_graduation.contracts import Quarantine, Records
from pkh_graduation.stores import open_store, read_bucket, read_store, write_store
from pkh_graduation.stores.buckets import assign

NEVER = 2**31 - 1


def clock(n: int, known=None, first: int = 0) -> dict:
    return {
        "record_id": np.arange(first, first + n),
        "row_key": np.arange(n),
        "day": pd.array([19_000] * n, dtype="Int32"),
        "known_day": np.array(known if known is not None else [19_000] * n, dtype="int32"),
        "superseded_day": np.full(n, NEVER, dtype="int32"),
        "batal": [False] * n,
    }


def kpm_id(kpm) -> list[str]:
    return [f"k{number:015x}" for number in kpm]


def homes(kpm, codes, known=None, kelompok=None) -> pd.DataFrame:
    n = len(kpm)
    return pd.DataFrame(
        {
            "kpm_id": kpm_id(kpm),
            "kpm": kpm,
            "kode_wilayah": codes,
            "kelompok": pd.array(kelompok or [None] * n, dtype="Int64"),
            **clock(n, known),
        }
    )


def members(anggota, kpm) -> pd.DataFrame:
    return pd.DataFrame({"anggota": anggota, "kpm_id": kpm_id(kpm), "kpm": kpm, **clock(len(kpm))})


def office(**tables: pd.DataFrame) -> Records:
    return Records(tables, True, "uji")


def nothing() -> Quarantine:
    rows = pd.DataFrame({name: [] for name in ("rows_in", "rows_accepted", "rows_quarantined")})
    return Quarantine(pd.DataFrame(columns=Quarantine.COLUMNS), rows)


def test_a_kabupaten_stays_whole_and_a_bucket_is_filled_in_order():
    records = office(
        keluarga=homes([1, 2, 3, 4, 5], ["3301010001", "3302010001", "3301020001", "3303010001", "3303010002"])
    )
    buckets = assign(records, per_bucket=3)
    assert buckets.kabupaten == (("3301", "3302"), ("3303",))
    assert buckets.of(np.array([1, 3, 2, 4, 5])).tolist() == [0, 0, 0, 1, 1]
    assert buckets.names == ["00", "01"]


def test_later_news_moves_nobody():
    first = ["3301010001", "3302010001"]
    before = assign(office(keluarga=homes([1, 2], first)), per_bucket=1)
    moved = homes([1, 2, 1], [*first, "3302010001"], known=[19_000, 19_000, 20_000])
    after = assign(office(keluarga=moved), per_bucket=1)
    assert before.of(np.array([1, 2])).tolist() == after.of(np.array([1, 2])).tolist() == [0, 1]


def test_families_that_share_a_member_or_a_name_lie_together():
    codes = ["3301010001", "3302010001", "3303010001", "3304010001"]
    links = pd.DataFrame({"kpm_baru": kpm_id([4]), "kpm_lama": kpm_id([3]), **clock(1)})
    records = office(keluarga=homes([1, 2, 3, 4], codes), anggota=members([7, 7, 8], [1, 2, 3]), tautan_kpm=links)
    number = assign(records, per_bucket=1).of(np.array([1, 2, 3, 4]))
    assert number[0] == number[1]
    assert number[2] == number[3]
    assert number[0] != number[2]


def test_a_kelompok_lies_wherever_it_has_families(tmp_path):
    groups = pd.DataFrame({"kelompok": pd.array([10, 11, 12], dtype="Int64"), **clock(3)})
    records = office(
        keluarga=homes([1, 2, 3], ["3301010001", "3302010001", "3302010001"], kelompok=[10, 10, 11]), kelompok=groups
    )
    store = open_store(write_store(records, nothing(), tmp_path, per_bucket=1))
    own = {bucket: read_bucket(store, bucket).tables["kelompok"]["kelompok"].tolist() for bucket in store.buckets}
    assert own == {"00": [10, 12], "01": [10, 11]}
    pd.testing.assert_frame_equal(read_store(tmp_path).tables["kelompok"], groups)


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 9), st.integers(1, 4), st.integers(0, 3)), min_size=1, max_size=40),
    st.integers(1, 6),
)
def test_what_goes_in_comes_out(tmp_path_factory, rows, per_bucket):
    kpm = [row[0] for row in rows]
    records = office(
        keluarga=homes(kpm, [f"330{row[1]}010001" for row in rows]), anggota=members([row[2] for row in rows], kpm)
    )
    folder = tmp_path_factory.mktemp("gudang")
    store = open_store(write_store(records, nothing(), folder, per_bucket=per_bucket))
    for name, table in read_store(folder).tables.items():
        pd.testing.assert_frame_equal(table, records.tables[name])
    entities = [set(read_bucket(store, bucket).tables["anggota"]["anggota"]) for bucket in store.buckets]
    assert sum(map(len, entities)) == len(set().union(*entities)), "a member lies in two buckets"


def test_a_bucket_gives_only_the_columns_asked_for_and_the_clock(tmp_path):
    write_store(office(keluarga=homes([1], ["3301010001"])), nothing(), tmp_path)
    store = open_store(tmp_path)
    table = read_bucket(store, "00", {"keluarga": ("kpm", "tidak_ada")}).tables["keluarga"]
    assert set(table.columns) == {"kpm", *clock(0)}


def test_what_is_asked_for_most_comes_first_in_a_file(tmp_path):
    told = members([7, 7, 8, 8, 9], [1, 1, 1, 1, 2])
    told["day"] = pd.array([19_000, 19_100, 19_200, 19_200, 19_000], dtype="Int32")
    told.loc[3, "batal"] = True
    paid = members([1, 1, 1], [2, 1, 1])
    paid["day"] = pd.array([21_000, 15_000, 20_500], dtype="Int32")
    homed = homes([1, 2], ["3301010001", "3301010001"])
    store = open_store(
        write_store(office(keluarga=homed, anggota=told, penyaluran=paid), nothing(), tmp_path, per_bucket=9)
    )
    tables = read_bucket(store, "00").tables
    assert tables["anggota"]["record_id"].tolist() == [1, 2, 4, 0, 3]
    assert tables["penyaluran"]["record_id"].tolist() == [2, 0, 1]


def test_a_bucket_must_hold_someone():
    with pytest.raises(ValueError, match="at least one family"):
        assign(office(), per_bucket=0)
