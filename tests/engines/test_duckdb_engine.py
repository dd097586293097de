"""The engine: types that come back, tables it takes, what it never does."""

from __future__ import annotations

import pickle

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pkh_graduation.contracts import ContractError, Engine, StoredTable
from pkh_graduation.engines import DuckDBEngine, EngineError


@pytest.fixture
def engine():
    with DuckDBEngine(threads=1) as opened:
        yield opened


FRAME = pd.DataFrame(
    {"kpm": pd.array([1, 2**60, None], dtype="Int64"), "teks": pd.Series(["a", None, "o'k"], dtype="str")}
)


def test_integers_and_gaps_come_back_exactly(engine):
    got = engine.run("SELECT kpm, teks, CAST(kpm AS DOUBLE) AS r FROM t ORDER BY kpm NULLS LAST", {"t": FRAME})
    assert got["kpm"].dtype == "Int64" and got["kpm"].to_list()[:2] == [1, 2**60] and pd.isna(got["kpm"][2])
    assert got["teks"].isna().to_list() == [False, True, False] and got["r"].dtype == "float64"


@pytest.mark.parametrize("width", [1, 32, 33, 100])
def test_columns_of_a_wide_result_stay_in_one_row(width):
    table = pd.DataFrame({"n": range(300_000)})
    columns = ", ".join(f"n + {number} AS c{number}" for number in range(width))
    with DuckDBEngine(threads=4) as engine:
        found = engine.run(f"SELECT {columns} FROM t WHERE n % 3 = 0", {"t": table})
    assert found.columns.tolist() == [f"c{number}" for number in range(width)]
    assert len(found) == 100_000
    first = found["c0"].to_numpy()
    assert all((found[f"c{number}"].to_numpy() - first == number).all() for number in range(width))


def test_frames_arrow_and_parquet_are_the_same_to_it(engine, tmp_path):
    path = tmp_path / "t.parquet"
    pq.write_table(pa.Table.from_pandas(FRAME), path)
    stored = StoredTable((str(path),), {"teks": "STRING"})
    twice = StoredTable((str(path), str(path)), {"teks": "STRING"})
    tables = (FRAME, stored, pa.Table.from_pandas(FRAME), twice, FRAME.copy())
    results = [engine.run("SELECT sum(length(teks)) AS n FROM t", {"t": table})["n"].item() for table in tables]
    assert results == [4, 4, 4, 8, 4]


def test_a_stored_table_is_cast_to_what_was_said(engine, tmp_path):
    path = tmp_path / "t.parquet"
    pd.DataFrame({"ya": pd.array([True, False, None], dtype="boolean")}).to_parquet(path)
    got = engine.run("SELECT ya FROM t", {"t": StoredTable((str(path),), {"ya": "INT"})})["ya"]
    assert got.dtype == "Int32" and got.to_list()[:2] == [1, 0] and pd.isna(got[2])


def test_a_stored_table_has_a_file_and_kinds_that_both_engines_know():
    with pytest.raises(ContractError, match="at least one Parquet file"):
        StoredTable((), {})
    with pytest.raises(ContractError, match="not \\['DATE'\\]"):
        StoredTable(("t.parquet",), {"hari": "DATE"})


def test_a_table_is_replaced_under_its_name_and_converted_once(engine, monkeypatch):
    made = []
    plain = pa.Table.from_pandas
    monkeypatch.setattr(
        "pkh_graduation.engines.duckdb_engine._arrow",
        lambda frame: made.append(1) or plain(frame, preserve_index=False),
    )
    other = pd.DataFrame({"n": [5]})
    for table, wanted in ((FRAME, 3), (FRAME, 3), (other, 1)):
        assert engine.run("SELECT count(*) AS n FROM t", {"t": table})["n"].item() == wanted
    assert len(made) == 2


def test_nothing_is_fetched_from_anywhere(engine):
    settings = "'autoinstall_known_extensions', 'autoload_known_extensions', 'allow_community_extensions'"
    got = engine.run(f"SELECT value FROM duckdb_settings() WHERE name IN ({settings})", {})
    assert set(got["value"]) == {"false"}


def test_threads_and_memory_are_what_was_asked():
    with DuckDBEngine(threads=1, memory_limit="200MB") as engine:
        got = engine.run("SELECT current_setting('threads') AS t, current_setting('memory_limit') AS m", {})
    assert got["t"].item() == 1 and got["m"].item().startswith("190")
    with pytest.raises(ValueError, match="threads must be 1 or more"):
        DuckDBEngine(threads=0)


def test_a_wrong_text_is_explained_and_wrong_data_is_not_shown(engine):
    with pytest.raises(EngineError, match=r"over \['t'\] \(BinderException\).*tidak_ada"):
        engine.run("SELECT tidak_ada FROM t", {"t": FRAME})
    with pytest.raises(EngineError, match="the values do not fit the query") as caught:
        engine.run("SELECT CAST(teks AS INT) AS n FROM t", {"t": FRAME})
    assert "o'k" not in str(caught.value)


def test_a_damaged_file_is_not_taken_for_an_error_of_the_text(engine, tmp_path):
    path = tmp_path / "t.parquet"
    FRAME.to_parquet(path)
    whole = path.read_bytes()
    table = StoredTable((str(path),), {"teks": "STRING"})
    tail = whole[-8 - int.from_bytes(whole[-8:-4], "little") :]
    for hurt in (whole[: len(whole) // 2], whole[:4] + b"\xff" * (len(whole) - 4 - len(tail)) + tail):
        path.write_bytes(hurt)
        with pytest.raises(EngineError, match=r"over \['t'\].*a table's file is damaged"):
            engine.run("SELECT teks FROM t", {"t": table})


def test_an_unknown_kind_of_table_is_refused(engine):
    with pytest.raises(TypeError, match="table 't' is a list; give a pandas frame"):
        engine.run("SELECT 1 AS n", {"t": [1]})


def test_it_can_be_closed_opened_again_and_sent_to_a_worker(engine):
    assert engine.run("SELECT count(*) AS n FROM t", {"t": FRAME})["n"].item() == 3
    engine.close()
    assert engine.run("SELECT count(*) AS n FROM t", {"t": FRAME})["n"].item() == 3
    copy = pickle.loads(pickle.dumps(engine))
    assert copy.threads == 1 and copy.run("SELECT 1 AS n", {})["n"].item() == 1
    copy.close()


def test_it_keeps_the_contract():
    engine: Engine = DuckDBEngine(threads=1)
    assert engine.run("SELECT 1 AS n", {})["n"].item() == 1
