"""One run at a time in a folder; a dead run holds nothing."""

import os
import signal
import subprocess
import sys

import pytest

from pkh_graduation.stores import DiskError, LockedError, only_run
from pkh_graduation.stores.locks import LOCK

HOLD = """
import sys, time
from pathlib import Path
from pkh_graduation.stores.locks import only_run
with only_run(Path(sys.argv[1]), "features"):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def holder(tmp_path):
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.communicate()


def test_a_second_run_is_told_who_works_and_a_killed_one_holds_nothing(holder, tmp_path):
    with pytest.raises(LockedError, match=rf"process {holder.pid} \(features\)"), only_run(tmp_path, "lists"):
        pytest.fail("two runs at once")
    os.kill(holder.pid, signal.SIGKILL)
    holder.wait()
    assert (tmp_path / LOCK).exists()
    with only_run(tmp_path, "lists"):
        pass
    assert not list(tmp_path.iterdir())


def test_the_lock_goes_with_the_work_even_when_it_fails(tmp_path):
    with pytest.raises(KeyError), only_run(tmp_path, "lists"):
        raise KeyError("a")
    assert not list(tmp_path.iterdir())
    with only_run(tmp_path, "lists"), pytest.raises(LockedError), only_run(tmp_path, "lists"):
        pass


def test_a_folder_made_for_a_run_that_wrote_nothing_goes_with_it(tmp_path):
    new = tmp_path / "deep" / "new"
    with pytest.raises(KeyError), only_run(new, "lists"):
        raise KeyError("a")
    assert not new.exists()
    with only_run(new, "lists"):
        (new / "kept").touch()
    assert [path.name for path in new.iterdir()] == ["kept"]
    with only_run(tmp_path, "lists"):
        pass
    assert tmp_path.is_dir(), "a folder that was there stays"


def test_a_lock_file_that_says_nothing_sensible_is_taken_over(tmp_path):
    (tmp_path / LOCK).write_text("{")
    with only_run(tmp_path, "lists"):
        pass


def test_a_folder_that_cannot_be_made_is_told(tmp_path):
    (tmp_path / "berkas").write_text("")
    with pytest.raises(DiskError, match="another folder"), only_run(tmp_path / "berkas", "lists"):
        pass
