"""Tombstones: which families asked to be forgotten, kept so that nobody but the holder of the key can tell who they are.

A tombstone is an HMAC of an id of the family under a key of its own: it recognises the family when an export brings it back, and
says nothing to others. Known by pseudonym, by the office's own id and by No. KK, since a later export may hold another of them.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from pathlib import Path

import pandas as pd

from pkh_graduation.stores.cipher import Cipher, CipherError
from pkh_graduation.stores.files import write_json

FILE = "nisan.json"
_PSEUDONYM = "id"
_OUTSIDE = ("kpm_id", "no_kk")


def read_tombstones(vault: Path, cipher: Cipher) -> frozenset[str]:
    """The tombstones in a vault's folder; empty where there are none.

    Raises:
        CipherError: the file cannot be read or belongs to another key: going on would bring forgotten families back.
    """
    path = vault / FILE
    if not path.is_file():
        return frozenset()
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        check, stones = str(content["check"]), frozenset(map(str, content["nisan"]))
    except (ValueError, KeyError, TypeError) as error:
        raise CipherError(
            f"{path} cannot be read, and without it forgotten families would return: restore it from a copy."
        ) from error
    cipher.require(check, f"the list of forgotten families {path}")
    return stones


def add_tombstones(vault: Path, stones: Collection[str], cipher: Cipher) -> None:
    """Keep more tombstones beside those that are there."""
    together = sorted({*read_tombstones(vault, cipher), *stones})
    write_json(vault / FILE, {"check": cipher.check, "nisan": together}).chmod(0o600)


def stones_of(families: Collection[str], pairs: pd.DataFrame, cipher: Cipher) -> set[str]:
    """Tombstones of some families: of their pseudonyms (``kpm_id``) and of every outside id that ``pairs`` knows of them."""
    mine = pairs[pairs["id"].isin(list(families)) & pairs["jenis"].isin(_OUTSIDE)]
    outside = {cipher.stone(kind, text) for kind, text in zip(mine["jenis"], mine["asal"], strict=True)}
    return outside | {cipher.stone(_PSEUDONYM, family) for family in families}


def forgotten(families: pd.Series, pairs: pd.DataFrame, stones: Collection[str], cipher: Cipher) -> set[str]:
    """Pseudonyms among ``families`` (``kpm_id``) and in ``pairs`` that have a tombstone, under any of their ids."""
    if not stones:
        return set()
    stones = frozenset(stones)
    outside = pairs[pairs["jenis"].isin(_OUTSIDE)]
    named = {*families.dropna(), *outside["id"]}
    found = {family for family in named if cipher.stone(_PSEUDONYM, family) in stones}
    lines = zip(outside["jenis"], outside["asal"], outside["id"], strict=True)
    return found | {family for kind, text, family in lines if cipher.stone(kind, text) in stones}
