"""Headers: the form in which they are compared, and the form in which they may be shown.

A file without a header line has a person in its first line. So the name of a column that is none of ours is shown only where
the line is plainly a header; else the column is named by its place.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from pkh_graduation.records.dates import readings

_DIGITS = re.compile(r"(?:\d[\s_.\-']*){5}")
_SHOWN, _LONGEST = 20, 40


def header_name(text: str) -> str:
    """A header in the form in which headers are compared.

    >>> header_name(" Nama Pengurus ")
    'nama_pengurus'
    """
    return "_".join(text.strip().casefold().split())


def shown_headers(wanted: Sequence[str], header: Sequence[str], known: Collection[str]) -> str:
    """Some columns of a header as a message may name them: at most 20, those too long or not printable by their place.

    Those that are none of ours are named by place when the header holds a date or five digits in a row, or fewer than two
    ``known`` columns.

    >>> shown_headers(["warna"], ["kpm_id", "nominal", "warna"], {"kpm_id", "nominal"})
    'warna'
    >>> shown_headers(["ibu_contoh"], ["9901010101010001", "ibu_contoh"], {"kpm_id"})
    'kolom ke-2'
    """
    plain = len(set(header) & set(known)) >= 2 and not any(_is_data(name) for name in header)
    names = [
        _shown(name, header.index(name) + 1, plain=plain or header_name(name) in known) for name in wanted[:_SHOWN]
    ]
    return ", ".join(names) + (f", dan {len(wanted) - _SHOWN} lagi" if len(wanted) > _SHOWN else "")


def _shown(name: str, place: int, *, plain: bool) -> str:
    return name if plain and len(name) <= _LONGEST and name.isprintable() else f"kolom ke-{place}"


def _is_data(name: str) -> bool:
    return bool(_DIGITS.search(name[:200])) or readings(name[:_LONGEST].replace("_", " "))[0] is not None
