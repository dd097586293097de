"""From records and a cohort to X and Facts: one run of the engine per as-of date."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from pkh_graduation.contracts import ContractError, Engine, Facts, Progress, Records, Snapshots, quiet
from pkh_graduation.features.catalogue import Catalogue, default_catalogue
from pkh_graduation.features.dictionary import dictionary
from pkh_graduation.features.expressions import INT, TEXT
from pkh_graduation.features.feature import Feature
from pkh_graduation.features.hatch import Moment
from pkh_graduation.features.plan import FeaturePlan, compute, plan_features
from pkh_graduation.features.tables import engine_tables, links
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
    names = None if facts else set(chosen.model_names)
    columns = {name: table.columns for name, table in records.tables.items()}
    linked = not links_absent(records)
    plan = plan_features(columns, catalogue=chosen, names=names, twins=facts, linked=linked, progress=progress)
    tables = engine_tables(records.tables, plan.reads)
    moments = moments_of(spine)
    frame = history.frame
    stamps = frame.index.get_level_values("as_of")
    X = np.full((len(frame), len(chosen.model_names)), np.nan)
    parts: list[tuple[np.ndarray, pd.DataFrame, pd.DataFrame]] = []
    for stamp in sorted(stamps.unique()):
        day = day_of(stamp.date())
        if day not in moments:
            raise ContractError(f"the spine has no row for {date_of(day)}: make it from history.dates.")
        rows = np.flatnonzero(stamps == stamp)
        more = {"tautan": links(records.tables, day)} if linked else {}
        values, known = compute(plan, {**tables, **more}, frame.iloc[rows], moments[day], engine)
        X[rows] = model_matrix(values, chosen.model_names)
        if facts:
            parts.append((rows, values, known))
        progress(f"fitur {date_of(day)}: {len(rows)} keluarga")
    return pd.DataFrame(X, index=frame.index, columns=chosen.model_names), make_facts(plan, frame.index, parts)


def links_absent(records: Records) -> bool:
    """Whether no family of the records goes under two ids."""
    table = records.tables.get("tautan_kpm")
    return table is None or table.empty


def moments_of(spine: pd.DataFrame) -> dict[int, Moment]:
    """Rows of a spine by their epoch day."""
    return {int(row["as_of"]): {str(k): int(v) for k, v in row.items()} for row in spine.to_dict("records")}


def model_matrix(values: pd.DataFrame, names: Sequence[str]) -> np.ndarray:
    """Columns of X (n, p), float32: rounded once, here, so that thresholds of trees mean the same in float32 and float64."""
    # Written and read column by column, so kept that way.
    matrix = np.full((len(values), len(names)), np.nan, dtype=np.float32, order="F")
    for place, name in enumerate(names):
        if name in values:
            matrix[:, place] = values[name].to_numpy(dtype="float64", na_value=np.nan)
    return matrix


def make_facts(
    plan: FeaturePlan, index: pd.MultiIndex, parts: list[tuple[np.ndarray, pd.DataFrame, pd.DataFrame]]
) -> Facts:
    """Facts of parts ``(positions in index, values, known days)``; columns that a plan leaves out are missing."""
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
