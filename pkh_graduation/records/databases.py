"""Databases as exports: tables read through SQLAlchemy, without writing, in chunks and in a stable order. Extra `basisdata`.

A database stands where a folder of files would: its tables are named like ours, or ``berkas`` of a mapping names them
(``keluarga_pkh``, ``pendataan.keluarga``). What is asked for are names that the database itself gave, quoted by SQLAlchemy; no
text of a mapping becomes SQL. The password is best left out of the address: `PASSWORD` in the environment fills it in. No
message shows more of an address than kind, host and database.
"""

from __future__ import annotations

import fnmatch
import os
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from pkh_graduation.records.arrays import joined, values_array
from pkh_graduation.records.errors import RecordsError
from pkh_graduation.records.headers import header_name
from pkh_graduation.records.mapping import Block
from pkh_graduation.records.raw import RawPart
from pkh_graduation.records.schemas import TABLES

PASSWORD = "PKH_DB_PASSWORD"
"""Environment variable that holds the password of an address without one."""
CHUNK = 50_000
"""Rows that are fetched at a time."""
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9_]*(\+[A-Za-z0-9_]+)?:/")
_HOW = "Give an address such as postgresql://user@host/database or sqlite:///folder/file.db."


def is_address(source: str | Path) -> bool:
    """Whether a source of exports is a database's address and no folder.

    >>> is_address("postgresql://u@h/pkh"), is_address("sqlite:///a.db"), is_address("ekspor/2025"), is_address("C:/ekspor")
    (True, True, False, False)
    """
    found = _ADDRESS.match(str(source))
    return found is not None and len(found[0]) > 3


@dataclass(frozen=True)
class Database:
    """An open database: what stands for the folder of the exports. ``tables``: title -> schema (None: the usual one) and name."""

    name: str
    connection: Any
    tables: Mapping[str, tuple[str | None, str]]

    def sources(
        self, blocks: Sequence[Block]
    ) -> tuple[dict[str, list[tuple[TableSource, Block | None]]], tuple[str, ...]]:
        """Which of its tables feed which of ours, with the mapping block that applies; and a notice of those left aside.

        Raises:
            RecordsError: a block of the mapping matches no table, or is about a sheet.
        """
        found: dict[str, list[tuple[TableSource, Block | None]]] = {}
        unused, strange = set(range(len(blocks))), 0
        for title in sorted(self.tables):
            claimed = [i for i, block in enumerate(blocks) if fnmatch.fnmatch(title.casefold(), block.files.casefold())]
            unused -= set(claimed)
            for i in claimed:
                found.setdefault(blocks[i].table, []).append((TableSource(self, title), blocks[i]))
            ours = title.rpartition(".")[2].casefold()
            if not claimed and ours in TABLES:
                found.setdefault(ours, []).append((TableSource(self, title), None))
            strange += not claimed and ours not in TABLES
        if unused or any(block.shape for block in blocks):
            patterns = sorted(blocks[i].files for i in unused) or [block.files for block in blocks if block.shape]
            raise RecordsError(
                f"No plain table of {self.name} matches {patterns} of the mapping. Correct `berkas`; `bentuk` is for files."
            )
        return found, (f"{self.name}: {strange} tabel lain tidak dibaca.",) if strange else ()


@dataclass(frozen=True)
class TableSource:
    """One table or view of a database; what a file is in a folder."""

    database: Database
    title: str

    def read(self, known: Collection[str]) -> RawPart:
        """All its rows, ordered by primary key, else by all columns read; row numbers count from 1 in that order.

        Only columns whose header is ``known`` are fetched; the others are named in a notice.

        Raises:
            RecordsError: the database refuses, breaks off, or two columns are one when case is left aside.
        """
        import sqlalchemy as sa

        with _told(self.title):
            schema, name = self.database.tables[self.title]
            table = sa.Table(
                name, sa.MetaData(), schema=schema, autoload_with=self.database.connection, resolve_fks=False
            )
            columns = {column: header_name(column.name) for column in table.columns}
            read = [column for column, title in columns.items() if title in known]
            titles = [columns[column] for column in read]
            _check_columns(self.title, titles)
            asked = sa.select(*read).order_by(*(list(table.primary_key.columns) or read))
            rows = self.database.connection.execute(
                asked, execution_options={"stream_results": True, "yield_per": CHUNK}
            )
            chunks: list[list[pa.Array]] = [[] for _ in read]
            for some in rows.partitions():
                for parts, values in zip(chunks, zip(*some, strict=True), strict=True):
                    parts.append(values_array(values))
        made = pa.table({title: joined(parts) for title, parts in zip(titles, chunks, strict=True)})
        left = sorted(set(columns.values()) - set(titles))
        notices = (f"{self.title}: kolom tidak dikenal tidak dibaca: {', '.join(left)}.",) if left else ()
        return RawPart(self.title, made, np.arange(1, made.num_rows + 1, dtype=np.int64), (), notices)


