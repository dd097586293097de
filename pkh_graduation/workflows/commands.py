"""The commands as functions: ``(command, progress, **options) -> (figures, exit code)``."""

from __future__ import annotations

import datetime as dt
import os
import sys
from collections.abc import Callable, Iterator, Sequence
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
def _wrong_setting() -> Iterator[None]:
    """What a setting asks for cannot be done: misuse."""
    try:
        yield
    except ValueError as error:
        raise MisuseError(str(error)) from error


def _check_engine(engine: str) -> None:
    if engine not in ENGINES:
        raise MisuseError(f"no engine {engine!r}; there are {list(ENGINES)}.")


@contextmanager
def _crew(settings: Settings, engine: str, master: str) -> Iterator[Any]:
    """Processes of this machine, or Spark's workers."""
    from pkh_graduation.workflows.crew import Crew

    _check_engine(engine)
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
    from pkh_graduation.workflows import demonstrating, returning

    if preset not in demonstrating.presets():
        raise MisuseError(f"no preset {preset!r}; there are {list(demonstrating.presets())}.")
    figures = demonstrating.demo(
        Places(call.out), preset=preset, seed=seed, as_of=_as_of(call), settings=_settings(call), progress=progress
    )
    returning.register(Places(call.out))
    return figures, 0


def _filled(words: Sequence[str]) -> dict[str, str]:
    """``word=value`` as a mapping."""
    pairs = [word.partition("=") for word in words]
    wrong = [word for word, equals, _ in pairs if not equals]
    if wrong:
        raise MisuseError(f"--fill wants word=value, such as tanggal=2025-09-30; {wrong} have no '='.")
    return {word.strip(): value for word, _, value in pairs}


def _check_source(raw: str | None) -> None:
    """Exports are a folder, or the address of a database, which is never said again: it may hold a password."""
    from pkh_graduation.records.databases import is_address

    if raw is None:
        raise MisuseError("Give the folder of exports, or the address of a database.")
    if not (is_address(raw) or Path(raw).is_dir()):
        # a mistyped address holds its password all the same
        said = "What was given (not shown, as it may hold a password)" if "@" in raw or "//" in raw else raw
        raise MisuseError(f"{said} is neither a folder of exports nor the address of a database.")


def _check_mappings(mapping: Sequence[str]) -> None:
    from pkh_graduation.records.mapping import layouts

    if unknown := [name for name in mapping if name not in layouts() and not Path(name).is_file()]:
        raise MisuseError(
            f"--mapping {unknown[0]} is neither a file nor a layout that comes with the library: {list(layouts())}."
        )


