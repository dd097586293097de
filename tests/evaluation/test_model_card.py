"""The model card: both languages, three forms, honest about what it lacks, and every test it names exists."""

import ast
import datetime as dt
import html
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from string import Formatter

import numpy as np
import pandas as pd
import pytest
from evaluation_panel import panel_index, snapshots

from pkh_graduation.contracts import Facts
from pkh_graduation.evaluation.fairness_groups import OTHERS, fairness_groups
from pkh_graduation.evaluation.leak_questions import LEAK_TESTS
from pkh_graduation.evaluation.model_card import (
    EXPECTED,
    CardTable,
    card_documents,
    model_card,
    render_html,
    render_markdown,
    tables_in,
)
from pkh_graduation.evaluation.model_card_figures import of_frame
from pkh_graduation.evaluation.model_card_words import LANGUAGES, read_words
from pkh_graduation.programme.vocabulary import THEMES

ROOT = Path(__file__).resolve().parents[2]
CARD = {
    "sintetis": False,
    "as_of": "2025-12-31",
    "label": {"horizon": 4, "known_by": "2025-12-31", "lag_days": 30, "definition": "mandiri"},
    "recipe": {"members": 5, "blend": 0.5},
    "features": ["w"],
    "dictionary": {"w": {"theme": "usaha", "meaning_id": "punya usaha", "meaning_en": "has an enterprise"}},
    "data": {"rows": 1000, "families": 240, "pendamping": 6, "exits_mandiri": 3,
             "first_date": "2022-03-31", "last_date": "2025-12-31"},
    "data_digest": "d" * 64,
}  # fmt: skip


@pytest.fixture(scope="module")
def metrics(report):
    return json.loads(json.dumps(report.to_dict()))


@pytest.mark.parametrize("key", sorted(LEAK_TESTS))
def test_every_test_that_answers_a_question_exists(key):
    for name in LEAK_TESTS[key]:
        path, function = name.split("::")
        tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
        assert function in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}, name


def test_there_are_eight_questions_in_each_language():
    for language in LANGUAGES:
        keys = [one["key"] for one in read_words(language).data["leaks"]]
        assert len(keys) == 8 and set(keys) == set(LEAK_TESTS)


def shape(value):
    """Structure and placeholders of the words: what both languages must share."""
    if isinstance(value, dict):
        return {key: shape(item) for key, item in value.items()}
    if isinstance(value, list):
        return [shape(item) for item in value]
    return sorted({field for _, field, _, _ in Formatter().parse(value) if field})


def test_the_languages_say_the_same_things():
    one, other = (shape(dict(read_words(language).data)) for language in LANGUAGES)
    assert one == other


def test_every_group_of_the_audit_has_a_name_in_each_language():
    n = 240
    index = panel_index(n, [dt.date(2024, 12, 31)])
    rng = np.random.default_rng(3)
    flags = {"kepala_perempuan": 2, "komp_lansia_n": 2, "komp_disabilitas_n": 2, "pagar_lansia_tunggal": 2,
             "wilayah_sulit": 2, "perkotaan": 2, "anggota_n": 12, "desil": 11}  # fmt: skip
    values = pd.DataFrame({name: rng.integers(0, top, n).astype(float) for name, top in flags.items()}, index=index)
    values["desil"] = values["desil"].replace(0.0, 1.0)
    history = snapshots(index, list("abcdef") * (n // 6))
    values = values.mask((rng.random(values.shape) < 0.3) & (history.frame[["pendamping_id"]] == "a").to_numpy())
    columns = ["theme", "unit", "meaning_id", "meaning_en", "lever", "sign", "source", "window", "model"]
    groups = fairness_groups(Facts(values, pd.DataFrame(index=index), pd.DataFrame(columns=columns)), history)
    said = {word for axis in groups for word in groups[axis]} | {OTHERS}
    for language in LANGUAGES:
        assert said == set(read_words(language).data["groups"])


def test_a_group_is_told_in_the_language_of_the_card():
    frame = pd.DataFrame({"axis": ["kepala", "desil"], "group": ["perempuan", "desil 2"]})
    table = of_frame("fairness", "", frame, "", read_words("en"))
    assert table.rows == [["head of the family", "women"], ["welfare decile", "decile 2"]]


def test_another_language_is_refused_with_those_there():
    with pytest.raises(ValueError, match=r"id.*en"):
        model_card(CARD, None, language="jv")


def test_the_answer_is_that_of_the_figures(report, metrics):
    said = " ".join(model_card(CARD, metrics)["good"])
    rows = report.metrics.set_index(["contender", "origin", "metric"])["value"]
    for name in ("model", report.best_rule):
        figure = f"{100 * rows[(name, report.test_origin, 'precision')]:.1f}".replace(".", ",")
        assert figure in said
    paired = report.paired.set_index(["contender", "origin", "metric"]).loc[("model", report.test_origin, "precision")]
    low = f"{100 * min(paired['low'], paired['low_pendamping']):.1f}".replace("-", "−").replace(".", ",")
    assert low in said
    assert "lebih tepat daripada cara itu" in said


def changed(metrics, **columns):
    paired = [
        {**row, **columns} if row["metric"] == "precision" and row["contender"] == "model" else row
        for row in metrics["paired"]
    ]
    return {**metrics, "paired": paired}


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"low": -0.2, "high": -0.1, "low_pendamping": -0.2, "high_pendamping": -0.1}, "Jangan dipakai"),
        ({"low": 0.01, "high": 0.1, "low_pendamping": -0.01, "high_pendamping": 0.1}, "belum terbukti"),
        ({"low": None, "high": None, "low_pendamping": None, "high_pendamping": None}, "tanpa selang"),
    ],
)
def test_the_verdict_follows_the_interval(metrics, columns, said):
    """The wider of the two resamplings decides."""
    assert said in model_card(CARD, changed(metrics, **columns))["good"][1]


