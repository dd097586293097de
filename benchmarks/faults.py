"""Random SIGKILLs of every command, and runs on a disk that is too small: the next run ends with the same bytes.

    python benchmarks/faults.py [--kills 100] [--full 20] [--only lists] [--writes] [--seed 0]

Real processes on a very small made-up office (`faults_office.py`). Before each command the folder is as the command before left
it; the command is killed at a random moment of its usual time and given again, and the whole folder is compared with that of an
undisturbed run (all but MLflow, which notes every attempt). Only kills that met the command at work count. A full disk is a
tmpfs with a random share of the room that the command needs (asks for the right to mount; else these runs are left out, and
said so). ``--writes`` also breaks every single write of an ingest (`tests/flow/test_faults.py`).
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from faults_office import FINE, STEPS, Office, content, make, timed

TEST = Path(__file__).parent.parent / "tests" / "flow" / "test_faults.py"
PAGE = 4096


@dataclass(frozen=True)
class Stage:
    """A command, the folder as it was before, how long it takes, what it leaves behind and how much room that is."""

    step: str
    before: Path
    seconds: float
    left: dict[str, str]
    room: int


def size_of(folder: Path) -> int:
    """Bytes of whole pages that a folder takes."""
    return sum(-(-path.stat().st_size // PAGE) * PAGE if path.is_file() else PAGE for path in folder.rglob("*"))


def largest(folder: Path) -> int:
    """Bytes of the largest file: what a command that only writes files anew needs beside them."""
    return max(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def prepare(home: Path, until: str | None = None) -> tuple[Office, list[Stage]]:
    """The stages of an undisturbed office."""
    office, stages, before = make(home), [], home / "empty"
    before.mkdir()
    for step in STEPS:
        start = home / "empty" if step == "demo" else before
        out = home / "o"
        shutil.rmtree(out, ignore_errors=True)
        shutil.copytree(start, out)
        seconds = timed(office.start(step, out))
        stages.append(Stage(step, start, seconds, content(out), max(size_of(out) - size_of(start), largest(out))))
        office = office.after(step, out)
        before = home / f"after-{step}"
        out.rename(before)
        print(f"{step:<16}{seconds:6.1f} s{stages[-1].room / 1e6:8.2f} MB", flush=True)
        if step == until:
            break
    return office, stages


def again(office: Office, stage: Stage, out: Path) -> str:
    """Give the command again; what is wrong afterwards, empty when nothing is."""
    running = office.start(stage.step, out)
    if running.wait() not in FINE:
        return f"did not run again: {running.words[-300:]}"
    found = content(out)
    wrong = sorted(name for name in {*found, *stage.left} if found.get(name) != stage.left.get(name))
    return f"differs in {wrong[:5]}" if wrong else ""


def kill(office: Office, stage: Stage, chance: random.Random) -> str | None:
    """Kill a command at work and give it again: what is wrong then; None when it had ended before."""
    out = office.home / "o"
    shutil.rmtree(out, ignore_errors=True)
    shutil.copytree(stage.before, out)
    running = office.start(stage.step, out)
    time.sleep(chance.uniform(0.02, 0.95) * stage.seconds)
    if running.poll() is not None:
        return None
    os.killpg(running.pid, signal.SIGKILL)
    running.wait()
    return again(office, stage, out)


@contextmanager
def disk(place: Path) -> Iterator[bool]:
    """A tmpfs; False where mounting is not allowed."""
    place.mkdir(exist_ok=True)
    options = ["mount", "-t", "tmpfs", "-o", "size=2G", "tmpfs", str(place)]
    mounted = subprocess.run(options, capture_output=True, check=False).returncode == 0
    try:
        yield mounted
    finally:
        if mounted:
            subprocess.run(["umount", str(place)], check=False)


def resize(place: Path, size: str) -> None:
    subprocess.run(["mount", "-o", f"remount,size={size}", str(place)], check=True)


def fill(office: Office, stage: Stage, share: float) -> tuple[str, str]:
    """Run a command on a disk with a share of the room it needs; how it ended, and what is wrong after it ran again with room.

    How: ``unmounted``, ``room`` (it had enough), ``said`` (that the disk is full), or its other words.
    """
    place = office.home / "disk"
    with disk(place) as mounted:
        if not mounted:
            return "unmounted", ""
        out = place / "o"
        shutil.copytree(stage.before, out)
        free = os.statvfs(place)
        used = (free.f_blocks - free.f_bfree) * free.f_frsize
        resize(place, str(used + PAGE + int(share * stage.room)))
        running = office.start(stage.step, out)
        if running.wait() in FINE:
            return "room", ""
        said = "said" if "the disk is full" in running.words else running.words[-300:]
        resize(place, "2G")
        litter = [path.name for path in out.rglob(".*.part")]
        return said, f"litter {litter[:3]}" if litter else again(office, stage, out)


def kills(office: Office, stages: Sequence[Stage], count: int, chance: random.Random) -> list[str]:
    """So many kills at work, in turn over the commands; what was wrong."""
    problems, done = [], dict.fromkeys((stage.step for stage in stages), 0)
    late = 0
    # the demo is all commands in one and takes as long: it has a turn in every third round
    rounds = [stage for turn in range(3) for stage in stages if stage.step != "demo" or turn == 0 or len(stages) == 1]
    while sum(done.values()) < count:
        stage = rounds[(sum(done.values()) + late) % len(rounds)]
        wrong = kill(office, stage, chance)
        if wrong is None:
            late += 1
            continue
        done[stage.step] += 1
        problems += [f"kill {stage.step}: {wrong}"] if wrong else []
        print(f"kill {sum(done.values())} {stage.step}: {wrong or 'same bytes'}", flush=True)
    print(f"{count} kills at work {done} ({late} more came too late): {len(problems)} not the same bytes", flush=True)
    return problems


def small_disks(office: Office, stages: Sequence[Stage], count: int, chance: random.Random) -> list[str]:
    """So many runs on a disk that is too small, in turn over the commands; what was wrong."""
    problems: list[str] = []
    ways: dict[str, int] = {}
    for number in range(count):
        stage, share = stages[number % len(stages)], chance.uniform(0.0, 0.95)
        how, wrong = fill(office, stage, share)
        while how == "room" and share > 0.001:  # it needed less than it left behind
            share /= 8
            how, wrong = fill(office, stage, share)
        print(f"small disk {number + 1} {stage.step}: {how} {wrong or 'same bytes'}", flush=True)
        kind = how if how in ("unmounted", "room", "said") else "other words"
        ways[kind] = ways.get(kind, 0) + 1
        problems += [f"full {stage.step}: {how} {wrong}"] if wrong or kind == "other words" else []
    print(f"{count} small disks: {ways}", flush=True)
    return problems


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--full", type=int, default=20)
    parser.add_argument("--only", choices=STEPS, help="one command alone")
    parser.add_argument("--writes", action="store_true")
    parser.add_argument("--seed", type=int, default=0)
    call = parser.parse_args()
    chance = random.Random(call.seed)
    with tempfile.TemporaryDirectory() as folder:
        office, stages = prepare(Path(folder), call.only)
        stages = [stage for stage in stages if call.only in (None, stage.step)]
        problems = kills(office, stages, call.kills, chance)
        problems += small_disks(office, stages, call.full, chance)
    print("\n".join(problems) or "everything ended with the same bytes")
    if call.writes:
        words = [sys.executable, "-m", "pytest", "-n0", "-q", str(TEST)]
        return subprocess.run(
            words, env={**os.environ, "PKH_FAULTS": "all"}, cwd=TEST.parents[2], check=False
        ).returncode
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
