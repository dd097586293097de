"""Keyed pseudonyms: HMAC-SHA256 (RFC 2104) of an identifier under the office's key, cut to 60 bits.

Whoever lacks the key can neither compute nor reverse them; whoever has it gets the same pseudonym at every ingest. A text form
(one letter and 15 hex digits) is for people and files, the integer of the same hex digits for joins.
"""

from __future__ import annotations

import hmac
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from pkh_graduation.records.errors import RecordsError

MIN_KEY = 16
"""Shortest accepted key, in bytes."""

_HOW = (
    'Make one with `python -c "import secrets; print(secrets.token_hex(32))"`, keep it apart from the records, and set it in '
    "PKH_KEY, or in a file named by PKH_KEY_FILE. The same key must be used at every ingest."
)


def find_key(key: bytes | None = None, environment: Mapping[str, str] = os.environ) -> bytes:
    """The key given, else that of ``PKH_KEY``, else the content of the file named by ``PKH_KEY_FILE``.

    Raises:
        RecordsError: there is none, its file cannot be read, or it is shorter than `MIN_KEY` bytes.
    """
    if key is None and environment.get("PKH_KEY"):
        key = environment["PKH_KEY"].encode()
    if key is None and environment.get("PKH_KEY_FILE"):
        key = _key_of_file(Path(environment["PKH_KEY_FILE"]))
    if key is None:
        raise RecordsError(f"No key for the pseudonyms was given. {_HOW}")
    if len(key) < MIN_KEY:
        raise RecordsError(f"The key for the pseudonyms has {len(key)} bytes; it needs at least {MIN_KEY}. {_HOW}")
    return key


def _key_of_file(path: Path) -> bytes:
    try:
        return path.read_bytes().strip()
    except OSError as error:
        raise RecordsError(f"The file that PKH_KEY_FILE names cannot be read. {_HOW}") from error


def digests(tokens: Sequence[str], key: bytes) -> np.ndarray:
    """First 60 bits of the HMAC of each token, as int64; shape (n,).

    >>> digests(["kk:9901010101010001"], b"0123456789abcdef").tolist()
    [1078805349286448929]
    """
    joined = b"".join([hmac.digest(key, token.encode(), "sha256")[:8] for token in tokens])
    return (np.frombuffer(joined, dtype=">u8") >> np.uint64(4)).astype(np.int64)


def names(numbers: np.ndarray, prefix: str) -> pd.Index:
    """Text form of pseudonyms: a letter and the 15 hex digits of each number.

    >>> list(names(np.array([255]), "k"))
    ['k0000000000000ff']
    """
    letters = np.frombuffer(numbers.astype(">u8").tobytes().hex().encode(), dtype=np.uint8).reshape(-1, 16).copy()
    letters[:, 0] = ord(prefix)
    offsets = pa.array(np.arange(len(numbers) + 1, dtype=np.int64) * 16)
    texts = pa.LargeStringArray.from_buffers(len(numbers), offsets.buffers()[1], pa.py_buffer(letters.tobytes()))
    return pd.Index(pd.array(texts, dtype="str"))
