"""A command under measurement: CPU seconds and wall of it and its processes, and the most memory they held together."""

from __future__ import annotations

import json
import os
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy import stats

PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True)
class Measured:
    """Seconds, megabytes, and the figures that the command printed."""

    cpu: float
    wall: float
    peak_mb: float
    figures: dict[str, Any]


def measure(command: list[str]) -> Measured:
    """Run a command of ours that ends with ``--json``; compiled modules may be kept, as on any other machine."""
    env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env)
    peak = [0.0]
    watcher = threading.Thread(target=_watch, args=(process.pid, peak), daemon=True)
    watcher.start()
    reader: list[str] = []
    errors = threading.Thread(target=lambda: reader.append(process.stderr.read()), daemon=True)
    errors.start()
    out = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    errors.join()
    watcher.join()
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}:\n{''.join(reader)[-2000:]}")
    wall = time.perf_counter() - started
    return Measured(usage.ru_utime + usage.ru_stime, wall, peak[0], json.loads(out.strip().splitlines()[-1]))


def _watch(root: int, peak: list[float]) -> None:
    while Path(f"/proc/{root}/statm").exists():
        held = sum(_resident(process) for process in _family(root))
        peak[0] = max(peak[0], held / 2**20)
        if not held:
            return
        time.sleep(0.1)


def _family(root: int) -> list[int]:
    found, at = [root], 0
    while at < len(found):
        for task in Path(f"/proc/{found[at]}/task").glob("*/children"):
            try:
                found.extend(int(child) for child in task.read_text().split())
            except OSError:
                continue
        at += 1
    return found


def _resident(process: int) -> int:
    try:
        return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * PAGE
    except (OSError, IndexError):
        return 0


def growth(sizes: list[float], costs: list[float]) -> tuple[float, float, float]:
    """Exponent of cost ~ size**b with its 95 % interval (least squares on logarithms)."""
    fit = stats.linregress(np.log(sizes), np.log(costs))
    reach = stats.t.ppf(0.975, len(sizes) - 2) * fit.stderr if len(sizes) > 2 else float("nan")
    return float(fit.slope), float(fit.slope - reach), float(fit.slope + reach)
