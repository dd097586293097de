"""The whole river on made-up kabupaten of several seeds: what the model and the best rule of practice reach, beside the truth."""

from __future__ import annotations

import argparse
import contextlib
import json
import subprocess
import sys
import tempfile
from pathlib import Path

COLUMNS = (
    "seed", "kpm", "auc_mandiri", "auc_oracle_household", "auc_oracle", "precision_at_quota", "best_rule",
    "best_rule_precision_at_quota", "precision_difference", "precision_difference_all_origins", "seconds",
)  # fmt: skip


def figures(preset: str, seed: int, out: Path) -> dict[str, object]:
    words = ["demo", "--preset", preset, "--seed", str(seed), "--out", str(out), "--json"]
    done = subprocess.run(
        [sys.executable, "-m", "pkh_graduation.cli", *words], stdout=subprocess.PIPE, text=True, check=True
    )
    found: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--preset", default="demo")
    parser.add_argument("--seeds", type=int, nargs="+", default=[7])
    parser.add_argument("--keep", type=Path, help="keep each seed's office under this folder")
    given = parser.parse_args()
    print("| " + " | ".join(COLUMNS) + " |\n|" + "---|" * len(COLUMNS))
    for seed in given.seeds:
        kept = contextlib.nullcontext(given.keep / f"seed={seed}") if given.keep else tempfile.TemporaryDirectory()
        with kept as folder:
            row = figures(given.preset, seed, Path(folder))
        print("| " + " | ".join(str(row.get(name)) for name in COLUMNS) + " |", flush=True)


if __name__ == "__main__":
    main()
