"""The corridor on Spark makes the parts that it makes without: the same bytes, the same marks; and it goes on where it stopped."""

from __future__ import annotations

import datetime as dt
import hashlib
import shutil

import pytest

from pkh_graduation import stores
from pkh_graduation.engines import SparkEngine
from pkh_graduation.records import population
from pkh_graduation.workflows import featuring, ingesting, on_spark
from pkh_graduation.workflows.crew import Crew
from pkh_graduation.workflows.places import Places
from pkh_graduation.workflows.settings import read_settings

pytestmark = [pytest.mark.spark, pytest.mark.allow_hosts(["127.0.0.1"])]
DAY = dt.date(2025, 12, 31)
TWO = population.Preset("dua", 400, kabupaten=2, first=(2024, 1), quarters=8)


def content(folder):
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """Two kabupaten, each in a bucket of its own (and one for families whose kabupaten nobody wrote down)."""
    folder = tmp_path_factory.mktemp("bersama")
    population.write_population(folder / "records", folder / "truth", preset=TWO, seed=3)
    (folder / "pkh.toml").write_text("[machine]\nfamilies_per_bucket = 1\n")
    ingesting.ingest(
        folder / "records",
        Places(folder),
        key=b"only made-up people live here, ok",
        settings=read_settings(folder / "pkh.toml"),
    )
    return stores.open_store(folder / "store")


@pytest.fixture(scope="module")
def crew():
    # For so few families it takes longer to compile a text than to interpret it.
    plain = {"spark.sql.codegen.wholeStage": "false", "spark.sql.codegen.factoryMode": "NO_CODEGEN"}
    with SparkEngine("local[2]", settings={**plain, "spark.sql.shuffle.partitions": "1"}) as engine:
        yield on_spark.SparkCrew(2, "2GB", engine)


@pytest.fixture(scope="module")
def plain(store, tmp_path_factory):
    """What DuckDB makes in this process."""
    places = Places(tmp_path_factory.mktemp("duckdb"))
    figures = featuring.compute_at(places, store, [DAY], crew=Crew(1, "2GB"))
    return content(places.out), figures


def test_spark_makes_the_same_parts_and_goes_on_where_it_stopped(store, crew, plain, tmp_path):
    wanted, figures = plain
    n = len(store.buckets)
    assert n >= 2 and figures["rows"] >= 400
    places = Places(tmp_path)
    told: list[str] = []
    made = on_spark.compute_at(places, store, [DAY], crew=crew, progress=told.append)
    assert content(tmp_path) == wanted
    assert made["parts_computed"] == n and made["rows"] == figures["rows"] and f"kohor {n}/{n}" in told
    lost = stores.Parts(places.features(DAY)).path(store.buckets[-1])
    lost.unlink()
    again = on_spark.compute_at(places, store, [DAY], crew=crew)
    assert (again["parts_computed"], again["parts_kept"]) == (1, n - 1) and content(tmp_path) == wanted


def test_the_tasks_of_the_corridor_are_done_by_its_workers(store, crew, plain, tmp_path):
    wanted, _ = plain
    featuring.compute_at(Places(tmp_path), store, [DAY], crew=crew)
    assert content(tmp_path) == wanted
    shutil.rmtree(tmp_path / "features")
