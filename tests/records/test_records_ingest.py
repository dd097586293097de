"""The whole way from a folder to records: conservation, identity, clocks, order."""

from __future__ import annotations

import random
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from conftest import KEY, Tables, small_export, write_csv, write_export

from pkh_graduation.programme.calendar import NEVER, day_of, parse_as_of
from pkh_graduation.records import Ingested, RecordsError, ingest, read_records
from pkh_graduation.records.pseudonyms import digests, find_key, names

TakeIn = Callable[..., Ingested]


def day(text: str) -> int:
    return day_of(parse_as_of(text))


def reasons(result: Ingested, table: str) -> set[tuple[int, str]]:
    frame = result.quarantine.frame
    lines = frame[frame["tabel"] == table]
    return set(zip(lines["baris"], lines["aturan"], strict=True))


def test_a_clean_export_passes_whole(take_in: TakeIn, tables: Tables) -> None:
    result = take_in(tables)
    assert (result.summary["rows_quarantined"] == 0).all() and result.quarantine.frame.empty and result.findings.empty
    assert result.summary["rows_in"].to_dict() == {name: len(rows) for name, rows in tables.items()}
    assert "identitas" not in result.records.tables and len(result.vault) == 3
    assert result.records.missing[0] == "peringkat" and "peringkat" in result.notices[-1]
    assert not result.records.sintetis


def test_canonical_columns_and_kinds(take_in: TakeIn, tables: Tables) -> None:
    families = take_in(tables).records.tables["keluarga"]
    kinds = {"kpm": "int64", "kelompok": "Int64", "day": "Int32", "known_day": "int32", "superseded_day": "int32",
             "record_id": "int64", "row_key": "int64", "batal": "bool", "diketahui_perkiraan": "bool", "jenis_lantai": "Int64",
             "penghasilan_rp": "Int64", "aset_mobil": "boolean", "tanggal_penghasilan": "Int32",
             "pengeluaran_makan_pct": "Float64", "kode_wilayah": "str"}  # fmt: skip
    assert {name: str(families[name].dtype) for name in kinds} == kinds
    assert not {"no_kk", "tanggal_pemutakhiran", "tanggal_diketahui", "versi"} & set(families.columns)
    assert families["aset_mobil"].tolist() == [False] * 3, "2 is no under DTSEN"
    assert families["kpm_id"].str.fullmatch("k[0-9a-f]{15}").all()
    assert [int(text[1:], 16) for text in families["kpm_id"]] == families["kpm"].tolist()


def test_every_table_has_every_declared_column(take_in: TakeIn, tables: Tables) -> None:
    table = take_in(tables).records.tables["penyaluran"]
    assert {"gelombang", "alasan_tertahan"} <= set(table.columns) and table["gelombang"].isna().all()


def test_pseudonyms_depend_on_the_key_and_on_nothing_else(tmp_path: Path, tables: Tables) -> None:
    folder = write_export(tmp_path / "a", tables)
    first, second = read_records(folder, key=KEY)[0], read_records(folder, key=KEY)[0]
    other = read_records(folder, key=KEY[::-1])[0]
    assert first.digest == second.digest != other.digest
    assert not set(first.tables["keluarga"]["kpm_id"]) & set(other.tables["keluarga"]["kpm_id"])


def test_row_order_changes_no_id_and_no_family(tmp_path: Path, tables: Tables) -> None:
    straight = ingest(write_export(tmp_path / "a", tables), key=KEY)
    shuffled = {name: random.Random(1).sample(rows, len(rows)) for name, rows in tables.items()}
    mixed = ingest(write_export(tmp_path / "b", shuffled), key=KEY)
    for name in straight.records.tables:
        left, right = (r.records.tables[name] for r in (straight, mixed))
        by = [column for column in left.columns if column.endswith("_id") and column != "record_id"]
        drop = ["record_id", "row_key"]
        left, right = (t.drop(columns=drop).sort_values(by, ignore_index=True) for t in (left, right))
        pd.testing.assert_frame_equal(left, right)


def test_the_digest_sees_every_value(tmp_path: Path, tables: Tables) -> None:
    before = ingest(write_export(tmp_path / "a", tables), key=KEY).records.digest
    tables["penyaluran"][2]["bank"] = "BNI"
    after = ingest(write_export(tmp_path / "b", tables), key=KEY).records.digest
    tables["penyaluran"][2]["bank"] = ""
    assert len({before, after, ingest(write_export(tmp_path / "c", tables), key=KEY).records.digest}) == 3


