"""Features at one as-of date: ours beside idiomatic pandas and idiomatic Polars, the same columns with the same values.

Every contender starts from frames in memory (pandas frames for ours and for pandas, Polars frames for Polars), runs on one
thread, and selects what was visible itself. Values are compared before anything is timed; then rounds are interleaved.
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

os.environ["POLARS_MAX_THREADS"] = "1"  # read once, when polars is imported

import numpy as np
import pandas as pd
from features_rivals import pandas_way

from pkh_graduation import stores, timeline
from pkh_graduation.contracts import Records, Snapshots
from pkh_graduation.engines import DuckDBEngine
from pkh_graduation.features import Catalogue, build_features, default_catalogue
from pkh_graduation.programme.calendar import parse_as_of
from pkh_graduation.records import population, read_records

try:
    import polars as pl
    from features_rivals import polars_way
except ModuleNotFoundError:
    pl = None

FEATURES = (
    "bayar_rp_12", "bayar_rp_24", "bayar_n_12", "bayar_rerata_24", "bayar_simpangan_24", "bayar_tren_24", "bayar_akhir_rp",
    "bayar_hari", "bayar_tertahan_n_12", "bayar_gagal_n_24", "bayar_cair_bagian_12", "bayar_tidak_diambil_24",
    "bayar_sanksi_24", "bpnt_n_12", "sesi_terjadwal_12", "sesi_terlaksana_12", "sesi_terlaksana_bagian_12", "p2k2_hadir_3",
    "p2k2_hadir_12", "p2k2_hadir_bagian_12", "p2k2_alpa_12", "p2k2_hari", "p2k2_modul_24", "p2k2_paham_bagian_24",
    "p2k2_m2_hadir_n", "p2k2_ekonomi_n", "kelompok_hadir_12", "usaha_aktif_n", "usaha_lama_tahun", "usaha_omzet_rp",
    "usaha_omzet_tren_24", "usaha_data_umur_hari", "usaha_izin", "usaha_modal_rentenir", "tetangga_usaha_bagian", "anggota_n",
    "anak_n", "lansia_n", "tanggungan_bagian", "kepala_umur", "dewasa_sekolah_rerata", "dewasa_sma_n", "bekerja_n",
    "program_pip", "program_sembako", "program_pelatihan_n", "program_n_12", "kur_berjalan_n", "pinjaman_berjalan_n",
    "pinjaman_rp", "tunggakan_n", "angsuran_bagian", "penghasilan_tren_24", "desil", "desil_perubahan_12", "tetangga_desil",
)  # fmt: skip
TABLES = (
    "penyaluran", "p2k2_kehadiran", "p2k2_sesi", "usaha", "anggota", "program_komplementer", "keluarga", "peringkat",
)  # fmt: skip
NUMBERS = ("kpm", "kelompok", "anggota", "usaha", "program_key")
"""Surrogates that a copy of the families must not share."""
KEY = b"kunci untuk orang buatan saja"
RTOL = 1e-9


class World:
    """The tables, the families of one date, and the bounds of its windows."""

    def __init__(self, tables: Mapping[str, pd.DataFrame], frame: pd.DataFrame) -> None:
        self.records = Records(dict(tables), sintetis=True, digest="banding")
        self.history = Snapshots(frame)
        self.spine = timeline.spine(self.history.dates)
        self.moment = {str(name): int(value) for name, value in self.spine.iloc[0].items()}
        group = [None if pd.isna(text) else int(text[1:], 16) for text in frame["kelompok_id"]]
        columns = {"kpm": frame["kpm"].array, "kelompok": pd.array(group, dtype="Int64"), "desa": frame["desa"].array}
        self.cohort = pd.DataFrame(columns)

    def save(self, folder: Path) -> None:
        for name, table in self.records.tables.items():
            table.to_parquet(folder / f"{name}.parquet")
        self.history.frame.to_parquet(folder / "history.parquet")

    @classmethod
    def load(cls, folder: Path) -> World:
        frames = {path.stem: pd.read_parquet(path) for path in sorted(folder.glob("*.parquet"))}
        return cls(frames, frames.pop("history"))


def from_store(folder: Path, as_of: dt.date) -> World:
    records = stores.read_store(folder)
    history = timeline.take_snapshots(records, at=as_of)
    return World({name: records.tables[name] for name in TABLES}, history.frame)


def made_up(families: int, as_of: dt.date, folder: Path) -> World:
    """A `mini` population, copied until there are about so many families."""
    population.write_population(folder / "records", folder / "truth", preset="mini", seed=7)
    records, _ = read_records(folder / "records", key=KEY)
    frame = timeline.take_snapshots(records, at=as_of).frame
    copies = max(1, round(families / len(frame)))
    tables = {
        name: pd.concat([_copied(records.tables[name], k) for k in range(copies)], ignore_index=True) for name in TABLES
    }
    return World(tables, pd.concat([_moved(frame, k) for k in range(copies)]))


def _copied(table: pd.DataFrame, copy: int) -> pd.DataFrame:
    """Rows of other families: surrogates are 60-bit hashes, so the numbers beside them are free."""
    shifted = {name: table[name] + copy for name in NUMBERS if name in table}
    ids = {name: table[name] + copy * (table[name].max() + 1) for name in ("record_id", "row_key")}
    return table.assign(**shifted, **ids)


def _moved(frame: pd.DataFrame, copy: int) -> pd.DataFrame:
    kpm = frame["kpm"] + copy
    groups = [None if pd.isna(text) else f"g{int(text[1:], 16) + copy:015x}" for text in frame["kelompok_id"]]
    index = pd.MultiIndex.from_arrays(
        [[f"k{k:015x}" for k in kpm], frame.index.get_level_values(1)], names=frame.index.names
    )
    desa = frame["desa"] + f"-{copy}"
    return frame.assign(kpm=kpm, kelompok_id=pd.array(groups, dtype="str"), desa=desa).set_index(index)


# ---------------------------------------------------------------- contenders: a world in, a call that builds the features out

Call = Callable[[], Any]


def ours(world: World) -> Call:
    chosen = [feature for feature in default_catalogue().features if feature.name in FEATURES]
    catalogue = Catalogue.of(chosen)

    def run() -> pd.DataFrame:
        with DuckDBEngine(threads=1) as engine:
            X, _ = build_features(
                world.records, world.history, engine=engine, spine=world.spine, catalogue=catalogue, facts=False
            )
        return X

    return run


def pandas_rival(world: World) -> Call:
    tables = dict(world.records.tables)
    return lambda: pandas_way.build(tables, world.cohort, world.moment)


def polars_rival(world: World) -> Call:
    tables = {name: pl.from_pandas(table) for name, table in world.records.tables.items()}
    cohort = pl.from_pandas(world.cohort)
    return lambda: polars_way.build(tables, cohort, world.moment)


CONTENDERS: dict[str, Callable[[World], Call]] = {"pkh_graduation (DuckDB)": ours, "pandas": pandas_rival}
if pl is not None:
    CONTENDERS["Polars (lazy)"] = polars_rival


def matrix(made: Any) -> np.ndarray:
    """Values in the order of FEATURES, rounded as X is, missing as NaN."""
    frame = made if isinstance(made, pd.DataFrame) else made.to_pandas()
    columns = [frame[name].to_numpy(dtype="float64", na_value=np.nan) for name in FEATURES]
    return np.column_stack(columns).astype(np.float32).astype(np.float64)


def check_equal(results: Mapping[str, np.ndarray]) -> None:
    """Stop unless every contender gives the same values, missing equal to missing."""
    (first, base), *rest = results.items()
    for name, other in rest:
        # X is rounded to float32 once, so that sums in another order may end one step aside.
        alike = np.isclose(base, other, rtol=2.0**-22, atol=RTOL, equal_nan=True).all(axis=0)
        unlike = [feature for feature, same in zip(FEATURES, alike, strict=True) if not same]
        if unlike:
            sys.exit(f"{name} and {first} differ in {unlike}: nothing is timed.")


def cpu_seconds() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in used)


def timed(call: Call) -> float:
    before = cpu_seconds()
    call()
    return cpu_seconds() - before


def peak_mb(name: str, folder: Path) -> float:
    """Memory that one run needs above its frames: the peak of a process of its own, less what it held before."""
    words = [sys.executable, __file__, "--peak", name, "--folder", str(folder)]
    return float(subprocess.run(words, stdout=subprocess.PIPE, text=True, check=True).stdout)


def print_peak(name: str, folder: Path) -> None:
    call = CONTENDERS[name](World.load(folder))
    # The loading may have peaked higher than the frames that are left: forget that peak.
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    before = _status("VmRSS")
    call()
    print((_status("VmHWM") - before) / 1024)


def _status(entry: str) -> int:
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{entry}:"))


def compare(world: World, rounds: int, folder: Path) -> None:
    calls = {name: make(world) for name, make in CONTENDERS.items()}
    check_equal({name: matrix(call()) for name, call in calls.items()})
    seconds: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(rounds):
        for name, call in calls.items():
            seconds[name].append(timed(call))
    del calls
    peaks = {}
    if Path("/proc/self/clear_refs").exists():
        world.save(folder)
        peaks = {name: f"{peak_mb(name, folder):.0f}" for name in CONTENDERS}
    rows = sum(len(table) for table in world.records.tables.values())
    print(f"{len(FEATURES)} features, {len(world.cohort)} families, {rows} rows, as of {world.history.dates[0]}, 1 thread, "
          f"{rounds} interleaved rounds; values equal\n")  # fmt: skip
    print("| contender | CPU s, median (range) | ratio | peak MB above the frames |\n|---|---|---|---|")
    base = statistics.median(next(iter(seconds.values())))
    for name, took in seconds.items():
        middle = statistics.median(took)
        print(
            f"| {name} | {middle:.2f} ({min(took):.2f}-{max(took):.2f}) | {middle / base:.2f} | {peaks.get(name, '-')} |"
        )
    if pl is None:
        print("\nPolars is not installed: not compared.")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--store", type=Path, help="a store folder; without it, a population is made up")
    parser.add_argument("--families", type=int, default=20_000, help="about so many made-up families")
    parser.add_argument("--as-of", type=parse_as_of, default=dt.date(2026, 9, 30))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--peak", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.peak:
        print_peak(given.peak, given.folder)
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "frames").mkdir()
        world = from_store(given.store, given.as_of) if given.store else made_up(given.families, given.as_of, folder)
        compare(world, given.rounds, folder / "frames")


if __name__ == "__main__":
    main()
