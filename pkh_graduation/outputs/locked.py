"""Locked: a list that opens with a password alone. Workbooks by Office's own encryption, pages by the browser's.

A workbook is encrypted as ECMA-376 has it (agile, AES-256 and SHA-512; extra `sandi`), so programs for workbooks ask for the
password. A page becomes a small page that holds the list packed and encrypted (AES-256-GCM, key by PBKDF2 with SHA-256) and
opens it offline through WebCrypto. Whoever has a locked file can guess at the password for as long as she likes: a short one
protects nothing. Other formats cannot be locked. A locked workbook's bytes differ each time; those of a page do not.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import io
import re
import zlib
from collections.abc import Callable, Mapping
from functools import cache, lru_cache
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from pkh_graduation.outputs.files import TITLE

MIN_LENGTH, MIN_DIFFERENT = 10, 5
"""Shortest password, in characters without spaces at its ends, and how many of them must differ."""
ROUNDS = 600_000
"""Rounds of PBKDF2: about a second on a cheap phone, for each guess of a stranger too."""
_BOOK_MARK = bytes.fromhex("d0cf11e0a1b11ae1")
_SCRIPT = re.compile(r"script-src (?:'|&#39;)(sha256-[A-Za-z0-9+/=]+)")


class LockError(ValueError):
    """A list cannot be locked, or a locked one not be opened; never holds the password."""


def check_lock(password: str, formats: tuple[str, ...]) -> None:
    """Refuse what would protect nothing.

    Raises:
        LockError: the password is too short or nearly one character, a format cannot be locked, or the extra is missing.
    """
    if len(password.strip()) < MIN_LENGTH or len(set(password)) < MIN_DIFFERENT:
        raise LockError(
            f"the password of the lists is too easily guessed: give {MIN_LENGTH} or more characters, at least {MIN_DIFFERENT} of "
            "them different, not a word alone."
        )
    open_ones = sorted(set(formats) - {*LOCKS, "csv"})
    if open_ones:
        raise LockError(
            f"lists as {open_ones} cannot be locked: switch them off in [lists], or take the password away."
        )
    if "xlsx" in formats:
        _office()


def lock_workbook(content: bytes, password: str, run_id: str = "") -> bytes:
    """A workbook that asks for the password; other bytes each time.

    Raises:
        LockError: the extra `sandi` is not installed.
    """
    _, ooxml = _office()
    locked = io.BytesIO()
    ooxml.OOXMLFile(io.BytesIO(content)).encrypt(password, locked)
    return locked.getvalue()


def unlock_workbook(content: bytes, password: str) -> bytes:
    """The workbook inside; what is not locked comes back as it is.

    Raises:
        LockError: another password, a damaged file, or the extra `sandi` is not installed.
    """
    if not content.startswith(_BOOK_MARK):
        return content
    office, _ = _office()
    opened = io.BytesIO()
    try:
        book = office.OfficeFile(io.BytesIO(content))
        book.load_key(password=password, verify_password=True)
        book.decrypt(opened, verify_integrity=True)
    except Exception as error:  # the library raises many kinds on a damaged file
        raise LockError("a locked workbook does not open with the password of the lists.") from error
    return opened.getvalue()


def lock_page(content: bytes, password: str, run_id: str) -> bytes:
    """A page that asks for the password and opens the given one in its place; equal page, password and run, equal bytes."""
    found = _SCRIPT.search(content.decode())
    if found is None:
        raise LockError("the page names no script in its policy, so it cannot be opened again.")
    salt = hashlib.sha256(run_id.encode()).digest()[:16]
    key = _page_key(password, salt)
    nonce = hmac.digest(key, content, "sha256")[:12]  # follows from the page: no two pages share one
    box = base64.b64encode(salt + nonce + AESGCM(key).encrypt(nonce, zlib.compress(content, 9), None)).decode()
    script, style = (_asset(f"locked.{kind}") for kind in ("js", "css"))
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    allowed = (
        f"script-src 'sha256-{digest}' '{found[1]}'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
    )
    page = (
        _templates()
        .get_template("locked.html.j2")
        .render(
            policy=f"default-src 'none'; {allowed}",
            title=TITLE,
            style=Markup(style),
            script=Markup(script),
            rounds=ROUNDS,
            box=box,
        )
    )
    return page.encode()


@lru_cache(maxsize=2)
def _page_key(password: str, salt: bytes) -> bytes:
    """The key of a run's pages: derived once, not once a page."""
    return PBKDF2HMAC(hashes.SHA256(), 32, salt, ROUNDS).derive(password.encode())


@cache
def _templates() -> Environment:
    loader = PackageLoader("pkh_graduation.outputs", "templates")
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True)


def _asset(name: str) -> str:
    environment = _templates()
    assert environment.loader is not None
    return environment.loader.get_source(environment, name)[0].strip()


def _office() -> tuple[Any, Any]:
    try:
        import msoffcrypto
        from msoffcrypto.format import ooxml
    except ImportError as error:
        raise LockError("locked workbooks need pip install 'pkh-graduation[sandi]'.") from error
    return msoffcrypto, ooxml


LOCKS: Mapping[str, Callable[[bytes, str, str], bytes]] = {"xlsx": lock_workbook, "html": lock_page}
"""Format -> how it is locked: content, password, run id."""


def locked(name: str, content: bytes, password: str | None, run_id: str) -> bytes:
    """A list in a format, locked where there is a password."""
    return LOCKS[name](content, password, run_id) if password is not None else content
