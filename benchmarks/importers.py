"""Layouts of offices, damaged, at size: nothing lost, every visible defect found, and the price against simply reading the file.

    python benchmarks/importers.py --rows 100000

Per layout: rows in = accepted + set aside, planted defects found, false alarms on a clean file, and CPU seconds against
``pandas.read_csv(dtype=str)`` (CSV) or python-calamine (XLSX) of the same file, measured side by side, best of two.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
from python_calamine import CalamineWorkbook

from pkh_graduation.records.importers import Imported, import_file

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "records"))
from damaged_layouts import LAYOUTS, Made


def cpu(work: Callable[[], Any], times: int = 2) -> tuple[float, Any]:
    best, result = float("inf"), None
    for _ in range(times):
        started = time.process_time()
        result = work()
        best = min(best, time.process_time() - started)
    return best, result


def simply(path: Path) -> Callable[[], Any]:
    if path.suffix == ".csv":
        skip = 3 if path.name.startswith("VERKOM") else 0
        return lambda: pd.read_csv(path, dtype=str, sep=_delimiter(path), skiprows=skip)
    return lambda: [CalamineWorkbook.from_path(str(path)).get_sheet_by_name(name).to_python() for name in _sheets(path)]


def _delimiter(path: Path) -> str:
    return ";" if ";" in path.read_text(encoding="utf-8")[:200] else ","


def _sheets(path: Path) -> list[str]:
    return list(CalamineWorkbook.from_path(str(path)).sheet_names)


def found(done: Imported) -> set[tuple[int, str, str]]:
    where = ["baris", "kolom", "aturan"]
    return {
        line
        for frame in (done.quarantine.frame, done.findings)
        for line in frame[where].itertuples(index=False, name=None)
    }


def judge(layout: str, rows: int, folder: Path) -> str:
    (folder / "rusak").mkdir(parents=True)
    (folder / "bersih").mkdir()
    made: Made = LAYOUTS[layout](folder / "rusak", rows, 5, damaged=True)
    clean: Made = LAYOUTS[layout](folder / "bersih", rows, 5, damaged=False)
    ours, done = cpu(lambda: import_file(made.path, made.layout, fill=made.fill))
    theirs, _ = cpu(simply(clean.path))
    seen, counts = found(done), done.quarantine.rows
    lost = int((counts["rows_in"] - counts["rows_accepted"] - counts["rows_quarantined"]).abs().sum())
    alarms = len(found(import_file(clean.path, clean.layout, fill=clean.fill)))
    return (
        f"{layout:<13} {rows:>8,} {int(counts['rows_in'].sum()):>9,} {lost:>5} {len(made.planted):>8,} "
        f"{len(made.planted & seen):>8,} {len(seen - made.planted):>6} {alarms:>6} {ours:>7.2f} {theirs:>7.2f} "
        f"{ours / theirs:>6.1f}x"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--layouts", nargs="+", default=list(LAYOUTS))
    asked = parser.parse_args()
    print("layout            lines   rows in  lost  planted    found  other  clean   CPU-s  simply  ratio")
    with tempfile.TemporaryDirectory() as folder:
        for layout in asked.layouts:
            print(judge(layout, asked.rows, Path(folder) / layout), flush=True)


if __name__ == "__main__":
    main()
