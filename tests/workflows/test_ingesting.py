"""Families keep their pseudonyms from one ingest to the next, as far as the vault can be read."""

from pathlib import Path

import pandas as pd

from pkh_graduation import stores
from pkh_graduation.stores import demo_key
from pkh_graduation.workflows import ingesting, subject_rights
from pkh_graduation.workflows.places import Places

KEY = b"a key that is only for the tests"
WHEN = {"tanggal_pemutakhiran": "2024-01-15", "tanggal_diketahui": "2024-02-14"}


def export(folder: Path, card: str, **marks: str) -> Path:
    """Two families; the No. KK of the first is as given."""
    folder.mkdir(parents=True, exist_ok=True)
    cards = {"F1": card, "F2": "9901010101010002"}
    tables = {
        "identitas": [{"kpm_id": f, "no_kk": kk, "nama_pengurus": "Ibu Contoh", **WHEN} for f, kk in cards.items()],
        "keluarga": [{"kpm_id": f, "kode_wilayah": "9901010001", "pendamping_id": "P1", **WHEN} for f in cards],
        "anggota": [{"anggota_id": f"{f}-1", "kpm_id": f, "jenis_kelamin": 2, "tanggal_lahir": "1990-01-01", "hubungan": 1, **WHEN}
                    for f in cards],
        "peristiwa_status": [{"peristiwa_id": f"E{f}", "kpm_id": f, "jenis": "masuk", "tahap_proses": "efektif",
                              "tanggal_peristiwa": "2015-07-01", "tanggal_diketahui": "2015-07-20"} for f in cards],
    }  # fmt: skip
    for name, rows in tables.items():
        pd.DataFrame(rows).to_csv(folder / f"{name}.csv", index=False)
    if marks:
        text = "".join(f"{name} = {value}\n" for name, value in marks.items())
        (folder / "sintetis.toml").write_text(text, encoding="utf-8")
    return folder


BROKEN, WHOLE = "9,90102E+15", "9901010101010001"


def family(places: Places, key: bytes = KEY, said: str = "F1") -> str:
    return subject_rights.find_family(places, said, key)[1]


def test_a_mended_number_leaves_the_pseudonym_that_lists_carry(tmp_path):
    places = Places(tmp_path / "o")
    ingesting.ingest(export(tmp_path / "e", BROKEN), places, key=KEY)
    before = family(places)
    ingesting.ingest(export(tmp_path / "e", WHOLE), places, key=KEY)
    assert family(places) == before == family(places, said=WHOLE)
    assert before in set(stores.read_store(places.store).tables["keluarga"]["kpm_id"])

    fresh = Places(tmp_path / "fresh")
    ingesting.ingest(export(tmp_path / "e", WHOLE), fresh, key=KEY)
    assert family(fresh) != before


def test_an_ingest_that_broke_off_renames_nobody(tmp_path):
    places = Places(tmp_path / "o")
    ingesting.ingest(export(tmp_path / "e", BROKEN), places, key=KEY)
    before = family(places)
    (places.vault / stores.VAULT_MANIFEST).unlink()
    done = ingesting.ingest(export(tmp_path / "e", WHOLE), places, key=KEY)
    assert family(places) == before
    assert not [told for told in done["notices"] if "id lama" in told]


def test_pairs_that_cannot_be_read_are_told(tmp_path):
    places = Places(tmp_path / "o")
    ingesting.ingest(export(tmp_path / "e", BROKEN), places, key=KEY)
    before, (pairs,) = family(places), places.vault.glob("bucket=*.pasangan")
    pairs.write_bytes(pairs.read_bytes()[:-1])
    done = ingesting.ingest(export(tmp_path / "e", WHOLE), places, key=KEY)
    assert [told for told in done["notices"] if pairs.name in told and "id baru" in told]
    assert family(places) != before


def test_a_forgotten_family_leaves_no_name_to_keep(tmp_path):
    places = Places(tmp_path / "o")
    ingesting.ingest(export(tmp_path / "e", BROKEN), places, key=KEY)
    before = family(places)
    subject_rights.forget(places, before, key=KEY)
    assert before not in set(stores.earlier_pairs(places.vault, KEY)[0]["id"])
    removed = ingesting.ingest(export(tmp_path / "e", WHOLE), places, key=KEY)["removed"]
    assert removed["forgotten"] == 1
    assert len(stores.read_vault(places.vault, key=KEY)) == 1


def test_a_demo_that_follows_another_takes_no_name_from_it(tmp_path):
    places = Places(tmp_path / "o")
    ingesting.ingest(export(tmp_path / "e", BROKEN, seed="1"), places, key=demo_key(1))
    before = family(places, demo_key(1))
    done = ingesting.ingest(export(tmp_path / "e", WHOLE, seed="2"), places, key=demo_key(2))
    assert family(places, demo_key(2)) != before
    assert not [told for told in done["notices"] if "id lama" in told]
