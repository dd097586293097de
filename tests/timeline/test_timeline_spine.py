import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from pkh_graduation.programme.calendar import date_of, day_of
from pkh_graduation.timeline import spine

DATE = st.dates(dt.date(2001, 1, 1), dt.date(2050, 12, 31))


def test_bounds_are_calendar_months_clamped_to_the_months_end():
    row = spine([dt.date(2024, 8, 31)]).loc[0]
    assert row["as_of_ymd"] == 20240831
    bounds = [date_of(row[name]).isoformat() for name in ("lo3", "lo6", "lo12", "lo24")]
    assert bounds == ["2024-05-31", "2024-02-29", "2023-08-31", "2022-08-31"]


def test_dates_come_once_and_in_order():
    table = spine(["2025-T1", "2024-12-31", dt.date(2025, 3, 31)])
    assert table["as_of"].to_list() == [day_of(dt.date(2024, 12, 31)), day_of(dt.date(2025, 3, 31))]
    assert set(table.dtypes.astype(str)) == {"int32"}


@given(dates=st.lists(DATE, max_size=4))
def test_windows_are_nested_and_end_at_the_date(dates):
    table = spine(dates)
    assert len(table) == len(set(dates))
    for row in table.itertuples():
        assert row.lo24 < row.lo12 < row.lo6 < row.lo3 < row.as_of
        assert row.as_of - row.lo12 in (365, 366)


@given(birth=DATE, as_of=DATE)
def test_the_written_date_gives_completed_years(birth, as_of):
    if as_of < birth:
        return
    ymd = int(spine([as_of])["as_of_ymd"].iloc[0])
    born = birth.year * 10_000 + birth.month * 100 + birth.day
    had_birthday = (as_of.month, as_of.day) >= (birth.month, birth.day)
    assert (ymd - born) // 10_000 == as_of.year - birth.year - (not had_birthday)
