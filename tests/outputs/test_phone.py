"""The list on a small phone without a network, in a real browser."""

import datetime as dt
from importlib import resources
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from browsers import needs_browser, small_phone
from handmade_lists import views

from pkh_graduation.monitoring import ISSUED, no_history, read_delivery, take_in
from pkh_graduation.outputs import write_lists
from pkh_graduation.programme.returns import Answer, Returned, encode, parse, row_id

pytestmark = [pytest.mark.e2e, needs_browser]


@pytest.fixture
def open_page(browser):
    context = small_phone(browser)
    page = context.new_page()
    page.complaints = []
    page.on("console", lambda message: page.complaints.append(message.text))
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    page.on("request", lambda request: page.complaints.append(request.url) if "file:" not in request.url else None)
    yield page
    context.close()


def width(page) -> int:
    return page.evaluate("document.documentElement.scrollWidth")


def visible(page) -> int:
    return page.evaluate("[...document.querySelectorAll('article')].filter(card => !card.hidden).length")


def test_list_fits_the_screen_and_search_finds(open_page, lists, vault, tmp_path):
    write_lists(lists, tmp_path, vault=vault, formats=("html",))
    page = open_page
    page.goto((tmp_path / "pendamping" / "d000000000000001.html").as_uri())
    assert width(page) <= 360
    assert visible(page) == 12
    page.fill("#cari", "SITI 11")
    assert visible(page) == 1
    assert page.inner_text("#jumlah") == "1 dari 12 keluarga ditampilkan; 1 di seluruh dampingan"
    page.fill("#cari", "<script>alert")
    assert visible(page) == 1
    page.fill("#cari", "")
    page.select_option("#desa", "Desa 3302010002")
    assert visible(page) == 4
    page.locator("summary").first.click()
    page.locator("summary").last.click()
    page.locator("article:not([hidden]) .catat").first.click()
    assert width(page) <= 360
    assert page.evaluate("parseFloat(getComputedStyle(document.body).fontSize)") >= 16
    assert page.complaints == []


@pytest.mark.parametrize("height", [640, 780])
def test_whoever_is_found_is_on_the_screen_wherever_the_page_was_read(open_page, lists, vault, tmp_path, height):
    write_lists(lists, tmp_path, vault=vault, formats=("html",))
    page = open_page
    page.set_viewport_size({"width": 360, "height": height})
    page.goto((tmp_path / "pendamping" / "d000000000000001.html").as_uri())
    page.evaluate("window.scrollTo(0, document.querySelectorAll('article')[9].offsetTop)")
    page.wait_for_timeout(200)
    bar = page.locator(".seek").bounding_box()
    assert bar["y"] == 0 and bar["height"] <= 0.12 * height
    page.locator("#cari").press_sequentially("SITI 11")
    card = page.locator("article:not([hidden])").bounding_box()
    assert bar["height"] <= card["y"] <= height - 100
    assert page.locator("#jumlah").bounding_box()["y"] >= bar["height"]
    assert page.complaints == []


def test_filters_and_large_type_work_and_stay(open_page, lists, vault, tmp_path):
    write_lists(lists, tmp_path, vault=vault, formats=("html",))
    page = open_page
    page.goto((tmp_path / "pendamping" / "d000000000000001.html").as_uri())
    page.select_option("#tampil", "2")
    assert visible(page) == 7
    page.select_option("#tampil", "")
    before = page.evaluate("parseFloat(getComputedStyle(document.body).fontSize)")
    page.locator("#besar").click()
    page.reload()
    assert page.evaluate("parseFloat(getComputedStyle(document.body).fontSize)") > before
    assert page.get_attribute("#besar", "aria-pressed") == "true"
    assert width(page) <= 360
    assert page.complaints == []


