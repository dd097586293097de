"""The store gives back what it was given, or says why not."""

import json

import pandas as pd
import pytest

from pkh_graduation.contracts import Quarantine, Records
from pkh_graduation.stores import DamagedError, StoreError, read_store, write_store


def some_records() -> tuple[Records, Quarantine]:
    table = pd.DataFrame(
        {
            "kpm_id": ["k1", "k2"],
            "kpm": [1, 2],
            "nominal": pd.array([750_000, None], dtype="Int64"),
            "record_id": [0, 1],
            "row_key": [7, 8],
            "day": pd.array([19000, None], dtype="Int32"),
            "known_day": pd.array([19001, 19002], dtype="int32"),
            "superseded_day": pd.array([2**31 - 1] * 2, dtype="int32"),
            "batal": [False, True],
        }
    )
    rejected = pd.DataFrame(
        [("penyaluran", "a.csv", 3, "nominal", "x", "angka", "bukan angka")], columns=Quarantine.COLUMNS
    )
    rows = pd.DataFrame({"rows_in": [3], "rows_accepted": [2], "rows_quarantined": [1]}, index=["penyaluran"])
    return Records({"penyaluran": table}, True, "abc", ("kunjungan",)), Quarantine(rejected, rows)


def test_round_trip(tmp_path):
    records, quarantine = some_records()
    back = read_store(write_store(records, quarantine, tmp_path / "store"))
    assert (back.sintetis, back.digest, back.missing) == (True, "abc", ("kunjungan",))
    pd.testing.assert_frame_equal(back.tables["penyaluran"], records.tables["penyaluran"])


def test_a_table_that_is_gone_is_not_left_over(tmp_path):
    records, quarantine = some_records()
    write_store(records, quarantine, tmp_path)
    write_store(Records({}, True, "x"), quarantine, tmp_path)
    assert [path.name for path in tmp_path.rglob("*.parquet")] == ["karantina.parquet"]


def test_unfinished_and_foreign_stores_are_refused(tmp_path):
    with pytest.raises(StoreError, match="pkh-graduation ingest"):
        read_store(tmp_path)
    write_store(*some_records(), tmp_path)
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    (tmp_path / "manifest.json").write_text(json.dumps({**manifest, "schema": 99}))
    with pytest.raises(StoreError, match="99"):
        read_store(tmp_path)


def test_damaged_stores_say_so_and_name_the_file(tmp_path):
    write_store(*some_records(), tmp_path)
    path = tmp_path / "bucket=00" / "penyaluran.parquet"
    whole = path.read_bytes()
    for hurt in (whole[: len(whole) // 2], b"", bytes(len(whole))):
        path.write_bytes(hurt)
        with pytest.raises(DamagedError, match=r"penyaluran\.parquet cannot be read: it is damaged"):
            read_store(tmp_path)
    (tmp_path / "manifest.json").write_text('{"schema": 2')
    with pytest.raises(StoreError, match=r"manifest\.json is damaged .*ingest"):
        read_store(tmp_path)


def test_a_missing_or_shortened_table_is_noticed(tmp_path):
    write_store(*some_records(), tmp_path)
    path = tmp_path / "bucket=00" / "penyaluran.parquet"
    pd.read_parquet(path).head(1).to_parquet(path)
    with pytest.raises(StoreError, match="holds 1 rows"):
        read_store(tmp_path)
    path.unlink()
    with pytest.raises(StoreError, match="lacks the file"):
        read_store(tmp_path)
