"""Accessibility as axe-core judges it, over every kind of page, opened out, in light and dark, with sentences in both languages."""

import dataclasses
from pathlib import Path

import pytest
from browsers import AXE, needs_axe, needs_browser, small_phone
from handmade_lists import make_actions, make_lists, make_nation, make_vault

from pkh_graduation.contracts import PriorityLists
from pkh_graduation.outputs import write_lists

pytestmark = [pytest.mark.e2e, needs_browser, needs_axe]

ENGLISH = "The enterprise has run for 3 years, longer than 81 of 100 families (data 12 Mei 2025)"
PHONE, DESK = {"width": 360, "height": 640}, {"width": 1280, "height": 800}


def spoken(language: str) -> PriorityLists:
    """The hand-made lists with sentences in a language."""
    lists = make_lists(notes={"model": "m-1", "bahasa": language})
    cards = lists.cards if language == "id" else lists.cards.assign(kalimat=ENGLISH)
    return dataclasses.replace(lists, cards=cards, actions=make_actions(lists.frame["kpm_id"].iloc[0]))


def without_model() -> PriorityLists:
    lists = make_lists(notes={"model": "tanpa model (skor Madiun)", "sintetis": "ya"})
    bare = lists.frame.assign(p_mandiri_12m=float("nan"), p_bawah=float("nan"), p_atas=float("nan"))
    return dataclasses.replace(lists, frame=bare)


@pytest.fixture
def violations(browser):
    """What axe finds on a page, with everything on it opened."""
    context = small_phone(browser, bypass_csp=True)
    page = context.new_page()

    def look(path: Path, size: dict[str, int], scheme: str) -> list[str]:
        page.set_viewport_size(size)
        page.emulate_media(color_scheme=scheme)
        page.goto(path.as_uri())
        page.add_script_tag(content=Path(AXE).read_text("utf-8"))
        for summary in page.locator("summary").all():
            summary.click()
        if page.locator(".catat").count():
            page.locator(".catat").first.click()
            page.locator("[name=hasil]").select_option(index=1)
            page.locator("#buka").click()
            sent = _serious(page)
            page.locator("#tutup").click()
            return sent + _serious(page)
        return _serious(page)

    yield look
    context.close()


def _serious(page) -> list[str]:
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
    return [rule["id"] for rule in found if rule["impact"] in ("serious", "critical")]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["id", "en"])
def test_the_list_with_everything_opened(violations, tmp_path, language, scheme):
    lists = spoken(language)
    write_lists(lists, tmp_path, vault=make_vault(lists), formats=("html",))
    page = tmp_path / "pendamping" / "d000000000000001.html"
    assert ('lang="en"' in page.read_text("utf-8")) == (language == "en")
    assert violations(page, PHONE, scheme) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_list_without_a_model(violations, tmp_path, scheme):
    write_lists(without_model(), tmp_path, formats=("html",))
    assert violations(tmp_path / "pendamping" / "d000000000000001.html", PHONE, scheme) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_of_coordinators(violations, tmp_path, scheme):
    write_lists(make_nation(), tmp_path, formats=("html",))
    for page in (tmp_path / "index.html", *sorted((tmp_path / "kabupaten").glob("*.html"))):
        for size in (PHONE, DESK):
            assert violations(page, size, scheme) == [], (page.name, size)


def test_axe_itself_would_find_something(browser, tmp_path):
    """A page without names and contrast is found fault with: the check is alive."""
    bad = tmp_path / "bad.html"
    bad.write_text("<html><body style='color:#999;background:#fff'><input><p>text</p></body></html>", encoding="utf-8")
    page = small_phone(browser).new_page()
    page.goto(bad.as_uri())
    page.add_script_tag(content=Path(AXE).read_text("utf-8"))
    assert {"label", "color-contrast"} <= set(_serious(page))
    page.context.close()