def test_outcomes_stay_on_the_phone_and_leave_as_the_text_that_the_reader_reads(open_page, lists, vault, tmp_path):
    write_lists(lists, tmp_path, vault=vault, formats=("html",))
    page = open_page
    page.goto((tmp_path / "pendamping" / "d000000000000001.html").as_uri())
    assert not page.is_visible("#hasil")
    for number in (0, 2):
        card = page.locator("article").nth(number)
        card.locator(".catat").click()
        card.locator("[name=tanggal]").fill("2025-11-12")
        card.locator("[name=hasil]").select_option(label="Ditemui")
        card.locator("[name=keputusan_keluarga]").select_option(label="Setuju dibahas")
        card.locator("[name=catatan]").fill("“Warung” ramai – hubungi 081234567890")
        card.locator("form button").click()
    page.reload()
    assert page.inner_text("#banyak") == "2 hasil dicatat"
    page.select_option("#tampil", "belum")
    assert visible(page) == 10
    page.select_option("#tampil", "")
    page.locator("#buka").click()
    text = page.input_value("#teks")
    listed = views(lists, vault)["d000000000000001"]
    answer = {"hasil": "ditemui", "keputusan_keluarga": "setuju", "tanggal_kunjungan": "2025-11-12"}
    notes = {"catatan": "Warung ramai - hubungi (nomor dihapus)"}
    expected = [Answer(listed.daftar[number].baris, **answer, **notes) for number in (0, 2)]
    assert parse(text) == Returned(listed.list_id, tuple(expected))
    assert text == encode(listed.list_id, expected)
    assert "Ibu Siti" not in text and "script" not in text
    _is_taken_in(text, tmp_path, [lists.frame["kpm_id"].iloc[number] for number in (0, 2)])
    page.on("dialog", lambda dialog: dialog.accept())
    page.locator("#hapus").click()
    page.reload()
    assert not page.is_visible("#hasil")
    assert page.complaints == []


def _is_taken_in(text: str, folder: Path, families: list[str]) -> None:
    """What the phone sent is accepted by `feedback` for the right families, against the register of the lists as written."""
    machine = pd.read_parquet(folder / "daftar.parquet")
    day = pd.to_datetime(machine["tanggal_acuan"]).dt.strftime("%Y-%m-%d").astype("str")
    issued = machine.assign(tanggal_acuan=day)[list(ISSUED)]
    chat = folder / "chat.txt"
    chat.write_text(f"[12/11 08.15] Bu Rina: {text}\nterima kasih", encoding="utf-8")
    done = take_in([read_delivery(chat)], issued, no_history(), received=dt.date(2025, 11, 14))
    assert len(done.quarantine) == 0
    assert done.history["kpm_id"].tolist() == families
    assert set(done.history["tanggal_kunjungan"]) == {"2025-11-12"}
    assert set(done.history["keputusan_keluarga"]) == {"setuju"}


def test_the_pages_encoder_writes_the_same_letters_as_pythons(open_page):
    """Notes of every kind of sign; the two must agree to the letter, or answers are refused when they come back."""
    rng = np.random.default_rng(5)
    pools = ["aZ09 .,()-", "éñ“”‘’–—−…", "0123456789 -", "\U0001f600\u0301\u00a0ﬁ½Ⅳ漢\t\n/|=<>&"]
    said = ["".join(rng.choice(list(pool + " a"), size=rng.integers(0, 260))) for pool in pools for _ in range(20)]
    said += [
        "hubungi 990101 010101 0001",
        "tlp (0271) 645678 atau 0812.3456.7890",
        "KK 9901,0101,0101,0001",
        "Rp 1.500.000, 2.000.000",
    ]
    rows = [
        Answer(row_id("L", str(number)), "ditemui", "", "ditunda", "2025-12-01", note)
        for number, note in enumerate(said)
    ]
    fixed = {"hasil": "D", "keputusan": "T", "tanggal": "2025-12-01"}
    letters = [{"baris": row.row_id, "catatan": row.catatan, **fixed} for row in rows]
    script = resources.files("pkh_graduation.outputs").joinpath("templates/returns.js").read_text("utf-8")
    made = open_page.evaluate(f"(rows) => {{ {script}; return PKH.encode('ABCDEFGHJKMN', rows); }}", letters)
    assert made == encode("ABCDEFGHJKMN", rows)
    assert [row.row_id for row in parse(made).answers] == [row.row_id for row in rows]


def test_coordinators_page_fits_too(open_page, lists, tmp_path):
    write_lists(lists, tmp_path, formats=("html",))
    open_page.goto((tmp_path / "index.html").as_uri())
    assert width(open_page) <= 360
    assert open_page.complaints == []
