from html.parser import HTMLParser

from hypothesis import given, settings
from hypothesis import strategies as st
from markupsafe import Markup

from pkh_graduation.outputs.cards import cards, visits
from pkh_graduation.outputs.views import Action, Caseload, Family, Reason

SAID = st.text("ab<>&\"' ·", max_size=5)
SAYINGS = st.lists(SAID, max_size=3).map(tuple)
FAMILIES = st.builds(
    Family,
    kpm_id=st.just("k1"), nama=SAID, desa=SAID, rt_rw=SAID, kelompok=SAID, urutan=st.integers(1, 40), kesiapan=SAID,
    komponen=SAID, proses=st.just(""), dikecualikan=st.just(()), band=st.just("siap_dibahas"), baris=SAID,
    bulan=st.integers(0, 3), ke=st.integers(1, 9), tempat=SAID, p=st.none() | st.floats(0.001, 1), persen=SAID,
    peluang=SAID, rentang=SAID, alasan=st.lists(st.builds(Reason, SAID, SAID), max_size=3).map(tuple),
    penahan=st.lists(st.builds(Reason, SAID, SAID), max_size=2).map(tuple), peringatan=SAYINGS, cek=SAYINGS, rujukan=SAYINGS,
    tindakan=st.lists(st.builds(Action, SAID, SAID, SAID, SAID, SAID), max_size=2).map(tuple), kunjungan=SAID,
    undian=st.booleans(),
)  # fmt: skip


class Read(HTMLParser):
    """The tags, their attributes, and all text as a browser shows it."""

    def __init__(self, made: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict]] = []
        self.text = ""
        self.feed(str(made))
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text += data


def caseload(families):
    return Caseload("L", "d1", "d1", 9, "", "", tuple(families), (), tuple(families))


def told(family):
    """What a card has to say of a family."""
    yield from (
        family.nama,
        family.tempat,
        family.kesiapan,
        family.komponen,
        family.kunjungan,
        *family.peringatan,
        *family.cek,
    )
    yield from family.rujukan
    for reason in (*family.alasan, *family.penahan):
        yield from (reason.kalimat, reason.data)
    for act in family.tindakan:
        yield from (act.kalimat, act.bukti)
    if family.p is not None:
        yield from (family.persen, family.rentang, family.peluang.capitalize())


@given(st.lists(FAMILIES, max_size=3))
@settings(max_examples=60, deadline=None)
def test_each_card_says_all_that_is_known_of_its_family_and_no_text_becomes_markup(families):
    contacts = {act.tanya: 1 for family in families for act in family.tindakan}
    made = Read(cards(caseload(families), contacts, Markup(' lang="en"')))
    found = [attributes for tag, attributes in made.tags if tag == "article"]
    wanted = [{"data-desa": f.desa, "data-baris": f.baris, "data-bulan": str(f.bulan or "")} for f in families]
    assert found == wanted
    for family in families:
        for text in told(family):
            assert text in made.text
    known = {"article", "div", "span", "h2", "h3", "h4", "p", "ul", "li", "b", "small", "i", "section", "a"}
    assert {tag for tag, _ in made.tags} <= known


def test_the_longest_bar_is_the_highest_chance():
    families = [Family("k", "n", "", "", "", n, "", "", "", (), p=p) for n, p in enumerate((0.3, None, 0.15), 1)]
    styles = [
        attributes["style"] for tag, attributes in Read(cards(caseload(families), {}, Markup())).tags if tag == "i"
    ]
    assert styles == ["width:100.0%", "width:50.0%"]


@given(st.lists(st.lists(FAMILIES, min_size=1, max_size=3), max_size=3))
@settings(max_examples=30, deadline=None)
def test_the_plan_names_every_visit_in_its_order(plan):
    made = Read(visits(plan))
    assert [tag for tag, _ in made.tags].count("h2") == len(plan)
    lines = "".join(f"{f.nama}, {f.letak} No {f.urutan} · RHK 4" for month in plan for f in month)
    heads = [f"Bulan ke-{number}: {len(month)} kunjungan" for number, month in enumerate(plan, 1)]
    said = made.text
    for head in heads:
        said = said.replace(head, "", 1)
    assert said == lines
