"""A key tells who wrote a bundle: whoever lacks it can change files and hashes, but not the signature."""

import json
import shutil
from pathlib import Path

import pytest
from fitted_models import fitted

from pkh_graduation import stores
from pkh_graduation.stores import bundles, signing

KEY, OTHER = b"0123456789abcdef" * 2, b"fedcba9876543210" * 2


@pytest.fixture(autouse=True)
def no_key(monkeypatch):
    monkeypatch.delenv(signing.KEY_FILE, raising=False)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tertanda")
    signed = stores.save_bundle(fitted(), folder / "ya", {"sintetis": True}, key=KEY)
    return signed, stores.save_bundle(fitted(), folder / "tidak", {"sintetis": True})


@pytest.fixture
def signed(made, tmp_path):
    return Path(shutil.copytree(made[0], tmp_path / "ya"))


def load(folder, key=None):
    return stores.load_bundle(folder, sintetis=True, key=key)


def test_with_the_key_it_loads_and_without_any_it_loads_unchecked(signed):
    assert load(signed, KEY).card["sintetis"] is True
    assert stores.read_sealed(signed, key=KEY).signature == "checked"
    assert stores.read_sealed(signed).signature == "unchecked"


def test_another_key_and_no_signature_are_refused(signed, made):
    with pytest.raises(stores.BundleError, match="is signed with key"):
        load(signed, OTHER)
    with pytest.raises(stores.BundleError, match="not signed, and a key is set"):
        load(made[1], KEY)
    assert load(made[1]).card["sintetis"] is True


def test_a_forged_manifest_is_refused_when_a_key_is_set(signed):
    card = json.loads((signed / "card.json").read_text())
    (signed / "card.json").write_bytes(bundles._spell({**card, "sintetis": False}))
    files = {name: (signed / name).read_bytes() for name in ("model.skops", "card.json")}
    (signed / "manifest.json").write_bytes(signing.write_manifest(files))
    assert load(signed).card["sintetis"] is False  # hashes alone cannot tell
    with pytest.raises(stores.BundleError, match="does not fit its signature"):
        load(signed, KEY)
    (signed / "signature.json").write_bytes(signing.sign((signed / "manifest.json").read_bytes(), OTHER))
    with pytest.raises(stores.BundleError, match="is signed with key"):
        load(signed, KEY)
    signature = json.loads((signed / "signature.json").read_text())
    renamed = {name: signature[name] for name in ("algorithm", "value")} | {"key": signing.key_name(KEY)}
    (signed / "signature.json").write_bytes(signing._spell({**renamed, "sha256": signing._sum(renamed)}))
    with pytest.raises(stores.BundleError, match="does not fit its signature"):
        load(signed, KEY)
    (signed / "signature.json").unlink()
    with pytest.raises(stores.BundleError, match="not signed"):
        load(signed, KEY)


@pytest.mark.parametrize(
    "content", [b"", b"{}\n", b"[]", b'{"algorithm": "none", "key": "", "value": ""}', b"\xff", b'{\n "algorithm": 1}']
)
def test_a_signature_that_is_none_is_refused_even_without_a_key(signed, content):
    (signed / "signature.json").write_bytes(content)
    with pytest.raises(stores.BundleError, match="signature"):
        load(signed)


def test_every_other_byte_of_manifest_and_signature_is_refused(signed):
    """One spelling each: even a blank that changes no value is a change."""
    for name in ("manifest.json", "signature.json"):
        content = (signed / name).read_bytes()
        for place in range(len(content)):
            changed = bytearray(content)
            changed[place] ^= 0x2A if changed[place] == 0x20 else 0x01
            (signed / name).write_bytes(bytes(changed))
            with pytest.raises(stores.BundleError):
                stores.read_sealed(signed)
        (signed / name).write_bytes(content)
    assert stores.read_sealed(signed, key=KEY).signature == "checked"


def test_the_key_comes_from_the_named_file(tmp_path, monkeypatch, signed):
    path = tmp_path / "kunci"
    path.write_bytes(KEY + b"\n")
    monkeypatch.setenv(signing.KEY_FILE, str(path))
    assert signing.read_key() == KEY
    assert stores.read_sealed(signed).signature == "checked"
    saved = stores.save_bundle(fitted(), tmp_path / "baru", {"sintetis": True})
    assert stores.read_sealed(saved).signature == "checked"
    path.write_bytes(b"pendek")
    with pytest.raises(stores.BundleError, match="at least 32"):
        load(signed)
    monkeypatch.setenv(signing.KEY_FILE, str(tmp_path / "tidak-ada"))
    with pytest.raises(stores.BundleError, match="cannot be read"):
        load(signed)


def test_neither_key_nor_its_hash_is_in_the_bundle(signed):
    import hashlib

    content = b"".join(path.read_bytes() for path in signed.iterdir())
    assert KEY not in content and KEY.hex().encode() not in content
    assert hashlib.sha256(KEY).hexdigest()[:16].encode() not in content
    assert signing.key_name(KEY) != signing.key_name(OTHER)
