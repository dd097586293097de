"""Bin, score, explain and keep the five strongest reasons of ten million households, row group after row group.

A Parquet file of made-up households is written once and its row groups are read again and again until the number of rows
is reached: every row is read, explained in float64, and compared with the model's own margin on 256 rows of each group.
Kept per household: margin (float64), five features (1 byte each), five values (float32). Each size runs in a process of its
own, so that the peak memory is that size's; the growth exponent is the slope of log CPU-seconds on log rows.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter, process_time

os.environ.setdefault("OMP_NUM_THREADS", "1")

import joblib
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from pkh_graduation.explanations.fast_trees import FastTreeExplainer, check_margin, strongest

GROUP, GROUPS, KEPT, SAMPLE = 65_536, 4, 5, 256
SHARES = (1 / 32, 1 / 16, 1 / 8, 1 / 4, 1)


def prepare(folder: Path) -> None:
    """Fit the model and write the households, float32 as they are: numbers without order do not compress."""
    from explainer import fit_model, make_data

    X, y = make_data(GROUP)
    joblib.dump(fit_model(X, y), folder / "model.joblib")
    with pq.ParquetWriter(
        folder / "households.parquet", _as_table(X).schema, use_dictionary=False, compression="none"
    ) as file:
        for seed in range(GROUPS):
            file.write_table(_as_table(make_data(GROUP, seed + 1)[0]), row_group_size=GROUP)


def _as_table(X: np.ndarray) -> pa.Table:
    return pa.table({f"f{place:02d}": column.astype(np.float32) for place, column in enumerate(X.T)})


def read_columns(file: pq.ParquetFile, group: int, out: np.ndarray) -> np.ndarray:
    """One row group, feature-major, into ``out``."""
    for place, column in enumerate(file.read_row_group(group, use_threads=False).columns):
        out[place] = column.to_numpy()
    return out


def blocks(folder: Path, rows: int) -> Iterator[tuple[int, int, np.ndarray]]:
    """(first, last, columns) until ``rows`` are reached; the columns' memory is used again."""
    file = pq.ParquetFile(folder / "households.parquet")
    buffer = np.empty((file.metadata.num_columns, GROUP), dtype=np.float32)
    for number, first in enumerate(range(0, rows, GROUP)):
        columns = read_columns(file, number % GROUPS, buffer)
        last = min(first + GROUP, rows)
        yield first, last, columns if last - first == GROUP else np.ascontiguousarray(columns[:, : last - first])


def work(folder: Path, rows: int) -> dict[str, float]:
    """Explain ``rows`` households; what it took."""
    model = joblib.load(folder / "model.joblib")
    started = process_time()
    explainer = FastTreeExplainer(model)
    phi = np.empty((explainer.n_features, GROUP))
    strongest(explainer.explain(np.zeros((10, explainer.n_features), dtype=np.float32))[0].T, KEPT)
    built = process_time() - started
    margin = np.empty(rows)
    positions, values = np.empty((rows, KEPT), dtype=np.uint8), np.empty((rows, KEPT), dtype=np.float32)
    started, wall = process_time(), perf_counter()
    for first, last, columns in blocks(folder, rows):
        own = slice(first, last)
        out = phi if last - first == GROUP else np.empty((len(phi), last - first))
        found, margin[own] = explainer.explain_columns(columns, out=out)
        positions[own], values[own] = strongest(found, KEPT)
        check_margin(margin[first : first + SAMPLE][: last - first], model.decision_function(columns[:, :SAMPLE].T))
    return {
        "rows": rows,
        "build_cpu_s": built,
        "cpu_s": process_time() - started,
        "wall_s": perf_counter() - wall,
        "peak_rss_gb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20,
        "checksum": float(margin.sum() + values.sum(dtype=float) + positions.sum(dtype=float)),
    }


def growth(sizes: np.ndarray, seconds: np.ndarray) -> tuple[float, float, float]:
    """Slope of log seconds on log rows, with its 95 % t-interval."""
    from scipy.stats import linregress, t

    fit = linregress(np.log(sizes), np.log(seconds))
    half = float(t.ppf(0.975, len(sizes) - 2) * fit.stderr)
    return float(fit.slope), float(fit.slope) - half, float(fit.slope) + half


def run_alone(*words: str) -> str:
    done = subprocess.run([sys.executable, __file__, *words], stdout=subprocess.PIPE, text=True, check=True)
    return done.stdout


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--prepare", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--work", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.prepare:
        prepare(given.prepare)
    elif given.work:
        print(json.dumps(work(given.work, given.rows)))
    else:
        compare(given.rows)


def compare(rows: int) -> None:
    found = []
    print("| rows | CPU-s | wall s | rows per CPU-second | peak RSS GB | build CPU-s |\n|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        run_alone("--prepare", folder)
        for share in SHARES:
            one = json.loads(run_alone("--work", folder, "--rows", str(max(int(rows * share), 1))))
            found.append(one)
            print(
                f"| {one['rows']:,} | {one['cpu_s']:.1f} | {one['wall_s']:.1f} | {one['rows'] / one['cpu_s']:,.0f} "
                f"| {one['peak_rss_gb']:.2f} | {one['build_cpu_s']:.1f} |",
                flush=True,
            )
    slope, low, high = growth(*(np.array([one[name] for one in found]) for name in ("rows", "cpu_s")))
    print(f"\nCPU-seconds grow as rows to the power {slope:.3f} (95 % interval {low:.3f} to {high:.3f})")


if __name__ == "__main__":
    main()
