"""A kill, a full or closed disk, two runs at once, half an export, another clock: nothing accepted is lost, nothing is left behind.

``PKH_FAULTS=all`` breaks every single write of an ingest instead of a few (`benchmarks/faults.py` kills real processes).
"""

import errno
import hashlib
import os
import random
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from small_office import KEY, small
from typer.testing import CliRunner

from pkh_graduation import stores
from pkh_graduation.cli.app import app
from pkh_graduation.stores import files, only_run
from pkh_graduation.workflows import ingesting
from pkh_graduation.workflows.places import Places

ALL = os.environ.get("PKH_FAULTS") == "all"
runner = CliRunner()


class Killed(BaseException):
    """The process is gone: nothing is cleaned up."""


def content(folder: Path) -> dict[str, str]:
    """Every file and its hash, hidden ones too: litter would be seen."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


@pytest.fixture(scope="module")
def raw(tmp_path_factory) -> Path:
    return small(tmp_path_factory.mktemp("gangguan") / "ekspor")


@pytest.fixture(scope="module")
def key_file(raw) -> Path:
    path = raw.parent / "kunci"
    path.write_bytes(KEY)
    return path


@pytest.fixture(scope="module")
def whole(raw) -> dict[str, str]:
    """What an undisturbed ingest writes."""
    out = raw.parent / "utuh"
    ingesting.ingest(raw, Places(out), key=KEY)
    return content(out)


def places_to_break(count: int) -> list[int]:
    return list(range(count)) if ALL else [0, random.Random(count).randrange(1, count - 1), count - 1]


def test_killed_at_any_write_and_run_again_is_the_same_bytes(raw, whole, tmp_path, monkeypatch):
    real = Path.replace
    for place in places_to_break(len(whole)):
        left = iter(range(place))

        def replace(self: Path, target: Path, left=left) -> Path:
            if next(left, None) is None:
                raise Killed
            return real(self, target)

        places = Places(tmp_path / str(place))
        with monkeypatch.context() as patched:
            patched.setattr(Path, "replace", replace)
            patched.setattr(files, "_discard", lambda neighbour: None)
            with pytest.raises(Killed):
                ingesting.ingest(raw, places, key=KEY)
        assert any(".part" in name for name in content(places.out)), "no write was under way"
        with pytest.raises(stores.StoreError, match="pkh-graduation ingest"):
            stores.read_store(places.store)
        ingesting.ingest(raw, places, key=KEY)
        assert content(places.out) == whole


def broken_disk(patched: pytest.MonkeyPatch, place: int, number: int) -> None:
    """From the given write on, the disk answers with an error."""
    count = iter(range(10_000))

    def fail(real):
        def write(self, target, *words, **more):
            if next(count) >= place:
                raise OSError(number, os.strerror(number), "/somewhere")
            return real(self, target, *words, **more)

        return write

    patched.setattr(Path, "write_bytes", fail(Path.write_bytes))
    patched.setattr(pd.DataFrame, "to_parquet", fail(pd.DataFrame.to_parquet))


@pytest.mark.parametrize(
    ("number", "words"),
    [(errno.ENOSPC, "the disk is full"), (errno.EROFS, "may not be written"), (errno.EACCES, "may not be written")],
)
def test_a_full_or_closed_disk_is_told_in_a_sentence_and_costs_nothing(
    raw, key_file, whole, tmp_path, monkeypatch, number, words
):
    for place in places_to_break(len(whole))[:-1] if number == errno.ENOSPC else [2]:
        out = tmp_path / str(place)
        command = ["ingest", str(raw), "--out", str(out), "--key-file", str(key_file)]
        with monkeypatch.context() as patched:
            broken_disk(patched, place, number)
            done = runner.invoke(app, command)
        assert done.exit_code == 1
        assert words in done.stderr
        assert "unforeseen" not in done.stderr
        assert not [name for name in content(out) if ".part" in name or name.startswith(".")]
        assert runner.invoke(app, command).exit_code == 0
        assert content(out) == whole


def test_a_disk_that_fills_in_a_library_is_told_too(raw, key_file, tmp_path, monkeypatch):
    """Not every file is written by our own hands."""

    def full(*words, **more):
        raise RuntimeError("store") from OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(ingesting, "_write", full)
    done = runner.invoke(app, ["ingest", str(raw), "--out", str(tmp_path / "o"), "--key-file", str(key_file)])
    assert done.exit_code == 1
    assert "the disk is full" in done.stderr


def test_two_runs_at_once_and_a_check_in_between(raw, key_file, whole, tmp_path):
    out = tmp_path / "o"
    command = ["ingest", str(raw), "--out", str(out), "--key-file", str(key_file)]
    with only_run(out, "features"):
        done = runner.invoke(app, command)
        assert done.exit_code == 1
        assert f"in use by process {os.getpid()} (features)" in done.stderr
        assert runner.invoke(app, [*command, "--check"]).exit_code == 0
    assert runner.invoke(app, command).exit_code == 0
    assert content(out) == whole


def test_half_an_export_changes_nothing_that_was_accepted(raw, key_file, whole, tmp_path):
    """A table that arrived in part is refused, or its broken row is set aside; the office stays as it was when refused."""
    out = tmp_path / "o"
    ingesting.ingest(raw, Places(out), key=KEY)
    half = small(tmp_path / "separuh")
    table = pd.read_csv(half / "anggota.csv", dtype="str")
    (half / "anggota.csv").unlink()
    table.to_parquet(half / "anggota.parquet")
    written = (half / "anggota.parquet").read_bytes()
    (half / "anggota.parquet").write_bytes(written[: len(written) // 2])
    done = runner.invoke(app, ["ingest", str(half), "--out", str(out), "--key-file", str(key_file)])
    assert done.exit_code == 1
    assert "damaged or incomplete" in done.stderr
    assert content(out) == whole

    cut = small(tmp_path / "terpotong")
    text = (cut / "keluarga.csv").read_text()
    (cut / "keluarga.csv").write_text(text[: text.rindex("9901010001")])
    read = ingesting.ingest(cut, Places(tmp_path / "p"), key=KEY)
    assert read["tables"]["keluarga"] == {"rows_in": 3, "rows_accepted": 2, "rows_quarantined": 1}
    assert read["rows_in"] == read["rows_accepted"] + read["rows_quarantined"]


ELSEWHERE = """
import time
_time = time.time
time.time = lambda: _time() + 20 * 365 * 86400
time.time_ns = lambda: int(time.time() * 1e9)
"""


def test_another_clock_and_language_give_the_same_bytes(raw, key_file, whole, tmp_path):
    (tmp_path / "sitecustomize.py").write_text(ELSEWHERE)
    out = tmp_path / "o"
    words = ["-m", "pkh_graduation.cli", "ingest", str(raw), "--out", str(out), "--key-file", str(key_file)]
    own = {
        "PYTHONPATH": str(tmp_path),
        "LC_ALL": "C",
        "LANG": "tr_TR.UTF-8",
        "TZ": "Pacific/Kiritimati",
        "PYTHONHASHSEED": "3",
    }
    done = subprocess.run(
        [sys.executable, *words], env={**os.environ, **own}, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert content(out) == whole


def test_an_undisturbed_run_leaves_no_litter(whole):
    assert not [name for name in whole if Path(name).name.startswith(".")]
    assert "store/manifest.json" in whole and "vault/manifest.json" in whole
