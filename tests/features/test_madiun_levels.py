"""The levels of the Madiun score, code by code, as features see them."""

from __future__ import annotations

import pandas as pd
import pytest

from pkh_graduation.features.catalogue.madiun import levels
from pkh_graduation.features.catalogue.sources import ASET, TERNAK_BESAR, TERNAK_KECIL
from pkh_graduation.programme.madiun import bounds, conventions, criteria, crosswalk

COLUMNS = (
    "status_rumah", "jenis_lantai", "jenis_dinding", "fasilitas_bab", "jenis_kloset", "penerangan", "daya",
    "penghasilan_rp", "penghasilan_kelas", "jumlah_hutang_12bl", "pengeluaran_makan_pct", "pakaian_baru_12bl",
    "lahan_lain", "rumah_lain",
)  # fmt: skip

CASES = [
    ("rumah", {"status_rumah": 1}, 4), ("rumah", {"status_rumah": 2}, 3), ("rumah", {"status_rumah": 3}, 2),
    ("rumah", {"status_rumah": 4}, 2), ("rumah", {"status_rumah": 5}, 1), ("rumah", {}, None),
    ("lantai", {"jenis_lantai": 8}, 1), ("lantai", {"jenis_lantai": 6}, 2), ("lantai", {"jenis_lantai": 9}, 2),
    ("lantai", {"jenis_lantai": 4}, 3), ("lantai", {"jenis_lantai": 2}, 4),
    ("dinding", {"jenis_dinding": 1}, 3), ("dinding", {"jenis_dinding": 2}, 2), ("dinding", {"jenis_dinding": 7}, 1),
    ("bab", {"fasilitas_bab": 6}, 1), ("bab", {"fasilitas_bab": 5, "jenis_kloset": 1}, 1),
    ("bab", {"fasilitas_bab": 1, "jenis_kloset": 4}, 2), ("bab", {"fasilitas_bab": 1, "jenis_kloset": 1}, 3),
    ("bab", {"fasilitas_bab": 1}, None),
    ("penerangan", {"penerangan": 4}, 1), ("penerangan", {"penerangan": 1, "daya": 1}, 2),
    ("penerangan", {"penerangan": 1, "daya": 2}, 3), ("penerangan", {"penerangan": 1, "daya": 5}, 4),
    ("penerangan", {"penerangan": 2}, 2), ("penerangan", {"penerangan": 1}, None),
    ("penghasilan", {"penghasilan_rp": 0}, 1), ("penghasilan", {"penghasilan_rp": 999_999}, 2),
    ("penghasilan", {"penghasilan_rp": 1_000_000}, 3), ("penghasilan", {"penghasilan_rp": 2_000_000}, 3),
    ("penghasilan", {"penghasilan_rp": 2_000_001}, 4), ("penghasilan", {"penghasilan_kelas": "1_2jt"}, 3),
    ("penghasilan", {"penghasilan_kelas": "nol"}, 1), ("penghasilan", {}, None),
    ("hutang", {"jumlah_hutang_12bl": 0}, 4), ("hutang", {"jumlah_hutang_12bl": 1}, 3), ("hutang", {"jumlah_hutang_12bl": 2}, 2),
    ("hutang", {"jumlah_hutang_12bl": 3}, 1), ("hutang", {"jumlah_hutang_12bl": 9}, 1), ("hutang", {}, None),
    ("pangan", {"pengeluaran_makan_pct": 24.9}, 4), ("pangan", {"pengeluaran_makan_pct": 25.0}, 3),
    ("pangan", {"pengeluaran_makan_pct": 50.0}, 2), ("pangan", {"pengeluaran_makan_pct": 76.0}, 1), ("pangan", {}, None),
    ("pakaian", {"pakaian_baru_12bl": 0}, 1), ("pakaian", {"pakaian_baru_12bl": 2}, 3), ("pakaian", {"pakaian_baru_12bl": 3}, 4),
    ("aset", {"lahan_lain": 0}, 1), ("aset", {"lahan_lain": 1, "ternak_sapi": 4, "ternak_babi": 1}, 3),
    ("aset", {"lahan_lain": 1, "rumah_lain": 1, "aset_emas": 1}, 4), ("aset", {}, None),
]  # fmt: skip


@pytest.mark.parametrize(("name", "row", "level"), CASES)
def test_level(name, row, level, engine):
    livestock = [f"ternak_{n}" for n in (*TERNAK_BESAR, *TERNAK_KECIL)]
    columns = [*COLUMNS, *(f"aset_{n}" for n in ASET), *livestock]
    frame = pd.DataFrame([row]).reindex(index=[0], columns=columns)
    kinds = dict.fromkeys(columns, "Int64") | {"penghasilan_kelas": "str", "pengeluaran_makan_pct": "Float64"}
    got = engine.run(f"SELECT {levels()[name].sql} AS v FROM keluarga", {"keluarga": frame.astype(kinds)})["v"].item()
    assert (None if pd.isna(got) else got) == level


def test_published_weights_and_levels():
    assert [c.bobot for c in criteria()] == [10, 20, 5, 5, 5, 10, 10, 10, 10, 5]
    assert all(len(c.level) == 4 and c.sumber for c in criteria())
    assert set(levels()) == {c.nama for c in criteria()}
    assert bounds("pangan").asumsi and set(conventions()) == {"pembagi", "tidak_tercatat"}


def test_unknown_entries_are_refused_with_those_there():
    with pytest.raises(KeyError, match=r"silang\.atap"):
        crosswalk("atap")
    with pytest.raises(KeyError, match=r"it has \['aset', 'hutang'"):
        bounds("atap")
