import re

import numpy as np
import pytest

from pkh_graduation.explanations import Phrasebook, SentenceError, read_phrasebook
from pkh_graduation.explanations.linter import lint
from pkh_graduation.explanations.sentences import languages, parse_phrasebook, standings
from pkh_graduation.features import dictionary

FORM = """
[bentuk]
arti = "meaning_id"
ribuan = "."
desimal = ","
persen = "{angka} %"
rupiah = "Rp {angka}"
juta = "juta"
miliar = "miliar"
tanggal = "{hari} {bulan} {tahun}"
nama_bulan = ["Jan", "Feb", "Mar", "Apr", "Mei", "Jun", "Jul", "Agu", "Sep", "Okt", "Nov", "Des"]
tahun = "tahun"
bulan = "bulan"
hari = "hari"
sebentar = "sebentar"
naik = "naik {angka}"
turun = "turun {angka}"
ya = "ya"
tidak = "tidak"
"""
WORDS = (
    FORM
    + """
[kata]
umum = "{arti}: {nilai}"
data = "(data {tanggal})"
banding = ", {kata} daripada {dari_100} dari 100 keluarga"
banding_umum = ", seperti umumnya"
[satuan]
rupiah = "@rupiah"
orang = "orang"
"""
)
DICTIONARY = dictionary()
MODEL = DICTIONARY[DICTIONARY["model"] & (DICTIONARY["theme"] != "wilayah")]
LANGUAGES = languages()


def book(entry: str) -> Phrasebook:
    return parse_phrasebook("id", WORDS + entry)


def say(phrases: Phrasebook, value, direction="mendukung", unit="rupiah", known=20585, standing=None) -> str:
    return phrases.sentence("x", direction, value, known, unit=unit, meaning="Jumlah {x} ini.", standing=standing)


def test_each_direction_and_zero_have_their_own_words():
    phrases = book(
        '[fitur.x]\nmendukung="naik {nilai}"\nmenahan="turun {nilai}"\nnol="tidak ada"\nnol_menahan="masih nol"'
    )
    assert say(phrases, 1_500_000) == "Naik Rp 1,5 juta (data 12 Mei 2026)"
    assert say(phrases, 5, "menahan") == "Turun Rp 5 (data 12 Mei 2026)"
    assert say(phrases, 0) == "Tidak ada (data 12 Mei 2026)"
    assert say(phrases, 0, "menahan") == "Masih nol (data 12 Mei 2026)"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "name", MODEL.index[MODEL["unit"].isin(["rp/bulan per tahun", "rp/tahap per tahun", "desil/tahun"])]
)
@pytest.mark.parametrize("value", [-0.0004, 0.0004])
def test_a_change_that_is_written_as_zero_is_told_as_none_and_has_no_direction(language, name, value):
    phrases, unit = read_phrasebook(language), str(MODEL.loc[name, "unit"])
    small, none, much = (
        phrases.statement(name, "menahan", changed, unit=unit, meaning="x") for changed in (value, 0.0, value * 1e7)
    )
    assert small == none and much != none


def test_a_short_time_is_not_told_as_none():
    phrases = book('[fitur.x]\nkalimat="berjalan {nilai}"\nnol="belum ada"\nsatuan="@tahun"')
    assert say(phrases, 0.01).startswith("Berjalan sebentar (") and say(phrases, 0.0).startswith("Belum ada (")


def test_a_feature_without_a_phrase_is_said_by_its_meaning_with_braces_as_text():
    assert say(book(""), 2, unit="orang") == "Jumlah {x} ini: 2 orang (data 12 Mei 2026)"
    assert say(book(""), 2.26, unit="ons") == "Jumlah {x} ini: 2,3 ons (data 12 Mei 2026)"


@pytest.mark.parametrize(
    ("standing", "tail"),
    [((0.81, 0.1), ", lebih lama daripada 81 dari 100 keluarga"), ((0.1, 0.7), ", lebih singkat daripada 70 dari 100 keluarga"),
     ((0.58, 0.1), ", lebih lama daripada 58 dari 100 keluarga"), ((0.5, 0.4), ", seperti umumnya"),
     ((1.0, 0.0), ", lebih lama daripada 99 dari 100 keluarga"), (None, "")],
)  # fmt: skip
def test_comparison_in_natural_frequencies(standing, tail):
    phrases = book('[fitur.x]\nkalimat="berjalan {nilai}{banding}"\nlebih="lebih lama"\nkurang="lebih singkat"')
    assert say(phrases, 7, standing=standing) == f"Berjalan Rp 7{tail} (data 12 Mei 2026)"


