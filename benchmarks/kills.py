"""Thirty kills (SIGKILL at random moments) of feature and scoring runs: all must resume to the same bytes.

    python benchmarks/kills.py [--kills 30]

Runs the test of the same promise with more kills and prints what it counted.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

TEST = Path(__file__).parent.parent / "tests" / "flow" / "test_kills.py"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=30)
    call = parser.parse_args()
    words = [sys.executable, "-m", "pytest", "-n0", "-s", "-q", str(TEST)]
    return subprocess.run(
        words, env={**os.environ, "PKH_KILLS": str(call.kills)}, cwd=TEST.parents[2], check=False
    ).returncode


if __name__ == "__main__":
    sys.exit(main())
