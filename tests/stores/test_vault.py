"""The vault opens for its key only, shows only whom one asks for, and reads only what it must."""

import json

import numpy as np
import pandas as pd
import pytest

from pkh_graduation.stores import CipherError, demo_key, open_vault, read_names, read_vault, write_vault
from pkh_graduation.stores.buckets import Buckets

KEY = b"a key that is only for the tests"
FAMILIES = [f"k{number:015x}" for number in (1, 2, 3, 40, 50)]
BUCKETS = Buckets(np.array([1, 2, 3, 40], dtype=np.int64), np.array([0, 1, 1, 0]), (("9901",), ("9902",)))


def identities() -> pd.DataFrame:
    """Five families, the second with two versions, in the order in which they became known."""
    return pd.DataFrame(
        {
            "kpm_id": [FAMILIES[4], FAMILIES[1], FAMILIES[0], FAMILIES[1], FAMILIES[3], FAMILIES[2]],
            "nama_pengurus": ["E", "B lama", "A", "B baru", None, "C"],
            "tanggal_diketahui": pd.array([5, 1, 1, 2, None, 3], dtype="Int32"),
        }
    )


def pairs() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "jenis": ["pendamping_id", "kelompok_id", "no_kk", "kpm_id"],
            "asal": ["Petugas 1", "Kelompok Melati", "9901010101010001", "F2"],
            "id": ["d0", "c0", FAMILIES[0], FAMILIES[1]],
        }
    )


@pytest.fixture
def vault(tmp_path):
    return write_vault(identities(), pairs(), tmp_path / "vault", key=KEY, buckets=BUCKETS)


def test_round_trip_by_family_and_by_bucket(vault):
    whole = read_vault(vault, key=KEY)
    assert sorted(whole["kpm_id"]) == sorted(identities()["kpm_id"])
    two = read_vault(vault, [FAMILIES[1], FAMILIES[0]], key=KEY)
    assert two["nama_pengurus"].tolist() == ["A", "B lama", "B baru"]
    assert two.dtypes.equals(identities().dtypes)
    assert read_vault(vault, [FAMILIES[1]], key=KEY, buckets=["00"]).empty
    assert read_vault(vault, ["k00000000000000f"], key=KEY).columns.tolist() == whole.columns.tolist()
    assert read_vault(vault, [FAMILIES[4]], key=KEY)["nama_pengurus"].tolist() == ["E"], (
        "without records, yet in the vault"
    )
    assert read_names(vault, key=KEY) == {"d0": "Petugas 1", "c0": "Kelompok Melati"}
    assert open_vault(vault, KEY).pairs("01")["asal"].tolist() == ["F2"]


def test_the_key_at_hand_opens(vault, monkeypatch):
    monkeypatch.setenv("PKH_KEY", KEY.decode())
    assert len(read_vault(vault)) == 6


def test_it_is_its_owners_only_and_holds_nothing_in_plain_text(vault):
    assert vault.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in vault.iterdir()} == {0o600}
    content = b"".join(path.read_bytes() for path in vault.iterdir())
    for word in (b"B baru", b"Petugas 1", b"9901010101010001", FAMILIES[0].encode(), KEY):
        assert word not in content


def test_another_key_is_told_from_a_changed_file(vault):
    with pytest.raises(CipherError, match="another key than the one given"):
        read_vault(vault, key=KEY + b"!")
    path = vault / "bucket=00.identitas"
    whole = path.read_bytes()
    path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    with pytest.raises(CipherError, match="changed or shortened"):
        read_vault(vault, key=KEY)
    path.write_bytes(whole[:-1])
    with pytest.raises(CipherError, match="cut short"):
        read_vault(vault, key=KEY)


def test_a_bucket_cannot_stand_for_another(vault):
    (vault / "bucket=00.identitas").write_bytes((vault / "bucket=01.identitas").read_bytes())
    with pytest.raises(CipherError):
        read_vault(vault, key=KEY)


def test_only_the_buckets_that_are_needed_are_read(vault):
    (vault / "bucket=01.identitas").write_bytes(b"ruined")
    assert read_vault(vault, [FAMILIES[0], FAMILIES[3]], key=KEY)["kpm_id"].tolist() == [FAMILIES[0], FAMILIES[3]]
    assert len(read_vault(vault, [FAMILIES[0], FAMILIES[1]], key=KEY, buckets=["00"])) == 1
    with pytest.raises(CipherError):
        read_vault(vault, [FAMILIES[1]], key=KEY)


def test_a_demo_opens_without_a_key_and_with_it(tmp_path):
    folder = write_vault(identities(), pairs(), tmp_path, key=demo_key(7), demo_seed=7)
    assert len(read_vault(folder)) == len(read_vault(folder, key=demo_key(7))) == 6
    with pytest.raises(CipherError):
        read_vault(folder, key=KEY)


def test_a_vault_of_another_layout_is_refused_and_goes_when_written_anew(tmp_path):
    identities().to_parquet(tmp_path / "identitas.parquet")
    with pytest.raises(FileNotFoundError, match="not sealed"):
        read_vault(tmp_path, key=KEY)
    write_vault(identities(), pairs(), tmp_path, key=KEY, buckets=BUCKETS)
    write_vault(identities(), pairs(), tmp_path, key=KEY)
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {"manifest.json", "bersama.pasangan", "bucket=00.identitas", "bucket=00.pasangan"}
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    (tmp_path / "manifest.json").write_text(json.dumps({**manifest, "schema": 99}))
    with pytest.raises(CipherError, match="99"):
        read_vault(tmp_path, key=KEY)
    (tmp_path / "manifest.json").write_text("{")
    with pytest.raises(CipherError, match="cannot be read"):
        read_vault(tmp_path, key=KEY)


def test_no_vault_no_names(tmp_path):
    assert read_names(tmp_path) == {}
    with pytest.raises(FileNotFoundError, match="holds no vault"):
        read_vault(tmp_path)


def test_the_order_of_the_rows_changes_no_byte(vault, tmp_path):
    mixed = identities().iloc[[2, 0, 1, 5, 3, 4]]
    other = write_vault(mixed, pairs().iloc[::-1], tmp_path / "lain", key=KEY, buckets=BUCKETS)
    for path in vault.iterdir():
        assert path.read_bytes() == (other / path.name).read_bytes(), path.name
