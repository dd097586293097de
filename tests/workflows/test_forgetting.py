"""A family is forgotten under all its numbers and no other family with it; damaged files stop nothing."""

import json
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from pkh_graduation import stores
from pkh_graduation.cli.app import app
from pkh_graduation.workflows import ingesting, quarantining, subject_export, subject_rights
from pkh_graduation.workflows.places import Places

KEY = b"a key that is only for the tests"
WHEN = {"tanggal_pemutakhiran": "2024-01-15", "tanggal_diketahui": "2024-02-14"}
runner = CliRunner()


def export(folder: Path, ids: str, links: list[dict[str, object]] = ()) -> Path:
    """Families named by a letter, each with one member, a name that occurs nowhere else, and a row for the quarantine."""
    folder.mkdir(parents=True, exist_ok=True)
    ids = list(ids)
    tables = {
        "identitas": [{"kpm_id": f"F-{i}", "no_kk": f"99010101010100{ord(i)}", "nama_pengurus": f"Zubaidahx {i}", **WHEN}
                      for i in ids],
        "keluarga": [{"kpm_id": f"F-{i}", "kode_wilayah": "9901010001", "pendamping_id": "P1", "luas_lantai": floor, **WHEN}
                     for i in ids for floor in ("30", "banyak")],
        "anggota": [{"anggota_id": f"F-{i}-1", "kpm_id": f"F-{i}", "nik": f"99010141019000{ord(i)}", "jenis_kelamin": 2,
                     "tanggal_lahir": "1990-01-01", "hubungan": 1, **WHEN} for i in ids],
        "peristiwa_status": [{"peristiwa_id": f"E-{i}", "kpm_id": f"F-{i}", "jenis": "masuk", "tahap_proses": "efektif",
                              "tanggal_peristiwa": "2015-07-01", "tanggal_diketahui": "2015-07-20"} for i in ids],
        "tautan_kpm": list(links),
    }  # fmt: skip
    for name, rows in tables.items():
        if rows:
            pd.DataFrame(rows).to_csv(folder / f"{name}.csv", index=False)
    return folder


def link(old: str, new: str, kind: str = "ganti_nomor", known: str = "2023-02-10", **more: object) -> dict[str, object]:
    own = {"kpm_lama": f"F-{old}", "kpm_baru": f"F-{new}", "jenis": kind, "berlaku_sejak": "2023-02-01"}
    return {**own, "tanggal_diketahui": known, **more}


def held(places: Places) -> str:
    """Letters of the families whose names the vault holds."""
    return "".join(sorted(name[-1] for name in stores.read_vault(places.vault, key=KEY)["nama_pengurus"]))


def family_of(places: Places, letter: str) -> str:
    return subject_rights.find_family(places, f"F-{letter}", KEY)[1]


LINKS: dict[str, tuple[list[dict[str, object]], str, int]] = {  # links, families left beside A, ids told
    "renumbered twice": ([link("A", "B"), link("B", "C", "ganti_kepala")], "D", 0),
    "void": ([link("A", "B", batal="Tidak"), link("A", "B", known="2023-03-10", batal="Ya")], "BCD", 1),
    "ended": ([link("A", "B", berlaku_sampai="2023-06-30", tanggal_diketahui_selesai="2023-07-10")], "BCD", 1),
    "ends later": ([link("A", "B", berlaku_sampai="2099-12-31")], "CD", 0),
    "split and joined": ([link("A", "B", "pecah_kk"), link("A", "C", "gabung")], "BCD", 2),
    "through a split": ([link("A", "B", "pecah_kk"), link("B", "C")], "BCD", 1),
}


@pytest.mark.parametrize(("links", "left", "told"), LINKS.values(), ids=LINKS)
def test_only_a_link_in_force_between_numbers_of_one_household_is_followed(tmp_path, links, left, told):
    places = Places(tmp_path / "o")
    ingesting.ingest(export(tmp_path / "e", "ABCD", links), places, key=KEY)
    family, others = family_of(places, "A"), {family_of(places, letter) for letter in left}

    file = tmp_path / "subj.json"
    figures = subject_export.export_subject(places, family, file, key=KEY)
    assert not [other for other in others if other in file.read_text()]
    assert figures["families"] == sorted({family_of(places, letter) for letter in set("ABCD") - set(left)})
    assert len(figures["linked"]) == told

    figures = subject_rights.forget(places, family, key=KEY)
    assert held(places) == left
    assert (len(figures["linked"]), bool(figures["next"])) == (told, bool(told))
    assert set(figures["linked"]) <= others
    assert set(stores.read_store(places.store).tables["keluarga"]["kpm_id"]) == others


