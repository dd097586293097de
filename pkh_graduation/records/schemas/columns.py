"""What a column and a table are: one declaration that serves reading, checking, storing, templates and made-up data.

Kinds: ``text``, ``id`` (becomes a keyed pseudonym), ``int``, ``money`` (rupiah), ``float``, ``bool``, ``date``, ``code`` (a number
of a code list), ``set`` (words joined by ``|``) and ``class`` (one word of a list).
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from importlib import resources
from types import MappingProxyType

KINDS = ("text", "id", "int", "money", "float", "bool", "date", "code", "set", "class")

MAX_RUPIAH = 600_000_000
"""The largest amount one event may carry; above it the row is set aside (squares of sums stay exact below it)."""

ID_PREFIX: Mapping[str, str] = MappingProxyType(
    {
        "kpm_id": "k", "kpm_lama": "k", "kpm_baru": "k", "anggota_id": "a", "pemilik_id": "a", "usaha_id": "u",
        "program_id": "p", "sesi_id": "s", "kelompok_id": "g", "masalah_id": "m", "peristiwa_id": "e", "kasus_id": "c",
        "penyaluran_id": "b", "pendamping_id": "d", "kunjungan_id": "v",
    }
)  # fmt: skip
"""Identifier column -> first letter of its pseudonym."""

SURROGATE: Mapping[str, str] = MappingProxyType(
    {
        "kpm_id": "kpm", "anggota_id": "anggota", "usaha_id": "usaha", "program_id": "program", "sesi_id": "sesi_key",
        "kelompok_id": "kelompok", "masalah_id": "masalah", "kpm_lama": "kpm_lama_key", "kpm_baru": "kpm_baru_key",
    }
)  # fmt: skip
"""Identifier column -> its integer column. ``program_id`` in a table that has a column ``program`` uses ``program_key``."""


@cache
def code_lists() -> Mapping[str, Mapping[int, str]]:
    """Every code list: name -> code -> Indonesian label (`codes.toml`).

    >>> code_lists()["kawin"][3]
    'cerai hidup'
    """
    text = resources.files(__package__).joinpath("codes.toml").read_text(encoding="utf-8")
    return {name: {int(code): label for code, label in rows.items()} for name, rows in tomllib.loads(text).items()}


@dataclass(frozen=True)
class Column:
    """One column of an input table.

    ``cls``: K identifier (vault only), X specific personal data (UU 27/2022), U general. ``bocor``: ``tidak``, ``keputusan``
    (speaks of the decision itself) or ``gema`` (its echo). ``values``: the words of a ``class`` or ``set``, in their order.
    ``codes``: name of the code list of a ``code``, or of the bits of a bit mask. ``low``, ``high``: accepted range.
    ``aliases``: other spelling -> word. ``unknown``: numbers that mean "not known" and are read as missing. ``raw``: a
    true/false answer kept as 1 = Ya, 2 = Tidak by DTSEN and Regsosek. ``form``: a text with a shape of its own (``wilayah``,
    ``nik``, ``kk``, ``telepon``, ``npsn``). ``required``: no row stands without it. ``stored``: false for what only ingest reads.
    """

    name: str
    kind: str
    label_id: str = ""
    label_en: str = ""
    unit: str = ""
    cls: str = "U"
    bocor: str = "tidak"
    values: tuple[str, ...] = ()
    codes: str = ""
    low: float | None = None
    high: float | None = None
    aliases: Mapping[str, str] = field(default_factory=dict)
    unknown: tuple[int, ...] = ()
    barred: tuple[str, ...] = ()
    raw: bool = False
    form: str = ""
    required: bool = False
    stored: bool = True

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"column {self.name!r} has kind {self.kind!r}; kinds are {KINDS}.")
        if not self.label_id:
            object.__setattr__(self, "label_id", self.name.replace("_", " ").capitalize())

    @property
    def code_labels(self) -> Mapping[int, str]:
        """Code -> label of this column's list; empty when it has none."""
        return code_lists()[self.codes] if self.codes else {}

    @property
    def prefix(self) -> str:
        """First letter of the pseudonym of an identifier column."""
        return ID_PREFIX[self.name]


@dataclass(frozen=True)
class TableSchema:
    """One input table.

    ``key``: the business key, in canonical columns (``day`` stands for the event date). ``event``, ``known``: columns of the two
    dates; ``lag``: days added to the event date when the known date is missing. ``end``: the column of an end date, which has a
    known date of its own. ``entity``: identifier that the rows are about. ``vault``: identifiers, kept apart. ``required``: ingest
    refuses to go on without it.
    """

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    event: str
    lag: int
    entity: str
    label_id: str
    label_en: str
    known: str = "tanggal_diketahui"
    end: str = ""
    required: bool = False
    vault: bool = False

    def __getitem__(self, name: str) -> Column:
        return self._by_name[name]

    @cached_property
    def _by_name(self) -> Mapping[str, Column]:
        return {column.name: column for column in self.columns}

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the input columns, in their declared order."""
        return tuple(column.name for column in self.columns)

    @property
    def prefix(self) -> str:
        """First letter of the pseudonym of the entity."""
        return ID_PREFIX.get(self.entity, "")

    def surrogate(self, name: str) -> str:
        """Name of the integer column of an identifier column, empty when it has none."""
        wanted = SURROGATE.get(name, "")
        return f"{wanted}_key" if wanted in self.names else wanted


def words(text: str) -> tuple[str, ...]:
    """Words of a declaration.

    >>> words("cair tertahan")
    ('cair', 'tertahan')
    """
    return tuple(text.split())
