"""Manifest and signature of a bundle: SHA-256 of every file, and an HMAC over all of them with a key the user holds.

Hashes tell damage from soundness; they do not tell who wrote them. Whoever may change a file may change its hash as well.
So an office that sets a key (``PKH_BUNDLE_KEY_FILE``, a file of at least 32 bytes that is never kept beside the bundles)
signs what it trains, and then loads nothing that is unsigned or signed by another key. HMAC-SHA256 (RFC 2104): the key that
signs is the key that checks, so it stays inside the office. Both files have one single spelling: any other byte is refused.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

KEY_FILE = "PKH_BUNDLE_KEY_FILE"
"""Environment variable: file with the key of the bundles."""
LEAST = 32
"""Bytes of a key at least."""
ALGORITHM = "HMAC-SHA256"
_PURPOSE = b"pkh_graduation bundle manifest v1\n"
_NAMING = b"pkh_graduation bundle key name v1\n"


class SignatureError(ValueError):
    """A manifest or signature is damaged, missing or of another key; the message says which, without naming the bundle."""


def read_key(path: Path | None = None) -> bytes | None:
    """The key in ``path``, else in the file that ``PKH_BUNDLE_KEY_FILE`` names; None when neither is given.

    Raises:
        SignatureError: the file cannot be read, or holds fewer than 32 bytes.
    """
    if path is None:
        named = os.environ.get(KEY_FILE)
        if not named:
            return None
        path = Path(named)
    try:
        key = path.read_bytes().strip()
    except OSError as error:
        raise SignatureError(
            f"the key of the bundles, {path}, cannot be read ({type(error).__name__}): mend the path in {KEY_FILE} or in the call."
        ) from error
    if len(key) < LEAST:
        raise SignatureError(
            f"the key of the bundles, {path}, holds {len(key)} bytes, at least {LEAST} are needed: "
            "make one with `openssl rand -hex 32`."
        )
    return key


def write_manifest(files: Mapping[str, bytes]) -> bytes:
    """Manifest of files: name -> SHA-256, in its single spelling.

    >>> write_manifest({"a": b""}).decode().split('"')[3][:8]
    'e3b0c442'
    """
    return _spell({name: hashlib.sha256(content).hexdigest() for name, content in files.items()})


def read_manifest(raw: bytes) -> dict[str, str]:
    """Names and hashes of a manifest.

    Raises:
        SignatureError: it is not spelled as `write_manifest` spells it.
    """
    found = _unspell(raw, "the manifest")
    if not all(isinstance(value, str) for value in found.values()):
        raise SignatureError("the manifest names no hashes: it was not written by this program.")
    return {str(name): str(value) for name, value in found.items()}


def sign(manifest: bytes, key: bytes) -> bytes:
    """Signature of a manifest, in its single spelling."""
    own = {"algorithm": ALGORITHM, "key": key_name(key), "value": _mac(manifest, key)}
    return _spell({**own, "sha256": _sum(own)})


def check_signature(manifest: bytes, signature: bytes | None, key: bytes | None) -> str:
    """Check a manifest's signature; returns ``unsigned``, ``unchecked`` (signed, but no key is set) or ``checked``.

    Raises:
        SignatureError: a key is set and the manifest is unsigned, signed by another key, or does not fit its signature;
            or the signature is no signature at all.
    """
    if signature is None:
        if key is None:
            return "unsigned"
        raise SignatureError(
            "it is not signed, and a key is set: sign it where it was made, or train again with the key."
        )
    found = _unspell(signature, "the signature")
    if set(found) != {"algorithm", "key", "value", "sha256"} or found["algorithm"] != ALGORITHM:
        raise SignatureError(f"its signature is not of the kind {ALGORITHM}.")
    if found.pop("sha256") != _sum(found):
        raise SignatureError("its signature was changed after it was written.")
    if key is None:
        return "unchecked"
    if found["key"] != key_name(key):
        raise SignatureError(f"it is signed with key {found['key']!s:.16}, the key that is set is {key_name(key)}.")
    if not hmac.compare_digest(str(found["value"]), _mac(manifest, key)):
        raise SignatureError("its manifest does not fit its signature: somebody changed it after it was signed.")
    return "checked"


def key_name(key: bytes) -> str:
    """Short name of a key that tells keys apart and gives nothing of the key away."""
    return hmac.new(key, _NAMING, hashlib.sha256).hexdigest()[:16]


def _sum(own: Mapping[str, Any]) -> str:
    """Hash that tells a damaged signature from a sound one where no key is set."""
    return hashlib.sha256(_spell(own)).hexdigest()


def _mac(manifest: bytes, key: bytes) -> str:
    return hmac.new(key, _PURPOSE + manifest, hashlib.sha256).hexdigest()


def _spell(content: Mapping[str, Any]) -> bytes:
    return (json.dumps(content, indent=2, sort_keys=True, ensure_ascii=False) + "\n").encode()


def _unspell(raw: bytes, what: str) -> dict[str, Any]:
    try:
        content = json.loads(raw)
    except ValueError as error:
        raise SignatureError(f"{what} cannot be read: copy the bundle again from where it was made.") from error
    if not isinstance(content, dict) or _spell(content) != raw:
        raise SignatureError(f"{what} was changed after it was written: copy the bundle again from where it was made.")
    return content
