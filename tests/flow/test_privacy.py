"""Personal data: nowhere but where it must be; the family's rights; no word to the network.

One made-up office, its whole river run in a process of its own that may not reach any network. ``PKH_PROVOKED=500`` asks for more
provoked errors (`benchmarks/privacy_scan.py`).
"""

import csv
import json
import os
import random
import re
import shutil
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest
from quiet_office import QuietOffice
from small_office import KEY, SMALL_PEOPLE, small
from typer.testing import CliRunner

from pkh_graduation import stores
from pkh_graduation.cli.app import app
from pkh_graduation.records.schemas import TABLES
from pkh_graduation.stores import CipherError
from pkh_graduation.workflows import ingesting, quarantining, subject_rights
from pkh_graduation.workflows.places import Places
from pkh_graduation.workflows.settings import Retention, Settings

PROVOKED = int(os.environ.get("PKH_PROVOKED", "30"))
runner = CliRunner()


@pytest.fixture(scope="module")
def people(office: QuietOffice) -> dict[str, set[str]]:
    """What was planted: numbers, names and addresses, as the raw exports and the opened vault hold them."""
    vault = stores.read_vault(office.places.vault)
    with (office.places.records / "identitas.csv").open(encoding="utf-8-sig", newline="") as file:
        raw = list(csv.DictReader(file, delimiter=";" if ";" in file.readline() else ","))
    members = pd.concat(pd.read_parquet(path) for path in (office.places.records / "anggota").glob("*.parquet"))
    numbers = {re.sub(r"\D", "", str(value)) for name in ("no_kk", "nik_pengurus", "no_hp", "id_pelanggan_pln", "id_dtks")
               for value in vault[name].dropna()}  # fmt: skip
    numbers |= {re.sub(r"\D", "", str(value)) for value in members["nik"].dropna()}
    numbers |= {re.sub(r"\D", "", str(cell)) for row in raw for cell in row.values() if cell}
    return {
        "numbers": {number for number in numbers if len(number) >= 11},
        "names": set(vault["nama_pengurus"].dropna()),
        "addresses": set(vault["alamat"].dropna()),
        "own_ids": set(vault["kpm_asal"].dropna()),
    }


def cells_of(path: Path) -> Iterator[bytes]:
    """What a curious reader would find: tables by their texts and whole numbers, archives unpacked, all else byte by byte."""
    yield path.name.encode()
    if path.suffix == ".parquet":
        for column in pq.read_table(path).itercolumns():
            if not str(column.type).startswith(("float", "double", "bool")):
                yield "\n".join(str(value) for value in column.unique().to_pylist()).encode()
    elif zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                yield name.encode() + b"\n" + archive.read(name)
    else:
        yield path.read_bytes()


def found_in(texts: Iterable[bytes], people: dict[str, set[str]], kinds: Iterable[str]) -> set[str]:
    """Which kinds of personal data stand in some texts."""
    found = set()
    words = {
        kind: re.compile("|".join(sorted(map(re.escape, people[kind]))).encode()) for kind in kinds if kind != "numbers"
    }
    for text in texts:
        if "numbers" in kinds and {run.decode() for run in re.findall(rb"\d{11,}", text)} & people["numbers"]:
            found.add("numbers")
        found |= {kind for kind, pattern in words.items() if pattern.search(text)}
    return found


def test_the_river_asks_no_network_for_anything(office):
    assert office.calls() == ""
    probe = office.run("-c", "import socket; socket.create_connection(('192.0.2.1', 9), 1)")
    assert probe.returncode == 1, "the guard was asleep"
    assert "192.0.2.1" in office.calls(clear=True)


def test_personal_data_is_nowhere_but_in_raw_records_and_on_the_owners_list(office, people):
    assert len(people["numbers"]) > 5000
    assert min(len(people["names"]), len(people["addresses"])) > 100
    scanned = 0
    on_lists = set()
    for path in sorted(office.out.rglob("*")):
        parts = path.relative_to(office.out).parts
        if not path.is_file() or parts[0] in ("records", "truth"):
            continue
        scanned += 1
        found = found_in(cells_of(path), people, people)
        if parts[:2] == ("lists", "pendamping"):
            on_lists |= found
            found -= {"names", "addresses"}
        assert not found, f"{path.relative_to(office.out)} holds {found}"
    assert scanned > 60
    assert "names" in on_lists, "the scan would not see a name if there were one"
    raw = found_in(cells_of(office.places.records / "identitas.csv"), people, people)
    assert raw == set(people), "the scan is blind"


