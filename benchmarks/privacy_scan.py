"""Personal-data scan: 500 provoked errors and the whole folder of a demo, MLflow and what was said included.

    python benchmarks/privacy_scan.py [--errors 500] [--names 300]

Runs the tests of the same promise (`tests/flow/test_privacy.py`) with more provoked errors and prints what they counted, then
measures the vault on made-up identifiers: a million rows sealed, and the names of some families joined.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

from pkh_graduation import stores

TEST = Path(__file__).parent.parent / "tests" / "flow" / "test_privacy.py"
KEY = b"a key that is only for this benchmark"


def made_up(rows: int) -> pd.DataFrame:
    """Identifiers as long as real ones, of nobody."""
    number = np.arange(rows)
    ids = np.random.default_rng(0).choice(2**40, size=rows, replace=False)
    frame = pd.DataFrame({"kpm_id": [f"k{one:015x}" for one in ids], "kpm_asal": [f"P99-{n:09d}" for n in number]})
    frame["no_kk"] = [f"99{n:014d}" for n in number]
    frame["nik_pengurus"] = [f"98{n:014d}" for n in number]
    frame["nama_pengurus"] = [f"Nama Rekaan {n % 5_000}" for n in number]
    frame["alamat"] = [f"Jalan Umpama Nomor {n % 900}" for n in number]
    for name in ("rt", "rw", "dusun", "lat", "lon", "id_pelanggan_pln", "id_dtks", "id_keluarga_p3ke", "no_hp"):
        frame[name] = [f"{n % 1_000_003}" for n in number]
    return frame.assign(mutu_no_kk="utuh", mutu_nik="utuh", tanggal_diketahui=pd.array(number % 20_000, dtype="Int32"))


def measure_vault(rows: int, names: int) -> None:
    pairs = pd.DataFrame({"jenis": ["pendamping_id"], "asal": ["P1"], "id": ["d1"]})
    identities = made_up(rows)
    with tempfile.TemporaryDirectory() as folder:
        started = time.process_time()
        stores.write_vault(identities, pairs, Path(folder), key=KEY)
        print(f"{rows:>9,} rows sealed            {time.process_time() - started:8.2f} CPU-s")
        asked = identities["kpm_id"].sample(names, random_state=1).tolist()
        spent = []
        for _ in range(9):
            started = time.process_time()
            found = stores.read_vault(Path(folder), asked, key=KEY)
            spent.append(time.process_time() - started)
        assert len(found) == names
        print(
            f"{names:>9,} names out of {rows:>9,} {1000 * float(np.median(spent)):8.1f} CPU-ms (median of {len(spent)})"
        )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--errors", type=int, default=500)
    parser.add_argument("--names", type=int, default=300)
    call = parser.parse_args()
    for rows in (20_000, 200_000, 1_000_000):
        measure_vault(rows, call.names)
    words = [sys.executable, "-m", "pytest", "-n0", "-s", "-q", str(TEST)]
    return subprocess.run(
        words, env={**os.environ, "PKH_PROVOKED": str(call.errors)}, cwd=TEST.parents[2], check=False
    ).returncode


if __name__ == "__main__":
    sys.exit(main())
