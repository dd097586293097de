"""DuckDB, embedded: the default engine. Frames are read in place as Arrow, Parquet out of core."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa

from pkh_graduation.contracts import StoredTable
from pkh_graduation.engines.results import EngineError, to_frame

_RESULT = "hasil_terakhir"
_WIDTH = 32
"""Columns of a result that are converted at once: memory of all of them is let go at once, not before."""


class DuckDBEngine:
    """Runs SQL in memory, with a fixed number of threads and no extension fetched from anywhere.

    A table handed in again under the same name (the same object) is not converted again, so looping over as-of dates
    costs one conversion.

    Args:
        threads: worker threads; results do not depend on it.
        memory_limit: such as ``"2GB"``; beyond it DuckDB spills to disk. None keeps DuckDB's own limit.
        spill: folder for what does not fit, made when needed; None is DuckDB's own choice.

    >>> with DuckDBEngine(threads=1) as engine:
    ...     int(engine.run("SELECT count(*) AS n FROM t", {"t": pd.DataFrame({"n": [1, 2]})})["n"].item())
    2
    """

    def __init__(self, threads: int = 2, memory_limit: str | None = None, spill: str | None = None) -> None:
        if threads < 1:
            raise ValueError(f"threads must be 1 or more, not {threads!r}.")
        self.threads = threads
        self.memory_limit = memory_limit
        self.spill = spill
        self._connection: duckdb.DuckDBPyConnection | None = None
        self._held: dict[str, Any] = {}

    def run(self, sql: str, tables: Mapping[str, Any]) -> pd.DataFrame:
        """Run one SELECT over ``tables`` (name -> pandas frame, Arrow table or `StoredTable`); return a frame.

        Raises:
            EngineError: the text does not run over these tables.
            TypeError: a table is neither of the three.
        """
        connection = self._open()
        try:
            for name, table in tables.items():
                self._hold(connection, name, table)
            # A relation would bind a long text twice, once to look at it and once to run it; a table is made in one go.
            connection.execute(f"CREATE OR REPLACE TEMP TABLE {_RESULT} AS {sql}")
            result = _in_pieces(connection.table(_RESULT))
            connection.execute(f"DROP TABLE {_RESULT}")
        except duckdb.Error as error:
            # DuckDB's data errors quote values; only the kind of error and the tables may be told.
            raise EngineError(
                f"DuckDB refused a query over {sorted(tables)} ({type(error).__name__}): {_reason(error)}"
            ) from None
        return result

    def close(self) -> None:
        """Let go of every table and of DuckDB's memory; a later `run` opens anew."""
        if self._connection is not None:
            self._connection.close()
        self._connection = None
        self._held.clear()

    def __enter__(self) -> DuckDBEngine:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __getstate__(self) -> dict[str, Any]:
        own = {"threads": self.threads, "memory_limit": self.memory_limit, "spill": self.spill}
        return {**own, "_connection": None, "_held": {}}

    def _open(self) -> duckdb.DuckDBPyConnection:
        if self._connection is None:
            config: dict[str, Any] = {
                "threads": self.threads,
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
                "allow_community_extensions": False,
            }
            if self.memory_limit is not None:
                config["memory_limit"] = self.memory_limit
            if self.spill is not None:
                config["temp_directory"] = self.spill
            self._connection = duckdb.connect(":memory:", config=config)
        return self._connection

    def _hold(self, connection: duckdb.DuckDBPyConnection, name: str, table: Any) -> None:
        if self._held.get(name) is table:
            return
        relation = _relation(connection, name, table)
        if name in self._held:
            # A frame's view and a file's view are of two kinds; neither gives way to the other by itself.
            connection.unregister(name)
            connection.execute(f"DROP VIEW IF EXISTS {name}")
        if isinstance(relation, pa.Table):
            connection.register(name, relation)
        else:
            relation.create_view(name)
        self._held[name] = table


def _in_pieces(result: duckdb.DuckDBPyRelation) -> pd.DataFrame:
    """A table of DuckDB as a frame, some columns after the other; each time its rows come in the order in which they lie."""
    names = [duckdb.ColumnExpression(name) for name in result.columns]
    pieces = [names[first : first + _WIDTH] for first in range(0, len(names), _WIDTH)]
    return pd.concat([to_frame(result.select(*piece).to_arrow_table()) for piece in pieces], axis=1)


def _relation(connection: duckdb.DuckDBPyConnection, name: str, table: Any) -> Any:
    if isinstance(table, pd.DataFrame):
        return _arrow(table)
    if isinstance(table, pa.Table):
        return table
    if isinstance(table, StoredTable):
        return connection.read_parquet(list(table.paths)).project(", ".join(table.projection))
    raise TypeError(
        f"table {name!r} is a {type(table).__name__}; give a pandas frame, an Arrow table or a StoredTable."
    )


def _arrow(frame: pd.DataFrame) -> pa.Table:
    return pa.Table.from_pandas(frame, preserve_index=False)


def _reason(error: duckdb.Error) -> str:
    """What DuckDB says about the text; nothing about data (conversion and range errors quote the value)."""
    about_text = (duckdb.BinderException, duckdb.CatalogException, duckdb.ParserException)
    if isinstance(error, about_text):
        return str(error)
    return "the values do not fit the query, or a table's file is damaged: then ingest the exports again"