def test_chances_that_are_off_are_said_to_be_off(metrics):
    def ratio(**figures):
        own = ("predicted_observed", "model")
        rows = [{**row, **figures} if (row["metric"], row["contender"]) == own else row for row in metrics["metrics"]]
        return model_card(CARD, {**metrics, "metrics": rows})["good"][-1]

    assert "meleset" in ratio(value=0.3, low=0.25, high=0.4)
    assert "meleset" in ratio(value=1.4, low=1.2, high=1.6)
    assert "meleset" not in ratio(value=1.3, low=1.0, high=1.6)
    assert "meleset" in ratio(value=2.0, low=None, high=None)


def test_too_few_graduations_give_no_figure(metrics):
    rows = [{**row, "n_positive": 4} for row in metrics["metrics"]]
    content = model_card(CARD, {**metrics, "metrics": rows})
    assert len(content["good"]) == 1 and "kurang dari 5" in content["good"][0]
    table = next(table for table in content["tables"] if table["key"] == "contenders")
    assert all(row[1:] == ["‹5"] * 4 for row in table["rows"])


def test_without_a_backtest_the_model_may_not_be_used():
    content = model_card(CARD, None, name="satu")
    assert "tidak boleh dipakai untuk daftar" in content["good"][0]
    assert len(content["missing"]) == 1 + len(EXPECTED)
    assert [table["key"] for table in content["tables"]] == ["inputs"]


def test_what_is_handed_in_is_shown_and_no_longer_missing(metrics):
    frame = pd.DataFrame({"kelompok": ["a|b", "<i>"], "ketepatan": [0.125, None], "n": [10, 4]})
    tables = [CardTable(key, frame, title={"id": "Judul", "en": "Title"}, note="catatan") for key in EXPECTED]
    content = model_card(CARD, metrics, tables=tables)
    assert content["missing"] == []
    shown = next(table for table in content["tables"] if table["key"] == "fairness")
    assert shown["title"] == "Judul" and shown["rows"] == [["a|b", "0,125", "10"], ["<i>", "–", "4"]]
    assert "<i>" not in render_html(content) and "<i>" not in render_markdown(content)
    assert "a\\|b" in render_markdown(content)
    assert model_card(CARD, metrics, tables=tables, language="en")["tables"][3]["title"] == "Title"


def test_a_name_means_what_its_column_says(metrics):
    """`desil` is an axis of the audit and a way of listing."""
    frame = pd.DataFrame({"axis": ["desil"], "contender": ["desil"]})
    content = model_card(CARD, metrics, tables=[CardTable("fairness", frame)])
    (row,) = next(table for table in content["tables"] if table["key"] == "fairness")["rows"]
    assert row == ["desil kesejahteraan", "desil tertinggi"]


def test_tables_that_the_figures_hold_are_found(metrics):
    line = {"holdout": "keluarga_baru", "families": 90, "precision": 0.125, "ratio": 1.5, "shift_auc": 0.6}
    life = {"plan": [{"contender": "model", "share": 0.08, "found": 7.25}], "tahap": [], "cost_ratio": 5.0}
    rows = [{**line, "n_positive": 9}, {**line, "n_positive": 4}]
    found = {one.key: one.frame for one in tables_in({**metrics, "holdouts": rows, "capacity": 0.1, "list_life": life})}
    assert set(found) == {"holdouts", "capacity"}
    assert found["holdouts"].columns.tolist() == ["holdout", "families", "precision", "ratio"]
    assert found["holdouts"]["precision"].tolist()[0] == 12.5
    assert found["holdouts"].iloc[1][["precision", "ratio"]].isna().all()
    assert found["capacity"]["share"].tolist() == [8.0]
    assert tables_in(None) == []
    content = model_card(CARD, metrics, tables=tables_in({**metrics, "holdouts": rows}), language="en")
    table = next(one for one in content["tables"] if one["key"] == "holdouts")
    assert table["columns"] == ["Tested on", "Families", "Graduations of 100", "Times"]
    assert table["rows"][0] == ["new families", "90", "12.5", "1.5"] and table["rows"][1][2:] == ["–", "–"]


