from __future__ import annotations

import pytest

from pkh_graduation.records.schemas import DERIVED, ID_PREFIX, KINDS, SURROGATE, TABLES, Column, code_lists
from pkh_graduation.records.schemas.columns import TableSchema

SCHEMAS = list(TABLES.values())


@pytest.mark.parametrize("schema", SCHEMAS, ids=lambda schema: schema.name)
def test_a_table_is_declared_soundly(schema: TableSchema) -> None:
    assert len(set(schema.names)) == len(schema.names)
    assert {"tanggal_diketahui", "versi", "batal"} <= set(schema.names)
    assert not set(schema.names) & set(DERIVED)
    assert all(column.kind in KINDS and column.label_id and column.label_en for column in schema.columns)
    assert schema.event in schema.names or schema.name == "p2k2_kehadiran"
    assert not schema.end or {schema.end, "tanggal_diketahui_selesai"} <= set(schema.names)


@pytest.mark.parametrize("schema", SCHEMAS, ids=lambda schema: schema.name)
def test_the_key_names_columns_of_the_canonical_table(schema: TableSchema) -> None:
    surrogates = {schema.surrogate(column.name) for column in schema.columns if column.kind == "id"}
    assert set(schema.key) <= {*schema.names, *surrogates, "day"}


@pytest.mark.parametrize("schema", SCHEMAS, ids=lambda schema: schema.name)
def test_columns_say_what_they_accept(schema: TableSchema) -> None:
    for column in schema.columns:
        assert column.kind != "class" or column.values
        assert column.kind != "code" or column.code_labels
        assert column.kind != "id" or column.prefix
        assert set(column.barred) <= set(column.values)
        assert set(column.aliases.values()) <= set(column.values)
        assert column.cls in "KXU" and column.bocor in ("tidak", "keputusan", "gema")


def test_identifiers_are_stored_in_the_vault_only() -> None:
    for schema in SCHEMAS:
        if not schema.vault:
            assert not [column.name for column in schema.columns if column.cls == "K" and column.stored]


def test_decisions_carry_the_mark_of_leakage() -> None:
    assert all(column.bocor == "keputusan" for column in TABLES["peristiwa_status"].columns if "jenis" in column.name)
    assert TABLES["kunjungan"]["kesiapan_pendamping"].bocor == "keputusan"
    assert "sudah_mampu" in TABLES["masalah"]["jenis"].barred


def test_every_required_table_is_marked() -> None:
    assert [schema.name for schema in SCHEMAS if schema.required] == ["keluarga", "anggota", "peristiwa_status"]


def test_prefixes_and_surrogates() -> None:
    assert TABLES["keluarga"].surrogate("kpm_id") == "kpm"
    assert TABLES["program_komplementer"].surrogate("program_id") == "program_key", "program itself is a column"
    assert set(SURROGATE) <= set(ID_PREFIX)
    assert TABLES["usaha"].prefix == "u" and TABLES["wilayah"].prefix == ""


def test_code_lists_follow_the_codebook() -> None:
    lists = code_lists()
    sizes = {
        "jenis_lantai": 9,
        "jenis_dinding": 7,
        "air_minum": 11,
        "bahan_bakar": 12,
        "pendidikan": 22,
        "ijazah": 23,
        "sektor": 26,
    }
    assert {name: len(lists[name]) for name in sizes} == sizes
    assert lists["bahan_bakar"][0] == "tidak memasak" and lists["jenis_atap"][5] == "bambu"
    assert lists["izin"][11] == "belum punya" and lists["penyakit_kronis"][1] == "tidak ada"


def test_a_column_of_no_known_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="kind 'number'"):
        Column("umur", "number")
