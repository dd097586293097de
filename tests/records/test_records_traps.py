"""The traps of real exports, one small test each, and the promise that no message shows a person."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from conftest import KEY, Tables, write_export

from pkh_graduation.programme.calendar import day_of, parse_as_of
from pkh_graduation.records import Ingested, ingest

TakeIn = Callable[..., Ingested]
CARD = "9901010101010001"


def rules(result: Ingested, table: str) -> dict[int, list[str]]:
    frame = result.quarantine.frame
    lines = frame[frame["tabel"] == table]
    return lines.groupby("baris")["aturan"].apply(sorted).to_dict()


def noted(result: Ingested, rule: str) -> list[int]:
    return result.findings.loc[result.findings["aturan"] == rule, "baris"].tolist()


# 1, 2: damaged identity numbers


def test_a_damaged_card_is_never_joined_on(take_in: TakeIn, tables: Tables) -> None:
    damaged = ["9,90101E+15", "9901010101010001.0", "990101010101000", "99010101010100011"]
    tables["penyaluran"] += [{**tables["penyaluran"][0], "kpm_id": "", "no_kk": number} for number in damaged]
    assert rules(take_in(tables), "penyaluran") == {row: ["kpm_rusak"] for row in (5, 6, 7, 8)}


def test_a_damaged_card_beside_an_outside_id_costs_only_the_cell(take_in: TakeIn, tables: Tables) -> None:
    tables["identitas"][0] |= {"no_kk": "9,90101E+15", "nik_pengurus": "990101410190000"}
    result = take_in(tables)
    line = result.vault[result.vault["kpm_asal"] == "F1"].iloc[0]
    assert line["mutu_no_kk"] == "notasi_ilmiah" and line["mutu_nik"] == "panjang_salah" and pd.isna(line["no_kk"])
    assert noted(result, "nomor_notasi_ilmiah") == [2] and not rules(result, "identitas")


def test_an_apostrophe_and_spaces_do_no_harm(take_in: TakeIn, tables: Tables) -> None:
    tables["penyaluran"][0] |= {"kpm_id": "", "no_kk": f"'{CARD[:8]} {CARD[8:]} "}
    result = take_in(tables)
    table = result.records.tables["penyaluran"]
    assert table["kpm"][0] == result.records.tables["keluarga"]["kpm"][0] and not noted(result, "nomor_panjang_salah")


def test_one_nik_of_two_people_names_neither_wrongly(take_in: TakeIn, tables: Tables) -> None:
    tables["anggota"][1]["nik"] = tables["anggota"][0]["nik"]
    result = take_in(tables)
    assert result.records.tables["anggota"]["anggota_id"].nunique() == 3
    assert noted(result, "nik_ganda_anggota") == [2, 3]


def test_one_nik_under_two_birth_dates_on_one_day(take_in: TakeIn, tables: Tables) -> None:
    child = {"kpm_id": "F1", "nik": "9901010505150007", "tanggal_lahir": "2015-05-05", "tanggal_pemutakhiran": "2024-01-15",
             "tanggal_diketahui": "2024-02-14"}  # fmt: skip
    tables["anggota"] += [child, {**child, "tanggal_lahir": "2018-08-08"}]
    assert take_in(tables).records.tables["anggota"]["anggota_id"].nunique() == 5


def test_a_nik_of_two_people_cannot_stand_alone(take_in: TakeIn, tables: Tables) -> None:
    tables["anggota"][1]["nik"] = tables["anggota"][0]["nik"]
    tables["verifikasi_komitmen"] = [
        {"kpm_id": "F1", "nik": tables["anggota"][0]["nik"], "tahun": 2024, "bulan": 1, "jenis": "kesehatan"}
    ]
    assert rules(take_in(tables), "verifikasi_komitmen") == {2: ["nik_ganda"]}


def test_one_card_of_two_families(take_in: TakeIn, tables: Tables) -> None:
    tables["identitas"][1]["no_kk"] = CARD
    tables["penyaluran"][0] |= {"kpm_id": "", "no_kk": CARD}
    result = take_in(tables)
    assert result.records.tables["keluarga"]["kpm_id"].nunique() == 3
    assert rules(result, "penyaluran") == {2: ["no_kk_ganda"]} and noted(result, "no_kk_ganda_kpm") == [2, 3]


def test_a_card_claimed_later_takes_no_earlier_row_from_its_family(take_in: TakeIn, tables: Tables) -> None:
    paid = {**tables["penyaluran"][0], "kpm_id": "", "no_kk": CARD, "tanggal_diketahui": "2024-03-01"}
    tables["penyaluran"] = [paid, {**paid, "tanggal_diketahui": "2025-06-01", "tahun": 2025}]
    before = take_in(tables).records.tables["penyaluran"]
    tables["identitas"].append({**tables["identitas"][1], "no_kk": CARD, "tanggal_diketahui": "2025-06-01"})
    after = take_in(tables)
    assert rules(after, "penyaluran") == {3: ["no_kk_ganda"]}
    left = after.records.tables["penyaluran"]
    assert left["kpm"].tolist() == before["kpm"].tolist()[:1]


def test_a_nik_claimed_later_takes_no_earlier_row_from_its_person(take_in: TakeIn, tables: Tables) -> None:
    number = tables["anggota"][0]["nik"]
    checked = {
        "kpm_id": "F1",
        "nik": number,
        "tahun": 2024,
        "bulan": 1,
        "jenis": "kesehatan",
        "tanggal_diketahui": "2024-03-01",
    }
    tables["verifikasi_komitmen"] = [checked, {**checked, "tahun": 2025, "tanggal_diketahui": "2025-06-01"}]
    before = take_in(tables).records.tables["verifikasi_komitmen"]
    tables["anggota"].append({**tables["anggota"][1], "nik": number, "tanggal_diketahui": "2025-06-01"})
    after = take_in(tables)
    assert rules(after, "verifikasi_komitmen") == {3: ["nik_ganda"]}
    left = after.records.tables["verifikasi_komitmen"]
    assert left["anggota_id"].tolist() == before["anggota_id"].tolist()[:1]


def test_a_manager_claimed_later_takes_no_earlier_row_from_her_family(take_in: TakeIn, tables: Tables) -> None:
    manager = tables["identitas"][0]["nik_pengurus"]
    checked = {"nik_pengurus": manager, "nik": tables["anggota"][0]["nik"], "tahun": 2024, "bulan": 1, "jenis": "kesehatan",
               "tanggal_diketahui": "2024-03-01"}  # fmt: skip
    tables["verifikasi_komitmen"] = [checked, {**checked, "tahun": 2025, "tanggal_diketahui": "2025-06-01"}]
    before = take_in(tables).records.tables["verifikasi_komitmen"]
    tables["identitas"].append({**tables["identitas"][1], "nik_pengurus": manager, "tanggal_diketahui": "2025-06-01"})
    after = take_in(tables)
    assert rules(after, "verifikasi_komitmen") == {3: ["nik_pengurus_ganda"]}
    assert after.records.tables["verifikasi_komitmen"]["kpm"].tolist() == before["kpm"].tolist()[:1]


def test_a_card_claimed_later_takes_no_undated_attendance(take_in: TakeIn, tables: Tables) -> None:
    held = {
        "sesi_id": "S1",
        "kelompok_id": "G1",
        "modul": 1,
        "sesi": 1,
        "tanggal_sesi": "2024-03-01",
        "terlaksana": "Ya",
    }
    tables["p2k2_sesi"] = [held, {**held, "sesi_id": "S2", "tanggal_sesi": "2025-06-01"}]
    tables["p2k2_kehadiran"] = [{"sesi_id": s, "no_kk": CARD, "hadir": "izin"} for s in ("S1", "S2")]
    before = take_in(tables).records.tables["p2k2_kehadiran"]
    tables["identitas"].append({**tables["identitas"][1], "no_kk": CARD, "tanggal_diketahui": "2025-06-01"})
    after = take_in(tables)
    assert rules(after, "p2k2_kehadiran") == {3: ["no_kk_ganda"]}
    assert after.records.tables["p2k2_kehadiran"]["kpm"].tolist() == before["kpm"].tolist()[:1]


def test_a_second_birth_claims_its_nik_when_births_are_known(take_in: TakeIn, tables: Tables) -> None:
    number = tables["anggota"][0]["nik"]
    born = {**tables["anggota"][1], "nik": number, "tanggal_lahir": "2025-06-01", "tanggal_pemutakhiran": "2025-06-01"}
    tables["anggota"].append({**born, "tanggal_diketahui": ""})
    checked = {"kpm_id": "F1", "nik": number, "tahun": 2025, "bulan": 5, "jenis": "kesehatan"}
    tables["verifikasi_komitmen"] = [{**checked, "tanggal_diketahui": f"2025-{day}"} for day in ("07-30", "07-31")]
    assert rules(take_in(tables), "verifikasi_komitmen") == {3: ["nik_ganda"]}


def test_numbers_of_people_in_remarks_are_not_stored(take_in: TakeIn, tables: Tables) -> None:
    said = ["warung", "NIK 9901014101900003", "9901-0141-0190-0003 pindah", "KK 9901 0101 0101 0001", "RT 02, tel 0812"]
    tables["usaha"] = [
        {
            "usaha_id": f"U{i}",
            "kpm_id": "F1",
            "jenis_usaha": text,
            "tanggal_catatan": "2023-01-01",
            "tanggal_diketahui": "2023-02-01",
        }
        for i, text in enumerate(said)
    ]
    result = take_in(tables)
    assert result.records.tables["usaha"].sort_values("usaha_id")["jenis_usaha"].notna().sum() == 2
    assert noted(result, "nomor_di_teks") == [3, 4, 5]
    assert not result.findings.astype("str").map(lambda cell: "9901" in cell and "0003" in cell).any(axis=None)
    assert "NIK 9901014101900003" in set(result.sealed["nilai"])


NUMBERS = (
    "9901014101900003",
    "9901\u20130141\u20130190\u20130003",
    "9901  0141  0190  0003",
    "0812.3456.789",
    "812345678",
    "+62 81234567890",
)


@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("keluarga", "sumber"),
        ("anggota", "npsn"),
        ("peristiwa_status", "penolak_alasan"),
        ("kunjungan", "koreksi_data"),
        ("verifikasi_komitmen", "ket"),
        ("verifikasi_komitmen", "npsn"),
        ("peringkat", "versi_dtsen"),
    ],
)
def test_no_text_of_the_store_holds_or_shows_a_number_of_a_person(
    take_in: TakeIn, tables: Tables, table: str, column: str
) -> None:
    tables["kunjungan"] = [{"kunjungan_id": "V", "kpm_id": "F1", "tanggal_kunjungan": "2024-03-01"}]
    tables["verifikasi_komitmen"] = [
        {"kpm_id": "F1", "anggota_id": "F1-1", "tahun": 2024, "bulan": 1, "jenis": "kesehatan"}
    ]
    tables["peringkat"] = [{"kpm_id": "F1", "desil_nasional": 2, "tanggal_desil": "2024-03-01"}]
    first = tables[table][0]
    tables[table] = [{**first, column: said} for said in NUMBERS]
    result = take_in(tables)
    assert result.records.tables[table][column].isna().all()
    lines = result.findings[result.findings["kolom"] == column]
    assert lines["baris"].tolist() == list(range(2, 2 + len(NUMBERS)))
    assert not lines["nilai_asli"].str.contains(r"\d").any()
    assert set(result.sealed["nilai"]) >= set(NUMBERS)


def test_amounts_years_and_dates_in_remarks_stay(take_in: TakeIn, tables: Tables) -> None:
    said = ["omzet Rp 850.000.000", "sejak 2022, 2023, 2024", "2024-12-31 sampai 2025-01-31", "SK 460/1234/2025"]
    tables["keluarga"] = [{**tables["keluarga"][0], "sumber": text} for text in said]
    assert take_in(tables).records.tables["keluarga"]["sumber"].tolist() == said


def test_a_school_number_has_eight_places(take_in: TakeIn, tables: Tables) -> None:
    for row, number in zip(tables["anggota"], ("'99000001", "p9900001", "9900001"), strict=True):
        row["npsn"] = number
    result = take_in(tables)
    assert result.records.tables["anggota"]["npsn"].dropna().tolist() == ["99000001", "P9900001"]
    assert noted(result, "npsn_tak_terbaca") == [4] and not rules(result, "anggota")


def test_a_score_that_is_a_number_of_a_person_is_refused(take_in: TakeIn, tables: Tables) -> None:
    ranked = {"kpm_id": "F1", "desil_nasional": 2, "tanggal_desil": "2024-03-01"}
    scores = ("9901014101900003", "081234567890", "-2,5", "1250000", "-1")
    tables["peringkat"] = [{**ranked, "versi_dtsen": i, "skor_dtsen": score} for i, score in enumerate(scores)]
    result = take_in(tables)
    assert rules(result, "peringkat") == {2: ["di_luar_rentang"], 3: ["di_luar_rentang"]}
    assert result.records.tables["peringkat"]["skor_dtsen"].tolist() == [-2.5, 1_250_000, -1]


def test_non_dtks_is_no_id(take_in: TakeIn, tables: Tables) -> None:
    tables["identitas"][0] |= {"id_dtks": "NON DTKS", "alamat": "TIDAK ADA"}
    line = take_in(tables).vault.query("kpm_asal == 'F1'").iloc[0]
    assert pd.isna(line["id_dtks"]) and pd.isna(line["alamat"])


# 3: see test_records_readers. 4: dates


def test_dates_as_people_write_them(take_in: TakeIn, tables: Tables) -> None:
    texts = ["15 PEBRUARI 2024", "15/02/2024", "45337", "15-Feb-2024"]
    base = tables["penyaluran"][0]
    tables["penyaluran"] = [
        {**base, "penyaluran_id": f"B{i}", "tanggal_penyaluran": text} for i, text in enumerate(texts)
    ]
    assert set(take_in(tables).records.tables["penyaluran"]["day"]) == {day_of(parse_as_of("2024-02-15"))}


# 5: defaults


def sheet(n: int, **cells: Any) -> list[dict[str, Any]]:
    return [{"sesi_id": "S1", "kpm_id": f"K{i}", "hadir": "hadir", "pemahaman": "baik", **cells} for i in range(n)]


def test_a_sheet_where_all_are_present_was_not_marked(take_in: TakeIn, tables: Tables) -> None:
    tables["p2k2_sesi"] = [{"sesi_id": "S1", "kelompok_id": "G1", "modul": 1, "sesi": 1, "tanggal_sesi": "2024-05-10"}]
    tables["p2k2_kehadiran"] = sheet(20)
    result = take_in(tables)
    table = result.records.tables["p2k2_kehadiran"]
    assert set(table["hadir"]) == {"tidak_tercatat"} and table["pemahaman"].isna().all()
    assert len(noted(result, "hadir_seragam")) == 20
    later = sheet(3, hadir="alpa", tanggal_diketahui="2025-01-01")
    tables["p2k2_kehadiran"] = [*sheet(20), *later]
    after = take_in(tables).records.tables["p2k2_kehadiran"]
    pd.testing.assert_series_equal(after["hadir"][:20], table["hadir"])


def test_a_small_or_a_mixed_sheet_is_believed(take_in: TakeIn, tables: Tables) -> None:
    tables["p2k2_sesi"] = [
        {"sesi_id": s, "kelompok_id": "G1", "modul": 1, "sesi": 1, "tanggal_sesi": "2024-05-10"} for s in ("S1", "S2")
    ]
    tables["p2k2_kehadiran"] = [*sheet(14), *sheet(20, sesi_id="S2")]
    tables["p2k2_kehadiran"][-1] |= {"hadir": "sakit", "pemahaman": "kurang"}
    result = take_in(tables)
    assert result.findings.empty and (result.records.tables["p2k2_kehadiran"]["hadir"] == "hadir").sum() == 33


def test_rt_and_rw_of_a_whole_file_are_defaults(take_in: TakeIn, tables: Tables) -> None:
    tables["identitas"] = [
        {"kpm_id": f"F{i}", "rt": "001", "rw": "002", "nama_pengurus": "BANK BRI KCP"} for i in range(1, 25)
    ]
    result = take_in(tables)
    assert result.vault["rt"].isna().all() and len(noted(result, "rt_rw_seragam")) == 24
    assert result.vault["nama_pengurus"].isna().all() and len(noted(result, "nama_bank")) == 24


def test_unknown_is_missing_and_never_a_number(take_in: TakeIn, tables: Tables) -> None:
    for row, text in zip(tables["keluarga"], ["-1", "Tidak Diketahui", ""], strict=True):
        row |= {"luas_lantai": text, "jenis_dinding": text}
    result = take_in(tables)
    assert result.records.tables["keluarga"][["luas_lantai", "jenis_dinding"]].isna().all().all()
    assert noted(result, "sentinel") == [2, 2]


# 6: history by known date is tested in test_records_ingest (corrections). 8: telephones and regions


def test_a_region_code_gets_its_zero_back_only_where_one_code_fits(take_in: TakeIn, tables: Tables) -> None:
    tables["keluarga"][0]["kode_wilayah"] = "99.1.10.1"
    tables["keluarga"][1]["kode_wilayah"] = "990101001"
    tables["keluarga"][2]["kode_wilayah"] = "12345"
    result = take_in(tables)
    codes = result.records.tables["keluarga"]["kode_wilayah"]
    assert codes[:2].tolist() == ["9901010001"] * 2 and pd.isna(codes[2])
    assert noted(result, "wilayah_nol_hilang") == [3] and noted(result, "wilayah_tak_terbaca") == [4]


# 10: codes, ranks, amounts


def test_two_is_no_and_zero_is_no_answer_under_a_coding(take_in: TakeIn, tables: Tables) -> None:
    tables["keluarga"][0] |= {"aset_mobil": 1}
    tables["keluarga"][1] |= {"aset_mobil": 0}
    tables["keluarga"][2] |= {"versi_kode": "", "aset_mobil": 0}
    result = take_in(tables)
    assert result.records.tables["keluarga"]["aset_mobil"].tolist() == [True, False]
    assert rules(result, "keluarga") == {3: ["aset_nol"]}


def test_inverted_assets_are_not_believed(take_in: TakeIn, tables: Tables) -> None:
    rare = ("ac", "pemanas_air", "telepon_rumah", "komputer", "mobil", "perahu_motor")
    tables["keluarga"][0] |= {f"aset_{name}": 1 for name in rare} | {"aset_komputer": 2, "aset_sepeda": 2}
    tables["keluarga"][1] |= {f"aset_{name}": 1 for name in rare[:4]}
    result = take_in(tables)
    table = result.records.tables["keluarga"].filter(like="aset_")
    assert table.loc[0].isna().all() and table.loc[1, "aset_ac"] and noted(result, "aset_terbalik") == [2]


def test_two_without_a_coding_is_refused(take_in: TakeIn, tables: Tables) -> None:
    tables["keluarga"][0]["versi_kode"] = ""
    assert rules(take_in(tables), "keluarga") == {2: ["kode_dua_tanpa_versi"]}


def test_codes_of_regsosek_become_those_of_dtsen(take_in: TakeIn, tables: Tables) -> None:
    for row, (coding, roof, fuel) in zip(
        tables["keluarga"], [("dtsen", 5, "00"), ("regsosek", 5, 12), ("dtsen", 6, 12)], strict=True
    ):
        row |= {"versi_kode": coding, "jenis_atap": roof, "bahan_bakar": fuel}
    result = take_in(tables)
    table = result.records.tables["keluarga"]
    assert table["jenis_atap"].tolist() == [5, 6] and table["bahan_bakar"].tolist() == [0, 0]
    assert rules(result, "keluarga") == {4: ["kode_tak_dikenal"]} and table["versi_kode"].tolist() == [
        "dtsen",
        "regsosek",
    ]


def test_unknown_answers_of_the_questionnaire(take_in: TakeIn, tables: Tables) -> None:
    tables["anggota"][0] |= {
        "versi_kode": "regsosek",
        "ikut_kur": 8,
        "ikut_pip": 1,
        "gizi": 8,
        "jamkes": 99,
        "jamket_kerja": 3,
    }
    row = take_in(tables).records.tables["anggota"].iloc[0]
    assert row[["ikut_kur", "gizi", "jamkes"]].isna().all() and row["ikut_pip"] and row["jamket_kerja"] == 3


def test_rank_zero_is_no_rank_and_a_missing_rank_is_missing(take_in: TakeIn, tables: Tables) -> None:
    ranks = [0, "", 11, 3]
    tables["peringkat"] = [
        {"kpm_id": "F1", "desil_nasional": d, "tanggal_desil": f"2024-0{i + 1}-01"} for i, d in enumerate(ranks)
    ]
    result = take_in(tables)
    assert rules(result, "peringkat") == {2: ["desil_nol"], 4: ["di_luar_rentang"]}
    assert result.records.tables["peringkat"]["desil_nasional"].isna().tolist() == [True, False]


def test_amounts(take_in: TakeIn, tables: Tables) -> None:
    base = tables["penyaluran"][0]
    amounts = [
        (-750_000, "cair"),
        (0, "cair"),
        (0, "tertahan"),
        ("Rp 900.000", "cair"),
        (600_000_001, "cair"),
        ("tujuh", "cair"),
    ]
    tables["penyaluran"] = [
        {**base, "penyaluran_id": f"B{i}", "nominal": n, "status": s} for i, (n, s) in enumerate(amounts)
    ]
    result = take_in(tables)
    assert rules(result, "penyaluran") == {
        2: ["nominal_negatif"], 3: ["nominal_nol_cair"], 6: ["nominal_terlalu_besar"], 7: ["angka_tak_terbaca"],
    }  # fmt: skip
    assert result.records.tables["penyaluran"]["nominal"].tolist() == [0, 900_000]


def test_a_pupil_past_21_and_a_member_without_birth_date_are_kept_and_noted(take_in: TakeIn, tables: Tables) -> None:
    tables["anggota"][0] |= {"sekolah_status": 2, "tanggal_lahir": "2000-01-01"}
    tables["anggota"][1]["tanggal_lahir"] = ""
    result = take_in(tables)
    assert noted(result, "siswa_lewat_usia") == [2] and noted(result, "tanpa_tanggal_lahir") == [3]
    assert len(result.records.tables["anggota"]) == 3


def test_a_birth_date_from_an_age_is_noted(take_in: TakeIn, tables: Tables) -> None:
    tables["anggota"][0] |= {"tanggal_lahir": "", "umur_bulan": 13, "tanggal_pemutakhiran": "2024-03-31"}
    result = take_in(tables)
    assert result.records.tables["anggota"]["tanggal_lahir"][0] == day_of(parse_as_of("2023-02-28"))
    assert noted(result, "lahir_dari_umur") == [2]


def test_no_birth_date_comes_of_an_age_that_nobody_has(take_in: TakeIn, tables: Tables) -> None:
    tables["anggota"][0] |= {"tanggal_lahir": "", "umur_bulan": 10**11, "tanggal_pemutakhiran": "2024-03-31"}
    result = take_in(tables)
    assert rules(result, "anggota") == {2: ["di_luar_rentang"]} and noted(result, "lahir_dari_umur") == []


# 11: above the cap


def test_a_payment_above_the_cap_is_noted_and_kept(take_in: TakeIn, tables: Tables) -> None:
    tables["indeks_bantuan"] = [{"komponen": "aud", "rp_per_tahun": "3.000.000", "berlaku_sejak": "2020-01-01"}]
    tables["penyaluran"][1]["nominal"] = 3_000_001
    result = take_in(tables)
    assert noted(result, "nominal_di_atas_batas") == [3] and len(result.records.tables["penyaluran"]) == 3


# 12: structure


def test_an_exact_duplicate_is_set_aside_and_its_twin_stays(take_in: TakeIn, tables: Tables) -> None:
    tables["penyaluran"] += [dict(tables["penyaluran"][1]), {**tables["penyaluran"][2], "nominal": "750.000"}]
    result = take_in(tables)
    assert rules(result, "penyaluran") == {5: ["ganda_identik"], 6: ["ganda_identik"]}
    assert len(result.records.tables["penyaluran"]) == 3


def test_required_cells_and_references(take_in: TakeIn, tables: Tables) -> None:
    base = tables["penyaluran"][0]
    for i, name in enumerate(("penyaluran_id", "kpm_id", "status", "tanggal_penyaluran")):
        tables["penyaluran"].append({**base, "penyaluran_id": f"N{i}", name: ""})
    result = take_in(tables)
    assert rules(result, "penyaluran") == {
        5: ["wajib_kosong"],
        6: ["kpm_kosong"],
        7: ["wajib_kosong"],
        8: ["wajib_kosong"],
    }
    assert result.quarantine.counts().to_dict() == {"wajib_kosong": 3, "kpm_kosong": 1}


def test_every_reason_of_a_row_is_given(take_in: TakeIn, tables: Tables) -> None:
    tables["penyaluran"][0] |= {"status": "hilang", "nominal": "x", "tanggal_penyaluran": "kapan", "tahap": 5}
    assert rules(take_in(tables), "penyaluran") == {
        2: ["angka_tak_terbaca", "di_luar_rentang", "kata_tak_dikenal", "tanggal_tak_terbaca"]
    }


CONTRADICTIONS: list[tuple[str, dict[str, Any], str]] = [
    ("keluarga", {"penghasilan_kelas": "nol"}, "penghasilan_ganda"),
    ("keluarga", {"guncangan_12bl": "sakit|perang"}, "kata_tak_dikenal"),
    ("keluarga", {"tahun_masuk_pkh": 2006}, "di_luar_rentang"),
    ("keluarga", {"jumlah_anggota": "4,5"}, "angka_pecahan"),
    ("anggota", {"tanggal_keluar": "1980-01-01"}, "keluar_sebelum_lahir"),
    ("anggota", {"tanggal_lahir": "2024-06-01"}, "lahir_setelah_catatan"),
    ("kelompok", {"berlaku_sampai": "2019-01-01"}, "berlaku_terbalik"),
]


def test_rows_that_contradict_themselves(take_in: TakeIn, tables: Tables) -> None:
    clean = {name: len(rows) for name, rows in tables.items()}
    for table, cells, _ in CONTRADICTIONS:
        tables[table].append({**tables[table][0], **cells})
    result = take_in(tables)
    for table in ("keluarga", "anggota", "kelompok"):
        due = [[rule] for name, _, rule in CONTRADICTIONS if name == table]
        assert rules(result, table) == dict(enumerate(due, start=clean[table] + 2))


def test_income_in_both_forms_is_kept_when_they_agree(take_in: TakeIn, tables: Tables) -> None:
    tables["keluarga"][0]["penghasilan_kelas"] = "1-2 jt"
    assert take_in(tables).records.tables["keluarga"]["penghasilan_kelas"][0] == "1_2jt"


def test_a_link_to_oneself_is_refused(take_in: TakeIn, tables: Tables) -> None:
    base = {"berlaku_sejak": "2024-01-01", "jenis": "ganti_nomor"}
    tables["tautan_kpm"] = [
        {**base, "kpm_lama": "F1", "kpm_baru": "F1"}, {**base, "kpm_lama": "F1", "kpm_baru": "F2"},
        {**base, "kpm_lama": CARD, "kpm_baru": "F3"}, {**base, "kpm_lama": CARD, "kpm_baru": "F1"},
    ]  # fmt: skip
    result = take_in(tables)
    table = result.records.tables["tautan_kpm"]
    assert rules(result, "tautan_kpm") == {2: ["tautan_diri_sendiri"], 5: ["tautan_diri_sendiri"]}
    assert table["kpm_lama"].nunique() == 1, "an outside id and the family's first card are one family"


# 13: nobody is named


def test_no_message_shows_a_person(tmp_path: Path, tables: Tables) -> None:
    secret = "9901019999999999"
    tables["penyaluran"] += [
        {**tables["penyaluran"][0], "penyaluran_id": secret, "nominal": secret, "status": "SITI AMINAH"},
        {**tables["penyaluran"][0], "kpm_id": secret, "tahun": f"'{secret}", "tanggal_penyaluran": "Siti"},
        {**tables["penyaluran"][0], "kpm_id": "", "no_kk": secret[:15], "bank": "Jalan Mawar 5"},
    ]
    tables["identitas"] += [
        {"kpm_id": "F9", "no_kk": secret + "1", "nik_pengurus": "9,90101E+15", "nama_pengurus": "Siti BANK"}
    ]
    result = ingest(write_export(tmp_path / "a", tables), key=KEY)
    said = result.quarantine.frame.to_csv() + result.findings.to_csv() + "".join(result.notices)
    assert rules(result, "penyaluran").keys() == {5, 6, 7}
    assert not re.search(r"\d{9}", said) and not re.search("siti|aminah|mawar", said, re.IGNORECASE)
    assert {"################", "xxxx xxxxxx"} <= set(result.quarantine.frame["nilai_asli"])


def test_random_cells_keep_every_row(tmp_path: Path, tables: Tables) -> None:
    rng = np.random.default_rng(11)
    pool = [
        "",
        "x",
        "-1",
        "0",
        "99",
        "1,5",
        "2024-02-30",
        "31/12/2024",
        "Ya",
        "E+15",
        "'1",
        ";",
        '"',
        "NULL",
        CARD,
        "é",
    ]
    for rows in tables.values():
        names = list(rows[0])
        rows += [{name: rng.choice(pool) if rng.random() < 0.3 else rows[0][name] for name in names} for _ in range(30)]
    result = ingest(write_export(tmp_path / "a", tables), key=KEY)
    assert result.summary["rows_in"].to_dict() == {name: len(rows) for name, rows in tables.items()}
    lines = result.quarantine.frame.drop_duplicates(["tabel", "berkas", "baris"]).groupby("tabel").size()
    quarantined = result.summary["rows_quarantined"]
    assert lines.to_dict() == quarantined[quarantined > 0].to_dict()
