"""A run in parts equals the run of the whole, from frames or from files."""

import numpy as np
import pandas as pd
import pytest
from made_tables import DATES, Maker

from pkh_graduation.contracts import Records, Snapshots
from pkh_graduation.engines import DuckDBEngine
from pkh_graduation.features import (
    build_features,
    compute,
    default_catalogue,
    links,
    merge_totals,
    moments_of,
    place_totals,
    plan_features,
    stored_tables,
)
from pkh_graduation.features.tables import engine_tables
from pkh_graduation.programme.calendar import day_of
from pkh_graduation.timeline import spine

DATE = max(DATES)
NAMES = default_catalogue().model_names


ENTITIES = {"anggota": "anggota", "usaha": "usaha", "program_komplementer": "program_key", "masalah": "masalah"}


@pytest.fixture(scope="module")
def records():
    """Families that share no member and no enterprise: those that do lie in one part (`stores.buckets`)."""
    tables = Maker(seed=11, families=45).tables()
    for name, entity in ENTITIES.items():
        tables[name][entity] = pd.factorize(pd.MultiIndex.from_frame(tables[name][[entity, "kpm"]]))[0].astype("int64")
    owners = pd.factorize(pd.MultiIndex.from_frame(tables["penyaluran"][["penyaluran_id", "kpm"]]))[0]
    tables["penyaluran"]["penyaluran_id"] = pd.Series([f"b{number:015x}" for number in owners], dtype="str")
    return Records(tables, sintetis=True, digest="uji")


@pytest.fixture(scope="module")
def now(history):
    stamps = history.frame.index.get_level_values("as_of")
    return Snapshots(history.frame[stamps == stamps.max()])


def of_families(records: Records, kpm: np.ndarray) -> dict[str, pd.DataFrame]:
    """All rows of some families, under every id they ever had, and what belongs to none."""
    pairs = links(records.tables, day_of(DATE))
    kpm = np.union1d(kpm, pairs["kpm"][pairs["root"].isin(kpm)])
    return {
        name: table[table["kpm"].isin(kpm)].reset_index(drop=True) if "kpm" in table.columns else table
        for name, table in records.tables.items()
    }


def in_parts(records: Records, now: Snapshots, parts: list[np.ndarray], tables_of, engine) -> pd.DataFrame:
    columns = {name: table.columns for name, table in records.tables.items()}
    plan = plan_features(columns, twins=True, linked=True, places_given=True)
    more = {"tautan": links(records.tables, day_of(DATE))}
    moment = moments_of(spine([DATE]))[day_of(now.dates[0])]
    cohorts = [now.frame[now.frame["kpm"].isin(part)] for part in parts]
    tables = [{**tables_of(plan, part), **more} for part in parts]
    totals = [place_totals(plan, t, c, moment, engine) for t, c in zip(tables, cohorts, strict=True)]
    merged = merge_totals(plan, totals)
    done = [compute(plan, t, c, moment, engine, totals=merged) for t, c in zip(tables, cohorts, strict=True)]
    values, known = (pd.concat(pieces).reindex(now.frame["kpm"]) for pieces in zip(*done, strict=True))
    return values.join(known.add_suffix(" known"))


@pytest.fixture(scope="module")
def parts(now):
    kpm = now.frame["kpm"].to_numpy()
    where = np.random.default_rng(0).integers(0, 3, len(kpm))
    return [kpm[where == part] for part in range(3)]


@pytest.fixture(scope="module")
def whole(records, now):
    _, facts = build_features(records, now, engine=DuckDBEngine(threads=2), spine=spine([DATE]))
    return facts.values.join(facts.known.add_suffix(" known"))


def test_families_in_any_parts_get_the_same_values(records, now, parts, whole):
    """Neighbours lie in other parts, so totals per place must be merged exactly."""
    engine = DuckDBEngine(threads=1)
    found = in_parts(
        records, now, parts, lambda plan, part: engine_tables(of_families(records, part), plan.reads), engine
    )
    assert len(parts) == 3
    for name in whole.columns:
        expected = whole[name].reset_index(drop=True)
        pd.testing.assert_series_equal(
            found[name].reset_index(drop=True).astype(expected.dtype), expected, check_exact=True, obj=name
        )


def test_tables_left_in_files_give_the_same_values(records, now, parts, whole, tmp_path):
    def stored(plan, part):
        paths = {}
        for name, table in of_families(records, part).items():
            paths[name] = [str(tmp_path / f"{name}-{part[0]}.parquet")]
            if name == "anggota":
                born = engine_tables({name: table}, {name: {"tanggal_lahir_ymd": "INT"}})[name]
                table = table.assign(tanggal_lahir_ymd=born["tanggal_lahir_ymd"])
            table.to_parquet(paths[name][0])
        return stored_tables(paths, plan.reads)

    found = in_parts(records, now, parts, stored, DuckDBEngine(threads=1, memory_limit="500MB"))
    for name in whole.columns:
        expected = whole[name].reset_index(drop=True)
        pd.testing.assert_series_equal(
            found[name].reset_index(drop=True).astype(expected.dtype), expected, check_exact=True, obj=name
        )


def test_a_fingerprint_follows_the_specification(records):
    columns = {name: list(table.columns) for name, table in records.tables.items()}
    plans = [
        plan_features(columns, names={"desil"}),
        plan_features(columns, names={"desil"}),
        plan_features(columns, names={"desil", "perkotaan"}),
        plan_features(columns, names={"desil"}, twins=False),
    ]
    marks = [plan.fingerprint for plan in plans]
    assert marks[0] == marks[1]
    assert len(set(marks)) == 3


def test_a_feature_without_its_table_is_switched_off_loudly(records):
    said = []
    columns = {name: list(table.columns) for name, table in records.tables.items() if name != "usaha"}
    plan = plan_features(columns, progress=said.append)
    assert "usaha_aktif_n" in plan.off
    assert any("usaha_aktif_n" in line for line in said)
    assert NAMES
