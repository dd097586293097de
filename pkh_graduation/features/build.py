"""From records and a cohort to X and Facts: one run of the engine per as-of date."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from pkh_graduation.contracts import ContractError, Engine, Facts, Progress, Records, Snapshots, quiet
from pkh_graduation.features.catalogue import Catalogue, default_catalogue
from pkh_graduation.features.compiler import Query, bind, compile_features
from pkh_graduation.features.dictionary import dictionary
from pkh_graduation.features.expressions import INT, TEXT
from pkh_graduation.features.feature import Feature
from pkh_graduation.features.hatch import Hatch, Moment
from pkh_graduation.features.tables import engine_tables, lacking, lacking_hatch, links, reads_of, surrogate, trimmed
from pkh_graduation.programme.calendar import date_of, day_of


def build_features(
    records: Records,
    history: Snapshots,
    *,
    engine: Engine,
    spine: pd.DataFrame,
    catalogue: Catalogue | None = None,
    facts: bool = True,
    progress: Progress = quiet,
) -> tuple[pd.DataFrame, Facts]:
    """Features of every family of the cohort at its as-of date, from what was known on that date.

    A feature whose table or column the records lack is switched off, loudly: ``progress`` names it, its column of X is all
    missing (so that models always see the same columns) and ``facts.catalogue["tersedia"]`` is false.

    Args:
        spine: one row per as-of date with ``as_of, as_of_ymd, lo3, lo6, lo12, lo24`` (epoch days, int32).
        facts: also compute the exact values and their known days; without, `Facts` holds no rows and a run costs half.

    Returns:
        X, float64 columns of float32-representable values (missing NaN), indexed as ``history.frame``; and the Facts:
        ``values`` exact (Int64, float64 or text) for every feature, ``known`` Int32 days.

    Raises:
        ContractError: the spine lacks a date of the history.
    """
    chosen = catalogue or default_catalogue()
    plan = _plan(records, chosen, facts, progress)
    moments = _moments(spine)
    frame = history.frame
    stamps = frame.index.get_level_values("as_of")
    X = np.full((len(frame), len(chosen.model_names)), np.nan)
    parts: list[tuple[np.ndarray, pd.DataFrame, pd.DataFrame]] = []
    for stamp in sorted(stamps.unique()):
        day = day_of(stamp.date())
        if day not in moments:
            raise ContractError(f"the spine has no row for {date_of(day)}: make it from history.dates.")
        rows = np.flatnonzero(stamps == stamp)
        values, known = _at(plan, frame.iloc[rows], moments[day], engine)
        X[rows] = _matrix(values, chosen.model_names)
        if facts:
            parts.append((rows, values, known))
        progress(f"fitur {date_of(day)}: {len(rows)} keluarga")
    # Rounded once, here: thresholds of trees then mean the same in float32 and float64.
    X = X.astype(np.float32).astype(np.float64)
    return pd.DataFrame(X, index=frame.index, columns=chosen.model_names), _facts(plan, frame.index, parts)


@dataclass
class _Plan:
    records: Records
    catalogue: Catalogue
    query: Query
    hatches: tuple[Hatch, ...]
    tables: dict[str, pd.DataFrame]
    linked: bool
    off: dict[str, set[str]]
    sql: dict[int, str] = field(default_factory=dict)


def _plan(records: Records, catalogue: Catalogue, facts: bool, progress: Progress) -> _Plan:
    tables = records.tables
    wanted = [f for f in catalogue.compiled if facts or f.model]
    hatches = [h for h in catalogue.hatches if facts or any(f.model for f in h.features)]
    off = {f.name: miss for f in wanted if (miss := lacking(tables, f.measure))}
    for hatch in hatches:
        off |= {f.name: miss for f in hatch.features if (miss := lacking_hatch(tables, hatch))}
    for name, miss in off.items():
        progress(f"fitur {name} dimatikan: tidak ada {', '.join(sorted(miss))}")
    on = [trimmed(tables, f) for f in wanted if f.name not in off]
    open_hatches = tuple(h for h in hatches if h.features[0].name not in off)
    linked = not links_absent(records)
    query = compile_features(on, twins=facts, linked=linked)
    prepared = engine_tables(tables, reads_of(on, open_hatches))
    return _Plan(records, catalogue, query, open_hatches, prepared, linked, off)


def links_absent(records: Records) -> bool:
    """Whether no family of the records goes under two ids."""
    table = records.tables.get("tautan_kpm")
    return table is None or table.empty


def _moments(spine: pd.DataFrame) -> dict[int, Moment]:
    return {int(row["as_of"]): {str(k): int(v) for k, v in row.items()} for row in spine.to_dict("records")}


def _at(plan: _Plan, cohort: pd.DataFrame, moment: Moment, engine: Engine) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Values and known days of one date's families, in the cohort's order."""
    families = pd.DataFrame(
        {
            "kpm": cohort["kpm"].to_numpy(dtype="int64"),
            "kelompok": surrogate(cohort["kelompok_id"].reset_index(drop=True)),
            "desa": cohort["desa"].astype("str").to_numpy(),
            "masuk_day": cohort["masuk_day"].astype("Int32").array,
        }
    )
    tables: dict[str, Any] = {**plan.tables, "cohort": families}
    if plan.linked:
        tables["tautan"] = links(plan.records.tables, moment["as_of"])
    order = pd.Index(families["kpm"])
    frame = engine.run(bind(plan.query.sql, moment), tables).set_index("kpm").reindex(order)
    values = {name: frame[name] for name in plan.query.values}
    known = {name: frame[column] for name, column in plan.query.known.items()}
    for hatch in plan.hatches:
        rows = engine.run(bind(hatch.sql(linked=plan.linked), moment), tables)
        made = hatch.run(rows, moment).reindex(order)
        values |= {f.name: made[f.name] for f in hatch.features}
        known |= {f.name: made["known_day"] for f in hatch.features}
    return pd.DataFrame(values, index=order), pd.DataFrame(known, index=order)


