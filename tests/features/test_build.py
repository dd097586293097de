"""X and Facts: order, types, missing tables, links of ids, and the same bytes every time."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest
from made_tables import DATES, kpm_id, spine_of, with_superseded

from pkh_graduation.contracts import ContractError, Records, Snapshots
from pkh_graduation.engines import DuckDBEngine
from pkh_graduation.features import (
    INT,
    TEXT,
    Catalogue,
    Events,
    Feature,
    FeatureError,
    Hatched,
    States,
    build_features,
    dictionary,
    household_feature,
)

ONE = DATES[3]


@pytest.fixture(scope="module")
def now(history):
    frame = history.frame
    return Snapshots(frame[frame.index.get_level_values("as_of") == pd.Timestamp(ONE)])


@pytest.fixture(scope="module")
def built(records, now, engine):
    return build_features(records, now, engine=engine, spine=spine_of([ONE]))


def test_x_has_the_cohorts_rows_in_the_cohorts_order(built, now):
    X, facts = built
    assert X.index.equals(now.frame.index)
    assert facts.values.index.equals(now.frame.index) and facts.known.index.equals(now.frame.index)
    assert list(X.columns) == [name for name, model in dictionary()["model"].items() if model]
    assert list(facts.values.columns) == list(facts.known.columns) == list(dictionary().index)


def test_x_is_float64_of_float32_values_and_facts_are_exact(built):
    X, facts = built
    assert set(X.dtypes) == {np.dtype("float64")}
    there = X.to_numpy()[~np.isnan(X.to_numpy())]
    assert (there == there.astype(np.float32).astype(np.float64)).all()
    amounts = facts.values["bayar_rp_24"].dropna()
    assert amounts.dtype == "Int64" and amounts.max() > 2**24
    assert (
        facts.values["bayar_rp_24"].astype("float64").astype(np.float32).astype("float64") == X["bayar_rp_24"]
    ).all()
    assert {str(dtype) for dtype in facts.known.dtypes} == {"Int32"}
    assert facts.values["kunjungan_hasil"].dropna().isin(["ditemui", "tidak_ditemui", "pindah"]).all()


def test_known_days_lie_before_the_date(built, now):
    _, facts = built
    day = spine_of([ONE])["as_of"].item()
    assert (facts.known.max() <= day).all()
    told = facts.values.notna() & facts.known.isna()
    # A count of nothing has no day on which it became known; nor has an entry that no event tells of.
    assert (facts.values[told].drop(columns="kepesertaan_tahun").max(numeric_only=True).dropna() == 0).all()


def test_the_same_bytes_for_any_threads_and_any_row_order(built, records, now):
    rng = np.random.default_rng(3)
    shuffled = {n: t.iloc[rng.permutation(len(t))].reset_index(drop=True) for n, t in records.tables.items()}
    with DuckDBEngine(threads=2) as engine:
        X, facts = build_features(Records(shuffled, True, "uji"), now, engine=engine, spine=spine_of([ONE]))
    assert X.to_numpy().tobytes() == built[0].to_numpy().tobytes()
    assert facts.values.equals(built[1].values) and facts.known.equals(built[1].known)


def test_without_facts_x_is_the_same(built, records, now, engine):
    X, facts = build_features(records, now, engine=engine, spine=spine_of([ONE]), facts=False)
    assert X.equals(built[0])
    assert facts.values.empty and list(facts.values.columns) == list(built[1].values.columns)


def test_a_missing_table_or_column_switches_its_features_off_loudly(records, now, engine):
    tables = {n: t for n, t in records.tables.items() if n not in ("usaha", "masalah", "kunjungan")}
    tables["keluarga"] = tables["keluarga"].drop(columns="tabungan")
    told = []
    X, facts = build_features(
        Records(tables, True, "x"), now, engine=engine, spine=spine_of([ONE]), progress=told.append
    )
    off = facts.catalogue.index[~facts.catalogue["tersedia"]]
    assert {"usaha_aktif_n", "tabungan_level", "masalah_terbuka_n", "kunjungan_hari", "tetangga_usaha_bagian"} <= set(
        off
    )
    assert X[[n for n in off if n in X]].isna().all(axis=None) and X["desil"].notna().any()
    assert "fitur tabungan_level dimatikan: tidak ada keluarga.tabungan" in told
    # A guard works with what is left.
    assert {"pagar_keberatan", "pagar_kematian_bencana_6"} & set(off) == set()
    assert facts.values["pagar_kematian_bencana_6"].notna().all()


def test_an_early_spine_is_refused(records, now, engine):
    with pytest.raises(ContractError, match="the spine has no row for 2024-12-31"):
        build_features(records, now, engine=engine, spine=spine_of([DATES[0]]))


# ---------------------------------------------------------------- small worlds

VISITS = Events("p2k2_kehadiran", {"hadir": TEXT})
HOMES = States("keluarga", {"nilai": INT}, entity="kpm")


def feature(name, measure, **more):
    return Feature(name, measure, "satuan", "arti", "meaning", "p2k2", **more)


def small(table, now_frame, features, engine, hatches=(), **more):
    records = Records({**table, **more}, True, "x")
    return build_features(
        records, now_frame, engine=engine, spine=spine_of([ONE]), catalogue=Catalogue.of(features, hatches)
    )


def rows_of(kpm, **columns):
    n = len(kpm)
    table = pd.DataFrame({"record_id": np.arange(n), "row_key": np.arange(n), "kpm": kpm, **columns})
    table = table.assign(day=pd.array([19_000 + i for i in range(n)], dtype="Int32"), batal=False)
    return with_superseded(table.assign(known_day=(table["day"] + 5).astype("int32")))


def two_families(now):
    return Snapshots(now.frame[now.frame["kpm"].isin([1, 2])])


def test_rows_under_a_later_id_count_once_the_link_is_known(now, engine):
    table = {"p2k2_kehadiran": rows_of([1, 2, 90, 91, 92], hadir=pd.Series(["hadir"] * 5, dtype="str"))}
    table["keluarga"] = rows_of([1, 2, 90], nilai=pd.array([1, 2, 3], dtype="Int64"))
    links = rows_of([0, 0, 0, 0]).assign(
        kpm_lama=[kpm_id(1), kpm_id(90), kpm_id(93), kpm_id(92)],
        kpm_baru=[kpm_id(90), kpm_id(91), kpm_id(92), kpm_id(93)],
    )
    features = [feature("n", VISITS.count()), feature("nilai", HOMES.value("nilai"))]
    X, _ = small(table, two_families(now), features, engine, tautan_kpm=links)
    got = X.droplevel("as_of")
    # 90 continues 1 and 91 continues 90; 92 and 93 name each other, which proves nothing.
    assert got.loc[kpm_id(1)].to_list() == [3, 3] and got.loc[kpm_id(2)].to_list() == [1, 2]
    late = links.assign(known_day=np.int32(25_000))
    X, _ = small(table, two_families(now), features, engine, tautan_kpm=late)
    assert X.droplevel("as_of").loc[kpm_id(1)].to_list() == [1, 1]


def test_a_count_can_tell_none_from_unknown(now, engine):
    table = {"p2k2_kehadiran": rows_of([1], hadir=pd.Series(["alpa"], dtype="str"))}
    came = VISITS.where(VISITS["hadir"] == "hadir").count()
    X, _ = small(table, two_families(now), [feature("a", came), feature("b", came.or_unknown())], engine)
    got = X.droplevel("as_of")
    assert got.loc[kpm_id(1)].to_list() == [0, 0] and got.loc[kpm_id(2), "a"] == 0 and np.isnan(got.loc[kpm_id(2), "b"])
    alone, _ = small(table, two_families(now), [feature("b", came.or_unknown())], engine)
    assert alone.equals(X[["b"]])


def test_a_hatch_sees_only_the_visible_rows_of_the_cohort(now, engine):
    seen = {}

    @household_feature(HOMES, columns=["nilai"], features=[feature("dua_kali", Hatched("keluarga"))])
    def doubled(rows, moment):
        seen["rows"], seen["as_of"] = rows, moment["as_of"]
        return rows.set_index("kpm")[["nilai"]].mul(2).set_axis(["dua_kali"], axis=1)

    table = {"keluarga": rows_of([1, 1, 2, 77], nilai=pd.array([1, 2, None, 9], dtype="Int64"))}
    table["keluarga"].loc[1, "known_day"] = 30_000
    X, facts = small(table, two_families(now), [], engine, hatches=[doubled])
    assert sorted(seen["rows"]["kpm"]) == [1, 2] and seen["as_of"] == spine_of([ONE])["as_of"].item()
    assert X.droplevel("as_of")["dua_kali"].loc[[kpm_id(1)]].to_list() == [2]
    assert facts.known.droplevel("as_of").loc[kpm_id(1), "dua_kali"] == 19_005


def test_a_hatch_must_keep_its_word(now, engine):
    @household_feature(HOMES, columns=["nilai"], features=[feature("janji", Hatched("keluarga"))])
    def broken(rows, moment):
        return rows.set_index("kpm")[["nilai"]]

    with pytest.raises(FeatureError, match=r"broken gave \['nilai'\], but declares \['janji'\]"):
        small({"keluarga": rows_of([1], nilai=[1])}, two_families(now), [], engine, hatches=[broken])


def test_record_ids_and_known_days_must_fit_the_order_key(now, engine):
    table = rows_of([1], hadir=pd.Series(["hadir"], dtype="str"))
    features = [feature("n", VISITS.count())]
    with pytest.raises(FeatureError, match="record ids must lie in"):
        small({"p2k2_kehadiran": table.assign(record_id=2**33)}, two_families(now), features, engine)
    with pytest.raises(FeatureError, match="a record id occurs twice"):
        small(
            {"p2k2_kehadiran": rows_of([1, 2]).assign(record_id=7, hadir="hadir")}, two_families(now), features, engine
        )
    with pytest.raises(FeatureError, match="known days before 1970"):
        small({"p2k2_kehadiran": table.assign(known_day=-1)}, two_families(now), features, engine)


def test_empty_tables_give_zeros_and_unknowns(records, now, engine):
    tables = {name: table.iloc[:0] for name, table in records.tables.items()}
    X, _ = build_features(Records(tables, True, "x"), now, engine=engine, spine=spine_of([ONE]))
    assert (X["bayar_n_12"] == 0).all() and X["desil"].isna().all() and X["komp_aktif_n"].isna().all()


def test_the_input_is_left_alone(records, now, engine):
    before = {name: table.copy() for name, table in records.tables.items()}
    frame = now.frame.copy()
    build_features(records, now, engine=engine, spine=spine_of([ONE]), facts=False)
    assert all(before[name].equals(table) for name, table in records.tables.items()) and frame.equals(now.frame)


def test_an_end_without_its_own_known_date_is_told_with_its_row(now, engine):
    from pkh_graduation.features.catalogue.enterprise import ACTIVE_N

    table = rows_of([1, 2], usaha=[5, 6], tanggal_tutup=pd.array([18_900, None], dtype="Int32"))
    X, _ = small(
        {"usaha": table}, two_families(now), [dataclasses.replace(feature("n", ACTIVE_N), theme="usaha")], engine
    )
    assert X.droplevel("as_of")["n"].loc[[kpm_id(1), kpm_id(2)]].to_list() == [0, 1]
