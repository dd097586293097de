"""An empty export folder: one CSV per table with its header, and a guide to every column in Indonesian."""

from __future__ import annotations

import csv
from pathlib import Path

from pkh_graduation.records.schemas import TABLES, Column, TableSchema

GUIDE = "_panduan_kolom.csv"
"""Name of the guide; the leading mark keeps it from being read as a table."""

_HEADER = ("tabel", "arti_tabel", "kolom", "arti_kolom", "jenis", "satuan", "pilihan", "wajib", "golongan_data")
_KINDS = {
    "text": "teks", "id": "nomor/kode pengenal", "int": "bilangan bulat", "money": "rupiah", "float": "angka",
    "bool": "Ya/Tidak", "date": "tanggal (2024-12-31)", "code": "kode", "set": "pilihan, boleh lebih dari satu (dipisah |)",
    "class": "pilihan",
}  # fmt: skip
_CLASSES = {"K": "pengenal (hanya di brankas)", "X": "data pribadi spesifik", "U": "umum"}


def write_template(folder: str | Path) -> list[Path]:
    """Write an empty CSV per table and the guide of all columns into a folder; returns the paths written.

    Raises:
        FileExistsError: one of the files is already there; nothing is written.
    """
    target = Path(folder)
    if there := sorted(name for name in [*(f"{table}.csv" for table in TABLES), GUIDE] if (target / name).exists()):
        raise FileExistsError(
            f"{target} already holds {', '.join(there[:3])}{' ...' if len(there) > 3 else ''}; nothing is overwritten: "
            "give another folder."
        )
    target.mkdir(parents=True, exist_ok=True)
    paths = [_write(target / f"{name}.csv", [schema.names]) for name, schema in TABLES.items()]
    guide = [_line(schema, column) for schema in TABLES.values() for column in schema.columns]
    return [*paths, _write(target / GUIDE, [_HEADER, *guide])]


def _write(path: Path, lines: list[tuple[str, ...]]) -> Path:
    with path.open("x", encoding="utf-8-sig", newline="") as file:
        csv.writer(file, delimiter=";").writerows(lines)
    return path


def _line(schema: TableSchema, column: Column) -> tuple[str, ...]:
    needed = "wajib" if column.required else ""
    kind = _KINDS[column.kind] if not column.raw else "Ya/Tidak (DTSEN: 1 = Ya, 2 = Tidak)"
    choices = " | ".join([*column.values, *(f"{code} = {label}" for code, label in column.code_labels.items())])
    return (schema.name, schema.label_id, column.name, column.label_id, kind, column.unit, choices, needed,
            _CLASSES[column.cls])  # fmt: skip
