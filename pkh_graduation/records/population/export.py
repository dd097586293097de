"""Writing a made-up population: small tables as CSV, big ones as Parquet part files, the truth apart from the records."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from io import BytesIO
from pathlib import Path

import pandas as pd

from pkh_graduation.contracts import Progress, quiet

from .exits import Calibration
from .noise import KINDS
from .parts import generate_part
from .presets import PRESETS, Preset
from .simulation import reference

VERSION = 1
"""Changes whenever the same preset and seed would give other records."""

MARK = "sintetis.toml"
BIG = ("keluarga", "peringkat", "anggota", "usaha", "penyaluran", "verifikasi_komitmen", "p2k2_sesi", "p2k2_kehadiran")
"""Tables written as a folder of Parquet files, one per part."""

FILE_KINDS = ("titik_koma_dan_bom", "koma_desimal", "potongan_kepala", "akhir_baris_windows")
"""Dirt of the files themselves: delimiter and BOM, decimal comma, header fragments and totals inside, CRLF."""


def write_population(
    records_folder: Path | str,
    truth_folder: Path | str,
    *,
    preset: Preset | str,
    seed: int,
    workers: int = 1,
    dirty: bool | Iterable[str] = True,
    progress: Progress = quiet,
) -> pd.DataFrame:
    """Write a made-up export and, elsewhere, its hidden truth. Bytes depend on preset, seed and ``dirty`` only.

    Args:
        records_folder: gets one file or folder per table and `sintetis.toml`, which marks the export as made up.
        truth_folder: gets `kebenaran_*.parquet`; must not lie inside the records folder.
        preset: a `Preset` or the name of one.
        seed: any whole number from 0 on.
        workers: processes; the output is the same for any number.
        dirty: all kinds of dirt, none, or the named ones (`KINDS` and `FILE_KINDS`).
        progress: called with one line per finished part.

    Returns:
        Rows touched by the dirty layer: ``jenis, tabel, baris``.

    Raises:
        ValueError: the folders are nested, or a folder already holds something else.
    """
    records, hidden = Path(records_folder), Path(truth_folder)
    chosen = PRESETS[preset] if isinstance(preset, str) else preset
    kinds = (*KINDS, *FILE_KINDS) if dirty is True else () if dirty is False else tuple(dirty)
    _check_folders(records, hidden)
    _clear(records, hidden)
    calibration = reference(chosen)
    results = _all_parts(records, hidden, chosen, seed, workers, kinds, calibration, progress)
    small = _joined([part for part, _ in results])
    counts = (
        pd.concat([count for _, count in results]).groupby(["jenis", "tabel"], as_index=False, sort=True)["baris"].sum()
    )
    for name, frame in small.items():
        content, touched = csv_bytes(name, frame, kinds)
        (records / f"{name}.csv").write_bytes(content)
        counts = pd.concat([counts, touched], ignore_index=True)
    write_parquet(counts, hidden / "kebenaran_kotor.parquet")
    (records / MARK).write_text(_mark(chosen, seed, kinds), encoding="utf-8", newline="\n")
    return counts


def _check_folders(records: Path, hidden: Path) -> None:
    if hidden.resolve().is_relative_to(records.resolve()):
        raise ValueError(
            "the truth folder lies inside the records folder, where features could read it; name another folder."
        )
    for folder in (records, hidden):
        folder.mkdir(parents=True, exist_ok=True)
    foreign = any(records.iterdir()) and not (records / MARK).exists()
    if foreign:
        raise ValueError(
            f"the records folder {records.name!r} holds other files; name an empty folder, or one made before."
        )


def _clear(records: Path, hidden: Path) -> None:
    """Remove the part files of an earlier writing, which may have had more parts."""
    for folder in (*(records / name for name in BIG), *hidden.glob("kebenaran_*.parquet")):
        for old in folder.glob("bagian-*.parquet"):
            old.unlink()


def _all_parts(
    records: Path, hidden: Path, preset: Preset, seed: int, workers: int, kinds: tuple[str, ...], calibration: Calibration,
    progress: Progress,
) -> list[tuple[dict[str, pd.DataFrame], pd.DataFrame]]:  # fmt: skip
    from joblib import Parallel, delayed

    parts = range(len(preset.parts(seed)))
    jobs = (delayed(_write_part)(records, hidden, preset, seed, part, kinds, calibration) for part in parts)
    results = []
    with warnings.catch_warnings():
        # joblib renews a worker whose memory grew, and says so; nothing is lost.
        warnings.filterwarnings("ignore", message="A worker stopped while some jobs", category=UserWarning)
        for result in Parallel(n_jobs=workers, return_as="generator")(jobs):
            results.append(result)
            progress(f"bagian {len(results)} dari {len(parts)} ditulis")
    return results


def _write_part(
    records: Path, hidden: Path, preset: Preset, seed: int, part: int, kinds: tuple[str, ...], calibration: Calibration
) -> tuple[dict[str, pd.DataFrame], pd.DataFrame]:
    """Write the big tables and the truth of one part; hand back the small tables."""
    made = generate_part(preset, seed, part, dirty=[k for k in kinds if k in KINDS], calibration=calibration)
    for name in BIG:
        write_parquet(made.tables[name], records / name / f"bagian-{part:03d}.parquet")
    for name, frame in made.truth.items():
        write_parquet(frame, hidden / f"{name}.parquet" / f"bagian-{part:03d}.parquet")
    return {name: frame for name, frame in made.tables.items() if name not in BIG}, made.dirty


def _joined(parts: list[dict[str, pd.DataFrame]]) -> dict[str, pd.DataFrame]:
    names = dict.fromkeys(name for part in parts for name in part)
    return {name: pd.concat([part[name] for part in parts if name in part], ignore_index=True) for name in names}


def write_parquet(frame: pd.DataFrame, path: Path) -> None:
    """Write a Parquet file whose bytes depend on the content only."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    path.parent.mkdir(parents=True, exist_ok=True)
    table = pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(None)
    pq.write_table(table, path, compression="zstd")