def test_every_form_in_both_languages_and_the_same_bytes_again(metrics):
    documents = card_documents(CARD, metrics, name="satu")
    assert set(documents) == {
        "model_card.json",
        *(f"model_card.{lang}.{kind}" for lang in LANGUAGES for kind in ("html", "md")),
    }
    assert card_documents(CARD, metrics, name="satu") == documents
    told = json.loads(documents["model_card.json"])
    for language in LANGUAGES:
        for kind in ("html", "md"):
            text = documents[f"model_card.{language}.{kind}"]
            for sentence in told[language]["not_for"]:
                assert sentence in html.unescape(text)
            assert "{" not in re.sub(r"<style>.*?</style>", "", text, flags=re.DOTALL)


class Page(HTMLParser):
    """Headings in order, open tags left over, and addresses asked for."""

    def __init__(self, text):
        super().__init__()
        self.headings, self.stack, self.asked, self.languages = [], [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        if re.fullmatch(r"h\d", tag):
            self.headings.append(int(tag[1]))
        if tag not in ("meta", "link", "br", "img"):
            self.stack.append(tag)
        self.asked += [value for name, value in attrs if name in ("src", "href", "srcset", "action")]
        self.languages += [value for name, value in attrs if tag == "html" and name == "lang"]

    def handle_endtag(self, tag):
        assert self.stack.pop() == tag


def test_the_page_is_whole_asks_for_nothing_and_is_read_in_order(metrics):
    for language in LANGUAGES:
        page = Page(card_documents(CARD, metrics, name="satu")[f"model_card.{language}.html"])
        assert page.stack == [] and page.asked == [] and page.languages == [language]
        assert page.headings[0] == 1 and all(b - a <= 1 for a, b in zip(page.headings, page.headings[1:], strict=False))


def test_commands_and_settings_are_set_as_code_and_markup_is_text(metrics):
    content = model_card(CARD, metrics, language="en")
    content["missing"] = ["run `pkh-graduation <b>` & wait"]
    assert "run <code>pkh-graduation &lt;b&gt;</code> &amp; wait" in render_html(content)
    assert "run `pkh-graduation <b>` & wait" in render_markdown(content)
    assert "`" not in re.sub(r"<style>.*?</style>", "", render_html(content), flags=re.DOTALL)


def test_made_up_records_are_said_at_the_top(metrics):
    for made_up in (True, False):
        content = model_card({**CARD, "sintetis": made_up}, metrics)
        assert bool(content["banner"]) is made_up
        assert ("buatan" in render_html(content)) is made_up


def test_small_counts_are_not_told(metrics):
    facts = dict(model_card(CARD, metrics)["data"])
    assert facts["Graduasi mandiri yang dipelajari"] == "‹5"
    assert facts["Keluarga"] == "240"


def test_no_phrase_that_may_not_be_said_and_no_cause():
    """Nothing here is evidence of a cause, so no causal verb; and no family "must" or "deserves" to leave."""
    said = {
        language: json.dumps(model_card(CARD, None, language=language), ensure_ascii=False).lower()
        for language in LANGUAGES
    }
    for phrase in ("layak dikeluarkan", "harus graduasi", "tidak pantas", "menyebabkan", "mengakibatkan", "berkat"):
        assert phrase not in said["id"], phrase
    for phrase in ("must leave", "deserves", "causes ", "leads to", "thanks to"):
        assert phrase not in said["en"], phrase


def test_an_old_card_still_gives_a_card():
    content = model_card({"sintetis": True}, None, name="lama")
    assert content["data"] and render_html(content) and render_markdown(content)


def test_the_numbers_of_a_column_have_the_same_decimals_and_no_more_than_they_need():
    columns = {
        "share": [8.0, 10.0, 12.0], "found": [1.764, 2.22, 11.0], "low": [0.2, 0.0, float("nan")],
        "value": [1.024, 0.8124, 0.0], "ratio": [0.2022, 0.4545, 0.0],
    }  # fmt: skip
    told = of_frame("x", "", pd.DataFrame(columns), "", read_words("en")).rows
    assert [list(column) for column in zip(*told, strict=True)] == [
        ["8", "10", "12"], ["1.8", "2.2", "11.0"], ["0.2", "0.0", "–"],
        ["1.02", "0.81", "0.00"], ["0.202", "0.455", "0.000"],
    ]  # fmt: skip


def test_the_card_says_from_how_many_graduates_the_judged_model_learnt(metrics):
    origin = metrics["test_origin"]
    learnt = next(row["mandiri_learnt"] for row in metrics["dropped"] if row["origin"] == origin)
    said = f"{learnt} families were known to have graduated"
    assert learnt > 0 and said in " ".join(model_card(CARD, metrics, language="en")["good"])
    older = [{key: value for key, value in row.items() if key != "mandiri_learnt"} for row in metrics["dropped"]]
    assert "were known to have graduated" not in " ".join(
        model_card(CARD, {**metrics, "dropped": older}, language="en")["good"]
    )


def test_every_theme_of_the_programme_has_a_word_in_every_language():
    for language in LANGUAGES:
        assert set(read_words(language).data["themes"]) == set(THEMES)
    tables = model_card(CARD, None, language="en")["tables"]
    assert next(table["rows"] for table in tables if table["key"] == "inputs") == [
        ["enterprise", "1", "has an enterprise"]
    ]
