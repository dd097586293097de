"""Does a changed bundle ever load? Flips random bytes in every file of a bundle, and forges manifests, and counts.

``python benchmarks/bundle_flips.py [--bundle DIR] [--flips 1000] [--seed 0]``: without a bundle, a small one is fitted. Four
trials, each on a copy: one random byte of one file becomes another (files in turn, and in proportion to their size); a file is
cut; a file is changed and the manifest made to fit, with and without a key. Prints how many of each were refused, and those
that were not.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from pkh_graduation import stores
from pkh_graduation.stores import signing

KEY = b"kunci untuk percobaan ini saja!!"


def small_bundle(folder: Path) -> Path:
    """A bundle of a small model on random numbers, signed."""
    sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "stores"))
    from fitted_models import fitted

    return stores.save_bundle(
        fitted(), folder, {"sintetis": True}, documents={"model_card.id.md": "# Kartu\n"}, key=KEY
    )


def refused(folder: Path, key: bytes | None) -> bool:
    try:
        stores.load_bundle(folder, sintetis=True, allow_version_skew=True, key=key)
    except stores.BundleError:
        return True
    return False


def flip(path: Path, rng: np.random.Generator) -> None:
    content = bytearray(path.read_bytes())
    content[int(rng.integers(len(content)))] ^= int(rng.integers(1, 256))
    path.write_bytes(bytes(content))


def cut(path: Path, rng: np.random.Generator) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: int(rng.integers(len(content)))])


def refit(folder: Path) -> None:
    """Make the manifest fit what lies there."""
    own = ("manifest.json", "signature.json")
    files = {path.name: path.read_bytes() for path in folder.iterdir() if path.name not in own}
    (folder / "manifest.json").write_bytes(signing.write_manifest(files))


def trial(bundle: Path, work: Path, name: str, rng: np.random.Generator, case: int) -> bool:
    """One copy changed; whether it was refused."""
    folder = Path(shutil.copytree(bundle, work / "salinan", dirs_exist_ok=True))
    files = sorted(folder.iterdir())
    sizes = np.array([path.stat().st_size for path in files], dtype=float)
    drawn = files[case % len(files)] if case % 2 else files[int(rng.choice(len(files), p=sizes / sizes.sum()))]
    if name.startswith("forged"):
        drawn = folder / ("card.json" if case % 2 else "model.skops")
    (cut if name == "cut" else flip)(drawn, rng)
    if name.startswith("forged"):
        refit(folder)
    # A forger without the key: with a key set he must be found out; without one, only a sound model may still load.
    return refused(folder, KEY if name == "forged, key set" else None)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bundle", type=Path)
    parser.add_argument("--flips", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    wish = parser.parse_args()
    with tempfile.TemporaryDirectory() as room:
        work = Path(room)
        bundle = wish.bundle or small_bundle(work / "asli")
        assert not refused(bundle, None), "the bundle itself must load"
        print(f"{'trial':<18}{'n':>7}{'refused':>9}{'CPU s':>8}")
        for number, name in enumerate(("byte flip", "cut", "forged, key set", "forged, no key")):
            rng = np.random.default_rng([wish.seed, number])
            n = wish.flips if name == "byte flip" else max(wish.flips // 5, 1)
            started = time.process_time()
            caught = sum(trial(bundle, work, name, rng, case) for case in range(n))
            print(f"{name:<18}{n:>7}{caught:>9}{time.process_time() - started:>8.1f}")
        print(
            "forged, no key: hashes that fit cannot tell who wrote them; what loads holds only listed types and sound trees"
        )


if __name__ == "__main__":
    main()
