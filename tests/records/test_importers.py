"""Layouts of real offices: nothing lost, every defect that can be seen is found under its rule, no false alarm on clean files."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import KEY, Tables, write_csv, write_export
from damaged_layouts import LAYOUTS, Made, card, nik

from pkh_graduation.programme.calendar import day_of, parse_as_of
from pkh_graduation.records import RecordsError, ingest
from pkh_graduation.records.importers import Imported, from_verkom_csv, import_file
from pkh_graduation.records.mapping import layouts

ROWS = 300


def read(made: Made) -> Imported:
    return import_file(made.path, made.layout, fill=made.fill)


def found(done: Imported) -> set[tuple[int, str, str]]:
    quarantine = set(done.quarantine.frame[["baris", "kolom", "aturan"]].itertuples(index=False, name=None))
    return quarantine | set(done.findings[["baris", "kolom", "aturan"]].itertuples(index=False, name=None))


def test_every_shipped_layout_has_a_generator() -> None:
    assert set(layouts()) == set(LAYOUTS)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_clean_file_is_read_whole(tmp_path: Path, layout: str) -> None:
    done = read(LAYOUTS[layout](tmp_path, ROWS, 1, damaged=False))
    assert not found(done)
    counts = done.quarantine.rows
    assert (counts["rows_accepted"] == counts["rows_in"]).all() and (counts["rows_in"] > 0).all()
    assert {name: len(table) for name, table in done.tables.items()} == counts["rows_accepted"].to_dict()


@pytest.mark.parametrize("seed", [2, 3])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_visible_defect_is_found_and_nothing_else(tmp_path: Path, layout: str, seed: int) -> None:
    made = LAYOUTS[layout](tmp_path, ROWS, seed, damaged=True)
    assert made.planted, "a generator of damage that plants none proves nothing"
    done = read(made)
    assert found(done) == made.planted
    counts = done.quarantine.rows
    assert (counts["rows_in"] == counts["rows_accepted"] + counts["rows_quarantined"]).all()


def test_no_message_of_a_damaged_file_shows_a_number(tmp_path: Path) -> None:
    for name, make in LAYOUTS.items():
        (tmp_path / name).mkdir()
        done = read(make(tmp_path / name, ROWS, 4, damaged=True))
        said = done.quarantine.frame.to_csv() + done.findings.to_csv() + "".join(done.notices)
        assert "990101" not in said and "Ibu Contoh" not in said and "rahasia" not in said


def test_what_a_layout_needs_is_asked_for(tmp_path: Path) -> None:
    made = LAYOUTS["verkom"](tmp_path, 3, 1, damaged=False)
    with pytest.raises(RecordsError, match=r"--fill tahun=\.\.\. \(tahun periode"):
        from_verkom_csv(made.path, diketahui="2025-10-20")
    with pytest.raises(RecordsError, match="Shipped layouts are"):
        import_file(made.path, "verkm", fill={})


def test_three_months_of_a_pupil_are_three_rows_under_the_line_they_came_from(tmp_path: Path) -> None:
    made = LAYOUTS["verkom"](tmp_path, 2, 1, damaged=False)
    rows = read(made).tables["verifikasi_komitmen"]
    assert rows["bulan"].tolist() == [7, 8, 9] * 2 and rows["nik"].nunique() == 2
    ends = [day_of(parse_as_of(f"2025-{end}")) for end in ("07-31", "08-31", "09-30")]
    assert rows["tanggal_periode"].tolist() == ends * 2
    assert (rows["jml_tidak_hadir"] == rows["alpa"] + rows["izin"] + rows["sakit"]).all() and set(rows["npsn"]) == {
        "99123456"
    }


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("NIK PENGURUS", "NIK IBU", "no line with the header NIK PENGURUS"),
        ("Agustus", "Agustusan", "must name three months"),
    ],
)
def test_a_verkom_sheet_without_its_headings_is_refused(tmp_path: Path, old: str, new: str, message: str) -> None:
    made = LAYOUTS["verkom"](tmp_path, 2, 1, damaged=False)
    made.path.write_text(made.path.read_text().replace(old, new))
    with pytest.raises(RecordsError, match=message):
        read(made)


@pytest.mark.parametrize("lost", ["Modul 2", "Desa Contoh", "12 Mei 2025"])
def test_an_attendance_sheet_must_say_when_where_and_what(tmp_path: Path, lost: str) -> None:
    made = LAYOUTS["daftar_hadir"](tmp_path, 2, 1, damaged=False)
    csv = made.path.with_suffix(".csv")
    lines = [
        "DAFTAR HADIR FDS",
        "Modul 2 - Sesi 1",
        "Desa Contoh - Kelompok Melati",
        "12 Mei 2025",
        "No,No KK,Status Kehadiran",
    ]
    csv.write_text("\n".join([line for line in lines if not line.startswith(lost)] + [f"1,{card(1)},Hadir"]))
    with pytest.raises(RecordsError, match="heading of the attendance sheet does not say"):
        import_file(csv, "daftar_hadir", fill=made.fill)


def test_layouts_join_the_other_exports(tmp_path: Path, tables: Tables) -> None:
    cards = {row["kpm_id"]: row["no_kk"] for row in tables["identitas"]}
    for row, number in zip(tables["identitas"], range(3), strict=True):
        row["nik_pengurus"] = nik(number)
    folder = write_export(tmp_path / "a", tables)
    made = LAYOUTS["verkom"](folder, 3, 1, damaged=False)
    meeting = LAYOUTS["daftar_hadir"](folder, 1, 1, damaged=False)
    meeting.path.unlink()
    sheet = ["Modul 2 - Sesi 1", "Desa Contoh - Kelompok Melati", "12 Mei 2025", "No,No KK,Status Kehadiran"]
    sheet += [f"{i},{number},{'Hadir' if i else 'Izin'}" for i, number in enumerate(cards.values())]
    (folder / "daftar hadir mei.csv").write_text("\n".join(sheet))
    done = ingest(folder, key=KEY, mapping=["verkom", "daftar_hadir"], fill=made.fill | meeting.fill)
    tables_ = done.records.tables
    assert sorted(tables_["verifikasi_komitmen"]["kpm"].unique()) == sorted(tables_["keluarga"]["kpm"].unique())
    assert sorted(tables_["p2k2_kehadiran"]["kpm"]) == sorted(tables_["keluarga"]["kpm"])
    assert tables_["p2k2_sesi"]["modul"].tolist() == [2] and not len(done.quarantine.frame)


def test_a_manager_of_two_families_names_neither(tmp_path: Path, tables: Tables) -> None:
    for row in tables["identitas"]:
        row["nik_pengurus"] = nik(0)
    folder = write_export(tmp_path / "a", tables)
    made = LAYOUTS["verkom"](folder, 1, 1, damaged=False)
    done = ingest(folder, key=KEY, mapping="verkom", fill=made.fill)
    assert done.quarantine.frame["aturan"].tolist() == ["nik_pengurus_ganda"] * 3


def test_several_columns_make_one(tmp_path: Path) -> None:
    made = LAYOUTS["penyaluran"](tmp_path, 5, 1, damaged=False)
    rows = read(made).tables["penyaluran"]
    assert rows["penyaluran_id"].nunique() == 5 and rows["penyaluran_id"].iloc[0] == f"{card(0)}|2025|1|PKH|1"


def test_a_layout_may_leave_columns_out_but_not_those_it_must_have(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    write_csv(path, [{"nomor_kartu_keluarga": card(1), "kode_kelurahan_desa": "9901010001"}])
    fill = {"tanggal": "2025-09-30", "diketahui": "2025-10-10", "versi": "v2"}
    with pytest.raises(RecordsError, match=r"lacks the columns \['desil_nasional'\]"):
        import_file(path, "dtsen", fill=fill)
