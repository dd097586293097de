import itertools

import numpy as np
import pytest
from handmade_cases import Case, by_name
from hypothesis import given, settings
from hypothesis import strategies as st

from pkh_graduation.contracts import Snapshots
from pkh_graduation.priorities import Bands, Quota, prioritise
from pkh_graduation.priorities.plan import KEEP, MONTHLY, plan


@st.composite
def listed(draw) -> tuple[np.ndarray, ...]:
    """Some caseloads: places in order of worth, a few families on no list."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    sizes = draw(st.lists(st.integers(0, 45), min_size=1, max_size=4))
    place = np.concatenate([np.r_[np.arange(1, size + 1), 0, 0] for size in sizes])
    group = np.repeat(np.arange(len(sizes)), [size + 2 for size in sizes])
    worth = np.concatenate([np.r_[np.sort(rng.beta(1, 5, size))[::-1], 0.5, np.nan] for size in sizes])
    turn = rng.permutation(len(place))
    codes = rng.integers(0, 5, (2, len(place)))
    return tuple(array[turn] for array in (place, group, codes[0], codes[1], worth))


@settings(max_examples=60, deadline=None)
@given(listed(), st.integers(1, 15))
def test_every_listed_family_is_visited_once_and_no_month_is_overfull(given_lists, monthly):
    place, group, desa, kelompok, worth = given_lists
    month, visit = plan(place, group, desa, kelompok, worth, monthly)
    assert ((month > 0) == (place > 0)).all() and ((visit > 0) == (place > 0)).all()
    for who in np.unique(group):
        for number in range(1, month[group == who].max(initial=0) + 1):
            own = (group == who) & (month == number)
            assert sorted(visit[own]) == list(range(1, own.sum() + 1)) and own.sum() <= monthly
            order = np.flatnonzero(own)[np.argsort(visit[own])]
            # Each desa is gone to once a month, and each kelompok of it once.
            trips = [(desa[row], kelompok[row]) for row in order]
            assert len({d for d, _ in trips}) == 1 + sum(a[0] != b[0] for a, b in itertools.pairwise(trips))
        left = (group == who) & (month >= 1)
        size = min(monthly, int(left.sum()))
        best = np.sort(worth[left])[::-1][:size].sum()
        assert worth[(group == who) & (month == 1)].sum() >= KEEP * best - 1e-9
    again = plan(place[::-1], group[::-1], desa[::-1], kelompok[::-1], worth[::-1], monthly)
    assert (again[0][::-1] == month).all() and (again[1][::-1] == visit).all()


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(2, 6), st.integers(2, 12))
def test_no_first_month_goes_to_fewer_villages(seed, villages, monthly):
    """Against all sets of desa, one by one: none smaller keeps enough, none of its size keeps more."""
    rng = np.random.default_rng(seed)
    size = monthly + int(rng.integers(1, 12))
    worth, desa = np.sort(rng.beta(2, 3, size))[::-1], rng.integers(0, villages, size)
    month, _ = plan(np.arange(1, size + 1), np.zeros(size, dtype=int), desa, desa, worth, monthly)
    chosen = (len(np.unique(desa[month == 1])), -worth[month == 1].sum())
    least = KEEP * worth[:monthly].sum()
    found = []
    for number in range(1, villages + 1):
        for some in itertools.combinations(range(villages), number):
            rows = np.flatnonzero(np.isin(desa, some))[:monthly]
            if len(rows) == monthly and worth[rows].sum() >= least:
                found.append((len(np.unique(desa[rows])), -worth[rows].sum()))
    assert chosen[0] == min(found)[0] and chosen[1] == pytest.approx(min(found)[1])


def test_a_lone_village_waits_when_that_costs_next_to_nothing():
    worth = np.r_[np.full(15, 1.0), np.full(15, 0.999)]
    desa = np.zeros(30, dtype=int)
    desa[[7, 20]] = 1
    month, _ = plan(np.arange(1, 31), np.zeros(30, dtype=int), desa, desa, worth)
    assert set(month[[7, 20]]) == {2} and (month == 1).sum() == 15
    dear = np.r_[np.full(15, 1.0), np.full(15, 0.5)]
    assert plan(np.arange(1, 31), np.zeros(30, dtype=int), desa, desa, dear)[0][7] == 1


def test_lists_carry_the_plan(case):
    case.p = np.full(300, 0.1)
    frame = by_name(prioritise(case.scores, None, case.facts, case.history, quota=Quota("x", 0.1, 0, "t")))
    on = frame.dropna(subset="urutan")
    assert on["rencana"].value_counts().to_dict() == {1: MONTHLY, 2: 15}
    assert frame.loc[frame["urutan"].isna(), ["rencana", "kunjungan_ke"]].isna().all(axis=None)
    assert str(frame["rencana"].dtype) == str(frame["kunjungan_ke"].dtype) == "Int32"


def test_a_month_of_no_visits_is_refused():
    with pytest.raises(ValueError, match="at least one visit"):
        plan(*(np.ones(1, dtype=int) for _ in range(4)), np.ones(1), monthly=0)


def test_nobody_listed_is_no_plan():
    case = Case(5)
    lists = prioritise(
        case.scores, None, case.facts, Snapshots(case.history.frame), quota=Quota("x", 0, 0, "t"), bands=Bands(9, 9)
    )
    assert lists.frame["rencana"].isna().all()