@pytest.mark.parametrize("still", ["A", ""], ids=["in the export still", "named by the link alone"])
@pytest.mark.parametrize(("links", "left", "told"), LINKS.values(), ids=LINKS)
def test_a_forgotten_family_does_not_return_under_a_new_number(tmp_path, links, left, told, still):
    places = Places(tmp_path / "o")
    ingesting.ingest(export(tmp_path / "first", "AD"), places, key=KEY)
    subject_rights.forget(places, family_of(places, "A"), key=KEY)

    removed = ingesting.ingest(export(tmp_path / "second", still + "BCD", links), places, key=KEY)["removed"]
    assert held(places) == left
    assert removed["forgotten_by_link"] == 3 - len(left)
    assert set(stores.read_store(places.store).tables["keluarga"]["kpm_id"]) == {family_of(places, one) for one in left}

    again = ingesting.ingest(export(tmp_path / "third", "BCD"), places, key=KEY)["removed"]
    assert held(places) == left, "the tombstone needs no link"
    assert (again["forgotten"], again["forgotten_by_link"]) == (3 - len(left), 0)


def test_damaged_files_stop_nothing_and_are_named(tmp_path):
    places, key = Places(tmp_path / "o"), tmp_path / "kunci"
    key.write_bytes(KEY)
    ingesting.ingest(export(tmp_path / "e", "AB"), places, key=KEY)
    family = family_of(places, "A")
    (places.out / "features").mkdir()
    (places.out / "features" / "x.parquet").write_bytes(b"PAR1 cut short")
    (places.lists / "daftar").mkdir(parents=True)
    (places.lists / "daftar" / "bucket=00.parquet").write_text("no table")
    (places.lists / "broken.zip").write_bytes(b"PK\x05\x06")
    member = next(places.store.glob("bucket=*/anggota.parquet"))
    member.write_bytes(member.read_bytes()[:-20])
    write = ["forget", family, "--out", str(places.out), "--key-file", str(key), "--json"]

    done = runner.invoke(app, write)

    assert done.exit_code == 1
    figures = json.loads(done.stdout.splitlines()[-1])
    named = {Path(path).relative_to(places.out).as_posix() for path in figures["traces"]}
    assert {"features/x.parquet", "lists/daftar/bucket=00.parquet", member.relative_to(places.out).as_posix()} <= named
    assert "by hand" in figures["next"]
    assert figures["vault_rows"] == 1
    assert held(places) == "B"
    homes = pd.concat(pd.read_parquet(path) for path in places.store.glob("bucket=*/keluarga.parquet"))
    assert family not in set(homes["kpm_id"])


def test_a_quarantine_without_its_originals_is_told(tmp_path):
    places = Places(tmp_path / "o")
    ingesting.ingest(export(tmp_path / "e", "AB"), places, key=KEY)
    folder = quarantining.folder_of(places)
    assert len(quarantining.read_sealed(places, stores.Cipher.of(KEY))), "nothing was set aside"
    (folder / quarantining.SEALED).unlink()

    figures = subject_rights.forget(places, family_of(places, "A"), key=KEY)

    assert figures["quarantine_lines"] == 0
    assert set(figures["traces"]) == {str(folder / quarantining.PLAIN), str(folder / quarantining.FOUND)}
    assert "asli.tersegel is missing" in figures["next"]


def test_a_subject_export_among_the_outputs_is_named_and_left_closed(tmp_path):
    places = Places(tmp_path / "o")
    ingesting.ingest(export(tmp_path / "e", "AB"), places, key=KEY)
    family, file = family_of(places, "A"), places.out / "subj.json"
    subject_export.export_subject(places, family, file, key=KEY)
    assert subject_rights.forget(places, family, key=KEY)["traces"] == [str(file)]
    assert file.stat().st_mode & 0o777 == 0o600