def test_the_first_known_card_names_a_family_and_stays(take_in: TakeIn, tables: Tables) -> None:
    old, new = "9901010101010001", "9901010101019999"
    tables["identitas"].append({"kpm_id": "F1", "no_kk": new, "tanggal_diketahui": "2023-05-01"})
    tables["penyaluran"] += [
        {**tables["penyaluran"][0], "penyaluran_id": f"N{i}", "kpm_id": "", "no_kk": kk}
        for i, kk in enumerate((old, new))
    ]
    result = take_in(tables)
    kpm = result.records.tables["penyaluran"].set_index("record_id")["kpm_id"]
    assert kpm[0] == kpm[3] == kpm[4]
    assert kpm[0] == names(digests([f"kk:{old}"], KEY), "k")[0]
    assert set(result.pairs.loc[result.pairs["id"] == kpm[0], "asal"]) == {"F1", old, new}
    assert result.vault.loc[result.vault["kpm_id"] == kpm[0], "no_kk"].tolist() == [old, new]


def test_a_family_without_identity_is_named_by_its_outside_id(take_in: TakeIn, tables: Tables) -> None:
    del tables["identitas"]
    result = take_in(tables)
    assert result.records.tables["keluarga"]["kpm_id"][0] == names(digests(["kpm:F1"], KEY), "k")[0]
    assert sorted(result.vault["kpm_asal"]) == ["F1", "F2", "F3"] and result.vault["nama_pengurus"].isna().all()


def test_outside_ids_do_not_survive(take_in: TakeIn, tables: Tables) -> None:
    text = "".join(table.to_csv() for table in take_in(tables).records.tables.values())
    for rows in tables.values():
        for row in rows:
            for name, value in row.items():
                if name.endswith("_id") or name in ("nik", "no_kk"):
                    assert not re.search(rf"(?<![\w]){re.escape(value)}(?![\w])", text)


def test_a_member_without_any_number_is_known_by_birth_and_order(take_in: TakeIn, tables: Tables) -> None:
    twin = {"kpm_id": "F1", "tanggal_lahir": "2015-05-05", "jenis_kelamin": 1, "tanggal_pemutakhiran": "2024-01-15",
            "tanggal_diketahui": "2024-02-14"}  # fmt: skip
    again = {**twin, "tanggal_pemutakhiran": "2024-07-15", "tanggal_diketahui": "2024-08-14", "kelas": 3}
    tables["anggota"] += [
        twin,
        {**twin, "jenis_kelamin": 2},
        again,
        {**again, "jenis_kelamin": 2},
        {**twin, "tanggal_lahir": ""},
    ]
    result = take_in(tables)
    people = result.records.tables["anggota"].tail(4)
    assert people["anggota_id"].nunique() == 2 and people["row_key"].nunique() == 4
    assert people.groupby("anggota_id")["jenis_kelamin"].nunique().tolist() == [1, 1]
    assert reasons(result, "anggota") == {(9, "anggota_kosong")}


def test_people_of_other_tables_are_found_by_either_number(take_in: TakeIn, tables: Tables) -> None:
    base = {"kpm_id": "F1", "tahun": 2024, "jenis": "kesehatan", "memenuhi": "Ya"}
    tables["verifikasi_komitmen"] = [
        {**base, "anggota_id": "F1-1", "bulan": 1}, {**base, "nik": "9901014101900001", "bulan": 2}, {**base, "bulan": 3},
    ]  # fmt: skip
    result = take_in(tables)
    table = result.records.tables["verifikasi_komitmen"]
    assert (
        table["anggota_id"].nunique() == 1
        and table["anggota_id"][0] == result.records.tables["anggota"]["anggota_id"][0]
    )
    assert table["day"].tolist() == [day("2024-01-31"), day("2024-02-29")], "a period ends with its month"
    assert table["known_day"].tolist() == [day("2024-04-20")] * 2, "quarter end and 20 days"
    assert reasons(result, "verifikasi_komitmen") == {(4, "anggota_kosong")}


