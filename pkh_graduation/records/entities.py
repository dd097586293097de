"""Who is who: which outside ids, No. KK and NIK name the same family or person, and their one pseudonym.

A family is named by the first No. KK known for its outside id, and keeps that name when the number changes. One that was
known before any whole number of its own is named by its outside id, and keeps that: lists of that time carry it. A person
likewise by the NIK; without either, by family, birth date and order of birth. A number claimed by several outside ids belongs
to the earliest claimant. A row that carries nothing else is hers as long as only one claim was known; from the day of the
second on it is ambiguous and refused: what is claimed later changes no earlier row.

A number may also be mended in place, in a later export that says nothing of its being new. So what an earlier ingest called a
family, as far as the vault tells it, the family keeps (`keep_names`): lists are in the field under that pseudonym.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from pkh_graduation.programme.calendar import date_of
from pkh_graduation.programme.returns import OWN_MARK
from pkh_graduation.records.pseudonyms import digests

LATE, NEVER = 2**31 - 2, 2**31 - 1
"""Known day of a pair or row that carries no date, after all others; and the day of what never happened."""


_HEX = 15
_OWN = re.compile(rf"{OWN_MARK}[a-z][0-9a-f]{{{_HEX}}}")


def is_own(identifier: str) -> bool:
    """Whether an id is a pseudonym of ours, given back under `OWN_MARK`: it names what it named before.

    >>> is_own("pkh:k0123456789abcde"), is_own("k0123456789abcde")
    (True, False)
    """
    return identifier.startswith(OWN_MARK) and _OWN.fullmatch(identifier) is not None


def own_names(identifiers: pd.Series) -> np.ndarray:
    """Which ids are pseudonyms of ours (`is_own`); shape (n,)."""
    marked = identifiers.str.startswith(OWN_MARK).to_numpy(dtype=bool, na_value=False).copy()
    marked[marked] = [is_own(identifier) for identifier in identifiers[marked]]
    return marked


@dataclass(frozen=True)
class Registry:
    """Names of one kind of entity. ``outside`` and ``number``: first words of the two forms of a name (``kpm`` and ``kk``).

    ``of_outside``, ``of_number``: outside id, number -> name. ``shared``: number claimed by several outside ids -> the day on
    which the second claim became known. ``kept``: name -> surrogate that an earlier ingest gave instead of the name's own.
    """

    outside: str
    number: str
    key: bytes
    of_outside: Mapping[str, str]
    of_number: Mapping[str, str]
    shared: Mapping[str, int]
    kept: Mapping[str, int] = field(default_factory=dict)

    def name_outside(self, identifier: str) -> str:
        """Name of an outside id; a number of 16 digits that stands in for one is read as that number."""
        known = self.of_outside.get(identifier)
        if known:
            return known
        if len(identifier) == 16 and identifier.isdigit():
            return self.name_number(identifier)
        return f"{self.outside}:{identifier}"

    def name_number(self, number: str) -> str:
        """Name of a number."""
        return self.of_number.get(number, f"{self.number}:{number}")

    def by_outside(self, identifiers: pd.Series) -> np.ndarray:
        """Surrogates of a categorical of outside ids, -1 where missing; shape (n,)."""
        return self._surrogates(identifiers, self.name_outside)

    def by_number(self, numbers: pd.Series, known: np.ndarray) -> np.ndarray:
        """Surrogates of a categorical of numbers: -1 where missing, -2 where several outside ids claim the number.

        ``known`` (n,): the day on which each row became known; earlier ones than the second claim have one claimant.
        """
        surrogates = self._surrogates(numbers, self.name_number)
        surrogates[contested(numbers, known, self.shared)] = -2
        return surrogates

    def surrogates_of(self, names: Sequence[str]) -> np.ndarray:
        """Surrogates of names; shape (n,)."""
        found = digests(names, self.key)
        if self.kept:
            found = np.array([self.kept.get(name, own) for name, own in zip(names, found, strict=True)], dtype=np.int64)
        return found

    def _surrogates(self, values: pd.Series, name: Callable[[str], str]) -> np.ndarray:
        codes = values.cat.codes.to_numpy()
        used = np.zeros(len(values.cat.categories) + 1, dtype=bool)
        used[codes] = True
        categories = values.cat.categories.to_numpy(dtype=object)
        own = own_names(values.cat.categories.to_series())
        found = np.full(len(used), -1, dtype=np.int64)
        asked = np.flatnonzero(used[:-1] & ~own)
        found[asked] = self.surrogates_of([name(category) for category in categories[asked]])
        ours = np.flatnonzero(used[:-1] & own)
        found[ours] = [int(category[-_HEX:], 16) for category in categories[ours]]
        return found[codes]


def contested(numbers: pd.Series, known: np.ndarray, shared: Mapping[str, int]) -> np.ndarray:
    """Which rows of a categorical of numbers became known when a second claim was; shape (n,)."""
    since = np.array([shared.get(number, NEVER) for number in numbers.cat.categories] + [NEVER], dtype=np.int64)
    return np.asarray(known >= since[numbers.cat.codes.to_numpy()])


def second_claims(claims: pd.DataFrame, number: str, claimant: str, known: str) -> dict[str, int]:
    """Number -> the day on which a second claimant became known, for the numbers that have one; ``claims`` by that day."""
    later = claims.drop_duplicates([number, claimant])
    second = later[later.duplicated(number)].drop_duplicates(number)
    return {str(name): int(day) for name, day in zip(second[number], second[known], strict=True)}


def register(pairs: pd.DataFrame, *, outside: str, number: str, key: bytes) -> Registry:
    """Names from pairs of outside id and number.

    ``pairs``: columns ``asal`` (text), ``nomor`` (text, or missing) and ``diketahui`` (day), in the order of the files and rows.
    """
    seen = pairs.sort_values("diketahui", kind="stable").drop_duplicates(["asal", "nomor"])
    ordered = seen.dropna(subset=["nomor"])
    owner = ordered.drop_duplicates("nomor").set_index("nomor")["asal"]
    own = ordered[ordered["nomor"].map(owner) == ordered["asal"]].drop_duplicates("asal")
    first = seen.drop_duplicates("asal").set_index("asal")["diketahui"]
    numbered = (own["diketahui"] == own["asal"].map(first)).to_numpy(dtype=bool)
    spelled = np.where(numbered, own["nomor"].to_numpy(dtype=object), None)
    of_outside = {
        asal: f"{number}:{nomor}" if nomor else _unnumbered(asal, outside, number)
        for asal, nomor in zip(own["asal"], spelled, strict=True)
    }
    of_number = {nomor: of_outside[asal] for nomor, asal in owner.items()}
    return Registry(outside, number, key, of_outside, of_number, second_claims(ordered, "nomor", "asal", "diketahui"))


def _unnumbered(identifier: str, outside: str, number: str) -> str:
    """Name of an outside id without a number; 16 digits that stand in for one are read as that number."""
    return f"{number if len(identifier) == 16 and identifier.isdigit() else outside}:{identifier}"


def keep_names(registry: Registry, earlier: pd.DataFrame) -> Registry:
    """The registry, whose names mean what they meant at an earlier ingest.

    ``earlier``: columns ``asal`` (outside id or number), ``nomor`` (whether it is a number) and ``surrogat`` (int64). Of several
    surrogates of one name the first stays; one that is another name's own by now is not given to two.
    """
    names = [
        registry.name_number(said) if is_number else registry.name_outside(said)
        for said, is_number in zip(earlier["asal"], earlier["nomor"], strict=True)
    ]
    told = pd.DataFrame({"name": names, "own": digests(names, registry.key), "was": earlier["surrogat"].to_numpy()})
    first = told.drop_duplicates("name")
    kept = first[first["own"] != first["was"]].drop_duplicates("was")
    if kept.empty:
        return registry
    used = {
        *registry.of_outside.values(),
        *registry.of_number.values(),
        *told.loc[~earlier["nomor"].to_numpy(), "name"],
    }
    own = pd.Series(digests(sorted(used), registry.key), index=sorted(used))
    while (twice := kept["was"].isin(own.drop(kept["name"], errors="ignore"))).any():
        kept = kept[~twice]  # whoever goes back to her own name may take it from another
    return replace(registry, kept={str(name): int(was) for name, was in zip(kept["name"], kept["was"], strict=True)})


def pairs_of(frame: pd.DataFrame, rows: np.ndarray, known: np.ndarray, *, outside: str, number: str) -> pd.DataFrame:
    """Outside ids of the given rows of a table, the number beside each if any, and the day on which both became known."""
    named = rows & frame[outside].notna().to_numpy()
    found = pd.DataFrame({"asal": frame[outside], "nomor": frame[number], "diketahui": known}).loc[named]
    first = found.sort_values("diketahui", kind="stable").drop_duplicates(["asal", "nomor"], ignore_index=True)
    return first.astype({"asal": object, "nomor": object})


def no_pairs() -> pd.DataFrame:
    """What `pairs_of` a table gives that holds none."""
    empty = pd.Series(dtype=object)
    return pd.DataFrame({"asal": empty, "nomor": empty, "diketahui": empty.astype("int64")})


def shared_by_birth(frame: pd.DataFrame, rows: np.ndarray, known: np.ndarray) -> dict[str, int]:
    """NIK under which one day's rows without an outside id show people of different birth dates -> when that became known."""
    lone = frame.loc[rows & frame["anggota_id"].isna().to_numpy() & frame["nik"].notna().to_numpy()]
    when = ["nik", "tanggal_pemutakhiran", "tanggal_diketahui"]
    births = lone.drop_duplicates([*when, "tanggal_lahir"])
    twice = births[births.duplicated(when, keep=False)]
    days = pd.Series(known, index=frame.index).loc[twice.index].groupby(twice["nik"].astype(str)).min()
    return {str(nik): int(day) for nik, day in days.items()}


def by_birth(frame: pd.DataFrame, family: np.ndarray, rows: np.ndarray, key: bytes) -> np.ndarray:
    """Surrogates from family, birth date and order of birth for the given rows; -1 elsewhere and without a birth date."""
    found = np.full(len(frame), -1, dtype=np.int64)
    named = rows & frame["tanggal_lahir"].notna().to_numpy() & (family >= 0)
    if not named.any():
        return found
    chosen = frame.loc[named, ["tanggal_lahir", "tanggal_pemutakhiran", "tanggal_diketahui"]].assign(kpm=family[named])
    order = chosen.groupby(["kpm", *chosen.columns[:3]], dropna=False, sort=False).cumcount()
    births = chosen["tanggal_lahir"].astype("int64")
    tokens = [f"lahir:{kpm:015x}:{date_of(day)}:{n}" for kpm, day, n in zip(chosen["kpm"], births, order, strict=True)]
    found[named] = digests(tokens, key)
    return found
