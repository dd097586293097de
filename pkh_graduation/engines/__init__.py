"""Engines: where SQL runs. An engine takes one SELECT and named tables, and gives a frame back.

In: SQL text in the intersection of DuckDB and Spark; tables as pandas frames, Arrow tables or `StoredTable`s. Out: frames.
May import: contracts, programme, duckdb, pyspark (only when a `SparkEngine` starts), pyarrow, pandas. May not: any other room;
and no other room imports duckdb or pyspark.
"""

from pkh_graduation.engines.duckdb_engine import DuckDBEngine
from pkh_graduation.engines.results import EngineError, to_frame
from pkh_graduation.engines.spark_engine import SparkEngine, written

__all__ = ["DuckDBEngine", "EngineError", "SparkEngine", "to_frame", "written"]
