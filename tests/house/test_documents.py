"""Documents are run: the code in ARCHITECTURE.md, and README's two commands are one line each."""

import doctest
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def test_architecture_examples():
    done = doctest.testfile(
        str(ROOT / "ARCHITECTURE.md"), module_relative=False, optionflags=doctest.NORMALIZE_WHITESPACE
    )
    assert done.attempted >= 4
    assert done.failed == 0


def test_architecture_names_rooms_that_exist():
    text = (ROOT / "ARCHITECTURE.md").read_text()
    rooms = set(re.findall(r"^\| `(\w+)/`", text, flags=re.MULTILINE))
    there = {p.name for p in (ROOT / "pkh_graduation").iterdir() if p.is_dir() and (p / "__init__.py").is_file()}
    assert rooms == there


@pytest.mark.parametrize("name", ["demo", "test"])
def test_readme_commands_are_one_line(name):
    text = (ROOT / "README.md").read_text()
    block = re.search(rf"<!-- {name} -->\n```\n(.*?)\n```\n<!-- /{name} -->", text, flags=re.DOTALL)
    assert block, name
    assert "\n" not in block[1]
    assert "--require-hashes requirements" in block[1]
