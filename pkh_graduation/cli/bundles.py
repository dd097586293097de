"""``bundles``: what bundles there are, whether they are sound, and which one becomes champion."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pkh_graduation.cli.run import Command, run

app = typer.Typer(
    help="Show the bundles there are; check them (verify); make one the champion (promote).",
    invoke_without_command=True,
    add_completion=False,
    rich_markup_mode=None,
)

Out = Annotated[Path, typer.Option("--out", help="Folder of this run: store, vault, report, lists ...")]
Models = Annotated[Path | None, typer.Option("--models", help="Folder of bundles; default OUT/models.")]
Json = Annotated[bool, typer.Option("--json", help="Print the figures as one JSON line at the end.")]
Key = Annotated[
    Path | None, typer.Option("--key-file", help="File with the key of the bundles; else PKH_BUNDLE_KEY_FILE.")
]


@app.callback()
def bundles(context: typer.Context, out: Out = Path("pkh"), models: Models = None, json: Json = False) -> None:
    """Show the bundles there are and what each was fitted on; see also verify and promote."""
    sources = {name: context.get_parameter_source(name) for name in ("out", "models", "json")}
    given = [name for name, source in sources.items() if source is not None and source.name == "COMMANDLINE"]
    if context.invoked_subcommand is not None and given:
        raise typer.BadParameter(f"write --{given[0]} after {context.invoked_subcommand!r}, not before it.")
    if context.invoked_subcommand is None:
        run(Command("bundles", out=out, json=json), models=models)


@app.command("list")
def list_(out: Out = Path("pkh"), models: Models = None, json: Json = False) -> None:
    """Show the bundles there are and what each was fitted on."""
    run(Command("bundles", out=out, json=json), models=models)


@app.command()
def verify(
    name: Annotated[str | None, typer.Argument(help="Name of a bundle; all of them without.")] = None,
    out: Out = Path("pkh"),
    models: Models = None,
    key_file: Key = None,
    json: Json = False,
) -> None:
    """Load bundles as scoring would, and say of each whether it is sound, else why not (exit code 1)."""
    run(Command("bundles verify", out=out, json=json), models=models, name=name, key_file=key_file)


@app.command()
def promote(
    name: Annotated[str, typer.Argument(help="Name of the bundle that shall become champion.")],
    out: Out = Path("pkh"),
    models: Models = None,
    margin: Annotated[
        float,
        typer.Option(
            "--margin", min=0.0, max=0.2, help="Precision of the lists that may be lost against the champion."
        ),
    ] = 0.01,
    key_file: Key = None,
    json: Json = False,
) -> None:
    """Move MLflow's alias `champion` to a bundle, if its backtest allows it; else say every reason (exit code 1)."""
    options = {"models": models, "name": name, "margin": margin, "key_file": key_file}
    run(Command("bundles promote", out=out, json=json), **options)
