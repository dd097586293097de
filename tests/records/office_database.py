"""A small made-up export as the tables of a database, and a PostgreSQL server of the tests' own where its programs are there."""

from __future__ import annotations

import csv
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa

KEY = b"a key that is only for the tests"
KINDS = {
    "luas_lantai": sa.Integer,
    "jenis_lantai": sa.SmallInteger,
    "tanggal_lahir": sa.Date,
    "jenis_kelamin": sa.Numeric,
}
"""Columns that a database would not keep as text."""


def load(engine: sa.Engine, folder: Path, *, schema: str | None = None, rename: dict[str, str] | None = None) -> None:
    """Every CSV file of a folder as a table; ``rename``: table -> its name in the database."""
    about = sa.MetaData(schema=schema)
    with engine.begin() as connection:
        for path in sorted(folder.glob("*.csv")):
            with path.open(encoding="utf-8", newline="") as file:
                rows = list(csv.DictReader(file))
            columns = [sa.Column(name, KINDS.get(name, sa.Text)) for name in rows[0]]
            name = (rename or {}).get(path.stem, path.stem)
            table = sa.Table(name, about, sa.Column("baris", sa.Integer, primary_key=True), *columns)
            table.create(connection)
            typed = [
                {"baris": n} | {name: _typed(name, text) for name, text in row.items()} for n, row in enumerate(rows)
            ]
            connection.execute(table.insert(), typed[::-1])


def _typed(name: str, text: str) -> object:
    import datetime as dt
    import decimal

    kind = KINDS.get(name)
    if kind is sa.Date:
        return dt.date.fromisoformat(text)
    if kind is sa.Numeric:
        return decimal.Decimal(text)
    return int(text) if kind else text


def server_programs() -> Path | None:
    """The folder of PostgreSQL's server programs, newest first; None where there are none."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), reverse=True)
    named = shutil.which("initdb")
    return found[0].parent if found else Path(named).parent if named else None


def server_user() -> str | None:
    """Who may run the server: it refuses the administrator. None where nobody else is there."""
    if os.geteuid() != 0:
        return pwd.getpwuid(os.geteuid()).pw_name
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name).pw_name
        except KeyError:
            continue
    return None


@contextmanager
def server(programs: Path, user: str, password: str) -> Iterator[str]:
    """A running server without network, on a socket of its own; yields the address of its database without password."""
    home = Path(tempfile.mkdtemp(prefix="pg", dir="/tmp"))
    who = {"user": user} if os.geteuid() == 0 else {}
    try:
        if who:
            shutil.chown(home, user)
        secret = home / "sandi"
        secret.write_text(password)
        secret.chmod(0o644)
        data, said = home / "data", {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        make = [
            programs / "initdb",
            "-D",
            data,
            "-U",
            "pkh",
            "-A",
            "scram-sha-256",
            f"--pwfile={secret}",
            "-N",
            "-E",
            "UTF8",
        ]
        subprocess.run(make, check=True, timeout=60, **who, **said)
        options = f"-c listen_addresses='' -c unix_socket_directories='{home}' -c fsync=off"
        control = [programs / "pg_ctl", "-D", data, "-w", "-o", options]
        subprocess.run([*control, "start"], check=True, timeout=60, **who, **said)
        try:
            yield f"postgresql://pkh@/postgres?host={home}"
        finally:
            subprocess.run(
                [programs / "pg_ctl", "-D", data, "-m", "immediate", "stop"], check=True, timeout=60, **who, **said
            )
    finally:
        shutil.rmtree(home, ignore_errors=True)
