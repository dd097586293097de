import numpy as np
import pandas as pd
import pytest
from made_worlds import index_of, make_world, relabelled
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from pkh_graduation.estimators import ComponentCalendar


def families(ends: list[float], never: list[float]) -> pd.DataFrame:
    index = index_of([(f"k{place:015x}", "2023-12-31") for place in range(len(ends))])
    return pd.DataFrame({"komp_habis_hari": ends, "komp_abadi": never}, index=index)


@pytest.fixture(scope="module")
def clock(world) -> ComponentCalendar:
    return ComponentCalendar().fit(world.X, world.y)


def test_the_clearing_rate_of_the_world_is_recovered(clock):
    assert clock.rates_["berakhir"] == pytest.approx(0.25, rel=0.2)


def test_nobody_leaves_by_the_calendar_before_the_day(clock):
    hazard = clock.predict_hazard(families([200.0, 5000.0, np.nan], [0, 0, 1]), 4)
    assert (hazard[0, :2] < 0.002).all()
    assert hazard[0, 2] > 0.1
    assert (hazard[1:] < 0.002).all()


def test_after_the_day_the_hazard_is_the_clearing_rate_and_half_of_it_in_the_middle(clock):
    hazard = clock.predict_hazard(families([-1.0, 365.25 / 8], [0, 0]), 2)
    assert hazard[0] == pytest.approx(-np.expm1(-clock.rates_["berakhir"]))
    assert hazard[1, 0] == pytest.approx(1 - np.sqrt(1 - hazard[0, 0]), rel=0.01)
    assert hazard[1, 1] == hazard[0, 1]


def test_a_component_that_never_ends_outweighs_a_date(clock):
    hazard = clock.predict_hazard(families([-500.0], [1.0]), 3)
    assert (hazard < 0.002).all()


def test_without_exits_the_documented_prior_holds():
    world = make_world(n=40, quarters=2, horizon=1, seed=3)
    nobody = world.y.frame.assign(way_out="tersensor", quarter=np.int16(0), observed=np.int16(0))
    clock = ComponentCalendar().fit(world.X, relabelled(world.y, nobody))
    year = 1 - np.prod(1 - clock.predict_hazard(families([-1.0], [0.0]), 4))
    assert year == pytest.approx(0.6)


def test_the_recent_year_leads_and_the_long_run_holds_it_back(world):
    late = world.y.frame.copy()
    years = late.index.get_level_values("as_of").year
    gone = (late["way_out"] == "alamiah") & (years < 2021)
    late.loc[gone, "way_out"] = "masih_peserta"
    slower = ComponentCalendar().fit(world.X, relabelled(world.y, late)).rates_["berakhir"]
    assert 0.15 < slower <= 0.26


def test_without_a_clock_one_hazard_is_learned_and_said(world):
    X = world.X.drop(columns=["komp_habis_hari"])
    clock = ComponentCalendar().fit(X, world.y)
    hazard = clock.predict_hazard(X, 4)
    assert np.ptp(hazard) == 0
    assert 0.01 < hazard[0, 0] < 0.1
    assert "lacks ['komp_habis_hari']" in clock.notes_[0]
    assert (clock.predict_hazard(world.X, 4) == hazard[0, 0]).all(), "a clock that was not learned from is not read"
    with pytest.raises(ValueError, match=r"X lacks \['komp_habis_hari'\], by which"):
        ComponentCalendar().fit(world.X, world.y).predict_hazard(X, 4)


def test_weights_count(world):
    exhausted = (world.X["komp_habis_hari"] <= 0) & (world.y.frame["way_out"] != "alamiah")
    weight = np.where(exhausted, 0.2, 1.0)
    heavier = ComponentCalendar().fit(world.X, world.y, sample_weight=weight)
    assert heavier.rates_["berakhir"] > ComponentCalendar().fit(world.X, world.y).rates_["berakhir"] * 1.2


def test_it_is_an_estimator_that_explains_its_errors(world):
    with pytest.raises(ValueError, match=r"clearing_per_year must lie inside \(0, 1\), not 1.5"):
        clone(ComponentCalendar(clearing_per_year=1.5)).fit(world.X, world.y)
    with pytest.raises(NotFittedError):
        ComponentCalendar().predict_hazard(world.X, 1)
