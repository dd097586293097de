"""What a kill left half written beside a file goes when the file is written again; what others are writing stays."""

import os
import subprocess
import sys

from pkh_graduation.stores.files import write_bytes, write_json


def test_the_half_of_a_process_that_is_no_more_goes_with_the_next_write(tmp_path):
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    path = tmp_path / "a[1].json"
    half = tmp_path / f".{path.name}.{ended.pid}.part"
    living = tmp_path / f".{path.name}.{os.getppid()}.part"
    other = tmp_path / f".b.json.{ended.pid}.part"
    for litter in (half, living, other):
        litter.write_text("half")
    write_json(path, {"a": 1})
    assert not half.exists()
    assert living.exists() and other.exists()
    write_bytes(tmp_path / "b.json", b"whole")
    assert not other.exists()
    assert path.read_text().startswith("{")
