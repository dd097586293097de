import datetime as dt
import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pkh_graduation.priorities import Quota, quota_on


def test_min10_regime_asks_for_at_least_ten_of_each_caseload():
    quota = quota_on("2025-T3")
    assert (quota.regime, quota.of(60), quota.of(289), quota.of(4)) == ("min10_2025", 10, 28, 4)


def test_ten_per_cent_regime_has_no_minimum():
    quota = quota_on(dt.date(2020, 6, 30))
    assert (quota.regime, quota.share, quota.minimum, quota.of(9), quota.of(300)) == ("2020", 0.10, 0, 0, 30)


def test_without_an_established_quota_the_size_of_the_list_holds():
    quota = quota_on("2021-12-31")
    assert (quota.regime, quota.of(289)) == ("belum_ditetapkan", 28)
    assert quota.source


def test_a_target_of_the_office_replaces_the_rule():
    assert [quota_on("2025-09-30", target=12).of(size) for size in (300, 60, 5)] == [12, 12, 5]


def test_unreadable_date_shows_both_forms():
    with pytest.raises(ValueError, match="2025-T3"):
        quota_on("30/09/2025")


@pytest.mark.parametrize(("share", "minimum"), [(-0.1, 0), (1.1, 0), (0.1, -1), (0.1, 2.5), (0.1, float("nan"))])
def test_impossible_quota_is_refused(share, minimum):
    with pytest.raises(ValueError, match="share from 0 to 1"):
        Quota("x", share, minimum, "")


@given(st.integers(0, 100), st.integers(0, 2000))
def test_share_is_rounded_down_exactly(hundredths, size):
    exact = math.floor(Fraction(hundredths, 100) * size)
    assert Quota("x", hundredths / 100, 0, "").of(size) == min(size, exact)
