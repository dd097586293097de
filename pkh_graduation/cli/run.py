"""Running one command: progress, figures, errors in one sentence, exit codes.

Exit codes: 0 done, 1 failed, 2 misuse, 3 done but a table's quarantine is above its limit.
"""

from __future__ import annotations

import json as text
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

FAILED, MISUSE, ABOVE_LIMIT = 1, 2, 3
PACKAGE = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Command:
    """What every command shares."""

    name: str
    out: Path
    as_of: str | None = None
    settings: Path | None = None
    json: bool = False


def run(command: Command, **options: Any) -> None:
    """Run a command and leave the process with its exit code."""
    from pkh_graduation.workflows import commands

    with _progress() as progress:
        try:
            figures, code = commands.COMMANDS[command.name](command, progress=progress, **options)
        except commands.MisuseError as error:
            _leave(str(error), MISUSE)
        except KeyboardInterrupt:
            _leave("stopped.", FAILED)
        except Exception as error:  # the last door: nobody gets a traceback, and no message that could hold a household
            _leave(sentence_of(error), FAILED)
    if command.json:
        sys.stdout.write(text.dumps(figures, sort_keys=True, ensure_ascii=False) + "\n")
    else:
        sys.stderr.write("".join(f"{line}\n" for line in lines_of(figures)))
    sys.exit(code)


def lines_of(figures: Mapping[str, Any]) -> list[str]:
    """Figures for people: a line each, what belongs to a name indented under it.

    >>> lines_of({"kpm": 3, "tables": {"usaha": {"rows_in": 2}}, "siap_dibahas": {}})
    ['kpm: 3', 'tables:', '  usaha:', '    rows_in: 2', 'siap_dibahas: none']
    """
    lines = []
    for name, value in figures.items():
        parts = value
        if isinstance(value, list) and any(map(_is_nested, value)):
            parts = {str(number): part for number, part in enumerate(value, 1)}
        if _is_nested(parts) and parts:
            lines += [f"{name}:", *(f"  {line}" for line in lines_of(parts))]
        else:
            lines.append(f"{name}: {'none' if _is_nested(parts) or parts == [] else parts}")
    return lines


def _is_nested(value: Any) -> bool:
    return isinstance(value, Mapping)


def sentence_of(error: BaseException) -> str:
    """The error in one sentence. Words of our own are shown; those of a library only by kind and place.

    A library's message may quote a cell; ours never do.
    """
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if Path(frame.filename).resolve().is_relative_to(PACKAGE)]
    raised_here = bool(own) and frames[-1] == own[-1]
    if raised_here or isinstance(error, FileNotFoundError | PermissionError | IsADirectoryError | NotADirectoryError):
        return f"{type(error).__name__}: {error}"
    place = f" in {Path(own[-1].filename).name}:{own[-1].lineno}" if own else ""
    return f"{type(error).__name__}{place}: an error we did not foresee; its text is withheld, it could quote a record."


def _leave(message: str, code: int) -> NoReturn:
    sys.stderr.write(f"pkh-graduation: {message}\n")
    sys.exit(code)


@contextmanager
def _progress() -> Iterator[Callable[[str], None]]:
    """A moving bar on a terminal, plain lines elsewhere; both on standard error."""
    if not sys.stderr.isatty():
        yield lambda message: _say(message)
        return
    from tqdm import tqdm

    with tqdm(bar_format="{desc} [{elapsed}]", leave=False, file=sys.stderr) as bar:

        def move(message: str) -> None:
            bar.set_description_str(message)
            bar.update()

        yield move


def _say(message: str) -> None:
    sys.stderr.write(f"{message}\n")
    sys.stderr.flush()
