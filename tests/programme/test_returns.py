"""The short text of a phone page: what goes in comes out, mangling by a messenger changes nothing, damage is noticed."""

import re
import string

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from pkh_graduation.programme import returns
from pkh_graduation.programme.returns import (
    ALPHABET,
    LAYOUT,
    LETTERS,
    OUTCOMES,
    Answer,
    ReturnError,
    encode,
    list_id,
    parse,
    plain_note,
    row_id,
    seal,
    split_texts,
)

LIST = list_id("run", "d1")
answers = st.lists(
    st.builds(
        Answer,
        row_id=st.text("0123456789abcdef", min_size=1, max_size=6).map(lambda kpm: row_id(LIST, kpm)),
        hasil=st.sampled_from(["", *OUTCOMES["hasil"]]),
        keputusan_keluarga=st.sampled_from(["", *OUTCOMES["keputusan_keluarga"]]),
        keputusan=st.sampled_from(["", *OUTCOMES["keputusan"]]),
        tanggal_kunjungan=st.one_of(st.just(""), st.dates().map(lambda day: day.isoformat())),
        catatan=st.text(max_size=60).map(plain_note),
    ),
    max_size=5,
)


@given(answers)
@settings(max_examples=60, deadline=None, phases=(Phase.generate,))
def test_what_is_encoded_is_parsed(rows):
    assert parse(encode(LIST, rows)) == returns.Returned(LIST, tuple(rows))


@given(answers, st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None, phases=(Phase.generate,))
def test_a_messenger_changes_nothing(rows, random):
    """Line ends, more spaces, bold marks, curly dashes, capitals and chatter around the text."""
    text = encode(LIST, rows)
    fixed = re.sub(r"/-/", "/\u2013/", text).replace("|\n", random.choice(["|", " | \r\n", "|\u00a0\n\n", "\u200e|\n"]))
    wrapped = f"[12/5 10.33] Bu Rina: selamat siang *{random.choice([fixed, fixed.upper()])}* terima kasih | salam"
    found = parse(wrapped)
    assert found.list_id == LIST
    assert [(a.row_id, a.hasil, a.keputusan, a.tanggal_kunjungan) for a in found.answers] == [
        (a.row_id, a.hasil, a.keputusan, a.tanggal_kunjungan) for a in rows
    ]
    assert [a.catatan.upper() for a in found.answers] == [a.catatan.upper() for a in rows]


@given(answers, st.integers(0, 10**6), st.sampled_from(ALPHABET))
@settings(max_examples=80, deadline=None, phases=(Phase.generate,))
def test_one_changed_sign_is_noticed(rows, place, sign):
    text = encode(LIST, rows)
    at = place % len(text)
    changed = text[:at] + sign + text[at + 1 :]
    try:
        found = parse(changed)
    except ReturnError as error:
        assert error.rule in ("teks_kosong", "teks_terpotong", "teks_rusak", "versi_teks")
        assert error.rows <= len(rows) + 1
    else:
        # What still reads, reads the same: a sign between the fields, or one that is taken for what stood there.
        upper = [repr(a).upper() for a in found.answers]
        assert (found.list_id, upper) == (LIST, [repr(a).upper() for a in rows])


@given(answers)
@settings(max_examples=30, deadline=None, phases=(Phase.generate,))
def test_a_text_cut_short_is_refused_and_its_rows_are_counted(rows):
    text = encode(LIST, rows)
    with pytest.raises(ReturnError) as caught:
        parse(text[: text.rindex("=")])
    assert caught.value.rule == "teks_terpotong"
    assert caught.value.rows == len(rows)


def test_errors_teach():
    with pytest.raises(ReturnError, match="Salin hasil") as none:
        parse("halo, ini hasil kunjungan saya")
    assert none.value.rule == "teks_kosong"
    with pytest.raises(ReturnError, match="PKH2") as other:
        parse("PKH2|AAAA|B/---/-/|=1234567")
    assert (other.value.rule, other.value.rows) == ("versi_teks", 1)


def test_a_letter_that_is_no_code_is_left_for_the_reader():
    line = f"{row_id(LIST, 'k')}/Z--/20261399/"
    text = f"PKH1|{LIST}|{line}|={returns.check_of(returns.canonical_body(LIST, [line]))}"
    (answer,) = parse(text).answers
    assert answer.hasil == "?Z"
    assert answer.tanggal_kunjungan == "2026-13-99"


