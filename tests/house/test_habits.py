"""Lint, types, locks and words: what keeps the house clean without anyone remembering it."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

import pkh_graduation

ROOT = Path(__file__).resolve().parents[2]
TRACKED = [
    p for folder in ("pkh_graduation", "tests", "benchmarks", "notebooks") for p in (ROOT / folder).rglob("*.py")
]


LOCKS = ["requirements.lock", "requirements-dev.lock", "requirements-spark.lock", "requirements-lowest.lock"]


def tool(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", *words], cwd=ROOT, capture_output=True, text=True, check=False)


def test_ruff_is_content():
    done = tool("ruff", "check", ".")
    assert done.returncode == 0, done.stdout


def test_ruff_format_is_applied():
    done = tool("ruff", "format", "--check", ".")
    assert done.returncode == 0, done.stdout


def test_types_hold():
    done = tool("mypy")
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("lock", LOCKS)
def test_locks_name_no_host_and_no_path(lock):
    text = (ROOT / lock).read_text()
    assert not re.search(r"://|file:|index-url|find-links|^\s*/", text, flags=re.MULTILINE)
    pinned = re.findall(r"^[a-z0-9][\w.\-\[\]]*==", text, flags=re.MULTILINE)
    assert len(pinned) > 50
    assert text.count("--hash=sha256:") > len(pinned)


def test_both_locks_agree():
    def pins(lock: str) -> dict[str, str]:
        return dict(
            re.findall(r"^([a-z0-9][\w.\-]*)==([^\s;\\]+)(?= \\)", (ROOT / lock).read_text(), flags=re.MULTILINE)
        )

    use, develop = pins("requirements.lock"), pins("requirements-dev.lock")
    assert use.items() <= develop.items()


PUBLIC_WORDS = {
    "GraduationModel", "PanelFolds", "build_features", "explain", "make_population", "observe_outcomes", "prioritise",
    "quota_on", "read_records", "run_backtest", "take_snapshots", "todays_practice", "write_lists",
}  # fmt: skip


def test_public_words():
    assert set(pkh_graduation.__all__) == PUBLIC_WORDS
    for word in pkh_graduation.__all__:
        assert callable(getattr(pkh_graduation, word))
        assert getattr(pkh_graduation, word).__doc__


def test_an_unknown_word_names_those_that_exist():
    with pytest.raises(AttributeError, match="take_snapshots"):
        pkh_graduation.no_such_word


def test_no_machine_and_no_clock_in_the_sources():
    here = [f"{place}/" for place in (ROOT.parent, Path.home()) if len(str(place)) > 1]
    for path in TRACKED:
        text = path.read_text(encoding="utf-8")
        assert not any(place in text for place in here), path
        if path != Path(__file__).resolve():
            assert not re.search(r"datetime\.now\(|date\.today\(|np\.random\.seed\(", text), path