def csv_bytes(name: str, frame: pd.DataFrame, kinds: tuple[str, ...]) -> tuple[bytes, pd.DataFrame]:
    """One CSV file, plain or as offices write it; and what was done to it."""
    import pyarrow as pa
    import pyarrow.csv as pc

    touched: list[tuple[str, str, int]] = []
    options = {"delimiter": ","}
    if name == "program_komplementer" and "koma_desimal" in kinds:
        frame = frame.assign(propensi=frame["propensi"].astype("str").str.replace(".", ",", regex=False))
        frame["propensi"] = frame["propensi"].where(frame["propensi"] != "<NA>")
        options = {"delimiter": ";"}
        touched.append(("koma_desimal", name, int(frame["propensi"].notna().sum())))
    semicolon = name == "identitas" and "titik_koma_dan_bom" in kinds
    options = {"delimiter": ";"} if semicolon else options
    sink = BytesIO()
    pc.write_csv(
        pa.Table.from_pandas(frame, preserve_index=False), sink, pc.WriteOptions(**options, quoting_style="needed")
    )
    content = sink.getvalue()
    if semicolon:
        content = b"\xef\xbb\xbf" + content
        touched.append(("titik_koma_dan_bom", name, len(frame)))
    if name == "masalah" and "akhir_baris_windows" in kinds:
        content = content.replace(b"\n", b"\r\n")
        touched.append(("akhir_baris_windows", name, len(frame)))
    if name == "kunjungan" and "potongan_kepala" in kinds:
        content = _fragments(content)
        touched.append(("potongan_kepala", name, 2))
    return content, pd.DataFrame(touched, columns=["jenis", "tabel", "baris"])


def _fragments(content: bytes) -> bytes:
    """Repeat the header line in the middle and put a line of totals at the end, as joined sheets do."""
    lines = content.splitlines(keepends=True)
    middle = len(lines) // 2
    empty = b"," * (lines[0].count(b",") - 1)
    total = b"JUMLAH," + str(len(lines) - 1).encode() + empty + b"\n"
    return b"".join([*lines[:middle], lines[0], *lines[middle:], total])


def _mark(preset: Preset, seed: int, kinds: tuple[str, ...]) -> str:
    """Content of `sintetis.toml`: how to make the same export again."""
    year, tahap = preset.first
    words = ", ".join(f'"{kind}"' for kind in kinds)
    return (
        "# Data buatan. Tidak satu pun keluarga, nama, atau nomor di sini nyata.\n"
        f'preset = "{preset.name}"\nseed = {seed}\nversi = {VERSION}\nkpm = {preset.kpm}\nkabupaten = {preset.kabupaten}\n'
        f'mulai = "{year}-T{tahap}"\ntriwulan = {preset.quarters}\nkotor = [{words}]\n'
    )
