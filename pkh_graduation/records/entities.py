"""Who is who: which outside ids, No. KK and NIK name the same family or person, and their one pseudonym.

A family is named by the first No. KK known for its outside id, and keeps that name when the number changes; without a whole
number, by the outside id. A person likewise by the NIK; without either, by family, birth date and order of birth. A number
claimed by several outside ids belongs to the earliest claimant. A row that carries nothing else is hers as long as only one
claim was known; from the day of the second on it is ambiguous and refused: what is claimed later changes no earlier row.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

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
    which the second claim became known.
    """

    outside: str
    number: str
    key: bytes
    of_outside: Mapping[str, str]
    of_number: Mapping[str, str]
    shared: Mapping[str, int]

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

    def _surrogates(self, values: pd.Series, name: Callable[[str], str]) -> np.ndarray:
        codes = values.cat.codes.to_numpy()
        used = np.zeros(len(values.cat.categories) + 1, dtype=bool)
        used[codes] = True
        categories = values.cat.categories.to_numpy(dtype=object)
        own = own_names(values.cat.categories.to_series())
        found = np.full(len(used), -1, dtype=np.int64)
        asked = np.flatnonzero(used[:-1] & ~own)
        found[asked] = digests([name(category) for category in categories[asked]], self.key)
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

    ``pairs``: columns ``asal``, ``nomor`` (text, none missing) and ``diketahui`` (day), in the order of the files and rows.
    """
    ordered = pairs.sort_values("diketahui", kind="stable").drop_duplicates(["asal", "nomor"])
    owner = ordered.drop_duplicates("nomor").set_index("nomor")["asal"]
    own = ordered[ordered["nomor"].map(owner) == ordered["asal"]].drop_duplicates("asal")
    of_outside = {asal: f"{number}:{nomor}" for asal, nomor in zip(own["asal"], own["nomor"], strict=True)}
    of_number = {nomor: of_outside[asal] for nomor, asal in owner.items()}
    return Registry(outside, number, key, of_outside, of_number, second_claims(ordered, "nomor", "asal", "diketahui"))


def pairs_of(frame: pd.DataFrame, rows: np.ndarray, known: np.ndarray, *, outside: str, number: str) -> pd.DataFrame:
    """Pairs of outside id and number that the given rows of a table hold, with the day on which each row became known."""
    both = rows & frame[outside].notna().to_numpy() & frame[number].notna().to_numpy()
    chosen = frame.loc[both]
    columns = {"asal": chosen[outside].astype(object), "nomor": chosen[number].astype(object), "diketahui": known[both]}
    return pd.DataFrame(columns).reset_index(drop=True)


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
