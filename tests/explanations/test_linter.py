from dataclasses import replace

import pytest

from pkh_graduation.explanations import SentenceError, read_phrasebook
from pkh_graduation.explanations.linter import CAUSE, MACHINE, NAME, VERDICT, lint, lint_phrasebook, templates
from pkh_graduation.explanations.sentences import languages
from pkh_graduation.priorities import HARD, SOFT
from pkh_graduation.programme.levers import cautions, levers


@pytest.mark.parametrize("language", languages())
def test_no_template_of_any_language_breaks_a_rule(language):
    book = read_phrasebook(language)
    assert not lint_phrasebook(book)
    assert len(templates(book)) > 300


@pytest.mark.parametrize("language", languages())
def test_no_word_of_the_catalogue_breaks_a_rule(language):
    keys = ("nama", "serupa", "cek")
    texts = {f"{lever.kode}.{key}": getattr(lever, key).get(language, "") for lever in levers() for key in keys}
    texts |= {caution.kode: caution.kalimat[language] for caution in cautions()}
    assert not lint(texts, language)
    assert all(text for key, text in texts.items() if not key.endswith("serupa"))


def test_no_word_of_guards_and_referrals_breaks_a_rule():
    texts = dict(HARD) | {soft.warning: f"{soft.warning}; {soft.check}" for soft in SOFT}
    texts |= {lever.kode: lever.rujukan for lever in levers()}
    assert not lint(texts, "id")


@pytest.mark.parametrize(
    ("text", "language", "rule"),
    [
        ("Omzet naik karena pelatihan", "id", CAUSE),
        ("Pelatihan MENINGKATKAN penghasilan", "id", CAUSE),
        ("Akibatnya omzet turun", "id", CAUSE),
        ("Omzet naik dikarenakan pelatihan", "id", CAUSE),
        ("Pelatihan menyebabkannya", "id", CAUSE),
        ("Usaha menaikkan peluang", "id", CAUSE),
        ("Pelatihan membantu keluarga graduasi", "id", CAUSE),
        ("Pelatihan membantunya graduasi", "id", CAUSE),
        ("Peluangnya dinaikkan oleh pelatihan", "id", CAUSE),
        ("Keluarga ini pasti akan graduasi", "id", VERDICT),
        ("Keluarga ini layak dikeluarkan", "id", VERDICT),
        ("Keluarga harus graduasi", "id", VERDICT),
        ("Skor SHAP tinggi", "id", MACHINE),
        ("Nilai usaha_aktif_n adalah 2", "id", NAME),
        ("Training raised the income", "en", CAUSE),
        ("They must leave", "en", VERDICT),
        ("Because of feature_x", "en", NAME),
    ],
)
def test_each_rule_fires(text, language, rule):
    assert rule in {finding.aturan for finding in lint({"x": text}, language)}


def test_a_cause_may_be_told_at_proven_grades_only_and_a_verdict_never():
    cause, verdict = {"x": "Pelatihan meningkatkan peluang"}, {"x": "Keluarga harus graduasi"}
    assert [bool(lint(cause, "id", grade=grade)) for grade in ("E0", "E1", "E2", "E3")] == [True, True, False, False]
    assert all(lint(verdict, "id", grade=grade) for grade in ("E0", "E1", "E2", "E3"))


def test_placeholders_forms_and_parts_of_words_are_no_findings():
    assert not lint({"x": "lebih dari {dari_100} keluarga, @arah_rupiah, berkarena"}, "id")


def test_the_action_sentences_are_read_at_their_own_grade():
    book = read_phrasebook("id")
    assert lint({"x": book.actions["E3"]}, "id")
    swapped = replace(book, actions=dict(book.actions) | {"E1": book.actions["E3"]})
    assert {finding.tempat for finding in lint_phrasebook(swapped)} == {"tindakan.E1"}


def test_unknown_languages_and_grades_are_refused():
    with pytest.raises(SentenceError, match="'xx'"):
        lint({}, "xx")
    with pytest.raises(SentenceError, match="'E9'"):
        lint({}, "id", grade="E9")
