"""Packing: members into one archive (zip), where most are the same in every book and are deflated once for all.

The bytes are those that `zipfile` writes of the same members: dated 1980-01-01 as XlsxWriter dates them, readable by the owner.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable
from typing import NamedTuple

_LOCAL, _CENTRAL, _END = struct.Struct("<4s5H3L2H"), struct.Struct("<4s6H3L5H2L"), struct.Struct("<4s4H2LH")
_VERSION, _UNIX, _DEFLATED = 20, 3 << 8, 8
_NEW_YEAR_1980 = (1 << 5) | 1
_OWNER = 0o600 << 16
LEVEL = 5
"""Of zlib. Its own, 6, takes longer and gains next to nothing."""


class Packed(NamedTuple):
    """One member, deflated: its name (ASCII), its size and CRC-32 before, and what stands in the archive."""

    name: bytes
    size: int
    check: int
    content: bytes


def packed(name: str, content: bytes) -> Packed:
    """Deflate one member."""
    press = zlib.compressobj(LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    return Packed(name.encode("ascii"), len(content), zlib.crc32(content), press.compress(content) + press.flush())


def archive(members: Iterable[Packed]) -> bytes:
    """The members as one file, in their order."""
    pieces: list[bytes] = []
    listing: list[bytes] = []
    place = 0
    for name, size, check, content in members:
        about = (0, _DEFLATED, 0, _NEW_YEAR_1980, check, len(content), size, len(name), 0)
        listing.append(_CENTRAL.pack(b"PK\x01\x02", _VERSION | _UNIX, _VERSION, *about, 0, 0, 0, _OWNER, place) + name)
        pieces += (_LOCAL.pack(b"PK\x03\x04", _VERSION, *about) + name, content)
        place += _LOCAL.size + len(name) + len(content)
    table = b"".join(listing)
    end = _END.pack(b"PK\x05\x06", 0, 0, len(listing), len(listing), len(table), place, 0)
    return b"".join([*pieces, table, end])
