"""Answers meet the lists that were issued: accepted once, corrected later, set aside with a rule; nothing is lost."""

import datetime as dt
from collections.abc import Sequence

import pandas as pd
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from made_returns import AS_OF, FAMILIES, LISTS, issued, row

from pkh_graduation.contracts import ContractError
from pkh_graduation.monitoring import HISTORY, Delivery, Feedback, RawAnswer, no_history, read_day, take_in
from pkh_graduation.monitoring.rules import RULES
from pkh_graduation.programme.outcomes import ENGLISH, OUTCOMES

RECEIVED = dt.date(2026, 10, 20)
K = FAMILIES["d1"]
REGISTER = issued()


def answer(kpm: str, number: int = 1, **said: object) -> RawAnswer:
    who = "d1" if kpm in K else "d2"
    return RawAnswer(number, LISTS[who], row(kpm), **said)


def met(kpm: str, number: int = 1, **said: object) -> RawAnswer:
    return answer(kpm, number, **{"hasil": "ditemui", "tanggal_kunjungan": "2026-10-05", **said})


def come(history: pd.DataFrame, *files: Sequence[RawAnswer], received: dt.date = RECEIVED) -> Feedback:
    deliveries = [Delivery(f"{n}.txt", tuple(rows)) for n, rows in enumerate(files)]
    return take_in(deliveries, REGISTER, history, received=received)


def fates(done: Feedback) -> tuple[int, int, int]:
    total = done.rows.sum()
    assert total["rows_in"] == total["rows_accepted"] + total["rows_quarantined"] + total["rows_unchanged"]
    assert len(done.added) == total["rows_accepted"]
    assert len(done.quarantine) == total["rows_quarantined"]
    return (total["rows_accepted"], total["rows_quarantined"], total["rows_unchanged"])


def rules(done: Feedback) -> list[str]:
    return sorted(done.quarantine["aturan"])


def test_an_answer_finds_its_family():
    done = come(no_history(), [met(K[0], keputusan="Diusulkan", catatan="usaha maju")])
    (line,) = done.history.to_dict("records")
    assert fates(done) == (1, 0, 0)
    assert (line["kpm_id"], line["pendamping_id"], line["run_id"], line["tanggal_acuan"]) == (
        K[0],
        "d1",
        "lari-1",
        AS_OF,
    )
    assert (line["hasil"], line["keputusan"], line["tanggal_kunjungan"]) == ("ditemui", "diusulkan", "2026-10-05")
    assert (line["tanggal_diketahui"], line["catatan"], line["temuan"]) == ("2026-10-20", "usaha maju", "")


def test_the_same_file_again_adds_nothing():
    file = [met(K[0]), answer(K[1], 2, hasil="belum"), RawAnswer(3, LISTS["d1"], row(K[2]))]
    first = come(no_history(), file)
    again = come(first.history, file, received=RECEIVED + dt.timedelta(days=9))
    assert (fates(first), fates(again)) == ((2, 0, 1), (0, 0, 3))
    pd.testing.assert_frame_equal(first.history, again.history)


def test_a_file_given_twice_counts_once():
    done = come(no_history(), [met(K[0])], [met(K[0])])
    assert fates(done) == (1, 0, 1)


def test_a_later_answer_is_a_correction_known_from_its_own_day():
    first = come(no_history(), [met(K[0], keputusan_keluarga="setuju")])
    later = come(first.history, [met(K[0], keputusan_keluarga="ragu")], received=dt.date(2026, 11, 3))
    assert fates(later) == (1, 0, 0)
    assert later.history["keputusan_keluarga"].tolist() == ["setuju", "ragu"]
    assert later.history["tanggal_diketahui"].tolist() == ["2026-10-20", "2026-11-03"]
    assert later.history["nomor"].tolist() == [1, 2]


