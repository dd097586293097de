"""The list on a small phone without a network, in a real browser."""

import os
from importlib import resources
from pathlib import Path

import numpy as np
import pytest
from handmade_lists import views

from pkh_graduation.outputs import write_lists
from pkh_graduation.programme.returns import Answer, Returned, encode, parse, row_id

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
             "--disable-component-update", "--disable-sync"]  # fmt: skip

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(not CHROMIUM.is_file(), reason=f"no browser at {CHROMIUM}: install chromium to run this test"),
]


@pytest.fixture(scope="module")
def browser():
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with playwright.sync_playwright() as driver:
        yield driver.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)


def small_phone(browser, **options):
    return browser.new_context(viewport={"width": 360, "height": 640}, offline=True, **options)


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
    assert page.inner_text("#jumlah") == "1 dari 12 keluarga ditampilkan"
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
    page.on("dialog", lambda dialog: dialog.accept())
    page.locator("#hapus").click()
    page.reload()
    assert not page.is_visible("#hasil")
    assert page.complaints == []


def test_the_pages_encoder_writes_the_same_letters_as_pythons(open_page):
    """Notes of every kind of sign; the two must agree to the letter, or answers are refused when they come back."""
    rng = np.random.default_rng(5)
    pools = ["aZ09 .,()-", "éñ“”‘’–—−…", "0123456789 -", "\U0001f600\u0301\u00a0ﬁ½Ⅳ漢\t\n/|=<>&"]
    said = ["".join(rng.choice(list(pool + " a"), size=rng.integers(0, 260))) for pool in pools for _ in range(20)]
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


AXE = [Path(path) for path in (os.environ.get("PKH_AXE", ""), "node_modules/axe-core/axe.min.js") if path]


def test_axe_finds_no_serious_violation(browser, lists, vault, tmp_path):
    script = next((path for path in AXE if path.is_file()), None)
    if script is None:
        pytest.skip("axe-core is not there: npm install axe-core, or name its axe.min.js in PKH_AXE")
    write_lists(lists, tmp_path, vault=vault, formats=("html",))
    page = small_phone(browser, bypass_csp=True).new_page()
    for file in ("pendamping/d000000000000001.html", "index.html"):
        page.goto((tmp_path / file).as_uri())
        page.add_script_tag(content=script.read_text("utf-8"))
        for summary in page.locator("summary").all():
            summary.click()
        if page.locator(".catat").count():
            page.locator(".catat").first.click()
            page.locator("[name=hasil]").select_option(index=1)
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
            assert [rule["id"] for rule in found if rule["impact"] in ("serious", "critical")] == [], (file, scheme)


def test_coordinators_page_fits_too(open_page, lists, tmp_path):
    write_lists(lists, tmp_path, formats=("html",))
    open_page.goto((tmp_path / "index.html").as_uri())
    assert width(open_page) <= 360
    assert open_page.complaints == []
