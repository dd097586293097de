"""What the made-up kabupaten exports: tables as declared, dirt as promised, no identifier of a real place."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pkh_graduation.records.ingest import ingest
from pkh_graduation.records.population import (
    FILE_KINDS,
    KINDS,
    Part,
    Preset,
    generate_part,
    write_population,
)
from pkh_graduation.records.schemas import TABLES

SMALL = Preset("kecil", 1_000, first=(2024, 1), quarters=12, bucket=500)
TINY = Preset("mungil", 400, first=(2025, 1), quarters=4, bucket=200)
REAL_PROVINCES = {
    *range(11, 22), *range(31, 37), *range(51, 54), *range(61, 66), *range(71, 77), 81, 82, *range(91, 98),
}  # fmt: skip


@pytest.fixture(scope="module")
def spoiled() -> Part:
    return generate_part(SMALL, 5, 0, dirty=True)


@pytest.fixture(scope="module")
def clean() -> Part:
    return generate_part(SMALL, 5, 0, dirty=False)


def test_tables_follow_the_declarations(clean: Part) -> None:
    assert set(TABLES) - set(clean.tables) == {"tautan_kpm"}
    for name, frame in clean.tables.items():
        schema = TABLES[name]
        assert set(frame.columns) <= set(schema.names), name
        for column in schema.columns:
            if column.name not in frame:
                continue
            values = frame[column.name].dropna()
            if column.required:
                assert len(values) == len(frame), (name, column.name)
            if column.kind == "class":
                assert set(values) <= set(column.values), (name, column.name)
            if column.kind == "code":
                assert set(values) <= set(column.code_labels), (name, column.name)
            if column.kind == "set":
                assert {word for value in values.unique() for word in value.split("|")} <= set(column.values)
            if column.kind == "date":
                assert values.str.fullmatch(r"\d{4}-\d\d-\d\d").all(), (name, column.name)
            if column.low is not None:
                assert values.min() >= column.low, (name, column.name)


def test_ingest_accepts_the_clean_export_whole_and_sets_little_of_the_dirty_one_aside(tmp_path: Path) -> None:
    for name, dirty in (("bersih", False), ("kotor", True)):
        write_population(tmp_path / name, tmp_path / f"t_{name}", preset=TINY, seed=6, dirty=dirty)
    clean_rows = ingest(tmp_path / "bersih", key=b"k" * 32).summary
    dirty_rows = ingest(tmp_path / "kotor", key=b"k" * 32)
    assert clean_rows["rows_quarantined"].sum() == 0
    share = dirty_rows.summary["rows_quarantined"] / dirty_rows.summary["rows_in"]
    assert 0 < share.max() < 0.05
    assert dirty_rows.records.sintetis
    assert dirty_rows.summary.loc["p2k2_kehadiran", "rows_in"] == clean_rows.loc["p2k2_kehadiran", "rows_in"]


def test_no_identifier_is_valid_under_the_real_provinces(spoiled: Part) -> None:
    for name, frame in spoiled.tables.items():
        for column in ("no_kk", "nik_pengurus", "nik", "kode_wilayah", "kode", "desa", "kecamatan"):
            if column in frame:
                digits = frame[column].dropna().astype("str").str.replace(r"[^0-9]", "", regex=True)
                assert not {int(start) for start in digits.str[:2].unique()} & REAL_PROVINCES, (name, column)
    phones = spoiled.tables["identitas"]["no_hp"].str.replace(r"^\+?62", "0", regex=True).str.zfill(12)
    assert phones.str.startswith("0800").all()


def test_identifiers_are_unique(clean: Part) -> None:
    identities = clean.tables["identitas"]
    assert identities["no_kk"].is_unique
    first = identities.drop_duplicates("kpm_id")
    assert first["nik_pengurus"].is_unique
    assert len(identities) > len(first)
    assert set(clean.truth["kebenaran_keluarga"]["kpm_id"]) >= set(identities["kpm_id"])


def test_nothing_is_known_after_the_export_or_before_it_happened(clean: Part) -> None:
    last = str(np.datetime64(SMALL.cutoff, "D"))
    for name, frame in clean.tables.items():
        known = frame["tanggal_diketahui"]
        assert known.max() <= last, name
        event = TABLES[name].event
        if event in frame and not name.startswith("p2k2") and event != "berlaku_sejak":
            assert (known > frame[event]).all(), name


def test_every_kind_of_dirt_occurs_and_stays_small(spoiled: Part) -> None:
    assert set(spoiled.dirty["jenis"]) == set(KINDS)
    assert (spoiled.dirty["baris"] >= 1).all()
    fatal = [
        "kode_di_luar_daftar",
        "baris_ganda",
        "nominal_negatif",
        "baris_ganda_penyaluran",
        "desil_nol",
        "tanggal_mustahil",
    ]
    bad = spoiled.dirty[spoiled.dirty["jenis"].isin(fatal)].groupby("tabel")["baris"].sum()
    for table, rows in bad.items():
        assert rows < 0.05 * len(spoiled.tables[table])


def test_planted_dirt_is_what_it_says(spoiled: Part, clean: Part) -> None:
    planted = spoiled.dirty.set_index("jenis")["baris"]
    identity, family = spoiled.tables["identitas"], spoiled.tables["keluarga"]
    payments, visits = spoiled.tables["penyaluran"], spoiled.tables["kunjungan"]
    assert identity["nik_pengurus"].str.contains("E+15", regex=False).sum() >= planted["nik_notasi_ilmiah"]
    assert identity["no_kk"].str.contains("E+15", regex=False).sum() == planted["kk_notasi_ilmiah"]
    assert family.duplicated().sum() == planted["baris_ganda"]
    assert payments.duplicated().sum() == planted["baris_ganda_penyaluran"]
    assert (payments["nominal"] < 0).sum() >= planted["nominal_negatif"]
    assert (spoiled.tables["peringkat"]["desil_nasional"] == 0).sum() == planted["desil_nol"]
    assert (~visits["tanggal_kunjungan"].str.fullmatch(r"\d{4}-\d\d-\d\d")).sum() == planted["tanggal_ragam"]
    assert visits["tanggal_kunjungan"].str.contains("-02-31|-13-").sum() == planted["tanggal_mustahil"]
    sheets = spoiled.tables["p2k2_kehadiran"].groupby("sesi_id")["pemahaman"].nunique()
    assert (sheets == 1).mean() > 0.08
    for name in ("usaha", "masalah", "peristiwa_status"):
        assert clean.tables[name].equals(spoiled.tables[name])


def test_the_clean_export_has_no_dirt(clean: Part) -> None:
    assert clean.dirty.empty
    identity, visits = clean.tables["identitas"], clean.tables["kunjungan"]
    for column in ("no_kk", "nik_pengurus"):
        assert identity[column].str.fullmatch(r"\d{16}").all()
    assert identity["no_hp"].str.fullmatch(r"0800\d{8}").all()
    assert not (identity["alamat"] == "TIDAK ADA").any()
    assert "StatusKepesertaan" not in clean.tables["keluarga"]
    assert clean.tables["keluarga"]["kode_wilayah"].str.fullmatch(r"99\d{8}").all()
    assert pd.to_datetime(visits["tanggal_kunjungan"], format="%Y-%m-%d").notna().all()
    for name, frame in clean.tables.items():
        assert not frame.duplicated().any(), name


@pytest.mark.parametrize("kind", ["desil_nol", "nik_ganda"])
def test_a_kind_can_be_switched_on_alone(kind: str, clean: Part) -> None:
    alone = generate_part(SMALL, 5, 0, dirty=[kind])
    assert alone.dirty["jenis"].tolist() == [kind]
    touched = alone.dirty["tabel"].item()
    changed = {name for name, frame in alone.tables.items() if not frame.equals(clean.tables[name])}
    assert changed == {touched}


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(KeyError, match="debu"):
        generate_part(SMALL, 5, 0, dirty=["debu"])


def test_files_themselves_are_dirty_too(tmp_path: Path) -> None:
    counts = write_population(tmp_path / "r", tmp_path / "t", preset=TINY, seed=2, dirty=True)
    assert set(FILE_KINDS) < set(counts["jenis"])
    identity = (tmp_path / "r" / "identitas.csv").read_bytes()
    assert identity.startswith(b"\xef\xbb\xbf")
    assert identity.splitlines()[0].count(b";") > 5
    assert b"\r\n" in (tmp_path / "r" / "masalah.csv").read_bytes()
    programmes = (tmp_path / "r" / "program_komplementer.csv").read_text(encoding="utf-8")
    assert re.search(r';"0,5";', programmes)
    visits = (tmp_path / "r" / "kunjungan.csv").read_text(encoding="utf-8").splitlines()
    assert visits.count(visits[0]) == 2
    assert visits[-1].startswith("JUMLAH,")
    told = pd.read_parquet(tmp_path / "t" / "kebenaran_kotor.parquet")
    assert told["baris"].tolist() == counts["baris"].tolist()