def test_corrections_and_voids(take_in: TakeIn, tables: Tables) -> None:
    first = tables["penyaluran"][0]
    tables["penyaluran"] += [
        {**first, "nominal": 500_000, "tanggal_diketahui": "2024-06-01"},
        {**first, "batal": "true", "nominal": "", "status": "", "tanggal_diketahui": "2024-09-01"},
    ]
    table = take_in(tables).records.tables["penyaluran"]
    rows = table[table["row_key"] == table["row_key"][0]]
    assert rows["superseded_day"].tolist() == [day("2024-06-01"), day("2024-09-01"), NEVER]
    assert rows["batal"].tolist() == [False, False, True]
    assert table["superseded_day"][1] == NEVER


def test_on_one_known_day_the_higher_version_then_the_later_row_wins(take_in: TakeIn, tables: Tables) -> None:
    first = {**tables["penyaluran"][0], "versi": 1}
    tables["penyaluran"] = [
        {**first, "versi": 2, "nominal": 2},
        {**first, "nominal": 1},
        {**first, "versi": 2, "nominal": 3},
    ]
    table = take_in(tables).records.tables["penyaluran"]
    assert table["nominal"].tolist() == [1, 2, 3] and table["record_id"].tolist() == [0, 1, 2]
    assert table.loc[table["superseded_day"] == NEVER, "nominal"].tolist() == [3]


def test_record_ids_do_not_shift_when_a_row_is_rejected(tmp_path: Path, tables: Tables) -> None:
    tables["penyaluran"][0]["nominal"] = -5
    table = ingest(write_export(tmp_path / "a", tables), key=KEY).records.tables["penyaluran"]
    assert table["record_id"].tolist() == [1, 2]


def test_a_missing_known_date_takes_the_lag_and_says_so(take_in: TakeIn, tables: Tables) -> None:
    tables["penyaluran"][0]["tanggal_diketahui"] = ""
    del tables["kelompok"][0]["tanggal_diketahui"]
    tables["anggota"][0] |= {"tanggal_diketahui": "", "tanggal_keluar": "2024-01-10", "alasan_keluar": "meninggal"}
    tables["anggota"][1] |= {"tanggal_diketahui": "", "tanggal_lahir": "2024-01-15"}
    records = take_in(tables).records.tables
    assert records["penyaluran"]["diketahui_perkiraan"].tolist() == [True, False, False]
    assert records["penyaluran"]["known_day"][0] == day("2024-03-01") + 15
    assert records["kelompok"]["known_day"][0] == day("2020-01-01") + 30
    assert records["anggota"]["known_day"].tolist() == [
        day("2024-01-15") + 120,
        day("2024-01-15") + 60,
        day("2024-02-14"),
    ]


def test_strict_refuses_a_missing_known_date(take_in: TakeIn, tables: Tables) -> None:
    tables["penyaluran"][0]["tanggal_diketahui"] = ""
    result = take_in(tables, strict=True)
    assert reasons(result, "penyaluran") == {(2, "diketahui_kosong")}
    assert not result.records.tables["penyaluran"]["diketahui_perkiraan"].any()


def test_an_end_has_a_known_date_of_its_own(take_in: TakeIn, tables: Tables) -> None:
    base = {"kpm_id": "F1", "tanggal_catatan": "2024-01-01", "tanggal_diketahui": "2024-01-31"}
    tables["usaha"] = [
        {**base, "usaha_id": "U1", "tanggal_tutup": "2023-12-01"}, {**base, "usaha_id": "U2", "tanggal_tutup": "2024-03-01"},
        {**base, "usaha_id": "U3", "tanggal_tutup": "2024-03-01", "tanggal_diketahui_selesai": "2024-05-05"},
        {**base, "usaha_id": "U4"},
    ]  # fmt: skip
    ends = take_in(tables).records.tables["usaha"]["tanggal_diketahui_selesai"]
    assert ends[:3].tolist() == [day("2024-01-31"), day("2024-03-01") + 30, day("2024-05-05")] and pd.isna(ends[3])


