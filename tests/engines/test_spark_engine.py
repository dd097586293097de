"""Spark gives what DuckDB gives: types, gaps, every feature of the catalogue; and it shows no value, and leaves nothing half done.

The world of the equality tests is the `mini` population, once as it is and ten times with every column shuffled among the
rows of its table (also the event days: news comes early and late), so that no copy repeats another: 20,000 families for a
tenth of the time that 20,000 families of the `demo` preset take. Each copy has keys, villages and groups of its own, so that
neighbours stay neighbours, and some families of a copy continue those of the one before.
"""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from pkh_graduation import timeline
from pkh_graduation.contracts import Engine, Records, StoredTable
from pkh_graduation.engines import DuckDBEngine, EngineError, SparkEngine, written
from pkh_graduation.features import bind, build_features, default_catalogue
from pkh_graduation.programme.calendar import NEVER, day_of
from pkh_graduation.records import population, read_records

LOOPBACK = pytest.mark.allow_hosts(["127.0.0.1"])
COPIES = 11
DATES = ("2025-06-30", "2026-06-30")
NUMBERS = ("kpm", "anggota", "usaha", "program_key", "masalah", "kelompok", "sesi_key")
RARE = {
    ("keluarga", "rekening_aktif"): (1, 3),
    ("usaha", "modal_sumber"): ("rentenir", "sendiri|pena"),
    ("program_komplementer", "program"): (
        "pena", "ppse", "kube", "uep", "nib", "bpjs_tk", "kip_k", "atensi", "blt_dd", "rst", "prakerja",
    ),
    ("penyaluran", "bansos"): ("BPNT",),
    ("anggota", "jamket_kerja"): (1,),
    ("anggota", "ikut_prakerja"): (True,),
    ("anggota", "jamkes"): (2, 8, 9),
    ("anggota", "gizi"): (1, 2, 3),
}  # fmt: skip
"""What the small population happens to lack, sprinkled over its shuffled copies."""
KEPT = {*NUMBERS, "kpm_id", "record_id", "row_key", "known_day", "superseded_day", "batal"}

FRAME = pd.DataFrame(
    {
        "kpm": pd.array([1, 2**60, None, 4], dtype="Int64"),
        "kecil": pd.array([-3, None, 7, 0], dtype="Int8"),
        "hari": pd.array([None, 20_000, -1, 5], dtype="Int32"),
        "teks": pd.Series(["a", None, "o'k rahasia", ""], dtype="str"),
        "benar": pd.array([True, None, False, True], dtype="boolean"),
        "nilai": [0.1, np.nan, -2.5, 1e300],
    }
)
KINDS = {"kpm": "BIGINT", "kecil": "INT", "hari": "INT", "teks": "STRING", "benar": "INT", "nilai": "DOUBLE"}


def test_importing_the_engines_starts_nothing():
    code = "import sys, pkh_graduation.engines as e; e.SparkEngine(); sys.exit('pyspark' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_without_pyspark_it_says_what_to_install(monkeypatch):
    for name in [name for name in sys.modules if name.split(".")[0] == "pyspark"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "pyspark", None)
    with pytest.raises(EngineError, match=r"no PySpark here .*install the extra `spark` .* and Java 17"):
        SparkEngine().run("SELECT 1 AS n", {})


# ---------------------------------------------------------------- one Spark for all that follows


@pytest.fixture(scope="module")
def spark():
    with SparkEngine("local[2]", settings={"spark.sql.shuffle.partitions": "2"}) as engine:
        yield engine


@pytest.fixture(scope="module")
def duck():
    with DuckDBEngine(threads=2) as engine:
        yield engine


@pytest.mark.spark
@LOOPBACK
@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM t ORDER BY hari NULLS LAST",
        "SELECT * FROM t WHERE kpm < 0",
        "SELECT count(*) AS n, CAST(sum(kecil) AS BIGINT) AS s, max(teks) AS t, min(nilai) AS r FROM t",
        "SELECT CAST(sum(kecil) AS DOUBLE) / nullif(count(hari) - 3, 0) AS r, CAST(max(hari) AS INT) AS h FROM t",
        "SELECT benar, count(*) FILTER (WHERE kecil > 0) AS n FROM t GROUP BY benar ORDER BY benar NULLS LAST",
        "SELECT kpm, greatest(hari, kecil) AS g, instr('|' || teks || '|', '|a|') > 0 AS ada FROM t ORDER BY kpm NULLS LAST",
    ],
)
def test_types_and_gaps_are_those_of_duckdb(spark, duck, sql):
    kept: Engine = spark
    pd.testing.assert_frame_equal(kept.run(sql, {"t": FRAME}), duck.run(sql, {"t": FRAME}))


