"""The commands as functions: ``(command, progress, **options) -> (figures, exit code)``."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from pkh_graduation.contracts import Progress
from pkh_graduation.programme.calendar import parse_as_of
from pkh_graduation.workflows.places import Places
from pkh_graduation.workflows.settings import Settings, SettingsError, read_settings

Figures = tuple[dict[str, Any], int]
ENGINES = ("duckdb", "spark")


class MisuseError(ValueError):
    """The words of the call do not fit: exit code 2."""


class Call(Protocol):
    """What the command line hands over."""

    @property
    def out(self) -> Path:
        """Output folder."""

    @property
    def as_of(self) -> str | None:
        """As-of date as written."""

    @property
    def settings(self) -> Path | None:
        """Settings file."""


def _as_of(call: Call) -> dt.date:
    try:
        return parse_as_of(str(call.as_of))
    except ValueError as error:
        raise MisuseError(str(error)) from error


def _settings(call: Call) -> Settings:
    try:
        return read_settings(call.settings)
    except SettingsError as error:
        raise MisuseError(str(error)) from error


@contextmanager
def _crew(settings: Settings, engine: str, master: str) -> Iterator[Any]:
    """Processes of this machine, or Spark's workers."""
    from pkh_graduation.workflows.crew import Crew

    if engine not in ENGINES:
        raise MisuseError(f"no engine {engine!r}; there are {list(ENGINES)}.")
    size = (settings.machine.workers, settings.machine.memory_limit)
    if engine == "duckdb":
        yield Crew(*size)
        return
    from pkh_graduation.engines import SparkEngine
    from pkh_graduation.workflows.on_spark import SparkCrew

    with SparkEngine(master) as spark:
        yield SparkCrew(*size, spark)


def _key(path: Path | None) -> bytes | None:
    if path is None:
        return None
    if not path.is_file():
        raise MisuseError(f"key file {path} does not exist.")
    return path.read_bytes().strip()


def demo(call: Call, *, progress: Progress, preset: str, seed: int) -> Figures:
    """The whole river on a made-up kabupaten."""
    from pkh_graduation.workflows import demonstrating

    if preset not in demonstrating.presets():
        raise MisuseError(f"no preset {preset!r}; there are {list(demonstrating.presets())}.")
    figures = demonstrating.demo(
        Places(call.out), preset=preset, seed=seed, as_of=_as_of(call), settings=_settings(call), progress=progress
    )
    return figures, 0


def ingest(
    call: Call,
    *,
    progress: Progress,
    raw: Path | None,
    mapping: Path | None,
    key_file: Path | None,
    check: bool,
    template: Path | None,
) -> Figures:
    """Raw exports to the store, a check of them, or empty tables."""
    from pkh_graduation.workflows import ingesting

    if template is not None:
        return {"template": str(template), "files": ingesting.template(template)}, 0
    if raw is None or not raw.is_dir():
        raise MisuseError(f"{raw} is not a folder of exports.")
    figures = ingesting.ingest(
        raw,
        None if check else Places(call.out),
        key=_key(key_file),
        mapping=mapping,
        settings=_settings(call),
        progress=progress,
    )
    return figures, 3 if figures["above_limit"] else 0


def features(call: Call, *, progress: Progress, only: bool, engine: str, master: str) -> Figures:
    """Features of the training dates, or of one date."""
    from pkh_graduation import stores
    from pkh_graduation.workflows import featuring

    settings = _settings(call)
    places, as_of = Places(call.out), _as_of(call)
    with _crew(settings, engine, master) as crew:
        store = stores.open_store(places.store)
        dates = featuring.asked_dates(store, as_of, settings.recipe, only=only)
        if engine == "spark":
            from pkh_graduation.workflows import on_spark

            return on_spark.compute_at(places, store, dates, crew=crew, progress=progress), 0
        return featuring.compute_at(places, store, dates, crew=crew, progress=progress), 0


def backtest(call: Call, *, progress: Progress) -> Figures:
    """Model against today's practice."""
    from pkh_graduation.workflows import learning

    recipe = _settings(call).recipe
    return learning.backtest(Places(call.out), as_of=_as_of(call), recipe=recipe, progress=progress), 0


def train(call: Call, *, progress: Progress, models: Path | None, name: str | None) -> Figures:
    """Fit and bundle."""
    from pkh_graduation.workflows import learning

    if name is not None and (Path(name).name != name or name.startswith(".")):
        raise MisuseError("a bundle's name is one plain folder name.")
    recipe = _settings(call).recipe
    return learning.train(
        Places(call.out), as_of=_as_of(call), recipe=recipe, models=models, name=name, progress=progress
    ), 0


def score(call: Call, *, progress: Progress, engine: str, master: str, **options: Any) -> Figures:
    """Incidence and reasons of every family."""
    from pkh_graduation.workflows import scoring

    settings, as_of = _settings(call), _as_of(call)
    with _crew(settings, engine, master) as crew:
        options |= {"recipe": settings.recipe, "crew": crew, "progress": progress}
        return scoring.score(Places(call.out), as_of=as_of, **options), 0


def lists(call: Call, *, progress: Progress, names: bool, engine: str, master: str, **options: Any) -> Figures:
    """Lists and the coordinator's page."""
    from pkh_graduation.workflows import listing

    settings, as_of = _settings(call), _as_of(call)
    with _crew(settings, engine, master) as crew:
        options |= {"recipe": settings.recipe, "settings": settings.lists, "vault": names, "crew": crew}
        return listing.lists(Places(call.out), as_of=as_of, progress=progress, **options), 0


def bundles(call: Call, *, progress: Progress, models: Path | None) -> Figures:
    """What bundles there are."""
    from pkh_graduation.stores import list_bundles

    keys = ("as_of", "sintetis", "data_digest", "sklearn", "broken")
    found = list_bundles(models or Places(call.out).models)
    return {
        "bundles": {name: {key: card[key] for key in keys if key in card} for name, card in found},
        "count": len(found),
    }, 0


COMMANDS: dict[str, Callable[..., Figures]] = {
    "demo": demo,
    "ingest": ingest,
    "features": features,
    "backtest": backtest,
    "train": train,
    "score": score,
    "lists": lists,
    "bundles": bundles,
}
