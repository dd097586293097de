"""Random SIGKILLs of every command, and runs on a disk that is too small: the next run ends with the same bytes.

    python benchmarks/faults.py [--kills 100] [--full 20] [--writes] [--seed 0]

Real processes on a small made-up office (preset mini). Before each command the folder is as the command before left it; it is
killed at a random moment of its usual time, given again, and its folders are compared with those of an undisturbed run. A full
disk is a tmpfs with a random share of the room that the command needs (asks for the right to mount; else these runs are left
out, and said so). ``--writes`` also breaks every single write of an ingest (`tests/flow/test_faults.py`).
"""

from __future__ import annotations

import argparse
import hashlib
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pkh_graduation.stores import demo_key
from pkh_graduation.workflows import demonstrating

COMMAND = str(Path(sys.executable).with_name("pkh-graduation"))
AS_OF = "2026-T4"
SETTINGS = "[recipe]\nhistory_tahap = 8\nmembers = 2\n[machine]\nfamilies_per_bucket = 1100\n"
STEPS = ("ingest", "features", "train", "score", "lists", "quarantine", "forget")
FOLDERS = {"ingest": ("store", "vault"), "features": ("features",), "train": ("models",), "score": ("scores",),
           "lists": ("lists",), "quarantine": (), "forget": ("store", "vault")}  # fmt: skip
TEST = Path(__file__).parent.parent / "tests" / "flow" / "test_faults.py"


@dataclass(frozen=True)
class Stage:
    """A command, the folder as it was before, how long it takes, what it leaves behind."""

    step: str
    before: Path
    seconds: float
    left: dict[str, str]
    room: int


@dataclass(frozen=True)
class Bench:
    """Where everything lies."""

    home: Path
    family: str = ""

    def words(self, step: str, out: Path) -> list[str]:
        words = [COMMAND, step]
        words += [str(self.home / "office" / "records")] if step == "ingest" else []
        words += [self.family] if step == "forget" else []
        words += ["--out", str(out)]
        if step in ("features", "train", "score", "lists"):
            words += ["--as-of", AS_OF]
        if step in ("ingest", "lists", "quarantine", "forget"):
            words += ["--key-file", str(self.home / "key")]
        if step != "forget":
            words += ["--settings", str(self.home / "pkh.toml")]
        return words + (["--xlsx", str(out / "karantina.xlsx")] if step == "quarantine" else [])

    def start(self, step: str, out: Path) -> subprocess.Popen[str]:
        return subprocess.Popen(
            self.words(step, out), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True
        )


def content(out: Path, step: str) -> dict[str, str]:
    """Files of the command's folders and their hashes, litter included."""
    kept = [out / name for name in FOLDERS[step]] + ([out / "karantina.xlsx"] if step == "quarantine" else [])
    paths = [path for place in kept for path in ([place] if place.is_file() else sorted(place.rglob("*")))]
    return {str(p.relative_to(out)): hashlib.sha256(p.read_bytes()).hexdigest() for p in paths if p.is_file()}