def test_the_old_file_after_a_correction_is_no_news_but_its_answer_in_another_file_is_asked_about():
    old, new = [met(K[0], keputusan_keluarga="setuju")], [met(K[0], keputusan_keluarga="ragu")]
    history = come(come(no_history(), old).history, new).history
    assert fates(come(history, old)) == (0, 0, 1)
    back = come(history, [*old, met(K[1], 2)])
    assert (fates(back), rules(back)) == ((1, 1, 0), ["jawaban_lama_kembali"])
    meant = come(history, [met(K[0], keputusan_keluarga="setuju", catatan="sudah pasti")])
    assert fates(meant) == (1, 0, 0)


def test_an_objection_said_again_is_never_asked_about():
    objects, wrong = [met(K[0], keputusan_keluarga="keberatan")], [met(K[0], keputusan_keluarga="setuju")]
    history = come(come(no_history(), objects).history, wrong).history
    again = come(history, [*objects, met(K[1], 2)])
    assert (fates(again), again.history["keputusan_keluarga"].tolist()[:3]) == (
        (2, 0, 0),
        ["keberatan", "setuju", "keberatan"],
    )


@pytest.mark.parametrize(
    "said", [{}, {"tanggal_kunjungan": "kemarin"}, {"hasil": "belum"}, {"tanggal_kunjungan": "2027-01-01"}]
)
def test_an_objection_is_kept_without_a_date(said):
    done = come(no_history(), [answer(K[0], keputusan_keluarga="Keberatan atas pemrofilan", **said)])
    (line,) = done.history.to_dict("records")
    assert (line["keputusan_keluarga"], line["tanggal_kunjungan"]) == ("keberatan", "2026-10-20")
    assert "tanggal_diganti_tanggal_diterima" in line["temuan"]


@pytest.mark.parametrize(
    ("said", "rule"),
    [
        ({"hasil": "entah"}, "kode_tak_dikenal"),
        ({"hasil": "?Z"}, "kode_tak_dikenal"),
        ({"hasil": "ditemui"}, "tanggal_kosong"),
        ({"hasil": "ditemui", "tanggal_kunjungan": "31/2/2026"}, "tanggal_mustahil"),
        ({"hasil": "ditemui", "tanggal_kunjungan": "2026-10-21"}, "tanggal_sesudah_diterima"),
        ({"hasil": "ditemui", "tanggal_kunjungan": "2026-09-29"}, "tanggal_sebelum_daftar"),
        ({"tanggal_kunjungan": "2026-10-05"}, "hasil_kosong"),
        ({"keputusan_keluarga": "setuju"}, "hasil_kosong"),
        ({"hasil": "belum", "tanggal_kunjungan": "2026-10-05"}, "belum_tetapi_bertanggal"),
        (
            {"hasil": "tidak_ditemui", "tanggal_kunjungan": "2026-10-05", "keputusan_keluarga": "setuju"},
            "keputusan_tanpa_bertemu",
        ),
        ({"rule": "sel_terkunci_diubah", "hasil": "ditemui"}, "sel_terkunci_diubah"),
    ],
)
def test_what_is_impossible_is_set_aside_with_its_rule(said, rule):
    done = come(no_history(), [answer(K[0], **said), met(K[1], 2)])
    assert (fates(done), rules(done)) == ((1, 1, 0), [rule])
    (line,) = done.quarantine.to_dict("records")
    assert line["pesan"] == RULES[rule]
    assert (line["berkas"], line["baris"], line["list_id"], line["row_id"]) == ("0.txt", 1, LISTS["d1"], row(K[0]))


def test_strangers_are_set_aside():
    other_list = RawAnswer(1, "ZZZZZZZZZZZZ", row(K[0]), hasil="belum")
    other_row = RawAnswer(2, LISTS["d1"], row(FAMILIES["d2"][0]), hasil="belum")
    done = come(no_history(), [other_list, other_row])
    assert (fates(done), rules(done)) == ((0, 2, 0), ["baris_tak_dikenal", "daftar_tak_dikenal"])
    early = come(no_history(), [met(K[0])], received=dt.date(2026, 9, 29))
    assert rules(early) == ["diterima_sebelum_daftar"]


