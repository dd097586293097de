"""A very small made-up office for `faults.py`, and its commands as processes that start at once.

Each command runs in a process of its own, forked from one that has the libraries imported: a kill or a full disk then meets
the command at work, not its imports.
"""

from __future__ import annotations

import hashlib
import importlib
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NoReturn

AS_OF = "2026-T4"
KPM = 600
SETTINGS = """
[recipe]
history_tahap = 11
origins = 1
bootstrap = 20
members = 2
[machine]
families_per_bucket = 400
"""
STEPS = (
    "ingest", "features", "backtest", "train", "score", "lists", "feedback", "watch", "ingest again", "quarantine",
    "export-subject", "forget", "demo",
)  # fmt: skip
"""In the order of the river; each starts from what the one before left, `demo` from nothing."""
FINE = (0, 3)


USED = (
    "mlflow.tracking",
    "sklearn.ensemble",
    "pkh_graduation.cli.app",
    "pkh_graduation.engines.duckdb_engine",
    "pkh_graduation.explanations.attributions",
    "pkh_graduation.outputs.write",
    "pkh_graduation.workflows.demonstrating",
    "pkh_graduation.workflows.quarantining",
    "pkh_graduation.workflows.subject_export",
    "pkh_graduation.workflows.subject_rights",
    "pkh_graduation.workflows.watching",
)
"""What the commands import."""


def warm() -> None:
    """Import what the commands import, and start nothing: threads would not survive a fork."""
    for name in USED:
        importlib.import_module(name)


@dataclass
class Running:
    """A command at work, and where its words go."""

    pid: int
    said: Path
    code: int | None = None

    def poll(self) -> int | None:
        """Its exit code, None while it works."""
        return self._end(os.WNOHANG)

    def wait(self) -> int:
        code = self._end(0)
        assert code is not None
        return code

    def _end(self, flags: int) -> int | None:
        if self.code is None:
            done, status = os.waitpid(self.pid, flags)
            self.code = os.waitstatus_to_exitcode(status) if done else None
        return self.code

    @property
    def words(self) -> str:
        return self.said.read_text(errors="replace")


def aside(task: Callable[[], object], said: Path) -> Running:
    """Do something in a forked process of its own session."""
    sys.stdout.flush()
    pid = os.fork()
    if pid == 0:
        _work(task, said)
    return Running(pid, said)


def _work(task: Callable[[], object], said: Path) -> NoReturn:
    code = 70
    try:
        os.setsid()
        os.dup2(os.open(os.devnull, os.O_RDWR), 0)
        os.dup2(os.open(said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), 1)
        os.dup2(1, 2)
        task()
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    except BaseException as error:
        print(type(error).__name__, error, flush=True)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


@dataclass(frozen=True)
class Office:
    """Where everything lies; ``family`` is the one that asks for its rights."""

    home: Path
    family: str = ""

    def words(self, step: str, out: Path) -> list[str]:
        raw, key, settings = self.home / "office" / "records", self.home / "key", self.home / "pkh.toml"
        at, sealed = ["--as-of", AS_OF, "--settings", str(settings)], ["--key-file", str(key)]
        own = {
            "ingest": ["ingest", str(raw), "--settings", str(settings), *sealed],
            "ingest again": ["ingest", str(raw), "--settings", str(settings), *sealed],
            "lists": ["lists", *at, *sealed],
            "feedback": ["feedback", str(self.home / "kiriman.csv"), "--received", "2027-01-20"],
            "quarantine": ["quarantine", "--xlsx", str(out / "karantina.xlsx"), *sealed],
            "export-subject": ["export-subject", self.family, "--to", str(out / "keluarga.json"), *sealed],
            "forget": ["forget", self.family, *sealed],
            "demo": ["demo", "--preset", "mini", "--seed", "7", *at],
        }
        return [*own.get(step, [step, *at]), "--out", str(out)]

    def start(self, step: str, out: Path) -> Running:
        from pkh_graduation.cli.app import app

        words = self.words(step, out)
        return aside(lambda: app(words), self.home / "said.txt")

    def after(self, step: str, out: Path) -> Office:
        """What the next steps need to know of this one."""
        if step == "lists":
            assert aside(lambda: _answers(out, self.home / "kiriman.csv"), self.home / "said.txt").wait() == 0
        if step == "ingest again":
            found = self.home / "family"
            assert aside(lambda: found.write_text(_family(out, self.home / "key")), self.home / "said.txt").wait() == 0
            return replace(self, family=found.read_text())
        return self


def make(home: Path) -> Office:
    """Exports, key and settings of the office; from now on the preset ``mini`` is as small as this office."""
    from pkh_graduation.records.population import export
    from pkh_graduation.records.population.presets import Preset
    from pkh_graduation.stores import demo_key

    warm()
    small = Preset("mini", KPM, first=(2024, 1), quarters=12, bucket=KPM)
    export.PRESETS = {"mini": small}

    def write() -> None:
        export.write_population(home / "office" / "records", home / "office" / "truth", preset=small, seed=7)

    made = aside(write, home / "said.txt")
    assert made.wait() == 0, made.words
    (home / "key").write_bytes(demo_key(7).hex().encode())
    (home / "pkh.toml").write_text(SETTINGS)
    return Office(home)


def _answers(out: Path, target: Path) -> None:
    """A returned table: some families of the list were met."""
    import pandas as pd

    copy = pd.concat(pd.read_parquet(path) for path in sorted((out / "lists" / "daftar").glob("*.parquet")))
    asked = copy[copy["urutan"].notna()].sort_values("row_id").head(20)
    said = asked[["list_id", "row_id"]].assign(
        hasil="ditemui", keputusan_keluarga="setuju", keputusan="diusulkan", tanggal_kunjungan="2027-01-10", catatan=""
    )
    said.to_csv(target, index=False)


def _family(out: Path, key: Path) -> str:
    from pkh_graduation import stores

    vault = stores.read_vault(out / "vault", key=key.read_bytes())
    return str(vault["kpm_id"].iloc[7])


def content(out: Path) -> dict[str, str]:
    """Every file and its hash, litter and locks included; MLflow, which notes every attempt, left aside."""
    files = [path for path in sorted(out.rglob("*")) if path.is_file() and path.relative_to(out).parts[0] != "mlflow"]
    return {str(path.relative_to(out)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def timed(running: Running) -> float:
    """Seconds until a command that must succeed has ended."""
    began = time.perf_counter()
    assert running.wait() in FINE, running.words[-800:]
    return time.perf_counter() - began
