"""The list on a small phone without a network, in a real browser."""

from pathlib import Path

import pytest

from pkh_graduation.outputs import write_lists

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
             "--disable-component-update", "--disable-sync"]  # fmt: skip

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(not CHROMIUM.is_file(), reason=f"no browser at {CHROMIUM}: install chromium to run this test"),
]


@pytest.fixture
def open_page():
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        context = browser.new_context(viewport={"width": 360, "height": 640}, offline=True)
        page = context.new_page()
        page.complaints = []
        page.on("console", lambda message: page.complaints.append(message.text))
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        page.on("request", lambda request: page.complaints.append(request.url) if "file:" not in request.url else None)
        yield page
        browser.close()


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
    page.locator("summary").click()
    assert width(page) <= 360
    assert page.evaluate("parseFloat(getComputedStyle(document.body).fontSize)") >= 16
    assert page.complaints == []


def test_coordinators_page_fits_too(open_page, lists, tmp_path):
    write_lists(lists, tmp_path, formats=("html",))
    open_page.goto((tmp_path / "index.html").as_uri())
    assert width(open_page) <= 360
    assert open_page.complaints == []
