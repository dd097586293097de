"""Readers, mappings, settings and feedback under damaged and hostile files: tracebacks, hangs, lost rows, memory.

    python benchmarks/fuzz.py --files 100000

Files are made from seeds (``--first`` is the first), so that a finding can be made again: ``--kinds text --first 17 --files 1``.
All run in one process; a file counts as a hang after 10 seconds. Prints one line per kind, every finding with its seed, and
the most memory that the process ever held.
"""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
import time
import warnings
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "flow"))
from fuzzed_files import KINDS, Tally, fuzz


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=100_000, help="files of all kinds together")
    parser.add_argument("--first", type=int, default=0, help="first seed")
    parser.add_argument("--kinds", nargs="+", default=list(KINDS), choices=list(KINDS))
    asked = parser.parse_args()
    warnings.simplefilter("error")
    print("kind           files     read  refused  findings     cells  slowest  seconds")
    whole = Tally()
    with tempfile.TemporaryDirectory() as folder:
        for number, kind in enumerate(asked.kinds):
            count = asked.files // len(asked.kinds) + (number < asked.files % len(asked.kinds))
            tally, started = Tally(), time.perf_counter()
            for seed in range(asked.first, asked.first + count):
                fuzz(kind, seed, Path(folder), tally)
            print(
                f"{kind:<12} {count:>7,} {tally.read.total():>8,} {tally.refused.total():>8,} {len(tally.found):>9,} "
                f"{tally.cells:>9,} {tally.slowest:>7.2f}s {time.perf_counter() - started:>8.0f}",
                flush=True,
            )
            for finding in tally.found[:20]:
                print("  finding: kind {}, seed {}: {}".format(*finding), flush=True)
            whole.found += tally.found
            whole.cells += tally.cells
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{asked.files:,} files, {whole.cells:,} cells, {len(whole.found)} findings, at most {peak:,.0f} MB of memory"
    )
    return 1 if whole.found else 0


if __name__ == "__main__":
    sys.exit(main())
