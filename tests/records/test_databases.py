"""A database is an export like any other: same rows, read alone, in chunks, in a stable order; its password stays unsaid."""

import hashlib
import json
import sys
from pathlib import Path

import pandas as pd
import pytest
import sqlalchemy as sa
from office_database import KEY, load, server, server_programs, server_user
from typer.testing import CliRunner

from pkh_graduation.cli.app import app
from pkh_graduation.records import databases
from pkh_graduation.records.databases import PASSWORD, is_address, open_database
from pkh_graduation.records.errors import RecordsError
from pkh_graduation.records.ingest import Ingested, ingest

SECRET = "rahasia-besar-123"
runner = CliRunner()


@pytest.fixture
def export(tmp_path) -> Path:
    return small(tmp_path / "ekspor", families=7)


def small(folder: Path, families: int) -> Path:
    """An export of made-up families in five tables, all text."""
    ids = range(1, families + 1)
    tables = {
        "identitas": [{"kpm_id": f"F{i}", "no_kk": f"99010101010100{i:02d}", "nik_pengurus": f"99010141019000{i:02d}",
                       "nama_pengurus": f"Ibu {i}", "tanggal_diketahui": "2020-01-10"} for i in ids],
        "keluarga": [{"kpm_id": f"F{i}", "kode_wilayah": "9901010001", "kelompok_id": "G1", "jenis_lantai": str(1 + i % 3),
                      "luas_lantai": str(30 + i), "tanggal_pemutakhiran": "2024-01-15", "tanggal_diketahui": "2024-02-14"}
                     for i in ids],
        "anggota": [{"anggota_id": f"F{i}-1", "kpm_id": f"F{i}", "tanggal_lahir": f"19{90 - i}-01-01", "jenis_kelamin": "2",
                     "hubungan": "1", "tanggal_pemutakhiran": "2016-01-15", "tanggal_diketahui": "2016-02-14"} for i in ids],
        "peristiwa_status": [{"peristiwa_id": f"E{i}", "kpm_id": f"F{i}", "jenis": "masuk", "tahap_proses": "efektif",
                              "tanggal_peristiwa": "2015-07-01", "tanggal_diketahui": "2015-07-20"} for i in ids],
        "kelompok": [{"kelompok_id": "G1", "desa": "9901010001", "pendamping_id": "P1", "berlaku_sejak": "2015-01-01",
                      "tanggal_diketahui": "2015-01-05"}],
    }  # fmt: skip
    folder.mkdir(parents=True)
    for name, rows in tables.items():
        pd.DataFrame(rows).to_csv(folder / f"{name}.csv", index=False)
    return folder


def same(found: Ingested, expected: Ingested) -> None:
    assert found.records.digest == expected.records.digest
    assert found.quarantine.rows.equals(expected.quarantine.rows)
    for name, table in expected.records.tables.items():
        pd.testing.assert_frame_equal(found.records.tables[name], table)
    pd.testing.assert_frame_equal(found.vault, expected.vault)


def sqlite(export: Path, **more) -> tuple[str, Path]:
    path = export.parent / "kantor.db"
    engine = sa.create_engine(f"sqlite:///{path}")
    load(engine, export, **more)
    engine.dispose()
    return f"sqlite:///{path}", path


@pytest.mark.parametrize("chunk", [2, 50_000])
def test_a_database_is_read_as_the_same_export_in_csv_and_left_untouched(export, monkeypatch, chunk):
    monkeypatch.setattr(databases, "CHUNK", chunk)
    address, path = sqlite(export)
    before = hashlib.sha256(path.read_bytes()).hexdigest()
    same(ingest(address, key=KEY), ingest(export, key=KEY))
    assert hashlib.sha256(path.read_bytes()).hexdigest() == before
    with open_database(address) as database, pytest.raises(sa.exc.OperationalError, match="readonly"):
        database.connection.execute(sa.text("DELETE FROM keluarga"))


def test_names_come_from_a_mapping_and_are_never_sql(export, tmp_path):
    evil = 'keluarga"; DROP TABLE anggota; --'
    address, path = sqlite(export, rename={"keluarga": evil})
    engine = sa.create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        quoted = '"' + evil.replace('"', '""') + '"'
        connection.execute(sa.text(f'ALTER TABLE {quoted} RENAME COLUMN luas_lantai TO "luas"";--"'))
    engine.dispose()
    mapping = tmp_path / "peta.toml"
    mapping.write_text(
        '[[tabel]]\nnama = "keluarga"\nberkas = \'keluarga"; DROP*\'\n[tabel.kolom]\n\'luas";--\' = "luas_lantai"\n'
    )
    same(ingest(address, key=KEY, mapping=mapping), ingest(export, key=KEY))
    mapping.write_text('[[tabel]]\nnama = "keluarga"\nberkas = "(SELECT 1)"\n')
    with pytest.raises(RecordsError, match="No plain table"):
        ingest(address, key=KEY, mapping=mapping)


