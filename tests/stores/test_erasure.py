"""A family is cut out of whatever lies in an output folder, and what cannot be cut out is named."""

import json
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pkh_graduation.stores import (
    DamagedError,
    Parts,
    erase_from_outputs,
    rows_about,
    silent_families,
    traces,
    write_frame,
    write_json,
)

GONE, STAYS = "k000000000000001", "k000000000000002"


def test_rows_lines_and_members_go_and_the_rest_stays(tmp_path):
    both = pd.DataFrame({"kpm_id": [GONE, STAYS], "p": [0.1, 0.2]})
    write_frame(tmp_path / "report" / "a.parquet", both)
    write_frame(tmp_path / "report" / "index.parquet", both.set_index("kpm_id"))
    write_frame(tmp_path / "feedback" / "b.parquet", both.assign(kpm_id=["pkh:" + GONE, "pkh:" + STAYS]))
    write_frame(tmp_path / "c.parquet", pd.DataFrame({"kpm": [1, 2], "x": [5, 6]}))
    write_frame(tmp_path / "d.parquet", pd.DataFrame({"desa": ["1"]}))
    (tmp_path / "e.csv").write_text(f"kpm_id,x\n{GONE},1\n{STAYS},2\n")
    write_json(
        tmp_path / "report" / "f.json", {"a": [{"kpm_id": GONE}, {"kpm_id": STAYS}], GONE: 1, "b": {"c": GONE, "d": 2}}
    )
    write_frame(tmp_path / "store" / "g.parquet", both)
    assert len(traces(tmp_path, [GONE], ["store"])) == 5, "a number alone is no trace that a person can read"
    assert set(rows_about(tmp_path, [GONE], ["store"])) == {
        "report/a.parquet", "report/index.parquet", "feedback/b.parquet", "c.parquet"}  # fmt: skip

    done = erase_from_outputs(tmp_path, [GONE], ["store"])

    assert done == {"tables": 4, "parts": 0, "texts": 2}
    assert traces(tmp_path, [GONE], ["store"]) == []
    assert rows_about(tmp_path, [GONE], ["store"]) == {}
    assert pd.read_parquet(tmp_path / "report" / "a.parquet")["kpm_id"].tolist() == [STAYS]
    assert pd.read_parquet(tmp_path / "report" / "index.parquet").index.tolist() == [STAYS]
    assert pd.read_parquet(tmp_path / "c.parquet")["x"].tolist() == [6]
    assert (tmp_path / "e.csv").read_text() == f"kpm_id,x\n{STAYS},2\n"
    assert json.loads((tmp_path / "report" / "f.json").read_text()) == {"a": [{"kpm_id": STAYS}], "b": {"d": 2}}
    assert len(pd.read_parquet(tmp_path / "store" / "g.parquet")) == 2, "the store has its own way to forget"
    assert erase_from_outputs(tmp_path, [GONE], ["store"]) == {"tables": 0, "parts": 0, "texts": 0}


def test_parts_of_a_run_are_made_again_and_other_parts_are_kept(tmp_path):
    parts = Parts(tmp_path / "scores")
    index = pd.Index([GONE], name="kpm_id")
    parts.write("00", pd.DataFrame({"p": [0.5]}, index=index), "inputs")
    parts.write("01", pd.DataFrame({"p": [0.5]}, index=pd.Index([STAYS], name="kpm_id")), "inputs")
    assert erase_from_outputs(tmp_path, [GONE], [])["parts"] == 1
    assert parts.names() == ["01"]


