"""A feature: a measure with its name, unit, meaning in two languages, theme, and what policy says of its direction."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from pkh_graduation.features.algebra import Aggregate, FeatureError, Measure
from pkh_graduation.features.expressions import TEXT
from pkh_graduation.programme.vocabulary import THEMES

FORBIDDEN: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "peristiwa_status": ("tahap_proses", "alasan", "penolak_alasan", "sumber", "regime", "kasus_id"),
        "kunjungan": ("kesiapan_pendamping", "keputusan_keluarga", "hasil", "koreksi_data"),
        "masalah": ("tindak_lanjut", "catatan"),
        "keluarga": ("pendamping_id", "status_kepesertaan", "catatan_temuan"),
        "target": ("target_mandiri", "regime"),
    }
)
"""Columns that hold or echo the decision (programme facts, section 3), per table: never read by a model's feature."""

FORBIDDEN_PROBLEMS = ("sudah_mampu", "menolak_bantuan", "kendaraan_mewah")
"""Kinds of `masalah` that state the decider's finding: never counted."""

ENTRIES = ("masuk", "masuk_kembali")
"""The only kinds of `peristiwa_status` that a feature may look at (records ruling 7)."""

_NAME = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True, eq=False)
class Feature:
    """One column of X (``model``) or a fact for people only.

    ``sign``: -1, 0 or +1, the direction in which policy wants the chance of graduasi mandiri to move with the value;
    +-1 only where nobody would dispute it. ``lever``: something a pendamping and a family can change.
    """

    name: str
    measure: Measure
    unit: str
    id: str
    en: str
    theme: str
    lever: bool = False
    sign: int = 0
    model: bool = True

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise FeatureError(f"{self.name!r} is no name: small letters, digits and _, a letter first.")
        if self.theme not in THEMES:
            raise FeatureError(f"{self.name}: theme {self.theme!r} is none of {THEMES}.")
        if self.sign not in (-1, 0, 1):
            raise FeatureError(f"{self.name}: sign is -1, 0 or +1, not {self.sign!r}.")
        if not (self.unit and self.id and self.en):
            raise FeatureError(f"{self.name} needs a unit and its meaning in both languages.")
        if self.model and self.measure.kind == TEXT:
            raise FeatureError(f"{self.name} is text: a model takes numbers. Mark it model=False or recode it.")
        if self.model:
            _refuse_forbidden(self)

    @property
    def window(self) -> int | None:
        """The longest window among its measures, in months; None when some measure looks at all that is visible."""
        windows = [part.window for part in leaves(self.measure)]
        return max((w for w in windows if w is not None), default=None) if None not in windows else None


def leaves(measure: Measure) -> list[Aggregate]:
    """The aggregates under a measure."""
    if isinstance(measure, Aggregate):
        return [measure]
    return [leaf for part in measure.parts for leaf in leaves(part)]


def over_windows(months: Iterable[int], feature: Feature) -> list[Feature]:
    """The feature once per window, named ``<name>_<months>``; ``{m}`` in its meanings is replaced."""
    measure = feature.measure
    if not isinstance(measure, Aggregate):
        raise FeatureError(f"{feature.name}: only an aggregate is taken over windows.")
    return [
        replace(
            feature,
            name=f"{feature.name}_{m}",
            measure=measure.over(m),
            id=feature.id.format(m=m),
            en=feature.en.format(m=m),
        )
        for m in months
    ]


def check_names(features: Iterable[Feature]) -> tuple[Feature, ...]:
    """The features as a tuple.

    Raises:
        FeatureError: two share a name.
    """
    found: dict[str, Feature] = {}
    for feature in features:
        if feature.name in found:
            raise FeatureError(f"two features are called {feature.name!r}; names are the columns of X, so rename one.")
        found[feature.name] = feature
    return tuple(found.values())


def _refuse_forbidden(feature: Feature) -> None:
    for leaf in leaves(feature.measure):
        read = leaf.reads & set(FORBIDDEN.get(leaf.source.table, ()))
        if read:
            raise FeatureError(
                f"{feature.name} reads {sorted(read)} of {leaf.source.table}, which holds or echoes the decision; "
                "a model may not. A fact for people (model=False) may."
            )