@pytest.mark.spark
@LOOPBACK
def test_frames_arrow_parquet_and_its_own_frames_are_the_same_to_it(spark, duck, tmp_path):
    for name, rows in (("satu", FRAME.iloc[:2]), ("dua", FRAME.iloc[2:])):
        (tmp_path / f"bucket={name}").mkdir()
        rows.to_parquet(tmp_path / f"bucket={name}" / "t.parquet", index=False)
    stored = StoredTable(tuple(str(tmp_path / f"bucket={name}" / "t.parquet") for name in ("satu", "dua")), KINDS)
    sql = "SELECT * FROM t ORDER BY hari NULLS LAST"
    wanted = duck.run(sql, {"t": stored})
    assert str(wanted["benar"].dtype) == "Int32" and wanted["kecil"].dtype == "Int32"
    pd.testing.assert_frame_equal(spark.run(sql, {"t": stored}), wanted)
    pd.testing.assert_frame_equal(spark.run(sql, {"t": spark.frame("SELECT * FROM u", {"u": stored})}), wanted)
    count = "SELECT count(teks) AS n FROM t"
    assert [spark.run(count, {"t": t})["n"].item() for t in (FRAME, pa.Table.from_pandas(FRAME), stored)] == [3, 3, 3]


@pytest.mark.spark
@LOOPBACK
def test_a_wrong_text_is_explained_and_wrong_data_is_not_shown(spark, capfd):
    with pytest.raises(EngineError, match=r"over \['t'\] \(AnalysisException, UNRESOLVED_COLUMN.*tidak_ada"):
        spark.run("SELECT tidak_ada FROM t", {"t": FRAME})
    with pytest.raises(EngineError, match=r"over \['t'\] \(ParseException, PARSE_SYNTAX_ERROR\): .*SELEC"):
        spark.run("SELEC 1", {"t": FRAME})
    with pytest.raises(EngineError, match=r"CAST_INVALID_INPUT.*the values do not fit the query") as caught:
        spark.run("SELECT CAST(teks AS INT) AS n FROM t WHERE kecil = 7", {"t": FRAME})
    with pytest.raises(EngineError, match="ARITHMETIC_OVERFLOW"):
        spark.run("SELECT sum(kpm * kpm) AS n FROM t", {"t": FRAME})
    with pytest.raises(TypeError, match="table 'd' is a list; give a pandas frame"):
        spark.run("SELECT 1 AS n", {"d": [1]})
    shown = capfd.readouterr()
    assert "rahasia" not in f"{caught.value}{shown.out}{shown.err}"


# What the workers run is defined inside the tests: workers cannot import a test module.


@pytest.mark.spark
@LOOPBACK
def test_a_function_is_given_whole_families(spark):
    def total(rows):
        """Rows and their sum per family; a family that came in two pieces would show twice."""
        found = rows.groupby("kpm", as_index=False).agg(
            n=("nilai", "size"), jumlah=("nilai", "sum"), teks=("teks", "first")
        )
        return found.astype({"n": "Int64"})

    rng = np.random.default_rng(5)
    rows = pd.DataFrame({"kpm": rng.integers(0, 500, 20_000), "nilai": rng.integers(0, 9, 20_000)})
    rows["teks"] = pd.Series(np.where(rows["kpm"] % 7 == 0, None, "o'k"), dtype="str")
    kinds = {"kpm": "BIGINT", "n": "BIGINT", "jumlah": "INT", "teks": "STRING"}
    made = spark.apply("SELECT * FROM r", {"r": rows}, total, kinds, groups=8)
    got = spark.run("SELECT * FROM m ORDER BY kpm", {"m": made})
    wanted = total(rows).astype({"kpm": "Int64", "jumlah": "Int32"})
    pd.testing.assert_frame_equal(got, wanted)


@pytest.mark.spark
@LOOPBACK
def test_what_is_written_is_finished_or_refused(spark, tmp_path, capfd):
    def complain(rows):
        raise ValueError(f"tidak dapat membaca {rows['teks'].to_list()}")

    folder = tmp_path / "hasil"
    bad = spark.apply("SELECT kpm, teks FROM t", {"t": FRAME}, complain, {"kpm": "BIGINT"})
    with pytest.raises(EngineError, match=r"over \['b'\] .*a Python function failed with ValueError") as caught:
        spark.write("SELECT * FROM b", {"b": bad}, folder)
    assert not list(tmp_path.rglob("*.parquet"))
    with pytest.raises(EngineError, match="holds no finished table"):
        written(folder)
    for sql, sizes in (("SELECT * FROM t", [1, 2]), ("SELECT * FROM t WHERE kecil = 0", [1])):
        spark.write(
            f"SELECT *, kecil >= 0 AS baik FROM ({sql}) r WHERE kecil IS NOT NULL", {"t": FRAME}, folder, by="baik"
        )
        parts = {path.name: pd.read_parquet(path) for path in folder.glob("baik=*")}
        assert sorted(len(part) for part in parts.values()) == sizes
        assert written(folder, baik="true") and not written(folder)
    (folder / "_SUCCESS").unlink()
    with pytest.raises(EngineError, match="was broken off; repeat it"):
        written(folder, baik="true")
    shown = capfd.readouterr()
    assert "rahasia" not in f"{caught.value}{shown.out}{shown.err}"


