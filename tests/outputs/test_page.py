import base64
import dataclasses
import hashlib
import re
from html.parser import HTMLParser
from importlib import resources

import pandas as pd
import pytest
from handmade_lists import AS_OF, NASTY, make_actions, make_lists, make_vault, views

from pkh_graduation.explanations.linter import MACHINE, lint
from pkh_graduation.outputs import words, write_lists
from pkh_graduation.outputs.charts import caseload_slices
from pkh_graduation.outputs.page import make_page
from pkh_graduation.outputs.views import About
from pkh_graduation.outputs.xlsform import questions
from pkh_graduation.priorities import HARD, SOFT
from pkh_graduation.programme.outcomes import ENGLISH, OUTCOMES

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
    assert not re.search(r"(src|href)=(?!\"#h\d)|url\(|@import|https?://(?!x)", page)
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
    assert f"<b>{words.REFERRED}:</b> NIB lewat OSS (Diskoperindag)" in cards[0]
    assert "Terakhir dikunjungi: 31 Agustus 2025" in cards[0]


@pytest.mark.parametrize("begin", ["(data ", "(data of "])
def test_a_reason_tells_its_date_once_in_the_language_of_its_sentence(lists, vault, begin):
    told = lists.cards.assign(kalimat=lists.cards["kalimat"].str.replace("(data ", begin, regex=False))
    card = re.findall(
        r"<article.*?</article>",
        make_page(views(dataclasses.replace(lists, cards=told), vault)["d000000000000001"], ABOUT),
        re.S,
    )[0]
    assert card.count("<small>(data ") == card.count("(data ") == card.count(begin) == 5


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
    panels = [re.findall(r'<section class="(why|do)">(.*?)</section>', card, re.S) for card in cards]
    assert [[kind for kind, _ in card] for card in panels] == [["why", "do"]] * 12
    why, do = (text for _, text in panels[0])
    assert words.HOLDING in why and "Tabungan" in why and "modul ekonomi P2K2" not in why
    assert "modul ekonomi P2K2 &lt;b&gt;bersama&lt;/b&gt;" in do and words.NOTHING_PROVEN not in do
    for said in (words.GRADE["E1"], f'<a href="#h1">{words.ASKING}: 1</a>', "NIB lewat OSS"):
        assert said in do
    assert all(words.NOTHING_PROVEN in text for card in panels[1:] for kind, text in card if kind == "do")
    assert views(acted, vault)["d000000000000001"].daftar[1].kpm_id == second


def test_whom_to_ask_is_told_once_and_every_card_points_there(lists, vault):
    first, second, third = lists.frame["kpm_id"].iloc[:3]
    asked = pd.concat(
        [make_actions(first), make_actions(second), make_actions(third).assign(lembaga="Dinas Sosial")],
        ignore_index=True,
    )
    page = make_page(views(dataclasses.replace(lists, actions=asked), vault)["d000000000000001"], ABOUT)
    told = re.search(r'<section class="asking">(.*?)</section>', page, re.S)[1]
    ids = re.findall(r'<li id="(h\d+)">', told)
    assert len(ids) == len(set(ids)) and set(re.findall(r'href="#(h\d+)"', page)) == set(ids)
    assert told.count("<b>pendamping P2K2</b>: jadwal kelompok") == 1 and "<b>Dinas Sosial</b>" in told
    assert page.count("jadwal kelompok") == len([item for item in told.split("<li") if "jadwal kelompok" in item])


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
    lists = make_lists(720, 36)
    # As much advice as a family gets: four matters to talk about, each with whom to ask and what to check.
    said = "RST atau BSPS untuk rumah tidak layak huni: menurut catatan, keluarga ini tampaknya memenuhi syarat. Cek ke Dinsos."
    asked = {
        "kalimat": said,
        "lembaga": "Dinas Sosial (RST) atau Dinas Perumahan (BSPS)",
        "cek": "atap, lantai, dinding, luas rumah",
    }
    actions = [make_actions(kpm).assign(**asked) for kpm in lists.frame["kpm_id"][:36] for _ in range(4)]
    lists = dataclasses.replace(lists, actions=pd.concat(actions, ignore_index=True))
    caseload = views(lists, make_vault(lists))["d000000000000001"]
    assert len(caseload.daftar[0].tindakan) == 4
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
    assert ">–<" in page
    assert "Kecamatan Rekaan" in page


