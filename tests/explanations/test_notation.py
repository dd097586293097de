import datetime as dt
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pkh_graduation.explanations import read_phrasebook
from pkh_graduation.explanations.numbers import FORMS, counted
from pkh_graduation.explanations.sentences import languages
from pkh_graduation.programme.calendar import add_months

ID, EN = read_phrasebook("id").notation, read_phrasebook("en").notation
BOTH = pytest.mark.parametrize("own", [ID, EN], ids=["id", "en"])


def read(own, text: str) -> float:
    """A number back from its text."""
    return float(text.replace(own.ribuan, "").replace(own.desimal, "."))


@BOTH
@given(value=st.floats(-1e12, 1e12), decimals=st.integers(0, 3))
def test_a_number_reads_back_within_half_a_unit(own, value, decimals):
    text = own.number(value, decimals)
    assert abs(read(own, text) - value) <= 0.5 * 10**-decimals * (1 + 1e-9) + abs(value) * 1e-12
    assert not re.search(rf"\{own.desimal}\d*0$", text)


@BOTH
@given(rupiah=st.integers(0, 10**12))
def test_money_reads_back_to_the_rupiah(own, rupiah):
    text = own.money(rupiah).removeprefix("Rp ")
    for word, size in ((own.miliar, 10**9), (own.juta, 10**6)):
        if text.endswith(word):
            assert round(read(own, text.removesuffix(word).strip()) * size) == rupiah
            return
    assert read(own, text) == rupiah


@BOTH
@given(day=st.integers(10_000, 30_000))
def test_dates_read_back(own, day):
    number, month, year = own.date(day).split()
    assert dt.date(int(year), own.nama_bulan.index(month) + 1, int(number)) == dt.date(1970, 1, 1) + dt.timedelta(day)


def test_the_house_writes_money_and_dates_as_the_field_does():
    assert (ID.money(1_500_000), ID.money(1_234_567), ID.money(2_000_000_000)) == (
        "Rp 1,5 juta", "Rp 1.234.567", "Rp 2 miliar",
    )  # fmt: skip
    assert (ID.date(20585), EN.date(20585)) == ("12 Mei 2026", "12 May 2026")
    assert (ID.years(3.5), EN.years(3.5), EN.years(1.0), ID.years(0.01)) == (
        "3 tahun 6 bulan", "3 years 6 months", "1 year", "kurang dari 1 bulan",
    )  # fmt: skip
    assert (ID.days(12), EN.days(1), ID.days(800)) == ("12 hari", "1 day", "2 tahun 2 bulan")
    assert (ID.percent(0.125, 1), EN.percent(0.125)) == ("12,5 %", "13%")
    assert (ID.form("@arah", -2.0), EN.form("@arah_rupiah", 1e6)) == ("turun 2", "up Rp 1 million")


@given(start=st.dates(dt.date(2000, 1, 1), dt.date(2026, 12, 31)), months=st.integers(2, 240))
def test_from_a_day_to_the_same_day_months_later_those_months_are_told(start, months):
    span = (add_months(start, months) - start).days
    years, rest = divmod(months, 12)
    said = " ".join([f"{years} tahun"] * bool(years) + [f"{rest} bulan"] * bool(rest))
    assert ID.years(span / 365.25) == said
    assert ID.days(span) == (said if span >= 60 else f"{span} hari")
    early = 2 if months % 12 == 0 else 5
    assert ID.years((span - early) / 365.25) != said, "some days early they are not full"


def test_a_little_is_not_told_as_nothing_nor_nearly_all_as_all():
    shares = (0.004, 0.0004, 0.996, 0.99996, 0.0, 1.0)
    assert [ID.percent(share) for share in shares] == ["0,4 %", "0,04 %", "99,6 %", "99,996 %", "0 %", "100 %"]
    assert (ID.percent(0.0004, 1), ID.percent(0.125, 1)) == ("0,04 %", "12,5 %")
    assert (ID.form("@arah", 0.04), ID.form("@arah", -0.04), ID.form("@arah", 0.06)) == (
        "naik 0,04",
        "turun 0,04",
        "naik 0,1",
    )


@BOTH
def test_every_form_says_something(own):
    assert all(own.form(name, 20585.0).strip() for name in FORMS)


def test_only_one_is_singular():
    assert [counted(n, "a|b") for n in ("0", "1", "up 1", "1,5", "11")] == ["0 b", "1 a", "up 1 a", "1,5 b", "11 b"]


def test_there_are_two_languages():
    assert languages() == ("en", "id")