@pytest.mark.spark
@LOOPBACK
def test_tasks_are_done_by_the_workers_in_order(spark):
    def square(number):
        if number < 0:
            raise KeyError(f"rahasia {number}")
        return number**2

    assert spark.each(square, [(n,) for n in (3, 1, 2)]) == [9, 1, 4]
    assert spark.each(os.getpid, [()]) != [os.getpid()] and spark.each(square, []) == []
    with pytest.raises(EngineError, match=r"refused the work .*failed with KeyError") as caught:
        spark.each(square, [(1,), (-1,)])
    assert "rahasia" not in str(caught.value)


@pytest.mark.spark
@LOOPBACK
def test_a_session_that_was_handed_in_is_left_as_it_was(spark):
    spark.run("SELECT 1 AS n", {})
    from pyspark.sql import SparkSession

    session = SparkSession.getActiveSession()
    ours = session.newSession()
    ours.conf.set("spark.sql.ansi.enabled", "false")
    ours.sql("SELECT 5 AS n").createOrReplaceTempView("t")
    with SparkEngine(session=ours) as engine:
        assert engine.run("SELECT count(*) AS n FROM t", {"t": FRAME})["n"].item() == 4
        with pytest.raises(TypeError, match="a Spark frame that this engine made"):
            engine.run("SELECT 1 AS n", {"f": ours.table("t")})
    assert ours.table("t").toArrow().to_pylist() == [{"n": 5}] and ours.conf.get("spark.sql.ansi.enabled") == "false"
    assert spark.run("SELECT 1 AS n", {})["n"].item() == 1


@pytest.mark.spark
@LOOPBACK
def test_without_java_it_says_so(spark, monkeypatch):
    spark.run("SELECT 1 AS n", {})
    monkeypatch.setattr("pkh_graduation.engines.spark_engine._running", lambda: None)
    monkeypatch.setattr("shutil.which", lambda *args, **named: None)
    with pytest.raises(EngineError, match=r"Spark needs Java, and there is none .*Java 17"):
        SparkEngine().run("SELECT 1 AS n", {})


@pytest.mark.spark
@LOOPBACK
def test_a_wrong_master_is_told_in_words(monkeypatch):
    from py4j.protocol import Py4JError

    class Builder:
        def __getattr__(self, name):
            if name == "getOrCreate":
                raise Py4JError("Could not parse Master URL")
            return lambda *args, **named: self

    monkeypatch.setattr("pkh_graduation.engines.spark_engine._running", lambda: None)
    monkeypatch.setattr(
        "pkh_graduation.engines.spark_engine._pyspark",
        lambda: SimpleNamespace(SparkSession=SimpleNamespace(builder=Builder())),
    )
    with pytest.raises(EngineError, match=r"did not start at 'local\[x\]'.*check --master"):
        SparkEngine("local[x]").run("SELECT 1 AS n", {})


# ---------------------------------------------------------------- the whole catalogue


class LeftInParquet:
    """An engine that is handed the same tables as Parquet files, as on a cluster."""

    def __init__(self, engine, folder):
        self.engine, self.folder, self.held = engine, folder, {}
        self.asked = []

    def run(self, sql, tables):
        stored = {name: self.stored(name, table) for name, table in tables.items()}
        self.asked.append((sql, stored))
        return self.engine.run(sql, stored)

    def stored(self, name, table):
        if isinstance(table, StoredTable):
            return table
        if self.held.get(name, (None,))[0] is not table:
            path = self.folder / f"{len(self.held)}-{name}-{len(self.asked)}.parquet"
            table.to_parquet(path, index=False)
            self.held[name] = table, StoredTable((str(path),), {c: kind_of(table[c]) for c in table})
        return self.held[name][1]


def kind_of(column):
    if pd.api.types.is_float_dtype(column):
        return "DOUBLE"
    if not pd.api.types.is_integer_dtype(column):
        return "STRING"
    return "BIGINT" if column.dtype.itemsize == 8 else "INT"


def renamed(ids, by):
    return pd.Series(
        [f"{text[0]}{int(text[1:], 16) + by:015x}" if isinstance(text, str) else None for text in ids], dtype="str"
    )


