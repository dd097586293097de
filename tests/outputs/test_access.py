"""What axe would look for, by hand, so that it is checked where no browser is: names, labels, headings, contrast."""

import itertools
import re
from importlib import resources

import pytest
from handmade_lists import AS_OF, make_actions, views
from test_page import Tags

from pkh_graduation.outputs.page import make_page
from pkh_graduation.outputs.views import About

STYLE = resources.files("pkh_graduation.outputs").joinpath("templates/style.css").read_text("utf-8")
LIGHT, DARK = re.findall(r":root \{(.*?)\}", STYLE, re.S)[:2]
TEXT_ON = [
    ("ink", "paper"), ("ink", "card"), ("soft", "paper"), ("soft", "card"), ("sand", "sand-pale"), ("clay", "clay-pale"),
    ("leaf", "leaf-pale"), ("leaf", "card"), ("leaf", "paper"), ("sky", "sky-pale"), ("ink", "leaf-pale"), ("ink", "sky-pale"),
    ("ink", "sand-pale"), ("card", "leaf"),
]  # fmt: skip


@pytest.fixture
def page(lists, vault) -> str:
    acted = lists.__class__(**{**vars(lists), "actions": make_actions(lists.frame["kpm_id"].iloc[0])})
    return make_page(views(acted, vault)["d000000000000001"], About(AS_OF, "f" * 64, "m-1", "DATA"))


def luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("scheme", [LIGHT, DARK], ids=["light", "dark"])
def test_text_stands_out_from_its_ground(scheme):
    """WCAG 2.2, 1.4.3: at least 4.5 to 1."""
    colours = dict(re.findall(r"--([a-z-]+[0-9]?): (#[0-9a-f]{6})", scheme))
    weak = {}
    for text, ground in TEXT_ON:
        high, low = sorted((luminance(colours[text]), luminance(colours[ground])), reverse=True)
        if (ratio := (high + 0.05) / (low + 0.05)) < 4.5:
            weak[text, ground] = round(ratio, 2)
    assert weak == {}


def test_every_field_has_a_name(page):
    tags = Tags(page).tags
    named = [attrs for tag, attrs in tags if tag in ("input", "select", "textarea") and "aria-label" in attrs]
    labelled = re.findall(r"<label>[^<]+<(?:input|select|textarea)", page)
    fields = [tag for tag, _ in tags if tag in ("input", "select", "textarea")]
    assert len(named) + len(labelled) == len(fields) == 9
    assert not re.search(r"<button[^>]*>\s*</button>", page)


def test_headings_go_down_by_one(page):
    levels = [int(tag[1]) for tag, _ in Tags(page).tags if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1 and levels.count(1) == 1
    assert max(after - before for before, after in itertools.pairwise(levels)) == 1


def test_language_landmarks_and_tables_are_told(page):
    tags = Tags(page).tags
    assert ("html", {"lang": "id"}) in tags
    names = [tag for tag, _ in tags]
    assert all(names.count(tag) == 1 for tag in ("header", "main", "footer", "title"))
    assert all(attrs.get("scope") in ("col", "rowgroup") for tag, attrs in tags if tag == "th")
    scrolls = [attrs for tag, attrs in tags if attrs.get("class") == "scroll"]
    assert scrolls and all(attrs["tabindex"] == "0" and attrs["aria-label"] for attrs in scrolls)
    pictures = [attrs for tag, attrs in tags if tag == "svg"]
    assert pictures and all(attrs["aria-hidden"] == "true" for attrs in pictures)
    ids = [attrs["id"] for _, attrs in tags if "id" in attrs]
    assert len(set(ids)) == len(ids)
