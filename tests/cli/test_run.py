"""What a command says when it fails, and the code it leaves with."""

import json
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from pkh_graduation.cli.app import app
from pkh_graduation.cli.run import lines_of, sentence_of
from pkh_graduation.programme.calendar import parse_as_of
from pkh_graduation.stores import read_store

runner = CliRunner()
NIK = "9901010101900001"


def caught(function, *arguments) -> BaseException:
    with pytest.raises(Exception) as seen:
        function(*arguments)
    return seen.value


def test_our_own_words_are_shown(tmp_path):
    assert "pkh-graduation ingest" in sentence_of(caught(read_store, tmp_path))
    assert "2025-T3" in sentence_of(caught(parse_as_of, "kemarin"))


def test_a_librarys_words_are_withheld():
    from pkh_graduation.stores.files import write_text

    error = caught(pd.Series([NIK]).astype, "int32")
    assert NIK in str(error) or isinstance(error, OverflowError)
    assert NIK not in sentence_of(error)
    mixed = caught(write_text, Path("never") / "written", {"nik": NIK})
    assert NIK not in sentence_of(mixed)


def test_every_figure_is_told_to_people_too():
    figures = {
        "count": 1,
        "bundles": {"a": {"sound": False, "key": None}},
        "shares": [0.1, 0.2],
        "of": [{"x": 1}, {"x": 2}],
        "no": {},
    }
    said = lines_of(figures)
    assert said == [
        "count: 1", "bundles:", "  a:", "    sound: False", "    key: None", "shares: [0.1, 0.2]", "of:", "  1:", "    x: 1",
        "  2:", "    x: 2", "no: none",
    ]  # fmt: skip


def test_misuse_leaves_with_two(tmp_path):
    for words in (
        ["features", "--as-of", "kemarin", "--out", str(tmp_path)],
        ["features", "--out", str(tmp_path)],
        ["ingest", "--out", str(tmp_path)],
        ["ingest", str(tmp_path / "tidak-ada"), "--out", str(tmp_path)],
        ["ingest", str(tmp_path), "--mapping", "tidak-ada", "--out", str(tmp_path)],
        ["demo", "--preset", "raksasa", "--out", str(tmp_path)],
        ["demo", "--seed", "-1", "--out", str(tmp_path)],
        ["no-such-command"],
        ["train", "--as-of", "2025-T3", "--out", str(tmp_path), "--name", "../x"],
    ):
        assert runner.invoke(app, words).exit_code == 2, words


def test_wrong_settings_are_misuse_and_say_what_was_meant(tmp_path):
    file = tmp_path / "pkh.toml"
    for text, words in (
        ("[recipe]\nhorison = 4\n", "did you mean 'horizon'"),
        ("[recipe]\nhorizon = 40\n", "recipe.horizon"),
        ("[recipes]\n", "did you mean 'recipe'"),
        ("[recipe\n", "cannot be read as TOML"),
    ):
        file.write_text(text)
        done = runner.invoke(app, ["features", "--as-of", "2025-T3", "--out", str(tmp_path), "--settings", str(file)])
        assert done.exit_code == 2
        assert words in done.stderr


def test_failure_leaves_with_one_and_one_sentence(tmp_path):
    done = runner.invoke(app, ["features", "--as-of", "2025-T3", "--out", str(tmp_path), "--json"])
    assert done.exit_code == 1
    assert done.stderr.startswith("pkh-graduation: StoreError")
    assert "Traceback" not in done.output
    assert done.stdout == ""


def test_bundles_of_an_empty_folder(tmp_path):
    done = runner.invoke(app, ["bundles", "--out", str(tmp_path), "--json"])
    assert done.exit_code == 0
    assert json.loads(done.stdout.splitlines()[-1]) == {"bundles": {}, "count": 0}


def test_the_console_script_speaks():
    done = subprocess.run(
        [sys.executable, "-m", "pkh_graduation.cli", "--help"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0
    for command in ("demo", "ingest", "features", "backtest", "train", "score", "lists", "bundles"):
        assert command in done.stdout


def test_a_shipped_layout_is_called_by_its_name_and_asks_for_what_it_needs(tmp_path, monkeypatch):
    monkeypatch.setenv("PKH_KEY", "a key that is only for the tests")
    (tmp_path / "raw").mkdir()
    call = ["ingest", str(tmp_path / "raw"), "--out", str(tmp_path / "o"), "--mapping", "verkom"]
    asked = runner.invoke(app, [*call, "--fill", "tahun=2025"])
    assert asked.exit_code == 1 and "--fill diketahui=" in asked.output
    misused = runner.invoke(app, [*call, "--fill", "tahun"])
    assert misused.exit_code == 2 and "word=value" in misused.output