def copy_of(name, table, number, rng):
    made = table.copy()
    for column in ("record_id", "row_key"):
        made[column] = made[column] + number * (int(table[column].max()) + 1)
    for column in set(NUMBERS) & set(made):
        made[column] = made[column] + number
    for column in {"kpm_id", "kelompok_id"} & set(made):
        made[column] = renamed(made[column], number).array
    if "kode_wilayah" in made:
        made["kode_wilayah"] = made["kode_wilayah"].str[:2] + f"{number:02d}" + made["kode_wilayah"].str[4:]
    if number and name != "peristiwa_status":
        for column in sorted(set(made) - KEPT):
            made[column] = made[column].array[rng.permutation(len(made))]
            if words := RARE.get((name, column)):
                rare = rng.random(len(made)) < 0.1
                made.loc[rare, column] = pd.array(rng.choice(words, rare.sum()), dtype=made[column].dtype)
    return made


def linked(families, n):
    """Rows of `tautan_kpm`: every so many families of a copy continue one of the copy before, some only later known."""
    older = families.iloc[:: max(1, len(families) // n)].reset_index(drop=True)
    known = day_of(dt.date(2025, 1, 15)) + np.arange(len(older)) % 400
    return pd.DataFrame(
        {
            "kpm_lama": older, "kpm_baru": renamed(older, 1), "record_id": np.arange(len(older)), "row_key": np.arange(len(older)),
            "day": pd.array(known - 10, dtype="Int32"), "known_day": known.astype("int32"), "superseded_day": np.int32(NEVER),
            "batal": False,
        }
    )  # fmt: skip


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dunia")
    population.write_population(folder / "records", folder / "truth", preset="mini", seed=7)
    records, _ = read_records(folder / "records", key=b"only made-up people live here, ok")
    rng = np.random.default_rng(7)
    tables = {
        name: pd.concat([copy_of(name, table, number, rng) for number in range(COPIES)], ignore_index=True)
        for name, table in records.tables.items()
        if "kpm" in table or "kelompok" in table
    }
    tables["tautan_kpm"] = linked(tables["keluarga"]["kpm_id"].drop_duplicates(), 300)
    whole = Records(tables, sintetis=True, digest="uji")
    return whole, timeline.take_snapshots(whole, at=DATES)


@pytest.fixture(scope="module")
def built(world, duck):
    records, history = world
    return build_features(records, history, engine=duck, spine=timeline.spine(history.dates))


@pytest.fixture(scope="module")
def asked(world, spark, tmp_path_factory):
    """X and facts from Spark, and the texts it was asked to run with their tables."""
    records, history = world
    engine = LeftInParquet(spark, tmp_path_factory.mktemp("tabel"))
    return *build_features(records, history, engine=engine, spine=timeline.spine(history.dates)), engine.asked


def differing(ours, theirs):
    """Columns whose gaps or values differ: integers and texts at all, reals by more than a billionth part."""
    found = []
    for name in ours:
        a, b = ours[name], theirs[name]
        there = (a.notna() & b.notna()).to_numpy()
        same = np.isclose(a[there], b[there], rtol=1e-9, atol=0) if a.dtype == "float64" else (a[there] == b[there])
        if a.dtype != b.dtype or (a.isna() != b.isna()).any() or not same.all():
            found.append(name)
    return found


@pytest.mark.spark
@LOOPBACK
def test_every_feature_and_its_known_day_is_that_of_duckdb(built, asked, world):
    (X, facts), (X_spark, facts_spark, _) = built, asked
    families = world[1].frame.groupby("as_of").size()
    assert len(families) == 2 and families.min() >= 20_000
    assert list(facts.values) == [feature.name for feature in default_catalogue().features]
    assert facts.catalogue["tersedia"].all()
    assert differing(facts.values, facts_spark.values) == []
    assert differing(facts.known, facts_spark.known) == []
    assert differing(X.astype("float64"), X_spark.astype("float64")) == []
    # The comparison is about something: every feature takes several values among these families.
    values = facts.values.nunique()
    assert values.index[values < 2].to_list() == []


@pytest.mark.spark
@LOOPBACK
def test_the_hatch_is_computed_by_the_workers(spark, asked, world):
    *_, texts = asked
    (hatch,) = default_catalogue().hatches
    moment = timeline.spine(DATES).iloc[0].to_dict()
    text = bind(hatch.sql(linked=True), moment)
    (tables,) = [given for sql, given in texts if sql == text]

    def calendar(rows):
        return hatch.run(rows, moment).reset_index()

    kinds = {"kpm": "BIGINT", **{f.name: f.measure.kind for f in hatch.features}, "known_day": "INT"}
    made = spark.apply(text, tables, calendar, kinds)
    got = spark.run("SELECT * FROM m ORDER BY kpm", {"m": made})
    with DuckDBEngine() as engine:
        wanted = calendar(engine.run(text, tables))[list(kinds)].sort_values("kpm", ignore_index=True)
    assert len(got) > 20_000
    pd.testing.assert_frame_equal(got, wanted.astype({"kpm": "Int64"}))
