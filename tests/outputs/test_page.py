import base64
import dataclasses
import hashlib
import re
from html.parser import HTMLParser
from importlib import resources

import pytest
from handmade_lists import AS_OF, NASTY, make_actions, make_lists, make_vault, views

from pkh_graduation.outputs import words, write_lists
from pkh_graduation.outputs.charts import caseload_slices
from pkh_graduation.outputs.page import make_page
from pkh_graduation.outputs.views import About
from pkh_graduation.priorities import HARD, SOFT

ABOUT = About(AS_OF, "f" * 64, "m-1", "DATA BUATAN (sintetis)")
AVOID = re.compile(
    r"layak dikeluarkan|tidak pantas|harus|SHAP|log-odds|menyebabkan|sehingga|mengakibatkan|meningkatkan|menurunkan|sebaiknya",
    re.IGNORECASE,
)


class Tags(HTMLParser):
    """Collects tags and visible text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text += data


@pytest.fixture
def page(lists, vault) -> str:
    return make_page(views(lists, vault)["d000000000000001"], ABOUT)


def test_names_are_text_never_markup(page):
    tags = Tags(page)
    assert [tag for tag, _ in tags.tags].count("script") == 1
    for name in NASTY:
        assert name in tags.text
    assert "<script>alert" not in page


def test_policy_allows_our_script_by_its_hash_and_no_request(page):
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', page)[1].replace("&#39;", "'")
    script = re.search(r"<script>(.*?)</script>", page, re.S)[1]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert "default-src 'none'" in policy
    assert f"script-src 'sha256-{digest}'" in policy
    assert "unsafe-inline" not in policy.split("script-src")[1].split(";")[0]
    assert not re.search(r"(src|href)=|url\(|@import|https?://(?!x)", page)
    assert not [attrs for _, attrs in Tags(page).tags if any(name.startswith("on") for name in attrs)]


def test_cards_in_order_with_at_most_three_and_two_dated_reasons(page):
    cards = re.findall(r"<article.*?</article>", page, re.S)
    assert len(cards) == 12
    for number, card in enumerate(cards, 1):
        assert f'<span class="hide">Urutan </span>{number}</div>' in card
        supporting, holding = card.split(words.HOLDING)
        assert supporting.count("<small>(data ") == 3
        assert holding.count("<small>(data ") == 2
        assert "Cek saat kunjungan" in card
        assert "dalam 12 bulan" in card
    assert "dipilih lewat undian" in cards[11]
    assert "Komponen: sudah berakhir" in cards[1]
    assert "<li>NIB lewat OSS (Diskoperindag)</li>" in cards[0]
    assert "Terakhir dikunjungi: 31 Agustus 2025" in cards[0]


def test_head_and_foot_say_what_the_list_is(page):
    text = Tags(page).text
    assert words.TOOL in text
    assert "DATA BUATAN (sintetis)" in text
    assert words.APPEAL in text
    for mark in ("per 30 September 2025", "ffffffffffff", "m-1", "layak dibahas", "Seluruh keluarga dampingan (30)"):
        assert mark in text


def test_appendix_is_folded_and_says_why_not_without_chances(lists, vault):
    other = views(lists, vault)["d/../evil"]
    page = make_page(other, ABOUT)
    folded = page[page.index("<summary>Seluruh keluarga") :]
    folded = folded[: folded.index("</details>")]
    assert "Tidak diusulkan: lansia tinggal sendiri; ada ibu hamil" in folded
    assert "keluarga keberatan atas pemrofilan otomatis" in folded
    assert "%" not in folded
    assert "Tempat yang kosong tidak diisi" in page
    objecting = next(family for family in other.semua if any("keberatan" in word for word in family.dikecualikan))
    assert (objecting.p, objecting.persen, objecting.alasan, objecting.penahan) == (None, "", (), ())


def test_real_data_carry_no_tag_of_made_up_data(tmp_path):
    lists = make_lists(notes={"model": "m"})
    pages = [
        path.read_text("utf-8")
        for path in write_lists(lists, tmp_path, vault=make_vault(lists), formats=("html",))
        if path.suffix == ".html"
    ]
    assert len(pages) == 3 and not any("BUATAN" in page for page in pages)
    tagged = [path for path in write_lists(make_lists(), tmp_path, formats=("html",)) if path.suffix == ".html"]
    assert all("DATA BUATAN (sintetis)" in path.read_text("utf-8") for path in tagged)


def test_why_and_what_can_be_done_are_two_panels(lists, vault):
    first, second = lists.frame["kpm_id"].iloc[:2]
    acted = dataclasses.replace(lists, actions=make_actions(first))
    cards = re.findall(r"<article.*?</article>", make_page(views(acted, vault)["d000000000000001"], ABOUT), re.S)
    panels = [re.findall(r'<section class="panel (why|do)">(.*?)</section>', card, re.S) for card in cards]
    assert [[kind for kind, _ in card] for card in panels] == [["why", "do"]] * 12
    why, do = (text for _, text in panels[0])
    assert words.HOLDING in why and "Tabungan" in why and "modul ekonomi P2K2" not in why
    assert "modul ekonomi P2K2 &lt;b&gt;bersama&lt;/b&gt;" in do and words.NOTHING_PROVEN not in do
    for said in ("Hubungi: pendamping P2K2.", words.GRADE["E1"], "Cek: jadwal kelompok", "NIB lewat OSS"):
        assert said in do
    assert all(words.NOTHING_PROVEN in text for card in panels[1:] for kind, text in card if kind == "do")
    assert views(acted, vault)["d000000000000001"].daftar[1].kpm_id == second


def test_plan_names_every_listed_family_once_month_by_month(lists, vault, page):
    caseload = views(lists, vault)["d000000000000001"]
    assert [len(month) for month in caseload.rencana] == [5, 7]
    plan = re.search(r'<details class="plan">(.*?)</details>', page, re.S)[1]
    said = [int(number) for number in re.findall(r"<small>No (\d+) · RHK", plan)]
    assert said == [family.urutan for month in caseload.rencana for family in month]
    assert sorted(said) == list(range(1, 13))


def test_lists_apart_name_their_families_and_no_others(lists, vault):
    mine, other = (views(lists, vault)[name] for name in ("d000000000000001", "d/../evil"))
    assert [family.kpm_id for family in mine.beside("persiapan_alamiah")] == [lists.frame["kpm_id"].iloc[29]]
    assert [family.kpm_id for family in other.beside("perlindungan_berkelanjutan")] == [lists.frame["kpm_id"].iloc[58]]
    page, beside = make_page(mine, ABOUT), make_page(other, ABOUT)
    assert f"{words.NATURAL} (1)" in page and "Dapat berlanjut: PBI-JKN" in page and words.PROTECTED not in page
    assert f"{words.PROTECTED} (1)" in beside and words.NATURAL not in beside


def test_the_bar_of_the_caseload_adds_up(lists, vault):
    for caseload in views(lists, vault).values():
        parts = {part.label: part.size for part in caseload_slices(caseload)}
        assert sum(parts.values()) == len(caseload.semua)
        assert parts["di daftar"] == len(caseload.daftar)
        assert parts.get("sedang diproses", 0) == len(caseload.diproses)
        assert f"<b>{parts['di daftar']}</b>" in make_page(caseload, ABOUT)


def test_a_year_and_the_whole_caseload_fit_a_cheap_phone():
    lists = make_lists(600, 30)
    caseload = views(lists, make_vault(lists))["d000000000000001"]
    assert len(make_page(caseload, ABOUT).encode()) <= 450_000
    assert len(make_page(dataclasses.replace(caseload, semua=caseload.daftar), ABOUT).encode()) <= 120_000


def test_places_are_named_when_names_are_given(lists, vault):
    mine = views(lists, vault, {"3302010001": "Desa Sukamaju"})["d000000000000001"]
    assert {family.desa for family in mine.semua} == {"Desa Sukamaju", "Desa 3302010002"}


def test_a_pendamping_and_her_groups_have_the_names_the_office_uses(lists, vault, tmp_path):
    name = "d000000000000001"
    group = lists.frame.loc[lists.frame["pendamping_id"] == name, "kelompok_id"].dropna().iloc[0]
    names = {name: "D-017", group: "Melati 2"}
    plain, mine = views(lists, vault)[name], views(lists, vault, names)[name]
    assert (plain.pendamping, mine.pendamping) == (name, "D-017")
    assert "Melati 2" in {family.kelompok for family in mine.semua}
    write_lists(lists, tmp_path, names=names, formats=("html",))
    assert f'<a href="pendamping/{name}.html">D-017</a>' in (tmp_path / "index.html").read_text("utf-8")
    assert "D-017" in make_page(mine, ABOUT)


def test_index_has_totals_and_no_family(lists, tmp_path):
    write_lists(lists, tmp_path, names={"3302010": "Kecamatan Rekaan"}, formats=("html",))
    page = (tmp_path / "index.html").read_text("utf-8")
    assert not re.search(r"k0000", page)
    assert "Ringkasan daftar prioritas" in page
    assert "d000000000000001" in page
    assert "peluang di bawah rata-rata" in page
    assert "&lt;5" in page
    assert "Kecamatan Rekaan" in page


def test_no_template_names_a_cause_a_verdict_or_a_machine():
    folder = resources.files("pkh_graduation.outputs").joinpath("templates")
    texts = [item.read_text("utf-8") for item in folder.iterdir() if item.name.endswith(".j2")]
    texts += [item.read_text("utf-8") for item in folder.iterdir() if item.name.endswith((".js", ".typ"))]
    texts += [str(value) for name, value in vars(words).items() if name.isupper()]
    assert len(texts) > 10
    assert not [AVOID.search(text)[0] for text in texts if AVOID.search(text)]


def test_guardrail_words_avoid_verdicts_too():
    said = [*HARD.values(), *(soft.warning + soft.check for soft in SOFT)]
    assert not [text for text in said if AVOID.search(text)]