def _matrix(values: pd.DataFrame, names: Sequence[str]) -> np.ndarray:
    nothing = np.full(len(values), np.nan)
    columns = [values[n].to_numpy(dtype="float64", na_value=np.nan) if n in values else nothing for n in names]
    return np.column_stack(columns) if columns else np.empty((len(values), 0))


def _facts(plan: _Plan, index: pd.MultiIndex, parts: list[tuple[np.ndarray, pd.DataFrame, pd.DataFrame]]) -> Facts:
    listed = dictionary(plan.catalogue)
    listed["tersedia"] = ~listed.index.isin(list(plan.off))
    order = np.concatenate([rows for rows, _, _ in parts]) if parts else np.empty(0, dtype="int64")
    places = np.argsort(order, kind="stable")
    kept = index[order][places]
    features = {f.name: f for f in plan.catalogue.features}
    values = {n: _exact(f, [v[n] for _, v, _ in parts if n in v], len(order)).take(places) for n, f in features.items()}
    known = {n: _days([k[n] for _, _, k in parts if n in k], len(order)).take(places) for n in features}
    return Facts(
        _indexed(values, kept),
        _indexed(known, kept),
        listed,
    )


def _indexed(columns: Mapping[str, pd.Series], index: pd.MultiIndex) -> pd.DataFrame:
    return pd.DataFrame({name: column.array for name, column in columns.items()}, index=index)


def _exact(feature: Feature, parts: list[pd.Series], n: int) -> pd.Series:
    dtype = {INT: "Int64", TEXT: "str"}.get(feature.measure.kind, "float64")
    return _joined(parts, n, dtype)


def _days(parts: list[pd.Series], n: int) -> pd.Series:
    return _joined(parts, n, "Int32")


def _joined(parts: list[pd.Series], n: int, dtype: str) -> pd.Series:
    if not parts:
        return pd.Series(np.nan if dtype == "float64" else None, index=range(n), dtype=dtype)
    return pd.concat([part.astype(dtype) for part in parts], ignore_index=True)
