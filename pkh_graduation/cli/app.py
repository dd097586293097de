"""The commands and their options."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from pkh_graduation.cli.bundles import app as bundles_app
from pkh_graduation.cli.run import Command, run

app = typer.Typer(
    name="pkh-graduation",
    help="From household records to an explained, fair, short list for each pendamping of PKH.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

Out = Annotated[Path, typer.Option("--out", help="Folder of this run: store, vault, report, lists ...")]
AsOf = Annotated[
    str, typer.Option("--as-of", help="ISO date or tahap (2025-T3 means its last day). Nothing defaults to today.")
]
SettingsFile = Annotated[Path | None, typer.Option("--settings", help="TOML file of settings (pkh.toml).")]
Json = Annotated[bool, typer.Option("--json", help="Print the figures as one JSON line at the end.")]
Models = Annotated[Path | None, typer.Option("--models", help="Folder of bundles; default OUT/models.")]
BundleName = Annotated[str | None, typer.Option("--bundle", help="Name of the bundle; needed when there are several.")]
Key = Annotated[
    Path | None, typer.Option("--key-file", help="File with the pseudonym key; else PKH_KEY or PKH_KEY_FILE.")
]
Force = Annotated[bool, typer.Option("--force", help="Let a bundle fitted on made-up records score real ones.")]
EngineName = Annotated[str, typer.Option("--engine", help="Who works: duckdb (this machine) or spark.")]
Master = Annotated[str, typer.Option("--master", help="Spark master, such as local[2] or a cluster's address.")]
Skew = Annotated[
    bool, typer.Option("--allow-version-skew", help="Load a bundle fitted with another scikit-learn or pkh-graduation.")
]


@app.command()
def demo(
    out: Out = Path("demo"),
    preset: Annotated[str, typer.Option("--preset", help="Made-up population: mini, demo or studi.")] = "demo",
    seed: Annotated[int, typer.Option("--seed", min=0, help="Seed of the population, the key and every draw.")] = 7,
    as_of: AsOf = "2026-T4",
    settings: SettingsFile = None,
    json: Json = False,
) -> None:
    """Run the whole river on a made-up kabupaten: records, store, features, backtest, model, lists."""
    run(Command("demo", out=out, as_of=as_of, settings=settings, json=json), preset=preset, seed=seed)


@app.command()
def ingest(
    raw: Annotated[
        str | None,
        typer.Argument(help="Folder of exports, one file or folder per table; or the address of a database."),
    ] = None,
    out: Out = Path("pkh"),
    mapping: Annotated[
        list[str] | None,
        typer.Option(
            "--mapping", help="Another layout: a TOML file, or a shipped name such as dtsen; may be repeated."
        ),
    ] = None,
    fill: Annotated[
        list[str] | None,
        typer.Option("--fill", help="What the files do not say, such as tanggal=2025-09-30; may be repeated."),
    ] = None,
    key_file: Key = None,
    check: Annotated[bool, typer.Option("--check", help="Only report what would be accepted; write nothing.")] = False,
    template: Annotated[
        Path | None, typer.Option("--template", help="Write empty tables to fill into this folder.")
    ] = None,
    settings: SettingsFile = None,
    json: Json = False,
) -> None:
    """Read raw exports: accepted tables to the store, rejected rows to the quarantine, identifiers to the vault."""
    if (raw is None) == (template is None):
        raise typer.BadParameter("give a folder of exports to read, or --template DIR to write empty tables.")
    command = Command("ingest", out=out, settings=settings, json=json)
    run(command, raw=raw, mapping=mapping or (), fill=fill or (), key_file=key_file, check=check, template=template)


@app.command()
def features(
    as_of: AsOf,
    out: Out = Path("pkh"),
    only: Annotated[
        bool, typer.Option("--only", help="The as-of date alone, as lists need it; no training dates.")
    ] = False,
    engine: EngineName = "duckdb",
    master: Master = "local[2]",
    settings: SettingsFile = None,
    json: Json = False,
) -> None:
    """Compute the features of every training date up to the as-of date, or of the as-of date alone."""
    command = Command("features", out=out, as_of=as_of, settings=settings, json=json)
    run(command, only=only, engine=engine, master=master)


@app.command()
def backtest(
    as_of: AsOf,
    out: Out = Path("pkh"),
    choose: Annotated[
        bool,
        typer.Option("--choose", help="First choose the model at six origins or more; train then fits the chosen one."),
    ] = False,
    settings: SettingsFile = None,
    json: Json = False,
) -> None:
    """Judge the model and today's practice at rolling origins; write report and metrics."""
    run(Command("backtest", out=out, as_of=as_of, settings=settings, json=json), choose=choose)