def test_unknown_codes_and_dates_are_not_encoded():
    with pytest.raises(ValueError, match="hasil has no code"):
        encode(LIST, [Answer("A", hasil="entah")])
    with pytest.raises(ValueError, match="YYYY-MM-DD"):
        encode(LIST, [Answer("A", tanggal_kunjungan="12/5/2026")])


@given(st.text(max_size=300))
@settings(max_examples=100, deadline=None, phases=(Phase.generate,))
def test_a_plain_note_stays_as_it_is(text):
    note = plain_note(text)
    assert plain_note(note) == note
    assert set(note) <= set(string.ascii_letters + string.digits + " .,()-")
    assert not re.search(r"\d{9,}", note)
    assert len(note) <= returns.NOTE_LETTERS


NUMBERS = (
    "9901010101010001", "9901 0101 0101 0001", "990101 010101 0001", "9901.0101.0101.0001", "9901,0101,0101,0001",
    "99 01 01 01 01 01 00 01", "990101 - 010101 - 0001", "990101 010101 001", "081234567890", "0812-3456-7890", "0812.3456.7890",
    "081234 567890", "+62 812 3456 789", "812 34567890", "(0271) 645678", "0271-645678",
)  # fmt: skip


@pytest.mark.parametrize("number", NUMBERS)
def test_numbers_of_persons_never_travel(number):
    note = plain_note(f"hubungi {number} besok")
    assert note == f"hubungi {returns.NUMBER_GONE} besok"


@pytest.mark.parametrize(
    "said",
    [
        "omzet Rp 1.500.000, 2.000.000, 300.000",
        "2024-12-31 sampai 2025-01-31",
        "RT 02 RW 05, anak 3",
        "modal 20.850.000",
    ],
)
def test_amounts_and_days_stay_in_a_note(said):
    assert plain_note(said) == said


def test_ids_are_stable_apart_and_say_nothing():
    ids = {list_id(run, who) for run in ("r1", "r2") for who in ("d1", "d2", "d12")}
    assert len(ids) == 6
    assert row_id(LIST, "k1") != row_id(list_id("run", "d2"), "k1")
    # The parts of a name are kept apart: (r, 1d) is not (r1, d).
    assert list_id("r", "1d") != list_id("r1", "d")
    assert all(set(name) <= set(ALPHABET) and len(name) == returns.LIST_LETTERS for name in ids)
    assert len(row_id(LIST, "k1")) == returns.ROW_LETTERS


def test_letters_are_one_for_each_code_and_survive_a_messenger():
    for column, letters in LETTERS.items():
        assert letters.keys() == OUTCOMES[column].keys()
        assert len(set(letters.values())) == len(letters)
        assert all(re.fullmatch("[A-Z]", letter) for letter in letters.values())
    assert set(LAYOUT.answers.values()) == {*OUTCOMES, "tanggal_kunjungan", "catatan"}


def test_a_chat_is_cut_before_each_text():
    texts = [encode(LIST, [Answer(row_id(LIST, str(n)), hasil="ditemui")]) for n in range(3)]
    pieces = split_texts("pagi\n" + "\n[8/1] Bu Ani: ".join(texts) + "\nsekian")
    assert [parse(piece).answers[0].row_id for piece in pieces] == [row_id(LIST, str(n)) for n in range(3)]
    assert split_texts("tidak ada") == ["tidak ada"]


def test_a_seal_feels_edits_and_nothing_else():
    cells = ["1", "Ibu  Ani\nDusun 2", 0.123456, None]
    assert seal(cells) == seal([1.0, "Ibu Ani Dusun 2", 0.1234561, ""])
    assert (
        len({seal(cells), seal(["1", "Ibu Ani Dusun 3", 0.123456, ""]), seal(["2", *cells[1:]]), seal(cells[1:])}) == 4
    )


@given(st.text(max_size=12), st.lists(st.text(max_size=20), max_size=4))
def test_ids_of_rows_are_the_same_one_by_one_and_all_at_once(name, families):
    """And the same as ever: lists that were issued long ago are found by them."""
    expected = [returns._short("baris", name, kpm, letters=returns.ROW_LETTERS) for kpm in families]
    assert returns.row_ids(name, families) == expected == [row_id(name, kpm) for kpm in families]
    assert row_id("L", "k1") == "Q4BGHWDTW1"