def test_what_the_run_said_names_nobody(office, people):
    assert "menulis" in office.said
    assert not found_in([office.said.encode()], people, people)


def test_a_family_that_objects_has_no_score_anywhere(office):
    families = stores.read_store(office.places.store, {"keluarga": ("kpm_id", "keberatan_profil")}).tables["keluarga"]
    as_of = pd.Timestamp("2026-12-31")
    known = families[families["known_day"] <= (as_of - pd.Timestamp(0)).days].sort_values(
        ["day", "known_day", "record_id"]
    )
    last = known.drop_duplicates("kpm_id", keep="last").set_index("kpm_id")["keberatan_profil"].fillna(False)
    objecting = set(last.index[last.astype(bool)])
    cohort = pd.read_parquet(office.places.features(as_of.date()) / "kohor" / "bucket=00.parquet")
    here = objecting & set(cohort.index.get_level_values("kpm_id"))
    assert here, "nobody of the office objects"
    scores = pd.read_parquet(office.places.scores(as_of.date()) / "bucket=00.parquet")
    assert not here & set(scores.index.get_level_values("kpm_id"))
    copy = pd.read_parquet(office.places.lists / "daftar" / "bucket=00.parquet").set_index("kpm_id").loc[sorted(here)]
    assert copy.filter(regex="^p_").isna().all().all()
    assert copy["urutan"].isna().all()


def test_classes_of_columns_stay_where_they_belong(office):
    """Class K is in no canonical table; raw class X (what a family's own rows say) is in no report, bundle or MLflow file."""
    kinds = {name: {column.name: column.cls for column in schema.columns} for name, schema in TABLES.items()}
    store = stores.open_store(office.places.store)
    for table, path in store.files("00").items():
        held = set(stores.columns_of(path))
        assert not {name for name, cls in kinds.get(table, {}).items() if cls == "K"} & held, table
    specific = {name for columns in kinds.values() for name, cls in columns.items() if cls == "X"}
    assert len(specific) > 80
    for folder in (office.places.report, office.places.models, office.places.mlflow):
        for path in folder.rglob("*.parquet"):
            assert not specific & set(stores.columns_of(path)), path
    assert not {path.suffix for path in (*office.places.models.rglob("*"), *office.places.mlflow.rglob("*"))} & {
        ".csv",
        ".pkl",
    }


@pytest.fixture
def changed(office, tmp_path) -> Places:
    """A copy of the office that may be changed; only the newest features come along."""
    out = tmp_path / "salinan"
    newest = "as_of=2026-12-31"
    shutil.copytree(office.out, out, ignore=lambda folder, names: [
        name for name in names if name in ("truth", "mlflow", "models") or (name.startswith("as_of=") and name != newest)
    ])  # fmt: skip
    return Places(out)


def some_family(places: Places) -> str:
    """A family with a place on a list and a line in quarantine or among the findings."""
    copy = pd.read_parquet(places.lists / "daftar" / "bucket=00.parquet")
    sealed = quarantining.read_sealed(places, stores.open_vault(places.vault).cipher)
    known = {f"k{number:015x}" for number in sealed["kpm"].dropna()}
    return str(copy.loc[copy["urutan"].notna() & copy["kpm_id"].isin(known), "kpm_id"].iloc[0])


