"""Two hundred randomly damaged files, two to an export: no traceback, no row lost, designed exit codes, nobody named."""

import json
import random
import re
import shutil
from functools import cache
from pathlib import Path

import pandas as pd
import pytest
import typer.main
from typer.testing import CliRunner

from pkh_graduation.cli.app import app
from pkh_graduation.workflows.demonstrating import make_population

runner = CliRunner()
FAMILIES = 12
EXPORTS, CHUNKS = 100, 5
NEEDED = ("keluarga", "anggota", "peristiwa_status", "kelompok", "identitas")


@pytest.fixture(autouse=True, scope="module")
def one_command():
    """The command line is put together once, not anew for every export."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("typer.testing._get_command", cache(typer.main.get_command))
        yield


@pytest.fixture(scope="module")
def exports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A dozen families of a made-up population, each table as one small CSV."""
    folder = tmp_path_factory.mktemp("ekspor")
    make_population(folder / "penuh", preset="mini", seed=3)
    small = folder / "kecil"
    small.mkdir()
    full = folder / "penuh" / "records"
    tables = {path.stem: read(path) for path in full.iterdir() if path.suffix in (".csv", ".xlsx") or path.is_dir()}
    families = list(tables["keluarga"]["kpm_id"].dropna().unique()[:FAMILIES])
    for name, table in tables.items():
        if "kpm_id" in table.columns:
            table = table[table["kpm_id"].isin(families)]
        table.head(150).to_csv(small / f"{name}.csv", index=False)
    shutil.copy(full / "sintetis.toml", small)
    return small


def read(path: Path) -> pd.DataFrame:
    if path.is_dir():
        return pd.concat([pd.read_parquet(part).astype("str") for part in sorted(path.iterdir())])
    text = path.read_text(encoding="utf-8-sig")
    header = text.split("\n", 1)[0]
    return pd.read_csv(path, sep=";" if header.count(";") > header.count(",") else ",", dtype=str, encoding="utf-8-sig")


def hurt(path: Path, rng: random.Random) -> None:
    """Damage one file in one of the ways in which files get damaged."""
    raw = path.read_bytes()
    lines = raw.split(b"\n")
    place = rng.randrange(len(raw)) if raw else 0
    row = rng.randrange(len(lines))
    ways = [
        lambda: raw[:place],
        lambda: raw[:place] + bytes(rng.randrange(256) for _ in range(8)) + raw[place + 8 :],
        lambda: raw[:place] + b"\x00" + raw[place:],
        lambda: raw[:place] + b'"' + raw[place:],
        lambda: raw[:place] + b"\n" + raw[place:],
        lambda: raw.replace(b",", b";"),
        lambda: raw.replace(b",", b"\t"),
        lambda: b"sep=,\n" + raw,
        lambda: b"\xef\xbb\xbf" + raw.replace(b"\n", b"\r\n"),
        lambda: raw.decode("utf-8", "ignore").encode("utf-16"),
        lambda: raw.decode("utf-8", "ignore").upper().encode("latin-1", "ignore"),
        lambda: b"\n".join([lines[0], *lines]),
        lambda: b"\n".join(lines[1:]),
        lambda: b"\n".join([*lines[:row], lines[0], b"TOTAL,,,,", *lines[row:]]),
        lambda: b"\n".join([*lines[:row], lines[row][: len(lines[row]) // 2], *lines[row + 1 :]]),
        lambda: b"\n".join([*lines[:row], lines[row] + b",sisa,sisa", *lines[row + 1 :]]),
        lambda: re.sub(rb"\b99\d{14}\b", b"9,90101E+15", raw),
        lambda: re.sub(rb"\b(\d{4})-(\d\d)-(\d\d)\b", rb"\3 Nopember \1", raw),
        lambda: re.sub(rb"\d", b"x", raw, count=40),
        lambda: b"\n".join(rng.sample(lines, len(lines))),
        lambda: raw.replace(b"kpm_id", b"kpm_id,kpm_id", 1),
        lambda: b"",
        lambda: b"PK\x03\x04" + raw,
        lambda: raw + raw,
    ]
    path.write_bytes(rng.choice(ways)())


def some_files(exports: Path, folder: Path, rng: random.Random) -> list[Path]:
    """Copy the tables that must be there and some of the others; returns the two to damage."""
    folder.mkdir()
    chosen = rng.sample(sorted(exports.glob("*.csv")), 3)
    for path in {*chosen, *(exports / f"{name}.csv" for name in NEEDED), exports / "sintetis.toml"}:
        shutil.copy(path, folder)
    return [folder / path.name for path in chosen[:2]]


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_damaged_exports(exports, tmp_path, chunk):
    secrets = set()
    for path in exports.glob("*.csv"):
        secrets |= set(re.findall(r"\b99\d{14}\b", path.read_text()))
    names = [n for n in read(exports / "identitas.csv")["nama_pengurus"].dropna().unique() if len(n) > 8]
    assert secrets
    assert names
    codes = set()
    for case in range(chunk, EXPORTS, CHUNKS):
        rng = random.Random(case)
        folder = tmp_path / str(case)
        for path in some_files(exports, folder, rng):
            hurt(path, rng)
        words = ["ingest", str(folder), "--out", str(folder / "keluar"), "--key-file", str(key(tmp_path)), "--json"]
        done = runner.invoke(app, words)
        said = done.output
        assert done.exit_code in (0, 1, 3), (case, said)
        assert "Traceback" not in said and "text is withheld" not in said, (case, said)
        for secret in (*secrets, *names):
            assert secret not in said, case
        if done.exit_code != 1:
            figures = json.loads(done.stdout.splitlines()[-1])
            for table, rows in figures["tables"].items():
                assert rows["rows_in"] == rows["rows_accepted"] + rows["rows_quarantined"], (case, table)
        else:
            assert not (folder / "keluar" / "store" / "manifest.json").exists()
        codes.add(done.exit_code)
        shutil.rmtree(folder)
    assert len(codes) > 1


def key(folder: Path) -> Path:
    path = folder / "kunci"
    path.write_bytes(b"kunci untuk orang buatan saja")
    return path
