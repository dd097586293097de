"""The nation run: features, scores and lists of made-up nations of growing size, each stage measured.

    python benchmarks/nation/run.py --out DIR --buckets 1 2 4 8 16

The first time it makes one kabupaten (the demo's, about 20,000 families), learns a bundle from it, and keeps both in DIR/base.
Every size is that kabupaten repeated (`replicate`), in buckets as large and with as much memory as the library has by itself.
CPU seconds are of all processes; memory is what they held together.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from pathlib import Path

from measure import Measured, growth, measure
from replicate import replicate, subset

AS_OF = "2026-12-31"
NATION = 10_000_000
LISTS = 30_000
STAGES = {"features": ["--only"], "score": [], "lists": ["--no-names"]}


def pkh(*words: str) -> list[str]:
    return [str(Path(sys.executable).with_name("pkh-graduation")), *words, "--json"]


def make_base(base: Path, preset: str, seed: int) -> None:
    """One kabupaten's store and a bundle learnt from it."""
    if (base / "models" / "bangsa" / "manifest.json").is_file():
        return
    measure(pkh("demo", "--out", str(base), "--preset", preset, "--seed", str(seed)))
    (found,) = [path for path in (base / "models").iterdir() if path.is_dir()]
    found.rename(base / "models" / "bangsa")


def run_size(
    base: Path, whole: Path, out: Path, buckets: int, settings: Path, stages: list[str], keep: bool
) -> dict[str, Measured]:
    """The stages on the first buckets of the whole nation."""
    shutil.rmtree(out, ignore_errors=True)
    subset(whole, out / "store", buckets)
    print(f"{buckets} buckets", file=sys.stderr)
    found = {}
    for stage in stages:
        common = [stage, AS_OF, "--out", str(out), "--settings", str(settings), *STAGES[stage]]
        chosen = [] if stage == "features" else ["--models", str(base / "models"), "--bundle", "bangsa"]
        found[stage] = measure(pkh(*_command(common), *chosen))
        one = found[stage]
        print(f"  {stage}: {one.cpu:.1f} CPU-s, {one.wall:.1f} s, {one.peak_mb:.0f} MB", file=sys.stderr)
    if not keep:
        shutil.rmtree(out)
    return found


def _command(words: list[str]) -> list[str]:
    stage, as_of, *rest = words
    return [stage, "--as-of", as_of, *rest]


def report(results: dict[int, dict[str, Measured]]) -> None:
    families = {size: families_of(found) for size, found in results.items()}
    print("families   stage      CPU-s   wall s  peak MB  us/family  CPU-min per 10 M")
    for size, found in results.items():
        for stage, one in found.items():
            n = families[size]
            print(
                f"{n:>9,}  {stage:<9} {one.cpu:7.1f}  {one.wall:7.1f}  {one.peak_mb:7.0f}  {one.cpu / n * 1e6:9.1f}"
                f"  {one.cpu / n * NATION / 60:10.1f}"
            )
    if written := results[max(results)].get("lists"):
        wall = written.wall / written.figures["lists"] * LISTS / 60
        print(f"{LISTS:,} lists as at the largest size: {wall:.1f} minutes of wall time")
    if len(results) > 2:
        for stage in next(iter(results.values())):
            slope, low, high = growth([families[c] for c in results], [results[c][stage].cpu for c in results])
            print(f"growth of {stage:<9} CPU ~ families^{slope:.3f} (95 % {low:.3f} to {high:.3f})")


def families_of(found: dict[str, Measured]) -> int:
    """How many families a size has; features of one date have a row for each."""
    figures = next(iter(found.values())).figures
    return int(figures["kpm"] if "kpm" in figures else figures["rows"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument(
        "--buckets", type=int, nargs="+", default=[1, 2, 4, 8, 16], help="sizes, in buckets of kabupaten"
    )
    parser.add_argument("--per-bucket", type=int, default=10, help="kabupaten to a bucket, about 20,000 families each")
    parser.add_argument("--preset", default="demo")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--memory-limit", default="4GB")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--stages", nargs="+", choices=STAGES, default=list(STAGES), help="first stages alone")
    parser.add_argument("--keep", action="store_true", help="keep the folders of all sizes")
    call = parser.parse_args()
    make_base(call.out / "base", call.preset, call.seed)
    settings = call.out / "pkh.toml"
    settings.write_text(
        f'[machine]\nworkers = {call.workers}\nmemory_limit = "{call.memory_limit}"\n', encoding="utf-8"
    )
    whole = call.out / f"bangsa-{max(call.buckets)}x{call.per_bucket}"
    if not (whole / "manifest.json").is_file():
        size = replicate(
            call.out / "base" / "store", whole, max(call.buckets) * call.per_bucket, call.per_bucket, call.workers
        )
        print(f"{max(call.buckets) * call.per_bucket} kabupaten, store {size / 1e9:.2f} GB", file=sys.stderr)
    results = {}
    for buckets in call.buckets:
        folder = call.out / f"ukuran-{buckets}"
        results[buckets] = run_size(call.out / "base", whole, folder, buckets, settings, call.stages, call.keep)
        kept = {stage: vars(one) for stage, one in results[buckets].items()}
        (call.out / f"hasil-{buckets}.json").write_text(json.dumps(kept), encoding="utf-8")
    report(results)


if __name__ == "__main__":
    main()
