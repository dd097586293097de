"""The escape hatch: a feature that the algebra cannot say is a function over already truncated rows.

The engine truncates: the function is handed the visible rows of its source (for `States` the last row of each entity, ends
masked) and the as-of moment, so it cannot see later news. The truncation test covers it like any other feature.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from pkh_graduation.features.algebra import FeatureError, Measure, Source
from pkh_graduation.features.compiler import visible_rows
from pkh_graduation.features.expressions import INT
from pkh_graduation.features.feature import FORBIDDEN, Feature

Moment = Mapping[str, int]
"""A row of the spine: ``as_of`` (epoch day), ``as_of_ymd`` (20250930) and the window bounds ``lo3 .. lo24``."""

Compute = Callable[[pd.DataFrame, Moment], pd.DataFrame]


@dataclass(frozen=True, eq=False)
class Hatched(Measure):
    """A value that a hatch's function gives, under the feature's own name."""

    table: str
    kind: str = INT


@dataclass(frozen=True)
class Hatch:
    """A function with its source, the columns it reads, and the features it gives."""

    source: Source
    columns: tuple[str, ...]
    features: tuple[Feature, ...]
    compute: Compute

    @property
    def reads(self) -> frozenset[str]:
        """Columns of the table that are read, the clock left out."""
        entity = set() if self.source.entity in (None, self.source.key) else {str(self.source.entity)}
        ends = {known for end, known in self.source.ends if end in self.columns}
        return frozenset({*self.columns, *entity, *ends} - {"day"})

    def sql(self, *, linked: bool = False) -> str:
        """The SELECT of the rows that the function is handed: ``kpm, record_id, day, known_day`` and its columns."""
        condition = "" if self.source.condition is None else f" WHERE {self.source.condition.sql}"
        rows = visible_rows(self.source, self.reads, linked=linked)
        return f"SELECT v.* FROM ({rows}) v{condition}"

    def run(self, rows: pd.DataFrame, moment: Moment) -> pd.DataFrame:
        """Values indexed by kpm, one column per feature, and ``known_day``: the latest among the family's rows.

        Raises:
            FeatureError: the function gave other columns than it declared.
        """
        values = self.compute(rows, moment)
        names = [feature.name for feature in self.features]
        if sorted(values.columns) != sorted(names):
            raise FeatureError(
                f"{self.compute.__name__} gave {sorted(values.columns)}, but declares {sorted(names)}: make them equal."
            )
        known = rows.groupby("kpm")["known_day"].max().astype("Int32")
        return values.assign(known_day=known.reindex(values.index))


def household_feature(
    source: Source, *, columns: Sequence[str], features: Sequence[Feature]
) -> Callable[[Compute], Hatch]:
    """Turn ``function(rows, moment) -> frame indexed by kpm`` into a hatch.

    Raises:
        FeatureError: a column is unknown or forbidden, or a feature is not `Hatched`.
    """
    for column in columns:
        _ = source[column]
    barred = set(columns) & set(FORBIDDEN.get(source.table, ()))
    if barred:
        raise FeatureError(f"{source.table}: {sorted(barred)} holds or echoes the decision; a hatch may not read it.")
    strange = [feature.name for feature in features if not isinstance(feature.measure, Hatched)]
    if strange:
        raise FeatureError(f"{strange} have a measure of the algebra; a hatch gives features whose measure is Hatched.")

    def wrap(function: Compute) -> Hatch:
        return Hatch(source, tuple(columns), tuple(features), function)

    return wrap