def test_attendance_takes_date_and_module_from_the_session_known_first(take_in: TakeIn, tables: Tables) -> None:
    session = {"sesi_id": "S1", "kelompok_id": "G1", "modul": 2, "sesi": 1, "tanggal_sesi": "2024-05-10",
               "tanggal_diketahui": "2024-05-20"}  # fmt: skip
    planned = {"sesi_id": "S2", "tanggal_terjadwal": "2024-06-10", "terlaksana": "false"}
    tables["p2k2_sesi"] = [
        session,
        {**session, "tanggal_sesi": "2024-05-11", "tanggal_diketahui": "2024-07-01"},
        planned,
    ]
    tables["p2k2_kehadiran"] = [
        {"sesi_id": "S1", "kpm_id": "F1", "hadir": "Hadir", "tanggal_diketahui": "2024-05-12"},
        {"sesi_id": "S1", "kpm_id": "F2", "hadir": "izin", "tanggal_diketahui": "2024-06-01"},
        {"sesi_id": "S1", "kpm_id": "F3", "hadir": "alpa"}, {"sesi_id": "S9", "kpm_id": "F1", "hadir": "sakit"},
    ]  # fmt: skip
    result = take_in(tables)
    table = result.records.tables["p2k2_kehadiran"]
    assert table["day"].tolist() == [day("2024-05-10")] * 3 and table["modul"].tolist() == [2] * 3
    assert table["known_day"].tolist() == [day("2024-05-20"), day("2024-06-01"), day("2024-05-30")]
    assert table["diketahui_perkiraan"].tolist() == [False, False, True]
    assert reasons(result, "p2k2_kehadiran") == {(5, "sesi_tak_ada")}
    assert result.records.tables["p2k2_sesi"]["day"].tolist()[-1] == day("2024-06-10")


def test_planned_dates_and_news_before_the_event_are_kept(take_in: TakeIn, tables: Tables) -> None:
    tables["kelompok"].append(
        {**tables["kelompok"][0], "berlaku_sejak": "2030-01-01", "tanggal_diketahui": "2024-01-01"}
    )
    tables["penyaluran"][0]["tanggal_diketahui"] = "2024-02-01"
    result = take_in(tables)
    assert result.records.tables["kelompok"]["day"].tolist()[1] == day("2030-01-01")
    assert (
        result.findings["aturan"].tolist() == ["diketahui_sebelum_terjadi"]
        and len(result.records.tables["penyaluran"]) == 3
    )


def test_required_tables_and_ties(tmp_path: Path, tables: Tables) -> None:
    folder = write_export(tmp_path / "a", {name: rows for name, rows in tables.items() if name != "anggota"})
    with pytest.raises(RecordsError, match=r"required tables \['anggota'\]"):
        ingest(folder, key=KEY)
    folder = write_export(tmp_path / "b", {name: rows for name, rows in tables.items() if name != "kelompok"})
    with pytest.raises(RecordsError, match="ties a family to its pendamping"):
        ingest(folder, key=KEY)
    for row in tables["keluarga"]:
        row["pendamping_id"] = "P1"
    folder = write_export(tmp_path / "c", {name: rows for name, rows in tables.items() if name != "kelompok"})
    assert "kelompok" in ingest(folder, key=KEY).records.missing


def test_no_folder(tmp_path: Path) -> None:
    with pytest.raises(RecordsError, match="There is no folder"):
        ingest(tmp_path / "none", key=KEY)


def test_part_files_forms_and_strangers(tmp_path: Path, tables: Tables) -> None:
    folder = write_export(tmp_path / "a", tables)
    whole = ingest(folder, key=KEY).records
    (folder / "penyaluran.csv").unlink()
    (folder / "penyaluran").mkdir()
    write_csv(folder / "penyaluran" / "1.csv", tables["penyaluran"][:1], ";")
    pd.DataFrame(tables["penyaluran"][1:2]).to_parquet(folder / "penyaluran" / "2.parquet")
    pd.DataFrame(tables["penyaluran"][2:]).to_excel(folder / "penyaluran" / "3.xlsx", engine="xlsxwriter", index=False)
    (folder / "sintetis.toml").write_text('preset = "kecil"\n')
    (folder / "anggotta.csv").write_text("x\n")
    (folder / "usaha.pdf").write_text("x\n")
    (folder / "_done").write_text("")
    result = ingest(folder, key=KEY)
    assert result.records.digest == whole.digest and result.records.sintetis
    assert any("anggotta.csv" in notice and "'anggota'" in notice for notice in result.notices)
    assert any("usaha.pdf" in notice for notice in result.notices) and not any(
        "_done" in notice for notice in result.notices
    )