def ingest(
    call: Call,
    *,
    progress: Progress,
    raw: str | None,
    mapping: Sequence[str],
    fill: Sequence[str],
    key_file: Path | None,
    check: bool,
    template: Path | None,
) -> Figures:
    """Raw exports to the store, a check of them, or empty tables."""
    from pkh_graduation.workflows import ingesting

    settings = _settings(call)
    if template is not None:
        return {"template": str(template), "files": ingesting.template(template)}, 0
    _check_source(raw)
    _check_mappings(mapping)
    figures = ingesting.ingest(
        raw or "",
        None if check else Places(call.out),
        key=_key(key_file),
        mapping=mapping,
        fill=_filled(fill),
        settings=settings,
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


def backtest(call: Call, *, progress: Progress, choose: bool = False) -> Figures:
    """Model against today's practice."""
    from pkh_graduation.workflows import learning

    recipe = _settings(call).recipe
    figures = learning.backtest(Places(call.out), as_of=_as_of(call), recipe=recipe, choose=choose, progress=progress)
    return figures, 0


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
        options["expected_rate"] = settings.lists.expected_rate
        return scoring.score(Places(call.out), as_of=as_of, **options), 0


def lists(
    call: Call,
    *,
    progress: Progress,
    names: bool,
    engine: str,
    master: str,
    key_file: Path | None = None,
    family: str | None = None,
    without_model: bool = False,
    **options: Any,
) -> Figures:
    """Lists and the coordinator's page; or why a family is on them; or lists by rules of practice alone."""
    from pkh_graduation.explanations import read_phrasebook
    from pkh_graduation.workflows import cold_start, explaining, listing, passwords, returning

    settings, as_of, places = _settings(call), _as_of(call), Places(call.out)
    _check_engine(engine)
    if family is not None:
        return explaining.explain(places, as_of=as_of, family=family), 0
    with _wrong_setting():
        passwords.check(settings.lists, listing.formats(settings.lists))
        read_phrasebook(settings.lists.language)
        if without_model:
            cold_start.check(settings.lists)
    with _key_in_use(key_file), _crew(settings, engine, master) as crew:
        own: dict[str, Any] = {"recipe": settings.recipe, "settings": settings.lists, "vault": names, "crew": crew}
        if without_model:
            figures = cold_start.lists_without_model(places, as_of=as_of, progress=progress, **own)
        else:
            figures = listing.lists(places, as_of=as_of, progress=progress, **own, **options)
    returning.register(places)
    return figures, 0


def feedback(call: Call, *, progress: Progress, files: list[Path], received: str) -> Figures:
    """Returned files to accepted answers, quarantine and rows for the next ingest."""
    from pkh_graduation.workflows import passwords, returning

    for path in files:
        if not path.is_file():
            raise MisuseError(f"{path} is not a file.")
    try:
        day = dt.date.fromisoformat(received)
    except ValueError as error:
        raise MisuseError(f"--received is an ISO date such as 2026-05-12, not {received!r}.") from error
    settings = _settings(call)
    with _wrong_setting():
        unlock = passwords.unlocker(settings.lists)
    options: dict[str, Any] = {"limit": settings.ingest.quarantine_limit, "unlock": unlock}
    figures = returning.feedback(files, Places(call.out), received=day, progress=progress, **options)
    return figures, 3 if figures["above_limit"] else 0


def watch(call: Call, *, progress: Progress, **options: Any) -> Figures:
    """Whether the model still holds: drift, outcomes against predictions, and whether to retrain."""
    from pkh_graduation.workflows import watching

    settings, as_of = _settings(call), _as_of(call)
    with _crew(settings, "duckdb", "") as crew:
        options |= {"recipe": settings.recipe, "crew": crew, "progress": progress}
        return watching.watch(Places(call.out), as_of=as_of, **options), 0


def bundles(call: Call, *, progress: Progress, models: Path | None) -> Figures:
    """What bundles there are."""
    from pkh_graduation.workflows import promoting

    return promoting.show(Places(call.out), models=models), 0


def bundles_verify(call: Call, *, progress: Progress, **options: Any) -> Figures:
    """Whether bundles are sound: exit code 1 if one is not."""
    from pkh_graduation.workflows import promoting

    figures = promoting.verify(Places(call.out), **options)
    return figures, 0 if figures["sound"] else 1


def bundles_promote(call: Call, *, progress: Progress, name: str, **options: Any) -> Figures:
    """Make a bundle the champion, or refuse."""
    from pkh_graduation.workflows import promoting

    if Path(name).name != name or name.startswith("."):
        raise MisuseError("a bundle's name is one plain folder name.")
    return promoting.promote(Places(call.out), name, progress=progress, **options), 0


def doctor(call: Call, *, progress: Progress, table: Path, cutoff: str | None, **options: Any) -> Figures:
    """Signs of leakage in a table: exit code 0 without findings, 1 with some."""
    from pkh_graduation.evaluation.leakage import RolesError
    from pkh_graduation.workflows import doctoring

    if not table.exists():
        raise MisuseError(f"{table} does not exist: give a CSV or Parquet file.")
    try:
        last = parse_as_of(cutoff) if cutoff is not None else None
        figures = doctoring.examine(table, cutoff=last, progress=progress, **options)
    except (RolesError, ValueError) as error:
        raise MisuseError(str(error)) from error
    return figures, 0 if figures["clean"] else 1


@contextmanager
def _key_in_use(path: Path | None) -> Iterator[None]:
    """The key of a file for this command and the processes it starts; without a file, the key at hand."""
    if path is None:
        yield
        return
    _key(path)
    before = {name: os.environ.pop(name, None) for name in ("PKH_KEY", "PKH_KEY_FILE")}
    os.environ["PKH_KEY_FILE"] = str(path.resolve())
    try:
        yield
    finally:
        os.environ.pop("PKH_KEY_FILE")
        os.environ.update({name: value for name, value in before.items() if value is not None})


def _subject(said: str) -> str:
    """A family's id, read from standard input where the command line holds ``-``: a No. KK is nothing for a shell's history."""
    return sys.stdin.readline().strip() if said == "-" else said


def forget(call: Call, *, progress: Progress, kpm_id: str, key_file: Path | None) -> Figures:
    """Take a family out of everything, and leave a tombstone."""
    from pkh_graduation.workflows import subject_rights

    figures = subject_rights.forget(Places(call.out), _subject(kpm_id), key=_key(key_file), progress=progress)
    return figures, 1 if figures["traces"] else 0


def export_subject(call: Call, *, progress: Progress, kpm_id: str, file: Path, key_file: Path | None) -> Figures:
    """All that is held about a family, in one file."""
    from pkh_graduation.workflows import subject_export

    if file.suffix.casefold() not in (".json", ".xlsx"):
        raise MisuseError(f"{file.name} must end in .json or .xlsx.")
    return subject_export.export_subject(Places(call.out), _subject(kpm_id), file, key=_key(key_file)), 0


def quarantine(
    call: Call,
    *,
    progress: Progress,
    xlsx: Path | None,
    back: Path | None,
    raw: str | None,
    mapping: Sequence[str],
    fill: Sequence[str],
    key_file: Path | None,
) -> Figures:
    """The quarantine as a workbook, what people mended in it, and counts per rule."""
    from pkh_graduation.workflows import ingesting, quarantining

    places, key = Places(call.out), _key(key_file)
    if back is None and (raw is not None or mapping or fill):
        raise MisuseError("--raw, --mapping and --fill go with --return: the book that came back.")
    if raw is None and (mapping or fill):
        raise MisuseError("--mapping and --fill go with --raw: the exports to read again.")
    if raw is not None:
        _check_source(raw)
    _check_mappings(mapping)
    figures: dict[str, Any] = {}
    code = 0
    if back is not None:
        figures |= quarantining.take_back(places, back, key)
    if back is not None and raw is not None:
        read = ingesting.ingest(
            raw, places, key=key, mapping=mapping, fill=_filled(fill), settings=_settings(call), progress=progress
        )
        figures |= {name: read[name] for name in ("rows_in", "rows_accepted", "above_limit")}
        code = 3 if read["above_limit"] else 0
        figures |= quarantining.after_return(places, key)
    if xlsx is not None:
        return figures | quarantining.write_book(places, xlsx, key), code
    return figures | quarantining.counts(places), code


def _alone(command: Callable[..., Figures]) -> Callable[..., Figures]:
    """A command that writes: alone in its output folder, and a full or closed disk told in a sentence."""

    def run(call: Call, *, progress: Progress, **options: Any) -> Figures:
        from pkh_graduation import stores

        trouble = ""
        try:
            if command is ingest and (options.get("check") or options.get("template") is not None):
                return command(call, progress=progress, **options)
            with stores.only_run(call.out, command.__name__):
                return command(call, progress=progress, **options)
        except stores.LockedError:
            raise
        except Exception as error:  # told here, since one that comes from a worker's process would be withheld
            trouble = str(error) if isinstance(error, stores.DiskError) else stores.disk_trouble(error)
            if not trouble:
                raise
        raise stores.DiskError(f"{command.__name__} stopped in {call.out}: {trouble}")

    return run


COMMANDS: dict[str, Callable[..., Figures]] = {
    "doctor": doctor,
    "demo": _alone(demo),
    "ingest": _alone(ingest),
    "features": _alone(features),
    "backtest": _alone(backtest),
    "train": _alone(train),
    "score": _alone(score),
    "lists": _alone(lists),
    "watch": _alone(watch),
    "feedback": _alone(feedback),
    "bundles": bundles,
    "bundles promote": bundles_promote,
    "bundles verify": bundles_verify,
    "quarantine": _alone(quarantine),
    "forget": _alone(forget),
    "export-subject": export_subject,
}
