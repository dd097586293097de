"""A small made-up export: three families of province 99, every identifier of which is invented."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from pkh_graduation.records import Ingested, ingest

KEY = b"a key that is only for the tests"

Row = Mapping[str, Any]
Tables = dict[str, list[dict[str, Any]]]


def small_export() -> Tables:
    """Tables of three families, complete enough to be ingested without a single finding."""
    families = ["F1", "F2", "F3"]
    cards = ["9901010101010001", "9901010101010002", "9901010101010003"]
    people = ["9901014101900001", "9901014101900002", "9901014101900003"]
    return {
        "identitas": [
            {"kpm_id": f, "no_kk": kk, "nik_pengurus": nik, "nama_pengurus": "Ibu Contoh", "tanggal_diketahui": "2020-01-10"}
            for f, kk, nik in zip(families, cards, people, strict=True)
        ],
        "keluarga": [
            {"kpm_id": f, "kode_wilayah": "9901010001", "kelompok_id": "G1", "jenis_lantai": 2 + i, "versi_kode": "dtsen",
             "aset_mobil": 2, "penghasilan_rp": 1_500_000, "tanggal_pemutakhiran": "2024-01-15", "tanggal_diketahui": "2024-02-14"}
            for i, f in enumerate(families)
        ],
        "anggota": [
            {"anggota_id": f"{f}-1", "nik": nik, "kpm_id": f, "tanggal_lahir": "1990-01-01", "jenis_kelamin": 2, "hubungan": 1,
             "tanggal_pemutakhiran": "2024-01-15", "tanggal_diketahui": "2024-02-14"}
            for f, nik in zip(families, people, strict=True)
        ],
        "peristiwa_status": [
            {"peristiwa_id": f"E{i}", "kpm_id": f, "jenis": "masuk", "tahap_proses": "efektif",
             "tanggal_peristiwa": "2020-07-01", "tanggal_diketahui": "2020-07-20"}
            for i, f in enumerate(families)
        ],
        "kelompok": [
            {"kelompok_id": "G1", "desa": "9901010001", "pendamping_id": "P1", "berlaku_sejak": "2020-01-01",
             "tanggal_diketahui": "2020-01-05"}
        ],
        "penyaluran": [
            {"penyaluran_id": f"B{i}", "kpm_id": f, "tahun": 2024, "tahap": 1, "bansos": "PKH", "bank": "BRI", "nominal": 750_000,
             "status": "cair", "tanggal_penyaluran": "2024-03-01", "tanggal_diketahui": "2024-03-16"}
            for i, f in enumerate(families)
        ],
    }  # fmt: skip


def write_csv(path: Path, rows: Sequence[Row], delimiter: str = ",") -> None:
    """Write rows as CSV under the union of their columns."""
    columns = list(dict.fromkeys(name for row in rows for name in row))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, delimiter=delimiter)
        writer.writeheader()
        writer.writerows(rows)


def write_export(folder: Path, tables: Tables) -> Path:
    """Write every table as a CSV file."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in tables.items():
        write_csv(folder / f"{name}.csv", rows)
    return folder


@pytest.fixture
def tables() -> Tables:
    """The small export, fresh for each test."""
    return small_export()


@pytest.fixture
def take_in(tmp_path: Path) -> Callable[..., Ingested]:
    """Write tables to a folder and ingest it."""

    def run(tables: Tables, **options: Any) -> Ingested:
        return ingest(write_export(tmp_path / "ekspor", tables), key=KEY, **options)

    return run
