"""Accepted answers as input rows: one business key per row of a list, corrections and voids with their own day."""

import datetime as dt

import pandas as pd
from made_returns import FAMILIES, LISTS, row
from test_feedback import come, met

from pkh_graduation.monitoring import decisions, event_rows, no_history, visit_rows
from pkh_graduation.monitoring.deliveries import RawAnswer

K = FAMILIES["d1"]


def rounds(*answers: RawAnswer) -> pd.DataFrame:
    history = no_history()
    for number, answer in enumerate(answers):
        history = come(history, [answer], received=dt.date(2026, 10, 20 + number)).history
    return history


def bare(**said: str) -> RawAnswer:
    return RawAnswer(1, LISTS["d1"], row(K[0]), **said)


def test_a_correction_is_a_new_row_of_the_same_key():
    visits = visit_rows(rounds(met(K[0]), met(K[0], hasil="pindah", tanggal_kunjungan="2026-10-06")))
    assert visits["kunjungan_id"].nunique() == 1
    assert visits["hasil"].tolist() == ["ditemui", "pindah"]
    assert visits["tanggal_kunjungan"].tolist() == ["2026-10-05", "2026-10-06"]
    assert visits["tanggal_diketahui"].tolist() == ["2026-10-20", "2026-10-21"]
    assert visits["versi"].tolist() == [1, 2]
    assert not visits["batal"].any()
    assert visits["kpm_id"].eq(f"pkh:{K[0]}").all()


def test_a_visit_that_was_none_is_voided_and_may_come_again():
    visits = visit_rows(
        rounds(met(K[0]), bare(hasil="belum"), bare(hasil="belum", catatan="besok"), met(K[0], catatan="jadi"))
    )
    assert visits["batal"].tolist() == [False, True, False]
    assert visits["versi"].tolist() == [1, 2, 4]


def test_what_tells_of_no_visit_is_no_row():
    history = rounds(bare(hasil="belum"), bare(keputusan="ditunda", catatan="panen"))
    assert visit_rows(history).empty
    assert event_rows(history).empty
    assert decisions(history)["alasan_menolak_saran"].tolist() == ["panen"]


def test_a_proposal_is_an_event_until_it_is_taken_back():
    events = event_rows(rounds(met(K[0], keputusan="diusulkan"), met(K[0], keputusan="ditunda", catatan="anak sakit")))
    assert events["jenis"].eq("mandiri").all()
    assert events["tahap_proses"].eq("usulan").all()
    assert events["batal"].tolist() == [False, True]
    assert events["tanggal_peristiwa"].tolist() == ["2026-10-05", "2026-10-05"]
    alone = event_rows(rounds(bare(keputusan="diusulkan")))
    assert alone["tanggal_peristiwa"].tolist() == ["2026-10-20"]


def test_an_objection_is_a_visit_row_whatever_else_was_said():
    visits = visit_rows(rounds(bare(keputusan_keluarga="keberatan", hasil="belum")))
    assert visits[["hasil", "keputusan_keluarga", "tanggal_kunjungan"]].to_numpy().tolist() == [
        ["", "keberatan", "2026-10-20"]
    ]
