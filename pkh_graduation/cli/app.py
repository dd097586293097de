"""The commands and their options."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

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
Skew = Annotated[bool, typer.Option("--allow-version-skew", help="Load a bundle fitted with another scikit-learn.")]


@app.command()
def demo(
    out: Out = Path("demo"),
    preset: Annotated[str, typer.Option("--preset", help="Made-up population: mini, demo or studi.")] = "demo",
    seed: Annotated[int, typer.Option("--seed", help="Seed of the population, the key and every draw.")] = 7,
    as_of: AsOf = "2026-T4",
    settings: SettingsFile = None,
    json: Json = False,
) -> None:
    """Run the whole river on a made-up kabupaten: records, store, features, backtest, model, lists."""
    run(Command("demo", out=out, as_of=as_of, settings=settings, json=json), preset=preset, seed=seed)


@app.command()
def ingest(
    raw: Annotated[Path | None, typer.Argument(help="Folder of exports, one file or folder per table.")] = None,
    out: Out = Path("pkh"),
    mapping: Annotated[
        Path | None, typer.Option("--mapping", help="TOML that maps another layout to our tables.")
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
    run(command, raw=raw, mapping=mapping, key_file=key_file, check=check, template=template)


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
def backtest(as_of: AsOf, out: Out = Path("pkh"), settings: SettingsFile = None, json: Json = False) -> None:
    """Judge the model and today's practice at rolling origins; write report and metrics."""
    run(Command("backtest", out=out, as_of=as_of, settings=settings, json=json))


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
    }
    run(Command("lists", out=out, as_of=as_of, settings=settings, json=json), names=names, **options)


@app.command()
def bundles(out: Out = Path("pkh"), models: Models = None, json: Json = False) -> None:
    """Show the bundles there are and what each was fitted on."""
    run(Command("bundles", out=out, json=json), models=models)


def main() -> None:
    """Entry point of the console script."""
    app()
