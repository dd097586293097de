import hashlib
import json

import pytest
from handmade_lists import make_lists

from pkh_graduation.outputs import write_lists
from pkh_graduation.outputs.issued import LOG, record
from pkh_graduation.programme.returns import list_id


def read(folder) -> list[dict]:
    return [json.loads(line) for line in (folder / LOG).read_text("utf-8").splitlines()]


def test_every_list_that_went_out_is_in_the_log_with_its_digest(lists, vault, tmp_path):
    write_lists(lists, tmp_path, vault=vault)
    lines = read(tmp_path)
    files = {path.relative_to(tmp_path).as_posix(): path.read_bytes() for path in (tmp_path / "pendamping").iterdir()}
    assert {line["berkas"]: line["sha256"] for line in lines} == {
        name: hashlib.sha256(content).hexdigest() for name, content in files.items()
    }
    assert {line["ukuran"] for line in lines} == {len(content) for content in files.values()}
    for line in lines:
        assert line["list_id"] == list_id(lists.run_id, line["pendamping_id"])
        assert (line["run_id"], line["tanggal_acuan"]) == (lists.run_id, "2025-09-30")


def test_the_log_grows_and_forgets_nothing(lists, vault, tmp_path):
    write_lists(lists, tmp_path, vault=vault)
    first = read(tmp_path)
    write_lists(lists, tmp_path, vault=vault)
    assert read(tmp_path) == first
    write_lists(make_lists(listed=3), tmp_path, vault=vault, formats=("html",))
    later = read(tmp_path)
    assert len(later) == len(first) + 1 and all(line in later for line in first)


def test_a_log_that_cannot_be_read_is_kept(tmp_path):
    (tmp_path / LOG).write_text("{}\nrusak\n")
    with pytest.raises(ValueError, match="line 2 is no JSON"):
        record(tmp_path, [{"berkas": "x"}])
    assert (tmp_path / LOG).read_text() == "{}\nrusak\n"
