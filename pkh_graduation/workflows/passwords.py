"""The password of locked lists: read from where the settings say, never written in them."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path

from pkh_graduation.outputs.locked import check_lock, unlock_workbook
from pkh_graduation.workflows.settings import Lists, SettingsError

SECRETS = {"password_env", "password_file"}
"""Settings of `Lists` that say where the password is: no list depends on them."""


def list_password(settings: Lists) -> str | None:
    """The password that ``[lists] password_env`` or ``password_file`` leads to; None where lists are not locked.

    Raises:
        SettingsError: both are given, or there is no password where they lead.
    """
    if settings.password_env and settings.password_file:
        raise SettingsError("[lists] has password_env and password_file: keep one.")
    if settings.password_env:
        found = os.environ.get(settings.password_env, "")
        # Whoever put the password itself there by mistake should not read it in a log.
        named = re.fullmatch(r"[A-Z_][A-Z0-9_]*", settings.password_env)
        where = f"the environment variable {settings.password_env if named else 'that password_env names'}"
    elif settings.password_file:
        found, where = _of_file(Path(settings.password_file)), f"the file {settings.password_file}"
    else:
        return None
    if not found:
        raise SettingsError(
            f"[lists] wants locked lists, but {where} holds no password. Set it, or take the setting away."
        )
    return found


def _of_file(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return ""


def check(settings: Lists, formats: tuple[str, ...]) -> None:
    """Tell before any work that lists cannot be locked as asked.

    Raises:
        SettingsError, LockError: see `list_password` and `outputs.locked.check_lock`.
    """
    password = list_password(settings)
    if password is not None:
        check_lock(password, formats)


def unlocker(settings: Lists) -> Callable[[bytes], bytes]:
    """What opens a returned workbook; without a password, nothing is opened."""
    password = list_password(settings)
    return bytes if password is None else partial(unlock_workbook, password=password)
