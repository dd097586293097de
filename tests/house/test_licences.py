"""Licences: everything that is installed for the program is under a licence that was looked at."""

import re
from email.message import Message
from importlib import metadata
from pathlib import Path

import pytest
from packaging.markers import Marker

ROOT = Path(__file__).resolve().parents[2]
ALLOWED = frozenset(
    {
        "0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "CC0-1.0", "ISC", "MIT", "MIT-0", "MIT-CMU", "MPL-2.0", "PSF-2.0",
        "Zlib", "LLVM-exception",
    }
)  # fmt: skip
"""SPDX names. All let an office use, change and hand on the program; MPL-2.0 asks only that its own files stay open."""
SPELLINGS = {
    "apache software license": "Apache-2.0", "apache 2.0": "Apache-2.0", "bsd": "BSD-3-Clause", "bsd license": "BSD-3-Clause",
    "3-clause bsd license": "BSD-3-Clause", "isc license": "ISC", "isc license (iscl)": "ISC", "mit license": "MIT",
    "mozilla public license 2.0 (mpl 2.0)": "MPL-2.0", "python software foundation license": "PSF-2.0",
}  # fmt: skip
"""How others write them, in lower case. What only says BSD was looked at: all of it is the kind with three clauses."""
BY_HAND = {"huey": "MIT", "skops": "MIT"}
"""Distributions whose metadata name no licence; the file that they carry does, and is looked at."""
WORDS = {"MIT": "Permission is hereby granted, free of charge, to any person obtaining a copy"}
USED_AS_IS = {"psycopg": "LGPL-3.0-only", "psycopg-binary": "LGPL-3.0-only"}
"""Optional, unchanged and replaceable by whoever installs them, which is what the LGPL asks for."""
LOCKED = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)==[^\s;]+(?: ; ([^\\\n]+?))?(?: \\)?$", re.MULTILINE)


def locked(lock: str) -> list[str]:
    """Distributions of a lock that belong on this machine."""
    found = LOCKED.findall((ROOT / lock).read_text())
    return sorted({name for name, marker in found if not marker or Marker(marker).evaluate()})


def claimed(about: metadata.PackageMetadata) -> set[str]:
    """SPDX names that a distribution claims; what is spelt otherwise and not known stays as it is; empty when it claims nothing."""
    said = about.get("License-Expression") or ""
    short = about.get("License") or ""
    if not said and len(short) <= 40 and "\n" not in short:
        said = short
    words = re.split(r"\s+(?:AND|OR|WITH)\s+", said.strip("() ")) if said else []
    if not words:
        topics = [line for line in about.get_all("Classifier") or [] if line.startswith("License ::")]
        words = [line.rpartition(" :: ")[2] for line in topics]
    return {SPELLINGS.get(word.strip().casefold(), word.strip("() ")) for word in words if word != "OSI Approved"}


def trouble(name: str, about: metadata.PackageMetadata) -> str:
    """What is wrong with a distribution's licence, empty when nothing is."""
    licences = claimed(about)
    if not licences and name in BY_HAND:
        licences = {BY_HAND[name]}
    strange = licences - ALLOWED - {USED_AS_IS.get(name, "")}
    if not licences:
        return f"{name} names no licence"
    return f"{name}: {sorted(strange)} was not looked at" if strange else ""


def test_every_distribution_is_under_a_licence_that_was_looked_at():
    names = locked("requirements.lock")
    assert len(names) > 80
    problems = [found for name in names if (found := trouble(name, metadata.metadata(name)))]
    assert problems == []


@pytest.mark.parametrize(
    "name", ["pyreadstat", "psycopg", "psycopg-binary", "msoffcrypto-tool", "olefile", "numba", "typst"]
)
def test_so_are_the_extras(name):
    try:
        about = metadata.metadata(name)
    except metadata.PackageNotFoundError:
        pytest.skip(f"{name} belongs to an extra that is not installed")
    assert trouble(name, about) == ""


@pytest.mark.parametrize("name", sorted(BY_HAND))
def test_what_was_read_by_hand_is_still_so(name):
    texts = [file.read_text() for file in metadata.files(name) or [] if "LICENSE" in file.name.upper()]
    assert any(WORDS[BY_HAND[name]] in " ".join(text.split()) for text in texts)
    assert not claimed(metadata.metadata(name)), f"{name} names its licence now: take it out of BY_HAND"


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"License-Expression": "GPL-3.0-only"}, "was not looked at"),
        ({"License-Expression": "MIT AND (GPL-2.0-only OR Apache-2.0)"}, "was not looked at"),
        ({"License": "Proprietary"}, "was not looked at"),
        ({"Classifier": "License :: OSI Approved :: GNU Affero General Public License v3"}, "was not looked at"),
        ({"License": "a text\nof many lines"}, "names no licence"),
        ({}, "names no licence"),
        ({"License-Expression": "LGPL-3.0-only"}, "was not looked at"),
        ({"License-Expression": "Apache-2.0 OR MIT"}, ""),
    ],
)
def test_an_unknown_licence_is_seen(fields, expected):
    about = Message()
    for field, value in fields.items():
        about[field] = value
    found = trouble("something", about)
    assert expected in found if expected else found == ""
