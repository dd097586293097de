"""Overview: a kabupaten, or the nation, at a glance: a tile per place below it, of texts that are printed anyway.

No boundaries of places are known here, so the tiles stand in the order of their codes: a picture to look over, not a map.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from pkh_graduation.outputs import words
from pkh_graduation.outputs.charts import Slice
from pkh_graduation.outputs.summary import BANDS
from pkh_graduation.outputs.suppression import HIDDEN

NOTE = (
    "Satu kotak satu {kind}, urut menurut kode wilayah; ini bukan peta. Lingkaran: di daftar dari tempat kuota. Pita: keluarga "
    "menurut kesiapan. Tempat kosong adalah jawaban yang sah; angka yang disembunyikan tidak digambar."
)


class Tile(NamedTuple):
    """One place: its name and page, what is said of it, its progress (0 to 1, None where hidden) and its bands, if all are told."""

    name: str
    link: str
    lines: tuple[str, ...]
    progress: float | None
    bands: tuple[Slice, ...]


class Overview(NamedTuple):
    """All tiles of a page, and the words that explain them."""

    title: str
    note: str
    tiles: tuple[Tile, ...]


def shown(text: str) -> int | None:
    """The number behind a printed count; None where it is hidden.

    >>> shown("1.234"), shown("–")
    (1234, None)
    """
    digits = text.replace(".", "")
    return int(digits) if digits.isdigit() else None


def share(part: str, whole: str) -> float | None:
    """Share of two printed counts; it tells nothing that they do not."""
    above, below = shown(part), shown(whole)
    return None if above is None or not below else above / below


def added(texts: Iterable[str]) -> str:
    """Sum of printed counts as a printed count: hidden as soon as one of them is.

    >>> added(["1.200", "34"]), added(["12", "–"]), added([])
    ('1.234', '–', '0')
    """
    numbers = [shown(text) for text in texts]
    known = [number for number in numbers if number is not None]
    return words.number(sum(known)) if len(known) == len(numbers) else HIDDEN


def tile(name: str, row: Mapping[str, str], *, quota: str, listed: str, link: str = "") -> Tile:
    """The tile of a place; ``row`` its printed counts, ``quota`` and ``listed`` the places and how many of them are filled."""
    places = f"{quota} tempat kuota" if shown(quota) else "tanpa tempat kuota"
    places = f"{listed} dari {places}" if shown(quota) and listed != HIDDEN else places
    hidden = row["dampingan"] == HIDDEN
    told = [places, "dampingan tidak ditampilkan" if hidden else f"{row['dampingan']} keluarga dampingan"]
    coverage = share(row["terdaftar"], row["dampingan"])
    if coverage is not None:
        told.append(f"{words.percent(coverage).removesuffix(' %')} dari 100 di daftar")
    return Tile(name, link, tuple(told), share(listed, quota), band_slices(row))


def band_slices(row: Mapping[str, str], names: Sequence[str] = BANDS) -> tuple[Slice, ...]:
    """Families by readiness as parts of a bar; none where a count is hidden."""
    counts = [(words.BAND[band], shown(row[name])) for band, name in zip(BANDS, names, strict=True)]
    if any(size is None for _, size in counts):
        return ()
    return tuple(Slice(label, size, place) for place, (label, size) in enumerate(counts) if size)
