import datetime as dt

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pkh_graduation.programme.calendar import (
    NEVER,
    add_months,
    add_tahap,
    date_of,
    day_of,
    parse_as_of,
    tahap_end,
    tahap_ends,
    tahap_of,
)

DATE = st.dates(dt.date(1950, 1, 1), dt.date(2099, 12, 31))


@given(date=DATE)
def test_days_and_dates_are_one_thing(date):
    assert date_of(day_of(date)) == date
    assert day_of(date + dt.timedelta(days=1)) == day_of(date) + 1
    assert day_of(date) < NEVER


@given(date=DATE, months=st.integers(-300, 300))
def test_months_move_the_month_and_clamp_the_day(date, months):
    moved = add_months(date, months)
    assert moved.year * 12 + moved.month == date.year * 12 + date.month + months
    assert moved.day == date.day or (moved.day < date.day and (moved + dt.timedelta(days=1)).day == 1)


@given(date=DATE)
def test_a_date_lies_in_its_tahap(date):
    year, tahap = tahap_of(date)
    end = tahap_end(year, tahap)
    assert date <= end < add_months(date, 3)
    assert tahap_of(end) == (year, tahap)
    assert (end + dt.timedelta(days=1)).day == 1


@given(date=DATE, quarters=st.integers(-40, 40))
def test_the_end_of_a_tahap_moves_to_the_end_of_a_tahap(date, quarters):
    end = tahap_end(*tahap_of(date))
    assert add_tahap(end, quarters) == tahap_end(*tahap_of(add_months(end, 3 * quarters)))
    assert add_tahap(add_tahap(end, quarters), -quarters) == end


@given(date=DATE, quarters=st.integers(0, 12))
def test_quarters_ahead_are_strictly_later_each(date, quarters):
    assert add_tahap(date, quarters) < add_tahap(date, quarters + 1)


@given(first=DATE, length=st.integers(0, 1500))
def test_tahap_ends_are_all_the_ends_within(first, length):
    last = first + dt.timedelta(days=length)
    span = [first + dt.timedelta(days=i) for i in range(length + 1)]
    assert tahap_ends(first, last) == [day for day in span if day == tahap_end(*tahap_of(day))]


@given(date=DATE)
def test_an_as_of_date_is_read_from_iso_tahap_or_date(date):
    year, tahap = tahap_of(date)
    assert parse_as_of(f" {date.isoformat()} ") == parse_as_of(date) == date
    assert parse_as_of(f"{year}-T{tahap}") == tahap_end(year, tahap)


@pytest.mark.parametrize("text", ["", "2025-T5", "2025-02-30", "30/09/2025", "2025T3"])
def test_an_unreadable_date_is_answered_with_both_forms(text):
    with pytest.raises(ValueError, match=r"2025-09-30, or a tahap such as 2025-T3"):
        parse_as_of(text)


@pytest.mark.parametrize("moment", [dt.datetime(2025, 9, 30, 11, 5, tzinfo=dt.UTC), pd.Timestamp("2025-09-30 23:59")])
def test_a_moment_is_read_as_its_day(moment):
    assert type(parse_as_of(moment)) is dt.date
    assert parse_as_of(moment) == dt.date(2025, 9, 30)


@pytest.mark.parametrize("value", [None, 20250930, 2025.5])
def test_what_is_no_date_is_answered_with_both_forms(value):
    with pytest.raises(ValueError, match=r"such as 2025-09-30 or 2025-T3"):
        parse_as_of(value)


@pytest.mark.parametrize("tahap", [0, 5])
def test_there_are_four_tahap(tahap):
    with pytest.raises(ValueError, match="1, 2, 3 or 4"):
        tahap_end(2025, tahap)