def test_other_tables_and_columns_are_named_and_not_fetched(export):
    address, path = sqlite(export)
    engine = sa.create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        connection.execute(sa.text("ALTER TABLE keluarga ADD COLUMN foto BLOB"))
        connection.execute(sa.text("CREATE TABLE catatan (isi TEXT)"))
    engine.dispose()
    found = ingest(address, key=KEY)
    same(found, ingest(export, key=KEY))
    assert any("keluarga: kolom tidak dikenal tidak dibaca: baris, foto." in notice for notice in found.notices)
    assert any("1 tabel lain tidak dibaca" in notice for notice in found.notices)


def test_the_command_reads_a_database(export, tmp_path):
    address, _ = sqlite(export)
    key = tmp_path / "kunci"
    key.write_bytes(KEY)
    done = runner.invoke(app, ["ingest", address, "--out", str(tmp_path / "o"), "--key-file", str(key), "--json"])
    assert done.exit_code == 0, done.stderr
    figures = json.loads(done.stdout.splitlines()[-1])
    assert figures["tables"]["keluarga"] == {"rows_in": 7, "rows_accepted": 7, "rows_quarantined": 0}


@pytest.mark.parametrize(
    "address",
    [
        f"postgresql://orang:{SECRET}@127.0.0.1:1/pkh",
        f"postgresql://127.0.0.1:1/pkh?user=orang&password={SECRET}",
        f"postgresql:/orang:{SECRET}@127.0.0.1/pkh",
        f"postgresql://orang:{SECRET}@127.0.0.1:bukan/pkh",
        f"tidakada://orang:{SECRET}@127.0.0.1/pkh",
        f"oracle://orang:{SECRET}@127.0.0.1/pkh",
        f"sqlite:///{SECRET}/tidak-ada.db",
    ],
)
def test_no_error_says_the_password(address, tmp_path, caplog):
    key = tmp_path / "kunci"
    key.write_bytes(KEY)
    done = runner.invoke(app, ["ingest", address, "--out", str(tmp_path / "o"), "--key-file", str(key)])
    assert done.exit_code == 1, done.output
    assert "RecordsError" in done.stderr
    assert SECRET not in done.output + caplog.text
    with pytest.raises(RecordsError) as caught:
        ingest(address, key=KEY)
    assert caught.value.__cause__ is None
    assert not (tmp_path / "o" / "store").exists()


def test_a_missing_sqlite_file_is_not_made(tmp_path):
    with pytest.raises(RecordsError, match="no SQLite file"):
        ingest(f"sqlite:///{tmp_path / 'salah.db'}", key=KEY)
    assert not (tmp_path / "salah.db").exists()


def test_without_sqlalchemy_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "sqlalchemy", None)
    with pytest.raises(RecordsError, match=r"pkh-graduation\[basisdata\]"):
        ingest("sqlite:///a.db", key=KEY)


def test_addresses_are_told_from_folders():
    assert is_address("mysql+pymysql://u:p@h/d")
    assert not any(map(is_address, ["ekspor", "./ekspor", "/a/b", "D:/ekspor", r"D:\ekspor", Path("x"), ""]))


@pytest.fixture(scope="module")
def postgres():
    pytest.importorskip("psycopg", reason="the extra `basisdata` is not installed")
    programs, user = server_programs(), server_user()
    if programs is None or user is None:
        pytest.skip("no PostgreSQL server programs on this machine, or nobody who may run them")
    with server(programs, user, SECRET) as address:
        yield address


def test_a_real_postgresql_is_read_alike_in_one_transaction_that_cannot_write(postgres, export, monkeypatch):
    monkeypatch.setattr(databases, "CHUNK", 2)
    monkeypatch.setenv(PASSWORD, SECRET)
    url = sa.engine.make_url(postgres).set(drivername="postgresql+psycopg", password=SECRET)
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE SCHEMA pendataan"))
    load(engine, export, schema="pendataan")
    engine.dispose()
    same(ingest(postgres, key=KEY), ingest(export, key=KEY))
    with open_database(postgres) as database:
        assert "pendataan.keluarga" in database.tables
        with pytest.raises(sa.exc.InternalError, match="read-only"):
            database.connection.execute(sa.text("DELETE FROM pendataan.keluarga"))
    monkeypatch.setenv(PASSWORD, f"{SECRET}-salah")
    with pytest.raises(RecordsError) as caught:
        ingest(postgres, key=KEY)
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize("given", ["postgres//kepala:rahasia9@server/dinsos", "kepala:rahasia9@server"])
def test_an_address_with_a_slip_is_not_said_again(given):
    """What is no address for us may be one for its owner, password and all."""
    from pkh_graduation.workflows.commands import MisuseError, _check_source

    with pytest.raises(MisuseError, match="neither a folder") as refused:
        _check_source(given)
    assert "rahasia9" not in str(refused.value)
    with pytest.raises(MisuseError, match="no-such-folder is neither"):
        _check_source("no-such-folder")
