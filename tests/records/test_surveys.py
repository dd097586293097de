"""Stata and SPSS files: codes stay codes, what a survey calls missing is missing, damaged digits are seen, nothing is lost."""

import csv
import datetime as dt
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pkh_graduation.records.errors import RecordsError
from pkh_graduation.records.importers import import_file
from pkh_graduation.records.surveys import read_survey

pyreadstat = pytest.importorskip("pyreadstat", reason="the extra `survei` is not installed")
KEY = b"a key that is only for the tests"
FILL = {"tanggal": "2022-11-14", "diketahui": "2022-12-01"}
LABELS = {"r409": {1: "Kepala keluarga", 3: "Anak"}, "r405": {1: "Laki-laki", 2: "Perempuan"}}


def members(rows: int = 6) -> pd.DataFrame:
    """Made-up Regsosek members: codes as numbers, as survey programs keep them."""
    number = np.arange(rows)
    return pd.DataFrame(
        {
            "No_KK": [f"99010101010100{n // 3:02d}" for n in number],
            "NIK": [f"99010101019000{n:02d}" for n in number],
            "R409": np.where(number % 3 == 0, 1.0, 3.0),
            "R405": 1.0 + number % 2,
            "R412": 1.0 + number % 3,
            "tanggal_lahir": [dt.date(1980 + int(n), 1, 15) for n in number],
        }
    )


def written(folder: Path, ending: str, frame: pd.DataFrame, **more) -> Path:
    path = folder / f"regsosek_anggota.{ending}"
    labels = {column: LABELS[column.casefold()] for column in frame if column.casefold() in LABELS}
    write = pyreadstat.write_dta if ending == "dta" else pyreadstat.write_sav
    more = {"row_compress": ending == "zsav", **more} if ending != "dta" else more
    write(frame, str(path), variable_value_labels=labels, **more)
    return path


def missing(ending: str, frame: pd.DataFrame) -> tuple[pd.DataFrame, dict]:
    """The same members with two answers that were refused, in each program's way."""
    told = frame.copy()
    if ending == "dta":
        told["R412"] = [*told["R412"][:-2].astype(int), "a", "z"]
        return told, {"missing_user_values": {"R412": ["a", "z"]}}
    told["R412"] = [*told["R412"][:-2], 98.0, 99.0]
    return told, {"missing_ranges": {"R412": [{"lo": 98, "hi": 99}]}}


@pytest.mark.parametrize("ending", ["dta", "sav", "zsav"])
def test_a_survey_file_is_read_as_the_same_table_in_csv(tmp_path, ending):
    frame = members()
    read = import_file(written(tmp_path, ending, frame), "regsosek", fill=FILL)
    plain = tmp_path / "regsosek.csv"
    numbers = frame.assign(**{name: frame[name].astype(int) for name in ("R409", "R405", "R412")})
    numbers.to_csv(plain, index=False, quoting=csv.QUOTE_ALL)
    expected = import_file(plain, "regsosek", fill=FILL)
    pd.testing.assert_frame_equal(read.tables["anggota"], expected.tables["anggota"])
    assert read.tables["anggota"]["hubungan"].tolist() == [1, 3, 3, 1, 3, 3]
    assert read.quarantine.rows.equals(expected.quarantine.rows)
    assert any("label nilai tidak dipakai pada r409, r405" in notice for notice in read.notices)


@pytest.mark.parametrize("ending", ["dta", "sav"])
def test_what_the_survey_calls_missing_is_missing_and_counted(tmp_path, ending):
    told, how = missing(ending, members())
    read = import_file(written(tmp_path, ending, told, **how), "regsosek", fill=FILL)
    rows = read.tables["anggota"]
    assert rows["sekolah_status"].isna().tolist() == [False] * 4 + [True] * 2
    assert rows["sekolah_status"].tolist()[:4] == [1, 2, 3, 1]
    assert any("2 isian berkode hilang dibaca kosong (r412 2)" in notice for notice in read.notices)
    assert read.quarantine.rows["rows_quarantined"].tolist() == [0]


def test_a_number_of_sixteen_digits_kept_as_floating_point_is_not_trusted(tmp_path):
    frame = members().assign(NIK=[9.9010101019e15 + n for n in range(6)])
    read = import_file(written(tmp_path, "sav", frame), "regsosek", fill=FILL)
    assert read.tables["anggota"]["nik"].isna().all()
    assert set(read.findings["aturan"]) >= {"nomor_notasi_ilmiah"}
    shorter = members().assign(No_KK=[float(n // 3) for n in range(6)])
    rows = read_survey(written(tmp_path, "sav", shorter), "a").table.column("no_kk")
    assert rows.to_pylist() == [0, 0, 0, 1, 1, 1], "a short id stays itself, without .0"


def test_dates_texts_and_fractions_come_through(tmp_path):
    frame = pd.DataFrame(
        {
            "hari": [dt.date(2024, 2, 29), None],
            "kata": ['Ibu, "A"', ""],
            "pecahan": [0.5, np.nan],
            "kosong": [np.nan, np.nan],
        }
    )
    part = read_survey(written(tmp_path, "sav", frame), "a")
    assert part.table.column("hari").to_pylist() == [dt.date(2024, 2, 29), None]
    assert part.table.column("kata").to_pylist() == ['Ibu, "A"', ""]
    assert part.table.column("pecahan").to_pylist() == [0.5, None]
    assert part.rows.tolist() == [1, 2]
    assert part.rows_in == 2


def test_damaged_files_and_doubled_headers_are_refused_in_words(tmp_path):
    path = written(tmp_path, "sav", members())
    content = path.read_bytes()
    for broken in (content[: len(content) // 3], b"", b"no_kk,nik\n1,2\n", bytes(300)):
        path.write_bytes(broken)
        with pytest.raises(RecordsError, match="Export it again"):
            read_survey(path, "regsosek.sav")
    twice = tmp_path / "a.dta"
    pyreadstat.write_dta(pd.DataFrame({"nik": ["1"], "NIK": ["2"]}), str(twice))
    with pytest.raises(RecordsError, match=r"\['nik'\] occur twice"):
        read_survey(twice, "a.dta")


def test_a_file_that_declares_rows_it_cannot_hold_is_damage(tmp_path):
    path = written(tmp_path, "sav", members())
    content = bytearray(path.read_bytes())
    assert int.from_bytes(content[80:84], "little") == len(
        members()
    )  # the number of cases, by the format's description
    content[80:84] = (1 << 26).to_bytes(4, "little")
    path.write_bytes(content)
    began = time.process_time()
    with pytest.raises(RecordsError, match="Export it again"):
        read_survey(path, "regsosek.sav")
    assert time.process_time() - began < 1


def test_a_variable_whose_name_is_gone_is_damage(tmp_path, monkeypatch):
    path = written(tmp_path, "dta", members())
    whole = pyreadstat.read_dta

    def nameless(*args, **kwargs):
        frame, about = whole(*args, **kwargs)
        return frame.rename(columns={frame.columns[0]: float("nan")}), about

    monkeypatch.setattr(pyreadstat, "read_dta", nameless)
    with pytest.raises(RecordsError, match="Export it again"):
        read_survey(path, "regsosek.dta")


def test_without_the_extra_the_error_says_what_to_install(tmp_path, monkeypatch):
    path = written(tmp_path, "dta", members())
    monkeypatch.setitem(sys.modules, "pyreadstat", None)
    with pytest.raises(RecordsError, match=r"pkh-graduation\[survei\]"):
        read_survey(path, "a.dta")
