import datetime as dt
import functools
import re
from html.parser import HTMLParser

import matplotlib
import pytest
from evaluation_panel import ByColumn, Panel, RollingFolds

from pkh_graduation.evaluation import render_report, run_backtest

FACTS = {
    "sintetis": True,
    "records_digest": "ab" * 32,
    "cutoff": dt.date(2024, 12, 31),
    "lag_days": 30,
    "families": 12345,
    "oracle": {"precision": 0.4, "auc": 0.8},
    "notes": ["Tahun 2020 memakai aturan lain."],
    "names": {"kasar": "desil"},
}


@functools.cache
def usual(n_origins=2, n_boot=30, rate=-2.5):
    """A report of the usual contenders, computed once."""
    contenders = {"model": ByColumn("trait", 1.2), "kasar": ByColumn("coarse"), "acak": ByColumn("noise")}
    return made(contenders, n_origins, n_boot, rate=rate)


def made(contenders, n_origins=2, n_boot=30, **panel):
    data = Panel(**panel)
    return run_backtest(contenders, data.X, data.y, data.history, RollingFolds(n_origins, 4), n_boot=n_boot)


@pytest.fixture(scope="module")
def page(report):
    return render_report(report, title="Uji coba", facts=FACTS)


class Wellformed(HTMLParser):
    """Every tag that opens closes; ids are unique; references stay inside."""

    VOID = frozenset({"meta", "br", "use", "path"})

    def __init__(self, text):
        super().__init__()
        self.open, self.ids, self.references, self.attributes = [], [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        if tag not in self.VOID:
            self.open.append(tag)
        self.attributes += attrs
        self.ids += [value for key, value in attrs if key == "id"]
        self.references += re.findall(r"#([\w-]+)\)", " ".join(value or "" for _, value in attrs))
        self.references += [value[1:] for key, value in attrs if key == "href"]

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in self.VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        if tag not in self.VOID:
            assert self.open.pop() == tag


def test_page_is_well_formed(page):
    found = Wellformed(page)
    assert found.open == []
    assert len(found.ids) == len(set(found.ids))
    assert set(found.references) <= set(found.ids)


def test_page_asks_nothing_of_the_network(page):
    assert "default-src 'none'; style-src 'unsafe-inline'; img-src data:" in page
    assert not re.search(
        r"https?:|//[a-z]|@import|<script|<link|<img|<iframe|javascript:|url\((?!#)", page, re.IGNORECASE
    )
    assert not any(key.startswith("on") or key in ("src", "srcset") for key, _ in Wellformed(page).attributes)


def test_page_repeats_byte_by_byte(page):
    before = dict(matplotlib.rcParams)
    assert render_report(usual.__wrapped__(), title="Uji coba", facts=FACTS).encode() == page.encode()
    assert dict(matplotlib.rcParams) == before


def test_page_says_the_answer_and_its_figures(page, report):
    row = (
        report.paired.query("contender == 'model' and metric == 'precision'")
        .set_index("origin")
        .loc[report.test_origin]
    )
    sign = "+" if row["difference"] > 0 else "−"
    shown = f"{abs(100 * row['difference']):.1f}".replace(".", ",")
    assert f"Selisihnya {sign}{shown} keluarga per 100 (95\u00a0%:" in page
    assert "Dari setiap 100 keluarga pada daftar 10\u00a0% teratas di tiap pendamping per 31 Desember 2022" in page
    assert "desil" in page and "kasar" not in page
    assert "dipilih pada asal sebelumnya (30 September 2022)" in page
    assert "Catatan buatan." in page
    assert "12.345" in page and "31 Desember 2024" in page and "ab" * 32 in page
    assert "Tahun 2020 memakai aturan lain." in page
    assert "batas atas" in page and "40,0" in page
    assert page.count("<svg") == 3


def test_charts_take_the_colours_and_letters_of_the_page(page):
    charts = "".join(re.findall(r"<svg.*?</svg>", page, re.DOTALL))
    assert not re.search(r"#[0-9a-f]{6}\b", charts)
    assert "DejaVu" not in charts
    assert "var(--model)" in charts and "var(--rule)" in charts and "var(--sans)" in charts
    assert "<style" not in charts and "<metadata" not in charts and "xmlns" not in charts


def test_no_family_and_no_pendamping_on_the_page(page, report):
    for column in ("kpm_id", "pendamping_id"):
        assert not any(name in page for name in report.predictions[column].unique())


def test_one_origin_is_said():
    page = render_report(usual(n_origins=1), title="Satu asal", facts={})
    assert "Hanya ada satu asal" in page
    assert "Catatan buatan" not in page
    assert 'id="data"' not in page
    assert Wellformed(page).open == []


def test_zero_positives_are_said_and_not_drawn():
    page = render_report(usual(rate=-60.0), title="Kosong", facts={})
    assert "kurang dari 5 keluarga yang kemudian graduasi mandiri" in page
    assert "‹5 kejadian" in page
    assert "<svg" not in page and "nan" not in re.sub(r"<style>.*?</style>", "", page, flags=re.DOTALL).lower().split()


def test_without_resamples_nothing_is_called_proven():
    page = render_report(usual(n_boot=0), title="Tanpa selang", facts={})
    assert "tanpa selang ketidakpastian: belum dapat disebut terbukti" in page
    assert "tidak ada selang ketidakpastian." in page
    assert page.count("<svg") == 3


def test_without_rules_nothing_is_called_better():
    page = render_report(made({"model": ByColumn()}), title="Sendiri", facts={})
    assert "Tidak ada aturan praktik yang ikut diuji" in page
    assert page.count("<svg") == 2


def test_only_rules_can_compete():
    rules = {"desil": ByColumn("coarse", is_practice=True), "acak": ByColumn("noise", is_practice=True)}
    page = render_report(made(rules), title="Aturan saja", facts={})
    assert Wellformed(page).open == []


def test_names_and_titles_are_text_not_markup():
    nasty = {"model": ByColumn(), "<script>alert(1)</script>$x^2$": ByColumn("noise")}
    page = render_report(made(nasty), title="<b>&", facts={"<i>": "<u>"})
    assert "<script" not in page and "<b>" not in page and "<u>" not in page
    assert "&lt;b&gt;&amp;" in page


def test_other_languages_are_refused():
    with pytest.raises(ValueError, match="Bahasa Indonesia"):
        render_report(usual(n_boot=0), title="t", facts={}, language="en")