def test_a_file_that_cannot_be_read_stops_nothing_and_is_named(tmp_path):
    rows = pd.DataFrame({"kpm_id": [GONE, STAYS]})
    write_frame(tmp_path / "report" / "a.parquet", rows)
    write_frame(tmp_path / "report" / "z.parquet", rows)
    whole = (tmp_path / "report" / "a.parquet").read_bytes()
    (tmp_path / "report" / "a.parquet").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "stray.parquet").write_text("no table")
    (tmp_path / "report" / "b.json").write_text('{"kpm_id": "' + GONE)
    broken = {tmp_path / "report" / "a.parquet", tmp_path / "stray.parquet", tmp_path / "report" / "b.json"}
    with pytest.raises(DamagedError, match=r"a\.parquet cannot be read"):
        erase_from_outputs(tmp_path, [GONE], [])
    with pytest.raises(DamagedError, match=r"a\.parquet cannot be read"):
        rows_about(tmp_path, [GONE], [])

    unread: list[Path] = []
    assert erase_from_outputs(tmp_path, [GONE], [], unread) == {"tables": 1, "parts": 0, "texts": 0}

    assert set(unread) == broken
    assert pd.read_parquet(tmp_path / "report" / "z.parquet")["kpm_id"].tolist() == [STAYS]
    assert set(traces(tmp_path, [GONE], [])) == broken
    closed: list[Path] = []
    assert traces(tmp_path, [GONE], [], closed) == [tmp_path / "report" / "b.json"], (
        "what is broken may still show an id"
    )
    assert set(closed) == broken - {tmp_path / "report" / "b.json"}


@pytest.mark.parametrize("place", ["subj.json", "report/subj.json", "catatan/notes.json"])
def test_a_json_file_about_the_family_is_left_whole_and_named(tmp_path, place):
    path = tmp_path / place
    about = {"kpm_id": [GONE], "bagian": {"karantina": {"baris": [{"nik": "9901010101010001"}]}}}
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(about if "subj" in place else {"a": [{"kpm_id": GONE}]}))
    before = path.read_bytes()
    assert erase_from_outputs(tmp_path, [GONE], [])["texts"] == 0
    assert path.read_bytes() == before
    assert traces(tmp_path, [GONE], []) == [path]


def test_who_may_read_a_file_stays_as_it_was(tmp_path):
    write_frame(tmp_path / "a.parquet", pd.DataFrame({"kpm_id": [GONE, STAYS]}))
    (tmp_path / "b.csv").write_text(f"{GONE}\n{STAYS}\n")
    write_json(tmp_path / "report" / "c.json", {"a": [{"kpm_id": GONE}]})
    files = [tmp_path / "a.parquet", tmp_path / "b.csv", tmp_path / "report" / "c.json"]
    for path, mode in zip(files, (0o600, 0o640, 0o600), strict=True):
        path.chmod(mode)
    assert erase_from_outputs(tmp_path, [GONE], []) == {"tables": 1, "parts": 0, "texts": 2}
    assert [path.stat().st_mode & 0o777 for path in files] == [0o600, 0o640, 0o600]


def test_traces_are_found_in_names_cells_archives_and_bytes(tmp_path):
    write_frame(tmp_path / "a.parquet", pd.DataFrame({"catatan": ["9901010101010001"]}))
    with zipfile.ZipFile(tmp_path / "b.xlsx", "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("sheet1.xml", "<v>9901010101010001</v>" * 50)
    (tmp_path / "c.db").write_bytes(b"\x00" + b"9901010101010001" + b"\xff")
    (tmp_path / "9901010101010001.html").write_text("")
    (tmp_path / "d.txt").write_text("990101010101000")
    assert len(traces(tmp_path, ["9901010101010001"], [])) == 4


def test_time_is_counted_back_from_the_newest_news_not_from_a_clock():
    day = 20_000
    tables = {
        "keluarga": pd.DataFrame({"kpm": [1, 2, 3], "known_day": [day - 3 * 366, day - 3 * 366, day - 100]}),
        "kunjungan": pd.DataFrame({"kpm": [2], "known_day": [day]}),
        "wilayah": pd.DataFrame({"kode": ["1"], "known_day": [day + 9_999]}),
    }
    assert silent_families(tables, 3).tolist() == [1]
    assert silent_families(tables, 4).tolist() == []
    assert silent_families({}, 1).tolist() == []
    assert silent_families(tables, 3).dtype == np.int64