@app.command()
def train(
    as_of: AsOf,
    out: Out = Path("pkh"),
    models: Models = None,
    name: Annotated[str | None, typer.Option("--name", help="Name of the bundle.")] = None,
    settings: SettingsFile = None,
    json: Json = False,
) -> None:
    """Fit the validated recipe on everything known at the as-of date and save a bundle."""
    run(Command("train", out=out, as_of=as_of, settings=settings, json=json), models=models, name=name)


@app.command()
def score(
    as_of: AsOf,
    out: Out = Path("pkh"),
    models: Models = None,
    bundle: BundleName = None,
    force: Force = False,
    allow_version_skew: Skew = False,
    engine: EngineName = "duckdb",
    master: Master = "local[2]",
    settings: SettingsFile = None,
    json: Json = False,
) -> None:
    """Predict the ways out of every family at the as-of date."""
    options: dict[str, Any] = {
        "models": models,
        "bundle": bundle,
        "force": force,
        "allow_version_skew": allow_version_skew,
        "engine": engine,
        "master": master,
    }
    run(Command("score", out=out, as_of=as_of, settings=settings, json=json), **options)


@app.command()
def lists(
    as_of: AsOf,
    out: Out = Path("pkh"),
    models: Models = None,
    bundle: BundleName = None,
    force: Force = False,
    allow_version_skew: Skew = False,
    names: Annotated[bool, typer.Option("--names/--no-names", help="Join names from the vault.")] = True,
    key_file: Key = None,
    explain: Annotated[
        str | None,
        typer.Option("--explain", help="Only say why this family (kpm_id or id_baris) is or is not on the list."),
    ] = None,
    without_model: Annotated[
        bool, typer.Option("--without-model", help="Without exits to learn from: guards, quota and a rule of practice.")
    ] = False,
    engine: EngineName = "duckdb",
    master: Master = "local[2]",
    settings: SettingsFile = None,
    json: Json = False,
) -> None:
    """Prioritise, explain and write every pendamping's list and the coordinator's page."""
    options: dict[str, Any] = {
        "models": models,
        "bundle": bundle,
        "force": force,
        "allow_version_skew": allow_version_skew,
        "engine": engine,
        "master": master,
        "family": explain,
        "without_model": without_model,
    }
    run(Command("lists", out=out, as_of=as_of, settings=settings, json=json), names=names, key_file=key_file, **options)


app.add_typer(bundles_app, name="bundles")


@app.command()
def doctor(
    table: Annotated[Path, typer.Argument(help="CSV or Parquet with one row per family and as-of date.")],
    as_of_column: Annotated[
        str | None, typer.Option("--as-of-column", help="Date on which the row's features were known.")
    ] = None,
    entity: Annotated[str | None, typer.Option("--entity", help="Whom a row is about, such as kpm_id.")] = None,
    label: Annotated[str | None, typer.Option("--label", help="Column of 0 and 1, or of ways out.")] = None,
    known_column: Annotated[
        list[str] | None,
        typer.Option("--known-column", help="Date on which a row's news became known; may be repeated."),
    ] = None,
    fold_column: Annotated[str | None, typer.Option("--fold-column", help="Which fold a row belongs to.")] = None,
    horizon: Annotated[
        int | None, typer.Option("--horizon", min=1, help="Tahap within which the label is told.")
    ] = None,
    cutoff: Annotated[
        str | None, typer.Option("--cutoff", help="Last day of knowledge: ISO date or tahap; with --horizon.")
    ] = None,
    lag_days: Annotated[int, typer.Option("--lag-days", min=0, help="Reporting lag of the label, in days.")] = 0,
    set_aside: Annotated[
        list[str] | None, typer.Option("--set-aside", help="Column kept for people, no feature; may be repeated.")
    ] = None,
    json: Json = False,
) -> None:
    """Look for leakage in anybody's table: exit code 0 clean, 1 findings, 2 misuse. Never shows a value."""
    options: dict[str, Any] = {
        "as_of_column": as_of_column,
        "entity": entity,
        "label": label,
        "known_columns": known_column or (),
        "fold_column": fold_column,
        "horizon": horizon,
        "cutoff": cutoff,
        "lag_days": lag_days,
        "set_aside": set_aside or (),
    }
    run(Command("doctor", out=table.parent, json=json), table=table, **options)


