import itertools

import numpy as np
import pandas as pd
import pytest
from handmade_cases import Case, by_name
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from pkh_graduation.contracts import Snapshots
from pkh_graduation.priorities import Bands, Floors, Quota, prioritise
from pkh_graduation.priorities.floors import FEMALE, REMOTE, gap, groups, keep_floors, unmet

TEN = Quota("instruksi_10pct", 0.10, 0, "test")
EVERYONE = Bands(ready=0.0, mentoring=0.0)


def lists_of(case: Case, desa: pd.Series | None = None, **options):
    frame = case.history.frame if desa is None else case.history.frame.assign(desa=desa)
    given = {"quota": TEN, "exploration": 0.0, "bands": EVERYONE, **options}
    return prioritise(case.scores, None, case.facts, Snapshots(frame), **given)


def mixed(n: int = 300, seed: int = 0) -> tuple[Case, pd.Series]:
    """A caseload in which women and one of five desa stand at the end of every ranking."""
    case, rng = Case(n, seed=seed), np.random.default_rng(seed)
    case.values[FEMALE] = (rng.random(n) < 0.3) * 1.0
    case.values[REMOTE] = 0.0
    desa = pd.Series(rng.choice(list("abcde"), n), index=case.index, dtype="str")
    case.p = np.where((case.values[FEMALE] == 1) | (desa == "e"), case.p * 0.01, case.p)
    return case, desa


def test_floors_are_met_at_the_least_cost_and_the_quota_stays():
    case, desa = mixed()
    free = by_name(lists_of(case, desa, floors=Floors(0, 0.0, 0.0))).dropna(subset="urutan")
    kept = lists_of(case, desa)
    frame = by_name(kept).dropna(subset="urutan")
    women = case.values[FEMALE].droplevel("as_of")
    assert len(free) == len(frame) == 30
    assert women[free.index].sum() == 0 and "e" not in set(free["desa"])
    # Half of what 30 places would give to their share of the caseload, and one place in every desa.
    assert women[frame.index].sum() == int(0.5 * 30 * women.mean())
    assert set(frame["desa"]) == set("abcde")
    assert kept.shortfalls["lantai"].tolist() == [""]
    # Nobody came in past a better family of the same sex and desa.
    for key in itertools.product((0.0, 1.0), "abcde"):
        mine = [k for k in by_name(kept).index if (women[k], desa.droplevel("as_of")[k]) == key]
        order = by_name(kept).loc[mine].sort_values("p_mandiri_12m", ascending=False)
        assert order["urutan"].notna().to_list() == sorted(order["urutan"].notna(), reverse=True)


def test_the_stop_rule_stands_above_every_floor():
    case, desa = mixed()
    lists = lists_of(case, desa, bands=Bands())
    frame = by_name(lists).dropna(subset="urutan")
    assert set(frame["kategori"]) == {"siap_dibahas"}
    assert "e" not in set(frame["desa"])
    said = lists.shortfalls["lantai"].iloc[0]
    assert said == (
        "setiap desa: keluarga siap dibahas kurang; kepala keluarga perempuan: keluarga siap dibahas kurang"
    )


def test_more_desa_than_places_is_said(case):
    desa = pd.Series([f"{number % 40}" for number in range(300)], index=case.index, dtype="str")
    lists = lists_of(case, desa)
    frame = by_name(lists).dropna(subset="urutan")
    assert frame["desa"].nunique() == 30 == len(frame)
    assert lists.shortfalls["lantai"].iloc[0].startswith("setiap desa: tempat habis")


def test_a_fact_that_is_not_there_is_said_and_a_floor_of_nothing_is_not(case):
    assert lists_of(case).shortfalls["lantai"].iloc[0] == (
        "kepala keluarga perempuan: datanya tidak ada; wilayah sulit: datanya tidak ada"
    )
    assert lists_of(case, floors=Floors(0, 0.0, 0.0)).shortfalls["lantai"].iloc[0] == ""
    for wrong in ((-1, 0.0, 0.0), (0, 1.1, 0.0), (0, 0.0, -0.1)):
        with pytest.raises(ValueError, match="floors are"):
            Floors(*wrong)


def test_a_family_without_a_desa_is_in_no_floor(case):
    desa = pd.Series([np.nan] * 300, index=case.index, dtype="str")
    assert "desa" not in lists_of(case, desa).shortfalls["lantai"].iloc[0]


def small(draw) -> tuple:
    n = draw(st.integers(4, 12))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    ready = rng.random(n) < 0.8
    values = pd.DataFrame({FEMALE: (rng.random(n) < 0.4) * 1.0, REMOTE: (rng.random(n) < 0.3) * 1.0})
    desa = pd.Series(rng.choice(list("abc"), n))
    return n, ready, values, desa, rng.random(n), draw(st.integers(1, 6))


@settings(max_examples=60, deadline=None)
@given(st.composite(lambda draw: small(draw))())
def test_against_every_choice_there_is(problem):
    """The repaired choice keeps its size, is ready, and meets every floor that any choice of that size could meet together."""
    n, ready, values, desa, value, places = problem
    group, room = np.zeros(n, dtype=int), np.full(n, float(places))
    floors = groups(Floors(1, 0.5, 0.5), group, desa, values, np.ones(n, dtype=bool), room)
    rank = np.full(n, np.inf)
    rank[ready] = np.argsort(np.argsort(-value[ready])) + 1
    chosen = keep_floors(rank <= places, rank, group, floors, ready, value)
    assert chosen.sum() == min(places, ready.sum()) and not (chosen & ~ready).any()
    target = np.minimum(floors.wanted, floors.count(ready))
    best = -1.0
    for who in itertools.combinations(np.flatnonzero(ready), int(chosen.sum())):
        flag = np.isin(np.arange(n), who)
        if (floors.count(flag) >= target).all():
            best = max(best, float(value[flag].sum()))
    met = bool((floors.count(chosen) >= target).all())
    if met:
        assert gap(chosen, best, value) >= -1e-12
        assert unmet(floors, chosen, ready, 1)[0].find("tempat habis") < 0
    if best < 0:
        assert not met and "tempat habis" in unmet(floors, chosen, ready, 1)[0]


def test_random_slots_are_drawn_with_the_logged_chance_also_under_floors():
    """Over many seeds families stand on lists as often as their propensity says (exact binomial tails, all families together)."""
    case, desa = mixed(80, seed=2)
    rounds, options = 30, {"exploration": 0.3}
    seen = sum(by_name(lists_of(case, desa, random_state=seed, **options))["urutan"].notna() for seed in range(rounds))
    chance = by_name(lists_of(case, desa, **options))["propensi"].fillna(0.0)
    tail = np.minimum(binom.sf(seen - 1, rounds, chance), binom.cdf(seen, rounds, chance))
    assert tail.min() > 1e-3 / len(chance)
    assert np.isclose(chance.sum(), 8.0)