def size_of(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def prepare(home: Path) -> tuple[Bench, list[Stage]]:
    """The stages of an undisturbed office."""
    from pkh_graduation import stores

    demonstrating.make_population(home / "office", preset="mini", seed=7)
    (home / "key").write_bytes(demo_key(7).hex().encode())
    (home / "pkh.toml").write_text(SETTINGS)
    bench, stages, before = Bench(home), [], home / "empty"
    before.mkdir()
    for step in STEPS:
        out = home / f"after-{step}"
        shutil.copytree(before, out)
        if step == "forget":
            vault = stores.read_vault(out / "vault", key=(home / "key").read_bytes())
            bench = Bench(home, str(vault["kpm_id"].iloc[7]))
        began = time.perf_counter()
        process = bench.start(step, out)
        _, told = process.communicate()
        assert process.returncode in (0, 3), told[-500:]
        seconds = time.perf_counter() - began
        stages.append(Stage(step, before, seconds, content(out, step), max(0, size_of(out) - size_of(before))))
        before = out
        print(f"{step:<12}{seconds:6.1f} s", flush=True)
    return bench, stages


def again(bench: Bench, stage: Stage, out: Path) -> str:
    """Give the command again; what is wrong afterwards, empty when nothing is."""
    process = bench.start(stage.step, out)
    _, told = process.communicate()
    if process.returncode not in (0, 3):
        return f"did not run again: {told[-300:]}"
    found = content(out, stage.step)
    wrong = sorted(name for name in {*found, *stage.left} if found.get(name) != stage.left.get(name))
    return f"differs in {wrong[:5]}" if wrong else ""


def kill(bench: Bench, stage: Stage, chance: random.Random) -> tuple[bool, str]:
    """Kill a command at work; whether it was still alive, and what is wrong after it ran again."""
    out = bench.home / "killed"
    shutil.rmtree(out, ignore_errors=True)
    shutil.copytree(stage.before, out)
    process = bench.start(stage.step, out)
    time.sleep(chance.uniform(0.1, 1.0) * stage.seconds)
    alive = process.poll() is None
    if alive:
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    return alive, again(bench, stage, out)


@contextmanager
def small_disk(place: Path, size: int) -> Iterator[bool]:
    """A tmpfs of some size; False where mounting is not allowed."""
    place.mkdir(exist_ok=True)
    options = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(place)]
    mounted = subprocess.run(options, capture_output=True, check=False).returncode == 0
    try:
        yield mounted
    finally:
        if mounted:
            subprocess.run(["umount", str(place)], check=False)


def fill(bench: Bench, stage: Stage, chance: random.Random) -> tuple[str, str]:
    """Run a command on a disk that is too small; how it ended, and what is wrong after it ran again with room.

    How: ``unmounted``, ``room`` (it had enough), ``said`` (that the disk is full), or its other words.
    """
    place = bench.home / "disk"
    room = int(size_of(stage.before) * 1.05 + chance.uniform(0.02, 0.9) * stage.room) + 400_000
    with small_disk(place, room) as mounted:
        if not mounted:
            return "unmounted", ""
        out = place / "o"
        shutil.copytree(stage.before, out)
        process = bench.start(stage.step, out)
        _, told = process.communicate()
        if process.returncode in (0, 3):
            return "room", ""
        said = "said" if "the disk is full" in told else told[-300:]
        litter = list(out.rglob(".*.part"))
        subprocess.run(["mount", "-o", "remount,size=2G", str(place)], check=True)
        return said, f"litter {litter[:3]}" if litter else again(bench, stage, out)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--full", type=int, default=20)
    parser.add_argument("--writes", action="store_true")
    parser.add_argument("--seed", type=int, default=0)
    call = parser.parse_args()
    chance = random.Random(call.seed)
    problems = []
    with tempfile.TemporaryDirectory() as folder:
        bench, stages = prepare(Path(folder))
        killed = dict.fromkeys(STEPS, 0)
        for number in range(call.kills):
            stage = stages[number % len(stages)]
            alive, wrong = kill(bench, stage, chance)
            killed[stage.step] += alive
            problems += [f"kill {stage.step}: {wrong}"] if wrong else []
            print(
                f"kill {number + 1} {stage.step}: {'at work' if alive else 'too late'} {wrong or 'same bytes'}",
                flush=True,
            )
        print(
            f"{call.kills} kills, {sum(killed.values())} at work {killed}: {len(problems)} not the same bytes",
            flush=True,
        )
        writing = [stage for stage in stages if stage.room > 100_000]
        filled = [
            (stage.step, *fill(bench, stage, chance)) for stage in (chance.choice(writing) for _ in range(call.full))
        ]
        for step, how, wrong in filled:
            print(f"small disk {step}: {how} {wrong}")
            problems += [f"full {step}: {wrong}"] if wrong else []
        ways = [how if how in ("unmounted", "room", "said") else "other words" for _, how, _ in filled]
        print(f"{call.full} small disks: { {way: ways.count(way) for way in sorted(set(ways))} }")
    print("\n".join(problems) or "everything ended with the same bytes")
    if call.writes:
        words = [sys.executable, "-m", "pytest", "-n0", "-q", str(TEST)]
        return subprocess.run(
            words, env={**os.environ, "PKH_FAULTS": "all"}, cwd=TEST.parents[2], check=False
        ).returncode
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
