"""A made-up office whose whole river ran in a process of its own: without network, in another place, time zone and language.

It is made once for all tests of a session, whichever process asks first.
"""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from pkh_graduation.workflows.places import Places

SETTINGS = "[recipe]\nhistory_tahap = 11\norigins = 2\nmembers = 2\nbootstrap = 40\n"
"""Those of `test_river`, whose run must have the same bytes."""
GUARD = """
import os, socket

def _far(address):
    return isinstance(address, tuple) and str(address[0]) not in ("127.0.0.1", "::1", "localhost", "0.0.0.0", "")

def _guarded(name):
    real = getattr(socket.socket, name)
    def call(self, *words):
        address = words[-1]
        if self.family in (socket.AF_INET, socket.AF_INET6) and _far(address):
            with open(os.environ["PKH_CALLS"], "a") as file:
                file.write(f"{name} {address}\\n")
            raise OSError("no network here")
        return real(self, *words)
    return call

for _name in ("connect", "connect_ex", "sendto"):
    setattr(socket.socket, _name, _guarded(_name))
_look = socket.getaddrinfo
def _lookup(host, *words, **more):
    if host is not None and _far((host,)):
        with open(os.environ["PKH_CALLS"], "a") as file:
            file.write(f"lookup {host}\\n")
        raise OSError("no network here")
    return _look(host, *words, **more)
socket.getaddrinfo = _lookup
"""


class QuietOffice:
    """The folder of a finished run (``out``), what it said (``said``) and its figures."""

    def __init__(self, home: Path) -> None:
        self.home, self.out, self._calls = home, home / "kantor", home / "panggilan.txt"
        self.places = Places(self.out)

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run Python in a process that reaches no network."""
        guard = self.home / "penjaga"
        guard.mkdir(exist_ok=True)
        (guard / "sitecustomize.py").write_text(GUARD)
        kept = {name: value for name, value in os.environ.items() if name not in ("CI", "PKH_KEY", "PKH_KEY_FILE")}
        own = {"PYTHONPATH": str(guard), "PKH_CALLS": str(self._calls), "LC_ALL": "C", "TZ": "Asia/Jayapura"}
        return subprocess.run(
            [sys.executable, *words], env={**kept, **own}, capture_output=True, text=True, check=False, timeout=500
        )

    def calls(self, *, clear: bool = False) -> str:
        """What asked for the network so far."""
        said = self._calls.read_text() if self._calls.exists() else ""
        if clear:
            self._calls.unlink(missing_ok=True)
        return said

    @property
    def said(self) -> str:
        """All that the run wrote on its two channels."""
        return (self.home / "kata.txt").read_text()

    @property
    def figures(self) -> dict[str, Any]:
        """The figures of the run."""
        found: dict[str, Any] = json.loads((self.home / "angka.json").read_text())
        return found

    def make(self) -> None:
        """Run the demo unless it was run."""
        with (self.home / "giliran").open("w") as turn:
            fcntl.flock(turn, fcntl.LOCK_EX)
            if (self.home / "angka.json").exists():
                return
            (self.home / "pkh.toml").write_text(SETTINGS)
            words = ["demo", "--preset", "mini", "--seed", "7", "--out", str(self.out), "--json"]
            done = self.run("-m", "pkh_graduation.cli", *words, "--settings", str(self.home / "pkh.toml"))
            assert done.returncode == 0, done.stderr
            (self.home / "kata.txt").write_text(done.stdout + done.stderr)
            (self.home / "angka.json").write_text(done.stdout.splitlines()[-1])
