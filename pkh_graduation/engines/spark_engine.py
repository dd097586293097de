"""Spark: the same text where the data already live. Nothing comes to the driver but what `run` is asked for.

Frames go in and out through Arrow; PySpark's own conversions to pandas, which do not fully support pandas 3, are not used.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
import warnings
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar

import pandas as pd
import pyarrow as pa

from pkh_graduation.contracts import StoredTable
from pkh_graduation.engines.results import EngineError, to_frame

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

T = TypeVar("T")

_OF_SESSION: Mapping[str, str] = {
    "spark.sql.ansi.enabled": "true",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.execution.arrow.pyspark.enabled": "true",
    "spark.sql.execution.arrow.maxRecordsPerBatch": "100000",
    "spark.sql.parquet.compression.codec": "zstd",
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.autoBroadcastJoinThreshold": "-1",
}
"""Read the text as DuckDB does (errors instead of wrap-around), and speak Arrow.

A text of features is one deep plan of a hundred shuffles, all by family: adaptive execution would plan the rest of it anew
after each of them, and broadcasts of what lies by family already would only fill the memory.
"""

_OF_CONTEXT: Mapping[str, str] = {
    "spark.app.name": "pkh_graduation",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.buffer.pageSize": "1m",
}
"""Small pages: forty sorted tables that are joined at once must each get one."""
_OF_LOCAL_CONTEXT: Mapping[str, str] = {
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.memory": "3g",
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=256m",
    "spark.sql.shuffle.partitions": "4",
}
"""On one machine no other one is listened to, runs are short (Java's slow compiler would cost more than it saves), and
partitions are few, because each costs more than its rows."""

_ARROW: Mapping[str, pa.DataType] = {
    "INT": pa.int32(),
    "BIGINT": pa.int64(),
    "DOUBLE": pa.float64(),
    "STRING": pa.string(),
}
_NEEDED = "install the extra `spark` (pip install 'pkh-graduation[spark]') and Java 17, or use the DuckDB engine"


class SparkEngine:
    """Runs SQL on Spark, with the results of `DuckDBEngine`, and writes Parquet where the data are.

    Spark starts at the first use and is stopped by `close`. A Spark that somebody else started (``session``, or one that
    already runs in this process) is not stopped; its settings and views are left alone, for the engine opens a session of
    its own beside it.

    Besides frames, Arrow tables and `StoredTable`s, ``tables`` may hold Spark frames that `frame` or `apply` gave. A table
    handed in again under the same name (the same object) is not converted again.

    Args:
        master: where to start Spark, such as ``"local[2]"`` or ``"yarn"``.
        session: a running session to use instead.
        settings: Spark settings, which win over the engine's own.
    """

    def __init__(
        self,
        master: str = "local[2]",
        *,
        session: SparkSession | None = None,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self.master = master
        self.settings = dict(settings or {})
        self._given = session
        self._started: SparkSession | None = None
        self._session: SparkSession | None = None
        self._held: dict[str, Any] = {}

    def run(self, sql: str, tables: Mapping[str, Any]) -> pd.DataFrame:
        """Run one SELECT over ``tables`` and return a pandas frame.

        Raises:
            EngineError: Spark is not there, or the text does not run over these tables.
            TypeError: a table is of a kind that the engine does not take.
        """
        rows = self.frame(sql, tables)
        return to_frame(_told(tables, rows.toArrow))

    def frame(self, sql: str, tables: Mapping[str, Any]) -> DataFrame:
        """The SELECT as a Spark frame, of which nothing has run yet."""
        session = self._open()
        for name, table in tables.items():
            self._hold(session, name, table)
        return _told(tables, lambda: session.sql(sql))

    def apply(
        self,
        sql: str,
        tables: Mapping[str, Any],
        function: Callable[[pd.DataFrame], pd.DataFrame],
        schema: Mapping[str, str],
        *,
        key: str = "kpm",
        groups: int = 32,
    ) -> DataFrame:
        """Hand the rows of a SELECT to a pandas function, all rows of one ``key`` together; its answers as a Spark frame.

        Args:
            function: takes many keys at once, as `run` would give them, and returns a frame with the columns of ``schema``.
                It runs in Spark's workers, where this package must be installed. How keys are grouped must not matter to it.
            schema: column -> INT, BIGINT, DOUBLE or STRING of what the function returns.
            groups: keys are dealt into so many groups by a hash; the rows of one group must fit a worker's memory.
        """
        made = pa.schema([(name, _ARROW[kind]) for name, kind in schema.items()])
        shape = ", ".join(f"{name} {kind}" for name, kind in schema.items())

        def of_group(rows: pa.Table) -> pa.Table:
            answer = function(to_frame(rows))
            return pa.Table.from_pandas(answer[made.names], schema=made, preserve_index=False)

        dealt = f"SELECT r.*, pmod(xxhash64({key}), {int(groups)}) AS _group FROM ({sql}) r"
        rows = self.frame(dealt, tables)
        return _told(tables, lambda: rows.groupBy("_group").applyInArrow(of_group, shape))

    def write(self, sql: str, tables: Mapping[str, Any], folder: str | Path, *, by: str | None = None) -> str:
        """Let Spark write the SELECT as Parquet files to ``folder``, which it replaces; returns the folder.

        Each file is moved into its place when the whole work is done, and ``_SUCCESS`` comes last: a folder without it was
        never finished, and `written` refuses it. ``by``: a column whose values get a folder each, ``<by>=<value>``.
        """
        writer = self.frame(sql, tables).write.mode("overwrite")
        writer = writer if by is None else writer.partitionBy(by)
        _told(tables, lambda: writer.parquet(str(folder)))
        return str(folder)

    def each(self, task: Callable[..., T], calls: Sequence[tuple[Any, ...]]) -> list[T]:
        """Results of ``task(*call)`` in the order of the calls, each made by a worker of Spark; they should be small.

        Raises:
            EngineError: a call failed; says with which kind of error.
        """
        context = self._open().sparkContext
        return _told([], lambda: context.parallelize(calls, max(1, len(calls))).map(lambda call: task(*call)).collect())

    def close(self) -> None:
        """Let go of every table, and stop Spark if this engine started it; a later call opens anew."""
        if self._started is not None:
            self._started.stop()
        elif self._session is not None:
            for name in self._held:
                self._session.catalog.dropTempView(name)
        self._session = self._started = None
        self._held.clear()

    def __enter__(self) -> SparkEngine:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _open(self) -> SparkSession:
        if self._session is None:
            beside = self._given or _running()
            if beside is None:
                beside = self._started = _start(self.master, self.settings)
            session = beside.newSession()
            for name, value in {**_OF_SESSION, **self.settings}.items():
                if session.conf.isModifiable(name):
                    session.conf.set(name, value)
            self._session = session
        return self._session

    def _hold(self, session: SparkSession, name: str, table: Any) -> None:
        if self._held.get(name) is not table:
            _told([name], lambda: _relation(session, name, table).createOrReplaceTempView(name))
            self._held[name] = table


def written(folder: str | Path, **by: str) -> tuple[str, ...]:
    """The Parquet files of a folder that `SparkEngine.write` finished, in order of their names; of one value of ``by``.

    Raises:
        EngineError: the folder was never finished.
    """
    place = Path(folder)
    if not (place / "_SUCCESS").is_file():
        raise EngineError(
            f"{place} holds no finished table (no _SUCCESS): the run that wrote it was broken off; repeat it."
        )
    inner = place.joinpath(*(f"{column}={value}" for column, value in by.items()))
    return tuple(str(path) for path in sorted(inner.glob("*.parquet")))


def _running() -> SparkSession | None:
    return _pyspark().SparkSession.getActiveSession()


def _pyspark() -> Any:
    try:
        with _without_pandas_warning():
            import pyspark.sql
    except ImportError as error:
        raise EngineError(f"there is no PySpark here ({error.name} is missing): {_NEEDED}.") from None
    return pyspark.sql


def _start(master: str, settings: Mapping[str, str]) -> SparkSession:
    builder = _pyspark().SparkSession.builder
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    home = os.environ.get("JAVA_HOME")
    if shutil.which("java", path=str(Path(home, "bin")) if home else None) is None:
        raise EngineError(f"Spark needs Java, and there is none on PATH or under JAVA_HOME: {_NEEDED}.")
    local = master.startswith("local")
    config = {**_OF_CONTEXT, **(_OF_LOCAL_CONTEXT if local else {}), **settings}
    # Here the workers are this Python, with this package; on a cluster its administrator says which Python they are.
    environment = {"PYSPARK_PYTHON": sys.executable, "SPARK_LOCAL_IP": "127.0.0.1"} if local else {}
    try:
        with _without_pandas_warning(), _defaults(environment):
            session = builder.master(master).config(map=config).getOrCreate()
    except (PySparkException, Py4JError, OSError) as error:
        raise EngineError(
            f"Spark did not start at {master!r} ({type(error).__name__}): check --master, that the cluster answers, and for yarn "
            f"HADOOP_CONF_DIR; on a new machine {_NEEDED}."
        ) from None
    # Spark's log of a failed task quotes values; what may be told is in the EngineError.
    session.sparkContext.setLogLevel("OFF")
    return session


@contextmanager
def _defaults(environment: Mapping[str, str]) -> Iterator[None]:
    """Environment variables that nobody has set, for as long as Spark starts."""
    new = {name: value for name, value in environment.items() if name not in os.environ}
    os.environ.update(new)
    try:
        yield
    finally:
        for name in new:
            del os.environ[name]


def _relation(session: SparkSession, name: str, table: Any) -> DataFrame:
    if isinstance(table, pd.DataFrame):
        table = pa.Table.from_pandas(table, preserve_index=False)
    if isinstance(table, pa.Table):
        return session.createDataFrame(table.replace_schema_metadata())
    if isinstance(table, StoredTable):
        return session.read.parquet(*table.paths).selectExpr(*table.projection)
    if isinstance(table, _pyspark().DataFrame) and table.sparkSession is session:
        return table
    raise TypeError(
        f"table {name!r} is a {type(table).__name__}; give a pandas frame, an Arrow table, a StoredTable, "
        "or a Spark frame that this engine made."
    )


def _told(tables: Collection[str], step: Callable[[], T]) -> T:
    """Do a step; if Spark fails, tell the tables and the kind of error, and what is wrong only if the text is."""
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    try:
        with _hushed():
            return step()
    except (PySparkException, Py4JError) as error:
        over = f"a query over {sorted(tables)}" if tables else "the work"
        raise EngineError(f"Spark refused {over} ({_kind(error)}): {_reason(error)}") from None


@contextmanager
def _hushed() -> Iterator[None]:
    """Keep PySpark from logging errors, in which it quotes values."""
    from pyspark.logger import PySparkLogger

    loggers = [PySparkLogger.getLogger(name) for name in ("SQLQueryContextLogger", "DataFrameQueryContextLogger")]
    before = [logger.disabled for logger in loggers]
    try:
        for logger in loggers:
            logger.disabled = True
        with _without_pandas_warning():
            yield
    finally:
        for logger, disabled in zip(loggers, before, strict=True):
            logger.disabled = disabled


@contextmanager
def _without_pandas_warning() -> Iterator[None]:
    """PySpark warns of pandas 3 as soon as it is imported; its conversions to pandas are not used here."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "PySpark does not yet fully support pandas", FutureWarning)
        yield


def _kind(error: Exception) -> str:
    condition = error.getCondition() if hasattr(error, "getCondition") else None
    return f"{type(error).__name__}, {condition}" if condition else type(error).__name__


def _reason(error: Exception) -> str:
    """What Spark says about the text (the first line: below it stand plans); nothing about data, which other errors quote."""
    from pyspark.errors import AnalysisException

    said = str(error).strip()
    if isinstance(error, AnalysisException):
        return said.splitlines()[0]
    if "Traceback (most recent call last)" in said:
        kinds = re.findall(r"^(?:\w+\.)*(\w+(?:Error|Exception))\b", said, flags=re.MULTILINE)
        return f"a Python function failed with {kinds[-1] if kinds else 'an error'}; try it on a few rows without Spark"
    return "the values do not fit the query"
