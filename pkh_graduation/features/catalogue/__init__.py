"""The catalogue: every feature of the house, one module per subject.

A module gives its features by a generator ``features()``; a hatch stands in the module's ``HATCHES``. Adding a feature is
one entry in one module.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from pkh_graduation.features.catalogue import (
    calendar,
    enterprise,
    finance,
    guards,
    housing,
    members,
    membership,
    payments,
    place,
    programmes,
    sessions,
    shocks,
    verification,
    welfare,
)
from pkh_graduation.features.feature import Feature, check_names
from pkh_graduation.features.hatch import Hatch, Hatched


@dataclass(frozen=True)
class Catalogue:
    """Features in the order of their columns, and the hatches that give some of them."""

    features: tuple[Feature, ...]
    hatches: tuple[Hatch, ...] = ()

    @classmethod
    def of(cls, features: Iterable[Feature], hatches: Iterable[Hatch] = ()) -> Catalogue:
        """A catalogue of features and of what hatches give.

        Raises:
            FeatureError: two features share a name.
        """
        opened = tuple(hatches)
        given = [feature for hatch in opened for feature in hatch.features]
        return cls(check_names([*features, *given]), opened)

    @property
    def compiled(self) -> tuple[Feature, ...]:
        """Features that the compiler turns into SQL."""
        return tuple(f for f in self.features if not isinstance(f.measure, Hatched))

    @property
    def model_names(self) -> list[str]:
        """Columns of X."""
        return [f.name for f in self.features if f.model]


@cache
def default_catalogue() -> Catalogue:
    """The features of the programme, in the order in which a pendamping would tell of a family."""
    subjects = (
        membership, welfare, finance, enterprise, sessions, programmes, payments, verification, members, housing, shocks, place,
        guards,
    )  # fmt: skip
    return Catalogue.of((f for subject in subjects for f in subject.features()), calendar.HATCHES)
