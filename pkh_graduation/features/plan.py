"""A feature run, planned once and computed for any part of the families at any date.

A plan knows what the records hold, so which features are switched off, and carries the compiled text. A *part* is any set of
families with all their rows. Means over neighbours need the totals of their place over all parts: `place_totals` gives those
of one part, `merge_totals` adds them up, and `compute` takes the sum. The whole cohort in one part needs neither.
"""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd

from pkh_graduation.contracts import Engine, Progress, quiet
from pkh_graduation.features.catalogue import Catalogue, default_catalogue
from pkh_graduation.features.compiler import Query, bind, compile_features
from pkh_graduation.features.hatch import Hatch, Moment
from pkh_graduation.features.tables import Columns, Reads, lacking, lacking_hatch, reads_of, surrogate, trimmed

Tables = Mapping[str, Any]
"""Name -> what an engine reads: a frame or a `StoredTable`."""
Totals = dict[str, pd.DataFrame]
"""Place (desa, kelompok) -> one row per place with its totals."""


@dataclass(frozen=True)
class FeaturePlan:
    """What is computed. ``off``: feature -> what the records lack for it; ``twins``: known days are computed too."""

    catalogue: Catalogue
    query: Query
    hatches: tuple[Hatch, ...]
    reads: Reads
    linked: bool
    twins: bool
    off: Mapping[str, frozenset[str]]

    def tell(self, progress: Progress) -> None:
        """Name every feature that is switched off."""
        for name, miss in self.off.items():
            progress(f"fitur {name} dimatikan: tidak ada {', '.join(sorted(miss))}")

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of everything that decides values: the SQL text and the source of the hatches' modules."""
        parts = [self.query.sql, *(query.sql for query in self.query.places.values())]
        for hatch in self.hatches:
            parts += [
                hatch.sql(linked=self.linked),
                inspect.getsource(inspect.getmodule(hatch.compute) or hatch.compute),
            ]
        return hashlib.sha256("\n--\n".join(parts).encode()).hexdigest()


def plan_features(
    columns: Columns,
    *,
    catalogue: Catalogue | None = None,
    names: Collection[str] | None = None,
    twins: bool = True,
    linked: bool = False,
    places_given: bool = False,
    progress: Progress = quiet,
) -> FeaturePlan:
    """Plan the features ``names`` (default: all of the catalogue) over tables that hold ``columns``.

    A feature whose table or column is lacking is switched off, loudly: ``progress`` names it.
    """
    chosen = catalogue or default_catalogue()
    wanted = [f for f in chosen.compiled if names is None or f.name in names]
    hatches = [h for h in chosen.hatches if names is None or any(f.name in names for f in h.features)]
    off: dict[str, frozenset[str]] = {}
    for feature in wanted:
        if gap := lacking(columns, feature.measure):
            off[feature.name] = frozenset(gap)
    for hatch in hatches:
        if gap := lacking_hatch(columns, hatch):
            off |= {feature.name: frozenset(gap) for feature in hatch.features}
    on = [trimmed(columns, f) for f in wanted if f.name not in off]
    open_hatches = tuple(h for h in hatches if h.features[0].name not in off)
    query = compile_features(on, twins=twins, linked=linked, places_given=places_given)
    plan = FeaturePlan(chosen, query, open_hatches, reads_of(on, open_hatches), linked, twins, off)
    plan.tell(progress)
    return plan


def families_table(cohort: pd.DataFrame) -> pd.DataFrame:
    """The cohort as the SQL text sees it: ``kpm, kelompok, desa, masuk_day``; ``cohort`` has columns of `Snapshots`."""
    return pd.DataFrame(
        {
            "kpm": cohort["kpm"].to_numpy(dtype="int64"),
            "kelompok": surrogate(cohort["kelompok_id"].reset_index(drop=True)),
            "desa": cohort["desa"].astype("str").to_numpy(),
            "masuk_day": cohort["masuk_day"].astype("Int32").array,
        }
    )


def compute(
    plan: FeaturePlan,
    tables: Tables,
    cohort: pd.DataFrame,
    moment: Moment,
    engine: Engine,
    *,
    totals: Totals | None = None,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Values and known days of one part's families, indexed by kpm in the cohort's order.

    ``cohort``: rows of `Snapshots` at one date; ``tables`` hold the part's rows, and ``tautan`` where the plan is linked.
    """
    given = {**tables, "cohort": families_table(cohort)} | {
        f"p_{place}": frame for place, frame in (totals or {}).items()
    }
    order = pd.Index(given["cohort"]["kpm"])
    frame = engine.run(bind(plan.query.sql, moment), given)
    places = pd.Index(frame["kpm"]).get_indexer(order)
    # A column at a time, each let go when it is in order: a part is hundreds of megabytes. The frame goes first, as it would
    # be put together anew for each column that leaves it.
    columns = {name: frame[name].array for name in frame.columns if name != "kpm"}
    del frame
    taken = {name: columns.pop(name).take(places, allow_fill=True) for name in list(columns)}
    values: dict[str, Any] = {name: taken[name] for name in plan.query.values}
    known: dict[str, Any] = {name: taken[column] for name, column in plan.query.known.items()}
    for hatch in plan.hatches:
        rows = engine.run(bind(hatch.sql(linked=plan.linked), moment), given)
        made = hatch.run(rows, moment).reindex(order)
        values |= {f.name: made[f.name] for f in hatch.features}
        if plan.twins:
            known |= {f.name: made["known_day"] for f in hatch.features}
    return pd.DataFrame(values, index=order, copy=False), pd.DataFrame(known, index=order, copy=False)


def place_totals(plan: FeaturePlan, tables: Tables, cohort: pd.DataFrame, moment: Moment, engine: Engine) -> Totals:
    """Totals per place over one part's families, in the order of the places: an engine's threads leave rows in any order."""
    given = {**tables, "cohort": families_table(cohort)}
    return {
        place: engine.run(bind(query.sql, moment), given).sort_values(place, ignore_index=True)
        for place, query in plan.query.places.items()
    }


def merge_totals(plan: FeaturePlan, parts: Sequence[Totals]) -> Totals:
    """Totals over all parts, exact: integers under sum and max."""
    merged = {}
    for place, query in plan.query.places.items():
        rows = pd.concat([part[place] for part in parts], ignore_index=True)
        # A place where nobody knows a value has no sum, not zero.
        grouped = rows.groupby(place, dropna=True, sort=True)
        columns = {
            name: grouped[name].max() if how == "max" else grouped[name].sum(min_count=1)
            for name, how in query.columns.items()
        }
        merged[place] = pd.DataFrame(columns).reset_index()
    return merged