def test_no_template_names_a_cause_a_verdict_or_a_machine():
    folder = resources.files("pkh_graduation.outputs").joinpath("templates")
    texts = [item.read_text("utf-8") for item in folder.iterdir() if item.name.endswith(".j2")]
    texts += [item.read_text("utf-8") for item in folder.iterdir() if item.name.endswith((".js", ".typ"))]
    texts += [str(value) for name, value in vars(words).items() if name.isupper()]
    assert len(texts) > 10
    assert not [AVOID.search(text)[0] for text in texts if AVOID.search(text)]


def spoken(caseload) -> dict[str, dict[str, str]]:
    """All that stands around the sentences, by language: words, codes of answers, questions of the form."""
    said = {
        name: text for name, text in vars(words).items() if name.isupper() and isinstance(text, str) and " " in text
    }
    english = {name: said.pop(name) for name in list(said) if name.endswith("_EN")}
    for name in ("BAND", "STAGE", "RHK", "GRADE"):
        said |= {f"{name}.{key}": text for key, text in getattr(words, name).items()}
    for question in questions(caseload, ABOUT):
        for number, texts in enumerate((question.label, question.hint, question.wrong)):
            plain, foreign = (re.sub(r"instance\(.*", "", text) for text in texts)
            said[f"{question.name}.{number}"] = plain
            english |= {f"{question.name}.{number}": foreign} if foreign != plain else {}
    said |= {f"{column}.{code}": text for column, labels in OUTCOMES.items() for code, text in labels.items()}
    english |= {f"{column}.{code}": text for column, labels in ENGLISH.items() for code, text in labels.items()}
    return {"id": said, "en": english}


def test_what_surrounds_the_sentences_passes_their_linter(lists, vault):
    """The same vocabulary in both languages: nothing is said to bring about anything, and there is no verdict."""
    texts = spoken(views(lists, vault)["d000000000000001"])
    assert len(texts["id"]) > 50 and len(texts["en"]) > 20
    # That there was no model, and which, is said in so many words; nothing else speaks of the machinery.
    named = {"WITHOUT_MODEL": texts["id"].pop("WITHOUT_MODEL")}
    named |= {model: words.ranking(model) for model in ("", "m", "tanpa model (skor Madiun)")}
    assert {language: lint(said, language) for language, said in texts.items()} == {"id": [], "en": []}
    assert {finding.aturan for finding in lint(named, "id")} == {MACHINE}


def test_the_head_says_what_the_order_rests_on(lists, vault):
    mine = views(lists, vault)["d000000000000001"]
    heads = {}
    for model in ("graduasi-2025-09-30", "tanpa model (skor Madiun)", ""):
        page = make_page(mine, dataclasses.replace(ABOUT, model=model))
        heads[model] = page[page.index("<header>") : page.index("</header>")]
    assert "Urutan menurut model graduasi-2025-09-30." in heads["graduasi-2025-09-30"]
    assert '<p class="bare">Daftar ini tanpa model (skor Madiun): urutan' in heads["tanpa model (skor Madiun)"]
    assert "Asal urutan tidak dicatat." in heads[""]
    assert all('class="bare"' not in heads[model] for model in ("graduasi-2025-09-30", ""))


def test_a_list_without_chances_explains_none(lists, vault):
    bare = dataclasses.replace(lists, frame=lists.frame.assign(p_mandiri_12m=float("nan")))
    with_chances, without = (make_page(views(each, vault)["d000000000000001"], ABOUT) for each in (lists, bare))
    assert "Peluang adalah" in with_chances and "Peluang" not in without


def test_guardrail_words_avoid_verdicts_too():
    said = [*HARD.values(), *(soft.warning + soft.check for soft in SOFT)]
    assert not [text for text in said if AVOID.search(text)]


def test_a_list_says_what_readiness_and_chances_mean(lists, vault):
    """The notes of a run stand on the page, the workbook and the paper; without them nothing is said."""
    said = words.sentences(["siap dibahas: 12 keluarga", "tingkat peluang ditetapkan: 4 %"])
    told = dataclasses.replace(ABOUT, said=said)
    caseload = views(lists, vault)["d000000000000001"]
    assert "Siap dibahas: 12 keluarga. Tingkat peluang ditetapkan: 4 %." in make_page(caseload, told)
    assert "Tingkat peluang" not in make_page(caseload, ABOUT) and told.ranking.startswith(ABOUT.ranking)