def test_unknown_columns_are_reported_once_and_kept_out(take_in: TakeIn, tables: Tables) -> None:
    for row in tables["keluarga"]:
        row |= {"StatusKepesertaan": "Aktif", "kepala_perempuan": "Ya"}
    result = take_in(tables)
    assert [notice for notice in result.notices if "statuskepesertaan" in notice] == [
        "keluarga.csv: kolom tidak dikenal tidak disimpan: statuskepesertaan."
    ]
    assert any("kepala_perempuan" in notice and "dihitung ulang" in notice for notice in result.notices)
    assert not {"statuskepesertaan", "kepala_perempuan"} & set(result.records.tables["keluarga"].columns)


def test_progress_names_files_and_tables(tmp_path: Path, tables: Tables) -> None:
    said: list[str] = []
    ingest(write_export(tmp_path / "a", tables), key=KEY, progress=said.append)
    assert "membaca keluarga.csv" in said and "menyusun penyaluran" in said


def test_the_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "key"
    file.write_bytes(KEY + b"\n")
    assert (
        find_key(KEY, {})
        == find_key(None, {"PKH_KEY": KEY.decode()})
        == find_key(None, {"PKH_KEY_FILE": str(file)})
        == KEY
    )
    with pytest.raises(RecordsError, match="token_hex"):
        find_key(None, {})
    with pytest.raises(RecordsError, match="has 5 bytes; it needs at least 16"):
        find_key(b"short", {})
    with pytest.raises(RecordsError, match="PKH_KEY_FILE names cannot be read"):
        find_key(None, {"PKH_KEY_FILE": str(tmp_path / "none")})
    monkeypatch.setenv("PKH_KEY", KEY.decode())
    folder = write_export(tmp_path / "a", small_export())
    assert ingest(folder).records.digest == ingest(folder, key=KEY).records.digest


def test_random_corrections_are_superseded_in_order(tmp_path: Path, tables: Tables) -> None:
    rng = np.random.default_rng(3)
    base = tables["penyaluran"][0]
    known = rng.integers(20, 29, 40)
    tables["penyaluran"] = [
        {**base, "penyaluran_id": f"B{i % 5}", "nominal": i, "tanggal_diketahui": f"2024-06-{d}"}
        for i, d in enumerate(known)
    ]
    table = ingest(write_export(tmp_path / "a", tables), key=KEY).records.tables["penyaluran"]
    for t in range(day("2024-06-15"), day("2024-07-05")):
        seen = table[(table["known_day"] <= t) & (table["superseded_day"] > t)].set_index("row_key")["nominal"]
        due = (
            table[table["known_day"] <= t].sort_values(["known_day", "record_id"]).groupby("row_key")["nominal"].last()
        )
        assert seen.sort_index().to_dict() == due.to_dict()


def test_the_export_is_left_as_it_was(tmp_path: Path, tables: Tables) -> None:
    folder = write_export(tmp_path / "a", tables)
    shutil.copytree(folder, tmp_path / "b")
    ingest(folder, key=KEY)
    assert all((folder / path.name).read_bytes() == path.read_bytes() for path in (tmp_path / "b").iterdir())


def test_a_table_without_a_required_column_is_refused(tmp_path: Path, tables: Tables) -> None:
    for row in tables["penyaluran"]:
        del row["penyaluran_id"], row["kpm_id"]
    with pytest.raises(RecordsError, match=r"'penyaluran' lacks the required columns \['penyaluran_id', 'kpm_id'\]"):
        ingest(write_export(tmp_path / "a", tables), key=KEY)


@pytest.mark.parametrize(
    ("cells", "filled"), [(["0", "<1 jt", "> 2 jt"], "penghasilan_kelas"), (["0", "900.000", ""], "penghasilan_rp")]
)
def test_income_is_rupiah_or_a_class(take_in: TakeIn, tables: Tables, cells: list[str], filled: str) -> None:
    for row, cell in zip(tables["keluarga"], cells, strict=True):
        del row["penghasilan_rp"]
        row["penghasilan_bulan"] = cell
    table = take_in(tables).records.tables["keluarga"][["penghasilan_rp", "penghasilan_kelas"]]
    assert table.notna().any().to_dict() == {name: name == filled for name in table}
    assert table[filled].tolist()[:2] == ([0, 900_000] if filled == "penghasilan_rp" else ["nol", "di_bawah_1jt"])
