"""Understanding single texts: numbers, dates, words, identifiers."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pkh_graduation.programme.calendar import date_of, day_of
from pkh_graduation.records.amounts import read_numbers
from pkh_graduation.records.answers import read_answers, read_codes, read_sets, read_words
from pkh_graduation.records.dates import FIRST_DAY, LAST_DAY, MONTHS, read_dates
from pkh_graduation.records.identifiers import mask, read_number16, read_numbers16, read_phones, read_regions, shape_of
from pkh_graduation.records.schemas import TABLES


def grouped(number: int, mark: str) -> str:
    return f"{number:,}".replace(",", mark)


@given(st.lists(st.integers(-(10**12), 10**12), min_size=1))
def test_whole_numbers_survive_both_ways_of_grouping(numbers: list[int]) -> None:
    for mark, decimal in ((".", ","), (",", ".")):
        values, rules = read_numbers([grouped(number, mark) for number in numbers], whole=True, mark=decimal)
        assert values == numbers and not any(rules)


@given(st.lists(st.integers(0, 10**10), min_size=1), st.sampled_from(["{}", "Rp {}", "Rp. {}", " {} ", "{},-", "rp{}"]))
def test_the_ornaments_of_money_do_not_matter(numbers: list[int], ornament: str) -> None:
    values, rules = read_numbers([ornament.format(grouped(number, ".")) for number in numbers], whole=True)
    assert values == numbers and not any(rules)


@given(st.lists(st.decimals(0, 10**6, places=2), min_size=1))
def test_decimals_survive_the_comma(numbers: list) -> None:
    values, rules = read_numbers([f"{number}".replace(".", ",") for number in numbers], whole=False)
    assert [float(value or 0) for value in values] == [float(number) for number in numbers] and not any(rules)


@pytest.mark.parametrize(
    ("texts", "values"),
    [
        (["1.250"], [1250]),
        (["1.250", "0.5"], [1.25, 0.5]),
        (["1.250", "0,5"], [1250, 0.5]),
        (["1,250,000.50", "1,250"], [1250000.5, 1250]),
        (["1.250.000,50", "1.250"], [1250000.5, 1250]),
        (["85%", "12"], [85, 12]),
        (["1e-3"], [0.001]),
        (["750000.0"], [750000]),
    ],
)
def test_the_decimal_mark_is_decided_per_column(texts: list[str], values: list[float]) -> None:
    assert read_numbers(texts, whole=False) == (values, [""] * len(texts))


def test_a_column_that_contradicts_itself_loses_only_what_is_unclear() -> None:
    values, rules = read_numbers(["0,5", "0.5", "1.250"], whole=False)
    assert values == [0.5, 0.5, None] and rules == ["", "", "angka_rancu"]


@pytest.mark.parametrize("text", ["dua", "1.2.3", "12-5", "1,2,3", "--5"])
def test_what_is_no_number_is_said_to_be_none(text: str) -> None:
    assert read_numbers([text], whole=True) == ([None], ["angka_tak_terbaca"])


def test_an_exponent_has_lost_digits_of_money() -> None:
    assert read_numbers(["1,25E+06"], whole=True) == ([None], ["angka_notasi_ilmiah"])


days = st.dates(dt.date(1900, 1, 1), dt.date(2100, 12, 31))


@given(st.lists(days, min_size=1))
def test_dates_survive_iso_and_day_first(dates: list[dt.date]) -> None:
    expected = [day_of(date) for date in dates]
    iso, rules = read_dates([date.isoformat() for date in dates])
    assert iso == expected and not any(rules)
    for pattern in ("%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y"):
        assert read_dates([date.strftime(pattern) for date in dates], order="dmy")[0] == expected


@given(days, st.sampled_from(sorted(MONTHS)), st.sampled_from(["{} {} {}", "{}-{}-{}", "{} {}, {}"]))
def test_month_names_in_any_case(date: dt.date, name: str, pattern: str) -> None:
    date = date.replace(month=MONTHS[name], day=min(date.day, 28))
    for spelling in (name, name.upper(), name.capitalize()):
        assert read_dates([pattern.format(date.day, spelling, date.year)])[0] == [day_of(date)]


@given(st.integers(10_000, 73_050))
def test_excel_serials(serial: int) -> None:
    expected = dt.date(1899, 12, 30) + dt.timedelta(days=serial)
    assert [date_of(day or 0) for day in read_dates([str(serial)])[0]] == [expected]


@pytest.mark.parametrize(
    ("texts", "iso"),
    [
        (["05/06/1990", "31/12/2024"], ["1990-06-05", "2024-12-31"]),
        (["05/06/1990", "12/31/2024"], ["1990-05-06", "2024-12-31"]),
        (["05/06/1990"], ["1990-06-05"]),
        (["20241231"], ["2024-12-31"]),
        (["2024-12-31 00:00:00"], ["2024-12-31"]),
        (["Selasa, 12 Mei 2026"], ["2026-05-12"]),
        (["45657"], ["2024-12-31"]),
    ],
)
def test_the_order_of_day_and_month_is_decided_per_column(texts: list[str], iso: list[str]) -> None:
    assert [date_of(day or 0).isoformat() for day in read_dates(texts)[0]] == iso


def test_a_column_of_both_orders_loses_only_what_is_unclear() -> None:
    days_, rules = read_dates(["31/12/2024", "12/31/2024", "05/06/1990"])
    assert days_[0] == days_[1] and days_[2] is None and rules == ["", "", "tanggal_rancu"]


@pytest.mark.parametrize("text", ["31/02/2024", "31/12/24", "2024-13-01", "12 Brumaire 2024", "1"])
def test_what_is_no_date_is_said_to_be_none(text: str) -> None:
    assert read_dates([text]) == ([None], ["tanggal_tak_terbaca"])


def test_days_of_other_ages_are_refused() -> None:
    assert read_dates(["1850-01-01", "2150-01-01"]) == ([None, None], ["tanggal_di_luar_batas"] * 2)
    assert FIRST_DAY < 0 < LAST_DAY


def test_a_forced_order_admits_no_exception() -> None:
    assert read_dates(["12/31/2024"], order="dmy")[1] == ["tanggal_tak_terbaca"]


def test_yes_and_no() -> None:
    assert read_answers(["TRUE", "ya", "Tidak", "0", "1", "02", "mungkin"])[0] == [101, 101, 100, 0, 1, 2, None]


def test_codes_by_number_or_label() -> None:
    column = TABLES["keluarga"]["status_rumah"]
    assert read_codes(["01", "1.0", "Milik Sendiri", "Milik Kebon"], column)[0] == [1, 1, 1, None]


def test_words_by_alias() -> None:
    assert read_words(["TERSALURKAN", "Gagal"], TABLES["penyaluran"]["status"])[0] == ["cair", "gagal"]
    assert read_words(["Sudah TTD"], TABLES["peristiwa_status"]["tahap_proses"])[0] == ["ttd_pernyataan"]


@given(st.lists(st.sampled_from(TABLES["keluarga"]["guncangan_12bl"].values), unique=True, min_size=1), st.randoms())
def test_the_order_of_a_set_does_not_matter(parts: list[str], random) -> None:
    column = TABLES["keluarga"]["guncangan_12bl"]
    shuffled = random.sample(parts, len(parts))
    assert read_sets(["|".join(shuffled)], column) == read_sets([", ".join(parts)], column)


@given(st.integers(10**15, 10**16 - 1).map(str))
def test_a_whole_number_survives_its_ornaments(digits: str) -> None:
    for text in (digits, f"'{digits}", f" {digits[:4]} {digits[4:]} ", "-".join((digits[:8], digits[8:]))):
        assert read_number16(text) == (digits, "utuh")


@pytest.mark.parametrize(
    ("text", "quality"),
    [
        ("1,27503E+15", "notasi_ilmiah"), ("1.27503e+15", "notasi_ilmiah"), ("9901010101010001.0", "notasi_ilmiah"),
        ("990101010101000", "panjang_salah"), ("99010101010100012", "panjang_salah"), ("99O1010101010001", "panjang_salah"),
        ("NON DTKS", "kosong"), ("0000000000000000", "kosong"), ("-", "kosong"),
    ],
)  # fmt: skip
def test_a_damaged_number_is_never_mended(text: str, quality: str) -> None:
    assert read_number16(text) == (None, quality)


def test_a_column_whose_sixteenth_digits_are_all_zero_has_been_through_a_spreadsheet() -> None:
    cut = [f"990101{i:09d}0" for i in range(30)]
    assert read_numbers16(cut)[1] == ["nomor_notasi_ilmiah"] * 30
    fair = [f"990101{i:010d}" for i in range(30)]
    assert not any(read_numbers16(fair)[1])


def test_telephones() -> None:
    assert (
        read_phones(["081234567890", "81234567890", "6281234567890", "+62 812-3456-7890"])[0] == ["+6281234567890"] * 4
    )
    assert read_phones(["123"]) == ([None], ["telepon_tak_terbaca"])


def test_region_codes() -> None:
    codes, rules = read_regions(["99", "9901", "99.01", "9901010", "99.01.010.001", "9901010001"])
    assert codes == ["99", "9901", "9901", "9901010", "9901010001", "9901010001"] and not any(rules)


def test_a_lost_zero_comes_back_only_when_one_code_fits() -> None:
    assert read_regions(["990101001"], ["9901010001"])[1] == ["wilayah_nol_hilang"]
    assert read_regions(["990101001"], ["9901010001", "9901001001"])[1] == ["wilayah_tak_terbaca"]
    assert read_regions(["990101001"]) == ([None], ["wilayah_tak_terbaca"])


@given(st.text(max_size=60))
def test_a_shape_holds_neither_digit_nor_letter(text: str) -> None:
    shape = shape_of(text)
    assert not set(shape) & set("0123456789")
    assert all(not char.isalpha() or char == "x" for char in shape)


@given(st.integers(10**9, 10**18).map(str), st.sampled_from(["", "a", "'", " "]))
def test_long_numbers_are_never_shown(digits: str, before: str) -> None:
    assert digits not in mask(before + digits, identifier=False)


def test_only_words_near_ours_are_shown() -> None:
    assert mask("terhutang", identifier=False, words={"tertahan"}) == "xxxxxxxxx"
    assert mask("tertahn", identifier=False, words={"tertahan"}) == "tertahn"
    assert mask("7.500", identifier=False) == "7.500"
    assert mask("12", identifier=True) == "##"