def test_codes_are_said_in_words():
    phrases = book('[fitur.x]\nkalimat="lantai {nilai}"\n[fitur.x.kata]\n1="tanah"')
    assert say(phrases, 1.0).startswith("Lantai tanah (")
    assert say(phrases, 9.0, unit="orang").startswith("Lantai 9 orang (")


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ('[fitur.x]\nkalimatt="a"', "unknown keys"),
        ('[fitur.x]\nkalimat="{nama}"', "nobody fills"),
        ("", "lacks the words"),
    ],
)
def test_a_broken_phrasebook_is_refused_by_name(entry, message):
    with pytest.raises(SentenceError, match=message):
        parse_phrasebook("id", (WORDS if entry else FORM + "[kata]") + entry)


def test_a_book_without_a_form_is_refused_by_name():
    with pytest.raises(SentenceError, match=r"lacks the words \['desimal'\] in \[bentuk\]"):
        parse_phrasebook("id", WORDS.replace('desimal = ","', ""))


def test_standings_need_enough_known_values():
    few = np.concatenate([np.arange(19.0), np.full(50, np.nan)])
    assert np.isnan(standings(np.array([3.0]), few)).all()
    many = np.arange(100.0)
    assert standings(np.array([25.0, -1.0]), many).tolist() == [[0.25, 0.74], [0.0, 1.0]]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_says_every_feature_that_may_be_shown(language):
    """And hides the same ones: what may be shown is a rule, not a matter of language."""
    book, first = read_phrasebook(language), read_phrasebook("id")
    assert set(MODEL.index) <= set(book.phrases) <= set(DICTIONARY.index)
    assert {name for name in MODEL.index if book.shows(name)} == {name for name in MODEL.index if first.shows(name)}
    for name, phrase in book.phrases.items():
        other = first.phrases[name]
        assert set(phrase.kata) == set(other.kata), name
        for key in ("kalimat", "mendukung", "menahan", "nol", "negatif", "lebih", "kurang"):
            own, theirs = getattr(phrase, key), getattr(other, key)
            assert re.findall(r"{\w+}", own) == re.findall(r"{\w+}", theirs), (name, key)
            assert bool(own) == bool(theirs), (name, key)


@pytest.mark.parametrize("language", [language for language in LANGUAGES if language != "id"])
def test_no_other_language_leaves_a_unit_in_indonesian(language):
    assert set(MODEL["unit"]) <= set(read_phrasebook(language).units)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("direction", ["mendukung", "menahan"])
@pytest.mark.parametrize("value", [0.0, 1.0, 2.0, 3.5])
def test_every_feature_of_the_dictionary_can_be_said(language, direction, value):
    book = read_phrasebook(language)
    said = {}
    for name, line in DICTIONARY.iterrows():
        text = book.sentence(
            str(name), direction, value, 20585, unit=line["unit"], meaning=line[book.notation.arti], standing=(0.8, 0.1)
        )
        assert text.endswith(" " + book.words["data"].format(tanggal=book.notation.date(20585)))
        assert text[0].isupper() or not text[0].isalpha()
        assert not re.search(r"[{}@|]|  |\bnan\b", text), text
        assert len(text) < 200
        if line["model"] and book.shows(str(name)):
            said[str(name)] = text
    assert not lint(said, language)


def test_a_component_that_has_ended_is_said_as_such():
    book = read_phrasebook("id")
    say_end = book.sentence("komp_habis_hari", "mendukung", -30.0, 20585, unit="hari", meaning="x")
    assert say_end == "Komponen terakhir sudah berakhir (data 12 Mei 2026)"


@pytest.mark.parametrize("language", LANGUAGES)
def test_health_of_persons_and_traits_nobody_chose_are_never_reasons(language):
    hidden = {"kepala_perempuan", "kepala_umur", "sakit_kronis_n", "gizi_buruk_n", "kesulitan_n", "komp_hamil_n"}
    assert not [name for name in sorted(hidden) if read_phrasebook(language).shows(name)]
