"""A file is written whole or not at all."""

import errno
import json

import pandas as pd
import pyarrow.parquet as pq
import pytest

from pkh_graduation.stores import (
    DamagedError,
    columns_of,
    read_frame,
    write_bytes,
    write_frame,
    write_json,
    write_text,
)


def test_round_trips(tmp_path):
    assert write_text(tmp_path / "a" / "b.txt", "Bu Sinta\n").read_text() == "Bu Sinta\n"
    assert json.loads(write_json(tmp_path / "c.json", {"b": 1, "a": None}).read_text()) == {"a": None, "b": 1}
    frame = pd.DataFrame({"x": pd.array([1, None], dtype="Int32")}, index=pd.Index(["a", "b"], name="kpm_id"))
    pd.testing.assert_frame_equal(pd.read_parquet(write_frame(tmp_path / "d.parquet", frame)), frame)


def test_equal_json_gives_equal_bytes(tmp_path):
    one = write_json(tmp_path / "1.json", {"b": 1, "a": 2}).read_bytes()
    assert one == write_json(tmp_path / "2.json", {"a": 2, "b": 1}).read_bytes()


def test_json_refuses_what_is_not_a_number(tmp_path):
    with pytest.raises(ValueError, match="JSON"):
        write_json(tmp_path / "a.json", {"x": float("nan")})
    assert not list(tmp_path.iterdir())


def test_a_failed_write_leaves_the_old_file_and_no_litter(tmp_path):
    path = write_bytes(tmp_path / "a", b"old")
    with pytest.raises(TypeError):
        write_bytes(path, "text is no bytes")
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["a"]


def test_a_file_that_cannot_be_read_is_named_and_nothing_of_it_is_shown(tmp_path):
    path = write_frame(tmp_path / "a.parquet", pd.DataFrame({"nama": ["Bu Sinta"] * 9, "n": range(9)}))
    assert read_frame(path, ["n"])["n"].to_list() == list(range(9))
    assert read_frame(path, coded=["nama"])["nama"].dtype == "category"
    with pytest.raises(FileNotFoundError):
        read_frame(tmp_path / "b.parquet")
    whole = path.read_bytes()
    for place in range(0, len(whole) - 1, 97):
        path.write_bytes(whole[:place])
        for read in (read_frame, columns_of):
            with pytest.raises(DamagedError, match=r"a\.parquet cannot be read") as caught:
                read(path)
            assert "Sinta" not in str(caught.value)


def test_a_failing_disk_is_not_taken_for_a_damaged_file(tmp_path, monkeypatch):
    def fail(*_, **__):
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(pd, "read_parquet", fail)
    with pytest.raises(OSError, match="Input/output error"):
        read_frame(tmp_path / "a.parquet")


def test_numbers_that_no_two_rows_share_are_kept_as_differences_and_read_back(tmp_path):
    frame = pd.DataFrame({"record_id": range(5_000), "row_key": [7] * 5_000, "x": ["a", None] * 2_500})
    plain = write_frame(tmp_path / "plain.parquet", frame)
    path = write_frame(
        tmp_path / "numbered.parquet", frame, rows_per_group=2_000, numbered=("record_id", "row_key", "y")
    )
    pd.testing.assert_frame_equal(pd.read_parquet(path), pd.read_parquet(plain))
    groups = pq.read_metadata(path).row_group(0)
    held = {groups.column(place).path_in_schema: set(groups.column(place).encodings) for place in range(3)}
    assert "DELTA_BINARY_PACKED" in held["record_id"] & held["row_key"]
    assert "RLE_DICTIONARY" in held["x"] and not any("DICTIONARY" in kind for kind in held["record_id"])
    assert path.stat().st_size < plain.stat().st_size
