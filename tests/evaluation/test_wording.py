import datetime as dt

import pytest

from pkh_graduation.evaluation.wording import headline, number, percent, plain, span

NAN = float("nan")
BASE = {
    "n_positive": 40,
    "model": 0.20,
    "model_low": 0.15,
    "model_high": 0.25,
    "rule": 0.10,
    "rule_low": NAN,
    "rule_high": NAN,
}


def verdict(low, high, difference=0.1):
    figures = BASE | {"difference": difference, "low": low, "high": high}
    return headline("model", "desil", figures, origin="2024-06-30", capacity=0.1, horizon=4)


def test_first_sentence_counts_families():
    first, _ = verdict(0.02, 0.18)
    assert "20,0 (95\u00a0%: 15,0–25,0) kemudian graduasi mandiri dalam 12 bulan" in first
    assert first.endswith("dan 10,0 bila disusun menurut aturan terbaik saat ini, desil.")


@pytest.mark.parametrize(
    ("low", "high", "difference", "said"),
    [
        (0.02, 0.18, 0.1, "model lebih tepat daripada aturan itu"),
        (-0.02, 0.18, 0.1, "belum terbukti bahwa model lebih tepat"),
        (-0.2, -0.01, -0.1, "model kurang tepat daripada aturan itu"),
        (NAN, NAN, 0.1, "belum dapat disebut terbukti"),
    ],
)
def test_verdict_follows_the_interval(low, high, difference, said):
    assert said in verdict(low, high, difference)[1]


def test_few_events_give_no_verdict():
    figures = BASE | {"n_positive": 4, "difference": 0.1, "low": 0.05, "high": 0.2}
    first, second = headline("model", "desil", figures, origin="2024-06-30", capacity=0.1, horizon=4)
    assert "kurang dari 5 keluarga" in first
    assert "terlalu sedikit" in second


def test_no_list_at_all_gives_no_verdict():
    figures = BASE | {"model": NAN, "difference": NAN, "low": NAN, "high": NAN}
    first, _ = headline("model", "desil", figures, origin="2024-06-30", capacity=0.01, horizon=4)
    assert "Tidak ada pendamping yang binaannya cukup besar untuk daftar 1\u00a0%" in first


@pytest.mark.parametrize(
    ("value", "digits", "signed", "text"),
    [(0.0, 1, True, "0,0"), (-0.04, 1, True, "0,0"), (1234567.0, 0, False, "1.234.567"), (2.5, 1, True, "+2,5")],
)
def test_numbers(value, digits, signed, text):
    assert number(value, digits, signed=signed) == text


def test_spans_and_percentages():
    assert span(NAN, 1.0, 1) == ""
    assert span(-0.01, 0.02, 1, scale=100, signed=True) == "−1,0 … +2,0"
    assert percent(0.07) == "7\u00a0%"


@pytest.mark.parametrize(
    ("value", "text"),
    [(True, "ya"), (12345, "12.345"), (0.5, "0,500"), (dt.date(2024, 6, 30), "30 Juni 2024"), ("ab", "ab"),
     ({"desa": 3}, "desa: 3"), ([1, 2], "1; 2")],
)  # fmt: skip
def test_facts_of_any_kind(value, text):
    assert plain(value) == text