@pytest.mark.parametrize("name", ["3. Ibu Sri, Desa Rekaan RT 001", "Ibu Sri", "081234567890", "ibusrirati"])
def test_an_id_that_is_none_of_ours_is_shown_nowhere(name):
    """A table exported with labels instead of codes has the family's name where the row's id belongs."""
    rows = [RawAnswer(1, LISTS["d1"], name, hasil="ditemui"), RawAnswer(2, name, row(K[0]), hasil="ditemui")]
    done = come(no_history(), rows)
    assert fates(done) == (0, 2, 0)
    assert name[:7] not in done.quarantine.to_csv()
    assert done.quarantine["list_id"].tolist() == [LISTS["d1"], ""]
    assert done.quarantine["row_id"].tolist() == ["", row(K[0])]


@pytest.mark.parametrize("column", list(OUTCOMES))
def test_labels_of_both_languages_are_understood(column):
    for code in OUTCOMES[column]:
        for label in (OUTCOMES[column][code], ENGLISH[column][code]):
            said = {"hasil": "Met", "tanggal_kunjungan": "2026-10-05", column: label}
            if code == "belum":
                said["tanggal_kunjungan"] = ""
            (line,) = come(no_history(), [answer(K[0], **said)]).history.to_dict("records")
            assert line[column] == code


def test_a_row_set_aside_for_an_unknown_list_is_accepted_once_the_list_is_known():
    file = Delivery("a.txt", (met(K[0]),))
    nothing = take_in([file], REGISTER.iloc[:0], no_history(), received=RECEIVED)
    assert fates(nothing) == (0, 1, 0)
    assert fates(take_in([file], REGISTER, nothing.history, received=RECEIVED)) == (1, 0, 0)


def test_two_answers_without_an_order_are_both_set_aside():
    yes, no = met(K[0], keputusan_keluarga="setuju"), met(K[0], 2, keputusan_keluarga="tolak")
    within = come(no_history(), [yes, no, met(K[1], 3)])
    assert (fates(within), rules(within)) == ((1, 2, 0), ["jawaban_ganda"] * 2)
    assert rules(come(no_history(), [yes], [no])) == ["jawaban_bertentangan"] * 2
    in_order = come(no_history(), [yes, met(K[0], 2, keputusan_keluarga="tolak", turn=1)])
    assert in_order.history["keputusan_keluarga"].tolist() == ["setuju", "tolak"]


def test_an_objection_stands_among_answers_that_contradict_it():
    yes, objects = met(K[0], keputusan_keluarga="setuju"), met(K[0], 2, keputusan_keluarga="keberatan")
    for done in (come(no_history(), [yes, objects]), come(no_history(), [yes], [objects])):
        assert (fates(done), done.history["keputusan_keluarga"].tolist()) == ((1, 1, 0), ["keberatan"])
        assert done.waiting == 0
    lost = come(no_history(), [answer(K[0], keputusan_keluarga="keberatan", rule="sel_terkunci_diubah")])
    assert (fates(lost), lost.waiting) == ((0, 1, 0), 1)


@pytest.mark.parametrize("kpm", [*K, *FAMILIES["d2"]])
def test_an_older_export_of_the_same_chat_is_no_contradiction(kpm):
    """Files are taken in the order of a hash: with seven families both orders occur."""
    yes, no = met(kpm, keputusan_keluarga="setuju"), met(kpm, 2, keputusan_keluarga="tolak", turn=1)
    done = come(no_history(), [yes], [yes, no])
    assert (fates(done), done.history["keputusan_keluarga"].tolist()) == ((2, 0, 1), ["setuju", "tolak"])


