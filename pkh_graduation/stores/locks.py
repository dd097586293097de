"""One run at a time in an output folder: a lock that dies with its process, and says who holds it.

The system's own file lock decides, so that a process that was killed holds nothing; the file's content is only for people.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from pkh_graduation.stores.files import DiskError, disk_trouble

LOCK = ".kunci"


class LockedError(RuntimeError):
    """Another run works in the folder."""


@contextmanager
def only_run(folder: Path, work: str) -> Iterator[None]:
    """Hold the folder's lock for a while; the file goes when the work is done, and so does a folder of ours that stayed empty.

    Raises:
        LockedError: another process holds it; says which, and what to do. DiskError: the folder cannot be written.
    """
    path, new = folder / LOCK, not folder.exists()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = _taken(path)
    except OSError as error:
        said = disk_trouble(error, writing=True) or "it cannot hold a file. Give --out another folder."
        raise DiskError(f"{folder} cannot be used: {said}") from error
    try:
        os.ftruncate(file, 0)
        os.pwrite(file, json.dumps({"proses": os.getpid(), "pekerjaan": work}).encode(), 0)
        yield
    finally:
        path.unlink(missing_ok=True)
        os.close(file)
        if new:
            with suppress(OSError):  # it holds something by now, or another run
                folder.rmdir()


def _taken(path: Path) -> int:
    """The open, locked file. A holder removes it at the end: what was locked must still be the file of that name."""
    while True:
        file = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            _lock(file)
        except OSError as error:
            said = _holder(file)
            os.close(file)
            raise LockedError(
                f"{path.parent} is in use{said}. Wait until that run has ended, stop it, or give another --out."
            ) from error
        try:
            if path.stat().st_ino == os.fstat(file).st_ino:
                return file
        except FileNotFoundError:
            pass
        os.close(file)


def _holder(file: int) -> str:
    try:
        told = json.loads(os.pread(file, 1000, 0))
        return f" by process {int(told['proses'])} ({str(told['pekerjaan'])[:40]})"
    except (ValueError, KeyError, TypeError, OSError):
        return ""


if sys.platform == "win32":  # pragma: no cover - msvcrt is there on Windows alone

    def _lock(file: int) -> None:
        import msvcrt

        os.lseek(file, 1 << 20, os.SEEK_SET)
        msvcrt.locking(file, msvcrt.LK_NBLCK, 1)

else:

    def _lock(file: int) -> None:
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
