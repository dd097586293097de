"""Hold-outs and lists as they live, in the page and in the JSON."""

import dataclasses
import json
import re

import pytest
from evaluation_panel import ByColumn, Panel, RollingFolds
from test_holdouts import Told
from test_report import Wellformed

from pkh_graduation.evaluation import list_life, render_report, run_backtest, run_holdouts


@pytest.fixture(scope="module")
def whole():
    panel = Panel(n_families=400, seed=3)
    contenders = {"model": ByColumn("trait", 1.2), "kasar": ByColumn("coarse"), "acak": ByColumn("noise")}
    report = run_backtest(contenders, panel.X, panel.y, panel.history, RollingFolds(3, 4), n_boot=20)
    holdouts = run_holdouts(report, contenders, panel.X, panel.y, panel.history, [Told(1, 4)], model="model")
    return dataclasses.replace(report, holdouts=holdouts, life=list_life(report, panel.X, model="model"))


@pytest.fixture(scope="module")
def page(whole):
    return render_report(whole, title="Uji", facts={})


def test_the_page_tells_them_and_stays_well_formed(page, whole):
    found = Wellformed(page)
    assert found.open == [] and len(found.ids) == len(set(found.ids))
    for words in (
        "Bila belum pernah dikenal",
        "Daftar dalam setahun",
        "Berapa panjang daftarnya?",
        "Seberapa tetap daftarnya",
    ):
        assert words in page
    line = whole.holdouts.set_index("holdout").loc["pendamping_baru"]
    text = re.search(r"masa depan \+ pendamping baru.*?</tr>", page, re.DOTALL)[0]
    assert f"{100 * line['precision']:.1f}".replace(".", ",") in text
    assert "kabupaten baru" not in re.sub(r"<p.*?</p>", "", page, flags=re.DOTALL)
    assert not any(name in page for name in whole.predictions["kpm_id"].unique())
    assert not any(name in page for name in whole.predictions["pendamping_id"].unique())


def test_no_word_calls_for_ending_anybody_or_for_causes(page):
    text = re.sub(r"<[^>]+>", " ", page).lower()
    for words in ("layak dikeluarkan", "dikeluarkan dari daftar", "menyebabkan", "mengakibatkan", "karena daftar"):
        assert words not in text


def test_without_them_the_page_is_silent(whole):
    page = render_report(dataclasses.replace(whole, holdouts=None, life=None), title="Uji", facts={})
    assert "Bila belum pernah dikenal" not in page and "Daftar dalam setahun" not in page


def test_the_figures_are_in_the_json(whole):
    found = json.loads(json.dumps(whole.to_dict(), allow_nan=False))
    assert [line["holdout"] for line in found["holdouts"]] == whole.holdouts["holdout"].tolist()
    assert set(found["list_life"]) >= {"outcomes", "profile", "year", "overlap", "tahap", "plan", "cost_ratio"}
    plain = dataclasses.replace(whole, holdouts=None, life=None).to_dict()
    assert "holdouts" not in plain and "list_life" not in plain


def test_a_year_of_three_tahap_is_said(page, whole):
    assert whole.life.year["tahap"].unique().tolist() == [3]
    assert "dibagi rata atas 3 tahap berturut-turut" in page


def test_too_few_graduates_are_not_turned_into_figures(whole):
    few = whole.holdouts.assign(n_positive=2)
    page = render_report(dataclasses.replace(whole, holdouts=few), title="Uji", facts={})
    part = re.search(r"masa depan \+ pendamping baru.*?</tr>", page, re.DOTALL)[0]
    assert "‹5 kejadian" in part


def test_columns_are_told_in_words_and_by_name_and_their_words_are_in_no_table_of_facts(whole):
    name = whole.life.profile["feature"].iloc[0]
    page = render_report(whole, title="Uji", facts={"meanings": {name: "anggota yang bekerja"}})
    line = re.search(r"anggota yang bekerja.*?</tr>", page, re.DOTALL)[0]
    assert name in line and page.count("anggota yang bekerja") == 1
