"""What is sealed opens with its key, its name and every one of its bytes, or not at all."""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pkh_graduation.stores.cipher import Cipher, CipherError, cipher_for, demo_key, key_at_hand, subkey
from pkh_graduation.stores.sealed import open_rows, seal_frame, unseal_frame, write_rows

KEY = b"a key that is only for the tests"
CIPHER = Cipher.of(KEY)


@given(st.binary(max_size=200), st.text(max_size=20))
@settings(max_examples=50, deadline=None)
def test_opens_to_what_was_sealed_and_the_same_content_to_the_same_bytes(content, name):
    sealed = CIPHER.seal(content, name)
    assert CIPHER.open(sealed, name) == content
    assert sealed == Cipher.of(KEY).seal(content, name)
    assert len(content) < 8 or content not in sealed


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_a_changed_byte_a_cut_and_another_name_or_key_are_refused(data):
    sealed = CIPHER.seal(b"Bu Contoh, Jl. Umpama No. 1", "daftar")
    place = data.draw(st.integers(0, len(sealed) - 1))
    flipped = sealed[:place] + bytes([sealed[place] ^ data.draw(st.integers(1, 255))]) + sealed[place + 1 :]
    for content, name, cipher in (
        (flipped, "daftar", CIPHER),
        (sealed[:place], "daftar", CIPHER),
        (sealed + b"\0", "daftar", CIPHER),
        (sealed, "lain", CIPHER),
        (sealed, "daftar", Cipher.of(KEY + b"!")),
    ):
        with pytest.raises(CipherError) as caught:
            cipher.open(content, name)
        assert "Contoh" not in str(caught.value)


def test_keys_for_different_purposes_differ_and_none_is_the_offices():
    keys = {subkey(KEY, purpose) for purpose in ("seal", "nonce", "tombstone", "check")} | {KEY}
    assert len(keys) == 5
    assert not any(secret.hex()[:32] == CIPHER.check for secret in keys - {subkey(KEY, "check")})
    assert KEY.decode() not in repr(CIPHER)


def test_nonces_differ_with_content_and_with_name():
    nonces = {CIPHER.seal(content, name)[4:16] for content in (b"a", b"b") for name in ("x", "y")}
    assert len(nonces) == 4


def test_the_key_is_found_where_it_is_given_and_a_missing_one_says_how(tmp_path, monkeypatch):
    file = tmp_path / "kunci"
    file.write_bytes(KEY + b"\n")
    assert key_at_hand(KEY, {"PKH_KEY": "other"}) == KEY
    assert key_at_hand(None, {"PKH_KEY": "abc", "PKH_KEY_FILE": str(file)}) == b"abc"
    assert key_at_hand(None, {"PKH_KEY_FILE": str(file)}) == KEY
    assert key_at_hand(None, {}) is None
    with pytest.raises(CipherError, match="PKH_KEY_FILE"):
        key_at_hand(None, {"PKH_KEY_FILE": str(tmp_path / "nowhere")})
    for name in ("PKH_KEY", "PKH_KEY_FILE"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(CipherError, match="--key-file"):
        cipher_for(None)
    with pytest.raises(CipherError, match="at least 16"):
        Cipher.of(b"short")
    assert cipher_for(None, 7).check == Cipher.of(demo_key(7)).check


def test_each_seed_of_the_demo_has_a_key_of_its_own():
    assert demo_key(7) != demo_key(8)


CELLS = st.text(alphabet=st.characters(codec="utf-8"), max_size=6) | st.sampled_from(
    ["\x00", "\x1b", "\x1e\x1f", "\x1bA"]
)


@given(
    st.lists(st.tuples(st.integers(0, 5), st.none() | CELLS, st.none() | st.integers(-5, 9)), max_size=40),
    st.sets(st.integers(0, 6)),
)
@settings(max_examples=40, deadline=None)
def test_rows_come_back_exactly_and_only_those_asked_for(tmp_path_factory, rows, asked):
    rows = sorted(rows, key=lambda row: row[0])
    frame = pd.DataFrame(
        {
            "nama": pd.array([row[1] for row in rows], dtype="str"),
            "hari": pd.array([row[2] for row in rows], dtype="Int32"),
        }
    )
    keys = pd.Series([row[0] for row in rows], dtype="int64").to_numpy()
    path = write_rows(tmp_path_factory.mktemp("r") / "a", frame, keys, CIPHER, "a")
    table = open_rows(path, CIPHER, "a")
    pd.testing.assert_frame_equal(table.read(), frame)
    positions = table.positions(pd.Series(sorted(asked), dtype="int64").to_numpy())
    expected = frame[pd.Series(keys).isin(asked).to_numpy(dtype=bool)].reset_index(drop=True)
    pd.testing.assert_frame_equal(table.read(positions), expected)


def test_rows_out_of_order_are_not_written(tmp_path):
    frame = pd.DataFrame({"nama": ["a", "b"]})
    with pytest.raises(ValueError, match="order of their keys"):
        write_rows(tmp_path / "a", frame, pd.Series([2, 1]).to_numpy(), CIPHER, "a")


def test_every_flipped_byte_of_a_block_file_is_noticed(tmp_path):
    frame = pd.DataFrame({"nama": [f"Nama {n}" for n in range(20)]})
    path = write_rows(tmp_path / "a", frame, pd.RangeIndex(20).to_numpy(), CIPHER, "a")
    whole = path.read_bytes()
    assert b"Nama" not in whole
    for place in range(0, len(whole), 3):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        with pytest.raises(CipherError):
            open_rows(path, CIPHER, "a").read()
    for content in (whole[:-1], whole + b"x", whole[:10], b""):
        path.write_bytes(content)
        with pytest.raises(CipherError):
            open_rows(path, CIPHER, "a").read()


def test_blocks_cannot_change_places(tmp_path):
    frame = pd.DataFrame({"nama": ["sama panjang"] * 8 + ["lain panjang"] * 8})
    path = write_rows(tmp_path / "a", frame, pd.RangeIndex(16).to_numpy(), CIPHER, "a")
    table = open_rows(path, CIPHER, "a")
    first, second, end = table.starts.tolist()
    whole = path.read_bytes()
    assert second - first == end - second
    path.write_bytes(whole[:first] + whole[second:] + whole[first:second])
    with pytest.raises(CipherError):
        open_rows(path, CIPHER, "a").read()


def test_a_frame_in_one_piece(tmp_path):
    frame = pd.DataFrame(
        {"baris": [1, 2], "nilai": pd.array(["a", None], dtype="str"), "kpm": pd.array([1, None], "Int64")}
    )
    path = seal_frame(tmp_path / "a", frame, CIPHER, "a")
    pd.testing.assert_frame_equal(unseal_frame(path, CIPHER, "a"), frame)
    assert path.stat().st_mode & 0o777 == 0o600
