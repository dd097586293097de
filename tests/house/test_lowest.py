"""The lowest versions that `pyproject.toml` allows are those of `requirements-lowest.lock`, which a leg of CI installs."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[2]
NEEDED = [Requirement(one) for one in tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]]
LOCK = (ROOT / "requirements-lowest.lock").read_text()
PINS = {
    canonicalize_name(name): Version(version)
    for name, version in re.findall(r"^([\w.-]+)==([^\s;\\]+)", LOCK, re.MULTILINE)
}


@pytest.mark.parametrize("needed", NEEDED, ids=lambda needed: needed.name)
def test_the_lowest_version_that_is_allowed_is_the_one_that_is_tried(needed):
    lowest = [Version(one.version) for one in needed.specifier if one.operator == ">="]
    assert len(lowest) == 1
    assert PINS[canonicalize_name(needed.name)] == lowest[0]


def test_the_lock_says_how_it_was_made():
    assert "--resolution lowest-direct" in LOCK.splitlines()[1]