def _check_columns(title: str, columns: Sequence[str]) -> None:
    twice = sorted({column for column in columns if columns.count(column) > 1})
    if twice:
        raise RecordsError(f"{title}: columns {twice} occur twice. Read a view in which each has its own name.")
    if not columns:
        raise RecordsError(f"{title} has no known column. Name its columns in a mapping (--mapping).")


@contextmanager
def opened(source: str | Path) -> Iterator[Path | Database]:
    """What `ingest` reads: the folder as it is, or the database of an address, opened for as long as it is read."""
    if not is_address(source):
        yield Path(source)
        return
    with open_database(str(source)) as database:
        yield database


@contextmanager
def open_database(address: str) -> Iterator[Database]:
    """Open a database for reading, in one transaction where it can be had: all tables are of one moment.

    Raises:
        RecordsError: the address is none, a driver is missing, or the database cannot be reached.
    """
    try:
        import sqlalchemy as sa
    except ImportError as error:
        raise RecordsError("Reading databases needs pip install 'pkh-graduation[basisdata]'.") from error
    url, name = _parsed(address)
    with _told(name):
        engine = sa.create_engine(url, poolclass=sa.pool.NullPool, hide_parameters=True)
    try:
        with _told(name):
            connection = engine.connect().execution_options(**_READING.get(url.get_backend_name(), {}))
        with connection:
            with _told(name):
                tables = _tables(connection)
            yield Database(name, connection, tables)
    finally:
        engine.dispose()


_READING: Mapping[str, Mapping[str, Any]] = {
    "postgresql": {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True},
}
"""What makes a connection read one moment and write nothing, where SQLAlchemy has a word for it."""
_SYSTEM = ("information_schema", "mysql", "performance_schema", "sys")


def _parsed(address: str) -> tuple[Any, str]:
    """SQLAlchemy's URL, and what may be said of it."""
    import sqlalchemy as sa

    try:
        url = sa.engine.make_url(address)
        name = f"{url.get_backend_name()} {url.host or ''}/{Path(url.database or '').name}".replace(" /", " ")
    except (sa.exc.ArgumentError, ValueError):
        raise RecordsError(f"The address of the database cannot be read. {_HOW}") from None
    if url.get_backend_name() == "sqlite":
        return _sqlite(url), name
    if url.password is None and os.environ.get(PASSWORD):
        url = url.set(password=os.environ[PASSWORD])
    return url.set(drivername="postgresql+psycopg") if url.drivername == "postgresql" else url, name


def _sqlite(url: Any) -> Any:
    """The file opened for reading alone: a mistyped name makes no new database."""
    path = Path(url.database or "")
    if not path.is_file():
        raise RecordsError(f"There is no SQLite file {path.name!r}. {_HOW}")
    return url.set(database=f"file:{path.resolve().as_posix()}", query={"mode": "ro", "uri": "true"})


def _tables(connection: Any) -> dict[str, tuple[str | None, str]]:
    """Tables and views of every schema that is the user's; those of the usual schema under their bare name."""
    import sqlalchemy as sa

    inspector = sa.inspect(connection)
    usual = inspector.default_schema_name
    found: dict[str, tuple[str | None, str]] = {}
    for schema in inspector.get_schema_names():
        if schema in _SYSTEM or schema.startswith("pg_"):
            continue
        for name in (*inspector.get_table_names(schema), *inspector.get_view_names(schema)):
            found[name if schema == usual else f"{schema}.{name}"] = (None if schema == usual else schema, name)
    return found


@contextmanager
def _told(what: str) -> Iterator[None]:
    """Errors of the database in our words: its own may quote an address, a statement or a row."""
    import sqlalchemy as sa

    try:
        yield
    except RecordsError:
        raise
    except sa.exc.NoSuchModuleError:
        raise RecordsError(f"{what}: SQLAlchemy knows no such kind of database. {_HOW}") from None
    except ImportError as error:
        raise RecordsError(
            f"{what}: the driver {error.name} is not installed. For PostgreSQL: pip install 'pkh-graduation[basisdata]'."
        ) from None
    except (sa.exc.SQLAlchemyError, OSError, UnicodeError) as error:
        kind = type(getattr(error, "orig", None) or error).__name__
        raise RecordsError(
            f"{what} cannot be read ({kind}). Check address, rights and {PASSWORD}, and that the server is up."
        ) from None
