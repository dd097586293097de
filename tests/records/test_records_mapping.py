"""Files of other shapes: the template that explains every column, and mappings that read what an office has."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from conftest import KEY, Tables, write_csv, write_export

from pkh_graduation.programme.calendar import day_of, parse_as_of
from pkh_graduation.records import TABLES, RecordsError, ingest, write_template


def test_a_template_is_an_export_without_rows(tmp_path: Path) -> None:
    paths = write_template(tmp_path / "t")
    assert {path.stem for path in paths} == {*TABLES, "_panduan_kolom"}
    result = ingest(tmp_path / "t", key=KEY)
    assert (
        set(result.records.tables) == set(TABLES) - {"identitas"} and not result.records.missing and not result.notices
    )
    assert (result.summary == 0).all().all() and result.vault.empty
    (tmp_path / "t" / "usaha.csv").unlink()
    with pytest.raises(FileExistsError, match=r"already holds _panduan_kolom\.csv.*another folder"):
        write_template(tmp_path / "t")
    assert not (tmp_path / "t" / "usaha.csv").exists()


def test_an_empty_table_has_the_columns_and_kinds_of_a_full_one(tmp_path: Path, tables: Tables) -> None:
    write_template(tmp_path / "t")
    empty, full = (
        ingest(folder, key=KEY).records.tables for folder in (tmp_path / "t", write_export(tmp_path / "a", tables))
    )
    for name, table in full.items():
        assert table.dtypes.to_dict() == empty[name].dtypes.to_dict()


def test_a_template_filled_in_is_read_back(tmp_path: Path, tables: Tables) -> None:
    write_template(tmp_path / "t")
    for name, rows in tables.items():
        full = [{column: row.get(column, "") for column in TABLES[name].names} for row in rows]
        write_csv(tmp_path / "t" / f"{name}.csv", full, ";")
    filled = ingest(tmp_path / "t", key=KEY)
    plain = ingest(write_export(tmp_path / "a", tables), key=KEY)
    for name, table in plain.records.tables.items():
        pd.testing.assert_frame_equal(filled.records.tables[name], table)


def test_the_guide_explains_every_column(tmp_path: Path) -> None:
    write_template(tmp_path / "t")
    guide = pd.read_csv(tmp_path / "t" / "_panduan_kolom.csv", sep=";")
    assert len(guide) == sum(len(schema.columns) for schema in TABLES.values())
    assert guide["arti_kolom"].notna().all() and guide["jenis"].notna().all()


MAPPING = """
[[tabel]]
nama = "keluarga"
berkas = "DTSEN*.csv"
[tabel.kolom]
"Nomor Kartu Keluarga" = "no_kk"
status_kepemilikan_rumah = "status_rumah"
tgl = "tanggal_pemutakhiran"
kelompok = "kelompok_id"
[tabel.nilai.status_rumah]
"Numpang" = "3"
[tabel.tetap]
versi_kode = "dtsen"
[[tabel]]
nama = "peringkat"
berkas = "DTSEN*.csv"
format_tanggal = "mdy"
tanda_desimal = "."
[tabel.kolom]
nomor_kartu_keluarga = "no_kk"
desil_nasional = "desil_nasional"
skor = "skor_dtsen"
tgl = "tanggal_desil"
"""


def mapped_export(tmp_path: Path, tables: Tables, mapping: str = MAPPING) -> tuple[Path, Path]:
    del tables["keluarga"]
    folder = write_export(tmp_path / "a", tables)
    cards = [row["no_kk"] for row in tables["identitas"]]
    rows = [
        {"Nomor Kartu Keluarga": kk, "status_kepemilikan_rumah": "numpang ", "tgl": "05/06/2024", "desil_nasional": 2,
         "skor": "1.250", "kelompok": "G1"} for kk in cards
    ]  # fmt: skip
    write_csv(folder / "DTSEN 2024.csv", rows)
    path = tmp_path / "peta.toml"
    path.write_text(mapping, encoding="utf-8")
    return folder, path


def test_one_file_feeds_two_tables_through_a_mapping(tmp_path: Path, tables: Tables) -> None:
    folder, mapping = mapped_export(tmp_path, tables)
    records = ingest(folder, key=KEY, mapping=mapping).records.tables
    assert records["keluarga"]["status_rumah"].tolist() == [3] * 3 and set(records["keluarga"]["versi_kode"]) == {
        "dtsen"
    }
    assert records["keluarga"]["day"].tolist() == [day_of(parse_as_of("2024-06-05"))] * 3
    assert records["peringkat"]["day"].tolist() == [day_of(parse_as_of("2024-05-06"))] * 3
    assert records["peringkat"]["skor_dtsen"].tolist() == [1.25] * 3
    assert set(records["peringkat"]["kpm"]) == set(records["keluarga"]["kpm"]) == set(records["penyaluran"]["kpm"])


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"status_rumah"', '"status_ruma"', "Did you mean 'status_rumah'"),
        ('"peringkat"', '"peringkt"', "Did you mean 'peringkat'"),
        ("format_tanggal", "format_tangal", "Did you mean 'format_tanggal'"), ('"mdy"', '"mmdd"', r"not one of \['dmy'"),
        ("DTSEN*", "DTSEM*", "matches"), (MAPPING, "[[tables]]\nnama = 1", "needs"),
        ("skor =", "skore =", r"lacks the columns \['skore'"), ('versi_kode = "dtsen"', "desil = 3", "no column 'desil'"),
        ("DTSEN*.csv", "", "say which files"), ('"skor_dtsen"', '"no_kk"', "would exist twice"),
        ("versi_kode =", "status_rumah =", "already has a column"),
    ],
)  # fmt: skip
def test_a_mapping_is_checked(tmp_path: Path, tables: Tables, old: str, new: str, message: str) -> None:
    folder, mapping = mapped_export(tmp_path, tables, MAPPING.replace(old, new))
    with pytest.raises(RecordsError, match=message):
        ingest(folder, key=KEY, mapping=mapping)


def test_a_mapping_that_is_no_toml(tmp_path: Path, tables: Tables) -> None:
    folder, mapping = mapped_export(tmp_path, tables, "[[tabel]\n")
    with pytest.raises(RecordsError, match="cannot be read as TOML"):
        ingest(folder, key=KEY, mapping=mapping)