def test_a_forgotten_family_is_nowhere_and_does_not_come_back(changed):
    family = some_family(changed)
    before = stores.read_vault(changed.vault, [family]).iloc[0]
    written = changed.out.parent / "keluarga.json"
    told = runner.invoke(app, ["export-subject", "-", "--out", str(changed.out), "--to", str(written), "--json"],
                         input=f"{before['kpm_asal']}\n")  # fmt: skip
    assert told.exit_code == 0, told.stderr
    assert before["nama_pengurus"] not in told.output
    sections = json.loads(written.read_text())["bagian"]
    assert {"identitas", "keluarga", "anggota", "karantina dan temuan"} <= set(sections)
    assert any(name.startswith("scores/") for name in sections)
    assert written.stat().st_mode & 0o777 == 0o600

    done = runner.invoke(app, ["forget", family, "--out", str(changed.out), "--json"])
    assert done.exit_code == 0, done.stderr
    figures = json.loads(done.stdout.splitlines()[-1])
    assert figures["vault_rows"] and figures["store_rows"] and figures["quarantine_lines"] and figures["list_files"]
    assert figures["parts"] and figures["traces"] == []
    words = [
        family,
        *(str(before[name]) for name in ("kpm_asal", "no_kk", "nik_pengurus") if isinstance(before[name], str)),
    ]
    for path in changed.out.rglob("*"):
        if path.is_file() and "records" not in path.parts:
            assert not any(word.encode() in text for text in cells_of(path) for word in words), path
    assert stores.read_vault(changed.vault, [family]).empty
    again = runner.invoke(app, ["export-subject", family, "--out", str(changed.out), "--to", str(written), "--json"])
    assert again.exit_code == 1
    assert "nothing is held" in again.stderr

    erased = stores.read_store(changed.store)
    read = ingesting.ingest(changed.records, changed, key=stores.demo_key(7))
    assert read["removed"]["forgotten"] == 1
    returned = stores.read_store(changed.store)
    for name, table in erased.tables.items():
        pd.testing.assert_frame_equal(table, returned.tables[name], check_names=True)
    assert stores.read_vault(changed.vault, [family]).empty
    assert (
        family
        not in quarantining.read_sealed(changed, stores.open_vault(changed.vault).cipher)["kpm"].dropna().tolist()
    )


def test_a_forgotten_family_is_known_by_its_other_ids_too(tmp_path):
    """The first export knows ids alone; a later one brings the cards, under which families get other pseudonyms."""
    places = Places(tmp_path / "o")
    raw = small(tmp_path / "ekspor")
    cards = (raw / "identitas.csv").read_text()
    (raw / "identitas.csv").unlink()
    ingesting.ingest(raw, places, key=KEY)
    _, family = subject_rights.find_family(places, "F2", KEY)
    subject_rights.forget(places, family, key=KEY)
    (raw / "identitas.csv").write_text(cards)
    assert ingesting.ingest(raw, places, key=KEY)["removed"]["forgotten"] == 1
    held = stores.read_vault(places.vault, key=KEY)
    assert set(held["kpm_asal"]) == {"F1", "F3"}
    assert family not in set(held["kpm_id"])
    assert len(stores.read_store(places.store).tables["keluarga"]) == 2


def test_the_key_of_the_folder_is_the_key_of_every_ingest(tmp_path):
    places, raw = Places(tmp_path / "o"), small(tmp_path / "ekspor")
    ingesting.ingest(raw, places, key=KEY)
    with pytest.raises(CipherError, match="another key"):
        ingesting.ingest(raw, places, key=KEY + b"!")
    (places.vault / stores.VAULT_MANIFEST).unlink()
    ingesting.ingest(raw, places, key=KEY)
    assert len(stores.read_vault(places.vault, key=KEY)) == 3


def test_families_whose_time_is_over_leave(tmp_path):
    """Family F3 was last heard of in 2016, the others in 2024."""
    raw = small(tmp_path / "ekspor")
    for name, retention, named, kept in (
        ("a", Retention(names_years=5), 2, 3), ("b", Retention(records_years=5), 2, 2),
        ("c", Retention(names_years=9, records_years=9), 3, 3),
    ):  # fmt: skip
        places = Places(tmp_path / name)
        ingesting.ingest(raw, places, key=KEY, settings=Settings(retention=retention))
        assert len(stores.read_vault(places.vault, key=KEY)) == named
        assert len(stores.read_store(places.store).tables["keluarga"]) == kept


