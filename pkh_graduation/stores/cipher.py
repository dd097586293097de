"""The cipher: what names a person is kept sealed (AES-256-GCM, NIST SP 800-38D) under the key that the office holds.

Users hold one key, that of the pseudonyms; the keys used here are derived from it (HKDF-SHA256, RFC 5869), one per purpose. The
nonce is an HMAC of name and content, so equal content gives equal bytes and no nonce serves two contents; the name of what is
sealed is authenticated with it, so that one sealed file cannot stand for another.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

MIN_KEY = 16
"""Shortest accepted key, in bytes; the same as for pseudonyms."""
MARK = b"PKH1"
_NONCE, _TAG = 12, 16
_HOW = "Use the key of the ingest: --key-file FILE, or the variables PKH_KEY or PKH_KEY_FILE."


class CipherError(ValueError):
    """Sealed content cannot be opened: no key, another key, or content that was changed or shortened."""


@dataclass(frozen=True)
class Cipher:
    """Seals and opens. Its keys stay in memory and are never shown.

    >>> cipher = Cipher.of(b"0123456789abcdef")
    >>> cipher.open(cipher.seal(b"Bu Contoh", "daftar"), "daftar")
    b'Bu Contoh'
    """

    _aes: Any = field(repr=False)
    _nonces: bytes = field(repr=False)
    _stones: bytes = field(repr=False)
    check: str
    """A value that tells one key from another and reveals neither."""

    @classmethod
    def of(cls, key: bytes) -> Cipher:
        """The cipher of the office's key.

        Raises:
            CipherError: the key is shorter than `MIN_KEY` bytes.
        """
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        if len(key) < MIN_KEY:
            raise CipherError(f"the key has {len(key)} bytes; it needs at least {MIN_KEY}. {_HOW}")
        return cls(
            AESGCM(subkey(key, "seal")), subkey(key, "nonce"), subkey(key, "tombstone"), subkey(key, "check").hex()[:32]
        )

    def seal(self, content: bytes, name: str) -> bytes:
        """Encrypt and authenticate; ``name`` must be given again to open."""
        bound = MARK + name.encode()
        nonce = hmac.digest(self._nonces, hashlib.sha256(bound).digest() + content, "sha256")[:_NONCE]
        return MARK + nonce + bytes(self._aes.encrypt(nonce, content, bound))

    def open(self, sealed: bytes, name: str) -> bytes:
        """Decrypt what `seal` made.

        Raises:
            CipherError: it is too short, no sealed content, changed, under another name or under another key.
        """
        from cryptography.exceptions import InvalidTag

        if len(sealed) < len(MARK) + _NONCE + _TAG or sealed[: len(MARK)] != MARK:
            raise CipherError(
                f"{name} is no sealed content, or was cut short: restore it, or ingest the exports again."
            )
        nonce, rest = sealed[len(MARK) : len(MARK) + _NONCE], sealed[len(MARK) + _NONCE :]
        try:
            return bytes(self._aes.decrypt(nonce, rest, MARK + name.encode()))
        except InvalidTag:
            raise CipherError(
                f"{name} cannot be opened: it was changed or shortened after it was written, or sealed with another key. {_HOW}"
            ) from None

    def stone(self, kind: str, text: str) -> str:
        """The tombstone of an id of some kind: 40 hex digits that only the holder of the key can tell."""
        return hmac.digest(self._stones, f"{kind}:{text}".encode(), "sha256").hex()[:40]

    def require(self, check: str, what: str) -> None:
        """Refuse when ``check`` belongs to another key.

        Raises:
            CipherError: says that the key is the wrong one.
        """
        if not hmac.compare_digest(check, self.check):
            raise CipherError(f"{what} was sealed with another key than the one given. {_HOW}")


def subkey(key: bytes, purpose: str) -> bytes:
    """A key of 32 bytes for one purpose; who has it cannot find the office's key or the subkey of another purpose."""
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    return bytes(HKDF(SHA256(), 32, None, f"pkh_graduation {purpose} v1".encode()).derive(key))


def key_at_hand(key: bytes | None = None, environment: Mapping[str, str] = os.environ) -> bytes | None:
    """The key given, else that of ``PKH_KEY``, else the content of the file that ``PKH_KEY_FILE`` names; None if there is none.

    Raises:
        CipherError: the file cannot be read.
    """
    if key is not None:
        return key
    if environment.get("PKH_KEY"):
        return environment["PKH_KEY"].encode()
    if not environment.get("PKH_KEY_FILE"):
        return None
    try:
        return Path(environment["PKH_KEY_FILE"]).read_bytes().strip()
    except OSError as error:
        raise CipherError(f"the file that PKH_KEY_FILE names cannot be read. {_HOW}") from error


def demo_key(seed: int) -> bytes:
    """Key of a demo. For made-up people only: it follows from the seed, so it protects nobody."""
    return hashlib.sha256(f"pkh_graduation demo key, made-up people only, seed {seed}".encode()).digest()


def cipher_for(key: bytes | None, demo_seed: int | None = None) -> Cipher:
    """The cipher of the key given, of a demo's seed, or of the key at hand.

    Raises:
        CipherError: there is none.
    """
    if key is None and demo_seed is not None:
        key = demo_key(demo_seed)
    found = key_at_hand(key)
    if found is None:
        raise CipherError(
            f"names are sealed, and no key was given. {_HOW} Lists can be written without names (--no-names)."
        )
    return Cipher.of(found)
