"""From the EPH's folder to what a backtest takes: X, outcomes, snapshots and the data dictionary.

The ordinary corridor of the library, with two things of our own: the adapter before the reader, and outcomes made from pairs of
interviews a year apart instead of observed events. One *period* of the outcomes is therefore four quarters.
"""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from adapter import families, write_export
from panel import YEAR, Survey, quarter_end
from reference import plain_columns
from survey_features import survey_catalogue, with_survey

from pkh_graduation.contracts import Fold, Outcomes, Records, Snapshots
from pkh_graduation.engines import DuckDBEngine
from pkh_graduation.features import build_features, dictionary
from pkh_graduation.programme.calendar import add_months, date_of, day_of
from pkh_graduation.programme.vocabulary import MASIH_PESERTA, TERSENSOR
from pkh_graduation.records import ingest
from pkh_graduation.timeline import spine, take_snapshots

MAPPING = Path(__file__).with_name("mapping.toml")
PUBLIC_KEY = b"EPH is public: this key hides nothing"
"""The EPH carries no identifiers; a fixed key makes every run name its families alike."""


@dataclass(frozen=True)
class Panel:
    """Canonical records of the survey, which family each household was at each quarter, and the columns to build."""

    records: Records
    family: pd.DataFrame
    columns: pd.DataFrame
    survey: Survey


@dataclass(frozen=True)
class Material:
    """What `run_backtest` takes, and the data dictionary with its policy signs."""

    X: pd.DataFrame
    y: Outcomes
    history: Snapshots
    dictionary: pd.DataFrame


def read_panel(survey: Survey) -> Panel:
    """Survey -> export folder -> the ordinary reader, plus the table of survey columns.

    Raises:
        ValueError: the reader set rows aside; the adapter and the mapping must account for every row.
    """
    with tempfile.TemporaryDirectory() as folder:
        write_export(survey, Path(folder))
        found = ingest(folder, key=PUBLIC_KEY, mapping=MAPPING)
    if len(found.quarantine.frame):
        raise ValueError(f"the reader set rows aside: {found.quarantine.counts().to_dict()}.")
    ids = found.pairs[found.pairs["jenis"] == "kpm_id"].set_index("asal")["id"]
    family = families(survey)
    family = family.assign(kpm_id=family["family"].map(ids), day=_days(family["t"])).drop(columns="family")
    surrogate = found.records.tables["keluarga"].drop_duplicates("kpm_id").set_index("kpm_id")["kpm"]
    family = family.assign(kpm=family["kpm_id"].map(surrogate))
    columns = plain_columns(survey)
    records = with_survey(found.records, columns, family[["hh_id", "t", "kpm", "day"]])
    return Panel(records, family, columns, survey)


def make_material(panel: Panel, pairs: pd.DataFrame, ahead: int = YEAR) -> Material:
    """X, outcomes and snapshots of pairs of interviews ``ahead`` quarters apart, one as-of date per base quarter."""
    index = _index(panel, pairs)
    dates = sorted({stamp.date() for stamp in index.get_level_values("as_of")})
    history = Snapshots(take_snapshots(panel.records, at=dates).frame.loc[index])
    catalogue = survey_catalogue(list(panel.columns.columns))
    with DuckDBEngine() as engine:
        X, _ = build_features(
            panel.records, history, engine=engine, spine=spine(dates), catalogue=catalogue, facts=False
        )
    return Material(X, make_outcomes(index, pairs, ahead), history, dictionary(catalogue))


def well_known(X: pd.DataFrame, *, first: dt.date, least: float) -> list[str]:
    """Columns known of at least a share of the families of the first base date: what all origins could already use.

    The EPH has no P2K2, no assets, no business loans; the columns of such tables are missing throughout.
    """
    early = X[X.index.get_level_values("as_of") == pd.Timestamp(first)]
    share = early.notna().mean()
    return list(share.index[share >= least])


def make_outcomes(index: pd.MultiIndex, pairs: pd.DataFrame, ahead: int = YEAR) -> Outcomes:
    """Ways out of pairs as outcomes of one period; what the later interview did not record is censored."""
    known = pairs["way_out"].notna().to_numpy()
    seen = np.where(known, 1, 0).astype("int16")
    frame = pd.DataFrame(
        {"way_out": pairs["way_out"].fillna(TERSENSOR).astype(str).to_numpy(), "quarter": seen, "observed": seen},
        index=index,
    )
    later = _days(pairs["t"] + ahead).to_numpy()
    exits = pd.DataFrame({"way_out": frame["way_out"].to_numpy(), "known_day": later}, index=index)
    exits = exits[~exits["way_out"].isin([MASIH_PESERTA, TERSENSOR])]
    return Outcomes(frame, exits, known_by=date_of(int(later.max())), lag_days=0, max_horizon=1)


@dataclass(frozen=True)
class YearAhead:
    """Rolling origins: at each, learn from base dates whose later interview had been held by then, judge the origin's own.

    ``horizon`` is one period of the outcomes, ``quarters`` its length.
    """

    origins: tuple[dt.date, ...]
    quarters: int = YEAR
    horizon: int = 1

    def split(self, X: pd.DataFrame, y: Outcomes, history: Snapshots) -> Iterator[Fold]:
        """Folds in the order of their origins."""
        dates = pd.Series(X.index.get_level_values("as_of"), index=X.index)
        for origin in self.origins:
            latest = pd.Timestamp(add_months(origin, -3 * self.quarters))
            train, test = X.index[dates <= latest], X.index[dates == pd.Timestamp(origin)]
            learnt = replace(y, frame=y.frame.loc[train], known_by=origin)
            yield Fold(origin, train, test, learnt, replace(y, frame=y.frame.loc[test]))


@dataclass(frozen=True)
class OnlyFamilies:
    """The folds of another splitter, judged on some families only (``kpm_id``)."""

    folds: YearAhead
    judged: frozenset[str]

    def split(self, X: pd.DataFrame, y: Outcomes, history: Snapshots) -> Iterator[Fold]:
        """Folds in the order of their origins."""
        for fold in self.folds.split(X, y, history):
            test = fold.test[fold.test.get_level_values("kpm_id").isin(self.judged)]
            yield replace(fold, test=test, y_test=replace(y, frame=y.frame.loc[test]))


def _index(panel: Panel, pairs: pd.DataFrame) -> pd.MultiIndex:
    named = pairs[["hh_id", "t"]].merge(panel.family, on=["hh_id", "t"], how="left", validate="1:1")
    stamps = named["t"].map({t: np.datetime64(quarter_end(int(t)), "s") for t in named["t"].unique()})
    return pd.MultiIndex.from_arrays(
        [named["kpm_id"].astype("str").array, stamps.astype("datetime64[s]").array], names=["kpm_id", "as_of"]
    )


def _days(t: pd.Series) -> pd.Series:
    """Epoch day of each numbered quarter's last day."""
    return t.map({number: day_of(quarter_end(int(number))) for number in t.unique()}).astype("int32")
