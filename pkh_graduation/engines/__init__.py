"""Engines: where SQL runs. An engine takes one SELECT and named tables, and gives a frame back.

In: SQL text in the intersection of DuckDB and Spark; tables as pandas frames, Arrow tables or Parquet paths. Out: frames.
May import: contracts, programme, duckdb, pyarrow, pandas. May not: any other room; and no other room imports duckdb.
"""

from pkh_graduation.engines.duckdb_engine import DuckDBEngine, EngineError

__all__ = ["DuckDBEngine", "EngineError"]