Family = Annotated[str, typer.Argument(help="kpm_id of the family; - reads it, or a No. KK, from standard input.")]


@app.command()
def quarantine(
    out: Out = Path("pkh"),
    xlsx: Annotated[Path | None, typer.Option("--xlsx", help="Write the workbook of what was set aside.")] = None,
    back: Annotated[Path | None, typer.Option("--return", help="Take back a workbook that people filled in.")] = None,
    raw: Annotated[str | None, typer.Option("--raw", help="With --return: read these exports again, mended.")] = None,
    mapping: Annotated[list[str] | None, typer.Option("--mapping", help="With --raw: as in ingest.")] = None,
    fill: Annotated[list[str] | None, typer.Option("--fill", help="With --raw: as in ingest.")] = None,
    key_file: Key = None,
    settings: SettingsFile = None,
    json: Json = False,
) -> None:
    """Count what was set aside, write it as a workbook in Indonesian, or take the mended workbook back."""
    options = {
        "xlsx": xlsx,
        "back": back,
        "raw": raw,
        "mapping": mapping or (),
        "fill": fill or (),
        "key_file": key_file,
    }
    run(Command("quarantine", out=out, settings=settings, json=json), **options)


@app.command()
def forget(kpm_id: Family, out: Out = Path("pkh"), key_file: Key = None, json: Json = False) -> None:
    """Take a family out of vault, store, quarantine, features, scores and lists; a tombstone keeps it from returning."""
    run(Command("forget", out=out, json=json), kpm_id=kpm_id, key_file=key_file)


@app.command("export-subject")
def export_subject(
    kpm_id: Family,
    file: Annotated[Path, typer.Option("--to", help="File to write: .json or .xlsx, readable by its owner only.")],
    out: Out = Path("pkh"),
    key_file: Key = None,
    json: Json = False,
) -> None:
    """Write all that is held about a family into one file for the family."""
    run(Command("export-subject", out=out, json=json), kpm_id=kpm_id, file=file, key_file=key_file)


@app.command()
def feedback(
    files: Annotated[list[Path], typer.Argument(help="Returned files: XLSX, text of the phone page, ODK CSV.")],
    received: Annotated[
        str, typer.Option("--received", help="Day on which the files came in (ISO): answers are known from then on.")
    ],
    out: Out = Path("pkh"),
    settings: SettingsFile = None,
    json: Json = False,
) -> None:
    """Take in what came back from the field: accepted answers, quarantine, and rows for the next ingest."""
    command = Command("feedback", out=out, settings=settings, json=json)
    run(command, files=files, received=received)


@app.command()
def watch(
    as_of: AsOf,
    out: Out = Path("pkh"),
    models: Models = None,
    bundle: BundleName = None,
    force: Force = False,
    allow_version_skew: Skew = False,
    settings: SettingsFile = None,
    json: Json = False,
) -> None:
    """Compare a date with what the model was fitted on, and what it said with what came; is it time to retrain?"""
    options: dict[str, Any] = {
        "models": models,
        "bundle": bundle,
        "force": force,
        "allow_version_skew": allow_version_skew,
    }
    run(Command("watch", out=out, as_of=as_of, settings=settings, json=json), **options)


def main() -> None:
    """Entry point of the console script."""
    app()
