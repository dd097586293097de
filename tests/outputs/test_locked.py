"""A locked list opens with its password and with nothing else; the password is nowhere."""

import base64
import io
import json
import re
import sys
import zipfile
import zlib

import pytest
import xlsxwriter
from browsers import needs_browser, small_phone
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC
from hypothesis import given, settings
from hypothesis import strategies as st

from pkh_graduation.outputs import write_lists
from pkh_graduation.outputs.locked import ROUNDS, LockError, check_lock, lock_page, lock_workbook, unlock_workbook

PASSWORD = "sandi panjang 2026"
FIRST = "d000000000000001"


@pytest.fixture(scope="module")
def office():
    return pytest.importorskip("msoffcrypto", reason="the extra `sandi` is not installed")


def opened(page: bytes, password: str) -> bytes:
    """What the page's script does, in Python."""
    found = re.search(r'data-putaran="(\d+)">([^<]+)<', page.decode())
    assert found and int(found[1]) == ROUNDS
    box = base64.b64decode(found[2])
    key = PBKDF2HMAC(hashes.SHA256(), 32, box[:16], ROUNDS).derive(password.encode())
    return zlib.decompress(AESGCM(key).decrypt(box[16:28], box[28:], None))


def test_lists_are_locked_and_open_with_the_password(office, lists, vault, tmp_path):
    plain, shut = tmp_path / "terbuka", tmp_path / "terkunci"
    write_lists(lists, plain, vault=vault)
    write_lists(lists, shut, vault=vault, password=PASSWORD)
    names = [str(name) for name in vault["nama_pengurus"].dropna()]
    for file in sorted((plain / "pendamping").iterdir()):
        own, other = file.read_bytes(), (shut / "pendamping" / file.name).read_bytes()
        if file.suffix == ".xlsx":
            assert not zipfile.is_zipfile(io.BytesIO(other))
            assert unlock_workbook(other, PASSWORD) == own
            with pytest.raises(LockError, match="does not open"):
                unlock_workbook(other, PASSWORD + "!")
        else:
            assert opened(other, PASSWORD) == own
            with pytest.raises(InvalidTag):
                opened(other, PASSWORD + "!")
        assert file.suffix == ".xlsx" or len(other) < 0.6 * len(own), "packed before it is encrypted"
        assert not any(name.encode() in other for name in names)
    for file in shut.rglob("*"):
        assert not file.is_file() or PASSWORD.encode() not in file.read_bytes()
    logs = [[json.loads(line) for line in (out / "terbit.jsonl").read_text().splitlines()] for out in (plain, shut)]
    assert logs[0] == logs[1], "the log tells which list it is, locked or not"
    assert (plain / "index.html").read_bytes() == (shut / "index.html").read_bytes()


def test_a_locked_page_is_the_same_each_time_and_another_for_another_run(lists, vault, tmp_path):
    for out in ("a", "b"):
        write_lists(lists, tmp_path / out, vault=vault, formats=("html",), password=PASSWORD)
    page = (tmp_path / "a" / "pendamping" / f"{FIRST}.html").read_bytes()
    assert page == (tmp_path / "b" / "pendamping" / f"{FIRST}.html").read_bytes()
    inside = opened(page, PASSWORD)
    other = lock_page(inside, PASSWORD, "another run")
    assert other != page
    assert opened(other, PASSWORD) == inside
    lists_again = sorted(file.name for file in (tmp_path / "a" / "pendamping").iterdir())
    write_lists(lists, tmp_path / "a", vault=vault, formats=("html",))
    assert sorted(file.name for file in (tmp_path / "a" / "pendamping").iterdir()) == lists_again


@given(st.binary(max_size=9000), st.text(min_size=10, max_size=30))
@settings(max_examples=3, deadline=None)
def test_any_content_and_any_password_come_back(office, content, password):
    book = io.BytesIO()
    with xlsxwriter.Workbook(book, {"in_memory": True}) as made:
        made.add_worksheet().write_string(0, 0, content.hex())
    assert unlock_workbook(lock_workbook(book.getvalue(), password), password) == book.getvalue()


def test_what_is_not_locked_comes_back_as_it_is():
    assert unlock_workbook(b"PK\x03\x04 ...", PASSWORD) == b"PK\x03\x04 ..."


@pytest.mark.parametrize("damage", [slice(0, 2000), slice(0, 9)])
def test_a_damaged_locked_workbook_is_refused_in_words(office, lists, vault, tmp_path, damage):
    write_lists(lists, tmp_path, vault=vault, formats=("xlsx",), password=PASSWORD)
    content = (tmp_path / "pendamping" / f"{FIRST}.xlsx").read_bytes()
    with pytest.raises(LockError) as caught:
        unlock_workbook(content[damage], PASSWORD)
    assert PASSWORD not in str(caught.value)


def test_what_would_protect_nothing_is_refused(monkeypatch):
    with pytest.raises(LockError, match="10 or more"):
        check_lock("pendek", ("html",))
    with pytest.raises(LockError, match=r"\['odk', 'pdf'\] cannot be locked"):
        check_lock(PASSWORD, ("xlsx", "html", "pdf", "odk", "csv"))
    with pytest.raises(LockError, match="cannot be opened again"):
        lock_page(b"<html></html>", PASSWORD, "r")
    monkeypatch.setitem(sys.modules, "msoffcrypto", None)
    with pytest.raises(LockError, match=r"pkh-graduation\[sandi\]"):
        check_lock(PASSWORD, ("xlsx",))
    check_lock(PASSWORD, ("html",))


@pytest.mark.e2e
@needs_browser
def test_a_phone_opens_the_page_offline_with_the_password_alone(browser, lists, vault, tmp_path):
    write_lists(lists, tmp_path, vault=vault, formats=("html",), password=PASSWORD)
    page = small_phone(browser).new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda message: complaints.append(message.text))
    page.on("request", lambda request: complaints.append(request.url) if "file:" not in request.url else None)
    page.goto((tmp_path / "pendamping" / f"{FIRST}.html").as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.fill("#sandi", "bukan sandinya")
    page.click("button")
    # Not by an expression of ours: the page's own policy lets nobody evaluate one.
    page.locator("#kabar", has_text="Kata sandi salah").wait_for()
    assert page.locator("article").count() == 0
    page.fill("#sandi", PASSWORD)
    page.click("button")
    page.wait_for_selector("article")
    assert page.locator("article").count() > 0
    page.fill("#cari", "SITI 11")
    assert page.evaluate("[...document.querySelectorAll('article')].filter(card => !card.hidden).length") == 1
    assert complaints == []
    page.context.close()