def test_what_a_file_itself_corrects_never_comes_back_as_news():
    """The first message was set aside in a quarrel; the quarrel is over, and it is still older than the second."""
    yes, objects = met(K[0], keputusan_keluarga="setuju"), met(K[0], 2, keputusan_keluarga="keberatan", turn=1)
    other = met(K[0], keputusan_keluarga="keberatan", catatan="lewat telepon")
    first = come(no_history(), [yes, objects], [other])
    assert first.history["keputusan_keluarga"].tolist() == ["keberatan", "keberatan"]
    again = come(first.history, [yes, objects], [other])
    assert (again.added.empty, rules(again)) == (True, ["jawaban_lama_kembali"])


def test_reasons_are_kept_and_their_absence_noted():
    done = come(
        no_history(),
        [met(K[0], keputusan="ditolak", catatan="anak sakit; tlp 081234567890"), met(K[1], 2, keputusan="ditunda")],
    )
    assert done.history["catatan"].tolist() == ["anak sakit tlp (nomor dihapus)", ""]
    assert done.history["temuan"].tolist() == ["catatan_disederhanakan", "alasan_kosong"]


def test_nobody_is_shown_in_the_quarantine():
    secret = "Ibu Ani 9901010101010001"
    lines = [
        RawAnswer(1, secret, secret, hasil="belum"),
        answer(K[0], 2, hasil=secret),
        met(K[1], 3, tanggal_kunjungan=secret),
        met(K[2], 4, catatan=secret, hasil="x"),
    ]
    done = come(no_history(), lines)
    assert fates(done) == (0, 4, 0)
    assert "9901010101010001" not in done.quarantine.to_csv()


cells = st.fixed_dictionaries(
    {
        "hasil": st.sampled_from(["", "ditemui", "belum", "pindah", "aneh"]),
        "keputusan_keluarga": st.sampled_from(["", "setuju", "keberatan", "tolak"]),
        "keputusan": st.sampled_from(["", "diusulkan", "ditolak"]),
        "tanggal_kunjungan": st.sampled_from(["", "2026-10-05", "5/10/2026", "2026-12-01"]),
        "turn": st.integers(0, 1),
    }
)
files = st.lists(
    st.lists(st.tuples(st.sampled_from([*K, *FAMILIES["d2"]]), cells), max_size=5).map(
        lambda rows: [answer(kpm, n, **said) for n, (kpm, said) in enumerate(rows, 1)]
    ),
    min_size=1, max_size=3,
)  # fmt: skip


@given(files, files)
@settings(max_examples=15, deadline=None, phases=(Phase.generate,))
def test_every_row_is_accounted_for_and_nothing_is_counted_twice(first, second):
    one = come(no_history(), *first)
    fates(one)
    pd.testing.assert_frame_equal(
        come(no_history(), *first[::-1]).history.drop(columns="nomor"), one.history.drop(columns="nomor")
    )
    again = come(one.history, *first, received=RECEIVED + dt.timedelta(days=30))
    fates(again)
    assert again.added.empty
    # The past is never rewritten.
    two = come(one.history, *second, received=RECEIVED + dt.timedelta(days=5))
    fates(two)
    pd.testing.assert_frame_equal(two.history.iloc[: len(one.history)], one.history)
    assert two.history.groupby(["list_id", "row_id"])["nomor"].apply(lambda n: n.is_monotonic_increasing).all()


def test_frames_of_another_kind_are_refused():
    with pytest.raises(ContractError, match="register"):
        take_in([], REGISTER.drop(columns="row_id"), no_history(), received=RECEIVED)
    with pytest.raises(ContractError, match="history"):
        take_in([], REGISTER, no_history().drop(columns=HISTORY[0]), received=RECEIVED)


@pytest.mark.parametrize("text", ["5/10/2026", "05-10-26", "5 Oktober 2026", "5 okt 2026", "2026-10-05", "5.10.2026"])
def test_dates_as_people_write_them(text):
    assert read_day(text) == dt.date(2026, 10, 5)


@pytest.mark.parametrize("text", ["", "besok", "31/2/2026", "5 Foo 2026", "2026", "1/2/3/4"])
def test_what_is_no_date(text):
    assert read_day(text) is None