def damaged(raw: Path, chance: random.Random) -> str:
    """Damage an export so that it can hardly be read, with its people still in it; returns what was done."""
    path = raw / f"{chance.choice(['identitas', 'keluarga', 'anggota', 'peristiwa_status'])}.csv"
    text = path.read_text()
    lines = text.splitlines()
    kind = chance.choice(["gone", "headless", "bytes", "book", "parquet", "column", "renamed", "folder", "mixed"])
    if kind == "gone":
        path.unlink()
    elif kind == "headless":
        path.write_text("\n".join(lines[1:]))
    elif kind == "bytes":
        path.write_bytes(b"\xff\xfe\x00" + text.encode()[: chance.randrange(40, len(text))])
    elif kind in ("book", "parquet"):
        path.with_suffix(".xlsx" if kind == "book" else ".parquet").write_bytes(b"PK\x03\x04" + text.encode())
        path.unlink()
    elif kind == "column":
        path.write_text(text.replace("kpm_id", chance.choice(lines[1:]).split(",")[3], 1).replace("tanggal", "x", 1))
    elif kind == "renamed":
        path.rename(raw / f"{chance.choice(lines[1:]).split(',')[0]}_{path.name}")
    elif kind == "folder":
        path.unlink()
        (path / "x").mkdir(parents=True)
    else:
        path.write_text("\n".join([lines[chance.randrange(1, len(lines))], *lines]) + '\n"' + lines[-1])
    return kind


def ruined(out: Path, chance: random.Random) -> str:
    """Ruin a file of a finished office: cut short, or with a person written into its rows (a manifest has none: other words)."""
    path = chance.choice(sorted(p for p in out.rglob("*") if p.is_file() and p.stat().st_size > 50))
    content = path.read_bytes()
    place = chance.randrange(len(content))
    words = b"rusak 12" if path.suffix == ".json" else b"Zubaidahx1 9901010101010001"
    path.write_bytes(content[:place] if chance.random() < 0.5 else content[:place] + words + content[place:])
    return path.name


def test_no_provoked_error_names_anybody(tmp_path):
    """Damaged exports, ruined stores and vaults, wrong keys, names in the wrong place: whatever is said, no person."""
    chance = random.Random(PROVOKED)
    key, wrong = tmp_path / "kunci", tmp_path / "lain"
    key.write_bytes(KEY)
    wrong.write_bytes(KEY + b"!")
    sound = small(tmp_path / "ekspor")
    whole = tmp_path / "utuh"
    assert runner.invoke(app, ["ingest", str(sound), "--out", str(whole), "--key-file", str(key)]).exit_code == 0
    book = tmp_path / "buku.xlsx"
    assert found_in([b"nobody is 9901010101010002, Zubaidahx1"], SMALL_PEOPLE, SMALL_PEOPLE) == {"numbers", "names"}
    failures, kinds, tries = 0, set(), 0
    while failures < PROVOKED:
        tries += 1
        assert tries < 20 * PROVOKED, "hardly anything fails"
        raw, out = tmp_path / f"r{tries}", tmp_path / f"o{tries}"
        turn = tries % 3
        if turn == 0:
            shutil.copytree(sound, raw)
            kinds.add(damaged(raw, chance))
            words = ["ingest", str(raw), "--out", str(out), "--key-file", str(key)]
        else:
            shutil.copytree(whole, out)
            what = [
                ["features", "--as-of", "2024-T4", "--only", "--out", str(out)],
                ["quarantine", "--out", str(out), "--xlsx", str(book), "--key-file", str(key if turn == 1 else wrong)],
                ["forget", "-", "--out", str(out), "--key-file", str(key)],
                ["export-subject", "-", "--out", str(out), "--to", str(tmp_path / "x.json"), "--key-file", str(key)],
                ["ingest", str(sound), "--out", str(out), "--key-file", str(wrong)],
                ["quarantine", "--out", str(out), "--return", str(sound / "identitas.csv"), "--key-file", str(key)],
            ]
            words = chance.choice(what)
            kinds.add(f"{words[0]} after {ruined(out, chance)}")
        done = runner.invoke(
            app, words, input=chance.choice(["99010101010199\n", "9901010101010001\n", "Zubaidahx1 Contohnya\n"])
        )
        assert done.exception is None or isinstance(done.exception, SystemExit), (words, type(done.exception))
        assert not found_in([done.output.encode()], SMALL_PEOPLE, SMALL_PEOPLE), (sorted(kinds)[-1], words[0])
        failures += done.exit_code in (1, 2, 3)
        for folder in (raw, out):
            shutil.rmtree(folder, ignore_errors=True)
    print(f"{failures} provoked errors of {len(kinds)} kinds in {tries} tries: 0 with personal data")
